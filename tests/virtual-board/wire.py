"""What went over the virtual board's network: sound packets and marks, by the clock of the machine that emulates it."""

import struct

# The box's media are encrypted (SRTP), the headers of their packets are not: among them how loud each packet of sound is
# (RFC 6464), by the extension's number in str0m's offers.
LEVEL = 1
OPUS = 111


def packets(file):
    """The UDP packets in a pcap file: when, source port, destination port, payload."""
    data = file.read_bytes()
    at = 24
    while at + 16 <= len(data):
        seconds, micros, length, _ = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16:at + 16 + length]
        at += 16 + length
        if len(frame) > 42 and frame[12:14] == b"\x08\x00" and frame[23] == 17:
            start = 14 + 4 * (frame[14] & 0xF)
            source, target = struct.unpack_from("!HH", frame, start)
            yield seconds + micros / 1e6, source, target, frame[start + 8:]


def sound(file, bridge_port):
    """Each packet of sound on its way to the bridge: when, and its level in dBov, -127 where nothing is heard."""
    for when, _, target, payload in packets(file):
        if target == bridge_port and len(payload) > 16 and payload[0] >> 6 == 2 and payload[1] & 0x7F == OPUS:
            level = level_of(payload)
            if level is not None:
                yield when, level


def level_of(packet):
    """RFC 8285's one-byte form."""
    start = 12 + 4 * (packet[0] & 0xF)
    profile, words = struct.unpack_from("!HH", packet, start)
    if not packet[0] & 0x10 or profile != 0xBEDE:
        return None
    extensions = packet[start + 4:start + 4 + 4 * words]
    at = 0
    while at < len(extensions):
        kind, length = extensions[at] >> 4, (extensions[at] & 0xF) + 1
        if extensions[at] == 0:
            at += 1
            continue
        if kind == LEVEL:
            return -(extensions[at + 1] & 0x7F)
        at += 1 + length
    return None


def marks(file, text):
    """When the board sent this text to port 9."""
    return [when for when, _, target, payload in packets(file) if target == 9 and payload.strip() == text.encode()]
