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
$world0 << EOD
2020 0.1 0.57 0.33 1.2 0.52
2020.25 0.1 0.57 0.33 1.2 0.52
2020.5 0.1 0.57 0.33 1.2 0.52
2020.75 0.1 0.57 0.33 1.2 0.52
2021 0.13 0.588 0.34 1.212 0.518
2021.25 0.16 0.606 0.35 1.224 0.515
2021.5 0.19 0.624 0.36 1.236 0.511
2021.75 0.22 0.642 0.37 1.248 0.506
2022 0.25 0.66 0.38 1.26 0.5
2022.25 0.25 0.66 0.38 1.26 0.4975
2022.5 0.25 0.66 0.38 1.26 0.495
2022.75 0.25 0.66 0.38 1.26 0.4925
2023 0.25 0.66 0.38 1.26 0.49
2023.25 0.25 0.66 0.38 1.26 0.4875
2023.5 0.25 0.66 0.38 1.26 0.485
2023.75 0.25 0.66 0.38 1.26 0.4825
2024 0.25 0.66 0.38 1.26 0.48
2024.25 0.25 0.66 0.38 1.26 0.4775
2024.5 0.25 0.66 0.38 1.26 0.475
2024.75 0.25 0.66 0.38 1.26 0.4725
2025 0.25 0.66 0.38 1.26 0.47
2025.25 0.25 0.66 0.38 1.26 0.4675
2025.5 0.25 0.66 0.38 1.26 0.465
2025.75 0.25 0.66 0.38 1.26 0.4625
EOD
$world1 << EOD
2020 0.1 0.57 0.33 1.2 0.52
2020.25 0.1 0.57 0.33 1.2 0.52
2020.5 0.1 0.57 0.33 1.2 0.52
2020.75 0.1 0.57 0.33 1.2 0.52
2021 0.13 0.588 0.34 1.212 0.518
2021.25 0.16 0.606 0.35 1.224 0.515
2021.5 0.19 0.624 0.36 1.236 0.511
2021.75 0.22 0.642 0.37 1.248 0.506
2022 0.25 0.66 0.38 1.26 0.5
2022.25 0.25 0.66 0.38 1.26 0.4975
2022.5 0.325 0.6741734345 0.3913387476 1.279842808 0.4808265655
2022.75 0.325 0.684329144 0.3994633152 1.294060802 0.468170856
2023 0.325 0.6916060279 0.4052848224 1.304248439 0.4583939721
2023.25 0.325 0.6968201431 0.4094561145 1.3115482 0.4506798569
2023.5 0.325 0.7005562199 0.4124449759 1.316778708 0.4444437801
2023.75 0.325 0.7032332358 0.4145865887 1.32052653 0.4392667642
2024 0.325 0.7051514016 0.4161211213 1.323211962 0.4348485984
2024.25 0.325 0.7065258274 0.417220662 1.325136158 0.4309741726
2024.5 0.325 0.7075106466 0.4180085173 1.326514905 0.4274893534
2024.75 0.325 0.7082163003 0.4185730403 1.32750282 0.4242836997
2025 0.325 0.7087219233 0.4189775387 1.328210693 0.4212780767
2025.25 0.325 0.7090842181 0.4192673744 1.328717905 0.4184157819
2025.5 0.325 0.7093438136 0.4194750509 1.329081339 0.4156561864
2025.75 0.325 0.7095298219 0.4196238575 1.329341751 0.4129701781
EOD
set xrange [2019.885:2025.865]
set xtics 2
set format x '%.0f'
set format x '%.0f'
set xtics 2
unset label
unset arrow
unset object
set lmargin at screen 0.07650
set rmargin at screen 0.31148
set bmargin at screen 0.57222
set tmargin at screen 0.92222
set label 'a' at screen 0.01639, screen 0.95000 left font ',10'
set label 'with the policy' at screen 0.77322, screen 0.28056 left noenhanced
set arrow from screen 0.72678, screen 0.28056 to screen 0.76503, screen 0.28056 nohead dt 1 lw 1.8 lc rgb '#D55E00'
set label '' at screen 0.74590, screen 0.28056 point pt 7 ps 0.35 lc rgb '#D55E00'
set label 'without the policy' at screen 0.77322, screen 0.24056 left noenhanced
set arrow from screen 0.72678, screen 0.24056 to screen 0.76503, screen 0.24056 nohead dt (8,5) lw 1.8 lc rgb '#0072B2'
set label '' at screen 0.74590, screen 0.24056 point pt 6 ps 0.4 lc rgb '#0072B2'
set label 'Pressure P' at graph 0, graph 1.0 left offset 0,0.7 font ',8.5'
set yrange [0.082:0.343]
set ytics 0.05
set format y '%.2f'
plot $world0 using 1:2 with linespoints pointinterval 4 dt (8,5) lw 1.8 pt 6 ps 0.4 lc rgb '#0072B2', \
     $world1 using 1:2 with linespoints pointinterval 4 dt 1 lw 1.8 pt 7 ps 0.35 lc rgb '#D55E00'
unset label
unset arrow
unset object
set lmargin at screen 0.40984
set rmargin at screen 0.64481
set bmargin at screen 0.57222
set tmargin at screen 0.92222
set label 'b' at screen 0.34973, screen 0.95000 left font ',10'
set label 'S-share of effort' at graph 0, graph 1.0 left offset 0,0.7 font ',8.5'
set yrange [0.5588376143:0.7206922076]
set ytics 0.05
set format y '%.2f'
plot $world0 using 1:3 with linespoints pointinterval 4 dt (8,5) lw 1.8 pt 6 ps 0.4 lc rgb '#0072B2', \
     $world1 using 1:3 with linespoints pointinterval 4 dt 1 lw 1.8 pt 7 ps 0.35 lc rgb '#D55E00'
unset label
unset arrow
unset object
set lmargin at screen 0.74317
set rmargin at screen 0.97814
set bmargin at screen 0.57222
set tmargin at screen 0.92222
set label 'c' at screen 0.68306, screen 0.95000 left font ',10'
set label 'Friction F' at graph 0, graph 1.0 left offset 0,0.7 font ',8.5'
set yrange [0.3228300914:0.4267937661]
set ytics 0.02
set format y '%.2f'
plot $world0 using 1:4 with linespoints pointinterval 4 dt (8,5) lw 1.8 pt 6 ps 0.4 lc rgb '#0072B2', \
     $world1 using 1:4 with linespoints pointinterval 4 dt 1 lw 1.8 pt 7 ps 0.35 lc rgb '#D55E00'
unset label
unset arrow
unset object
set lmargin at screen 0.07650
set rmargin at screen 0.31148
set bmargin at screen 0.07778
set tmargin at screen 0.42778
set label 'd' at screen 0.01639, screen 0.45556 left font ',10'
set label 'Inducement I' at graph 0, graph 1.0 left offset 0,0.7 font ',8.5'
set yrange [1.18965266:1.339689091]
set ytics 0.05
set format y '%.2f'
plot $world0 using 1:5 with linespoints pointinterval 4 dt (8,5) lw 1.8 pt 6 ps 0.4 lc rgb '#0072B2', \
     $world1 using 1:5 with linespoints pointinterval 4 dt 1 lw 1.8 pt 7 ps 0.35 lc rgb '#D55E00'
unset label
unset arrow
unset object
set lmargin at screen 0.40984
set rmargin at screen 0.64481
set bmargin at screen 0.07778
set tmargin at screen 0.42778
set label 'e' at screen 0.34973, screen 0.45556 left font ',10'
set label 'Services G' at graph 0, graph 1.0 left offset 0,0.7 font ',8.5'
set yrange [0.4044077924:0.5285623857]
set ytics 0.02
set format y '%.2f'
plot $world0 using 1:6 with linespoints pointinterval 4 dt (8,5) lw 1.8 pt 6 ps 0.4 lc rgb '#0072B2', \
     $world1 using 1:6 with linespoints pointinterval 4 dt 1 lw 1.8 pt 7 ps 0.35 lc rgb '#D55E00'
unset multiplot
