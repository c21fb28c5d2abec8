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
$coverage0 << EOD
9.064 95 93.432 96.568
24.064 94 92.432 95.568
49.064 93 91.432 94.568
74.064 92 90.432 93.568
EOD
$coverage1 << EOD
10 93 91.432 94.568
25 92 90.432 93.568
50 91 89.432 92.568
75 90 88.432 91.568
EOD
$coverage2 << EOD
10.936 91 89.432 92.568
25.936 90 88.432 91.568
50.936 89 87.432 90.568
75.936 88 86.432 89.568
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.16854
set rmargin at screen 0.95506
set bmargin at screen 0.71320
set tmargin at screen 0.92780
set label 'A single column' at screen 0.02247, screen 0.97894 left noenhanced font ',9'
set label 'a' at screen 0.04494, screen 0.94284 left font ',10'
set xrange [3.5:81.5]
set xtics 20
set format x '%.0f'
set label 'parameter' at screen 0.56180, screen 0.66807 center noenhanced
set yrange [85.82384:97.17616]
set ytics 2
set format y '%.0f'
set ylabel 'Coverage of 95 % intervals (%)' offset 0.8,0
set label 'TWFE' at screen 0.12921, screen 0.03610 left noenhanced
set arrow from screen 0.03371, screen 0.03610 to screen 0.11236, screen 0.03610 nohead dt 1 lw 1.6 lc rgb '#D55E00'
set label '' at screen 0.07303, screen 0.03610 point pt 7 ps 0.5 lc rgb '#D55E00'
set label 'event study' at screen 0.12921, screen 0.01444 left noenhanced
set arrow from screen 0.03371, screen 0.01444 to screen 0.11236, screen 0.01444 nohead dt (8,5) lw 1.6 lc rgb '#0072B2'
set label '' at screen 0.07303, screen 0.01444 point pt 4 ps 0.55 lc rgb '#0072B2'
set label 'imputation' at screen 0.61236, screen 0.03610 left noenhanced
set arrow from screen 0.51685, screen 0.03610 to screen 0.59551, screen 0.03610 nohead dt (2,3) lw 1.6 lc rgb '#000000'
set label '' at screen 0.55618, screen 0.03610 point pt 9 ps 0.6 lc rgb '#000000'
set label 'nominal' at screen 0.61236, screen 0.01444 left noenhanced
set arrow from screen 0.51685, screen 0.01444 to screen 0.59551, screen 0.01444 nohead dt (4,3) lw 1.2 lc rgb '#777777'
set arrow from graph 0, first 95 to graph 1, first 95 nohead back dt (4,3) lw 1.2 lc rgb '#777777'
plot $coverage0 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#D55E00', \
     $coverage0 using 1:2 with linespoints dt 1 lw 1.6 pt 7 ps 0.5 lc rgb '#D55E00', \
     $coverage1 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#0072B2', \
     $coverage1 using 1:2 with linespoints dt (8,5) lw 1.6 pt 4 ps 0.55 lc rgb '#0072B2', \
     $coverage2 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#000000', \
     $coverage2 using 1:2 with linespoints dt (2,3) lw 1.6 pt 9 ps 0.6 lc rgb '#000000'
$size0 << EOD
9.064 5 3.432 6.568
24.064 5 3.432 6.568
49.064 5 3.432 6.568
74.064 5 3.432 6.568
EOD
$size1 << EOD
10 5 3.432 6.568
25 6 4.432 7.568
50 7 5.432 8.568
75 8 6.432 9.568
EOD
$size2 << EOD
10.936 5 3.432 6.568
25.936 7 5.432 8.568
50.936 9 7.432 10.568
75.936 11 9.432 12.568
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.16854
set rmargin at screen 0.95506
set bmargin at screen 0.41436
set tmargin at screen 0.62896
set label 'b' at screen 0.04494, screen 0.64400 left font ',10'
set xrange [3.5:81.5]
set xtics 20
set format x '%.0f'
set label 'parameter' at screen 0.56180, screen 0.36923 center noenhanced
set yrange [-0.75408:13.32208]
set ytics 2
set format y '%.0f'
set ylabel 'Size: false rejections at 5 % (%)' offset 0.8,0
set arrow from graph 0, first 5 to graph 1, first 5 nohead back dt (4,3) lw 1.2 lc rgb '#777777'
plot $size0 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#D55E00', \
     $size0 using 1:2 with linespoints dt 1 lw 1.6 pt 7 ps 0.5 lc rgb '#D55E00', \
     $size1 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#0072B2', \
     $size1 using 1:2 with linespoints dt (8,5) lw 1.6 pt 4 ps 0.55 lc rgb '#0072B2', \
     $size2 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#000000', \
     $size2 using 1:2 with linespoints dt (2,3) lw 1.6 pt 9 ps 0.6 lc rgb '#000000'
$power0 << EOD
9.064 20 18.432 21.568
24.064 35 33.432 36.568
49.064 50 48.432 51.568
74.064 65 63.432 66.568
EOD
$power1 << EOD
10 25 23.432 26.568
25 40 38.432 41.568
50 55 53.432 56.568
75 70 68.432 71.568
EOD
$power2 << EOD
10.936 30 28.432 31.568
25.936 45 43.432 46.568
50.936 60 58.432 61.568
75.936 75 73.432 76.568
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.16854
set rmargin at screen 0.95506
set bmargin at screen 0.11552
set tmargin at screen 0.33012
set label 'c' at screen 0.04494, screen 0.34517 left font ',10'
set xrange [3.5:81.5]
set xtics 20
set format x '%.0f'
set label 'parameter' at screen 0.56180, screen 0.07040 center noenhanced
set yrange [-4.59408:81.16208]
set ytics 20
set format y '%.0f'
set ylabel 'Power: effects found at 5 % (%)' offset 0.8,0
plot $power0 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#D55E00', \
     $power0 using 1:2 with linespoints dt 1 lw 1.6 pt 7 ps 0.5 lc rgb '#D55E00', \
     $power1 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#0072B2', \
     $power1 using 1:2 with linespoints dt (8,5) lw 1.6 pt 4 ps 0.55 lc rgb '#0072B2', \
     $power2 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#000000', \
     $power2 using 1:2 with linespoints dt (2,3) lw 1.6 pt 9 ps 0.6 lc rgb '#000000'
unset multiplot
