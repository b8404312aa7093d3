#!/usr/bin/env python3
"""Two televisions on one graphics card, in a virtual machine: `run.py PROGRAM FOLDER`.

PROGRAM is the example `two_screens`. A guest with this machine's own files, read only, and Debian's kernel runs it without
a desktop. Its second connector is plugged in and out as a person would; what each output of the card shows is looked at
from outside. FOLDER keeps the kernel, and the pictures to look at.
"""

import pathlib
import queue
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from guest import PC, make_initrd, modules_for, output  # noqa: E402

MODULES = ["virtio_pci", "virtio-gpu", "9p", "9pnet_virtio", "overlay"]
# Everything is emulated, instruction by instruction.
PATIENCE_S = 120
PAGE = (251, 248, 241)  # the paper of the page that the example shows
CONNECTOR = "/sys/class/drm/card0-Virtual-2/status"

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mkdir /ro /rw
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in $(cat /modules); do insmod /lib/$module; done
mount -t 9p -o trans=virtio,version=9p2000.L,cache=loose,ro,msize=262144 host /ro
mount -t tmpfs tmpfs /rw; mkdir /rw/upper /rw/work
mount -t overlay -o lowerdir=/ro,upperdir=/rw/upper,workdir=/rw/work overlay /root
for folder in dev proc sys; do mount --move /$folder /root/$folder; done
exec switch_root /root /bin/sh -c '
    export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TMPDIR=/run
    exec </dev/ttyS0 >/dev/ttyS0 2>&1
    stty -echo
    mount -t tmpfs tmpfs /run
    PROGRAM 3600 &
    while read -r order; do
        case $order in
            on|off) echo $order > CONNECTOR ;;
            stop) echo o > /proc/sysrq-trigger ;;
        esac
    done'
"""


def main():
    program, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    kernel, modules = get_kernel(folder)
    init = INIT.replace("PROGRAM", str(program)).replace("CONNECTOR", CONNECTOR)
    guest = Guest(folder, kernel, make_initrd(folder, modules, init))
    try:
        check(guest)
    finally:
        guest.pull_the_plug()
    print("two screens: all as it should be; pictures in", folder)


def check(guest):
    guest.hears("Screen: Running")
    first = guest.sees("alone", 0, lambda picture: picture.ink() > 500)
    for time_round in ("plugged", "plugged-again"):
        guest.says("on")
        guest.hears("DeckScreen: Running .*Virtual-2")
        guest.sees(time_round, 1, lambda picture: picture.share(PAGE) > 0.5)
        guest.sees(f"{time_round}-first", 0, lambda picture: picture == first)
        guest.says("off")
        guest.hears("DeckScreen: Stalled .*no second television")
        guest.sees(f"un{time_round}", 1, lambda picture: picture.share(PAGE) == 0)
        guest.sees(f"un{time_round}-first", 0, lambda picture: picture == first)
    guest.says("stop")
    for line in guest.lines:
        if re.search(r"\bScreen: (Stalled|Missing) .*", line) and "Deck" not in line:
            # It may be slow to start here, but what ran must not stop.
            assert "nothing came for 5 s" in line, f"the first screen was disturbed: {line}"


def get_kernel(folder):
    """Debian's newest kernel for servers, unpacked; downloaded once."""
    root = folder / "kernel"
    if not list(root.glob("boot/vmlinuz-*")):
        depends = output("apt-cache", "depends", "linux-image-amd64")
        package = re.search(r"Depends: (linux-image-\S+)", depends).group(1)
        subprocess.run(["apt-get", "download", package], cwd=folder, check=True)
        [archive] = folder.glob(f"{package}_*.deb")
        subprocess.run(["dpkg", "-x", archive, root], check=True)
        archive.unlink()
    [image] = root.glob("boot/vmlinuz-*")
    version = image.name.removeprefix("vmlinuz-")
    subprocess.run(["/sbin/depmod", "-b", root, version], check=True)
    return image, modules_for(root, version, MODULES)


class Guest(PC):
    """A virtual machine with a card of two outputs, of which the first has a television."""

    def __init__(self, folder, kernel, initrd):
        self.folder, self.lines, self.unread = folder, [], queue.Queue()
        super().__init__(
            kernel, initrd, "panic=-1",
            ["-m", "2048", "-no-reboot", "-nic", "none",
             "-device", "virtio-gpu-pci,id=gpu,max_outputs=2,xres=1920,yres=1080",
             "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
             "-serial", "stdio"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.unread.put(line.decode(errors="replace").strip())

    def says(self, order):
        self.process.stdin.write(f"{order}\n".encode())
        self.process.stdin.flush()

    def hears(self, wanted):
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                line = self.unread.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                sys.exit(f"two screens: not within {PATIENCE_S} s: {wanted}\n" + "\n".join(self.lines))
            print(" ", line)
            self.lines.append(line)
            if re.search(wanted, line):
                return

    def sees(self, name, output_number, wanted):
        """A picture of an output that is as it should be; what it shows in the end is kept in a file."""
        file = self.folder / f"{name}.ppm"
        end = time.monotonic() + PATIENCE_S
        while True:
            picture = self.shows(file, "gpu", output_number)
            if wanted(picture):
                return picture
            if time.monotonic() > end:
                sys.exit(f"two screens: {file} shows something else")


if __name__ == "__main__":
    main()
