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
$effects << EOD
0.03 0.005 0.024 0.036
0.015 0.009 0.012 0.018
0.01 0.009 0.008 0.012
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.16854
set rmargin at screen 0.95506
set bmargin at screen 0.22667
set tmargin at screen 0.86667
set label 'A single column' at screen 0.02247, screen 0.95333 left noenhanced font ',9'
set xrange [-0.00288:0.03888]
set xtics 0.01
set format x '%.2f'
set yrange [-0.0009:0.0099]
set ytics 0.002
set format y '%.3f'
set xlabel 'mean size of the elementary effect' offset 0,0.6 noenhanced
set ylabel 'σ: SD of the effect' offset 0.8,0 noenhanced
set label 'policy.share' at screen 0.77994, screen 0.60563 right noenhanced
set label 'rescaling.base' at screen 0.51316, screen 0.84267 left noenhanced
set label 'officials.mu_weak' at screen 0.41899, screen 0.78400 left noenhanced
set arrow from first 0, first 0 to first 0.0099, first 0.0099 nohead back dt (4,3) lw 1.2 lc rgb '#777777'
set label 'parameter, interval of µ*' at screen 0.12921, screen 0.04000 left noenhanced
set label '' at screen 0.07303, screen 0.04000 point pt 7 ps 0.6 lc rgb '#0072B2'
set label 'σ = µ*' at screen 0.63483, screen 0.04000 left noenhanced
set arrow from screen 0.53933, screen 0.04000 to screen 0.61798, screen 0.04000 nohead dt (4,3) lw 1.2 lc rgb '#777777'
plot $effects using 1:2:3:4 with xerrorbars pt 0 lw 1.2 lc rgb '#0072B2', \
     $effects using 1:2 with points  pt 7 ps 0.6 lc rgb '#0072B2'
unset multiplot
