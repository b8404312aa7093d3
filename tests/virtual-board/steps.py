"""What is asked of the virtual board, step by step."""

import hashlib
import json
import random
import re
import time
import urllib.request

import wire
from board import BUTTONS
from bridge import CHAIR, ROOM

# Everything is emulated, and the machine may have other work.
PATIENCE_S = 120


def boot(board, bridge):
    """The service is up with a first picture, as a user without rights, and the room is in the conference."""
    board.waits("the service is ready", "systemctl is-active estrade-room", "active".__eq__, PATIENCE_S)
    picture = board.picture("first")
    assert picture.ink() > 200, f"the service says it is ready, and {board.folder}/first.ppm is dark"
    started, ready = (int(board.service(f"{what}TimestampMonotonic")) / 1e6 for what in ("ExecMainStart", "ActiveEnter"))
    yield f"first picture {ready - started:.1f} s after the start of the service, {ready:.1f} s after power"
    bridge.waits("the room publishes", lambda: bridge.room().get("publishing"), PATIENCE_S)
    bridge.waits("the camera runs", lambda: state(bridge, "camera") == "running", PATIENCE_S)
    yield f"in the conference {board.age():.1f} s after power"
    user = board.does("ps -o user= -p $(systemctl show --value -p MainPID estrade-room)")
    score = re.search(r"exposure level\D*([\d.]+)", board.does("systemd-analyze security --no-pager estrade-room"))
    assert user == "estrade" and float(score[1]) <= 2.0, f"runs as {user}, with a score of {score[1]}"
    yield f"runs as {user}; systemd-analyze security: {score[1]}; {board.service('StatusText')}"
    assert board.service("NRestarts") == "0", "the service was started more than once"


def state(bridge, device):
    return bridge.room().get("status", {}).get(device, {}).get("state")


def press(board, bridge):
    """A press whose contact bounces is one raised hand, and the amber light flashes; a grant turns it green."""
    assert bridge.state["floor"]["queue"] == [], "a hand is raised before anybody pressed"
    took = board.press("speak")
    bridge.waits("the hand is raised", lambda: ROOM in bridge.state["floor"]["queue"], PATIENCE_S)
    lit = [board.lamps() for _ in range(30)]
    assert {"red", "green"} in lit and set() in lit, f"the amber light does not flash: {lit}"
    assert bridge.state["floor"]["queue"] == [ROOM], "a bouncing press counted more than once"
    yield f"a bouncing press raises the hand, the amber light flashes ({took} until its first change)"
    bridge.says(type="grant_floor", room=ROOM)
    bridge.waits("the room has the floor", lambda: bridge.state["floor"]["holder"] == ROOM, PATIENCE_S)
    after = board.waits_for_lamps("the light is green", {"green"}, PATIENCE_S)
    yield f"granted: green {after:.1f} s later"


def mute(board, bridge):
    """A mute is silent at the bridge within 100 ms, its light stays, and only the button undoes it."""
    if bridge.state["floor"]["holder"] != ROOM:
        bridge.says(type="open_microphone", room=ROOM)
    bridge.waits("the microphone is open", lambda: bridge.room().get("microphone_open"), PATIENCE_S)
    heard = lambda since: [(when, level) for when, level in wire.sound(board.wire, bridge.media) if when > since]
    began = time.monotonic()
    while not [level for _, level in heard(0)[-50:] if level > -60]:
        assert time.monotonic() - began < PATIENCE_S, "nobody is heard at the bridge"
    board.press("mute", mark="mute")
    bridge.waits("it says that it is muted", lambda: bridge.room()["status"]["muted"], PATIENCE_S)
    board.does("sleep 2")
    [marked] = wire.marks(board.wire, "mute")
    after = heard(marked)
    loud = [when for when, level in after if level > -127]
    assert after and after[-1][1] == -127, f"it is not silent: {after[-5:]}"
    silent = (max(loud, default=marked) - marked) * 1000
    assert board.lamps() >= {"mute", "red"}, f"muted, and the lamps are {board.lamps()}"
    assert silent <= 100, f"silent only {silent:.0f} ms after the press"
    yield f"muted: the last sound leaves {silent:.0f} ms after the contact closes"
    board.press("mute")
    bridge.waits("it is no longer muted", lambda: not bridge.room()["status"]["muted"], PATIENCE_S)


def camera(board, bridge):
    """The camera is unplugged and plugged in again, and the service lives on."""
    pid = board.service("MainPID")
    board.does("echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind")
    gone = bridge.waits("the camera is missing", lambda: state(bridge, "camera") == "missing", PATIENCE_S)
    board.does("echo vivid.0 > /sys/bus/platform/drivers/vivid/bind")
    back = bridge.waits("the camera runs again", lambda: state(bridge, "camera") == "running", PATIENCE_S)
    assert board.service("MainPID") == pid, "the service was started again"
    yield f"camera unplugged: told {gone:.1f} s later; plugged in: runs {back:.1f} s later"


def kill(board, bridge):
    """The service is killed, and is back."""
    board.does("date +%s%N > /run/killed; systemctl kill --signal=KILL estrade-room")
    board.waits("the service is back", "systemctl is-active estrade-room", "active".__eq__, PATIENCE_S)
    stamps = board.does("cut -d' ' -f1 /proc/uptime; date +%s%N; cat /run/killed").split()
    killed = float(stamps[0]) - (int(stamps[1]) - int(stamps[2])) / 1e9
    started, ready = (int(board.service(f"{what}TimestampMonotonic")) / 1e6 for what in ("ExecMainStart", "ActiveEnter"))
    bridge.waits("the room is there again", lambda: bridge.room().get("publishing"), PATIENCE_S)
    yield f"killed: back with a picture after {ready - killed:.1f} s, {ready - started:.1f} s of them the program's"
