"""What is asked of the virtual board, step by step."""

import json
import os
import random
import re
import socket
import statistics
import subprocess
import time

from bridge import ROOM
from guest import BETWEEN_LOOKS_S
from plug import deck

# Everything is emulated, and the machine may have other work.
PATIENCE_S = 240
# Of what the lamps show (board.LAMPS): amber is red and green; muted, the status light and the button's own are lit.
AMBER, MUTED = "110*", "1001*"
# How a contact bounces, and how long it must be steady to count (board::debounce).
BOUNCES, STEADY_MS = "up down up down", 20
STATUS = "systemctl show --value --property=StatusText estrade-room"


def boot(rig):
    """The service is up with a first picture, as a user without rights, and the room is in the conference."""
    board, bridge = rig.board, rig.bridge
    board.waits("the service is ready", "systemctl is-active estrade-room", "active".__eq__, PATIENCE_S)
    # Emulated, a first attempt may take longer than a part has: it is said to be missing, and built again.
    board.waits("the screen runs", STATUS, lambda line: "screen runs" in line, PATIENCE_S)
    # What the status tells was handed to the card's driver; a moment later it is on the television.
    board.waits_for_picture("first", lambda picture: picture.ink() > 200, PATIENCE_S)
    seen = board.age()
    started, ready = (int(board.service(f"{what}TimestampMonotonic")) / 1e6 for what in ("ExecMainStart", "ActiveEnter"))
    yield f"ready {ready - started:.1f} s after the start of the service; its picture is on the television {seen:.1f} s after power"
    bridge.waits("the room publishes", lambda: bridge.room().get("publishing"), PATIENCE_S)
    bridge.waits("the camera runs", lambda: state(bridge, "camera") == "running", PATIENCE_S)
    rig.boots_in = board.age()
    yield f"in the conference {rig.boots_in:.1f} s after power"
    until("the box tells its network its name", lambda: board.wire.announced(b"loudeac"))
    yield "announced by mDNS as loudeac.local"
    user = board.does("ps -o user= -p $(systemctl show --value -p MainPID estrade-room)")
    score = re.search(r"exposure level\D*([\d.]+)", board.does("systemd-analyze security --no-pager estrade-room"))
    assert user == "estrade" and float(score[1]) <= 2.0, f"runs as {user}, with a score of {score[1]}"
    yield f"runs as {user}; systemd-analyze security: {score[1]}; {board.service('StatusText')}"
    assert board.service("NRestarts") == "0", "the service was started more than once"


def state(bridge, device):
    return bridge.room().get("status", {}).get(device, {}).get("state")


def press(rig):
    """A press whose contact bounces is one raised hand, and the amber light flashes; a grant turns it green."""
    board, bridge = rig.board, rig.bridge
    assert bridge.state["floor"]["queue"] == [], "a hand is raised before anybody pressed"
    took, bounced = board.press("speak", AMBER, bounces=BOUNCES)
    while bounced >= STEADY_MS:
        # The machine was busy elsewhere: to the box these were presses. The hand goes down again, and once more.
        yield f"a contact that took {bounced} ms for a bounce; once more"
        if {"red", "green"} in board.watches_light(3):
            board.press("speak")
        bridge.waits("the hand is down", lambda: not bridge.state["floor"]["queue"], PATIENCE_S)
        took, bounced = board.press("speak", AMBER, bounces=BOUNCES)
    bridge.waits("the hand is raised", lambda: ROOM in bridge.state["floor"]["queue"], PATIENCE_S)
    lit = board.watches_light(2)
    assert {"red", "green"} in lit and set() in lit, f"the amber light does not flash: {lit}"
    assert bridge.state["floor"]["queue"] == [ROOM], "a bouncing press counted more than once"
    yield f"a bouncing press raises the hand, the amber light flashes ({took} ms after the contact closed)"
    bridge.says(type="grant_floor", room=ROOM)
    bridge.waits("the room has the floor", lambda: bridge.state["floor"]["holder"] == ROOM, PATIENCE_S)
    after = board.waits_for_light("the light is green", {"green"}, PATIENCE_S)
    # Nearly steady: dark for a fifth of a second of two, and never amber.
    lit = board.watches_light(4)
    green = lit.count({"green"})
    assert green > 0.6 * len(lit) and green + lit.count(set()) == len(lit), f"the light is not nearly steady green: {lit}"
    yield f"granted: green {after:.1f} s later"


def mute(rig):
    """A mute is silent at the bridge within 100 ms, its light stays, and only the button undoes it."""
    board, bridge = rig.board, rig.bridge
    if bridge.state["floor"]["holder"] != ROOM:
        bridge.says(type="open_microphone", room=ROOM)
    bridge.waits("the microphone is open", lambda: bridge.room().get("microphone_open"), PATIENCE_S)
    heard = lambda since=0.0: board.wire.sound(bridge.media, since)
    tries = [silenced(rig, heard, number) for number in range(3)]
    silent, took = (statistics.median(figures) for figures in zip(*tries))
    said = ", ".join(f"{after:.0f}" for after, _ in tries)
    assert silent <= 100, f"silent only {said} ms after the contact closed"
    yield f"muted: the last sound leaves {said} ms after the contact closed, in three tries; the lamp is lit after {took} ms"
    answer = board.does("exec 5<>/dev/tcp/127.0.0.1/80; "
                        "printf 'POST /panel/mute/down HTTP/1.0\\r\\nX-Estrade: panel\\r\\n\\r\\n' >&5; head -n 1 <&5; exec 5>&-")
    assert "409" in answer and bridge.room()["status"]["muted"], f"the page undoes the room's mute: {answer}"
    yield f"the box's page does not undo it: {answer.strip()}"
    unmute(rig)


def silenced(rig, heard, number):
    """Mutes while somebody speaks: milliseconds from the contact to the last sound that leaves, and to the lamp."""
    board, bridge = rig.board, rig.bridge
    if bridge.room()["status"]["muted"]:
        unmute(rig)
    since = time.time()
    until("somebody is heard at the bridge", lambda: any(level > -60 for _, level in heard(since)))
    took, _ = board.press("mute", MUTED, mark=f"mute-{number}")
    bridge.waits("it says that it is muted", lambda: bridge.room()["status"]["muted"], PATIENCE_S)
    marked = board.wire.mark(f"mute-{number}")
    until("packets of what came two seconds after the mute", lambda: heard(marked + 2))
    after = heard(marked)
    assert after[-1][1] == -127, f"it is not silent: {after[-5:]}"
    assert board.lamps() >= {"mute", "red"}, f"muted, and the lamps are {board.lamps()}"
    loud = [when for when, level in after if level > -127]
    return (max(loud, default=marked) - marked) * 1000, took


def unmute(rig):
    """Presses the button again."""
    rig.board.press("mute")
    rig.bridge.waits("it is no longer muted", lambda: not rig.bridge.room()["status"]["muted"], PATIENCE_S)


def until(what, holds):
    """Waits until something holds."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE_S, f"not within {PATIENCE_S} s: {what}"
        time.sleep(BETWEEN_LOOKS_S)


def camera(rig):
    """The camera is unplugged and plugged in again, and the service lives on."""
    board, bridge = rig.board, rig.bridge
    pid = board.service("MainPID")
    board.does("echo vivid.0 > /sys/bus/platform/drivers/vivid/unbind")
    gone = bridge.waits("the camera is missing", lambda: state(bridge, "camera") == "missing", PATIENCE_S)
    board.does("echo vivid.0 > /sys/bus/platform/drivers/vivid/bind")
    back = bridge.waits("the camera runs again", lambda: state(bridge, "camera") == "running", PATIENCE_S)
    assert board.service("MainPID") == pid, "the service was started again"
    yield f"camera unplugged: told {gone:.1f} s later; plugged in: runs {back:.1f} s later"


def cec(rig):
    """The television is switched on by its cable, and its remote's red key mutes."""
    board, bridge = rig.board, rig.bridge
    television = "cec-ctl --device=/dev/cec0"
    # In the place of a television: vivid's HDMI input, which writes down what it is told.
    board.does(f"{television} --tv --skip-info; {television} --skip-info --monitor > /run/television 2>&1 & echo $! > /run/monitor")
    board.does("v4l2-ctl --device=/dev/video0 --set-ctrl=hdmi_000_0_is_connected_to=2")
    told = lambda text: "IMAGE_VIEW_ON" in text and "ACTIVE_SOURCE" in text
    after = board.waits("the television is switched on, to this input", "cat /run/television", told, PATIENCE_S)
    yield f"television connected: switched on, to this input, {after:.1f} s later (the box looks every 10 s)"
    for muted in [True, False]:
        board.does(f"{television} --skip-info --to=4 --user-control-pressed ui-cmd=f2-red; "
                   f"{television} --skip-info --to=4 --user-control-released")
        bridge.waits("the remote's red key mutes, and again", lambda: bridge.room()["status"]["muted"] == muted, PATIENCE_S)
    board.does("kill $(cat /run/monitor)")
    yield "the remote's red key mutes, and undoes it"


# Each fault of the settings: in which file what is replaced by what (as sed takes it), and the doctor's finding.
WRONG = [
    ("room.toml", r"\[microphones\]", r'[devices]\nmicrophones = "alsa:hw:5,0"\n[microphones]', "microphones", "wrong-name"),
    ("room.toml", r"\[microphones\]", r'[devices]\nloudspeaker = "alsa:hw:7,0"\n[microphones]', "loudspeaker", "wrong-name"),
    ("room.toml", "10.0.2.2:[0-9]*", "10.0.2.2:9", "bridge", "bridge-silent"),
    ("room.toml", "loudeac-", "nobody-", "bridge", "token-refused"),
    ("room.toml", "320", "321", "settings", "settings-wrong"),
    ("pins.toml", "estrade-virtual", "another", "panel", "panel-wrong"),
]

# Each fault of the board: how it is made and mended, and the doctor's finding.
VIVID, TELEVISION = "/sys/bus/platform/drivers/vivid", "/sys/class/drm/card0-Virtual-1/status"
FAULTS = [
    (f"echo vivid.0 > {VIVID}/unbind", f"echo vivid.0 > {VIVID}/bind", "camera", "camera-absent"),
    (f"echo off > {TELEVISION}", f"echo detect > {TELEVISION}", "screen", "screen-absent"),
    ("fallocate -l $(($(df --output=avail -B1 /data | tail -1) - 50000000)) /data/full", "rm /data/full", "disk", "disk-full"),
    ("systemctl stop estrade-room", "systemctl start estrade-room", "box", "box-silent"),
]


def doctor(rig):
    """The doctor finds each fault that is made, and says what to do."""
    board = rig.board
    well = found(board)
    faults = {check: code for check, (code, sign, _) in well.items() if sign == "fault"}
    assert not faults, f"the doctor finds faults where none are: {faults}"
    for file, before, after, check, code in WRONG:
        board.does("rm -rf /run/wrong; cp -r /etc/estrade /run/wrong")
        board.does(f"sed -i 's|{before}|{after}|' /run/wrong/{file}")
        expects(found(board, "/run/wrong/room.toml"), check, code)
    for makes, mends, check, code in FAULTS:
        board.does(makes)
        expects(found(board), check, code)
        board.does(mends)
    # The cable is pulled, and a button hangs.
    board.asks("set_link", name="net", up=False)
    expects(found(board), "network", "network-none")
    board.asks("set_link", name="net", up=True)
    board.does("echo pull-down > /run/gpio/sim_gpio3/pull")
    try:
        findings = {}
        until("the doctor says that a button hangs",
              lambda: findings.update(found(board)) or findings["panel"][0] == "panel-stuck")
        expects(findings, "panel", "panel-stuck")
        # A box is ready all the same where it hangs from the start.
        board.does("systemctl stop estrade-room; systemctl start --no-block estrade-room")
        board.waits("the service is ready with a button that hangs", "systemctl is-active estrade-room", "active".__eq__, PATIENCE_S)
    finally:
        board.does("echo pull-up > /run/gpio/sim_gpio3/pull")
    count = len(WRONG) + len(FAULTS) + 2
    rig.bridge.waits("the room is there again", lambda: rig.bridge.room().get("publishing"), PATIENCE_S)
    yield f"the doctor names {count} faults of {count}, each with its cure"


def found(board, settings=""):
    """What the doctor says of each check, the box's settings or others: code, sign, cure."""
    said = json.loads(board.does(f"estrade doctor --json {settings}", well=False))
    return {each["check"]: (each["code"], each["sign"], each["cure"]) for each in said["findings"]}


def expects(findings, check, code):
    has = findings.get(check)
    assert has and has[0] == code and has[2], f"the doctor should say {code} of {check}, with a cure, and says {has}"


def kill(rig):
    """The service is killed, and is back."""
    board, bridge = rig.board, rig.bridge
    pid = board.service("MainPID")
    board.does("date +%s%N > /run/killed; systemctl kill --signal=KILL estrade-room")
    another = f'[ "$(systemctl show --value --property=MainPID estrade-room)" != {pid} ]'
    board.waits("the service is back", f"{another} && systemctl is-active estrade-room", "active".__eq__, PATIENCE_S)
    stamps = board.does("cut -d' ' -f1 /proc/uptime; date +%s%N; cat /run/killed").split()
    killed = float(stamps[0]) - (int(stamps[1]) - int(stamps[2])) / 1e9
    started, ready = (int(board.service(f"{what}TimestampMonotonic")) / 1e6 for what in ("ExecMainStart", "ActiveEnter"))
    bridge.waits("the room is there again", lambda: bridge.room().get("publishing"), PATIENCE_S)
    here = starts_here(rig)
    yield f"killed: back with a picture after {ready - killed:.1f} s, {ready - started:.1f} s of them the program's; not emulated that takes {here:.1f} s"
    assert started - killed + here <= 5, f"back only {started - killed + here:.1f} s after it was killed"


def starts_here(rig):
    """Seconds until the same program says that it is ready on this machine, whose processor is not emulated, on test devices."""
    folder = rig.folder / "here"
    folder.mkdir(exist_ok=True)
    (folder / "room.toml").write_text(
        f'name = "Brest"\n[bridge]\naddress = "http://127.0.0.1:{rig.bridge.http}"\ntoken = "brest-0123456789"\n'
        '[devices]\ncamera = "test"\nmicrophones = "test"\nscreen = "none"\nloudspeaker = "none"\n[web]\nlisten = "127.0.0.1:0"\n')
    address = folder / "notify"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(address))
        heard.settimeout(PATIENCE_S)
        began = time.monotonic()
        with (folder / "log").open("w") as log, subprocess.Popen(
                [rig.program, "room", "--config", folder / "room.toml"], stdout=log, stderr=log,
                env=os.environ | {"NOTIFY_SOCKET": str(address)}) as box:
            try:
                while b"READY=1" not in heard.recv(4096):
                    pass
                return time.monotonic() - began
            finally:
                box.terminate()


def plug(rig):
    """The plug is pulled at random moments; it boots, nothing is lost or half written."""
    bridge, chance = rig.bridge, random.Random(rig.seed)
    yield f"the plug is pulled {rig.cuts} times (--seed {rig.seed} repeats it)"
    told = {"kept": False, "decks": set()}
    for cut in range(1, rig.cuts + 1):
        # While it starts, or while decks come in and buttons are pressed.
        if chance.random() < 0.3:
            moment = chance.uniform(0, rig.boots_in)
        else:
            boot_again(rig)
            bridge.brings(f"{cut}.pdf", deck(rig.seed + cut), PATIENCE_S)
            moment = rig.board.age() + chance.uniform(0, 20)
            while rig.board.age() < moment:
                # Each mute is written down at once, a volume once it stays.
                rig.board.press(chance.choice(["mute", "plus", "minus"]))
            told["kept"] = "room.kept.json" in rig.board.does("ls /var/lib/estrade").split()
            told["decks"] |= set(bridge.room()["status"]["decks"])
        time.sleep(max(0.0, moment - rig.board.age()))
        rig.board.pull_the_plug()
        lost = rig.disk.lose(chance)
        yield f"plug {cut}: pulled {moment:.1f} s after power, {lost} writes lost; {rig.disk.holds(told)}"
        rig.start()
    boot_again(rig)
    yield f"boots after {rig.cuts} cuts"


def boot_again(rig):
    rig.board.hears(PATIENCE_S)
    rig.board.waits("the service is ready", "systemctl is-active estrade-room", "active".__eq__, PATIENCE_S)
    rig.bridge.waits("the room is there", lambda: rig.bridge.room().get("publishing"), PATIENCE_S)
    # The quickest: it may have been up for long before.
    rig.boots_in = min(rig.boots_in, rig.board.age())
