# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by the scripts after lib/terminal.sh, in the root of the tree: installs packages of
# scripts/packages.list. POSIX sh.

# as_root command...: runs it as root, or through sudo; without a terminal (or with CI=true) sudo must not ask for a
# password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif [ -n "${CI:-}" ] || [ ! -t 0 ]; then
        sudo -n "$@"
    else
        sudo "$@"
    fi
}

can_be_root() {
    [ "$(id -u)" = 0 ] && return 0
    command -v sudo >/dev/null 2>&1 || return 1
    [ -z "${CI:-}" ] && [ -t 0 ] && return 0
    sudo -n true 2>/dev/null
}

# packages_for purpose...: prints lines "package what it is for" of the list.
packages_for() {
    awk -v wanted="$*" '
        BEGIN { split(wanted, list, " "); for (i in list) want[list[i]] }
        /^#/ || NF < 3 { next }
        {
            count = split($2, purpose, ",")
            for (i = 1; i <= count; i++)
                if (purpose[i] in want) {
                    package = $1
                    sub(/^[^ ]+ +[^ ]+ +/, "")
                    print package, $0
                    next
                }
        }' scripts/packages.list
}

# need_packages purpose...: installs those packages of these purposes that are missing. When all are installed, nothing
# is fetched, and the user need not be root.
need_packages() {
    list=$(packages_for "$@")
    if ! command -v apt-get >/dev/null 2>&1 || ! command -v dpkg-query >/dev/null 2>&1; then
        note "This is not a Debian system. Please install these by its own means; the names are Debian's:"
        printf '%s\n' "$list" | sed 's/^/     /'
        note "The script goes on, and stops at the first one that it needs and does not find."
        return 0
    fi
    missing=
    while read -r package purpose; do
        case $(dpkg-query -W -f='${Status}' "$package" 2>/dev/null) in
            *' installed') ;;
            *) missing="$missing $package"
               note "missing: $package ($purpose)" ;;
        esac
    done <<EOT
$list
EOT
    if [ -z "$missing" ]; then
        note "All packages are installed."
        return 0
    fi
    can_be_root || die "packages are missing, and this user is not root and has no sudo. Please have them installed:
  apt-get install$missing"
    note "apt-get installs them."
    log=$(mktemp)
    # Word splitting of $missing is intended.
    # shellcheck disable=SC2086
    if as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log" 2>&1 </dev/null &&
       as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing \
           >>"$log" 2>&1 </dev/null; then
        rm -f "$log"
    else
        tail -n 25 "$log" >&2
        rm -f "$log"
        die "apt-get failed for the reason above. Please repair that, or install these yourself:$missing"
    fi
}
