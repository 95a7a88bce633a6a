# SPDX-License-Identifier: MIT
# awk -v reasons=FILE -f scripts/lib/uncovered.awk: reads "file line" of lines that were not run, in order, and prints
# them as a table, each with its reason. A line of FILE is "file | function | text in the line, or N lines | reason".
# The first that fits counts, and N is the number of lines of the function that it covers, so that no other line gets
# its reason unseen. A line without a reason, and a reason that does not fit its lines, is printed after a "!".

function trim(text) {
    gsub(/^[ \t]+|[ \t]+$/, "", text)
    return text
}

# Reads the source, and which function each line is in.
function load(file,    text, number, name) {
    if (file == loaded)
        return
    loaded = file
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

# Adds a line to those of one reason, written as 12-14, 20.
function add(reason, number) {
    if (number == last[reason] + 1 && lines[reason] != "") {
        sub(/-[0-9]+$/, "", lines[reason])
        lines[reason] = lines[reason] "-" number
    } else {
        lines[reason] = lines[reason] (lines[reason] == "" ? "" : ", ") number
    }
    last[reason] = number
    found[reason]++
}

BEGIN {
    while ((getline text < reasons) > 0) {
        if (text ~ /^#/ || text ~ /^[ \t]*$/)
            continue
        count++
        if (split(text, part, "|") != 4)
            printf "! not a reason: %s\n", text
        where[count] = trim(part[1])
        function_of[count] = trim(part[2])
        what[count] = trim(part[3])
        why[count] = trim(part[4])
        wanted[count] = what[count] ~ /^[0-9]+ lines$/ ? what[count] + 0 : 0
    }
}

{
    load($1)
    for (i = 1; i <= count; i++)
        if (where[i] == $1 && function_of[i] == within[$2] && (wanted[i] || index(source[$2], what[i]))) {
            add(i, $2)
            next
        }
    printf "! no reason: %s:%d (%s) %s\n", $1, $2, within[$2], trim(source[$2])
}

END {
    print "| file | function | lines | why |\n|---|---|---|---|"
    for (i = 1; i <= count; i++)
        if (!found[i])
            printf "! no line has this reason: %s | %s | %s\n", where[i], function_of[i], what[i]
        else if (wanted[i] && found[i] != wanted[i])
            printf "! %d lines have this reason: %s | %s | %s\n", found[i], where[i], function_of[i], what[i]
        else
            printf "| %s | `%s` | %s | %s |\n", where[i], function_of[i], lines[i], why[i]
}
