"""What lies beside an image for those who hand it on: packed, with a list of all that is in it, and known to Raspberry Pi Imager."""

import datetime
import gzip
import hashlib
import json
import re
import uuid

# By these Raspberry Pi Imager knows a board, and offers what runs on it.
BOARDS = {"Raspberry Pi 5": "pi5-64bit", "Raspberry Pi 4": "pi4-64bit"}
ICON = "https://raw.githubusercontent.com/estrade/estrade/main/board/image/icon.svg"
WEBSITE = "https://github.com/estrade/estrade"


def make(workshop, kept, image, version, seconds, url):
    """Packs the image; writes `os_list.json`, for a site at the address `url` from which it is handed on, and a manifest for this machine."""
    packed = kept / f"estrade-{version}.img.zst"
    for old in kept.glob("estrade-*.img.zst"):
        old.unlink()
    # One thread, so that the bytes do not depend on how many there are.
    workshop.run(["zstd", "--quiet", "--force", "-12", "--single-thread", image, "-o", packed])
    day = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).date().isoformat()
    entry = {
        "name": "Estrade",
        "description": "A room's box: camera, microphones and television of one town in a conference of several",
        "icon": ICON, "website": WEBSITE, "release_date": day, "architecture": "armv8", "devices": list(BOARDS.values()),
        "extract_size": image.stat().st_size, "extract_sha256": digest(image),
        "image_download_size": packed.stat().st_size, "image_download_sha256": digest(packed),
        # It writes name and Wi-Fi into one file beside room.toml, which `estrade settle` reads.
        "init_format": "rpi-preseed",
    }
    (kept / "os_list.json").write_text(text({"os_list": [entry | {"url": f"{url.rstrip('/')}/{packed.name}"}]}))
    # Opened by a double click; it names the file on this machine.
    devices = [{"name": name, "description": "", "tags": [tag], "architecture": "armv8"} for name, tag in BOARDS.items()]
    (kept / "estrade.rpi-imager-manifest").write_text(
        text({"imager": {"devices": devices}, "os_list": [entry | {"url": packed.as_uri()}]}))
    return packed


def bill(root, firmware, metadata, version, seconds):
    """All that is in the image, each with its version: Debian's packages and the program's crates (CycloneDX 1.6, an SBOM)."""
    packages = [(each["Package"], each["Version"], each["Architecture"]) for each in paragraphs((root / "var/lib/dpkg/status").read_text())
                if each.get("Status") == "install ok installed"]
    for changes in firmware.glob("usr/share/doc/*/changelog.Debian.gz"):
        name, number = re.match(r"(\S+) \((\S+)\)", gzip.open(changes, "rt").readline()).groups()
        packages.append((changes.parent.name, number, "all"))
    parts = [{"type": "library", "name": name, "version": number, "purl": f"pkg:deb/debian/{name}@{quoted(number)}?arch={machine}&distro=debian-13"}
             for name, number, machine in sorted(packages)]
    for crate in sorted(crates(metadata), key=lambda crate: (crate["name"], crate["version"])):
        part = {"type": "library", "name": crate["name"], "version": crate["version"], "purl": f"pkg:cargo/{crate['name']}@{quoted(crate['version'])}"}
        parts.append(part | ({"licenses": [{"expression": crate["license"].replace("/", " OR ")}]} if crate["license"] else {}))
    for part in parts:
        part["bom-ref"] = part["purl"]
    when = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat().replace("+00:00", "Z")
    return text({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
                 "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{WEBSITE}/{version}')}",
                 "metadata": {"timestamp": when, "component": {"type": "operating-system", "name": "estrade", "version": version}},
                 "components": parts})


def crates(metadata):
    """Of what cargo knows, the crates that are in the program; not what only compiled it."""
    packages = {each["id"]: each for each in metadata["packages"]}
    nodes = {each["id"]: each for each in metadata["resolve"]["nodes"]}
    todo = [number for number, each in packages.items() if each["name"] in ("estrade", "gst-plugin-estrade")]
    found = set()
    while todo:
        number = todo.pop()
        if number not in found:
            found.add(number)
            todo += [each["pkg"] for each in nodes[number]["deps"] if any(kind["kind"] is None for kind in each["dep_kinds"])]
    return [packages[number] for number in found]


def paragraphs(status):
    """Those of a Debian control file, without what goes on in a second line."""
    for paragraph in status.strip().split("\n\n"):
        yield dict(re.findall(r"^(\S+): (.*)$", paragraph, re.MULTILINE))


def quoted(version):
    return version.replace("+", "%2B").replace(":", "%3A").replace("~", "%7E")


def text(value):
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def digest(file):
    found = hashlib.sha256()
    with file.open("rb") as data:
        while block := data.read(1 << 20):
            found.update(block)
    return found.hexdigest()
