"""Writes the image on a card, with one room's settings, and reads it back.

It refuses a disk that is in use, asks before it writes, and shows how far it is. DEVICE may be a file: that becomes the image of one
room's card.

Examples:
  make flash DEVICE=/dev/sdb ROOM=brest             with brest.toml of `make rooms`
  make flash DEVICE=/dev/sdb                        with the settings of the image, to be edited on the card
  make flash DEVICE=/dev/mmcblk0 SETTINGS=room.toml IMAGE=estrade.img ARGS="--yes"
"""

import argparse
import hashlib
import os
import pathlib
import stat
import subprocess
import sys
import time

PIECE = 4 << 20
# Where the boot partition begins (board/image/card.py).
BOOT = "4M"
# A card is no smaller than what it must hold, and seldom larger than this: a disk that is deserves a question of its own.
LARGE = 300 << 30
BLKFLSBUF = 0x1261


class Refused(Exception):
    """Why nothing is written, and what to do."""


def in_use(device, sys_block=pathlib.Path("/sys/class/block"), proc=pathlib.Path("/proc/self")):
    """What of a disk is in use, in words; nothing where it is free."""
    name = device.name
    parts = [name] + sorted(part.parent.name for part in sys_block.glob(f"{name}/*/partition"))
    numbers = {(sys_block / part / "dev").read_text().strip(): part for part in parts}
    for line in (proc / "mountinfo").read_text().splitlines():
        fields = line.split()
        if fields[2] in numbers or pathlib.Path(fields[fields.index("-") + 2]).name in parts:
            return f"/dev/{numbers.get(fields[2], name)} is mounted at {fields[4]}: unmount it (umount {fields[4]}) if it is the card"
    for line in (proc / "../swaps").read_text().splitlines()[1:]:
        if pathlib.Path(line.split()[0]).name in parts:
            return f"{line.split()[0]} is this machine's swap"
    for part in parts:
        for holder in (sys_block / part / "holders").glob("*"):
            return f"/dev/{part} is part of {holder.name}, a disk of this machine"
    return None


def describe(device, sys_block=pathlib.Path("/sys/class/block")):
    """Maker, size in bytes, whether it can be taken out; raises [Refused] for what is no whole disk."""
    place = sys_block / device.name
    if (place / "partition").exists():
        raise Refused(f"{device} is a partition; give the whole disk")
    if not place.exists():
        raise Refused(f"{device} is no disk of this machine; `lsblk` lists them")
    read = lambda file: (place / file).read_text().strip() if (place / file).exists() else ""
    maker = " ".join(filter(None, [read("device/vendor"), read("device/model") or read("device/name")])) or "a disk"
    return maker, int(read("size")) * 512, read("removable") == "1" or device.name.startswith("mmcblk")


def bar(what, done, whole, began):
    """How far it is, in one line that is written over."""
    rate = done / max(time.monotonic() - began, 0.001)
    left = int((whole - done) / rate) if rate else 0
    filled = 30 * done // whole
    end = "\n" if done == whole else ""
    print(f"\r{what}  [{'#' * filled}{'.' * (30 - filled)}] {100 * done // whole:3} %  {rate / 1e6:5.1f} MB/s  {left // 60}:{left % 60:02} left ",
          end=end, file=sys.stderr, flush=True)


def write(image, out):
    """Writes the image; its SHA-256."""
    whole, done, began, digest = image.seek(0, os.SEEK_END), 0, time.monotonic(), hashlib.sha256()
    image.seek(0)
    while piece := image.read(PIECE):
        digest.update(piece)
        out.write(piece)
        # Written here, not when everything is in memory: the bar shows the card's pace.
        os.fdatasync(out.fileno())
        done += len(piece)
        bar("writing ", done, whole, began)
    return digest.hexdigest()


def read_back(device, whole):
    done, began, digest = 0, time.monotonic(), hashlib.sha256()
    with open(device, "rb", buffering=0) as card:
        if stat.S_ISBLK(os.fstat(card.fileno()).st_mode):
            import fcntl
            fcntl.ioctl(card, BLKFLSBUF)
        os.posix_fadvise(card.fileno(), 0, whole, os.POSIX_FADV_DONTNEED)
        while done < whole:
            piece = card.read(min(PIECE, whole - done))
            if not piece:
                break
            digest.update(piece)
            done += len(piece)
            bar("checking", done, whole, began)
    return digest.hexdigest()


def flash(arguments):
    device, image = arguments.device, arguments.image
    if not image.is_file():
        raise Refused(f"there is no {image}; make it with `make image`, or name another with IMAGE=FILE")
    settings = arguments.settings
    if arguments.room:
        settings = arguments.rooms / f"{arguments.room}.toml"
        if not settings.is_file():
            known = ", ".join(sorted(file.stem for file in arguments.rooms.glob("*.toml"))) or "none"
            raise Refused(f"there is no {settings}; make it with `make rooms CSV=rooms.csv` (rooms there: {known})")
    elif settings and not settings.is_file():
        raise Refused(f"there is no {settings}")
    whole = image.stat().st_size
    block = device.exists() and stat.S_ISBLK(device.stat().st_mode)
    if block:
        device = device.resolve()
        maker, size, removable = describe(device)
        if used := in_use(device):
            raise Refused(used)
        if size < whole:
            raise Refused(f"{device} has {size / 1e9:.1f} GB; the image needs {whole / 1e9:.1f}")
        if not os.access(device, os.W_OK):
            raise Refused(f"{device} may not be written: use sudo")
        if not arguments.yes:
            warning = "" if removable and size < LARGE else "\nTHIS IS NO CARD BY ITS LOOKS: it is built in, or very large."
            print(f"{device}: {maker}, {size / 1e9:.1f} GB. All that is on it will be lost.{warning}", file=sys.stderr)
            try:
                answer = input(f"Type {device.name} to write it: ")
            except EOFError:
                answer = ""
            if answer.strip() != device.name:
                raise Refused("nothing was written")
    elif device.exists() and not device.is_file():
        raise Refused(f"{device} is neither a disk nor a file")
    elif str(device).startswith("/dev/"):
        raise Refused(f"{device} is no disk of this machine; `lsblk` lists them")
    with open(image, "rb") as source, open(device, "r+b" if block else "w+b", buffering=0) as out:
        digest = write(source, out)
    if read_back(device, whole) != digest:
        raise Refused(f"{device} does not hold what was written: take another card")
    if settings:
        subprocess.run(["mcopy", "-o", "-i", f"{device}@@{BOOT}", settings, "::room.toml"], check=True)
        shown = subprocess.run(["mtype", "-i", f"{device}@@{BOOT}", "::room.toml"], check=True, capture_output=True).stdout
        if shown != settings.read_bytes():
            raise Refused(f"{device} does not hold the settings that were written: take another card")
        os.sync()
    print(f"{device} is ready{f' for {arguments.room}' if arguments.room else ''}: take it out and put it into the box")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("device", type=pathlib.Path, help="the card: /dev/sdX, /dev/mmcblk0, or a file")
    parser.add_argument("--image", type=pathlib.Path, required=True, help="what is written")
    parser.add_argument("--rooms", type=pathlib.Path, required=True, help="the folder of `make rooms`")
    parser.add_argument("--room", help="whose settings go with it")
    parser.add_argument("--settings", type=pathlib.Path, help="a room.toml that goes with it")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    try:
        flash(parser.parse_args())
    except Refused as why:
        sys.exit(f"flash: {why}")
    except KeyboardInterrupt:
        sys.exit("\nflash: stopped; the card is not usable: write it again")
    except OSError as error:
        sys.exit(f"\nflash: {error}: take another card or another reader")
    except subprocess.CalledProcessError as error:
        sys.exit(f"flash: the settings could not be put on the card ({error})")


if __name__ == "__main__":
    main()
