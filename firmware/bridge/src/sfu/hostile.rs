//! Nothing that comes over the network can break the bridge: any text as an offer, any bytes as
//! a datagram.

use std::net::SocketAddr;
use std::time::Instant;

use conference::RoomId;
use proptest::prelude::*;
use str0m::media::{Direction, MediaKind, Simulcast, SimulcastLayer};
use str0m::{Candidate, Rtc};

use super::{MAX_OFFER, PeerId, SdpRefusal, Sfu, SfuConfig};

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "any moment will do")]
fn now() -> Instant {
    Instant::now()
}

fn bridge() -> Sfu {
    let config = SfuConfig {
        candidates: vec![address(8189)],
        max_peers: 3,
    };
    Sfu::new(config, now()).unwrap()
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn client(codecs: impl FnOnce(&mut str0m::format::CodecConfig)) -> Rtc {
    let mut config = Rtc::builder().clear_codecs();
    codecs(config.codec_config());
    let mut rtc = config.build(now());
    rtc.add_local_candidate(Candidate::host(address(5000), "udp").unwrap());
    rtc
}

fn ours(codecs: &mut str0m::format::CodecConfig) {
    codecs.enable_opus(true, false);
    codecs.add_h264(108.into(), Some(109.into()), true, 0x42_e0_1f);
}

fn offer(rtc: &mut Rtc, direction: Direction, video: usize, audio: usize) -> String {
    let mut simulcast = Simulcast::new();
    simulcast.add_send_layer(SimulcastLayer::new("main"));
    simulcast.add_send_layer(SimulcastLayer::new("thumb"));
    let simulcast = (direction == Direction::SendOnly).then_some(simulcast);
    let mut api = rtc.sdp_api();
    for _ in 0..video {
        api.add_media(MediaKind::Video, direction, None, None, simulcast.clone());
    }
    for _ in 0..audio {
        api.add_media(MediaKind::Audio, direction, None, None, None);
    }
    api.apply().unwrap().0.to_sdp_string()
}

fn publish(offer: &str) -> Result<String, SdpRefusal> {
    bridge().publish(PeerId(1), RoomId(0), offer, now())
}

fn subscribe(offer: &str) -> Result<String, SdpRefusal> {
    bridge().subscribe(PeerId(1), None, offer, now())
}

fn good(direction: Direction) -> String {
    match direction {
        Direction::SendOnly => offer(&mut client(ours), direction, 1, 1),
        Direction::RecvOnly | Direction::SendRecv | Direction::Inactive => {
            offer(&mut client(ours), direction, 5, 3)
        }
    }
}

fn without(offer: &str, start: &str) -> String {
    offer
        .lines()
        .filter(|line| !line.starts_with(start))
        .map(|line| format!("{line}\r\n"))
        .collect()
}

#[test]
fn good_offers_are_answered_with_the_bridges_candidate() {
    for answer in [
        publish(&good(Direction::SendOnly)),
        subscribe(&good(Direction::RecvOnly)),
    ] {
        let answer = answer.unwrap();
        assert!(
            answer.contains("a=ice-lite") && answer.contains("127.0.0.1 8189 typ host"),
            "{answer}"
        );
        assert!(
            answer.contains("packetization-mode=1;profile-level-id=42e01f"),
            "{answer}"
        );
    }
}

#[test]
fn a_refusal_says_what_is_wrong() {
    let good_offer = good(Direction::SendOnly);
    let vp8 = offer(
        &mut client(|codecs| codecs.enable_vp8(true)),
        Direction::SendOnly,
        1,
        0,
    );
    let pcmu = offer(
        &mut client(|codecs| codecs.enable_pcmu(true, false)),
        Direction::SendOnly,
        0,
        1,
    );
    let two = offer(&mut client(ours), Direction::SendOnly, 2, 1);
    let nothing = offer(&mut client(ours), Direction::RecvOnly, 1, 1);
    let twice = good_offer.replace("a=rtpmap:111 opus", "a=rtpmap:108 opus");
    let cases = [
        ("", SdpRefusal::NotSdp("it does not start with v=0".into())),
        ("v=0\r\n", SdpRefusal::NoMedia("is offered")),
        (&without(&good_offer, "a=ice-ufrag"), SdpRefusal::NoIce),
        (
            &without(&good_offer, "a=fingerprint"),
            SdpRefusal::NoFingerprint,
        ),
        (&vp8, SdpRefusal::NoCommonCodec("video")),
        (&pcmu, SdpRefusal::NoCommonCodec("audio")),
        (
            &two,
            SdpRefusal::TooMany {
                what: "video sections sent",
                found: 2,
                most: 1,
            },
        ),
        (&nothing, SdpRefusal::NoMedia("sends (a=sendonly)")),
        (&twice, SdpRefusal::PayloadTypeTwice(108)),
        (
            &" ".repeat(MAX_OFFER + 1),
            SdpRefusal::TooLarge(MAX_OFFER + 1),
        ),
    ];
    for (offer, refusal) in cases {
        assert_eq!(publish(offer).unwrap_err(), refusal);
    }
    assert_eq!(
        subscribe(&good_offer).unwrap_err(),
        SdpRefusal::NoMedia("receives (a=recvonly)")
    );
}

#[test]
fn a_full_bridge_refuses_and_has_room_again() {
    let mut bridge = bridge();
    for peer in 0..3 {
        bridge
            .publish(PeerId(peer), RoomId(0), &good(Direction::SendOnly), now())
            .unwrap();
    }
    let more = bridge.publish(PeerId(9), RoomId(0), &good(Direction::SendOnly), now());
    assert_eq!(more.unwrap_err(), SdpRefusal::Full(3));
    let again = bridge.publish(PeerId(1), RoomId(0), &good(Direction::SendOnly), now());
    assert_eq!(again.unwrap_err(), SdpRefusal::Exists);
    bridge.remove(PeerId(1), now());
    bridge
        .publish(PeerId(9), RoomId(0), &good(Direction::SendOnly), now())
        .unwrap();
}

/// A good offer with some of its lines removed, repeated, moved, cut or scribbled on.
fn mutated() -> impl Strategy<Value = String> {
    let direction = prop_oneof![
        Just(Direction::SendOnly),
        Just(Direction::RecvOnly),
        Just(Direction::SendRecv)
    ];
    let change = (
        0..6_u8,
        any::<prop::sample::Index>(),
        any::<prop::sample::Index>(),
        any::<u8>(),
    );
    (direction, prop::collection::vec(change, 1..8)).prop_map(|(direction, changes)| {
        let offer = good(direction);
        let mut lines: Vec<String> = offer.lines().map(str::to_owned).collect();
        for (what, at, other, byte) in changes {
            if lines.is_empty() {
                break;
            }
            let (at, other) = (at.index(lines.len()), other.index(lines.len()));
            match what {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, lines[other].clone()),
                2 => lines.swap(at, other),
                3 => {
                    let half = lines[at].len() / 2;
                    lines[at].truncate(half);
                }
                4 => {
                    let digits =
                        lines[at].replace(|c: char| c.is_ascii_digit(), &(byte % 130).to_string());
                    lines[at] = digits;
                }
                _ => lines[at].push(char::from(byte)),
            }
        }
        lines.join("\r\n") + "\r\n"
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_is_answered_or_refused(text in ".{0,200}", prefix in prop::bool::ANY) {
        let text = if prefix { format!("v=0\r\n{text}") } else { text };
        prop_assert!(publish(&text).is_err());
        prop_assert!(subscribe(&text).is_err());
    }

    #[test]
    fn an_offer_with_mistakes_is_answered_or_refused(offer in mutated()) {
        let broken = SdpRefusal::Unacceptable("it contradicts itself".into());
        for answer in [publish(&offer), subscribe(&offer)] {
            prop_assert_ne!(answer.err(), Some(broken.clone()), "the library panicked");
        }
    }

    #[test]
    fn any_datagram_is_taken_or_dropped(
        datagrams in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20),
        first in 0..192_u8,
    ) {
        let mut bridge = bridge();
        let peer = PeerId(1);
        bridge.publish(peer, RoomId(0), &good(Direction::SendOnly), now()).unwrap();
        // The address is known, as if STUN had come from it: everything reaches the connection.
        bridge.by_address.insert(address(5000), peer);
        for mut datagram in datagrams {
            bridge.handle_datagram(address(6000), address(8189), &datagram, now());
            bridge.handle_datagram(address(5000), address(8189), &datagram, now());
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            bridge.handle_datagram(address(5000), address(8189), &datagram, now());
            while bridge.poll_output().is_some() {}
        }
    }
}
