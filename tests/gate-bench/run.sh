#!/bin/sh
# Sets the bench's Python up under TARGET/gate-bench, once per list of requirements, and runs the bench:
# `run.sh TARGET [ARGUMENTS]`.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
target=$(mkdir -p "$1" && CDPATH='' cd -- "$1" && pwd)
shift
work=$target/gate-bench
venv=$work/venv

if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    echo "== the bench's Python packages, once" >&2
    # Debian's own: the one that its python3-dev fits.
    /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "bench-gate: Python 3.11 or newer is needed, this is $(/usr/bin/python3 --version)" >&2
        exit 1
    }
    rm -rf "$venv"
    /usr/bin/python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$here/requirements.txt" || {
        echo "bench-gate: the Python packages could not be installed from PyPI; is the network there?" >&2
        exit 1
    }
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi
echo "== the peer that is built from source: RNNoise" >&2
CARGO_TARGET_DIR=$work/rnnoise "$here/../../board/cargo.sh" build --quiet --release --locked --manifest-path "$here/peers/rnnoise/Cargo.toml"

export PYTHONPYCACHEPREFIX="$work/python"
exec "$venv/bin/python" "$here" --work "$work" --program "$target/release/estrade" "$@"
