#!/usr/bin/env python3
"""The box's real units on virtual hardware: `run.py PROGRAM FOLDER [--only STEPS] [--cuts N]`.

PROGRAM is `estrade`. A guest that is Debian 13 with what a box needs runs it by the units of board/units; a bridge runs
outside. The guest has a camera, a sound card, a television, buttons and lights, all by the kernel; this drives them as a
person would, and looks at what becomes of it. FOLDER keeps Debian, logs and the pictures to look at.
"""

import argparse
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import image  # noqa: E402
from board import Board  # noqa: E402
from bridge import ROOM, TOKEN, Bridge  # noqa: E402

SETTINGS = """
name = "{room}"

[bridge]
address = "http://10.0.2.2:{port}"
token = "{token}"

# Everything is emulated: small pictures, and no gate, which alone would take more than there is.
[microphones]
gate = false

[picture]
width = 320
height = 180
frames_per_second = 5
kbit_per_second = 300

[screen]
width = 640
height = 360

[web]
listen = "0.0.0.0:80"
"""


def main():
    arguments = parse()
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    base = image.Base(folder)
    say(began, "Debian is there")
    bridge = Bridge(arguments.program.resolve(), folder / "bridge")
    board = None
    try:
        settings = SETTINGS.format(room=ROOM, port=bridge.http, token=TOKEN)
        layer = image.make_layer(folder, arguments.program, settings)
        data = image.make_data(folder)
        say(began, "disks are made")
        board = Board(folder, base, layer, data)
        board.hears(120)
        say(began, f"the board answers after {board.age():.1f} s")
        if arguments.shell:
            shell(board)
    except AssertionError as failure:
        sys.exit(f"virtual board: {failure}")
    finally:
        if board:
            board.pull_the_plug()
        bridge.stop()


def shell(board):
    """For a person who wants to look around."""
    for line in sys.stdin:
        if line.startswith("picture "):
            board.picture(line.split()[1])
        else:
            print(board.does(line.strip(), well=False), flush=True)


def say(began, text):
    print(f"{time.monotonic() - began:7.1f} s  {text}", flush=True)


def parse():
    parser = argparse.ArgumentParser(prog="virtual-board")
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--shell", action="store_true", help="orders for the board, line by line")
    return parser.parse_args()


if __name__ == "__main__":
    main()
