"""A card whose plug is pulled at any moment of its life: one evening is recorded, write by write, and looked at again at many moments.

Whatever was flushed by then is on the card; of what came after, a card may have kept some and lost some. At each moment: the systems that
may start are whole, `boot` and the system that runs were never written to, `data` is sound and has what the box had told to be kept.
"""

import os
import random
import shutil
import struct
import subprocess

from box import PATIENCE_S, Box, Card, drive, settings
from bridge import ROOM, Bridge
from guest import output
from plug import DISCARD, FLUSH, SECTOR, Disk, copy, deck, is_whole
from release import digest

MB = 1 << 20
DECKS = 3
KEPT = ["room.key", "room.bridge.json"]
PHASES = ["first start", "conference", "update"]


class Told:
    """What the box had told to be kept when the log had this length."""

    def __init__(self, disk, box):
        kept = " ".join(f"/var/lib/estrade/{name}" for name in KEPT)
        self.digests = box.does(f"sha256sum {kept} | cut -d' ' -f1").split()
        assert len(self.digests) == len(KEPT), self.digests
        self.decks = set(box.does("ls /var/lib/estrade/decks 2>/dev/null", well=False).split())
        self.length = disk.log.stat().st_size


class Replay:
    """The card at one moment after the other of what was recorded, as a file for each part."""

    def __init__(self, disk, folder):
        self.disk, self.folder = disk, folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        starts = [start for start, _ in partitions(head(disk.before))]
        size = disk.before.stat().st_size
        self.parts = dict(zip(["head", "boot", "a", "b", "data"], zip([0, *starts], [*starts, size])))
        for name, (start, end) in self.parts.items():
            region(disk.before, self.file(name), start, end - start)
        # Writes since the last flush, and how many there were in each part.
        self.open, self.writes = [], dict.fromkeys(self.parts, 0)

    def file(self, name):
        return self.folder / f"{name}.img"

    def moments(self, chosen):
        """Comes back at each of the writes that are chosen, with the length of the log then."""
        length = SECTOR
        for number, (sector, flags, data) in enumerate(self.disk.entries()):
            if flags & FLUSH:
                self.write(self.open)
                self.open = []
            if data and not flags & DISCARD:
                self.open.append((sector * SECTOR, data))
                self.writes[self.part(sector * SECTOR, len(data))] += 1
            length += SECTOR + len(data)
            if number in chosen:
                yield number, length

    def part(self, place, length):
        [name] = [name for name, (start, end) in self.parts.items() if start <= place and place + length <= end]
        return name

    def write(self, writes, files=None):
        for place, data in writes:
            name = self.part(place, len(data))
            with (files or {}).get(name, self.file(name)).open("r+b") as file:
                file.seek(place - self.parts[name][0])
                file.write(data)

    def cut(self, chance):
        """What a card may have kept: a file for each part."""
        kept = [write for write in self.open if chance.random() < 0.5]
        touched = {"head", "data", *(self.part(place, len(data)) for place, data in kept)}
        files = {name: self.folder / f"cut-{name}.img" for name in touched}
        for name, file in files.items():
            copy(self.file(name), file)
        self.write(kept, files)
        return {name: files.get(name, self.file(name)) for name in self.parts}, len(self.open) - len(kept)

    def card(self, files, target):
        """A whole card of such parts."""
        target.unlink(missing_ok=True)
        with target.open("wb") as out:
            out.truncate(self.parts["data"][1])
        for name, (start, _) in self.parts.items():
            subprocess.run(["dd", f"if={files[name]}", f"of={target}", "bs=1M", f"seek={start // MB}", "conv=notrunc,sparse", "status=none"], check=True)


class Looks:
    """What must hold of a card at each moment."""

    def __init__(self, rig, told):
        self.rig, self.told = rig, told
        self.whole = {"a": digest(rig.made / "card/system.ext4"), "b": digest(rig.updates.folder / "newer/system.ext4")}
        self.seen = {}

    def at(self, length, files, writes):
        """Which system starts next; ends the test where anything is lost."""
        says = lambda *question: output(self.rig.program, "systems", "--disk", files["head"], *question).strip()
        startable = [system for system in "AB" if says("get-state", system) == "good"]
        primary = says("get-primary")
        assert primary in startable, f"system {primary} starts, and may not"
        for system in startable:
            # Half a gigabyte: what was looked at and not written to since is known.
            part = system.lower()
            state = (files[part], writes[part])
            if state not in self.seen:
                self.seen[state] = digest(files[part])
            assert self.seen[state] == self.whole[part], f"system {system} may start, and is not whole"
        self.data(length, files)
        return primary

    def data(self, length, files):
        _, room = partitions(head(files["head"]))[3]
        shown = output("/sbin/dumpe2fs", "-h", files["data"])
        blocks, size = (int(line.split(":")[1]) for line in shown.splitlines() if line.startswith(("Block count", "Block size")))
        assert blocks * size <= room, f"the file system of data is longer than its partition: {blocks * size} of {room} bytes"
        # As the box does at each start; what this cannot mend by itself would need a person's answers.
        mended = subprocess.run(["/sbin/e2fsck", "-fp", files["data"]], capture_output=True, text=True)
        assert mended.returncode in (0, 1), f"data is damaged: {mended.stdout}"
        found = files["data"].with_name("found")
        shutil.rmtree(found, ignore_errors=True)
        found.mkdir()
        output("/sbin/debugfs", "-R", f"rdump /lib {found}", files["data"])
        state = found / "lib/estrade"
        kept = max((told for told in self.told if told.length <= length), key=lambda told: told.length, default=None)
        decks = {each.name for each in (state / "decks").glob("*") if is_whole(each)}
        if kept:
            digests = [digest(state / name) if (state / name).exists() else "gone" for name in KEPT]
            assert digests == kept.digests, f"the box's keys are {digests}, and it had told that they are {kept.digests}"
            assert kept.decks <= decks, f"decks are lost: {kept.decks - decks}"


def record(rig, bridge, disk):
    """One evening: a new card, let in, three decks, a button, an update. What was told, and the phases' ends, by the length of the log."""
    box = rig.box = Box(rig.folder, rig.workshop, disk.power())
    told, ends = [], []
    box.hears(PATIENCE_S)
    bridge.lets_in(box.code())
    bridge.waits("the room is there", lambda: bridge.room().get("publishing"), PATIENCE_S)
    told.append(Told(disk, box))
    ends.append(told[-1].length)
    yield f"recorded the first start: {ends[-1] // MB} MB written"
    for number in range(DECKS):
        before = set(bridge.room()["status"]["decks"])
        bridge.brings(f"{number}.pdf", deck(number), PATIENCE_S)
        bridge.waits("the box has the deck", lambda: set(bridge.room()["status"]["decks"]) - before, PATIENCE_S)
        for half in ["down", "up"]:
            box.page(f"POST /panel/mute/{half}", "X-Estrade: panel")
        told.append(Told(disk, box))
    ends.append(told[-1].length)
    yield f"recorded {DECKS} decks: {(ends[1] - ends[0]) // MB} MB written"
    box.plugs(rig.updates.stick("newer"))
    box.starts_anew(2 * PATIENCE_S)
    box.hears(PATIENCE_S)
    box.waits("the update is good", "/usr/lib/estrade/systems get-primary", lambda text: text == "B", PATIENCE_S)
    bridge.waits("the room is there", lambda: bridge.room().get("publishing"), PATIENCE_S)
    told.append(Told(disk, box))
    rig.off()
    ends.append(disk.log.stat().st_size)
    yield f"recorded an update: {(ends[2] - ends[1]) // MB} MB written"
    return told, ends


def cuts(rig):
    """The plug is pulled at many moments of a card's life."""
    rig.off()
    chance = random.Random(rig.seed)
    yield f"{rig.cuts} cuts, {rig.boots} of them started again (--seed {rig.seed} repeats what is lost)"
    # One that has no decks yet.
    shutil.rmtree(rig.folder / "cuts-bridge", ignore_errors=True)
    bridge = Bridge(rig.program, rig.folder / "cuts-bridge", paired=True)
    try:
        card = Card(rig.workshop, rig.image, rig.folder / "cuts.img")
        card.has("room.toml", settings(ROOM, bridge))
        disk = Disk(card.file, "card")
        told, ends = yield from record(rig, bridge, disk)
        yield from look(rig, bridge, disk, told, ends, chance)
    finally:
        bridge.stop()


def look(rig, bridge, disk, told, ends, chance):
    lengths = [SECTOR]
    for _, _, data in disk.entries():
        lengths.append(lengths[-1] + SECTOR + len(data))
    chosen = {}
    for phase, (low, high) in enumerate(zip([0, *ends], ends)):
        within = [number for number, length in enumerate(lengths[1:]) if low < length <= high]
        for number in chance.sample(within, min(len(within), rig.cuts * (phase + 1) // 3 - rig.cuts * phase // 3)):
            chosen[number] = phase
    boots = set(chance.sample(sorted(chosen), min(rig.boots, len(chosen))))
    replay, looks = Replay(disk, rig.folder / "cuts"), Looks(rig, told)
    done, starts = [0] * len(PHASES), {"A": 0, "B": 0}
    for number, length in replay.moments(chosen):
        files, lost = replay.cut(chance)
        primary = looks.at(length, files, replay.writes)
        done[chosen[number]] += 1
        starts[primary] += 1
        if number in boots:
            yield boot_again(rig, bridge, replay, files, primary, any(each.length <= length for each in told), lost, PHASES[chosen[number]])
    for name in ["boot", "a"]:
        assert replay.writes[name] == 0, f"something wrote to {name}"
    said = ", ".join(f"{count} in the {phase}" for phase, count in zip(PHASES, done))
    yield f"{sum(done)} cuts: {said}: what may start is whole (A {starts['A']}, B {starts['B']} times), keys and decks are there, data is sound"


def boot_again(rig, bridge, replay, files, primary, known, lost, phase):
    """Power comes again."""
    card = rig.folder / "again.img"
    replay.card(files, card)
    box = rig.box = Box(rig.folder, rig.workshop, drive(card))
    box.hears(PATIENCE_S)
    box.waits("the box's service is ready", "systemctl is-active estrade-room", lambda text: text == "active", PATIENCE_S)
    assert (runs := box.does("/usr/lib/estrade/systems get-current")) == primary, f"system {runs} runs, and it should be {primary}"
    assert (name := box.does("cat /proc/sys/kernel/hostname")) == "loudeac", name
    if known:
        bridge.waits("the room is there", lambda: bridge.room().get("publishing"), PATIENCE_S)
    age = box.age()
    rig.off()
    return f"cut in the {phase}, {lost} writes lost: starts again in system {runs}{', in the conference' if known else ''} after {age:.0f} s"


def head(file):
    with file.open("rb") as disk:
        return disk.read(SECTOR)


def partitions(sector):
    """Start and length of each partition, in bytes, by the disk's first sector (MBR)."""
    entries = [struct.unpack_from("<8xII", sector, 446 + 16 * number) for number in range(4)]
    return [(start * SECTOR, count * SECTOR) for start, count in entries]


def region(source, target, start, length):
    subprocess.run(["dd", f"if={source}", f"of={target}", "bs=1M", f"skip={start // MB}", f"count={length // MB}", "conv=sparse", "status=none"],
                   check=True)
    os.truncate(target, length)
