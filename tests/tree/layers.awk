# SPDX-License-Identifier: MIT
# What layers.sh checks about who uses whom. Reads layers.txt, then every file of the tree (shape.awk), then the symbols
# that nm lists.
# A node is what the order speaks of: src/region/grow for grow.c and grow.h, or src/handle/handle.h if the order names
# a header alone. Edges between nodes are includes and calls.

BEGIN {
    # What the compiler itself may call for.
    pure_symbols = "^(mem(cpy|move|set|cmp|chr)|str(len|nlen|cmp)|_.*)$"
}

function fault(text) {
    if (!(text in told)) {
        print "  " text
        faults++
    }
    told[text] = 1
}

# ----------------------------------------------------------------------------------------------- the order ---
part == "order" {
    sub(/#.*/, "")
}
part == "order" && $1 == "order" {
    ordered[$2] = 1
    height = 1
    group = 0
    for (i = 3; i <= NF; i++) {
        if ($i == "<")
            height++
        else if ($i == "{")
            group = height
        else if ($i == "}")
            group = 0
        else {
            entry = $i
            if (sub(/!$/, "", entry))
                leaf[$2, entry] = 1
            level[$2, entry] = height
            if (group)
                grouped[$2, entry] = 1
        }
    }
}
part == "order" && $1 == "free" {
    for (i = 3; i <= NF; i++)
        level[$2, $i] = "free"
}
part == "order" && $1 == "only" {
    limited[$2] = 1
    for (i = 3; i <= NF; i++)
        only[$2, $i] = 1
}
part == "order" && $1 == "bar" {
    for (i = 3; i <= NF; i++)
        barred[$2] = barred[$2] " " $i
}
part == "order" && $1 == "pure" {
    for (i = 2; i <= NF; i++)
        pure[$i] = 1
}
part == "order" && $1 == "prefix" {
    for (i = 3; i <= NF; i++)
        prefixes[$2] = prefixes[$2] " " $i
}
part == "order" {
    next
}

function folder_of(path) {
    sub(/\/[^\/]*$/, "", path)
    return path
}

function base_of(path) {
    sub(/.*\//, "", path)
    return path
}

function node_of(path) {
    if ((folder_of(path), base_of(path)) in level)
        return path
    sub(/\.[a-z]*$/, "", path)
    return path
}

# Without the tree in front: region/grow.
function short(node) {
    sub(/^(src|tools)\//, "", node)
    return node
}

# What a node is in the order of a folder: "linux/" or "grow".
function entry_of(folder, node) {
    node = substr(node, length(folder) + 2)
    sub(/\/.*/, "/", node)
    return node
}

function tree_of(path) {
    return path ~ /^src\// ? "src" : path ~ /^tools\// ? "tools" : ""
}

# Why a node has no place in the order, or "".
function misplaced(node, folder, entry) {
    for (folder = tree_of(node); folder in ordered; folder = folder "/" substr(entry, 1, length(entry) - 1)) {
        entry = entry_of(folder, node)
        if (!((folder, entry) in level))
            return folder "/" entry " has no place in layers.txt"
        if (entry !~ /\/$/)
            break
    }
    return ""
}

# Why `user` may not use `used`, or "". Both are nodes of one tree.
function forbidden(user, used, reason, list, count, i) {
    if (misplaced(user) != "" || misplaced(used) != "")
        return ""
    reason = out_of_order(user, used)
    if (reason != "")
        return reason
    if ((used in limited) && !((used, user) in only))
        return short(used) " is not for " short(user)
    count = split(barred[user], list, " ")
    for (i = 1; i <= count; i++)
        if (index(used "/", list[i] "/") == 1)
            return short(user) " must not touch " short(list[i])
    return ""
}

function out_of_order(user, used, folder, a, b) {
    folder = tree_of(user)
    while (folder in ordered) {
        a = entry_of(folder, user)
        b = entry_of(folder, used)
        if (a != b)
            break
        if (a !~ /\/$/)
            return ""
        folder = folder "/" substr(a, 1, length(a) - 1)
    }
    if (!(folder in ordered) || level[folder, a] == "free" || level[folder, b] == "free")
        return ""
    if (level[folder, a] < level[folder, b])
        return name_of(folder, a) " is below " name_of(folder, b)
    if (level[folder, a] == level[folder, b] && !(((folder, a) in grouped) && ((folder, b) in grouped)))
        return name_of(folder, a) " and " name_of(folder, b) " are neighbours"
    if ((folder, b) in leaf)
        return name_of(folder, b) " is a leaf"
    return ""
}

function name_of(folder, entry) {
    sub(/\/$/, "", entry)
    return short(folder "/" entry)
}

# An edge that the order allows may still be a part of a circle; one that it forbids has been told of already.
function edge(user, used, how, reason) {
    if (user == used)
        return
    reason = forbidden(user, used)
    if (reason != "")
        fault(how ": " reason)
    else if (!((user, used) in edges)) {
        edges[user, used] = how
        users[++user_count] = user
        ways[user] = ways[user] " " used
    }
}

# How the names of a node begin, as a list of patterns.
function is_own_name(node, name, list, count, i) {
    if (name ~ /^stitch_/)
        return 1
    if (folder_of(node) in prefixes)
        count = split(prefixes[folder_of(node)], list, " ")
    else if (tree_of(node) in prefixes)
        count = split(prefixes[tree_of(node)], list, " ")
    else if (tree_of(node) == "src") {
        count = 1
        list[1] = "st_" base_of(node)
    } else
        return 1
    for (i = 1; i <= count; i++)
        if (name ~ ("^" list[i] (list[i] ~ /_$/ ? "" : "(_|$)")))
            return 1
    return 0
}

function check_name(node, name, list) {
    if (is_own_name(node, name))
        return
    if (folder_of(node) in prefixes)
        list = prefixes[folder_of(node)]
    else if (tree_of(node) in prefixes)
        list = prefixes[tree_of(node)]
    else
        list = " st_" base_of(node) "_"
    fault(short(node) " defines " name ": a name across files begins with" list)
}

# -------------------------------------------------------------------------------------------- what nm says ---
# .../src/CMakeFiles/x.dir/region/grow.c.o:0000000000000000 T stitch_grow      ...: U st_os_view_map
part == "symbols" && /\/(src|tools)\/CMakeFiles\/[^\/]*\.dir\/.*\.c\.o(bj)?:/ {
    match($0, /\/(src|tools)\/CMakeFiles\/[^\/]*\.dir\/.*\.c\.o(bj)?:/)
    path = substr($0, RSTART + 1, RLENGTH - 2)
    sub(/CMakeFiles\/[^\/]*\.dir\//, "", path)
    sub(/\.o(bj)?$/, "", path)
    symbol = $NF
    kind = $(NF - 1)
    sub(/.*:/, "", kind)
    # Names with a dot are the compiler's (mingw's ways to what lies in another file); so are those with an underscore.
    if (symbol ~ /^_|\./ && kind != "U")
        next
    if (kind == "U") {
        call_from[++calls] = node_of(path)
        call_what[calls] = symbol
    } else if (kind ~ /^[TDBRCVW]$/) {
        home[tree_of(path), symbol] = node_of(path)
        if (symbol != "main")
            check_name(node_of(path), symbol)
    }
    next
}
part == "symbols" && /^nm failed/ {
    fault("nm could not read all objects")
}

# -------------------------------------------------------------------------------------------------- the end ---
function judge_includes(i, from, path, inner) {
    for (i = 1; i <= includes; i++) {
        from = include_from[i]
        path = tree_of(from) "/" include_what[i]
        if (!(path in exists)) {
            fault(from " includes \"" include_what[i] "\", which is not in " tree_of(from) "/")
            continue
        }
        # A folder in a folder of src is known to that folder only.
        inner = path
        if (tree_of(path) == "src" && sub(/^src\/[^\/]*\/[^\/]*\/.*/, "", inner) &&
            index(from, top_of(path)) != 1)
            fault(from " includes " include_what[i] ": outside " short(top_of(path)) " only its own headers are known")
        else
            edge(node_of(from), node_of(path), from " includes " include_what[i])
    }
}

function top_of(path) {
    match(path, /^src\/[^\/]*\//)
    return substr(path, 1, RLENGTH)
}

function judge_calls(i, from, symbol, used) {
    for (i = 1; i <= calls; i++) {
        from = call_from[i]
        symbol = call_what[i]
        if ((tree_of(from), symbol) in home) {
            used = home[tree_of(from), symbol]
            if (used ~ /^src\/os\// && from !~ /^src\/os\// && symbol !~ /^st_os_/)
                fault(short(from) " uses " symbol ": outside os only st_os_ is known")
            else
                edge(from, used, short(from) " uses " symbol)
        } else if ((from in pure) && symbol !~ pure_symbols)
            fault(short(from) " uses " symbol ": it may only move bytes")
    }
    if (objects && !calls)
        fault("no calls were found in " objects " objects: is this test reading them rightly?")
}

# The shortest way back to each node, breadth first. Of circles that touch each other one is told.
function find_circles(i, start, queue, head, tail, seen, from, list, count, k, node_) {
    for (i = 1; i <= user_count; i++) {
        start = users[i]
        if (start in searched)
            continue
        searched[start] = 1
        split("", queue)
        split("", seen)
        head = tail = 1
        queue[1] = start
        while (head <= tail && !(start in seen)) {
            node_ = queue[head++]
            count = split(ways[node_], list, " ")
            for (k = 1; k <= count; k++)
                if (!(list[k] in seen)) {
                    seen[list[k]] = node_
                    queue[++tail] = list[k]
                }
        }
        if (start in seen)
            tell_circle(start, seen)
    }
}

function tell_circle(start, seen, at, names, how) {
    at = start
    do {
        if (at in circled)
            return
        at = seen[at]
    } while (at != start)
    names = short(start)
    do {
        names = short(seen[at]) " > " names
        how = edges[seen[at], at] "; " how
        circled[at] = 1
        at = seen[at]
    } while (at != start)
    sub(/; $/, "", how)
    fault("a circle: " names " (" how ")")
}

END {
    finish_file()
    if (!tree_files["src"])
        fault("no sources in src")
    judge_includes()
    judge_calls()
    find_circles()
    if (with_uthash != " src/handle/segments.c")
        fault("uthash must be included once, by src/handle/segments.c; it is by:" with_uthash)
    if (functions)
        judge_lengths()
    printf "%d files in src, %d in tools; %d functions in src, p90 %d lines, longest %d\n",
        tree_files["src"], tree_files["tools"], functions, p90, longest
    if (faults) {
        printf "%d faults in the shape of the code, see above\n", faults
        exit 1
    }
}
