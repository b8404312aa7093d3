#!/bin/sh
# Installs what is missing of the package lists named: `board/setup.sh run build`.
# A list is board/packages/NAME.txt. `rust` stands for a toolchain, wherever it came from.
# Does nothing, and asks for no rights, where everything is there.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

fail() {
    printf 'setup: %s\n' "$*" >&2
    exit 1
}

listed() {
    sed 's/#.*//' "$here/packages/$1.txt"
}

installed() {
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# A toolchain that is there already is used as it is, with its own formatter and linter.
there_already() {
    case $1 in
    rust) "$here/cargo.sh" --version ;;
    rust-check) "$here/cargo.sh" fmt --version && "$here/cargo.sh" clippy --version ;;
    # Since 6.7 a namespace may have a table of foreign programs of its own (board/image/workshop.py).
    foreign) [ "$(printf '6.7\n%s\n' "$(uname -r)" | sort --version-sort | head -n 1)" = 6.7 ] ;;
    *) return 1 ;;
    esac >/dev/null 2>&1
}

missing=''
for list in "$@"; do
    if there_already "$list"; then continue; fi
    for package in $(listed "$list"); do
        installed "$package" || missing="$missing $package"
    done
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null || fail "this machine has no apt-get; Debian 12 or 13 is expected. Needed:$missing"
if [ "$(id -u)" -eq 0 ]; then
    as_root=''
elif command -v sudo >/dev/null; then
    as_root=sudo
else
    fail "neither root nor sudo: have an administrator run: apt-get install$missing"
fi

echo "setup: installing$missing"
# shellcheck disable=SC2086 # empty or one word
$as_root apt-get update -q || fail "apt-get update failed: is the network there?"
# shellcheck disable=SC2086 # a list of words
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing ||
    fail "apt-get could not install:$missing"

for list in "$@"; do
    if [ "$list" = rust ] && ! there_already rust; then
        fail "Debian's Rust is too old here ($(/usr/bin/cargo --version)): add the security suite to apt's sources" \
            "(https://wiki.debian.org/SourcesList) and run this again"
    fi
done
