# SPDX-License-Identifier: MIT
# What layers.sh checks line by line: how long things are, where the operating system may be named, what a file includes
# and which functions it declares. layers.awk judges the includes.

BEGIN {
    max_file_lines = 500
    max_function_lines = 80
    p90_function_lines = 40
    max_width = 120
    max_parameters = 5
    system_headers = "^(sys/|linux/|asm/|unistd\\.h|fcntl\\.h|dirent\\.h|poll\\.h|pthread\\.h|sched\\.h|signal\\.h|" \
        "dlfcn\\.h|pwd\\.h|mntent\\.h|windows\\.h|winternl\\.h|io\\.h|process\\.h|syscall\\.h)"
    system_macros = "(__linux__|__linux|__gnu_linux__|__unix__|__unix|_WIN32|_WIN64|WIN32|__MINGW32__|__MINGW64__|" \
        "__CYGWIN__|__APPLE__|__FreeBSD__|__NetBSD__|__OpenBSD__|__ANDROID__|_MSC_VER|__GLIBC__|_POSIX_[A-Z_]+)"
    function_pointer = "\\( *([A-Z]+ +)?\\* *(const +)?[A-Za-z0-9_]*(\\[[A-Za-z0-9_]*\\])? *\\) *\\("
}

# -------------------------------------------------------------------------------------- lines of every file ---
function finish_file() {
    if (file == "")
        return
    if (count_lines > max_file_lines)
        fault(file ": " count_lines " lines, more than " max_file_lines)
    if (!licensed)
        fault(file ": the first line is not its SPDX-License-Identifier")
    file = ""
}

part == "text" && FNR == 1 {
    finish_file()
    file = FILENAME
    is_c = file ~ /\.([ch]|cpp|hpp)$/
    tree = is_c ? tree_of(file) : ""
    in_os = file ~ /^src\/os\//
    node = tree == "" ? "" : node_of(file)
    if (tree != "") {
        tree_files[tree]++
        exists[file] = 1
        if (misplaced(node) != "")
            fault(file ": " misplaced(node))
    }
    may_name_system = file !~ /^(include|src|tools|examples)\// || in_os || file == "src/base/atomic.h"
    is_system_table = file ~ /^src\/os\/[a-z]*\/sys\.h$/
    licensed = in_comment = in_directive = in_function = in_api_block = 0
    declaration = before = last = ""
}

part == "text" {
    count_lines = FNR
    sub(/\r$/, "")
    if ($0 ~ /SPDX-License-Identifier: MIT/ && (FNR == 1 || (!is_c && FNR == 2)))
        licensed = 1
    width = $0
    gsub(/[\200-\277]/, "", width) # the bytes of a character after its first
    if (length(width) > max_width)
        fault(file ":" FNR ": wider than " max_width)
    if (index($0, "\t"))
        fault(file ":" FNR ": a tab")
    if (is_c) {
        c_line()
        if (before ~ /^ *(if|for|while) \(.*\) \{$/ && last ~ /;$/ && $0 ~ /^ *\}$/)
            fault(file ":" FNR - 2 ": braces around a single statement")
        before = last
        last = $0
    }
    next
}

# ------------------------------------------------------------------------------------------- C, line by line ---
# The line without comments, and without what stands between quotes.
function strip(text, out, end, mark) {
    out = ""
    while (text != "") {
        if (in_comment) {
            end = index(text, "*/")
            if (!end)
                return out
            text = substr(text, end + 2)
            in_comment = 0
        }
        if (!match(text, /\/\*|\/\/|"|'/))
            return out text
        mark = substr(text, RSTART, RLENGTH)
        out = out substr(text, 1, RSTART - 1)
        text = substr(text, RSTART + RLENGTH)
        if (mark == "//")
            return out
        if (mark == "/*")
            in_comment = 1
        else if (match(text, mark == "'" ? "^([^'\\\\]|\\\\.)*'" : "^([^\"\\\\]|\\\\.)*\"")) {
            text = substr(text, RLENGTH + 1)
            out = out mark mark
        }
    }
    return out
}

function c_line(code, was_comment) {
    was_comment = in_comment
    code = strip($0)
    if (!was_comment && $0 ~ /^[ ]*#[ ]*include[ ]*[<"]/ && tree != "")
        include_line()
    if (!may_name_system)
        system_line(code)
    if (tree == "src" && !in_os && file !~ /^src\/(base|shared)\// && file != "src/handle/views.c")
        base_line(code)
    if (tree == "src" && file !~ /^src\/(os\/|handle\/names\.[ch]$)/ && !was_comment && $0 ~ /"stitch\.[a-z]\./)
        fault(file ":" FNR ": the name of an object, which only handle/names may write")

    if (in_directive || code ~ /^[ ]*#/) {
        in_directive = code ~ /\\$/
        return
    }
    # The body of a function stands between { and } in the first column.
    if ($0 == "{") {
        in_function = FNR
        declared(declaration, 1)
        declaration = ""
    } else if (in_function) {
        if ($0 == "}") {
            function_lines(FNR - in_function - 1)
            in_function = 0
        }
    } else {
        declaration = declaration " " code
        if (code ~ /[;{}] *$/) {
            declared(declaration, 0)
            declaration = ""
        }
    }
}

function function_lines(length_) {
    if (length_ > max_function_lines)
        fault(file ":" in_function ": a function of " length_ " lines, more than " max_function_lines)
    if (tree == "src") {
        functions++
        of_length[length_]++
        if (length_ > longest)
            longest = length_
    }
}

# What the line names is resolved when all files are known.
function include_line(included, quoted) {
    included = $0
    sub(/^[ ]*#[ ]*include[ ]*/, "", included)
    quoted = substr(included, 1, 1) == "\""
    included = substr(included, 2)
    sub(/[>"].*/, "", included)
    if (included ~ /^ut(hash|list|array|stack|ringbuffer|string)\.h$/) {
        with_uthash = with_uthash " " file
        return
    }
    if (quoted) {
        include_from[++includes] = file
        include_what[includes] = included
    } else if (tree == "src" && !in_os && included ~ system_headers)
        fault(file " includes <" included ">, which only src/os may")
}

function system_line(code) {
    # The header's block that chooses STITCH_API is the one place for it.
    if (file == "include/stitch/stitch.h") {
        if ($0 ~ /^#if defined\(_WIN32\) && defined\(STITCH_SHARED\)$/)
            in_api_block = 1
        else if ($0 ~ /^\/\* -----/)
            in_api_block = 0
    }
    if (code ~ /^[ ]*#[ ]*(if|ifdef|ifndef|elif|elifdef|elifndef)[^a-z]/ && !in_api_block &&
        match(code, "[^A-Za-z0-9_]" system_macros "([^A-Za-z0-9_]|$)"))
        fault(file ":" FNR ": an operating system's conditional" name_in(substr(code, RSTART, RLENGTH)))
}

function name_in(text) {
    gsub(/[^A-Za-z0-9_]/, "", text)
    return " (" text ")"
}

# The base and the reservation of a handle: assigning them, or handing out their address, by which others could.
function base_line(code) {
    gsub(/st_load[a-z_]*\(&/, "", code)
    if (code ~ /&[a-z_>.-]*(region|handle)(->|\.)base/ || code ~ /&[a-z_>.-]*(->|\.)reservation *[,)]/ ||
        code ~ /(region|handle)(->|\.)(reservation\.)?base *[-+|&^]?=[^=]/ ||
        code ~ /(region|handle)(->|\.)reservation *=[^=]/)
        fault(file ":" FNR ": the base of a handle, which only handle/views.c may write")
}

# ---------------------------------------------------------------------------------- functions, by their text ---
# Where the parenthesis at `from` is closed; parameter_count is set on the way.
function close_of(text, from, depth, commas, i, c, last) {
    depth = commas = 0
    for (i = from; i <= length(text); i++) {
        c = substr(text, i, 1)
        if (c == "(" || c == "{")
            depth++
        else if (c == ")" || c == "}") {
            if (--depth == 0)
                break
        } else if (c == "," && depth == 1)
            commas++
    }
    last = substr(text, from + 1, i - from - 1)
    parameter_count = last ~ /^ *(void)? *$/ ? 0 : commas + (last !~ /\.\.\. *$/)
    return i
}

function check_parameters(name) {
    if (parameter_count > max_parameters)
        fault(file ":" FNR ": " name " has " parameter_count " parameters, more than " max_parameters)
}

# A declaration outside of all functions, up to its ; or {.
function declared(text, is_definition, rest, name, before) {
    if (file !~ /^(src|tools|include)\//)
        return
    while (match(text, /__attribute__ *\(/)) {
        before = substr(text, 1, RSTART - 1)
        text = before substr(text, close_of(text, RSTART + RLENGTH - 1) + 1)
    }
    if (!is_system_table && text !~ /WINAPI/) { # what the system declares so is not ours to change
        rest = text
        while (match(rest, function_pointer)) {
            name = substr(rest, RSTART, RLENGTH)
            rest = substr(rest, RSTART + RLENGTH - 1)
            sub(/\[.*/, "", name)
            gsub(/[^a-z0-9_]/, "", name)
            close_of(rest, 1)
            check_parameters(name == "" ? "a function pointer" : name)
        }
    }
    if (!match(text, /[A-Za-z_][A-Za-z0-9_]*\(/))
        return
    before = substr(text, 1, RSTART - 1)
    name = substr(text, RSTART, RLENGTH - 1)
    if (before !~ /[A-Za-z0-9_*] *$/ || before ~ /[=,({]/)
        return # a macro's use or a table
    close_of(text, RSTART + RLENGTH - 1)
    check_parameters(name)
    if (is_definition && file ~ /\.c$/ && tree != "" && before !~ /(^| )static /)
        check_name(node, name)
}

function judge_lengths(i, sum) {
    for (i = 0; i <= longest; i++) {
        sum += of_length[i]
        if (sum > functions * 9 / 10)
            break
    }
    p90 = i
    if (p90 > p90_function_lines)
        fault("src: 9 of 10 functions have at most " p90 " lines; it should be " p90_function_lines)
}
