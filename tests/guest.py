"""Virtual machines for tests: everything in them is emulated, instruction by instruction."""

import json
import lzma
import pathlib
import re
import socket
import subprocess
import time

BUSYBOX = "/bin/busybox"
# Between two looks, so that looking does not take the processor from what is looked at, in seconds.
BETWEEN_LOOKS_S = 0.25
# Of a room's settings, what an emulated box has the power for: small pictures, and no gate, which alone would take more than there is.
SMALL = """
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
"""


def output(*command, cwd=None):
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout


def modules_for(root, version, names):
    """The files of these kernel modules and of those that they need, in the order of loading."""
    shown = [output("/sbin/modprobe", "-d", root, "-S", version, "--show-depends", name) for name in names]
    return list(dict.fromkeys(re.findall(r"insmod (\S+)", "".join(shown))))


def make_initrd(folder, modules, init):
    """A first file system: busybox, these kernel modules in `/lib`, their names in `/modules`, and `init`."""
    root = folder / "initrd"
    subprocess.run(["rm", "-rf", root], check=True)
    for name in ["bin", "lib", "proc", "sys", "dev", "root"]:
        (root / name).mkdir(parents=True)
    subprocess.run(["cp", BUSYBOX, root / "bin"], check=True)
    names = [pathlib.Path(file).name.removesuffix(".xz") for file in modules]
    for file, name in zip(modules, names):
        module = pathlib.Path(file).read_bytes()
        (root / "lib" / name).write_bytes(lzma.decompress(module) if file.endswith(".xz") else module)
    (root / "modules").write_text("\n".join(names))
    (root / "init").write_text(init)
    (root / "init").chmod(0o755)
    archive = folder / "initrd.cpio"
    with archive.open("wb") as file:
        names = output("find", ".", cwd=root).encode()
        subprocess.run([BUSYBOX, "cpio", "-o", "-H", "newc"], cwd=root, input=names,
                       stdout=file, stderr=subprocess.DEVNULL, check=True)
    return archive


class Machine:
    """A running QEMU without a window, and its monitor."""

    def __init__(self, command, **process):
        ours, theirs = socket.socketpair()
        inherited = [theirs.fileno(), *process.pop("pass_fds", [])]
        self.process = subprocess.Popen(
            [*command, "-display", "none", "-vga", "none",
             "-chardev", f"socket,id=qmp,fd={theirs.fileno()}", "-mon", "chardev=qmp,mode=control"],
            pass_fds=inherited, **process)
        theirs.close()
        self.began = time.monotonic()
        self.monitor = ours.makefile("rw")
        self.monitor.readline()
        self.asks("qmp_capabilities")

    def age(self):
        """Seconds since it was switched on."""
        return time.monotonic() - self.began

    def asks(self, command, **arguments):
        print(json.dumps({"execute": command, "arguments": arguments}), file=self.monitor, flush=True)
        while not {"return", "error"} & (answer := json.loads(self.monitor.readline())).keys():
            pass
        assert "return" in answer, answer

    def waits(self, what, order, wanted, patience):
        """Seconds until what an order prints is as wanted. How an order is carried out in it (`does`) is each machine's own."""
        began = time.monotonic()
        while not wanted(text := self.does(order, well=False)):
            assert time.monotonic() - began < patience, f"not within {patience} s: {what}; {order}: {text}"
            time.sleep(BETWEEN_LOOKS_S)
        return time.monotonic() - began

    def shows(self, file, device, head=0):
        """What the television at an output of the card shows now; kept in the file."""
        self.asks("screendump", filename=str(file), device=device, head=head)
        return Picture(file.read_bytes())

    def pull_the_plug(self):
        self.process.kill()
        self.process.wait()


class PC(Machine):
    """One that starts this machine's kind of kernel."""

    def __init__(self, kernel, initrd, cmdline, arguments, **process):
        super().__init__(
            ["qemu-system-x86_64", "-M", "q35", "-cpu", "Nehalem", "-accel", "tcg,thread=multi", "-smp", "2",
             "-kernel", kernel, "-initrd", initrd, "-append", f"console=ttyS0 quiet {cmdline}", *arguments],
            **process)


class Picture:
    """A PPM file of 8 bits."""

    def __init__(self, ppm):
        match = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", ppm)
        self.pixels = ppm[match.end():]

    def __eq__(self, other):
        return self.pixels == other.pixels

    def ink(self):
        """How many pixels of every seventh are nearly white."""
        return sum(min(pixel) > 200 for pixel in self.some())

    def share(self, colour):
        """What part of it has about this colour."""
        some = list(self.some())
        return sum(max(abs(a - b) for a, b in zip(pixel, colour)) < 8 for pixel in some) / len(some)

    def some(self):
        red, green, blue = (self.pixels[part::21] for part in range(3))
        return zip(red, green, blue)
