"""The drawings of the installer's guide, as SVG in French and English.

`drawings.py FOLDER` writes them there; `drawings.py --check FOLDER` says whether those there are these. How the lights blink is read
from the program (board/src/lights.rs), and what stands in the editor from the card's own room.toml.
"""

import pathlib
import re
import sys
from html import escape

HERE = pathlib.Path(__file__).resolve().parent
LIGHTS = HERE.parent / "src/lights.rs"
SETTINGS = HERE / "room.toml"

# Pixels: what a page of a forge shows without making it smaller.
WIDTH = 700
INK, QUIET, PAPER, SHADE, LOOK = "#1a1a1a", "#555555", "#ffffff", "#eceae4", "#c2410c"
COLOURS = {"Green": "#2aa84a", "Amber": "#f0a202", "Blue": "#2f6fde", "White": "#ffffff", "Red": "#d93025"}

WORDS = {
    "fr": {
        "card": {
            "steps": [("La carte dans", "le lecteur de l’ordinateur"), ("Raspberry Pi Imager", "l’écrit et la vérifie"),
                      ("Ôtez-la, remettez-la :", "le disque ESTRADE est là")],
            "image": "estrade.img.zst",
        },
        "settings": {
            "title": "room.toml, sur le disque ESTRADE",
            "notes": {"name": ["le nom de", "votre salle"], "address": ["l’adresse", "du pont"],
                      "# [wifi]": ["sans câble", "seulement :", "ôtez ces trois #"]},
            "keep": "Gardez les guillemets droits \" et tout le reste.",
        },
        "connections": {
            "above": "vu de dessus",
            "parts": [("card", "La carte", "dessous, l’étiquette vers le bas"),
                      ("panel", "Les boutons", "leur câble est déjà en place"),
                      ("tv", "Le téléviseur", "micro-HDMI, côté alimentation"),
                      ("usb", "Caméra et micros", "n’importe quelle prise USB"),
                      ("network", "Le réseau", "le câble fait clic"),
                      ("power", "L’alimentation", "en dernier")],
        },
        "panel": {
            "light": ["Le voyant", "qui dit tout :", "voyez plus bas"],
            "below": [("Parole", ["demander la parole,", "la rendre"]), ("Micro", ["couper les micros :", "rouge"]),
                      ("Écran", ["changer l’image ;", "3 s : vérifier"]), ("−", ["moins fort ;", "page d’avant"]),
                      ("+", ["plus fort ;", "page d’après"])],
            "white": "Écran, − et + sont éclairés de blanc quand ils servent à quelque chose.",
        },
        "lights": {
            "light": "le voyant de Parole",
            "seconds": "ce qu’on voit pendant 5 secondes",
            "rows": [("Floor", "vert", "Vous avez la parole"), ("Hand", "orange, deux éclats", "Votre main est levée : attendez"),
                     ("Conference", "bleu", "Vous êtes dans la conférence"), ("Ready", "blanc", "Prêt"),
                     ("Starting", "blanc, clignote", "Le boîtier démarre : attendez"),
                     ("Resting", "blanc, un éclat", "Il dort : un bouton le réveille"),
                     ("Fault", "rouge, clignote", "Une panne : voyez le téléviseur"), ("Muted", "rouge, fixe", "Vos micros sont coupés"),
                     ("ResetNear", "rouge, très vite", "Lâchez tout : il va tout oublier")],
        },
    },
    "en": {
        "card": {
            "steps": [("The card into", "the computer’s reader"), ("Raspberry Pi Imager", "writes and checks it"),
                      ("Take it out, put it back:", "the disk ESTRADE is there")],
            "image": "estrade.img.zst",
        },
        "settings": {
            "title": "room.toml, on the disk ESTRADE",
            "notes": {"name": ["your room’s", "name"], "language": ["\"en\" for English"], "address": ["the bridge’s", "address"],
                      "# [wifi]": ["only without", "a cable: these", "three # away"]},
            "keep": "Keep the straight quotes \" and all the rest.",
        },
        "connections": {
            "above": "from above",
            "parts": [("card", "The card", "underneath, its label down"),
                      ("panel", "The buttons", "their cable is in place already"),
                      ("tv", "The television", "micro-HDMI, next to the power"),
                      ("usb", "Camera, microphones", "any USB socket"),
                      ("network", "The network", "the cable clicks"),
                      ("power", "The power", "last of all")],
        },
        "panel": {
            "light": ["The light", "tells it all:", "see below"],
            "below": [("Parole", ["ask for the floor,", "give it back"]), ("Micro", ["mute the room:", "red"]),
                      ("Écran", ["another picture;", "3 s: check"]), ("−", ["softer;", "page before"]),
                      ("+", ["louder;", "next page"])],
            "white": "Écran, − and + are lit white while they do something.",
        },
        "lights": {
            "light": "the light of Parole",
            "seconds": "what one sees in 5 seconds",
            "rows": [("Floor", "green", "You have the floor"), ("Hand", "amber, two flashes", "Your hand is raised: wait"),
                     ("Conference", "blue", "You are in the conference"), ("Ready", "white", "Ready"),
                     ("Starting", "white, flashing", "The box starts: wait"),
                     ("Resting", "white, one flash", "It rests: any button wakes it"),
                     ("Fault", "red, flashing", "A fault: look at the television"), ("Muted", "red, steady", "Your room is muted"),
                     ("ResetNear", "red, very fast", "Let go: it will forget everything")],
        },
    },
}


def text(x, y, words, size=16, extra=""):
    return f'<text x="{x}" y="{y}" font-size="{size}" {extra}>{escape(words, quote=False)}</text>'


def lines(x, y, words, size=16, extra=""):
    return [text(x, y + nth * (size + 4), line, size, extra) for nth, line in enumerate(words)]


def rect(x, y, width, height, fill=PAPER, round_by=4, extra=""):
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{round_by}" fill="{fill}" stroke="{INK}" stroke-width="2" {extra}/>'


def path(steps, extra=""):
    return f'<path d="{steps}" fill="none" stroke="{INK}" stroke-width="2" stroke-linejoin="round" stroke-linecap="round" {extra}/>'


def number(x, y, n, fill=INK):
    return (f'<circle cx="{x}" cy="{y}" r="13" fill="{fill}"/>'
            + text(x, y + 6, str(n), 16, f'text-anchor="middle" font-weight="bold" fill="{PAPER}"'))


def arrow(x, y, to_x, to_y):
    """A thick one, straight along an axis, that says: there."""
    look = f'stroke="{LOOK}" stroke-width="5"'
    across, down = (to_x > x) - (to_x < x), (to_y > y) - (to_y < y)
    head = f"M{to_x - 9 * across - 8 * down} {to_y - 9 * down - 8 * across}L{to_x} {to_y}L{to_x - 9 * across + 8 * down} {to_y - 9 * down + 8 * across}"
    return (f'<path d="M{x} {y}L{to_x} {to_y}{head}" fill="none" {look} stroke-linejoin="round" stroke-linecap="round"/>')


def sheet(height, parts):
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
                      f'font-family="DejaVu Sans, Verdana, sans-serif" fill="{INK}">',
                      f'<rect width="{WIDTH}" height="{height}" fill="{PAPER}"/>', *parts, "</svg>", ""])


def sd_card(x, y):
    """44 by 56, contacts first."""
    shape = f"M{x} {y + 50}q0 6 6 6h32q6 0 6 -6v-18l-5 -5v-5l5 -5v-11q0 -6 -6 -6h-32q-6 0 -6 6z"
    return [path(shape, f'style="fill:{SHADE}"'), *[path(f"M{x + 8 + 7 * nth} {y + 5}v8") for nth in range(5)]]


def laptop(x, y, screen):
    """150 by 114, with a slot below; `screen` is drawn on it."""
    return [rect(x + 8, y, 134, 84, SHADE, 6), rect(x + 14, y + 6, 122, 72, PAPER, 2), *screen,
            path(f"M{x + 8} {y + 84}L{x - 6} {y + 108}q0 6 6 6h150q6 0 6 -6L{x + 142} {y + 84}z", f'style="fill:{SHADE}"'),
            rect(x + 53, y + 106, 44, 7, INK, 1)]


def card(words):
    out = []
    for nth, (first, second) in enumerate(words["steps"]):
        x = 42 + nth * 233
        middle = x + 75
        inside = path(f"M{x + 53} 133v10q0 6 6 6h32q6 0 6 -6v-10", f'style="fill:{SHADE}"')
        outside = [*sd_card(x + 53, 142), arrow(x + 118, 196, x + 118, 146)]
        written = [text(middle, 52, words["image"], 14, 'text-anchor="middle"'), rect(x + 26, 62, 98, 14, PAPER, 3),
                   f'<rect x="{x + 28}" y="64" width="62" height="10" fill="{LOOK}"/>']
        disk = [rect(x + 28, 42, 94, 36, SHADE, 4), text(middle, 66, "ESTRADE", 15, 'text-anchor="middle" font-weight="bold"')]
        out += [laptop(x, 20, []) + outside, laptop(x, 20, written) + [inside],
                laptop(x, 20, disk) + outside + [arrow(x + 32, 146, x + 32, 196)]][nth]
        out += [text(middle, 226, first, 15, 'text-anchor="middle" font-weight="bold"'), text(middle, 246, second, 15, 'text-anchor="middle"')]
        if nth:
            out.append(path(f"M{x - 40} 82l10 12l-10 12", f'style="stroke:{QUIET};stroke-width:4"'))
    return sheet(262, out)


def settings(words, language):
    """The card's file in an editor, lines as long as fit."""
    code = 'font-family="DejaVu Sans Mono, monospace"'
    changed = {'address = "http://bridge.example:8080"': 'address = "http://192.168.1.10:8080"', 'name = ""': 'name = "Ploufragan"',
               'language = "fr"': f'language = "{language}"'}
    file = SETTINGS.read_text().splitlines()
    height = 102 + 18 * len(file)
    out = [rect(8, 8, 684, height - 48, PAPER, 8), path("M8 44H692"), text(24, 33, words["title"], 16, 'font-weight="bold"')]
    out.append(path("M664 21l12 12m0 -12l-12 12"))
    for nth, line in enumerate(file):
        y = 68 + 18 * nth
        shown = changed.get(line, line)
        shown = shown if len(shown) <= 53 else shown[:52] + "…"
        note = next((note for start, note in words["notes"].items() if line.startswith(start + " ") or line == start), None)
        if note and line != "# [wifi]":
            out += [f'<rect x="48" y="{y - 14}" width="{len(shown) * 8.43 + 12:.0f}" height="18" rx="4" fill="#fde9d9"/>']
        if note:
            from_x = 54 + len(shown) * 8.43 + 14
            if line == "# [wifi]":
                # For it and the two lines below.
                from_x = 400
                out.append(f'<path d="M392 {y - 10}h8v46h-8" stroke="{LOOK}" stroke-width="2" fill="none"/>')
            out += [f'<path d="M{from_x:.0f} {y - 5}H520" stroke="{LOOK}" stroke-width="2" fill="none"/>']
            out += lines(528, y - 2 if len(note) < 3 else y - 6, note, 15, f'font-weight="bold" fill="{LOOK}"')
        quiet = f'fill="{QUIET}"' if shown.startswith("#") else 'font-weight="bold"'
        out += [text(38, y, str(nth + 1), 13, f'text-anchor="end" fill="{QUIET}" {code}'), text(54, y, shown, 14, f"{code} {quiet}")]
    out.append(text(24, height - 12, words["keep"], 15))
    return sheet(height, out)


# Of a Raspberry Pi, in millimetres from the left and from the edge with the power: middles of sockets, as near as a drawing needs.
BOARDS = {
    "Raspberry Pi 4": {"right": [("usb", 9.0), ("usb", 27.0), ("network", 45.75)]},
    "Raspberry Pi 5": {"right": [("network", 10.2), ("usb", 29.1), ("usb", 47.0)]},
}
POWER, HDMI, OTHER_HDMI, LONG, DEEP = 11.2, 25.8, 39.2, 85, 56


def board(x, y, name, sockets, order):
    """Seen from above. 3 pixels a millimetre."""
    def mm(value):
        return round(value * 3)
    left, top, long, deep = x, y, mm(LONG), mm(DEEP)
    foot = top + deep
    out = [text(left + long / 2, top - 46, name, 17, 'text-anchor="middle" font-weight="bold"'),
           rect(left, top, long, deep, "#e3efe3", 9), rect(left + mm(25), top + mm(18), mm(15), mm(15), SHADE, 3)]
    # Buttons: two rows of twenty pins.
    out += [rect(left + mm(7), top + 5, mm(51), 17, INK, 2)]
    out += [f'<circle cx="{left + mm(8.4) + round(nth * 7.62)}" cy="{top + row}" r="1.6" fill="{PAPER}"/>'
            for nth in range(20) for row in (10, 17)]
    out += [path(f"M{left + mm(20)} {top + 4}v-24M{left + mm(32)} {top + 4}v-24M{left + mm(44)} {top + 4}v-24"),
            number(left + mm(32), top - 24, order["panel"])]
    # The card, from below.
    out += [rect(left - 12, top + mm(22), 26, mm(12), SHADE, 2, 'stroke-dasharray="5 3"'), number(left - 28, top + mm(28), order["card"])]
    for middle, wide, part in [(POWER, 9, "power"), (HDMI, 7, "tv"), (OTHER_HDMI, 7, None)]:
        socket = left + mm(middle)
        out.append(rect(socket - mm(wide) / 2, foot - 18, mm(wide), 24, {"power": "#fbd5bd"}.get(part, SHADE), 3))
        if part:
            out += [path(f"M{socket} {foot + 8}v14"), number(socket, foot + 34, order[part], LOOK if part == "power" else INK)]
        else:
            out.append(path(f"M{socket - 7} {foot + 15}l14 14m0 -14l-14 14", f'style="stroke:{QUIET}"'))
    for part, up in sockets["right"]:
        middle, wide = foot - mm(up), mm(16 if part == "network" else 14)
        out += [rect(left + long - 44, middle - wide / 2, 52, wide, "#d9e4f5" if part == "network" else SHADE, 3)]
        if part == "usb":
            out += [path(f"M{left + long - 2} {middle - 11}v8M{left + long - 2} {middle + 3}v8", 'style="stroke-width:5"')]
        else:
            out += [path(f"M{left + long - 2} {middle - 10}v20", 'style="stroke-width:5"')]
        out += [path(f"M{left + long + 10} {middle}h8"), number(left + long + 30, middle, order[part])]
    return out


def icon(part, x, y):
    """30 by 26."""
    if part == "card":
        return [path(f"M{x + 5} {y}h14l6 6v20h-20z", f'style="fill:{SHADE}"'), path(f"M{x + 10} {y + 4}v6M{x + 15} {y + 4}v6")]
    if part == "panel":
        return [rect(x, y + 2, 30, 22, SHADE, 4), f'<circle cx="{x + 10}" cy="{y + 13}" r="6" fill="{COLOURS["Green"]}" stroke="{INK}"/>',
                f'<circle cx="{x + 23}" cy="{y + 9}" r="3" fill="{PAPER}" stroke="{INK}"/><circle cx="{x + 23}" cy="{y + 18}" r="3" fill="{PAPER}" stroke="{INK}"/>']
    if part == "tv":
        return [rect(x - 1, y, 32, 20, SHADE, 2), path(f"M{x + 8} {y + 25}h14M{x + 15} {y + 20}v5")]
    if part == "usb":
        return [rect(x - 2, y + 5, 18, 14, SHADE, 3), f'<circle cx="{x + 7}" cy="{y + 12}" r="4" fill="{PAPER}" stroke="{INK}" stroke-width="2"/>',
                rect(x + 22, y, 8, 14, SHADE, 4), path(f"M{x + 19} {y + 9}q0 9 7 9t7 -9M{x + 26} {y + 18}v6")]
    if part == "network":
        return [path(f"M{x + 3} {y + 24}v-18h6v-5h12v5h6v18z", f'style="fill:{SHADE}"'), path(f"M{x + 9} {y + 19}v5M{x + 15} {y + 19}v5M{x + 21} {y + 19}v5")]
    return [path(f"M{x + 17} {y}l-11 15h8l-3 11l12 -16h-8z", f'style="fill:{LOOK};stroke:{LOOK}"')]


def connections(words):
    parts = words["parts"]
    order = {part: nth for nth, (part, _, _) in enumerate(parts, 1)}
    out = []
    for x, (name, sockets) in zip([46, 398], BOARDS.items()):
        out += board(x, 74, f"{name}, {words['above']}", sockets, order)
    for nth, (part, name, where) in enumerate(parts):
        x, y = 22 + 346 * (nth % 2), 312 + 46 * (nth // 2)
        last = part == "power"
        out += [number(x, y + 13, nth + 1, LOOK if last else INK), *icon(part, x + 24, y),
                text(x + 66, y + 10, name, 16, 'font-weight="bold"' + (f' fill="{LOOK}"' if last else "")), text(x + 66, y + 29, where, 13)]
    return sheet(446, out)


def lamp(x, y, radius, fill):
    return f'<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}" stroke="{INK}" stroke-width="2"/>'


def panel(words):
    out = [rect(150, 14, 536, 184, SHADE, 16)]
    for nth, (name, below) in enumerate(words["below"]):
        large = nth == 0
        x, radius = (256, 76) if large else (384 + 84 * (nth - 1), 35)
        ring = COLOURS["Green"] if large else COLOURS["Red"] if nth == 1 else PAPER
        size = 24 if large or len(name) == 1 else 14
        out += [lamp(x, 106, radius, ring), lamp(x, 106, radius - (18 if large else 9), PAPER),
                text(x, 106 + size // 3, name, size, 'text-anchor="middle" font-weight="bold"')]
        # By turns lower: the words are wider than the buttons.
        y = 228 + 44 * (nth % 2)
        out += [path(f"M{x} {106 + radius}V{y - 18}", f'style="stroke:{QUIET};stroke-width:1.5"'), *lines(x, y, below, 14, 'text-anchor="middle"')]
    out += [path("M134 106H188", f'style="stroke:{LOOK}"'), *lines(6, 92, words["light"], 15, f'font-weight="bold" fill="{LOOK}"'),
            text(24, 318, words["white"], 14)]
    return sheet(328, out)


def blinks():
    """Of each signal: its colour, and milliseconds lit, dark, lit, dark."""
    code = LIGHTS.read_text()
    colour, blinking = {}, {}
    for names, value in re.findall(r"((?:Self::\w+(?: \| )?)+) => Colour::(\w+),", code):
        colour |= dict.fromkeys(re.findall(r"Self::(\w+)", names), value)
    for name, values in re.findall(r"Self::(\w+) => &\[([\d, ]+)\],", code):
        blinking[name] = [int(value) for value in values.split(",")]
    assert colour.keys() == blinking.keys() and len(colour) == 9, "board/src/lights.rs is written in another way"
    return {name: (colour[name], blinking[name]) for name in colour}


def strip(x, y, width, fill, pattern):
    """Five seconds of a light: filled while it is lit."""
    out, at, nth = [f'<rect x="{x}" y="{y}" width="{width}" height="20" fill="#3a3a3a"/>'], 0, 0
    while at < 5000:
        end = min(at + pattern[nth % len(pattern)], 5000)
        if nth % 2 == 0 or len(pattern) == 1:
            out.append(f'<rect x="{x + at * width / 5000:.1f}" y="{y}" width="{(end - at) * width / 5000:.1f}" height="20" fill="{fill}"/>')
        at, nth = end, nth + 1
    return [*out, f'<rect x="{x}" y="{y}" width="{width}" height="20" fill="none" stroke="{INK}" stroke-width="1.5"/>']


def lights(words):
    signals = blinks()
    assert {name for name, _, _ in words["rows"]} == signals.keys()
    out = [text(x, 22, words[key], 13, f'fill="{QUIET}"') for x, key in [(10, "light"), (242, "seconds")]]
    for nth, (name, look, meaning) in enumerate(words["rows"]):
        colour, pattern = signals[name]
        y = 50 + 33 * nth
        out += [lamp(24, y, 13, COLOURS[colour]), text(48, y + 5, look, 15), *strip(242, y - 10, 160, COLOURS[colour], pattern),
                text(416, y + 5, meaning, 15, 'font-weight="bold"')]
    return sheet(40 + 33 * len(words["rows"]), out)


def drawings():
    for language, words in WORDS.items():
        yield f"card.{language}.svg", card(words["card"])
        yield f"settings.{language}.svg", settings(words["settings"], language)
        yield f"connections.{language}.svg", connections(words["connections"])
        yield f"panel.{language}.svg", panel(words["panel"])
        yield f"lights.{language}.svg", lights(words["lights"])


def main():
    *check, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, drawn in drawings():
        if not check:
            (folder / name).write_text(drawn)
        elif (folder / name).read_text() != drawn:
            sys.exit(f"{folder / name} is not what {pathlib.Path(__file__).name} draws: make pictures")


if __name__ == "__main__":
    main()
