#!/bin/sh
# Counts the gate's instructions by callgrind: the same numbers on a busy machine as on an idle one.
# Each case of the bench `hop` is run twice, with more hops the second time; the difference is what a hop costs.
set -eu

cargo=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)/board/cargo.sh
bench=$("$cargo" bench --locked --package gate --bench hop --no-run --message-format json 2>/dev/null |
    sed -n 's/.*"executable":"\([^"]*\/hop-[^"]*\)".*/\1/p')
[ -x "$bench" ] || {
    echo "instructions: the bench cannot be built: try 'cargo bench --package gate --bench hop --no-run'" >&2
    exit 1
}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

instructions() { # case, hops
    valgrind --tool=callgrind --callgrind-out-file="$scratch/out" "$bench" --bench --sample-count 1 --sample-size "$2" --exact "hop::$1" >"$scratch/log" 2>&1 || {
        cat "$scratch/log" >&2
        exit 1
    }
    sed -n 's/^totals: //p' "$scratch/out"
}

printf '%-24s %18s %20s\n' "case" "million / second" "% of 1.5 GHz, 1 each"
for case in hop::1 hop::4 hop::8 hop_with_echo::1 hop_with_echo::4; do
    few=$(instructions "$case" 20)
    many=$(instructions "$case" 120)
    # A hop is 10 ms: 100 of them are a second.
    awk -v case="$case" -v n="$((many - few))" 'BEGIN { printf "%-24s %18.1f %20.1f\n", case, n / 1e6, n / 1.5e9 * 100 }'
done
