#!/usr/bin/env python3
"""A box that loses things all the time must not grow: `run.py PROGRAM FOLDER --minutes 5 --every 20`.

PROGRAM is `estrade`. It runs as a bridge and two boxes with test devices. In turn the first box's camera is unplugged and
plugged in again, its microphone is, and the bridge is killed and started again; the second box leaves the conference and
comes back every few seconds. Each time all must be well again within PATIENCE_S. Meanwhile memory, threads and open files
of the boxes and of the bridge are looked at twice a second; at the end they may not have grown.

FOLDER keeps what the programs said, `soak.json` with the figures and `soak.svg`, their plot.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

# A killed bridge has its rooms back within 5 s, a camera is looked for every 10 s at the least.
PATIENCE_S = 20
# Caches fill, allocators find their size: the first rounds are not compared.
WARM_UP = 0.25
# As in the box's unit: without them glibc keeps what a camera's pipelines leave behind, up to 80 MB in ten minutes.
ALLOCATOR = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "131072"}
# What the medians of the last third may be above those of the first. A leaked thread or file is one more each round, at
# least four of them from one third to the other in five minutes; files come and go by one or two with each request. Memory:
# 16 cameras that were built anew left 1.5 MB, 16 microphones 1.5 MB, 60 sessions 1.1 MB.
MOST = {"memory_mb": 6.0, "threads": 1, "files": 3}
FIGURES = list(MOST)


def main():
    args = arguments()
    shutil.rmtree(args.folder, ignore_errors=True)
    args.folder.mkdir(parents=True)
    hall = Hall(args.program.resolve(), args.folder.resolve())
    watch = Watch(hall)
    try:
        hall.wait("all are in the conference", hall.well)
        watch.start()
        rounds = run(hall, watch, args)
    finally:
        watch.stop()
        hall.stop()
    figures = judge(watch.seen)
    (args.folder / "soak.json").write_text(json.dumps({"rounds": rounds, "figures": figures}, indent=1))
    (args.folder / "soak.svg").write_text(plot(watch.seen, watch.events))
    return tell(figures, rounds, args.folder)


def arguments():
    parser = argparse.ArgumentParser(description="A box that loses things all the time must not grow.")
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--every", type=float, default=20, help="seconds from one loss to the next")
    parser.add_argument("--lose", default="camera,microphone,bridge", help="what to lose, to find what makes it grow")
    return parser.parse_args()


def run(hall, watch, args):
    """Loses one thing after the other; how long each took to be well again, in seconds."""
    losses = [("camera", hall.lose_camera), ("microphone", hall.lose_microphone), ("bridge", hall.lose_bridge)]
    losses = [loss for loss in losses if loss[0] in args.lose.split(",")]
    rounds = {name: [] for name, _ in losses}
    end = time.monotonic() + 60 * args.minutes
    turn = 0
    while time.monotonic() < end:
        began = time.monotonic()
        name, lose = losses[turn % len(losses)]
        turn += 1
        watch.event(name)
        took = lose()
        rounds[name].append(round(took, 2))
        print(f"{name}: well again after {took:.1f} s", flush=True)
        while time.monotonic() < min(began + args.every, end):
            hall.leave_and_come_back()
            time.sleep(min(3.0, args.every / 4))
    return rounds


class Hall:
    """A bridge and two boxes."""

    def __init__(self, program, folder):
        self.program, self.folder = program, folder
        self.running, self.addresses = {}, {}
        self.film, self.sound = folder / "film.mkv", folder / "sound.wav"
        make(["videotestsrc", "num-buffers=50", "pattern=ball", "!", "video/x-raw,width=640,height=360,framerate=25/1",
              "!", "x264enc", "speed-preset=ultrafast", "!", "matroskamux"], self.film)
        make(["audiotestsrc", "num-buffers=100", "samplesperbuffer=960", "wave=ticks", "!",
              "audio/x-raw,rate=48000,channels=1", "!", "wavenc"], self.sound)
        self.bridge()
        self.box("first", f"file:{self.film}", f"file:{self.sound}")
        self.box("second", "test", "test")

    def bridge(self):
        # After a kill it listens where it did before: the boxes know no other place.
        http, media = self.addresses.get("bridge", ("127.0.0.1:0", "127.0.0.1:0"))
        text = f'listen = "{http}"\nmedia = "{media}"\nchair_token = "{token("chair")}"\nviewer_token = "{token("viewer")}"\n'
        for name in ["first", "second"]:
            text += f'[[rooms]]\nname = "{name}"\ntoken = "{token(name)}"\n'
        ready = self.start("bridge", "bridge", text)
        self.addresses["bridge"] = (ready["http"], ready["media"])

    def box(self, name, camera, microphones):
        text = f"""
            name = "{name}"
            [bridge]
            address = "http://{self.addresses["bridge"][0]}"
            token = "{token(name)}"
            [devices]
            camera = "{camera}"
            microphones = "{microphones}"
            screen = "none"
            loudspeaker = "none"
            [picture]
            width = 640
            height = 360
            kbit_per_second = 800
            [screen]
            width = 640
            height = 360
            [web]
            listen = "127.0.0.1:0"
            [measure]
        """
        self.addresses[name] = self.start("room", name, text)["web"]

    def start(self, verb, name, settings):
        file = self.folder / f"{name}.toml"
        file.write_text(settings)
        log = open(self.folder / f"{name}.log", "a")
        child = subprocess.Popen(
            [self.program, verb, "--config", file],
            env={**os.environ, **ALLOCATOR}, stdout=subprocess.PIPE, stderr=log, text=True,
        )
        self.running[name] = child
        line = child.stdout.readline()
        if not line.startswith("ready "):
            sys.exit(f"soak: the {name} did not start; read {log.name}")
        return dict(word.split("=", 1) for word in line.split()[1:])

    def stop(self):
        for child in self.running.values():
            child.kill()
            child.wait()

    def lose_camera(self):
        return self.unplug(self.film, "camera")

    def lose_microphone(self):
        return self.unplug(self.sound, "microphones")

    def unplug(self, file, part):
        """A file that is none any more at its next turn is a device that is gone; how long it took from its return to well."""
        kept = file.with_suffix(".kept")
        shutil.copyfile(file, kept)
        file.write_text("a device that is gone")
        self.wait(f"the {part} missed", lambda: not self.runs(part))
        kept.replace(file)
        return self.wait(f"the {part} back", self.well)

    def lose_bridge(self):
        bridge = self.running.pop("bridge")
        bridge.kill()
        bridge.wait()
        self.wait("the bridge missed", lambda: not self.well())
        began = time.monotonic()
        self.bridge()
        self.wait("the bridge back", self.well)
        return time.monotonic() - began

    def leave_and_come_back(self):
        url = f'http://{self.addresses["second"]}/measure/reconnect'
        urllib.request.urlopen(urllib.request.Request(url, method="POST"), timeout=5).close()
        self.wait("the second box back", self.well)

    def runs(self, part):
        return self.metrics("first")[f'estrade_room_part_running{{part="{part}"}}'] == 1

    def well(self):
        return all(self.is_well(name) for name in ["first", "second"])

    def is_well(self, name):
        metrics = self.metrics(name)
        wanted = ["linked", "publishing", "watching", 'part_running{part="camera"}', 'part_running{part="microphones"}']
        return all(metrics.get(f"estrade_room_{key}") == 1 for key in wanted)

    def metrics(self, name):
        with urllib.request.urlopen(f"http://{self.addresses[name]}/metrics", timeout=5) as answer:
            rows = answer.read().decode().splitlines()
        return {key: float(value) for key, value in (row.rsplit(" ", 1) for row in rows if not row.startswith("#"))}

    def wait(self, what, done):
        """How long it took, in seconds."""
        began = time.monotonic()
        while not done():
            for name, child in self.running.items():
                if child.poll() is not None:
                    sys.exit(f"soak: {name} ended by itself ({child.returncode}); read {self.folder / name}.log")
            if time.monotonic() > began + PATIENCE_S:
                sys.exit(f"soak: not within {PATIENCE_S} s: {what}; what they said is in {self.folder}")
            time.sleep(0.1)
        return time.monotonic() - began


def token(name):
    return f"token-of-the-soak-{name}"


def make(pipeline, file):
    subprocess.run(["gst-launch-1.0", "-q", *pipeline, "!", "filesink", f"location={file}"], check=True)


class Watch(threading.Thread):
    """Looks at each process twice a second."""

    def __init__(self, hall):
        super().__init__(daemon=True)
        self.hall, self.done = hall, threading.Event()
        self.began = time.monotonic()
        # Of each process: seconds since the start, its number, and the figures.
        self.seen = {"first": [], "second": [], "bridge": []}
        self.events = []

    def run(self):
        while not self.done.wait(0.5):
            for name, rows in self.seen.items():
                child = self.hall.running.get(name)
                figures = child and look(child.pid)
                if figures:
                    rows.append((time.monotonic() - self.began, child.pid, figures))

    def event(self, name):
        self.events.append((time.monotonic() - self.began, name))

    def stop(self):
        self.done.set()
        if self.is_alive():
            self.join()


def look(pid):
    """What the kernel says of a process; nothing of one that ends just now."""
    folder = pathlib.Path(f"/proc/{pid}")
    try:
        status = (folder / "status").read_text()
        files = len(list((folder / "fd").iterdir()))
    except OSError:
        return None
    figure = lambda key: re.search(rf"^{key}:\s+(\d+)", status, re.M)  # noqa: E731
    if not figure("VmRSS"):
        return None
    return {"memory_mb": int(figure("VmRSS")[1]) / 1024, "threads": int(figure("Threads")[1]), "files": files}


def judge(seen):
    """What grew: medians of the first and of the last third after the warm-up."""
    boxes = {name: thirds([[figures for _, _, figures in rows]]) for name, rows in seen.items() if name != "bridge"}
    # A bridge that was killed begins anew: each of its lives is a run of its own.
    lives = {}
    for _, pid, figures in seen["bridge"]:
        lives.setdefault(pid, []).append(figures)
    return {**boxes, "bridge": thirds(list(lives.values()))}


def thirds(lives):
    """The median growth of the lives, from first third to last."""
    def of(rows, figure):
        rows = [row[figure] for row in rows[int(len(rows) * WARM_UP):]]
        third = len(rows) // 3
        return (statistics.median(rows[:third]), statistics.median(rows[-third:])) if third else None
    result = {}
    for figure in FIGURES:
        pairs = [pair for pair in (of(rows, figure) for rows in lives) if pair]
        first, last = (round(statistics.median(pair[n] for pair in pairs), 1) for n in (0, 1))
        grew = round(statistics.median(last - first for first, last in pairs), 1)
        result[figure] = {"first": first, "last": last, "grew": grew, "most": MOST[figure]}
    return result


def tell(figures, rounds, folder):
    print(f"\n{'':8} {'':10} {'first':>8} {'last':>8} {'grew':>7} {'most':>6}")
    wrong = []
    for name, of in figures.items():
        for figure, row in of.items():
            print(f"{name:8} {figure:10} {row['first']:8} {row['last']:8} {row['grew']:7} {row['most']:6}")
            if row["grew"] > row["most"]:
                wrong.append(f"{figure} of {name} grew by {row['grew']}")
    for name, times in rounds.items():
        if times:
            print(f"{name}: {len(times)} times, well again after {statistics.median(times):.1f} s, {max(times):.1f} s at the most")
    print("figures and plot are in", folder)
    if wrong:
        print("soak:", "; ".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


COLOURS = {"first": "#1f6feb", "second": "#12692f", "bridge": "#a8161d"}
WIDE, HIGH, LEFT, GAP = 1000, 150, 60, 46


def plot(seen, events):
    """One lane for each figure, one line for each process, one tick for each loss."""
    ends = max((rows[-1][0] for rows in seen.values() if rows), default=1)
    across = lambda at: LEFT + at / ends * (WIDE - LEFT - 10)  # noqa: E731
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{len(FIGURES) * (HIGH + GAP) + 30}" '
           'font-family="DejaVu Sans, sans-serif" font-size="13"><rect width="100%" height="100%" fill="white"/>']
    for n, (name, colour) in enumerate(COLOURS.items()):
        out.append(f'<text x="{LEFT + n * 120}" y="18" fill="{colour}">{name}</text>')
    for lane, figure in enumerate(FIGURES):
        top = 30 + lane * (HIGH + GAP)
        most = max((row[figure] for rows in seen.values() for _, _, row in rows), default=1) * 1.05
        up = lambda value: top + 20 + HIGH * (1 - value / most)  # noqa: E731
        out.append(f'<text x="4" y="{top + 14}">{figure}</text>')
        for share in (0, 0.5, 1):
            y = up(most * share)
            out.append(f'<path d="M{LEFT} {y:.1f}H{WIDE - 10}" stroke="#ccc"/><text x="4" y="{y + 4:.1f}">{most * share:.0f}</text>')
        for at, _ in events:
            out.append(f'<path d="M{across(at):.1f} {up(0):.1f}v6" stroke="#888"/>')
        for name, rows in seen.items():
            line, last = "", None
            for at, pid, row in rows:
                line += f"{'L' if pid == last else 'M'}{across(at):.1f} {up(row[figure]):.1f}"
                last = pid
            out.append(f'<path d="{line}" fill="none" stroke="{COLOURS[name]}" stroke-width="1.5"/>')
    return "\n".join([*out, "</svg>"])


if __name__ == "__main__":
    sys.exit(main())
