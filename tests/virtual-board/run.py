#!/usr/bin/env python3
"""The box's real units on virtual hardware: `run.py PROGRAM FOLDER`, or with --help for more.

PROGRAM is `estrade`. A guest that is Debian 13 with what a box needs runs it by the units of board/units; a bridge runs
outside. The guest has a camera, a sound card, a television, buttons and lights, all by the kernel; this drives them as a
person would, and looks at what becomes of it. FOLDER keeps Debian, logs and the pictures to look at.
"""

import argparse
import math
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import image  # noqa: E402
import steps  # noqa: E402
from board import Board  # noqa: E402
from bridge import ROOM, TOKEN, Bridge  # noqa: E402
from guest import SMALL  # noqa: E402
from plug import Disk  # noqa: E402

STEPS = ["boot", "press", "mute", "cec", "camera", "doctor", "kill", "plug"]
SETTINGS = """
name = "{room}"

[bridge]
address = "http://10.0.2.2:{port}"
token = "{token}"

[panel]
pins = "pins.toml"

[web]
listen = "0.0.0.0:80"
""" + SMALL


class Rig:
    """The board, its disk, and the bridge outside."""

    def __init__(self, arguments):
        self.began = time.monotonic()
        self.folder = arguments.folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.seed, self.cuts, self.boots_in, self.board = arguments.seed, arguments.cuts, math.inf, None
        self.base = image.Base(self.folder)
        self.says("Debian is there")
        self.program = arguments.program.resolve()
        self.bridge = Bridge(self.program, self.folder / "bridge")
        settings = SETTINGS.format(room=ROOM, port=self.bridge.http, token=TOKEN)
        self.layer = image.make_layer(self.folder, self.program, settings)
        self.disk = Disk(image.make_data(self.folder))
        self.start()

    def start(self):
        """Power comes."""
        self.board = Board(self.folder, self.base, self.layer, self.disk)

    def says(self, text):
        print(f"{time.monotonic() - self.began:7.1f} s  {text}", flush=True)

    def stop(self):
        if self.board:
            self.board.pull_the_plug()
        self.bridge.stop()


def main():
    arguments = parse()
    # However it is stopped, the board stops with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("virtual board: stopped"))
    steps.PATIENCE_S = arguments.patience
    rig = Rig(arguments)
    try:
        rig.board.hears(steps.PATIENCE_S)
        rig.says(f"the board can be driven {rig.board.age():.1f} s after power")
        if "boot" not in arguments.only and arguments.only:
            steps.boot_again(rig)
        for name in STEPS:
            if name in arguments.only:
                for figure in getattr(steps, name)(rig):
                    rig.says(figure)
        if arguments.shell:
            shell(rig.board)
    except AssertionError as failure:
        rig.says(f"failed: {failure}")
        print(rig.board.does("journalctl --boot --no-pager --lines=30 --unit=estrade-room", well=False))
        sys.exit(1)
    finally:
        rig.stop()
    rig.says(f"all as it should be; pictures in {rig.folder}")


def shell(board):
    """For a person who wants to look around: what is typed is done in the board; `picture NAME` keeps what the television shows."""
    for line in sys.stdin:
        if line.startswith("picture "):
            board.picture(line.split()[1])
        else:
            print(board.does(line.strip(), well=False), flush=True)


def parse():
    parser = argparse.ArgumentParser(prog="virtual-board", description="The box's real units on virtual hardware.")
    parser.add_argument("program", type=pathlib.Path, help="estrade")
    parser.add_argument("folder", type=pathlib.Path, help="what is kept: Debian, logs, pictures")
    parser.add_argument("--only", type=names, default=STEPS, metavar="STEPS", help=f"of {','.join(STEPS)}")
    parser.add_argument("--cuts", type=int, default=20, metavar="N", help="how often the plug is pulled")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="repeats the moments of an earlier run")
    parser.add_argument("--patience", type=int, default=240, metavar="S", help="seconds that anything may take on this machine")
    parser.add_argument("--shell", action="store_true", help="afterwards, orders for the board line by line")
    return parser.parse_args()


def names(text):
    chosen = text.split(",") if text else []
    if unknown := set(chosen) - set(STEPS):
        raise argparse.ArgumentTypeError(f"no such step: {', '.join(unknown)}; there are {', '.join(STEPS)}")
    return chosen


if __name__ == "__main__":
    main()
