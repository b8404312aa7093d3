"""The card in QEMU's Raspberry Pi 4, as far as that goes: no HDMI, no network, no firmware. The kernel is started as U-Boot would."""

import gzip
import socket

from box import Box
from guest import Machine

# Blocks of the real board that QEMU does not model; the kernel would wait for them, or fall over them.
ABSENT = ["pixelvalve", "hvs", "dvp", "l2-intc", "hdmi", "2711-vc5", "v3d", "bcm2835-txp", "vchiq", "unicam", "dsi", "vec", "avs-monitor"]
FOLDERS = ["/", "/soc", "/scb", "/v3dbus"]
# QEMU has the card where the real board has its Wi-Fi.
SLOT, NO_SLOT = "/soc/mmc@7e300000", "/emmc2-bus@fe000000/mmc@7e340000"
# Two emulated processors of four: more do not fit on two real ones. The shell has the only serial line that works there.
CMDLINE = ("quiet loglevel=1 systemd.show_status=0 systemd.debug_shell=ttyAMA0 systemd.mask=serial-getty@ttyAMA0.service "
           # Its watchdog starts a machine anew as soon as it is switched on.
           "maxcpus=2 nowatchdog systemd.watchdog_sec=0 systemd.condition-needs-update=no estrade.system=A")


class Pi(Box):
    """A Raspberry Pi 4 that runs from now on."""

    def __init__(self, folder, workshop, card, made):
        self.folder = folder
        kernel = folder / "vmlinuz"
        kernel.write_bytes(gzip.decompress((made / "card/slot/vmlinuz.gz").read_bytes()))
        tree = make_tree(workshop, made / "card/trees/bcm2711-rpi-4-b.dtb", folder / "qemu.dtb")
        ours, theirs = socket.socketpair()
        Machine.__init__(
            self,
            workshop.inside(
                ["qemu-system-aarch64", "-M", "raspi4b", "-accel", "tcg,thread=multi", "-no-reboot",
                 "-kernel", kernel, "-dtb", tree, "-initrd", made / "card/slot/initrd.img", "-append", CMDLINE,
                 "-drive", f"file={card.file},if=sd,format=raw",
                 "-chardev", f"socket,id=shell,fd={theirs.fileno()}", "-serial", "chardev:shell", "-serial", "null"]),
            pass_fds=[theirs.fileno()])
        theirs.close()
        self.begins(ours)


def make_tree(workshop, source, target):
    """A copy of the board's device tree without what QEMU lacks."""
    orders = ["set -e", f"cp {source} {target}"]
    listed = workshop.run(["sh", "-c", "; ".join(
        f"for node in $(fdtget -l {source} {place} 2>/dev/null); do "
        f"echo {place.rstrip('/')}/$node $(fdtget {source} {place.rstrip('/')}/$node compatible 2>/dev/null); done" for place in FOLDERS)],
        capture=True)
    for line in listed.splitlines():
        node, _, compatible = line.partition(" ")
        if any(name in compatible for name in ABSENT):
            orders.append(f"fdtput -t s {target} {node} status disabled")
    # Its supplies are the firmware's to switch.
    orders += [f"fdtput -d {target} {SLOT} {name}" for name in ["mmc-pwrseq", "non-removable"]]
    orders += [f"for child in $(fdtget -l {target} {SLOT}); do fdtput -r {target} {SLOT}/$child; done",
               f"fdtput {target} {SLOT} broken-cd", f"fdtput -t s {target} {SLOT} status okay",
               f"fdtput -t s {target} {NO_SLOT} status disabled",
               # The serial line belongs to the shell, not to Bluetooth; the other one hangs in QEMU.
               f"fdtput -r {target} /soc/serial@7e201000/bluetooth", f"fdtput -t s {target} /soc/serial@7e215040 status disabled",
               # What the firmware writes down on a real one.
               f"fdtput -t s {target} / serial-number 10000000e57ade01"]
    workshop.run(["sh", "-c", "\n".join(orders)])
    return target
