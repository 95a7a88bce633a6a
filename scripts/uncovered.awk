# SPDX-License-Identifier: MIT
# awk -v reasons=FILE -f scripts/uncovered.awk: reads "file ranges" of lines that were not run, prints them as a table
# by reason. A line of FILE is "file | function, or text in the line | reason"; a file * means all. What has no reason,
# and a reason that no line has, is printed behind a "!".

function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

# The source, and which function each line is in.
function load(file,    text, number, name) {
    number = 0
    name = ""
    while ((getline text < file) > 0) {
        number++
        if (text ~ /^[a-zA-Z_].*[a-z_0-9]+\(/ && text !~ /;$/) {
            name = text
            sub(/\(.*/, "", name)
            sub(/.*[ *]/, "", name)
        }
        source[number] = text
        within[number] = name
    }
    close(file)
}

function one(file, number,    i) {
    for (i = 1; i <= count; i++)
        if ((where[i] == file || where[i] == "*") &&
            (what[i] == "*" || what[i] == within[number] || index(source[number], what[i]))) {
            used[i] = 1
            lines[i] = lines[i] (lines[i] == "" ? "" : ", ") (last[i] == file ? "" : "`" file "` ") number
            last[i] = file
            return
        }
    printf "! no reason: %s:%d (%s) %s\n", file, number, within[number], trim(source[number])
}

BEGIN {
    while ((getline text < reasons) > 0) {
        if (text ~ /^#/ || text ~ /^[ \t]*$/)
            continue
        split(text, part, "|")
        count++
        where[count] = trim(part[1])
        what[count] = trim(part[2])
        why[count] = trim(part[3])
    }
}

NF == 2 {
    load($1)
    ranges = split($2, range, ",")
    for (r = 1; r <= ranges; r++) {
        ends = split(range[r], end, "-")
        for (line = end[1] + 0; line <= end[ends] + 0; line++)
            if (source[line] !~ /^[ \t]*(\/\*.*|\*.*)?$/)
                one($1, line)
    }
}

END {
    print "| why | lines |\n|---|---|"
    for (i = 1; i <= count; i++)
        if (used[i])
            printf "| %s | %s |\n", why[i], lines[i]
        else
            printf "! nothing has this reason any more: %s | %s | %s\n", where[i], what[i], why[i]
}
