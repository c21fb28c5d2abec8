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
$all0 << EOD
9.532 0.0004184905968 -0.007421509403 0.008258490597
24.532 0.012971556 0.005131556001 0.020811556
49.532 0.028340634 0.020500634 0.036180634
74.532 0.04133721504 0.03349721504 0.04917721504
EOD
$passed0 << EOD
10.468 0.0004184905968 -0.007421509403 0.008258490597
25.468 0.012971556 0.005131556001 0.020811556
50.468 0.028340634 0.020500634 0.036180634
75.468 0.04133721504 0.03349721504 0.04917721504
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.08197
set rmargin at screen 0.51913
set bmargin at screen 0.24658
set tmargin at screen 0.90411
set label 'TWFE' at screen 0.08197, screen 0.93836 left noenhanced
set xrange [3.5:81.5]
set xtics 10
set format x '%.0f'
set label 'parameter' at screen 0.30055, screen 0.14384 center noenhanced
set yrange [-0.01081743287:0.05257313851]
set ytics 0.01
set format y '%.2f'
set ylabel 'Bias against ATT' offset 0.8,0
set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#777777'
set label 'all replicates' at screen 0.06284, screen 0.04110 left noenhanced
set arrow from screen 0.01639, screen 0.04110 to screen 0.05464, screen 0.04110 nohead dt 1 lw 1.6 lc rgb '#000000'
set label '' at screen 0.03552, screen 0.04110 point pt 7 ps 0.5 lc rgb '#000000'
set label 'those that passed the pre-trend test' at screen 0.29235, screen 0.04110 left noenhanced
set arrow from screen 0.24590, screen 0.04110 to screen 0.28415, screen 0.04110 nohead dt (6,4) lw 1.6 lc rgb '#D55E00'
set label '' at screen 0.26503, screen 0.04110 point pt 4 ps 0.6 lc rgb '#D55E00'
plot $all0 using 1:3:(0):($4-$3) with vectors nohead lw 1.2 dt 1 lc rgb '#000000', \
     $all0 using 1:2 with linespoints dt 1 lw 1.6 pt 7 ps 0.5 lc rgb '#000000', \
     $passed0 using 1:3:(0):($4-$3) with vectors nohead lw 1.2 dt 1 lc rgb '#D55E00', \
     $passed0 using 1:2 with linespoints dt (6,4) lw 1.6 pt 4 ps 0.6 lc rgb '#D55E00'
$all1 << EOD
9.532 0.00259608573 -0.00524391427 0.01043608573
24.532 0.0132092788 0.005369278796 0.0210492788
49.532 0.02628051102 0.01844051102 0.03412051102
74.532 0.03754262762 0.02970262762 0.04538262762
EOD
$passed1 << EOD
10.468 0.00559608573 -0.00224391427 0.01343608573
25.468 0.0162092788 0.008369278796 0.0240492788
50.468 0.02928051102 0.02144051102 0.03712051102
75.468 0.04054262762 0.03270262762 0.04838262762
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.54098
set rmargin at screen 0.97814
set bmargin at screen 0.24658
set tmargin at screen 0.90411
set label 'event study' at screen 0.54098, screen 0.93836 left noenhanced
set xrange [3.5:81.5]
set xtics 10
set format x '%.0f'
set label 'parameter' at screen 0.75956, screen 0.14384 center noenhanced
set yrange [-0.01081743287:0.05257313851]
set ytics 0.01
set format y '%.2f'
set format y ''
set ylabel '' offset 0.8,0
set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#777777'
plot $all1 using 1:3:(0):($4-$3) with vectors nohead lw 1.2 dt 1 lc rgb '#000000', \
     $all1 using 1:2 with linespoints dt 1 lw 1.6 pt 7 ps 0.5 lc rgb '#000000', \
     $passed1 using 1:3:(0):($4-$3) with vectors nohead lw 1.2 dt 1 lc rgb '#D55E00', \
     $passed1 using 1:2 with linespoints dt (6,4) lw 1.6 pt 4 ps 0.6 lc rgb '#D55E00'
unset multiplot
