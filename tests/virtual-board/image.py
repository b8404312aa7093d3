"""What the virtual board is made of: Debian 13 with the box's packages, kept; this program and its units, laid over it each time."""

import array
import hashlib
import pathlib
import shutil
import subprocess
import wave

from guest import make_initrd, modules_for, output

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tests/virtual-board"
SOURCES = [
    "deb http://deb.debian.org/debian trixie main",
    "deb http://deb.debian.org/debian trixie-updates main",
    "deb http://security.debian.org/debian-security trixie-security main",
    # Only its kernel has gpio-sim.
    "deb http://deb.debian.org/debian trixie-backports main",
]
# A system with its tools to make and look at hardware; what the box itself needs says board/packages/run.txt.
PACKAGES = ["systemd-sysv", "udev", "kmod", "iproute2", "e2fsprogs", "alsa-utils", "v4l-utils",
            "linux-modules-amd64/trixie-backports"]
# Before systemd comes: the disks, what is laid over them, and the line over which the board is driven.
EARLY = ["virtio_pci", "virtio_blk", "ext4", "overlay", "virtio_console"]
# Sparse; with less free the doctor would warn.
DISK_MB = 1024
# What a box's image leaves out, too, and emulation makes slow.
IDLE = ["apt-daily.timer", "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer",
        "systemd-logind.service", "systemd-pcrphase.service", "systemd-pcrphase-sysinit.service", "ldconfig.service",
        "systemd-hwdb-update.service", "systemd-journal-catalog-update.service", "systemd-update-done.service",
        "systemd-binfmt.service", "systemd-hostnamed.socket", "systemd-sysext.socket", "modprobe@fuse.service",
        "modprobe@efi_pstore.service", "e2scrub_reap.service", "getty-static.service", "systemd-remount-fs.service",
        "systemd-user-sessions.service", "dbus.service", "dbus.socket"]
HOOKS = [
    # Its dependencies would make an initrd, which takes minutes: ours is made in a second.
    'chroot "$1" sh -c "apt-get install --yes linux-binary-\\$(ls /usr/lib/modules)"',
    # What the service would find out at its first start, in its own cache.
    'chroot "$1" env XDG_CACHE_HOME=/var/cache/estrade gst-inspect-1.0 > /dev/null',
]

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
mkdir /base /layer /rw
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in $(cat /modules); do insmod /lib/$module; done
mount -t ext4 -o ro /dev/vda /base; mount -t ext4 -o ro /dev/vdb /layer
mount -t tmpfs tmpfs /rw; mkdir /rw/upper /rw/work
mount -t overlay -o lowerdir=/layer:/base,upperdir=/rw/upper,workdir=/rw/work overlay /root
for folder in dev proc sys; do mount --move /$folder /root/$folder; done
exec switch_root /root /sbin/init
"""


class Base:
    """Debian 13 as one disk, its kernel, and the first file system; made once for each list of packages."""

    def __init__(self, folder):
        listed = (ROOT / "board/packages/run.txt").read_text()
        packages = PACKAGES + [line.split("#")[0].strip() for line in listed.splitlines()]
        packages = ",".join(filter(None, packages))
        version = hashlib.sha256(repr([packages, SOURCES, HOOKS]).encode()).hexdigest()[:12]
        kept = folder / f"debian-{version}"
        if not kept.exists():
            for old in folder.glob("debian-*"):
                shutil.rmtree(old)
            make(kept, packages)
        self.disk = kept / "root.ext2"
        [modules] = kept.glob("lib/modules/*")
        self.kernel = modules / "vmlinuz"
        self.initrd = make_initrd(folder, modules_for(kept, modules.name, EARLY), INIT)


def make(kept, packages):
    new = kept.with_name("debian-new")
    (new / "lib").mkdir(parents=True)
    subprocess.run(
        ["mmdebstrap", "--variant=minbase", "--format=ext2", f"--include={packages}",
         "--aptopt=Apt::Install-Recommends \"false\"",
         "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
         "--dpkgopt=path-exclude=/usr/share/locale/*",
         *(f"--customize-hook={hook}" for hook in HOOKS),
         f"--customize-hook=copy-out /usr/lib/modules {new}/lib",
         "trixie", new / "root.ext2", *SOURCES], check=True)
    new.rename(kept)


def make_layer(folder, program, settings):
    """A disk with the program, the box's units as they are, its settings, and what makes the virtual hardware."""
    root = folder / "layer"
    shutil.rmtree(root, ignore_errors=True)
    for part in [ROOT / "board/units", HERE / "layer"]:
        shutil.copytree(part, root, dirs_exist_ok=True)
    (root / "usr/bin").mkdir(exist_ok=True)
    subprocess.run(["objcopy", "--strip-debug", program, root / "usr/bin/estrade"], check=True)
    (root / "etc/estrade").mkdir()
    (root / "etc/estrade/room.toml").write_text(settings)
    shutil.copy(ROOT / "board/devices/virtual/pins.toml", root / "etc/estrade")
    wants = root / "etc/systemd/system/multi-user.target.wants"
    wants.mkdir(parents=True)
    for unit in ["estrade-room", "agent", "hardware", "voice"]:
        (wants / f"{unit}.service").symlink_to(f"/usr/lib/systemd/system/{unit}.service")
    for unit in IDLE:
        (root / "etc/systemd/system" / unit).symlink_to("/dev/null")
    make_voice(root / "usr/lib/board/voice.wav")
    return make_disk(folder / "layer.ext4", root, 192)


def make_voice(file):
    """Somebody who talks for half a minute, as six microphones hear it."""
    words = "Bonsoir à toutes et à tous, et merci d'être venus si nombreux. " * 8
    said, wide = file.with_name("said.wav"), file.with_name("wide.wav")
    subprocess.run(["espeak-ng", "-v", "fr", "-w", said, words], check=True)
    subprocess.run(["gst-launch-1.0", "-q", "filesrc", f"location={said}", "!", "wavparse", "!", "audioconvert", "!",
                    "audioresample", "!", "audio/x-raw,format=S16LE,rate=48000,channels=1", "!", "wavenc", "!",
                    "filesink", f"location={wide}"], check=True)
    with wave.open(str(wide)) as one, wave.open(str(file), "wb") as six:
        samples = array.array("h", one.readframes(one.getnframes()))
        frames = array.array("h", bytes(12 * len(samples)))
        for channel in range(6):
            frames[channel::6] = samples
        six.setparams((6, 2, 48000, 0, "NONE", None))
        six.writeframes(frames.tobytes())
    said.unlink()
    wide.unlink()


def make_data(folder):
    """The box's data partition, empty."""
    root = folder / "data"
    for name in ["estrade", "journal"]:
        (root / name).mkdir(parents=True, exist_ok=True)
    return make_disk(folder / "data.ext4", root, DISK_MB)


def make_disk(file, root, size_mb):
    file.unlink(missing_ok=True)
    output("/sbin/mke2fs", "-q", "-t", "ext4", "-E", "root_owner=0:0", "-d", root, file, f"{size_mb}M")
    return file
