#!/bin/sh
# Fetches axe-core, which judges in tests/console_browser.rs and tests/phones.rs how well everybody can use the console: `get.sh TARGET` puts it
# at TARGET/axe/axe.min.js. It is Deque's, under MPL-2.0, and stays out of this repository and of the program. From PyPI,
# where a package of 160 kB holds it: npm would bring hundreds of megabytes of Debian packages to fetch the same file.
# Does nothing where it is there already.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
folder=$1/axe

checked() {
    (cd "$folder" && sha256sum --check --status "$here/axe.sha256")
}

[ -f "$folder/axe.min.js" ] && checked && exit 0

rm -rf "$folder"
mkdir -p "$folder"
echo "tests: fetching axe-core"
# Refuses a file of another checksum.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes \
    --requirement "$here/requirements.txt" --dest "$folder"
python3 -m zipfile --extract "$folder"/*.whl "$folder/wheel"
mv "$folder/wheel/axe_playwright_python/axe.min.js" "$folder/"
rm -rf "$folder/wheel" "$folder"/*.whl
checked || {
    echo "tests: $folder/axe.min.js is not the file that is expected" >&2
    exit 1
}
