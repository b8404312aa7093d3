"""Makes the program for a box (`box`), the packages (`deb`) and the card (`image`), all of them from Debian's packages alone.

What takes long and seldom changes is kept in the build folder: the workshop, the card's Debian, what cargo compiled.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

import card
import packages
from flavours import FLAVOURS
from workshop import ROOT, Workshop

TRIPLE = {"arm64": "aarch64-unknown-linux-gnu", "amd64": "x86_64-unknown-linux-gnu"}
URL = "https://github.com/estrade/estrade/releases/latest/download"
GNU = {"arm64": "aarch64-linux-gnu", "amd64": "x86_64-linux-gnu"}


# They need no device and no GStreamer; their tests run emulated, too.
PURE = ["conference", "gate", "pairing", "board"]


class Cargo:
    """Debian's compiler in a workshop, for `arm64` or `amd64`."""

    def __init__(self, workshop, kept, machine):
        self.workshop, self.triple, self.gnu = workshop, TRIPLE[machine], GNU[machine]
        self.made = kept / "build" / self.triple / "release"
        variable = self.triple.upper().replace("-", "_")
        self.settings = {
            "CARGO_HOME": kept / "cargo", "CARGO_TARGET_DIR": kept / "build", "CARGO_INCREMENTAL": "0",
            "CARGO_HTTP_CAINFO": "/etc/ssl/certs/ca-certificates.crt", "CARGO_TERM_PROGRESS_WHEN": "never",
            f"CARGO_TARGET_{variable}_LINKER": f"{self.gnu}-gcc",
            # The same bytes wherever the clone lies.
            f"CARGO_TARGET_{variable}_RUSTFLAGS": f"--remap-path-prefix={ROOT}=/estrade --remap-path-prefix={kept}/cargo=/cargo",
            f"CC_{self.triple.replace('-', '_')}": f"{self.gnu}-gcc",
            f"CFLAGS_{self.triple.replace('-', '_')}": f"-ffile-prefix-map={ROOT}=/estrade",
            "PKG_CONFIG_ALLOW_CROSS": "1", f"PKG_CONFIG_{self.triple.replace('-', '_')}": f"{self.gnu}-pkg-config"}

    def does(self, what, *arguments, capture=False):
        return self.workshop.run(["cargo", what, "--locked", *arguments], self.settings, capture)

    def builds(self):
        """Compiles the program and the plug-in; the folder in which they are, stripped.

        Their symbols hold names that are made by chance, and a package would keep a sum of them.
        """
        self.does("build", "--release", "--target", self.triple, "--package", "estrade", "--package", "gst-plugin-estrade")
        stripped = self.made / "stripped"
        stripped.mkdir(exist_ok=True)
        for name in ["estrade", "libgstestrade.so"]:
            self.workshop.run([f"{self.gnu}-strip", "-o", stripped / name, self.made / name])
        return stripped

    def tests(self):
        """Compiles the tests of what is pure, and runs them."""
        self.does("test", "--release", "--target", self.triple, *(word for name in PURE for word in ["--package", name]))

    def knows(self):
        """What crates the program is made of."""
        return json.loads(self.does("metadata", "--format-version", "1", "--filter-platform", self.triple, capture=True))


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
    parser.add_argument("--flavour", choices=FLAVOURS, default="debian", help="whose kernel the card has (flavours.py)")
    parser.add_argument("--url", default=URL, help="the site from which os_list.json offers the image; default %(default)s")
    arguments = parser.parse_args()
    kept = arguments.folder.resolve()
    if pathlib.Path.cwd() != ROOT:
        sys.exit(f"run this in {ROOT}")
    kept.mkdir(parents=True, exist_ok=True)
    version, seconds = released()
    if arguments.what == "deb":
        native = Workshop(kept, "workshop-amd64")
        packages.make(native, kept, "amd64", Cargo(native, kept, "amd64").builds(), version, seconds)
    flavour = FLAVOURS[arguments.flavour]
    flavour.ready()
    workshop = Workshop(kept)
    cargo = Cargo(workshop, kept, "arm64")
    if arguments.what == "box":
        program = cargo.builds() / "estrade"
        cargo.tests()
        print(workshop.run(["file", "--brief", program], capture=True).strip())
        print(workshop.run([program, "--version"], capture=True).strip(), "runs, emulated")
        return
    made = packages.make(workshop, kept, "arm64", cargo.builds(), version, seconds)
    if arguments.what == "image":
        card.make(workshop, kept, arguments.keys.resolve(), flavour, made, cargo.knows(), version, seconds, arguments.url)


if __name__ == "__main__":
    main()
