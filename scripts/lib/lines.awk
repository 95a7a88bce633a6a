# SPDX-License-Identifier: MIT
# awk -f scripts/lib/lines.awk: prints from gcovr's XML "file line" for each line that was not run, in order; with
# -v all=1 it prints "file line hits" for every line.

BEGIN {
    FS = "\""
    sorted = "sort -u -k 1,1 -k 2,2n"
}

/<class / {
    for (i = 1; i < NF; i++)
        if ($i ~ / filename=$/)
            file = $(i + 1)
}

/<line / && $1 ~ / number=$/ && $3 ~ / hits=$/ {
    if (all)
        print file, $2, $4 | sorted
    else if ($4 == 0)
        print file, $2 | sorted
}
