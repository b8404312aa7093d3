"""Debian packages of what was compiled: the program, the box's service, the bridge's service."""

import email.utils
import os
import shutil
import subprocess

from workshop import ROOT, listed

NAMES = ["estrade", "estrade-room", "estrade-bridge", "gstreamer1.0-estrade"]


def make(workshop, kept, machine, program, version, seconds):
    """Packs what lies in the folder `program` for `arm64` or `amd64`, and judges it by lintian; the files, in the order of [NAMES]."""
    folder = kept / "packages" / machine
    shutil.rmtree(folder, ignore_errors=True)
    tree = folder / "tree"
    shutil.copytree(ROOT / "board/debian", tree / "debian")
    built = tree / "built"
    built.mkdir()
    for name in ["estrade", "libgstestrade.so"]:
        shutil.copy(program / name, built)
    shutil.copytree(ROOT / "board/units", built / "room")
    shutil.copytree(ROOT / "board/bridge", built / "bridge")
    (built / "examples").mkdir()
    shutil.copy(ROOT / "firmware/room/room.toml", built / "examples")
    shutil.copy(ROOT / "firmware/bridge/bridge.toml", built / "examples")
    shutil.move(tree / "debian/estrade.1", built)
    (built / "substvars").write_text(
        f"estrade:Run={', '.join(listed('run'))}\nestrade:Bridge={', '.join(listed('bridge'))}\n")
    (tree / "debian/changelog").write_text(
        f"estrade ({version}) trixie; urgency=medium\n\n  * What changed: the repository's history.\n\n"
        f" -- The Estrade developers <estrade@example.org>  {email.utils.formatdate(seconds)}\n")
    (tree / "debian/source").mkdir()
    (tree / "debian/source/format").write_text("3.0 (native)\n")
    for place, folders, files in os.walk(tree):
        for name in [*folders, *files]:
            os.utime(f"{place}/{name}", (seconds, seconds))
    settings = {"SOURCE_DATE_EPOCH": str(seconds), "DEB_BUILD_OPTIONS": "nocheck noautodbgsym"}
    workshop.run(["env", "-C", tree, "dpkg-buildpackage", "--build=binary", f"--host-arch={machine}", "--no-check-builddeps",
                  "--no-sign"], settings)
    made = [folder / f"{name}_{version}_{machine}.deb" for name in NAMES]
    workshop.run(["lintian", "--fail-on=error,warning", "--display-info", *made])
    shutil.rmtree(tree)
    for file in made:
        digest = subprocess.run(["sha256sum", file], check=True, capture_output=True, text=True).stdout.split()[0]
        print(f"{file}  {file.stat().st_size // 1000} kB  sha256 {digest}")
    return made
