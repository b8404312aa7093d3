"""A bridge outside the virtual board, and the chair who leads it, by the bridge's own protocol."""

import base64
import json
import os
import re
import socket
import struct
import subprocess
import threading
import time
import urllib.request

ROOM, CHAIR, TOKEN = "Loudéac", "chair-0123456789", "loudeac-0123456789"

SETTINGS = """
listen = "127.0.0.1:0"
media = "127.0.0.1:0"
# By this address the virtual board reaches this machine.
announce = ["10.0.2.2"]
title = "Les métiers de demain"
programme = "evening.toml"
decks = "decks"
chair_token = "{chair}"
rooms = [{{ name = "{room}"{token} }}, {{ name = "Brest", token = "brest-0123456789" }}]
"""

PROGRAMME = """
title = "Les métiers du bois"
rooms = ["Loudéac", "Brest"]

[[speaker]]
name = "Anne Le Goff"
trade = "menuisière"
room = "Brest"
minutes = 15
"""


class Bridge:
    """`estrade bridge` on this machine, and a chair's connection to it. Its room has a token, or is `paired`."""

    def __init__(self, program, folder, paired=False):
        folder.mkdir(exist_ok=True)
        settings = folder / "bridge.toml"
        settings.write_text(SETTINGS.format(chair=CHAIR, room=ROOM, token="" if paired else f', token = "{TOKEN}"'))
        (folder / "evening.toml").write_text(PROGRAMME)
        self.process = subprocess.Popen(
            [program, "bridge", "--config", settings, "--stop-with-stdin"], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=(folder / "bridge.log").open("w"))
        ready = re.match(r"ready http=\S+:(\d+) media=\S+:(\d+)", self.process.stdout.readline())
        assert ready, f"the bridge does not start; {folder / 'bridge.log'} says why"
        self.http, self.media = int(ready[1]), int(ready[2])
        self.state, self.changed = {}, threading.Condition()
        self.socket = WebSocket(self.http, "/control")
        self.says(type="hello", version=1, role="chair", token=CHAIR)
        threading.Thread(target=self.listen, daemon=True).start()

    def says(self, **message):
        self.socket.send(json.dumps(message))

    def listen(self):
        for text in self.socket.texts():
            message = json.loads(text)
            with self.changed:
                if message["type"] == "snapshot":
                    self.state = message["state"]
                elif message["type"] == "event":
                    self.apply(message["event"])
                elif message["type"] in ("refused", "error"):
                    print("    the bridge:", text)
                self.changed.notify_all()

    def apply(self, event):
        change = event["change"]
        if change == "room":
            rooms = self.state["rooms"]
            rooms[:] = [event["room"] if room["name"] == event["room"]["name"] else room for room in rooms]
        elif change in event:
            self.state[change] = event[change]

    def room(self):
        return next((room for room in self.state.get("rooms", []) if room["name"] == ROOM), {})

    def waits(self, what, wanted, patience):
        """Seconds until what the bridge knows is as wanted."""
        began = time.monotonic()
        with self.changed:
            assert self.changed.wait_for(wanted, patience), \
                f"not within {patience} s at the bridge: {what}; it knows {json.dumps(self.room())}"
        return time.monotonic() - began

    def brings(self, name, file, patience):
        """Brings a deck for the speaker; its pages are made before this comes back."""
        self.asks(f"decks?speaker=0&name={name}", file)
        ready = lambda: (self.state["programme"]["speakers"][0].get("deck") or {}).get("state") == "ready"
        self.waits(f"the deck {name} is ready", ready, patience)

    def lets_in(self, code):
        """The chair types the code of the only box that asks to be let in."""
        [waiting] = json.loads(self.asks("pairing"))["requests"]
        assert waiting["name"] == ROOM, waiting
        self.asks(f"pairing/requests/{waiting['id']}/code", json.dumps({"room": ROOM, "code": code}).encode())

    def asks(self, path, body=None):
        """What the bridge answers to its chair by HTTP."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/{path}", body, headers={"Authorization": f"Bearer {CHAIR}"})
        with urllib.request.urlopen(request) as answer:
            return answer.read()

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


class WebSocket:
    """Enough of RFC 6455 for texts of a bridge on this machine."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        assert b"101" in self.file.readline()
        while self.file.readline().strip():
            pass

    def send(self, text, code=0x1):
        data = text.encode() if isinstance(text, str) else text
        length = struct.pack("!BH", 0x80 | 126, len(data))
        # The mask is zero: nothing between us and the bridge needs it.
        self.socket.sendall(bytes([0x80 | code]) + length + bytes(4) + data)

    def texts(self):
        while head := self.file.read(2):
            code, length = head[0] & 0xF, head[1] & 0x7F
            if length > 125:
                length = int.from_bytes(self.file.read(2 if length == 126 else 8), "big")
            data = self.file.read(length)
            if code == 0x1:
                yield data.decode()
            elif code == 0x9:
                self.send(data, 0xA)
            elif code == 0x8:
                return
