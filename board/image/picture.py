"""The television's first picture: shown by a few lines of shell, long before the box's program can draw one.

For each size that a television may have, one file of what its frame buffer takes: 32 bits a pixel, blue first.
"""

import gzip
import subprocess

SIZES = [(640, 360), (640, 480), (800, 600), (1024, 768), (1280, 720), (1280, 800), (1280, 1024), (1366, 768), (1440, 900), (1600, 900),
         (1680, 1050), (1920, 1080), (1920, 1200), (2560, 1440), (3840, 2160)]


def drawn(width, height):
    """The picture as SVG, in the colours of the room's own pictures."""
    scale = min(width / 1280, height / 720)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" font-family="DejaVu Sans" text-anchor="middle">
<rect width="{width}" height="{height}" fill="#0e1c2b"/>
<g transform="translate({width / 2} {height / 2}) scale({scale})">
<rect x="-60" y="-128" width="120" height="8" rx="4" fill="#ebb14a"/>
<text y="20" font-size="120" font-weight="bold" fill="#ffffff">Estrade</text>
<text y="104" font-size="40" fill="#c3cfdb">démarre · starting</text>
</g></svg>"""


def make(workshop, folder):
    """Writes `WIDTHxHEIGHT.gz` for each size into the folder."""
    folder.mkdir(parents=True)
    for width, height in SIZES:
        png = subprocess.run(workshop.inside(["rsvg-convert"]), input=drawn(width, height).encode(), check=True, capture_output=True).stdout
        ppm = subprocess.run(workshop.inside(["pngtopam"]), input=png, check=True, capture_output=True).stdout
        rgb = ppm[-width * height * 3:]
        pixels = bytearray(width * height * 4)
        for place, colour in enumerate([2, 1, 0]):
            pixels[place::4] = rgb[colour::3]
        (folder / f"{width}x{height}.gz").write_bytes(gzip.compress(pixels, 9, mtime=0))
