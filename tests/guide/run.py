#!/usr/bin/env python3
"""What the installer's guide shows of the program itself: `run.py PROGRAM FOLDER`.

PROGRAM is `estrade`. In French, then in English, it runs as a bridge and as a box with test devices that the bridge does not know
yet. FOLDER gets, for each language: `code`, the television with the code; `boxes`, the console where that code is typed;
`diagnostics`, the television of the box once it is let in, a loudspeaker missing.

It runs in a network of its own (`unshare --map-root-user --net`), where the bridge has the address that the guide names.
"""

import base64
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

TOKEN = "the-token-of-the-chair"
BRIDGE = "192.168.1.10:8080"
# As on a card: the television names the box's page then.
BOX = "0.0.0.0:80"
DRIVER = "127.0.0.1:9515"
PATIENCE_S = 60
# The diagnostic picture begins with the lights in turn, 12 s; the doctor looks again every 10 s.
LIGHTS_S = 16
# A new scene comes up softly.
SETTLED_S = 2
# As wide as the console's bar needs, as high as its part with the code.
WINDOW = (1024, 480)

BRIDGE_TOML = f"""listen = "{BRIDGE}"
media = "192.168.1.10:8189"
chair_token = "{TOKEN}"
rooms = [{{ name = "Ploufragan" }}, {{ name = "Brest" }}]
"""
ROOM_TOML = """name = "Ploufragan"
language = "{language}"
[bridge]
address = "http://{bridge}"
[devices]
camera = "test"
microphones = "test"
screen = "none"
loudspeaker = "{loudspeaker}"
[screen]
width = {width}
height = {height}
[web]
listen = "{box}"
[measure]
quiet_seconds = 3600
"""


def ask(url, body=None, method=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers or {}, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.read()


def wait(what, look):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        # Whoever is asked may not be up yet.
        with contextlib.suppress(urllib.error.URLError, ConnectionError, KeyError):
            if found := look():
                return found
        time.sleep(0.2)
    sys.exit(f"{what}: not within {PATIENCE_S} s")


class Browser:
    """A Chromium, by the WebDriver protocol."""

    def __init__(self):
        arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--force-device-scale-factor=1",
                     "--accept-lang=fr-FR,fr", "--window-size=1024,768"]
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}}}}
        wait("chromedriver", lambda: json.loads(ask(f"http://{DRIVER}/status"))["value"]["ready"])
        self.session = f"http://{DRIVER}/session/" + json.loads(ask(f"http://{DRIVER}/session", wanted))["value"]["sessionId"]
        # The window's own edges are not counted.
        edges = self.run("return [outerWidth - innerWidth, outerHeight - innerHeight]")
        self.tell("window/rect", {"width": WINDOW[0] + edges[0], "height": WINDOW[1] + edges[1]})

    def run(self, script):
        return self.tell("execute/sync", {"script": script, "args": []})

    def tell(self, command, body):
        return json.loads(ask(f"{self.session}/{command}", body))["value"]

    def picture(self, file):
        png = json.loads(ask(f"{self.session}/screenshot"))["value"]
        file.write_bytes(base64.b64decode(png))


@contextlib.contextmanager
def running(command):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def box(path, method=None):
    return ask(f"http://127.0.0.1/{path}", method=method, headers={"x-estrade": "panel"})


def publishing():
    return json.loads(box("status"))["publishing"]


def shown():
    """The code on the television."""
    return (json.loads(box("measure/joining")) or {}).get("code")


def show(program, browser, language, folder, work):
    bridge, room = work / "bridge.toml", work / "room.toml"
    settings = {"language": language, "bridge": BRIDGE, "box": BOX}
    bridge.write_text(BRIDGE_TOML)
    with running([program, "bridge", "--config", bridge]):
        room.write_text(ROOM_TOML.format(loudspeaker="none", width=640, height=360, **settings))
        with running([program, "room", "--config", room]):
            code = wait("a code on the television", shown)
            time.sleep(SETTLED_S)
            (folder / f"code.{language}.png").write_bytes(box("screen.png"))
            let_in(browser, language, code, folder / f"boxes.{language}.png")
            wait("the box in the conference", publishing)
        # Looked for, and not found where there is no sound card.
        room.write_text(ROOM_TOML.format(loudspeaker="auto", width=960, height=540, **settings))
        with running([program, "room", "--config", room]):
            wait("the box in the conference", publishing)
            box("panel/diagnostics/on", "POST")
            time.sleep(LIGHTS_S)
            (folder / f"diagnostics.{language}.jpg").write_bytes(box("screen.jpg"))


def let_in(browser, language, code, file):
    """Types the code as the chair does."""
    browser.tell("url", {"url": "about:blank"})
    browser.tell("url", {"url": f"http://{BRIDGE}/#token={TOKEN}"})
    at_the_door = lambda: browser.run("return !!document.querySelector('#door a')")
    wait("the box in the console", at_the_door)
    if browser.run("return document.documentElement.lang") != language:
        browser.run("document.getElementById('language').click()")
        wait("the other language", lambda: browser.run("return document.documentElement.lang") == language)
        wait("the box in the console", at_the_door)
    browser.run("document.querySelector('#door a').click()")
    wait("a place for the code", lambda: browser.run("return !!document.querySelector('.let input')"))
    place = browser.tell("element", {"using": "css selector", "value": ".let input"})
    browser.tell(f"element/{list(place.values())[0]}/value", {"text": f"{code[:3]} {code[3:]}"})
    browser.run("scrollTo(0, 0)")
    browser.picture(file)
    browser.run("document.querySelector('.let-in').click()")


def main():
    program, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for command in ["link set lo up", "link add eth0 type veth peer name wall", "link set wall up", "link set eth0 up",
                    "addr add 192.168.1.10/24 dev eth0"]:
        subprocess.run(["ip", *command.split()], check=True)
    with running(["chromedriver", "--port=" + DRIVER.partition(":")[2]]):
        browser = Browser()
        for language in ["fr", "en"]:
            with tempfile.TemporaryDirectory() as work:
                show(program, browser, language, folder, pathlib.Path(work))
        ask(browser.session, method="DELETE")


if __name__ == "__main__":
    main()
