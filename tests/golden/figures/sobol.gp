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
$first << EOD
0.5 0.19 0.4 0.6
0.25 -0.81 0.15 0.35
0.1666666667 -1.81 0.06666666667 0.2666666667
EOD
$total << EOD
0.62 -0.19 0.54 0.7
0.37 -1.19 0.29 0.45
0.2866666667 -2.19 0.2066666667 0.3666666667
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.24708
set rmargin at screen 0.95833
set bmargin at screen 0.24000
set tmargin at screen 0.96000
unset ytics
set border 1 ls 100
set label 'policy.share' at graph 0, first 0 right offset -0.8,0 noenhanced
set label 'rescaling.base' at graph 0, first -1 right offset -0.8,0 noenhanced
set label 'officials.mu_weak' at graph 0, first -2 right offset -0.8,0 noenhanced
set xrange [-0.021:0.721]
set xtics 0.1
set format x '%.1f'
set yrange [-2.6:0.6]
set arrow from first 0, graph 0 to first 0, graph 1 nohead back lw 1 lc rgb '#333333'
set xlabel 'first-order index' offset 0,0.6 noenhanced
set label 'first: the parameter alone' at screen 0.09583, screen 0.09333 left noenhanced
set object rectangle from screen 0.03333, screen 0.08000 to screen 0.08333, screen 0.10667 fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'total: with its interactions' at screen 0.09583, screen 0.04533 left noenhanced
set object rectangle from screen 0.03333, screen 0.03200 to screen 0.08333, screen 0.05867 fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5
plot $first using 1:2:(0):1:($2-0.18):($2+0.18) with boxxyerror fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $first using 1:2:3:4 with xerrorbars pt 0 lw 1.2 lc rgb '#000000', \
     $total using 1:2:(0):1:($2-0.18):($2+0.18) with boxxyerror fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $total using 1:2:3:4 with xerrorbars pt 0 lw 1.2 lc rgb '#000000'
unset multiplot
