"""Compares what the bridge makes of decks with what poppler makes of them: `bench.py PROGRAM FOLDER [NAME ...]`.

Makes the decks (make.py) in FOLDER if they are not there, and has each made into pages by `PROGRAM deck-pages`, as the bridge
does it (pages, small pictures, hashes, all on the disk), and by pdftoppm (pages as PNG; and without PNG, as it is quickest).
Prints a table, and leaves a contact sheet of each deck's most different page in FOLDER/sheets.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageStat


def timed(command):
    """Seconds on the wall, and whether it went well. Standard input stays open: its end means that the bridge is gone."""
    start = time.monotonic()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet)
    code = process.wait()
    return time.monotonic() - start, code == 0


def ours(program, deck, folder):
    return timed([program, "deck-pages", "--source", deck, "--into", folder, "--id", "0" * 64, "--name", deck.name])


def poppler(deck, folder, how):
    return timed(["pdftoppm", *how, "-cropbox", "-scale-to-x", "-1", "-scale-to-y", "1080", deck, folder / "p"])


def pages(folder):
    made = [path for path in folder.glob("*.png") if "thumb" not in path.name]
    return sorted(made, key=lambda path: int(path.stem.split("-")[-1]))


def most_different(one, other):
    """The page on which two renderers differ most: mean difference of 0 to 255, and the two pictures."""
    worst = (0, None)
    for left, right in zip(one, other):
        left = Image.open(left).convert("RGB")
        right = Image.open(right).convert("RGB").resize(left.size)
        difference = ImageChops.difference(left, right).convert("L")
        mean = ImageStat.Stat(difference).mean[0]
        if worst[1] is None or mean > worst[0]:
            worst = (mean, (left, right, difference.point(lambda value: min(255, 4 * value)).convert("RGB")))
    return worst


def sheet(path, pictures, title):
    width, height = 640, max(1, 640 * pictures[0].height // pictures[0].width)
    paper = Image.new("RGB", (3 * width, height + 20), "white")
    for place, picture in enumerate(pictures):
        paper.paste(picture.resize((width, height)), (place * width, 20))
    ImageDraw.Draw(paper).text((5, 4), title, fill="black")
    paper.save(path)


def main():
    program, folder = sys.argv[1], Path(sys.argv[2]).resolve()
    if not (folder / "office.pdf").exists():
        subprocess.run([sys.executable, Path(__file__).parent / "make.py", folder], check=True)
    (folder / "sheets").mkdir(exist_ok=True)
    print("| deck | pages | bridge: s | pages/s | MB | pdftoppm -png: s | pages/s | MB | pdftoppm: s | differs |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for deck in sorted(folder.glob("*.pdf")):
        if sys.argv[3:] and deck.stem not in sys.argv[3:]:
            continue
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        for name in ("ours", "png", "ppm"):
            (work / name).mkdir(parents=True)
        own = ours(program, deck, work / "ours")
        png = poppler(deck, work / "png", ["-png"])
        ppm = poppler(deck, work / "ppm", [])
        mine, theirs = pages(work / "ours"), pages(work / "png")
        if not own[1] or not png[1]:
            print(f"| {deck.stem} | refused by {'both' if own[1] == png[1] else 'one'} | | | | | | | | |")
            continue
        mean, pictures = most_different(mine, theirs)
        sheet(folder / "sheets" / f"{deck.stem}.png", pictures, f"{deck.stem}: bridge | pdftoppm | difference x 4 ({mean:.2f})")
        size = [sum(path.stat().st_size for path in made) / 1e6 for made in (mine, theirs)]
        count = len(mine)
        print(f"| {deck.stem} | {count} | {own[0]:.2f} | {count / own[0]:.1f} | {size[0]:.1f} | {png[0]:.2f} | {count / png[0]:.1f} "
              f"| {size[1]:.1f} | {ppm[0]:.2f} | {mean:.2f} |", flush=True)
    shutil.rmtree(folder / "work", ignore_errors=True)


main()
