"""A data disk whose plug is pulled: what a real one may have lost, and what must be there."""

import hashlib
import json
import shutil
import struct
import subprocess

# The kernel's dm-log-writes, as QEMU's blklogwrites writes it.
SECTOR = 512
FLUSH, DISCARD = 1, 4


class Disk:
    """A disk image, and a log of all that was written to it since power came."""

    def __init__(self, file, name="data"):
        self.name = name
        self.file, self.log, self.before = file, file.with_suffix(".log"), file.with_suffix(".before")

    def power(self):
        """QEMU's arguments for this disk."""
        self.log.write_bytes(b"")
        copy(self.file, self.before)
        return ["-blockdev", f"driver=blklogwrites,node-name={self.name},file.driver=file,file.filename={self.file},"
                             f"log.driver=file,log.filename={self.log}"]

    def lose(self, chance):
        """What was flushed is there; of what came after, a disk may have kept some and lost some. How many were lost."""
        entries = list(self.entries())
        safe = max((n for n, (_, flags, _) in enumerate(entries) if flags & FLUSH), default=-1)
        lost = 0
        with self.before.open("r+b") as disk:
            for n, (sector, flags, data) in enumerate(entries):
                if n > safe and chance.random() < 0.5:
                    lost += 1
                elif not flags & DISCARD:
                    disk.seek(sector * SECTOR)
                    disk.write(data)
        self.before.replace(self.file)
        return lost

    def entries(self):
        with self.log.open("rb") as log:
            log.seek(SECTOR)
            while len(head := log.read(SECTOR)) == SECTOR:
                sector, sectors, flags, _ = struct.unpack_from("<QQQQ", head)
                data = b"" if flags & DISCARD else log.read(sectors * SECTOR)
                if len(data) == sectors * SECTOR or flags & DISCARD:
                    yield sector, flags, data

    def holds(self, told):
        """Looks at a copy as a box would after power came again: the file system is sound, nothing is half written, and
        the decks that the box had told to be whole are. What it found, in words."""
        looked, files = self.file.with_suffix(".looked"), self.file.with_suffix(".files")
        copy(self.file, looked)
        shutil.rmtree(files, ignore_errors=True)
        files.mkdir()
        mended = subprocess.run(["/sbin/e2fsck", "-fp", looked], capture_output=True, text=True)
        assert mended.returncode in (0, 1), f"the file system is damaged: {mended.stdout}"
        subprocess.run(["/sbin/debugfs", "-R", f"rdump /estrade {files}", looked], capture_output=True, check=True)
        kept = files / "estrade/room.kept.json"
        assert told["kept"] is False or kept.exists(), "what the box keeps is gone"
        volume = json.loads(kept.read_text())["volume"] if kept.exists() else "not kept yet"
        whole = {deck.name for deck in (files / "estrade/decks").glob("*") if is_whole(deck)}
        missing = told["decks"] - whole
        assert not missing, f"the box had told that it has the decks {missing}, and they are not whole"
        return f"volume {volume}, {len(whole)} whole decks"


def is_whole(deck):
    """Whether all pages that the manifest names are there. A page that has its name must be what the name says."""
    for page in deck.glob("*.png"):
        found = hashlib.sha256(page.read_bytes()).hexdigest()
        assert found == page.stem, f"{page} is half written"
    manifest = deck / "manifest.json"
    if not manifest.exists():
        return False
    pages = json.loads(manifest.read_text())["pages"]
    return all((deck / f"{page['sha256']}.png").exists() for page in pages)


def copy(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


def deck(number, pages=3):
    """A PDF of its own: pages full of lines, none like another."""
    objects, kids = [], []
    for page in range(pages):
        lines = "\n".join(f"{(number * 37 + page * 11 + n * 53) % 800} 0 m {n * 8 % 800} 600 l S" for n in range(60))
        kids.append(f"{2 * page + 3} 0 R")
        objects.append(f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 800 600] /Contents {2 * page + 4} 0 R >>")
        objects.append(f"<< /Length {len(lines)} >>\nstream\n{lines}\nendstream")
    objects[:0] = ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {pages} >>"]
    text, places = "%PDF-1.4\n", []
    for n, what in enumerate(objects, 1):
        places.append(len(text))
        text += f"{n} 0 obj\n{what}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    return (f"{text}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
            f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(text)}\n%%EOF\n").encode()
