"""The page to print and leave in a room: what the buttons do and what the light says, as PDF in French and English.

`leaflet.py FOLDER` writes fiche.fr.pdf and card.en.pdf there. Drawn as SVG, turned into PDF by librsvg.
"""

import pathlib
import subprocess
import sys
from html import escape

WORDS = {
    "fiche.fr": {
        "title": "Votre salle dans la conférence",
        "buttons": [
            ("Parole", "#1d7a3d", "Demander la parole.", "Encore une fois : la rendre."),
            ("Micro", "#b3261e", "Couper les micros de la salle.", "Encore une fois : les rétablir."),
            ("Écran", "#1f3a5f", "Changer ce que montre le téléviseur.", "Tenu 3 secondes : vérifier le boîtier."),
            ("−   +", "#1f3a5f", "Le volume.", "Si votre salle présente : page d’avant, page d’après."),
        ],
        "light": "Le voyant de Parole",
        "lights": [
            ("green", False, "vert", "Vous avez la parole : tout le monde vous voit et vous entend."),
            ("amber", True, "orange, clignote", "Votre main est levée. L’animateur la voit."),
            ("blue", False, "bleu", "Vous êtes dans la conférence."),
            ("white", False, "blanc", "Prêt. La soirée n’a pas commencé."),
            ("red", False, "rouge", "Vos micros sont coupés. Appuyez sur Micro pour les rétablir."),
            ("red", True, "rouge, clignote", "Une panne : le téléviseur dit laquelle et quoi faire."),
        ],
        "help": "Quand cela ne va pas",
        "helps": [
            "Rien ne réagit : tenez Parole et Micro ensemble, 5 secondes.",
            "Toujours rien : débranchez le boîtier, rebranchez-le. Rien ne se perd.",
            "Les chuchotements et les pages qu’on tourne ne sont pas envoyés : parlez normalement.",
        ],
        "call": "Qui appeler :",
    },
    "card.en": {
        "title": "Your room in the conference",
        "buttons": [
            ("Parole", "#1d7a3d", "Ask for the floor.", "Once more: give it back."),
            ("Micro", "#b3261e", "Mute this room’s microphones.", "Once more: unmute them."),
            ("Écran", "#1f3a5f", "Change what the television shows.", "Held for 3 seconds: check the box."),
            ("−   +", "#1f3a5f", "The volume.", "While your room presents: page before, next page."),
        ],
        "light": "The light of Parole",
        "lights": [
            ("green", False, "green", "You have the floor: everybody sees and hears you."),
            ("amber", True, "amber, flashing", "Your hand is raised. The chair sees it."),
            ("blue", False, "blue", "You are in the conference."),
            ("white", False, "white", "Ready. The evening has not begun."),
            ("red", False, "red", "Your microphones are muted. Press Micro to unmute them."),
            ("red", True, "red, flashing", "A fault: the television says which, and what to do."),
        ],
        "help": "When something is wrong",
        "helps": [
            "Nothing reacts: hold Parole and Micro together for 5 seconds.",
            "Still nothing: unplug the box and plug it in again. Nothing is lost.",
            "Whispers and turning pages are not sent: speak as you always do.",
        ],
        "call": "Whom to call:",
    },
}
COLOURS = {"green": "#2aa84a", "amber": "#f0a202", "blue": "#2f6fde", "white": "#ffffff", "red": "#d93025"}
# A4 in tenths of a millimetre.
WIDTH, HEIGHT, MARGIN = 2100, 2970, 160


def text(x, y, size, words, extra=""):
    return f'<text x="{x}" y="{y}" font-size="{size}" {extra}>{escape(words)}</text>'


def draw(words):
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 {WIDTH} {HEIGHT}" '
           'font-family="DejaVu Sans" fill="#1a1a1a">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
           text(MARGIN, 260, 100, words["title"], 'font-weight="bold"')]
    y = 400
    for name, colour, first, second in words["buttons"]:
        out += [f'<rect x="{MARGIN}" y="{y}" width="430" height="200" rx="40" fill="{colour}"/>',
                text(MARGIN + 215, y + 125, 80, name, 'text-anchor="middle" font-weight="bold" fill="#ffffff"'),
                text(MARGIN + 500, y + 85, 60, first, 'font-weight="bold"'),
                text(MARGIN + 500, y + 165, 44, second)]
        y += 250
    y += 100
    out.append(text(MARGIN, y, 70, words["light"], 'font-weight="bold"'))
    y += 60
    for colour, flashes, name, meaning in words["lights"]:
        x = MARGIN + 55
        if flashes:
            out.append(f'<circle cx="{x}" cy="{y + 50}" r="52" fill="none" stroke="{COLOURS[colour]}" stroke-width="7" stroke-dasharray="24 16"/>')
        out += [f'<circle cx="{x}" cy="{y + 50}" r="36" fill="{COLOURS[colour]}" stroke="#1a1a1a" stroke-width="4"/>',
                text(MARGIN + 150, y + 66, 44, name, 'font-weight="bold"'),
                text(MARGIN + 600, y + 66, 37, meaning)]
        y += 125
    y += 110
    out.append(text(MARGIN, y, 70, words["help"], 'font-weight="bold"'))
    for line in words["helps"]:
        y += 80
        out.append(text(MARGIN, y, 37, f"•  {line}"))
    out += [text(MARGIN, HEIGHT - 160, 44, words["call"]),
            f'<path d="M{MARGIN + 340} {HEIGHT - 150} H{WIDTH - MARGIN}" stroke="#1a1a1a" stroke-width="4"/>', "</svg>"]
    return "\n".join(out)


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, words in WORDS.items():
        subprocess.run(["rsvg-convert", "--format=pdf", "--output", folder / f"{name}.pdf"], input=draw(words).encode(), check=True)


if __name__ == "__main__":
    main()
