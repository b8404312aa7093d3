"""What went over the virtual board's network: sound packets and marks, by the clock of the machine that emulates it."""

import struct

# The box's media are encrypted (SRTP), the headers of their packets are not: among them how loud each packet of sound is
# (RFC 6464), by the extension's number in str0m's offers.
LEVEL = 1
OPUS = 111
# Where the board sends texts to nobody, to be found among its packets ("discard", RFC 863).
MARKS = 9
# RFC 6762.
MDNS = 5353


class Wire:
    """What QEMU writes of one network card into a pcap file, read on as it grows."""

    def __init__(self, file):
        self.file, self.at = file, 24
        # When each packet of sound went to which port, and its level in dBov, -127 where nothing is heard.
        self.sounds, self.texts, self.names = [], {}, []

    def look(self):
        """Takes in what has come since the last look."""
        with self.file.open("rb") as file:
            file.seek(self.at)
            data = file.read()
        at = 0
        while at + 16 <= len(data):
            seconds, micros, length, _ = struct.unpack_from("<IIII", data, at)
            if at + 16 + length > len(data):
                break
            self.take(seconds + micros / 1e6, data[at + 16:at + 16 + length])
            at += 16 + length
        self.at += at

    def take(self, when, frame):
        """One Ethernet frame; IPv4 and UDP or it is left."""
        if len(frame) <= 42 or frame[12:14] != b"\x08\x00" or frame[23] != 17:
            return
        start = 14 + 4 * (frame[14] & 0xF)
        _, target = struct.unpack_from("!HH", frame, start)
        payload = frame[start + 8:]
        if target == MARKS:
            self.texts[payload.strip().decode()] = when
        elif target == MDNS:
            self.names.append(payload)
        elif len(payload) > 16 and payload[0] >> 6 == 2 and payload[1] & 0x7F == OPUS:
            level = level_of(payload)
            if level is not None:
                self.sounds.append((when, target, level))

    def sound(self, bridge_port, since=0.0):
        """Each packet of sound that went to the bridge: when, and its level."""
        self.look()
        return [(when, level) for when, target, level in self.sounds if target == bridge_port and when > since]

    def announced(self, label):
        """Whether a name that begins so went over the network by mDNS; what follows may be a pointer (RFC 1035, 4.1.4)."""
        self.look()
        return any(bytes([len(label)]) + label in payload for payload in self.names)

    def mark(self, text):
        """When the board sent this text to the port of marks."""
        self.look()
        return self.texts[text]


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

