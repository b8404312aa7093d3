"""Debian 13 with every tool that makes a card, as a folder: compilers for arm64, packagers, file systems, emulators.

It is made once for each list of packages and kept in the build folder. What runs in it sees itself as root, sees this clone
at its own place, and changes nothing on the machine: its mounts, its process numbers and its table of foreign programs are its own.
"""

import ctypes
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = [
    "deb http://deb.debian.org/debian trixie main",
    "deb http://deb.debian.org/debian trixie-updates main",
    "deb http://security.debian.org/debian-security trixie-security main",
]
# By the name of a list beside this file.
ARCHITECTURES = {"workshop": ["amd64", "arm64"], "workshop-amd64": ["amd64"]}
# Of unshare(2), mount(2) and prctl(2).
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID = 0x00020000, 0x10000000, 0x20000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1
# An ELF program of 64 bits for AArch64, and what runs it: opened at once (F), with the program's own credentials (C) and name (P).
ARM64 = (rb":estrade-arm64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00"
         rb":\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64:FPC")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"

libc = ctypes.CDLL(None, use_errno=True)


class Workshop:
    """The folder, ready to work in."""

    def __init__(self, kept, name="workshop"):
        packages, architectures = listed(name), ARCHITECTURES[name]
        version = hashlib.sha256(repr([packages, SOURCES, architectures]).encode()).hexdigest()[:12]
        self.folder = kept / f"{name}.{version}"
        if not self.folder.exists():
            make(self.folder, packages, architectures)
            for old in kept.glob(f"{name}.*"):
                if old != self.folder:
                    shutil.rmtree(old)

    def run(self, command, environment=(), capture=False):
        """Runs a command in it, in this clone's folder; its output where `capture`.

        Ends the program with what failed when the command does not succeed.
        """
        print("==", " ".join(map(str, command)), file=sys.stderr, flush=True)
        done = subprocess.run(self.inside(command, environment), cwd=ROOT, stdout=subprocess.PIPE if capture else None, text=True)
        if done.returncode != 0:
            sys.exit(f"{command[0]} failed ({done.returncode}); what it said stands above")
        return done.stdout

    def inside(self, command, environment=()):
        """The command that runs another one in it, which ends with this program."""
        clean = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root",
                 "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "DEBUGINFOD_URLS": "", **dict(environment)}
        settings = [f"{name}={value}" for name, value in clean.items()]
        return ["env", "-i", *settings, sys.executable, __file__, str(self.folder), *map(str, command)]


def listed(name):
    """The packages of a list in `board/packages`, or of one beside this file."""
    [file] = [file for place in ["packages", "image"] if (file := ROOT / "board" / place / f"{name}.txt").exists()]
    lines = file.read_text().splitlines()
    return [package for line in lines if (package := line.split("#")[0].strip())]


def make(folder, packages, architectures):
    print(f"== {folder.name}: Debian 13 and {len(packages)} packages, once (a few minutes)", file=sys.stderr, flush=True)
    new = folder.with_name("new-workshop")
    shutil.rmtree(new, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mmdebstrap", "--mode=root", "--variant=apt", f"--architectures={','.join(architectures)}",
                    f"--include={','.join(packages)}", "--aptopt=Apt::Install-Recommends \"false\"",
                    "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
                    "--dpkgopt=path-exclude=/usr/share/locale/*", "trixie", new, *SOURCES], check=True)
    new.rename(folder)


def enter(folder, command):
    """Becomes `command` inside the folder, in namespaces of its own."""
    asked, made = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        libc.prctl(PR_SET_PDEATHSIG, 9)
        check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID), "unshare")
        os.write(asked[1], b".")
        os.read(made[0], 1)
        os.setgid(0)
        os.setuid(0)
        # The new process numbers begin with the next child.
        grandchild = os.fork()
        if grandchild == 0:
            libc.prctl(PR_SET_PDEATHSIG, 9)
            prepare(folder)
            os.execvp(command[0], command)
        os._exit(os.waitstatus_to_exitcode(os.waitpid(grandchild, 0)[1]) & 255)
    os.close(asked[1])
    if os.read(asked[0], 1) != b".":
        sys.exit("this machine lets nobody make namespaces")
    for name in ["uid_map", "gid_map"]:
        pathlib.Path(f"/proc/{child}/{name}").write_text("0 0 65536\n")
    os.write(made[1], b".")
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)


def prepare(folder):
    inside = pathlib.Path(folder)
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    for place in ["/dev", "/sys", str(ROOT)]:
        (inside / place[1:]).mkdir(parents=True, exist_ok=True)
        mount(place, inside / place[1:], None, MS_BIND | MS_REC)
    mount("proc", inside / "proc", "proc")
    mount("tmpfs", inside / "tmp", "tmpfs")
    # Names and certificates as on the machine, whose network may have its own.
    for file in ["/etc/resolv.conf", CERTIFICATES]:
        if pathlib.Path(file).exists():
            (inside / file[1:]).touch()
            mount(os.path.realpath(file), inside / file[1:], None, MS_BIND)
    table = inside / "proc/sys/fs/binfmt_misc"
    if (inside / "usr/bin/qemu-aarch64").exists() and not runs_arm64():
        # Each user namespace has a table of its own since Linux 6.7.
        mount("binfmt_misc", table, "binfmt_misc")
    os.chroot(inside)
    os.chdir(ROOT)
    register = pathlib.Path("/proc/sys/fs/binfmt_misc/register")
    if register.exists():
        register.write_bytes(ARM64)


def runs_arm64():
    """Whether the machine runs programs for arm64 already, by itself or by qemu-user-static's entry."""
    entries = pathlib.Path("/proc/sys/fs/binfmt_misc")
    return os.uname().machine == "aarch64" or any("aarch64" in entry.name for entry in entries.glob("*"))


def mount(source, target, kind, flags=0):
    check(libc.mount(os.fsencode(source), os.fsencode(target), kind and kind.encode(), flags, None), f"mount {target}")


def check(result, what):
    if result != 0:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    enter(sys.argv[1], sys.argv[2:])
