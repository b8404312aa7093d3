"""A box that is nothing but a card in an emulated machine, and what can be asked of it."""

import json
import socket
import subprocess
import threading
import time

from guest import BETWEEN_LOOKS_S, SMALL, Machine, Picture

# Where the boot partition begins (board/image/card.py).
BOOT = "4M"
# What whoever looks for a fault writes beside room.toml: the kernel speaks on the serial line, and a shell waits on the second.
DEBUG = "more=console=ttyAMA0 systemd.debug_shell=ttyAMA1 systemd.show_status=1 systemd.mask=serial-getty@ttyAMA0.service\n"
# Everything is emulated, instruction by instruction.
PATIENCE_S = 400
SLOW = {"estrade-room.service": "TimeoutStartSec=10min\\nWatchdogSec=2min\\n"}

SETTINGS = """
name = "{room}"

[bridge]
address = "http://10.0.2.2:{port}"

# So that what stands on the television can be read as text, too.
[measure]
quiet_seconds = 3600
""" + SMALL


def settings(room, bridge):
    """A `room.toml` for a room of this bridge's."""
    return SETTINGS.format(room=room, port=bridge.http)


class Card:
    """A copy of the image on a larger card."""

    def __init__(self, workshop, image, file, size_mb=4096):
        self.workshop, self.file, self.size_mb = workshop, file, size_mb
        subprocess.run(["cp", "--sparse=always", image, file], check=True)
        with file.open("r+b") as out:
            out.truncate(size_mb << 20)
        self.has("debug.txt", DEBUG)

    def has(self, name, text):
        """Writes a file on the boot partition, as a person with a computer does."""
        file = self.file.with_name(name)
        file.write_text(text)
        self.workshop.run(["mcopy", "-o", "-i", f"{self.file}@@{BOOT}", file, f"::{name}"])


def drive(file):
    """QEMU's arguments for a card that nothing more is asked of."""
    return ["-blockdev", f"driver=raw,node-name=card,file.driver=file,file.filename={file}"]


class Box(Machine):
    """It runs from now on, until its plug is pulled."""

    def __init__(self, folder, workshop, card):
        self.folder = folder
        ours, theirs = socket.socketpair()
        super().__init__(
            workshop.inside(
                ["qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "2048", "-accel", "tcg,thread=multi",
                 "-bios", "/usr/lib/u-boot/qemu_arm64/u-boot.bin",
                 *card, "-device", "virtio-blk-pci,drive=card",
                 "-device", "virtio-gpu-pci,id=gpu,xres=640,yres=360",
                 "-audiodev", "none,id=quiet", "-device", "intel-hda", "-device", "hda-duplex,audiodev=quiet",
                 "-device", "qemu-xhci,id=usb",
                 "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=",
                 "-chardev", f"socket,id=shell,fd={theirs.fileno()}",
                 "-serial", f"file:{folder}/console.log", "-serial", "chardev:shell"]),
            pass_fds=[theirs.fileno()])
        theirs.close()
        self.begins(ours)

    def begins(self, line):
        self.line = line
        self.shell = line.makefile("rb")

    def hears(self, patience):
        """Waits until the box can be asked."""
        self.line.settimeout(patience)
        try:
            seen = b""
            while b"#" not in seen:
                seen += self.shell.read(1)
            # No line editor: it would write more than what was asked for.
            self.line.sendall(b"exec sh\nstty -echo -onlcr; PS1=; PS2=; printf '\\036%s\\n' up\n")
            while not self.shell.readline().endswith(b"\x1eup\n"):
                pass
        except TimeoutError:
            raise AssertionError(f"the box does not start; {self.folder}/console.log may say why") from None
        # The units are the card's own; only their clocks are those of an emulated processor.
        for unit, clocks in SLOW.items():
            self.does(f"mkdir -p /run/systemd/system/{unit}.d; printf '[Service]\\n{clocks}' > /run/systemd/system/{unit}.d/slow.conf")
        self.does("systemctl daemon-reload")

    def starts(self):
        """How often it has started."""
        return (self.folder / "console.log").read_bytes().count(b"U-Boot 20")

    def starts_anew(self, patience, times=1):
        """Waits until it has started by itself so many times more; then `hears` tells when it can be asked again."""
        before, began = self.starts(), time.monotonic()
        while self.starts() < before + times:
            assert time.monotonic() - began < patience, f"the box does not start anew within {patience} s"
            time.sleep(BETWEEN_LOOKS_S)
        # What the shells of those systems said is not for this one.
        self.line.setblocking(False)
        try:
            while self.line.recv(1 << 16):
                pass
        except BlockingIOError:
            pass
        self.begins(self.line)

    def does(self, order, well=True):
        """Has an order carried out in the box; what it prints."""
        self.line.sendall(f"{{ {order}\n}} 2>&1 </dev/null; printf '\\036%d\\n' $?\n".encode())
        text = ""
        while "\x1e" not in text or not text.endswith("\n"):
            line = self.shell.readline()
            assert line, "the box has gone"
            text += line.decode(errors="replace").replace("\r", "")
        said, _, status = text.partition("\x1e")
        assert status == "0\n" or not well, f"in the box: {order}: {said}"
        return said.strip()

    def page(self, request, header="Host: 127.0.0.1"):
        """What the box's own page answers."""
        answer = self.does("bash -c 'exec 3<>/dev/tcp/127.0.0.1/80; "
                           f"printf \"{request} HTTP/1.0\\r\\n{header}\\r\\n\\r\\n\" >&3; cat <&3'", well=False)
        return answer.partition("\n\n")[2]

    def code(self):
        """Waits for the code by which the chair lets it in."""
        began = time.monotonic()
        while not (body := self.page("GET /measure/joining")) or not (code := (json.loads(body) or {}).get("code")):
            assert time.monotonic() - began < PATIENCE_S, f"no code is on the television within {PATIENCE_S} s: {body}"
            time.sleep(BETWEEN_LOOKS_S)
        return code

    def fetches(self, file, place):
        """Has a file of this machine's in the box, whole or not at all."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]

            def hand_over():
                with server.accept()[0] as box, file.open("rb") as data:
                    box.sendfile(data)

            threading.Thread(target=hand_over, daemon=True).start()
            self.does(f"bash -c 'exec 3<>/dev/tcp/10.0.2.2/{port}; cat <&3 >{place}.part' && mv {place}.part {place}")

    def plugs(self, stick):
        """A USB stick is plugged in."""
        self.asks("blockdev-add", **{"node-name": "stick", "driver": "raw", "read-only": True,
                                     "file": {"driver": "file", "filename": str(stick)}})
        self.asks("device_add", driver="usb-storage", id="stick", drive="stick", bus="usb.0")

    def unplugs(self):
        """And taken out again."""
        self.asks("device_del", id="stick")
        self.waits("the stick is out", "ls /sys/block", lambda text: "sda" not in text, 60)
        self.asks("blockdev-del", **{"node-name": "stick"})

    def picture(self, name, patience, wanted=Picture.ink):
        """Waits until something stands on the television, or what is wanted; kept in a file."""
        file, began = self.folder / f"{name}.ppm", time.monotonic()
        while not wanted(picture := self.shows(file, "gpu")):
            assert time.monotonic() - began < patience, f"not on the television within {patience} s: {name}; {file} is"
            time.sleep(BETWEEN_LOOKS_S)
        return picture
