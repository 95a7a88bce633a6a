# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# Sourced by test.sh after terminal.sh: measures how slow this machine is now, compared with the machine on which the
# tests' timeouts were chosen. POSIX sh.

# Milliseconds that machine_work takes on the reference machine when idle: two processors of an AMD EPYC, Linux 6.18.
machine_reference=800

# A small fixed amount of the work that tests do: starts processes, has the kernel map and zero pages, and counts.
machine_work() {
    for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
            env true
        done
        dd if=/dev/zero of=/dev/null bs=8M count=1 2>/dev/null
    done
    awk 'BEGIN { while (i < 2500000) i++ }'
}

# Prints the time of this work on all processors at once, as a percentage of the reference machine's, at least 100.
machine_measure() {
    started=$(date +%s%N)
    workers=
    count=$(processors)
    while [ "$count" -gt 0 ]; do
        machine_work &
        workers="$workers $!"
        count=$((count - 1))
    done
    for worker in $workers; do
        wait "$worker"
    done
    percent=$((($(date +%s%N) - started) / 10000 / machine_reference))
    [ "$percent" -ge 100 ] || percent=100
    echo "$percent"
}

# machine_factor percent: prints the factor for timeouts, from 1 to 5: the percentage rounded up, less a quarter for
# the noise of the measurement.
machine_factor() {
    factor=$((($1 + 74) / 100))
    [ "$factor" -le 5 ] || factor=5
    echo "$factor"
}
