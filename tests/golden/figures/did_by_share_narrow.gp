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
$did << EOD
10 0.334 0.31048 0.35752
25 0.326 0.2966 0.3554
50 0.319 0.28372 0.35428
75 0.301 0.25984 0.34216
90 0.268 0.22096 0.31504
EOD
$ade << EOD
11.2 0.33 0.3202 0.3398
26.2 0.324 0.3142 0.3338
51.2 0.314 0.3042 0.3238
76.2 0.298 0.2882 0.3078
91.2 0.246 0.2362 0.2558
EOD
$att << EOD
8.8 0.309 0.30116 0.31684
23.8 0.258 0.25016 0.26584
48.8 0.178 0.17016 0.18584
73.8 0.089 0.08116 0.09684
88.8 0.034 0.02616 0.04184
EOD
set xrange [0.56:99.44]
set xtics 10
set format x '%.0f'
set xlabel 'Treated share of counties (%)' offset 0,0.6
unset label
unset arrow
unset object
set lmargin at screen 0.16854
set rmargin at screen 0.95506
set bmargin at screen 0.61935
set tmargin at screen 0.92258
set label 'A single column' at screen 0.02247, screen 0.97742 left noenhanced font ',9'
set label 'a' at screen 0.04494, screen 0.93871 left font ',10'
set yrange [-0.017876:0.375396]
set ytics 0.05
set format y '%.2f'
set ylabel 'Effect of the policy' offset 0.8,0
set label 'DID estimate (TWFE)' at screen 0.26404, screen 0.54194 left noenhanced
set arrow from screen 0.16854, screen 0.54194 to screen 0.24719, screen 0.54194 nohead dt 1 lw 2 lc rgb '#D55E00'
set label '' at screen 0.20787, screen 0.54194 point pt 7 ps 0.5 lc rgb '#D55E00'
set label 'true ADE (direct)' at screen 0.26404, screen 0.51871 left noenhanced
set arrow from screen 0.16854, screen 0.51871 to screen 0.24719, screen 0.51871 nohead dt (2,3) lw 2 lc rgb '#000000'
set label '' at screen 0.20787, screen 0.51871 point pt 6 ps 0.6 lc rgb '#000000'
set label 'true ATT (total)' at screen 0.71348, screen 0.54194 left noenhanced
set arrow from screen 0.61798, screen 0.54194 to screen 0.69663, screen 0.54194 nohead dt (8,5) lw 2 lc rgb '#0072B2'
set label '' at screen 0.65730, screen 0.54194 point pt 5 ps 0.5 lc rgb '#0072B2'
plot $did using 1:2:3:4 with yerrorbars pt 0 lw 1.2 dt 1 lc rgb '#D55E00', \
     $did using 1:2 with linespoints dt 1 lw 2 pt 7 ps 0.5 lc rgb '#D55E00', \
     $ade using 1:2:3:4 with yerrorbars pt 0 lw 1.2 dt 1 lc rgb '#000000', \
     $ade using 1:2 with linespoints dt (2,3) lw 2 pt 6 ps 0.6 lc rgb '#000000', \
     $att using 1:2:3:4 with yerrorbars pt 0 lw 1.2 dt 1 lc rgb '#0072B2', \
     $att using 1:2 with linespoints dt (8,5) lw 2 pt 5 ps 0.5 lc rgb '#0072B2'
$part0 << EOD
10 -0.02 0
25 -0.02 0
50 -0.02 0
75 -0.02 0
90 -0.02 0
EOD
$part1 << EOD
10 -0.028 -0.02
25 -0.024 -0.02
50 0 0
75 0 0.004
90 0 0.008
EOD
$part2 << EOD
10 -0.034 -0.028
25 -0.03 -0.024
50 -0.026 -0.02
75 -0.026 -0.02
90 -0.026 -0.02
EOD
$part3 << EOD
10 0 0.005
25 0 0.005
50 0 0.005
75 -0.031 -0.026
90 -0.031 -0.026
EOD
$part4 << EOD
10 0.005 0.059
25 0.005 0.098
50 0.005 0.167
75 0.004 0.243
90 0.008 0.265
EOD
$bias << EOD
10 0.025
25 0.068
50 0.141
75 0.212
90 0.234
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.16854
set rmargin at screen 0.95506
set bmargin at screen 0.14194
set tmargin at screen 0.44516
set label 'b' at screen 0.04494, screen 0.46129 left font ',10'
set yrange [-0.05194:0.28294]
set ytics 0.05
set format y '%.2f'
set ylabel 'Bias, DID − ATT' offset 0.8,0
set arrow from graph 0, first 0 to graph 1, first 0 nohead front lw 1 lc rgb '#333333'
set label 'measurement' at screen 0.26404, screen 0.06452 left noenhanced
set object rectangle from screen 0.17978, screen 0.05806 to screen 0.24719, screen 0.07097 fc rgb '#222222' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'trends and chance' at screen 0.26404, screen 0.04129 left noenhanced
set object rectangle from screen 0.17978, screen 0.03484 to screen 0.24719, screen 0.04774 fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'weights and target' at screen 0.26404, screen 0.01806 left noenhanced
set object rectangle from screen 0.17978, screen 0.01161 to screen 0.24719, screen 0.02452 fc rgb '#E69F00' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'anticipation' at screen 0.66854, screen 0.06452 left noenhanced
set object rectangle from screen 0.58427, screen 0.05806 to screen 0.65169, screen 0.07097 fc rgb '#FFFFFF' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'spillover' at screen 0.66854, screen 0.04129 left noenhanced
set object rectangle from screen 0.58427, screen 0.03484 to screen 0.65169, screen 0.04774 fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'all (DID − ATT)' at screen 0.66854, screen 0.01806 left noenhanced
set label '' at screen 0.61236, screen 0.01806 point pt 12 ps 0.7 lw 1.6 lc rgb '#000000'
plot $part0 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#222222' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $part1 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $part2 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#E69F00' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $part3 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#FFFFFF' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $part4 using 1:2:($1-5):($1+5):2:3 with boxxyerror fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $bias using 1:2 with points pt 13 ps 0.9 lc rgb '#FFFFFF', \
     $bias using 1:2 with points  pt 12 ps 0.7 lw 1.6 lc rgb '#000000'
unset multiplot
