"""Whose kernel a card has: everything in which one flavour differs from the other.

`debian` is Debian's own, from its backports: only that one knows the Raspberry Pi 5's card slot and pins, and gpio-sim. `raspios` is
Raspberry Pi's, which also has the camera on the ribbon (libcamera), the Raspberry Pi 4's H.264 encoder, and what rppal needs.
"""

import gzip
import pathlib
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass

from workshop import ROOT

# Loaded by the first program before it looks for the card: card slots and their supplies, file systems. Of an emulated machine also
# its network, by whose address it is known (it has no serial number), and its screen, which on a board U-Boot hands over.
EMULATED = ["virtio_mmio", "virtio_blk", "virtio_net", "virtio_gpu"]
SYSTEM = ["loop", "squashfs", "overlay"]


@dataclass(frozen=True)
class Flavour:
    """Where kernel and firmware come from, and where their packages put them."""

    sources: list
    packages: list
    # Of what mmdebstrap calls hooks: what is done in the new system after its packages are there.
    hooks: list
    early: list
    # Where kernel and device trees lie, under `usr/lib/modules/VERSION` or beside it.
    kernel: str
    trees: str
    # Asked for before anything is made, and the key that signs what is there; none where Debian's own archive has it all.
    archive: str = ""
    key: pathlib.Path = None

    def ready(self):
        """Ends the program where this flavour cannot be made here."""
        if not self.archive:
            return
        try:
            urllib.request.urlopen(f"{self.archive}/dists/trixie/InRelease", timeout=20).close()
        except (urllib.error.URLError, TimeoutError, OSError) as error:
            sys.exit(f"the flavour raspios needs {self.archive}, which cannot be reached from here ({error}); FLAVOUR=debian does without")
        if not self.key.exists():
            sys.exit(f"{self.key} is missing: the key of {self.archive}, from its package raspberrypi-archive-keyring")

    def packed_kernel(self, root, version):
        """The kernel as U-Boot unpacks it."""
        data = (root / self.kernel.format(version=version)).read_bytes()
        return data if data[:2] == b"\x1f\x8b" else gzip.compress(data, 9, mtime=0)


KEY = ROOT / "keys/raspberrypi-archive-keyring.gpg"
ARCHIVE = "http://archive.raspberrypi.com/debian"
FLAVOURS = {
    "debian": Flavour(
        sources=["deb http://deb.debian.org/debian trixie-backports main", "deb http://deb.debian.org/debian trixie non-free-firmware"],
        packages=["linux-modules-arm64/trixie-backports"],
        # The kernel's dependencies would make a first file system of their own: ours is made in a second.
        hooks=['chroot "$1" sh -c "apt-get install --yes --no-install-recommends linux-binary-\\$(ls /usr/lib/modules)"'],
        early=["fixed", "gpio-regulator", "reset-raspberrypi", "pwrseq_simple", "pinctrl-brcmstb-bcm2712", "gpio-brcmstb", "irq-bcm2712-mip",
               "clk-rp1", "pinctrl-rp1", "rp1_pci", "bcm2835", "sdhci-iproc", "sdhci-brcmstb", "ext4", *EMULATED, *SYSTEM],
        kernel="usr/lib/modules/{version}/vmlinuz",
        trees="usr/lib/modules/{version}/dtb/broadcom"),
    # Never made yet: its archive could not be reached where the recipe was written.
    "raspios": Flavour(
        sources=["deb http://deb.debian.org/debian trixie non-free-firmware", f"deb [signed-by={KEY}] {ARCHIVE} trixie main"],
        packages=["linux-image-rpi-v8", "gstreamer1.0-libcamera", "libcamera-ipa"],
        hooks=[],
        # Slots and pins are built into this kernel.
        early=[*EMULATED, *SYSTEM],
        kernel="boot/vmlinuz-{version}",
        trees="usr/lib/linux-image-{version}/broadcom",
        archive=ARCHIVE,
        key=KEY),
}
