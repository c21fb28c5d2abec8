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
$att0 << EOD
-0 -0.021 0
-1 -0.019 0
-2 -0.017 0
-3 -0.015 0
-4 -0.013 0
-5 -0.011 0
-6 -0.009 0
EOD
$att1 << EOD
-0 0 0.01193131562
-1 0 0.002447861746
-2 0 0.006819904336
-3 -0.01685162751 -0.015
-4 0 0.008780506275
-5 0 0.01658447849
-6 -0.0174520318 -0.009
EOD
$att2 << EOD
-0 0 0
-1 -0.053 -0.019
-2 0.006819904336 0.02481990434
-3 0 0
-4 0 0
-5 0 0
-6 0 0
EOD
$att3 << EOD
-0 -0.025 -0.021
-1 -0.057 -0.053
-2 -0.021 -0.017
-3 0 0
-4 0 0
-5 0 0
-6 0 0
EOD
$att4 << EOD
-0 0.01193131562 0.1639313156
-1 0.002447861746 0.1504478617
-2 0.02481990434 0.1688199043
-3 0 0.14
-4 0.008780506275 0.1447805063
-5 0.01658447849 0.1485844785
-6 0 0.128
EOD
$att_total << EOD
0.1389313156 -0
0.09344786175 -1
0.1478199043 -2
0.1231483725 -3
0.1317805063 -4
0.1375844785 -5
0.1105479682 -6
EOD
$ade0 << EOD
-0 -0.021 0
-1 -0.019 0
-2 -0.017 0
-3 -0.015 0
-4 -0.013 0
-5 -0.011 0
-6 -0.009 0
EOD
$ade1 << EOD
-0 0 0.01193131562
-1 0 0.002447861746
-2 0 0.006819904336
-3 -0.01685162751 -0.015
-4 0 0.008780506275
-5 0 0.01658447849
-6 -0.0174520318 -0.009
EOD
$ade2 << EOD
-0 0.01193131562 0.01493131562
-1 -0.05 -0.019
-2 0.006819904336 0.02781990434
-3 0 0.003
-4 0.008780506275 0.01178050627
-5 0.01658447849 0.01958447849
-6 0 0.003
EOD
$ade3 << EOD
-0 -0.025 -0.021
-1 -0.054 -0.05
-2 -0.021 -0.017
-3 0 0
-4 0 0
-5 0 0
-6 0 0
EOD
$ade4 << EOD
-0 0.01493131562 0.02693131562
-1 0.002447861746 0.01444786175
-2 0.02781990434 0.03981990434
-3 0.003 0.015
-4 0.01178050627 0.02378050627
-5 0.01958447849 0.03158447849
-6 0.003 0.015
EOD
$ade_total << EOD
0.001931315624 -0
-0.03955213825 -1
0.01881990434 -2
-0.001851627509 -3
0.01078050627 -4
0.02058447849 -5
-0.002452031796 -6
EOD
unset ytics
set border 1 ls 100
set xtics offset 0,0.3
unset label
unset arrow
unset object
set lmargin at screen 0.43258
set rmargin at screen 0.80899
set bmargin at screen 0.58667
set tmargin at screen 0.92000
set label 'A single column' at screen 0.02247, screen 0.97667 left noenhanced font ',9'
set label 'a' at screen 0.02247, screen 0.93667 left font ',10'
set label '2x2, post' at graph 0, first 0 right offset -0.8,0 noenhanced
set label 'TWFE, post' at graph 0, first -1 right offset -0.8,0 noenhanced
set label 'TWFE event study, 12 q…' at graph 0, first -2 right offset -0.8,0 noenhanced
set label 'Sun-Abraham, overall' at graph 0, first -3 right offset -0.8,0 noenhanced
set label 'Callaway-Sant''Anna, ov…' at graph 0, first -4 right offset -0.8,0 noenhanced
set label 'imputation, overall' at graph 0, first -5 right offset -0.8,0 noenhanced
set label 'two-stage, overall' at graph 0, first -6 right offset -0.8,0 noenhanced
set label 'measurement' at screen 0.12921, screen 0.06667 left noenhanced
set object rectangle from screen 0.04494, screen 0.06000 to screen 0.11236, screen 0.07333 fc rgb '#222222' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'trends and chance' at screen 0.12921, screen 0.04267 left noenhanced
set object rectangle from screen 0.04494, screen 0.03600 to screen 0.11236, screen 0.04933 fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'weights and target' at screen 0.12921, screen 0.01867 left noenhanced
set object rectangle from screen 0.04494, screen 0.01200 to screen 0.11236, screen 0.02533 fc rgb '#E69F00' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'anticipation' at screen 0.57865, screen 0.06667 left noenhanced
set object rectangle from screen 0.49438, screen 0.06000 to screen 0.56180, screen 0.07333 fc rgb '#FFFFFF' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'spillover' at screen 0.57865, screen 0.04267 left noenhanced
set object rectangle from screen 0.49438, screen 0.03600 to screen 0.56180, screen 0.04933 fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5
set label 'total' at screen 0.57865, screen 0.01867 left noenhanced
set label '' at screen 0.52247, screen 0.01867 point pt 12 ps 0.7 lw 1.6 lc rgb '#000000'
set label '+0.139' at graph 1, first -0 right offset 6,0
set label '+0.093' at graph 1, first -1 right offset 6,0
set label '+0.148' at graph 1, first -2 right offset 6,0
set label '+0.123' at graph 1, first -3 right offset 6,0
set label '+0.132' at graph 1, first -4 right offset 6,0
set label '+0.138' at graph 1, first -5 right offset 6,0
set label '+0.111' at graph 1, first -6 right offset 6,0
set label 'total' at graph 1, graph 1 right offset 6,0.7 font ',7.5'
set label 'against true ATT' at graph 0, graph 1.0 left offset 2,0.7
set arrow from first 0, graph 0 to first 0, graph 1 nohead front lw 1 lc rgb '#333333'
set xlabel 'Bias' offset 0,0.6
set xrange [-0.06829099522:0.1801108996]
set xtics 0.1
set format x '%.1f'
set yrange [-6.7:0.7]
plot $att0 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#222222' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $att1 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $att2 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#E69F00' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $att3 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#FFFFFF' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $att4 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $att_total using 1:2 with points pt 13 ps 0.9 lc rgb '#FFFFFF', \
     $att_total using 1:2 with points  pt 12 ps 0.7 lw 1.6 lc rgb '#000000'
unset label
unset arrow
unset object
set lmargin at screen 0.43258
set rmargin at screen 0.80899
set bmargin at screen 0.15333
set tmargin at screen 0.48667
set label 'b' at screen 0.02247, screen 0.50333 left font ',10'
set label '2x2, post' at graph 0, first 0 right offset -0.8,0 noenhanced
set label 'TWFE, post' at graph 0, first -1 right offset -0.8,0 noenhanced
set label 'TWFE event study, 12 q…' at graph 0, first -2 right offset -0.8,0 noenhanced
set label 'Sun-Abraham, overall' at graph 0, first -3 right offset -0.8,0 noenhanced
set label 'Callaway-Sant''Anna, ov…' at graph 0, first -4 right offset -0.8,0 noenhanced
set label 'imputation, overall' at graph 0, first -5 right offset -0.8,0 noenhanced
set label 'two-stage, overall' at graph 0, first -6 right offset -0.8,0 noenhanced
set label '+0.002' at graph 1, first -0 right offset 6,0
set label '−0.040' at graph 1, first -1 right offset 6,0
set label '+0.019' at graph 1, first -2 right offset 6,0
set label '−0.002' at graph 1, first -3 right offset 6,0
set label '+0.011' at graph 1, first -4 right offset 6,0
set label '+0.021' at graph 1, first -5 right offset 6,0
set label '−0.002' at graph 1, first -6 right offset 6,0
set label 'total' at graph 1, graph 1 right offset 6,0.7 font ',7.5'
set label 'against true ADE' at graph 0, graph 1.0 left offset 2,0.7
set arrow from first 0, graph 0 to first 0, graph 1 nohead front lw 1 lc rgb '#333333'
set xlabel 'Bias' offset 0,0.6
set xrange [-0.06829099522:0.1801108996]
set xtics 0.1
set format x '%.1f'
set yrange [-6.7:0.7]
plot $ade0 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#222222' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $ade1 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#D9D9D9' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $ade2 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#E69F00' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $ade3 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#FFFFFF' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $ade4 using 2:1:2:3:($1-0.32):($1+0.32) with boxxyerror fc rgb '#0072B2' fs solid 1 border lc rgb '#333333' lw 0.5, \
     $ade_total using 1:2 with points pt 13 ps 0.9 lc rgb '#FFFFFF', \
     $ade_total using 1:2 with points  pt 12 ps 0.7 lw 1.6 lc rgb '#000000'
unset multiplot
