#!/bin/sh
# Trains the gate's network from nothing: `run.sh TARGET [--scenes N] [--epochs N] [--add DIR ...]`. Gathers recordings,
# simulates rooms, makes scenes, trains, and writes pipelines/gate/src/network.bin. What is there is not made again:
# remove TARGET/gate-train to begin anew.
set -eu

usage() {
    echo "train-gate: $1
  --scenes N   labelled evenings of 16 s to make (default 1300: 10 GB of disk, 20 min on two cores)
  --epochs N   rounds of training (default 14: 30 min)
  --add DIR    recordings of your own: DIR/speech, DIR/whisper, DIR/page, DIR/other, DIR/noise
Example: make train-gate ARGS=\"--add ~/recordings\"" >&2
    exit 2
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
target=$(mkdir -p "$1" && CDPATH='' cd -- "$1" && pwd)
shift
scenes=1300 epochs=14 added=
work=$target/gate-train
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage "$1 needs a value"
    case $1 in
    --scenes) scenes=$2 ;;
    --epochs) epochs=$2 ;;
    --add)
        [ -d "$2" ] || usage "$2 is no folder"
        added="$added --add=$(CDPATH='' cd -- "$2" && pwd)"
        ;;
    *) usage "what is $1?" ;;
    esac
    shift 2
done

venv=$work/venv
if ! cmp -s "$here/requirements.txt" "$venv/requirements.txt"; then
    echo "== Python packages, once" >&2
    rm -rf "$venv"
    /usr/bin/python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$here/requirements.txt"
    cp "$here/requirements.txt" "$venv/requirements.txt"
fi
export PYTHONPYCACHEPREFIX="$work/python" OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
if [ ! -e "$work/recordings/done" ]; then
    echo "== recordings" >&2
    # shellcheck disable=SC2086 # several --add
    "$venv/bin/python" "$here/collect.py" --out "$work/recordings" $added
    touch "$work/recordings/done"
fi
if [ ! -e "$work/rooms/done" ]; then
    echo "== rooms" >&2
    "$venv/bin/python" "$here/rooms.py" --out "$work/rooms"
    touch "$work/rooms/done"
fi
if [ ! -e "$work/scenes/done-$scenes" ]; then
    echo "== scenes" >&2
    "$venv/bin/python" "$here/scenes.py" --recordings "$work/recordings" --rooms "$work/rooms" --out "$work/scenes" --count "$scenes"
    touch "$work/scenes/done-$scenes"
fi
echo "== training" >&2
"$here/../../../board/cargo.sh" build --quiet --release --locked --package gate --example features
OMP_NUM_THREADS=2 "$venv/bin/python" "$here/train.py" --scenes "$work/scenes" --features "$target/release/examples/features" \
    --epochs "$epochs" --out "$work/network.bin"
cp "$work/network.bin" "$here/../src/network.bin"
echo "written: pipelines/gate/src/network.bin; now make test, and make bench-gate" >&2
