"""The card: one disk image for a Raspberry Pi 4 or 5, of which the same sources make the same bytes.

Four partitions: `boot` (FAT: the board's firmware, U-Boot, `room.toml`), systems A and B (ext4, never mounted writable: kernel, first
programs, a squashfs with everything else), `data` (ext4). B is empty on a new card.
"""

import gzip
import hashlib
import lzma
import os
import pathlib
import re
import shutil
import subprocess

import picture
import release
from workshop import ROOT, SOURCES, listed

HERE = ROOT / "board/image"
# In the card's first sector; how its first program finds it.
CARD = "e57ade01"
BOOT_MB, SYSTEM_MB, DATA_MB = 64, 512, 64
# Unpacking is most of the work, and would be emulated: the workshop's own dpkg-deb does it.
UNPACK = [
    """--essential-hook=cd "$1" && mv usr/bin/dpkg-deb usr/bin/dpkg-deb.arm64 && cp /usr/bin/dpkg-deb usr/bin/ &&
       mkdir -p usr/lib64 usr/lib/x86_64-linux-gnu && ln -s usr/lib64 lib64 && cp -L /lib64/ld-linux-x86-64.so.2 lib64/ &&
       cp -L $(ldd /usr/bin/dpkg-deb | awk '/=> /{print $3}') usr/lib/x86_64-linux-gnu/""",
    """--customize-hook=cd "$1" && mv usr/bin/dpkg-deb.arm64 usr/bin/dpkg-deb && rm -r lib64 usr/lib64 usr/lib/x86_64-linux-gnu""",
]
# Not part of the system: the boot partition's.
FIRMWARE = ["raspi-firmware", "u-boot-rpi"]
# Of these families of drivers only what a Raspberry Pi, or the emulated machine that tries the card, has; and none of the others.
KEPT_DRIVERS = {
    "net/ethernet": ["broadcom", "cadence"],
    "net/wireless": ["broadcom"],
    "gpu/drm": ["bridge", "clients", "display", "scheduler", "tiny", "v3d", "vc4", "virtio"],
    "media": ["cec", "common", "i2c", "mc", "platform", "test-drivers", "usb", "v4l2-core"],
}
NO_DRIVERS = ["ata", "infiniband", "mtd", "nvme", "scsi/megaraid", "scsi/mpt3sas", "scsi/qla2xxx", "scsi/lpfc", "target"]

def make(workshop, kept, keys, flavour, packages, metadata, version, seconds, url):
    """Makes `estrade.img` and what lies beside it: an update for cards of the same keys, a packed image, the list of what is in it."""
    make_keys(workshop, keys)
    folder = kept / "card"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    debian = make_debian(workshop, kept, flavour)
    root = folder / "root"
    root.mkdir()
    subprocess.run(["tar", "-C", root, "-xf", debian / "root.tar"], check=True)
    make_system(workshop, root, keys, packages, version, seconds)
    slot = make_slot(workshop, folder, root, flavour, version, seconds)
    image = make_image(workshop, folder, debian, seconds)
    update = make_update(workshop, folder, keys, slot, version)
    for old in kept.glob("estrade-*.raucb"):
        old.unlink()
    image, update = (file.rename(kept / file.name) for file in [image, update])
    bill = kept / "estrade.cdx.json"
    bill.write_text(release.bill(root, debian / "firmware", metadata, version, seconds))
    packed = release.make(workshop, kept, image, version, seconds, url)
    for file in [image, packed, update, bill]:
        print(f"{file}  {file.stat().st_size / 1_000_000:.1f} MB  sha256 {release.digest(file)}")


def make_keys(workshop, keys):
    """What updates are signed with, made once: whoever loses it cannot update the cards that know it."""
    if (keys / "updates.key.pem").exists():
        return
    keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    # A box has no clock until it has a network: its day may be any since 2020.
    workshop.run(["openssl", "req", "-x509", "-newkey", "rsa:3072", "-nodes", "-subj", "/CN=Estrade updates", "-not_before", "20200101000000Z",
                  "-not_after", "21200101000000Z", "-keyout", keys / "updates.key.pem", "-out", keys / "updates.pem"])
    os.chmod(keys / "updates.key.pem", 0o600)
    print(f"{keys} has the key that signs updates of the cards made with it: keep a copy of it in a safe place")


def make_update(workshop, folder, keys, slot, version):
    """A bundle of RAUC's: the system as it lies in a partition, signed."""
    bundle = folder / "bundle"
    bundle.mkdir()
    os.link(slot, bundle / "system.img")
    (bundle / "manifest.raucm").write_text(f"[update]\ncompatible=estrade-pi\nversion={semantic(version)}\n\n"
                                           "[bundle]\nformat=plain\n\n[image.system]\nfilename=system.img\n")
    file = folder / f"estrade-{version}.raucb"
    workshop.run(["rauc", "bundle", f"--cert={keys}/updates.pem", f"--key={keys}/updates.key.pem", bundle, file])
    return file


def semantic(version):
    """0.1.20261129.2145 as RAUC compares versions (semver.org): 0.1.20261129-2145."""
    day, minute = version.rsplit(".", 1)
    return f"{day}-{minute}"


def make_debian(workshop, kept, flavour):
    """The card's Debian without anything of ours, kept for each list of packages: `root.tar`, and `firmware`, what only the boot partition has."""
    packages = [*listed("run"), *listed("card"), *flavour.packages]
    sources = [*SOURCES, *flavour.sources]
    version = hashlib.sha256(repr([packages, sources, flavour.hooks, FIRMWARE]).encode()).hexdigest()[:12]
    folder = kept / f"debian-{version}"
    if folder.exists():
        return folder
    for old in kept.glob("debian-*"):
        shutil.rmtree(old)
    new = kept / "debian-new"
    (new / "firmware").mkdir(parents=True)
    fetch = f'cd {new}/firmware && APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get download {" ".join(FIRMWARE)}'
    workshop.run(["mmdebstrap", "--mode=root", "--variant=minbase", "--architectures=arm64", "--format=tar",
                  f"--include={','.join(packages)}", "--aptopt=Apt::Install-Recommends \"false\"",
                  "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
                  "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
                  "--dpkgopt=path-exclude=/usr/share/info/*",
                  *(f"--customize-hook={hook}" for hook in [*flavour.hooks, fetch]), *UNPACK, "trixie", new / "root.tar", *sources])
    for file in (new / "firmware").glob("*.deb"):
        workshop.run(["dpkg-deb", "--extract", file, new / "firmware"])
        file.unlink()
    new.rename(folder)
    return folder


def make_system(workshop, root, keys, packages, version, seconds):
    """Lays what is ours over Debian, switches on what a box starts, and takes out what differs from one making to the next."""
    for file in packages[:2]:
        shutil.copy(file, root / "tmp")
    names = [f"/tmp/{file.name}" for file in packages[:2]]
    workshop.run(["chroot", root, "dpkg", "--install", *names], {"SOURCE_DATE_EPOCH": str(seconds)})
    prune(workshop, root)
    shutil.copytree(HERE / "overlay", root, dirs_exist_ok=True, symlinks=True)
    picture.make(workshop, root / "usr/share/estrade/first")
    (root / "etc/estrade").mkdir(exist_ok=True)
    (root / "etc/estrade/version").write_text(f"{version}\n")
    shutil.copy(keys / "updates.pem", root / "etc/rauc/keyring.pem")
    settings = root / "etc/rauc/system.conf"
    settings.write_text(settings.read_text().replace("@VERSION@", semantic(version)))
    workshop.run(["chroot", root, "systemd-sysusers"], {"SOURCE_DATE_EPOCH": str(seconds)})
    workshop.run(["chroot", root, "systemctl", "preset-all"])
    for name in ["tmp", "var/tmp", "var/log", "var/cache/apt", "var/lib/apt/lists", "var/cache/debconf", "run"]:
        for entry in (root / name).iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    for name in ["etc/resolv.conf", "var/cache/ldconfig/aux-cache", "etc/.pwd.lock", "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend",
                 "var/lib/dpkg/triggers/Lock"]:
        (root / name).unlink(missing_ok=True)
    for old in [*root.glob("var/lib/dpkg/*-old"), *root.glob("etc/*-")]:
        old.unlink()
    (root / "etc/machine-id").write_text("")
    (root / "etc/hostname").write_text("estrade\n")
    # Nothing here opens files by GIO, and what is written down of this plug-in changes with each making.
    (root / "usr/lib/aarch64-linux-gnu/gstreamer-1.0/libgstgio.so").unlink()
    # The plug-ins' times are written down beside what they can do, and compared at each start.
    level(root, seconds)
    workshop.run(["chroot", root, "env", "XDG_CACHE_HOME=/var/cache/estrade", "gst-inspect-1.0", "opusenc"], capture=True)
    workshop.run(["chroot", root, "chown", "-R", "estrade:estrade", "/var/cache/estrade"])
    level(root, seconds)


def prune(workshop, root):
    """Takes out drivers of hardware that no box has: a third of the kernel."""
    [modules] = root.glob("usr/lib/modules/*")
    drivers = modules / "kernel/drivers"
    for family, kept in KEPT_DRIVERS.items():
        for entry in (drivers / family).iterdir():
            if entry.is_dir() and entry.name not in kept:
                shutil.rmtree(entry)
    for family in NO_DRIVERS:
        shutil.rmtree(drivers / family, ignore_errors=True)
    workshop.run(["depmod", "-b", root, modules.name])


def level(root, seconds):
    """Gives each file the same time."""
    for place, folders, files in os.walk(root):
        for name in [*folders, *files]:
            os.utime(f"{place}/{name}", (seconds, seconds), follow_symlinks=False)


def make_slot(workshop, folder, root, flavour, version, seconds):
    """A system as it lies in a partition, and in an update."""
    slot = folder / "slot"
    slot.mkdir()
    [modules] = root.glob("usr/lib/modules/*")
    (slot / "vmlinuz.gz").write_bytes(flavour.packed_kernel(root, modules.name))
    (slot / "initrd.img").write_bytes(make_initrd(workshop, folder, root, flavour, modules.name, seconds))
    shutil.copy(HERE / "cmdline.txt", slot)
    (slot / "version").write_text(f"{version}\n")
    trees = root / flavour.trees.format(version=modules.name)
    shutil.copytree(trees, folder / "trees")
    shutil.rmtree(trees.parent)
    (root / flavour.kernel.format(version=modules.name)).unlink()
    for name in ["System.map", "config"]:
        (modules / name).unlink(missing_ok=True)
    workshop.run(["mksquashfs", root, slot / "system.squashfs", "-noappend", "-quiet", "-no-progress", "-comp", "zstd", "-Xcompression-level", "19",
                  "-all-time", seconds, "-mkfs-time", seconds, "-processors", os.cpu_count()])
    level(slot, seconds)
    file = folder / "system.ext4"
    make_ext4(workshop, file, SYSTEM_MB, "system", seconds, slot)
    return file


def make_initrd(workshop, folder, root, flavour, kernel, seconds):
    inside = folder / "initrd"
    for name in ["bin", "lib", "proc", "sys", "dev", "slot", "system", "memory", "root"]:
        (inside / name).mkdir(parents=True)
    shutil.copy(workshop.folder / "usr/bin/busybox", inside / "bin")
    for name in ["sh", "mount", "umount", "insmod", "mkdir", "switch_root", "sleep", "cat", "echo", "dd", "hexdump", "sha256sum", "cut", "zcat"]:
        (inside / "bin" / name).symlink_to("busybox")
    names = []
    for module in flavour.early:
        shown = workshop.run(["modprobe", "-d", root, "-S", kernel, "--show-depends", module], capture=True)
        for file in re.findall(r"insmod (\S+)", shown):
            name = pathlib.Path(file).name.removesuffix(".xz")
            if name not in names:
                names.append(name)
                (inside / "lib" / name).write_bytes(lzma.decompress(pathlib.Path(file).read_bytes()))
    (inside / "modules").write_text("\n".join(names) + "\n")
    (inside / "card").write_text(f"{CARD}\n")
    shutil.copy(HERE / "init", inside)
    level(inside, seconds)
    archive = folder / "initrd.cpio"
    workshop.run(["sh", "-c", f"cd {inside} && find . -mindepth 1 | LC_ALL=C sort | cpio --create --format=newc --reproducible --quiet "
                  f"--owner=+0:+0 --file={archive}"])
    return gzip.compress(archive.read_bytes(), 9, mtime=0)


def make_ext4(workshop, file, size_mb, label, seconds, content=None):
    """A file system whose numbers come from its label and time, not from chance."""
    number = hashlib.sha256(f"{label} {seconds}".encode()).hexdigest()
    name = f"{number[:8]}-{number[8:12]}-{number[12:16]}-{number[16:20]}-{number[20:32]}"
    workshop.run(["mke2fs", "-q", "-t", "ext4", "-m", "0", "-L", f"estrade-{label}", "-U", name,
                  "-E", f"root_owner=0:0,hash_seed={name}", *(["-d", content] if content else []), file, f"{size_mb}M"],
                 {"SOURCE_DATE_EPOCH": str(seconds)})


def make_image(workshop, folder, debian, seconds):
    boot = folder / "boot"
    boot.mkdir()
    firmware = debian / "firmware/usr/lib"
    for name in ["start4.elf", "fixup4.dat"]:
        shutil.copy(firmware / "raspi-firmware" / name, boot)
    shutil.copy(firmware / "u-boot/rpi_arm64/u-boot.bin", boot)
    for board in ["bcm2711-rpi-4-b", "bcm2712-rpi-5-b", "bcm2712-d-rpi-5-b"]:
        shutil.copy(folder / "trees" / f"{board}.dtb", boot)
    shutil.copy(HERE / "config.txt", boot)
    shutil.copy(HERE / "room.toml", boot)
    epoch = {"SOURCE_DATE_EPOCH": str(seconds), "TZ": "UTC"}
    workshop.run(["mkimage", "-q", "-A", "arm64", "-T", "script", "-C", "none", "-n", "estrade", "-d", HERE / "boot.cmd", boot / "boot.scr"], epoch)
    workshop.run(["mkenvimage", "-s", "0x4000", "-o", boot / "uboot.env", HERE / "uboot.env.txt"])
    level(boot, seconds)
    fat = folder / "boot.vfat"
    workshop.run(["mkfs.vfat", "-F", "32", "-n", "ESTRADE", "-i", CARD, "--invariant", "-C", fat, BOOT_MB * 1024], epoch)
    workshop.run(["mcopy", "-smQ", "-i", fat, *sorted(boot.iterdir()), "::"], epoch)
    make_ext4(workshop, folder / "data.ext4", DATA_MB, "data", seconds)
    (folder / "genimage.cfg").write_text(f"""image estrade.img {{
    hdimage {{ partition-table-type = "mbr" disk-signature = 0x{CARD} align = 4M }}
    partition boot {{ partition-type = 0xC bootable = true image = "boot.vfat" }}
    partition a {{ partition-type = 0x83 image = "system.ext4" size = {SYSTEM_MB}M }}
    partition b {{ partition-type = 0x83 size = {SYSTEM_MB}M }}
    partition data {{ partition-type = 0x83 image = "data.ext4" }}
}}
""")
    (folder / "empty").mkdir()
    workshop.run(["genimage", "--config", folder / "genimage.cfg", "--inputpath", folder, "--outputpath", folder, "--rootpath", folder / "empty",
                  "--tmppath", folder / "tmp"], epoch)
    return folder / "estrade.img"
