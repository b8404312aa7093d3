"""The virtual board, driven from outside as a person would: buttons, plugs, eyes."""

import socket
import time

from guest import BETWEEN_LOOKS_S, PC
from wire import Wire

BUTTONS = {"speak": 0, "mute": 1, "screen": 2, "minus": 3, "plus": 4}
# In the order of their lines (board/devices/virtual/pins.toml).
LAMPS = ["red", "green", "blue", "mute", "screen", "minus", "plus"]


class Board(PC):
    """A running board. Its data disk outlives it, as a card's data partition outlives a pulled plug."""

    def __init__(self, folder, base, layer, disk):
        self.folder, self.wire = folder, Wire(folder / "wire.pcap")
        ours, theirs = socket.socketpair()
        super().__init__(
            base.kernel, base.initrd,
            # Everything is emulated: nothing that a box would not need may cost time. Now and then an emulated processor
            # stumbles over code that the kernel has just patched (int3 in sched_clock_cpu) and panics: it starts anew.
            "panic=1 systemd.getty_auto=no systemd.condition-needs-update=no mitigations=off audit=0 net.ifnames=0",
            ["-m", "1536", "-no-shutdown",
             "-drive", f"if=none,id=base,file={base.disk},format=raw,read-only=on",
             "-drive", f"if=none,id=layer,file={layer},format=raw,read-only=on",
             *disk.power(),
             *(part for name in ("base", "layer", "data")
               for part in ("-device", f"virtio-blk-pci,drive={name}")),
             "-device", "virtio-gpu-pci,id=gpu,xres=640,yres=360",
             "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net",
             "-object", f"filter-dump,id=wire,netdev=net,file={self.wire.file}",
             "-device", "i6300esb", "-action", "watchdog=reset",
             "-device", "virtio-serial-pci", "-device", "virtconsole,chardev=agent",
             "-chardev", f"socket,id=agent,fd={theirs.fileno()}",
             "-serial", f"file:{folder}/console.log"],
            pass_fds=[theirs.fileno()])
        theirs.close()
        self.line, self.up = ours, False
        self.agent = ours.makefile("rb")

    def hears(self, patience):
        """Waits until the board can be driven."""
        self.line.settimeout(patience)
        while not self.up:
            self.up = self.reads() == "ready\n"

    def reads(self):
        try:
            line = self.agent.readline()
        except TimeoutError:
            line = b""
        assert line, f"the board says nothing any more; {self.folder}/console.log may say why"
        return line.decode(errors="replace").replace("\r", "")

    def does(self, order, well=True):
        """Has an order carried out in the board; what it prints."""
        self.line.sendall(order.encode() + b"\n")
        lines = []
        while True:
            line = self.reads().rstrip("\n")
            said, mark, status = line.partition("\x1e")
            if said:
                lines.append(said)
            if mark:
                break
        text = "\n".join(lines)
        assert status == "0" or not well, f"in the board: {order}: {text}"
        return text

    def waits_for_light(self, what, wanted, patience):
        """Seconds until the status light has these colours."""
        began = time.monotonic()
        while (lit := self.light()) != wanted:
            assert time.monotonic() - began < patience, f"not within {patience} s: {what}; lit are {lit}"
        return time.monotonic() - began

    def waits_for_picture(self, name, wanted, patience):
        """Seconds until what the television shows is as wanted; the last look is kept in a file."""
        began = time.monotonic()
        while not wanted(self.picture(name)):
            assert time.monotonic() - began < patience, f"not within {patience} s on the television: {self.folder}/{name}.ppm"
            time.sleep(BETWEEN_LOOKS_S)
        return time.monotonic() - began

    def watches_light(self, seconds):
        """The colours that were lit at each of many looks."""
        until, lit = time.monotonic() + seconds, []
        while time.monotonic() < until:
            lit.append(self.light())
        return lit

    def light(self):
        """The colours of the status light that are lit."""
        return self.lamps() & {"red", "green", "blue"}

    def lamps(self):
        """The names of the lamps that are lit."""
        values = self.does("lamps; echo $lit")
        return {name for name, value in zip(LAMPS, values) if value == "1"}

    def press(self, button, wanted="*", mark="''", bounces=""):
        """Presses a button, whose contact may bounce, and lets it go; the milliseconds until the lamps, in their order, were
        as the pattern wants them, and those of the slowest bounce, in the board's own time."""
        after, bounced = self.does(f"press {BUTTONS[button]} '{wanted}' {mark} {bounces}").split()
        assert after != "never", f"pressed {button}, and three seconds later the lamps are not {wanted} but {self.lamps()}"
        return int(after), int(bounced)

    def service(self, what):
        return self.does(f"systemctl show --value --property={what} estrade-room")

    def picture(self, name):
        """What the television shows; kept in a file."""
        return self.shows(self.folder / f"{name}.ppm", "gpu")
