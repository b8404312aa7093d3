//! Offers: what is wrong with one, said before the WebRTC library sees it; and the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use str0m::Rtc;
use str0m::change::SdpOffer;
use str0m::format::Codec;
use str0m::media::{MediaKind, Mid, Pt};

/// Largest offer read, in bytes. A browser's with eight media sections has about 20 kB.
pub const MAX_OFFER: usize = 128 * 1024;
/// Most media sections in an offer: eight slots, a data channel, and some to spare.
pub const MAX_SECTIONS: usize = 16;

/// Why an offer is not answered. The words are for the person who wrote the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SdpRefusal {
    /// Longer than [`MAX_OFFER`].
    #[error("the offer has {0} bytes; at most {MAX_OFFER} are read")]
    TooLarge(usize),
    /// Not a session description at all, or one with a mistake.
    #[error("not a session description (RFC 8866): {0}")]
    NotSdp(String),
    /// Neither sound nor picture is offered in the direction that is needed.
    #[error("no audio or video section {0}")]
    NoMedia(&'static str),
    /// Too many sections.
    #[error("{found} {what}; at most {most} are taken")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many were offered.
        found: usize,
        /// How many are taken.
        most: usize,
    },
    /// Nothing the bridge speaks is offered for this kind of media.
    #[error(
        "no common codec for {0}: the bridge takes Opus, and H.264 constrained baseline (42e01f) with packetization-mode=1"
    )]
    NoCommonCodec(&'static str),
    /// `a=ice-ufrag` or `a=ice-pwd` is missing.
    #[error("no ICE credentials (a=ice-ufrag and a=ice-pwd)")]
    NoIce,
    /// `a=fingerprint` is missing: without it media would not be encrypted.
    #[error("no DTLS fingerprint (a=fingerprint)")]
    NoFingerprint,
    /// One payload type is given to two codecs, which one bundled transport cannot tell apart.
    #[error("payload type {0} is given to two codecs in one bundle")]
    PayloadTypeTwice(u8),
    /// The WebRTC library's own words.
    #[error("the offer cannot be accepted: {0}")]
    Unacceptable(String),
    /// The bridge has all the peers it takes.
    #[error("the bridge is full ({0} connections)")]
    Full(usize),
    /// This peer id is in use.
    #[error("this session exists already")]
    Exists,
}

/// Which way media is to flow, seen from the bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// From the peer.
    In,
    /// To the peer.
    Out,
}

/// A media section that was agreed on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    pub(super) mid: Mid,
    pub(super) kind: MediaKind,
    pub(super) pt: Pt,
}

/// An answer and what it agreed on, in the order of the sections.
pub(super) struct Accepted {
    pub(super) answer: String,
    pub(super) sections: Vec<Section>,
}

/// Answers an offer, or says why not. On a refusal `rtc` is of no further use.
pub(super) fn accept(rtc: &mut Rtc, offer: &str, flow: Flow) -> Result<Accepted, SdpRefusal> {
    check(offer)?;
    // No offer is known to make the library panic past these checks; if one does, it is that
    // offer's end and not the evening's.
    let answer = catch_unwind(AssertUnwindSafe(|| {
        let parsed = SdpOffer::from_sdp_string(offer)
            .map_err(|error| SdpRefusal::NotSdp(error.to_string()))?;
        let answer = rtc.sdp_api().accept_offer(parsed);
        answer.map_err(|error| SdpRefusal::Unacceptable(error.to_string()))
    }));
    let answer = answer.map_err(|_| SdpRefusal::Unacceptable("it contradicts itself".into()))??;
    let answer = answer.to_sdp_string();
    let sections = agreed(rtc, &answer, flow)?;
    Ok(Accepted { answer, sections })
}

/// What can be said without negotiating.
fn check(offer: &str) -> Result<(), SdpRefusal> {
    if offer.len() > MAX_OFFER {
        return Err(SdpRefusal::TooLarge(offer.len()));
    }
    if !offer.trim_start().starts_with("v=0") {
        return Err(SdpRefusal::NotSdp("it does not start with v=0".into()));
    }
    let found = offer.lines().filter(|line| line.starts_with("m=")).count();
    if found > MAX_SECTIONS {
        return Err(SdpRefusal::TooMany {
            what: "media sections",
            found,
            most: MAX_SECTIONS,
        });
    }
    let has = |attribute: &str| offer.lines().any(|line| line.starts_with(attribute));
    if found == 0 {
        return Err(SdpRefusal::NoMedia("is offered"));
    }
    if !has("a=ice-ufrag:") || !has("a=ice-pwd:") {
        return Err(SdpRefusal::NoIce);
    }
    if !has("a=fingerprint:") {
        return Err(SdpRefusal::NoFingerprint);
    }
    one_codec_per_payload_type(offer)
}

/// All sections share one transport, so a payload type must mean the same in all of them (RFC
/// 8843 section 10.1.2). The library panics where it does not.
fn one_codec_per_payload_type(offer: &str) -> Result<(), SdpRefusal> {
    let mut known: BTreeMap<u8, BTreeSet<String>> = BTreeMap::new();
    for section in offer.split("\nm=").skip(1) {
        let mut codecs: BTreeMap<u8, BTreeSet<String>> = BTreeMap::new();
        for (pt, word) in section.lines().flat_map(codec_words) {
            codecs.entry(pt).or_default().insert(word);
        }
        for (pt, words) in codecs {
            let before = known.entry(pt).or_insert_with(|| words.clone());
            let codecs = words.iter().filter(|word| word.contains('/')).count();
            if *before != words || codecs > 1 {
                return Err(SdpRefusal::PayloadTypeTwice(pt));
            }
        }
    }
    Ok(())
}

/// What a line says of the codec of a payload type: its name and clock rate, or the parameters
/// by which codecs of one name differ.
fn codec_words(line: &str) -> Vec<(u8, String)> {
    let map = line.strip_prefix("a=rtpmap:").map(|map| (map, false));
    let Some((rest, parameters)) = map.or(line.strip_prefix("a=fmtp:").map(|map| (map, true)))
    else {
        return Vec::new();
    };
    let Some((pt, words)) = rest.split_once(' ') else {
        return Vec::new();
    };
    let Ok(pt) = pt.parse::<u8>() else {
        return Vec::new();
    };
    let words = words.trim().to_ascii_lowercase();
    if !parameters {
        return vec![(pt, words)];
    }
    let telling = ["profile-level-id=", "packetization-mode=", "apt="];
    let words = words
        .split(';')
        .map(str::trim)
        .filter(|word| telling.iter().any(|name| word.starts_with(name)));
    words.map(|word| (pt, word.to_owned())).collect()
}

/// Reads the sections back from our own answer, whose form is known.
fn agreed(rtc: &Rtc, answer: &str, flow: Flow) -> Result<Vec<Section>, SdpRefusal> {
    let mids = answer
        .lines()
        .filter_map(|line| line.strip_prefix("a=mid:"))
        .map(|mid| Mid::from(mid.trim()));
    let mut sections = Vec::new();
    let mut wrong_codec = None;
    for mid in mids {
        let Some(media) = rtc.media(mid) else {
            continue;
        };
        let direction = media.direction();
        let flows = match flow {
            Flow::In => direction.is_receiving(),
            Flow::Out => direction.is_sending(),
        };
        if !flows {
            continue;
        }
        match payload_type(rtc, mid) {
            Some(pt) => sections.push(Section {
                mid,
                kind: media.kind(),
                pt,
            }),
            None => wrong_codec = wrong_codec.or(Some(media.kind())),
        }
    }
    match (sections.is_empty(), wrong_codec, flow) {
        (_, Some(MediaKind::Video), _) => Err(SdpRefusal::NoCommonCodec("video")),
        (_, Some(MediaKind::Audio), _) => Err(SdpRefusal::NoCommonCodec("audio")),
        (true, None, Flow::In) => Err(SdpRefusal::NoMedia("sends (a=sendonly)")),
        (true, None, Flow::Out) => Err(SdpRefusal::NoMedia("receives (a=recvonly)")),
        (false, None, _) => Ok(sections),
    }
}

/// The payload type of what the bridge forwards in a section: the first agreed one in our own
/// order of preference.
fn payload_type(rtc: &Rtc, mid: Mid) -> Option<Pt> {
    let media = rtc.media(mid)?;
    let codec = match media.kind() {
        MediaKind::Video => Codec::H264,
        MediaKind::Audio => Codec::Opus,
    };
    let agreed = |pt: Pt| media.remote_pts().contains(&pt);
    rtc.codec_config()
        .params()
        .iter()
        .find(|p| p.spec().codec == codec && agreed(p.pt()))
        .map(|p| p.pt())
}
