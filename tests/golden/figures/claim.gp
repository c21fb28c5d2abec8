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
$l0 << EOD
9.532 0.0004184905968 -0.005581509403 0.009418490597
24.532 0.012971556 0.006971556001 0.021971556
49.532 0.028340634 0.022340634 0.037340634
74.532 0.04133721504 0.03533721504 0.05033721504
EOD
$l1 << EOD
10 0.00259608573 -0.00340391427 0.01159608573
25 0.0132092788 0.007209278796 0.0222092788
50 0.02628051102 0.02028051102 0.03528051102
75 0.03754262762 0.03154262762 0.04654262762
EOD
$l2 << EOD
10.468 0.005655669721 -0.0003443302794 0.01465566972
25.468 0.01500646616 0.009006466164 0.02400646616
50.468 0.02830449326 0.02230449326 0.03730449326
75.468 0.04441132308 0.03841132308 0.05341132308
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.16854
set rmargin at screen 0.95506
set bmargin at screen 0.26621
set tmargin at screen 0.93174
set xrange [3.5:81.5]
set xtics 20
set format x '%.0f'
set label 'parameter' at screen 0.56180, screen 0.13823 center noenhanced
set yrange [-0.010300936:0.05813074968]
set ytics 0.01
set format y '%.2f'
set ylabel 'mean of estimate less truth' offset 0.8,0
set arrow from graph 0, first 0 to graph 1, first 0 nohead back lw 1 lc rgb '#777777'
set label 'TWFE' at screen 0.12921, screen 0.05119 left noenhanced
set arrow from screen 0.03371, screen 0.05119 to screen 0.11236, screen 0.05119 nohead dt 1 lw 1.6 lc rgb '#D55E00'
set label '' at screen 0.07303, screen 0.05119 point pt 7 ps 0.5 lc rgb '#D55E00'
set label 'event study' at screen 0.44326, screen 0.05119 left noenhanced
set arrow from screen 0.34775, screen 0.05119 to screen 0.42640, screen 0.05119 nohead dt (8,5) lw 1.6 lc rgb '#0072B2'
set label '' at screen 0.38708, screen 0.05119 point pt 4 ps 0.55 lc rgb '#0072B2'
set label 'imputation' at screen 0.75730, screen 0.05119 left noenhanced
set arrow from screen 0.66180, screen 0.05119 to screen 0.74045, screen 0.05119 nohead dt (2,3) lw 1.6 lc rgb '#000000'
set label '' at screen 0.70112, screen 0.05119 point pt 9 ps 0.6 lc rgb '#000000'
plot $l0 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#D55E00', \
     $l0 using 1:2 with linespoints dt 1 lw 1.6 pt 7 ps 0.5 lc rgb '#D55E00', \
     $l1 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#0072B2', \
     $l1 using 1:2 with linespoints dt (8,5) lw 1.6 pt 4 ps 0.55 lc rgb '#0072B2', \
     $l2 using 1:3:(0):($4-$3) with vectors nohead lw 1 dt 1 lc rgb '#000000', \
     $l2 using 1:2 with linespoints dt (2,3) lw 1.6 pt 9 ps 0.6 lc rgb '#000000'
unset multiplot
