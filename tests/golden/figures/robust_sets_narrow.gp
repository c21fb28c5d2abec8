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
$sets0_0 << EOD
0.4625 0.07 0.028 0.112
0.9625 0.07 0.016 0.124
1.4625 0.07 0.004 0.136
1.9625 0.07 -0.008 0.148
-0.0375 0.07 0.04 0.1
EOD
$sets0_1 << EOD
0.5375 0.07 0.024 0.116
1.0375 0.07 0.012 0.128
1.5375 0.07 0 0.14
2.0375 0.07 -0.012 0.152
0.0375 0.07 0.036 0.104
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.17978
set rmargin at screen 0.95506
set bmargin at screen 0.57929
set tmargin at screen 0.91429
set label 'A single column' at screen 0.02247, screen 0.97500 left noenhanced font ',9'
set label 'a' at screen 0.04494, screen 0.93214 left font ',10'
set xrange [-0.3:2.3]
set xtics 0.5
set format x '%.1f'
set yrange [-0.0202:0.1602]
set ytics 0.05
set format y '%.2f'
set xtics ('usual' 0, '0.5' 0.5, '1' 1, '1.5' 1.5, '2' 2)
set xlabel 'Mbar: largest break in trend, after over before' offset 0,0.5
set ylabel 'Effect' offset 0.8,0
set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#AAAAAA'
set label 'event_study' at screen 0.27528, screen 0.50429 left noenhanced
set arrow from screen 0.17978, screen 0.50429 to screen 0.25843, screen 0.50429 nohead lw 1.6 lc rgb '#0072B2'
set label '' at screen 0.21910, screen 0.50429 point pt 7 ps 0.2 lc rgb '#0072B2'
set label 'sun_abraham' at screen 0.66292, screen 0.50429 left noenhanced
set arrow from screen 0.56742, screen 0.50429 to screen 0.64607, screen 0.50429 nohead lw 1.6 lc rgb '#D55E00'
set label '' at screen 0.60674, screen 0.50429 point pt 4 ps 0.4 lc rgb '#D55E00'
plot $sets0_0 using 1:2:3:4 with yerrorbars lw 1.6 pt 7 ps 0.2 lc rgb '#0072B2', \
     $sets0_1 using 1:2:3:4 with yerrorbars lw 1.6 pt 4 ps 0.4 lc rgb '#D55E00'
$sets1_0 << EOD
-0.00075 0.07 0.028 0.112
0.00925 0.07 0.016 0.124
0.01925 0.07 0.004 0.136
0.02925 0.07 -0.008 0.148
-0.01075 0.07 0.04 0.1
EOD
$sets1_1 << EOD
0.00075 0.07 0.024 0.116
0.01075 0.07 0.012 0.128
0.02075 0.07 0 0.14
0.03075 0.07 -0.012 0.152
-0.00925 0.07 0.036 0.104
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.17978
set rmargin at screen 0.95506
set bmargin at screen 0.10429
set tmargin at screen 0.43929
set label 'b' at screen 0.04494, screen 0.45714 left font ',10'
set xrange [-0.016:0.036]
set xtics 0.01
set format x '%.2f'
set yrange [-0.0202:0.1602]
set ytics 0.05
set format y '%.2f'
set xtics ('usual' -0.01, '0' 0, '0.01' 0.01, '0.02' 0.02, '0.03' 0.03)
set xlabel 'M: largest change of slope' offset 0,0.5
set ylabel 'Effect' offset 0.8,0
set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#AAAAAA'
set label 'event_study' at screen 0.27528, screen 0.02929 left noenhanced
set arrow from screen 0.17978, screen 0.02929 to screen 0.25843, screen 0.02929 nohead lw 1.6 lc rgb '#0072B2'
set label '' at screen 0.21910, screen 0.02929 point pt 7 ps 0.2 lc rgb '#0072B2'
set label 'sun_abraham' at screen 0.66292, screen 0.02929 left noenhanced
set arrow from screen 0.56742, screen 0.02929 to screen 0.64607, screen 0.02929 nohead lw 1.6 lc rgb '#D55E00'
set label '' at screen 0.60674, screen 0.02929 point pt 4 ps 0.4 lc rgb '#D55E00'
plot $sets1_0 using 1:2:3:4 with yerrorbars lw 1.6 pt 7 ps 0.2 lc rgb '#0072B2', \
     $sets1_1 using 1:2:3:4 with yerrorbars lw 1.6 pt 4 ps 0.4 lc rgb '#D55E00'
unset multiplot
