"""Makes the program for a box (`box`), the packages (`deb`) and the card (`image`), all of them from Debian's packages alone.

What takes long and seldom changes is kept in the build folder: the workshop, the card's Debian, what cargo compiled.
"""

import argparse
import pathlib
import re
import subprocess
import sys

import card
import packages
from workshop import ROOT, Workshop

TRIPLE = {"arm64": "aarch64-unknown-linux-gnu", "amd64": "x86_64-unknown-linux-gnu"}
GNU = {"arm64": "aarch64-linux-gnu", "amd64": "x86_64-linux-gnu"}


def build_program(workshop, kept, machine):
    """Compiles the program and the plug-in for `arm64` or `amd64`; the folder in which they are."""
    triple, gnu = TRIPLE[machine], GNU[machine]
    variable = triple.upper().replace("-", "_")
    # The same bytes wherever the clone lies.
    flags = f"--remap-path-prefix={ROOT}=/estrade --remap-path-prefix={kept}/cargo=/cargo"
    workshop.run(
        ["cargo", "build", "--release", "--locked", "--target", triple, "--package", "estrade", "--package", "gst-plugin-estrade"],
        {"CARGO_HOME": kept / "cargo", "CARGO_TARGET_DIR": kept / "build", "CARGO_INCREMENTAL": "0",
         "CARGO_HTTP_CAINFO": "/etc/ssl/certs/ca-certificates.crt", "CARGO_TERM_PROGRESS_WHEN": "never",
         f"CARGO_TARGET_{variable}_LINKER": f"{gnu}-gcc", f"CARGO_TARGET_{variable}_RUSTFLAGS": flags,
         f"CC_{triple.replace('-', '_')}": f"{gnu}-gcc",
         "PKG_CONFIG_ALLOW_CROSS": "1", f"PKG_CONFIG_{triple.replace('-', '_')}": f"{gnu}-pkg-config"})
    return kept / "build" / triple / "release"


def released():
    """The version of what is made, 0.1.20261129.2145 by the day of the last commit, and that day in seconds since 1970."""
    [number] = re.findall(r'^version = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    shown = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "log", "-1", "--format=%ct %cd", "--date=format-local:%Y%m%d.%H%M"],
                           cwd=ROOT, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"}, check=True, capture_output=True, text=True).stdout
    seconds, day = shown.split()
    return f"{number.rsplit('.', 1)[0]}.{day}", int(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["box", "deb", "image"])
    parser.add_argument("folder", type=pathlib.Path, help="the build folder; results lie there, too")
    parser.add_argument("--keys", type=pathlib.Path, default=ROOT / "keys", help="what signs updates; made where it is not there")
    arguments = parser.parse_args()
    kept = arguments.folder.resolve()
    if pathlib.Path.cwd() != ROOT:
        sys.exit(f"run this in {ROOT}")
    kept.mkdir(parents=True, exist_ok=True)
    version, seconds = released()
    if arguments.what == "deb":
        native = Workshop(kept, "workshop-amd64")
        packages.make(native, kept, "amd64", build_program(native, kept, "amd64"), version, seconds)
    workshop = Workshop(kept)
    if arguments.what == "box":
        program = build_program(workshop, kept, "arm64") / "estrade"
        print(workshop.run(["file", "--brief", program], capture=True).strip())
        print(workshop.run([program, "--version"], capture=True).strip(), "runs, emulated")
        return
    made = packages.make(workshop, kept, "arm64", build_program(workshop, kept, "arm64"), version, seconds)
    if arguments.what == "image":
        card.make(workshop, kept, arguments.keys.resolve(), made, version, seconds)


if __name__ == "__main__":
    main()
