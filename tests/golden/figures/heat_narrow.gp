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
$cells << EOD
1 1 0
2 1 0.01
3 1 0.02
4 1 0.03
1 2 -0.02
2 2 -0.01
3 2 0
4 2 0.01
1 3 -0.04
2 3 -0.03
3 3 -0.02
4 3 -0.01
EOD
unset label
unset arrow
unset object
set lmargin at screen 0.15506
set rmargin at screen 0.75281
set bmargin at screen 0.16000
set tmargin at screen 0.88000
set label 'A single column' at screen 0.02247, screen 0.95333 left noenhanced font ',9'
set border 0
set xrange [0.5:4.5]
set xtics scale 0 ('0.1' 1, '0.2' 2, '0.5' 3, '1' 4)
set yrange [0.5:3.5]
set ytics scale 0 ('none' 1, 'some' 2, 'all' 3)
set xlabel 'first parameter' offset 0,0.6 noenhanced
set ylabel 'second parameter' offset 0,0 noenhanced
set palette defined (0 '#F7FBFF', 0.25 '#C6DBEF', 0.5 '#6BAED6', 0.75 '#2171B5', 1 '#08306B')
set cbrange [-0.04:0.03]
set cbtics 0.02
set format cb '%.2f'
set colorbox vertical user origin screen 0.78652, screen 0.16000 size screen 0.03371, screen 0.72000 border 100
set cbtics scale 0.4 offset -0.6,0
set label 'output' at screen 0.96067, screen 0.52000 center rotate by 90 noenhanced
set label '0.0000' at first 1, first 1 center front font ',7' tc rgb '#FFFFFF'
set label '0.0100' at first 2, first 1 center front font ',7' tc rgb '#FFFFFF'
set label '0.0200' at first 3, first 1 center front font ',7' tc rgb '#FFFFFF'
set label '0.0300' at first 4, first 1 center front font ',7' tc rgb '#FFFFFF'
set label '−0.0200' at first 1, first 2 center front font ',7' tc rgb '#000000'
set label '−0.0100' at first 2, first 2 center front font ',7' tc rgb '#000000'
set label '0.0000' at first 3, first 2 center front font ',7' tc rgb '#FFFFFF'
set label '0.0100' at first 4, first 2 center front font ',7' tc rgb '#FFFFFF'
set label '−0.0400' at first 1, first 3 center front font ',7' tc rgb '#000000'
set label '−0.0300' at first 2, first 3 center front font ',7' tc rgb '#000000'
set label '−0.0200' at first 3, first 3 center front font ',7' tc rgb '#000000'
set label '−0.0100' at first 4, first 3 center front font ',7' tc rgb '#000000'
plot $cells using 1:2:($1-0.5):($1+0.5):($2-0.5):($2+0.5):3 with boxxyerror fs solid 1 border lc rgb '#FFFFFF' lw 0.5 fc palette
unset multiplot
