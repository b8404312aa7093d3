"""One room.toml for each line of a table of rooms, so that many cards are made from one image.

The table is a CSV file as spreadsheets save it, with commas or semicolons, and a first line that names its columns:

  room          name of the room as the others read it (needed)
  bridge        the bridge's address, http://HOST:PORT or https://HOST:PORT (needed, unless --bridge gives it)
  token         the room's token in the bridge's settings, where it has one
  invitation    the code of `estrade bridge invite`: the room is in the conference without a code on its television
  language      fr or en
  wifi          the Wi-Fi's name, where there is no cable
  password      the Wi-Fi's password

Examples:
  make rooms CSV=rooms.csv
  make rooms CSV=rooms.csv ARGS="--bridge https://visio.example.fr:8443"
  make flash DEVICE=/dev/sdb ROOM=brest
"""

import argparse
import csv
import json
import os
import pathlib
import re
import sys
import unicodedata

COLUMNS = ["room", "bridge", "token", "invitation", "language", "wifi", "password"]
MAX_NAME = 40
MAX_ROOMS = 500


class Wrong(Exception):
    """Something in the table, in words: where, what, what to do."""


def slug(name):
    """A name for a file: `loudeac` for "Loudéac"."""
    plain = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe").replace("æ", "ae").replace("ß", "ss"))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-") or "room"


def read_table(file):
    """The lines of the table, each with its number: (number, {column: text})."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Wrong(f"{file} is not in UTF-8: save it again as \"CSV UTF-8\"") from None
    except OSError as error:
        raise Wrong(f"{file} cannot be read: {error.strerror}") from None
    head = text.split("\n", 1)[0]
    lines = csv.reader(text.splitlines(), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    try:
        columns = [name.strip().lower() for name in next(lines, [])]
        unknown = [name for name in columns if name not in COLUMNS]
        if "room" not in columns or unknown:
            said = f"there is no column {', '.join(unknown)}" if unknown else "the first line must name the columns"
            raise Wrong(f"{file}, line 1: {said}; columns are {', '.join(COLUMNS)}")
        rooms = []
        for cells in lines:
            if any(cell.strip() for cell in cells):
                if len(cells) > len(columns):
                    raise Wrong(f"{file}, line {lines.line_num}: {len(cells)} cells, but {len(columns)} columns; "
                                "put a text that has a comma in quotes")
                rooms.append((lines.line_num, dict(zip(columns, map(str.strip, cells)))))
    except csv.Error as error:
        raise Wrong(f"{file}, line {lines.line_num}: {error}") from None
    if not rooms:
        raise Wrong(f"{file} names no room")
    if len(rooms) > MAX_ROOMS:
        raise Wrong(f"{file} names {len(rooms)} rooms; {MAX_ROOMS} at most")
    return rooms


def settings(room, bridge):
    """The text of a room.toml; raises [Wrong] with what is wrong in this line."""
    name, address = room.get("room", ""), room.get("bridge") or bridge or ""
    quoted = {key: json.dumps(value, ensure_ascii=False) for key, value in room.items()}
    for key, value in room.items():
        if any(unicodedata.category(sign).startswith("C") for sign in value):
            raise Wrong(f"{key}: it has a sign that cannot be seen; type it anew")
    if not 1 <= len(name) <= MAX_NAME:
        raise Wrong(f"room: 1 to {MAX_NAME} characters, not {len(name)}")
    if not re.fullmatch(r"https?://[^/?#\s@]+/?", address):
        raise Wrong(f"bridge: \"{address}\" is no address; write it as http://192.168.1.10:8080, here or with --bridge")
    language = room.get("language") or "fr"
    if language not in ["fr", "en"]:
        raise Wrong(f"language: \"{language}\"; write fr or en")
    lines = [f"name = {quoted['room']}", f"language = \"{language}\"", "", "[bridge]",
             f"address = {json.dumps(address.rstrip('/'))}"]
    lines += [f"{key} = {quoted[key]}" for key in ["token", "invitation"] if room.get(key)]
    password = room.get("password", "")
    if room.get("wifi"):
        if len(room["wifi"].encode()) > 32:
            raise Wrong("wifi: 32 bytes at most; copy it as telephones show it")
        lines += ["", "[wifi]", f"network = {quoted['wifi']}"]
        if password:
            if not (8 <= len(password) <= 63 and password.isascii()):
                raise Wrong("password: 8 to 63 letters, digits and signs without accents")
            lines.append(f"password = {quoted['password']}")
    elif password:
        raise Wrong("password: without a Wi-Fi's name")
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=pathlib.Path, help="the CSV file")
    parser.add_argument("folder", type=pathlib.Path, help="where the files go, one for each room")
    parser.add_argument("--bridge", help="the bridge's address, for lines that name none")
    arguments = parser.parse_args()
    made = {}
    try:
        for line, room in read_table(arguments.table):
            try:
                text = settings(room, arguments.bridge)
            except Wrong as wrong:
                raise Wrong(f"{arguments.table}, line {line}: {wrong}") from None
            file = slug(room["room"])
            if file in made:
                raise Wrong(f"{arguments.table}, line {line}: {room['room']} is there already, in line {made[file][0]}")
            made[file] = line, text
    except Wrong as wrong:
        # All or none: half of the cards would be found out in the rooms.
        sys.exit(f"rooms: {wrong}")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for file, (_, text) in made.items():
        place = arguments.folder / f"{file}.toml"
        # They hold passwords.
        with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
        print(f"make flash DEVICE=/dev/... ROOM={file}")


if __name__ == "__main__":
    main()
