# SPDX-License-Identifier: MIT
# Draws the plots from the file that stitch-bench --tsv wrote. Takes: results (the file), folder (for the SVGs).
#   gnuplot -e "results='results.tsv'; folder='.'" plots.gp
# It is gnuplot because gnuplot is small and maintained, and draws the same file from the same numbers every time.
set datafile separator "\t"
set term svg size 760,420 dynamic enhanced font "sans-serif,12" background "white"
set grid x lc rgb "#dddddd"
set border 3
set tics nomirror

# rows(work, phase, column, divisor) makes "name value" lines of one phase, the largest value first.
rows(work, phase, column, divisor) = sprintf("< awk -F'\\t' '$1 == \"%s\" && $3 == \"%s\" ".\
    "&& ($3 != \"shrink\" || $2 !~ /memset/) { printf \"%%s\\t%%g\\n\", $2, $%d / %g }' %s | sort -t'\t' -k2 -rg", \
    work, phase, column, divisor, results)

# has(work) is true if the work ran.
has(work) = strlen(system(sprintf("awk -F'\\t' '$1 == \"%s\" { print; exit }' %s", work, results))) > 0

# Bars run from left to right, on a scale of powers of ten; those of stitch have another colour.
set style fill solid
set boxwidth 0.7
unset key
set logscale x
is_stitch(name) = name[1:6] eq "stitch"
colour(name) = is_stitch(name) ? 0x1f6f8b : (name[1:6] eq "memset" ? 0xbbbbbb : 0xd98e48)
figure(x) = x < 10 ? sprintf(" %.2f", x) : x < 100 ? sprintf(" %.1f", x) : sprintf(" %.0f", x)
set rmargin 8

do for [plot in "doubling steps doubling-shrink steps-shrink"] {
    work = plot[1:5] eq "steps" ? "steps" : "doubling"
    if (!has(work)) { continue }
    phase = strstrt(plot, "shrink") ? "shrink" : "both"
    column = 5
    set output folder."/".plot.".svg"
    set title (work eq "steps" ? "Up from 1 MiB in steps of 1 MiB" : "Up from 64 KiB by doubling").\
        (phase eq "shrink" ? ", then down again: the way down" : ", each new page touched")
    set xlabel "ms, all calls together (median of the rounds); a power of ten each"
    set yrange [-0.7:*]
    set xrange [0.1:*]
    plot rows(work, phase, column, 1e6) using (0.1):0:(0.1):2:($0-0.35):($0+0.35):(colour(strcol(1))):ytic(1) \
             with boxxyerror lc rgb variable, \
         "" using 2:0:(figure($2)) with labels left
}

if (has("bytes")) {
    set term svg size 760,520
    set output folder."/calls.svg"
    set title "One call that has almost nothing to do"
    set xlabel "ns, median; a power of ten each"
    set xrange [0.1:*]
    nothing = "< awk -F'\\t' '$2 !~ /memset|lazy|single/ && ($1 == \"bytes\" && $3 == \"grow\" || $1 == \"sync\") ".\
        "{ printf \"%s: %s\\t%g\\n\", $2, $1 == \"bytes\" ? \"grow by a byte\" : \"sync\", $6 }' ".\
        results." | sort -t'\t' -k2 -rg"
    plot nothing \
             using (0.1):0:(0.1):2:($0-0.35):($0+0.35):(colour(strcol(1))):ytic(1) with boxxyerror lc rgb variable, \
         "" using 2:0:(figure($2)) with labels left
}

if (has("segments-lazy-1")) {
    set term svg size 760,420
    set output folder."/segments.svg"
    set title "With 1 to 10 000 segments (without memory)"
    set xlabel "segments"
    set ylabel "us, median"
    set logscale xy
    set xrange [0.8:14000]
    set yrange [1:*]
    set ytics auto
    set grid x y lc rgb "#dddddd"
    set key left top
    of(phase) = sprintf("< awk -F'\\t' '$1 ~ /^segments-lazy-/ && $3 == \"%s\" ".\
        "{ sub(/segments-lazy-/, \"\", $1); printf \"%%s\\t%%g\\n\", $1, $6 / 1e3 }' %s", phase, results)
    plot of("grow") with linespoints lw 2 pt 7 lc rgb "#1f6f8b" title "grow by a segment", \
         of("shrink") with linespoints lw 2 pt 7 lc rgb "#d98e48" title "shrink by a segment", \
         of("attach") with linespoints lw 2 pt 7 lc rgb "#7a4e9e" title "attach", \
         of("detach") with linespoints lw 2 pt 7 lc rgb "#888888" title "detach"
}
