"""Updates that a box should take, and some that it should not, each on a USB stick."""

import os
import shutil

import card

# Less than any card's own; and more.
OLD, NEW = "0.0.20200101.0000", "0.1.20991231.{:04}"
# As RAUC writes that of the empty one.
EMPTY = "0.1.20991231-0003"


class Updates:
    """Makes them from what `make image` left in its folder."""

    def __init__(self, workshop, made, keys, folder):
        self.workshop, self.made, self.keys = workshop, made, keys
        self.folder = folder / "updates"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()

    def bundle(self, name):
        """The update of this name."""
        folder = self.folder / name
        if not folder.exists():
            getattr(self, f"make_{name}")(folder)
        [bundle] = folder.glob("*.raucb")
        return bundle

    def stick(self, name):
        """An image of a stick with the update of this name."""
        bundle, stick = self.bundle(name), self.folder / f"{name}.stick"
        if not stick.exists():
            self.workshop.run(["mkfs.vfat", "-C", stick, bundle.stat().st_size // 1024 + 8192])
            self.workshop.run(["mcopy", "-i", stick, bundle, "::"])
        return stick

    def make_newer(self, folder):
        """The same system once more, by a newer name."""
        return self.packed(folder, NEW.format(1))

    def make_older(self, folder):
        return self.small(folder, self.keys, OLD)

    def make_foreign(self, folder):
        """Signed by somebody else."""
        card.make_keys(self.workshop, folder / "keys")
        return self.small(folder, folder / "keys", NEW.format(0))

    def make_damaged(self, folder):
        """Half of its system is missing, though its signature is right: its first program finds nothing to start."""
        slot = self.slot(folder)
        os.truncate(slot / "system.squashfs", 1 << 20)
        return self.pack(folder, slot, NEW.format(2))

    def make_empty(self, folder):
        """It starts, but has no box in it."""
        return self.packed(folder, NEW.format(3), "usr/bin/estrade")

    def packed(self, folder, version, *without):
        """The card's system by another name, packed quickly."""
        slot = self.slot(folder)
        (slot / "system.squashfs").unlink()
        self.workshop.run(["mksquashfs", self.made / "card/root", slot / "system.squashfs", "-noappend", "-quiet", "-no-progress",
                           "-comp", "zstd", "-Xcompression-level", "1", "-p", f"etc/estrade/version f 644 0 0 echo {version}",
                           "-e", "etc/estrade/version", *without])
        return self.pack(folder, slot, version)

    def slot(self, folder):
        slot = folder / "slot"
        shutil.copytree(self.made / "card/slot", slot)
        return slot

    def pack(self, folder, slot, version):
        card.make_ext4(self.workshop, folder / "system.ext4", card.SYSTEM_MB, "system", 0, slot)
        return card.make_update(self.workshop, folder, self.keys, folder / "system.ext4", version)

    def small(self, folder, keys, version):
        folder.mkdir(exist_ok=True)
        # Nothing that compresses: RAUC takes no bundle without content.
        (folder / "system.ext4").write_bytes(os.urandom(1 << 20))
        return card.make_update(self.workshop, folder, keys, folder / "system.ext4", version)

