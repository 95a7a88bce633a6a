# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced after packages.sh: fetches packages of one suite of the Debian archive, also of another release than this
# machine's, from the same host as the machine's own packages and with the same trust. The user need not be root, and
# the lists, cache and sources of the machine's apt stay as they are. POSIX sh.

# lock name: this shell holds the lock until it exits (descriptor 9). Programs that may outlive
# it are started with 9>&-.
lock() {
    mkdir -p "$(dirname "$1")"
    exec 9>"$1.lock"
    if ! flock -n 9; then
        note "another run is making $1; this one waits for it"
        flock 9
    fi
}

# need_packages_in_turn purpose...: need_packages for scripts that run at the same time: apt-get does not wait for
# another's lock.
need_packages_in_turn() {
    mkdir -p build
    (
        flock 8
        need_packages "$@" 8>&-
    ) 8>build/packages.lock
}

# archive_open folder type suite: prepares apt for packages ("deb") or sources ("deb-src") of a suite. All of its state
# is in the folder, which the caller removes.
archive_open() {
    archive=$1
    [ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] ||
        die "Wine and the libraries for Windows need a Debian system on amd64; please leave the step windows out here"
    mkdir -p "$archive/lists/partial" "$archive/archives/partial"
    # These settings replace the machine's own. Sandbox::User: apt would fetch as the user _apt, who may not reach this
    # folder. #clear: the commands that the machine's apt runs after an update are about its own lists.
    cat >"$archive/apt.conf" <<EOT
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architectures { "amd64"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$archive";
Dir::State::lists "lists/";
Dir::State::status "/dev/null";
Dir::Cache "$archive";
Dir::Cache::archives "archives/";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
EOT
    archive_entry
    archive_source "$2" "$3" >"$archive/suite.${entry_file##*.}"
    cat >>"$archive/apt.conf" <<EOT
Dir::Etc::sourcelist "$archive/suite.${entry_file##*.}";
Dir::Etc::sourceparts "/dev/null";
EOT
    archive_log apt-get -c "$archive/apt.conf" update -q ||
        die "$3 could not be fetched from the host of this machine's packages; please check its network and apt sources"
}

# archive_fetch folder command...: runs apt-get in the folder: download PACKAGE... or source PACKAGE...
archive_fetch() (
    cd "$1" || exit
    shift
    archive_log apt-get -q -c "$archive/apt.conf" "$@" || die "apt-get $* failed"
)

# archive_log command...: runs it, and prints its last lines if it fails.
archive_log() {
    "$@" >"$archive/log" 2>&1 </dev/null && return 0
    tail -n 25 "$archive/log" >&2
    return 1
}

# Finds the entry of this machine's sources lists for Debian's archive: sets entry_file, entry_number (a line of a
# .list, a stanza of a .sources file) and entry_uri.
archive_entry() {
    archive_find
    if [ -z "$entry_file" ]; then
        # The lists of the machine were never fetched, or were removed.
        archive_log apt-get -c "$archive/apt.conf" update -q || true
        archive_find -c "$archive/apt.conf"
    fi
    [ -n "$entry_file" ] || die "no entry for Debian's archive was found in this machine's sources lists"
}

archive_find() {
    # The main one of Debian's own repositories. Other archives name theirs after a Debian release too, hence the first
    # try, by label.
    # apt-get fills in the format.
    # shellcheck disable=SC2016
    format='$(SOURCESENTRY) $(REPO_URI)'
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    for origin in 'Label: Debian' 'Component: main'; do
        found=$(apt-get "$@" indextargets --format "$format" 'Created-By: Packages' "Codename: $codename" "$origin" \
                    2>/dev/null | grep -v ' cdrom:' | head -n 1)
        [ -z "$found" ] || break
    done
    entry_uri=${found##* }
    entry=${found% *}
    entry_file=${entry%:*}
    entry_number=${entry##*:}
}

# archive_source type suite: prints that entry for another type and suite; its address and its keys are kept.
archive_source() {
    case $entry_file in
    *.sources)
        # Paragraphs of comments are no stanzas; neither are comment lines inside one part of it.
        sed -e '/^#/d' -e 's/^[[:space:]]*$//' "$entry_file" | awk -v n="$entry_number" -v type="$1" -v suite="$2" '
            BEGIN { RS = ""; FS = "\n"; print "Types: " type "\nSuites: " suite "\nComponents: main" }
            NR == n {
                for (i = 1; i <= NF; i++) {
                    if ($i !~ /^[ \t]/)
                        keep = tolower($i) !~ /^(types|suites|components|enabled|architectures|languages|targets):/
                    if (keep)
                        print $i
                }
            }' ;;
    *)
        options=$(sed -n "${entry_number}s/^[^#[]*\[\([^]]*\)\].*/\1/p" "$entry_file" | tr -s ' \t' '\n' |
                      grep -v -E '^(arch|lang|target)' | tr '\n' ' ')
        printf '%s %s %s %s main\n' "$1" "${options:+[ $options]}" "$entry_uri" "$2" ;;
    esac
}
