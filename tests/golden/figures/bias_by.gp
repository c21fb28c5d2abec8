reset
set encoding utf8
set minussign
set datafile missing NaN
set style line 100 lc rgb '#333333' lw 1
set border 3 ls 100
set tics nomirror out scale 0.6 offset 0,0.3
set ytics offset 0.5,0
set bars 0
unset key
set style fill solid 1 noborder
set multiplot
$e0_part0 << EOD
10 -0.004 0
25 -0.004 0
50 -0.004 0
75 -0.004 0
EOD
$e0_part1 << EOD
10 -0.005581509403 -0.004
25 0 0.001971556001
50 0 0.002340634001
75 0 0.0003372150415
EOD
$e0_part2 << EOD
10 0 0
25 0 0
50 0 0
75 0 0
EOD
$e0_part3 << EOD
10 0 0
25 0 0
50 0 0
75 0 0
EOD
$e0_part4 << EOD
10 0 0.006
25 0.001971556001 0.016971556
50 0.002340634001 0.032340634
75 0.0003372150415 0.04533721504
EOD
$e0_bias << EOD
10 0.0004184905968 -0.007421509403 0.008258490597
25 0.012971556 0.005131556001 0.020811556
50 0.028340634 0.020500634 0.036180634
75 0.04133721504 0.03349721504 0.04917721504
EOD
$e1_part0 << EOD
10 -0.004 0
25 -0.004 0
50 -0.004 0
75 -0.004 0
EOD
$e1_part1 << EOD
10 0 0.0005960857298
25 0 0.002209278796
50 0 0.0002805110195
75 -0.007457372378 -0.004
EOD
$e1_part2 << EOD
10 0 0
25 0 0
50 0 0
75 0 0
EOD
$e1_part3 << EOD
10 0 0
25 0 0
50 0 0
75 0 0
EOD
$e1_part4 << EOD
10 0.0005960857298 0.00659608573
25 0.002209278796 0.0172092788
50 0.0002805110195 0.03028051102
75 0 0.045
EOD
$e1_bias << EOD
10 0.00259608573 -0.00524391427 0.01043608573
25 0.0132092788 0.005369278796 0.0210492788
50 0.02628051102 0.01844051102 0.03412051102
75 0.03754262762 0.02970262762 0.04538262762
EOD
$e2_part0 << EOD
10 -0.004 0
25 -0.004 0
50 -0.004 0
75 -0.004 0
EOD
$e2_part1 << EOD
10 0 0.003655669721
25 0 0.004006466164
50 0 0.00230449326
75 0 0.003411323082
EOD
$e2_part2 << EOD
10 0 0
25 0 0
50 0 0
75 0 0
EOD
$e2_part3 << EOD
10 0 0
25 0 0
50 0 0
75 0 0
EOD
$e2_part4 << EOD
10 0.003655669721 0.009655669721
25 0.004006466164 0.01900646616
50 0.00230449326 0.03230449326
75 0.003411323082 0.04841132308
EOD
$e2_bias << EOD
10 0.005655669721 -0.002184330279 0.01349566972
25 0.01500646616 0.007166466164 0.02284646616
50 0.02830449326 0.02046449326 0.03614449326
75 0.04441132308 0.03657132308 0.05225132308
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.08197
set rmargin at screen 0.36612
set bmargin at screen 0.26027
set tmargin at screen 0.90411
set label 'TWFE' at screen 0.08197, screen 0.93836 left noenhanced
set xrange [3.5:81.5]
set xtics 20
set format x '%.0f'
set label 'parameter' at screen 0.22404, screen 0.15753 center noenhanced
set yrange [-0.01103989411:0.05583384481]
set ytics 0.01
set format y '%.2f'
set ylabel 'Bias against ATT' offset 0.8,0
set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#777777'
set label 'measurement' at screen 0.06284, screen 0.09589 left noenhanced
set object rectangle from screen 0.02186, screen 0.08219 to screen 0.05464, screen 0.10959 fc rgb '#222222' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'trends and chance' at screen 0.06284, screen 0.04658 left noenhanced
set object rectangle from screen 0.02186, screen 0.03288 to screen 0.05464, screen 0.06027 fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'weights and target' at screen 0.29235, screen 0.09589 left noenhanced
set object rectangle from screen 0.25137, screen 0.08219 to screen 0.28415, screen 0.10959 fc rgb '#E69F00' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'anticipation' at screen 0.29235, screen 0.04658 left noenhanced
set object rectangle from screen 0.25137, screen 0.03288 to screen 0.28415, screen 0.06027 fc rgb '#FFFFFF' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'spillover' at screen 0.52186, screen 0.09589 left noenhanced
set object rectangle from screen 0.48087, screen 0.08219 to screen 0.51366, screen 0.10959 fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'bias, 95 % MC interval' at screen 0.52186, screen 0.04658 left noenhanced
set label '' at screen 0.49454, screen 0.04658 point pt 12 ps 0.7 lw 1.6 lc rgb '#000000'
plot $e0_part0 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#222222' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e0_part1 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e0_part2 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#E69F00' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e0_part3 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#FFFFFF' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e0_part4 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e0_bias using 1:3:(0):($4-$3) with vectors nohead lw 1.6 dt 1 lc rgb '#000000', \
     $e0_bias using 1:2 with points pt 13 ps 0.9 lc rgb '#FFFFFF', \
     $e0_bias using 1:2 with points  pt 12 ps 0.7 lw 1.6 lc rgb '#000000'
unset label
unset arrow
unset object
set lmargin at screen 0.38798
set rmargin at screen 0.67213
set bmargin at screen 0.26027
set tmargin at screen 0.90411
set label 'event study' at screen 0.38798, screen 0.93836 left noenhanced
set xrange [3.5:81.5]
set xtics 20
set format x '%.0f'
set label 'parameter' at screen 0.53005, screen 0.15753 center noenhanced
set yrange [-0.01103989411:0.05583384481]
set ytics 0.01
set format y '%.2f'
set format y ''
set ylabel '' offset 0.8,0
set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#777777'
plot $e1_part0 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#222222' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e1_part1 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e1_part2 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#E69F00' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e1_part3 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#FFFFFF' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e1_part4 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e1_bias using 1:3:(0):($4-$3) with vectors nohead lw 1.6 dt 1 lc rgb '#000000', \
     $e1_bias using 1:2 with points pt 13 ps 0.9 lc rgb '#FFFFFF', \
     $e1_bias using 1:2 with points  pt 12 ps 0.7 lw 1.6 lc rgb '#000000'
unset label
unset arrow
unset object
set lmargin at screen 0.69399
set rmargin at screen 0.97814
set bmargin at screen 0.26027
set tmargin at screen 0.90411
set label 'imputation' at screen 0.69399, screen 0.93836 left noenhanced
set xrange [3.5:81.5]
set xtics 20
set format x '%.0f'
set label 'parameter' at screen 0.83607, screen 0.15753 center noenhanced
set yrange [-0.01103989411:0.05583384481]
set ytics 0.01
set format y '%.2f'
set format y ''
set ylabel '' offset 0.8,0
set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#777777'
plot $e2_part0 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#222222' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e2_part1 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e2_part2 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#E69F00' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e2_part3 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#FFFFFF' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e2_part4 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $e2_bias using 1:3:(0):($4-$3) with vectors nohead lw 1.6 dt 1 lc rgb '#000000', \
     $e2_bias using 1:2 with points pt 13 ps 0.9 lc rgb '#FFFFFF', \
     $e2_bias using 1:2 with points  pt 12 ps 0.7 lw 1.6 lc rgb '#000000'
unset multiplot
