#!/usr/bin/env python3
"""The card itself, in an emulated machine: `run.py PROGRAM CARD FOLDER`, or with --help for more.

PROGRAM is `estrade` for this machine, for the bridge outside; CARD is the folder in which `make image` made the card. A machine of
QEMU's (`-M virt`, arm64) starts the card as a board does, by its boot partition's script. FOLDER keeps logs and the pictures to look at.
"""

import argparse
import json
import pathlib
import random
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/virtual-board"), str(ROOT / "board/image")]
from box import PATIENCE_S, Box, Card, drive, settings  # noqa: E402
from cuts import cuts  # noqa: E402,F401
from pi import Pi  # noqa: E402
from updates import EMPTY, Updates  # noqa: E402
from bridge import ROOM, Bridge  # noqa: E402
from release import digest  # noqa: E402
from workshop import Workshop  # noqa: E402

STEPS = ["beside", "start", "refuse", "update", "damaged", "empty", "pi", "cuts"]
# The ground of the first picture (board/image/picture.py).
GROUND = (0x0e, 0x1c, 0x2b)
# What a code lies on (pipelines/src/screen/ink.rs), and the part of the picture that this has at least; of others it has less.
PANEL, LARGE = (0x1e, 0x3a, 0x52), 0.2
# Where the room's service lays a whole update.
HANDED_OVER = "/var/lib/estrade/update/next.raucb"
# What QEMU's Raspberry Pi has no hardware for.
TEST_DEVICES = """
[devices]
camera = "test"
microphones = "test"
screen = "none"
loudspeaker = "none"
"""


class Rig:
    """The card, a machine that starts it, and the bridge outside."""

    def __init__(self, arguments):
        self.began = time.monotonic()
        self.folder = arguments.folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.workshop = Workshop(arguments.card.resolve())
        self.program = arguments.program.resolve()
        self.bridge = Bridge(self.program, self.folder / "bridge", paired=True)
        self.made = arguments.card.resolve()
        self.image = self.made / "estrade.img"
        self.card = Card(self.workshop, self.image, self.folder / "card.img")
        self.card.has("room.toml", settings(ROOM, self.bridge))
        self.updates = Updates(self.workshop, self.made, arguments.keys.resolve(), self.folder)
        self.cuts, self.boots, self.seed = arguments.cuts, arguments.boots, arguments.seed
        self.box = None

    def says(self, text):
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", flush=True)

    def power(self):
        self.box = Box(self.folder, self.workshop, drive(self.card.file))
        return self.box

    def off(self):
        """Pulls the plug of the box, if there is one."""
        if self.box:
            self.box.pull_the_plug()
        self.box = None

    def stop(self):
        self.off()
        self.bridge.stop()


def beside(rig):
    """What lies beside the image is true of it."""
    [entry] = json.loads((rig.made / "os_list.json").read_text())["os_list"]
    packed = rig.made / entry["url"].rpartition("/")[2]
    assert (packed.stat().st_size, digest(packed)) == (entry["image_download_size"], entry["image_download_sha256"])
    unpacked = rig.workshop.run(["sh", "-c", f"zstd --decompress --stdout {packed} | sha256sum"], capture=True).split()[0]
    assert unpacked == entry["extract_sha256"] == digest(rig.image), "os_list.json tells of another image"
    size = packed.stat().st_size / 1e6
    assert size <= 400, f"packed it has {size:.0f} MB"
    yield f"Imager's list is right of the image: {rig.image.stat().st_size / 1e6:.0f} MB, packed {size:.0f}"


def start(rig):
    """A new card, out of its wrapping."""
    box = rig.power()
    box.hears(PATIENCE_S)
    yield f"the box can be asked {box.age():.1f} s after power"
    picture = box.picture("first", PATIENCE_S)
    assert picture.share(GROUND) > 0.7, f"the first picture is another one: {rig.folder}/first.ppm"
    assert box.does("systemctl is-active estrade-room", well=False) != "active", "the first picture came only with the box's own"
    yield f"its television says that it starts {box.age():.1f} s after power: {rig.folder}/first.ppm"
    box.waits("the box's service is ready", "systemctl is-active estrade-room", lambda text: text == "active", PATIENCE_S)
    name = box.does("cat /proc/sys/kernel/hostname")
    assert name == "loudeac", f"the machine is called {name}"
    yield f"its service is ready {box.age():.1f} s after power"
    code = box.code()
    box.picture("code", PATIENCE_S, lambda picture: picture.share(PANEL) > LARGE)
    yield f"its television shows a code {box.age():.1f} s after power: {rig.folder}/code.ppm"
    rig.bridge.lets_in(code)
    rig.bridge.waits("the room is there", lambda: rig.bridge.room().get("publishing"), PATIENCE_S)
    yield f"let in by its code, in the conference {box.age():.1f} s after power"
    system = box.does("/usr/lib/estrade/systems get-current; /usr/lib/estrade/systems get-primary")
    assert system.split() == ["A", "A"], system
    free = int(box.does("df --output=size -m /data | tail -n 1"))
    assert free > rig.card.size_mb - 1500, f"the data partition has {free} MB"
    yield f"what the box keeps has {free} MB on a card of {rig.card.size_mb}"
    assert "read-only" in box.does("touch /boot/firmware/x", well=False).lower()
    failed = box.does("systemctl --failed --plain --no-legend", well=False)
    assert not failed, f"failed units: {failed}"
    box.picture("start", PATIENCE_S, lambda picture: picture.ink() and picture.share(PANEL) < LARGE)
    yield f"on its television is a picture: {rig.folder}/start.ppm"
    bill = json.loads((rig.made / "estrade.cdx.json").read_text())["components"]
    told = {(part["name"], part["version"]) for part in bill if part["purl"].startswith("pkg:deb")}
    installed = {tuple(line.split()) for line in box.does("dpkg-query --show").replace(":arm64", "").splitlines()}
    assert installed <= told, f"not in the list of what is in the image: {installed - told}"
    yield f"its {len(installed)} packages stand in estrade.cdx.json, with {len(bill) - len(told)} crates"
    chain = box.does("systemd-analyze time --no-pager; systemd-analyze critical-chain --no-pager --fuzz=1s estrade-room.service")
    yield f"of these, by its own clock:\n{chain}"


def refuse(rig):
    """What is not signed by the card's key, or older than its system, is not installed."""
    for name, why in [("foreign", "signature verification failed"), ("older", "version")]:
        rig.box.plugs(rig.updates.stick(name))
        rig.box.waits(f"the update {name} is refused", "systemctl is-failed estrade-stick@sda", lambda text: text == "failed", PATIENCE_S)
        said = rig.box.does("journalctl --boot --no-pager --output=cat --unit=rauc --unit=estrade-stick@sda --lines=40")
        assert why in said.lower(), f"the update {name} was refused for another reason: {said}"
        assert systems(rig.box) == ("A", "A")
        rig.box.does("systemctl reset-failed estrade-stick@sda")
        rig.box.unplugs()
        yield f"an update that is {name} is refused"


def update(rig):
    """A good update, as the room's service hands over what it has from the bridge, is taken, and stays."""
    box = rig.box
    box.does("install -d -o estrade -g estrade /var/lib/estrade/update")
    box.fetches(rig.updates.bundle("newer"), HANDED_OVER)
    before = box.age()
    box.starts_anew(2 * PATIENCE_S)
    yield f"installed and started anew {box.age() - before:.0f} s after it was handed over"
    box.hears(PATIENCE_S)
    box.waits("the update is good", "/usr/lib/estrade/systems get-primary", lambda text: text == "B", PATIENCE_S)
    rig.bridge.waits("the room is there", lambda: rig.bridge.room().get("publishing"), PATIENCE_S)
    assert systems(box) == ("B", "B")
    yield f"updated to system B, in the conference again {box.age() - before:.0f} s after it was handed over"
    box.waits("nothing is left of it", "ls /data/lib/update /var/lib/estrade/update", lambda text: "raucb" not in text, PATIENCE_S)
    assert "estrade-update" not in (failed := box.does("systemctl --failed --plain --no-legend", well=False)), failed


def damaged(rig):
    """An update whose system cannot be read is given up by itself, and not tried more than twice."""
    yield from returns(rig, "damaged", tries=2)


def empty(rig):
    """An update that starts, but in which the box does not run, is given up by itself."""
    # Its trial takes three minutes: the first one is taken as done.
    rig.box.does(f"echo {EMPTY} >> /data/lib/update/tried")
    yield from returns(rig, "empty", tries=1)


def pi(rig):
    """In QEMU's Raspberry Pi 4: the board's own kernel modules, pins and device tree."""
    rig.off()
    card = Card(rig.workshop, rig.image, rig.folder / "pi.img")
    # Slower than the other one: of the television's picture a quarter.
    small = settings("Brest", rig.bridge).replace("width = 640\nheight = 360", "width = 320\nheight = 180")
    card.has("room.toml", small + TEST_DEVICES)
    rig.box = box = Pi(rig.folder, rig.workshop, card, rig.made)
    box.hears(2 * PATIENCE_S)
    model = box.does("tr -d '\\000' < /proc/device-tree/model")
    yield f"{model} can be asked {box.age():.1f} s after power"
    box.waits("the box's service is ready", "systemctl is-active estrade-room", lambda text: text == "active", 2 * PATIENCE_S)
    assert (name := box.does("cat /proc/sys/kernel/hostname")) == "brest", name
    chips = box.does("cat /sys/bus/gpio/devices/gpiochip*/of_node/name /sys/class/gpio/*/label 2>/dev/null; ls /dev/gpiochip*", well=False)
    assert "gpiochip" in chips, chips
    yield f"its service is ready {box.age():.1f} s after power"
    # Slow as it is, a part may be given up first, and is built again.
    box.waits("camera and microphones run", "systemctl show --value --property=StatusText estrade-room",
              lambda status: "camera runs" in status and "microphone runs" in status, PATIENCE_S)
    yield f"its pipelines play {box.age():.1f} s after power"
    doctor = json.loads(box.does("estrade doctor --json /etc/estrade/room.toml 2>/dev/null", well=False))
    yield f"the doctor says {len(doctor['findings'])} things on the serial line"


def returns(rig, name, tries):
    box, good, before = rig.box, systems(rig.box)[0], rig.box.age()
    box.plugs(rig.updates.stick(name))
    # Each time into the other system, and back. The stick is left in.
    box.starts_anew(2 * tries * PATIENCE_S, 2 * tries)
    box.hears(PATIENCE_S)
    box.waits("the box is back", "systemctl is-active estrade-room", lambda text: text == "active", PATIENCE_S)
    rig.bridge.waits("the room is there", lambda: rig.bridge.room().get("publishing"), PATIENCE_S)
    took = box.age() - before
    said = "journalctl --boot --no-pager --output=cat --unit=estrade-stick@sda"
    box.waits("it is not tried again", said, lambda text: "twice" in text, PATIENCE_S)
    assert systems(box) == (good, good), systems(box)
    box.unplugs()
    yield f"{name}: tried {tries} times, each time back in system {good} by itself; in the conference again {took:.0f} s after the stick was plugged in"


def systems(box):
    """Which system runs, and which one starts next."""
    return tuple(box.does("/usr/lib/estrade/systems get-current; /usr/lib/estrade/systems get-primary").split())


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("boot-test: stopped"))
    rig = Rig(arguments)
    try:
        for name in STEPS:
            if name in arguments.only:
                for figure in globals()[name](rig):
                    rig.says(figure)
        if arguments.shell:
            for line in sys.stdin:
                print(rig.box.does(line.strip(), well=False), flush=True)
    except AssertionError as failure:
        rig.says(f"failed: {failure}")
        sys.exit(1)
    finally:
        rig.stop()
    rig.says(f"all as it should be; pictures in {rig.folder}")


def parse():
    parser = argparse.ArgumentParser(prog="boot-test", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("card", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--keys", type=pathlib.Path, default=ROOT / "keys", help="what signs updates of this card")
    parser.add_argument("--only", type=lambda text: text.split(","), default=STEPS, metavar="STEP,...", help=f"of {', '.join(STEPS)}")
    parser.add_argument("--cuts", type=int, default=200, metavar="N", help="at how many moments the plug is pulled")
    parser.add_argument("--boots", type=int, default=4, metavar="N", help="how many of those cards are started again")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="chooses them as an earlier run did")
    parser.add_argument("--shell", action="store_true", help="then do in the box what is typed")
    return parser.parse_args()


if __name__ == "__main__":
    main()
