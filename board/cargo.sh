#!/bin/sh
# Runs cargo: the first one in PATH that is new enough for this workspace, else Debian's in /usr/bin.
# Exits with 127 where there is none (board/setup.sh installs one).
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
wanted=$(sed -n 's/^rust-version = "1\.\([0-9]*\).*"/\1/p' "$root/Cargo.toml")

new_enough() {
    found=$("$1" --version 2>/dev/null | sed -n 's/^cargo 1\.\([0-9]*\)\..*/\1/p') || return 1
    [ -n "$found" ] && [ "$found" -ge "$wanted" ]
}

if new_enough cargo; then
    exec cargo "$@"
elif new_enough /usr/bin/cargo; then
    # rustc, rustdoc and cargo's own sub-commands must come from the same place.
    PATH=/usr/bin:$PATH exec /usr/bin/cargo "$@"
fi
echo "No cargo 1.$wanted or newer here; 'make setup' installs Debian's." >&2
exit 127
