//! One WebRTC connection, whichever way its media flows.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::config::{CryptoProvider, DtlsCert};
use str0m::media::Pt;
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc};

use super::Transmit;

/// Steps of one drain. A step sends, tells, or feeds a deadline that passed; a pacer with a
/// second of video to send needs a few hundred.
const MAX_STEPS: usize = 10_000;
/// A connected peer not heard of for this long is gone. All send reports, pings or media more
/// often than this.
pub(super) const SILENCE: Duration = Duration::from_secs(5);
/// Time to connect after the answer.
pub(super) const CONNECT_WITHIN: Duration = Duration::from_secs(15);
/// Between two sets of figures.
const STATS_INTERVAL: Duration = Duration::from_secs(1);

/// H.264 payload types of our own, `(codec, RTX, profile-level-id)`; the offerer's are taken
/// over. Constrained baseline first, then plain baseline, in which browsers offer the same.
const H264: [(u8, u8, u32); 2] = [(108, 109, 0x42_e0_1f), (127, 121, 0x42_00_1f)];

/// How far a connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Connecting { since: Instant },
    Connected { heard: Instant },
    Gone,
}

pub(super) struct Peer {
    pub(super) rtc: Rtc,
    pub(super) link: Link,
    /// When the connection wants to be woken.
    pub(super) deadline: Instant,
    /// The name the other side calls us by in STUN (RFC 8445 section 7.2.2).
    pub(super) ufrag: String,
    /// Addresses datagrams of this peer came from.
    pub(super) addresses: Vec<SocketAddr>,
}

impl Peer {
    pub(super) fn new(rtc: Rtc, ufrag: String, now: Instant) -> Self {
        let link = Link::Connecting { since: now };
        Self {
            rtc,
            link,
            deadline: now,
            ufrag,
            addresses: Vec::new(),
        }
    }

    pub(super) fn connected(&self) -> bool {
        matches!(self.link, Link::Connected { .. })
    }

    /// Whether the other side was silent for too long.
    pub(super) fn lost(&self, now: Instant) -> bool {
        match self.link {
            Link::Connecting { since } => now.saturating_duration_since(since) >= CONNECT_WITHIN,
            Link::Connected { heard } => now.saturating_duration_since(heard) >= SILENCE,
            Link::Gone => true,
        }
    }

    /// Takes a datagram. To be followed by [`Peer::drain`].
    pub(super) fn receive(&mut self, from: SocketAddr, to: SocketAddr, bytes: &[u8], now: Instant) {
        let Ok(receive) = Receive::new(Protocol::Udp, from, to, bytes) else {
            return;
        };
        if let Link::Connected { heard } = &mut self.link {
            *heard = now;
        }
        if self.rtc.handle_input(Input::Receive(now, receive)).is_err() {
            self.link = Link::Gone;
        }
    }

    /// The one drain: to be called after every change of the connection. It feeds deadlines
    /// that passed, without which paced video never leaves.
    pub(super) fn drain(
        &mut self,
        now: Instant,
        mut send: impl FnMut(Transmit),
        mut tell: impl FnMut(Event),
    ) {
        for _ in 0..MAX_STEPS {
            match self.rtc.poll_output() {
                Ok(Output::Timeout(deadline)) if deadline <= now && self.rtc.is_alive() => {
                    if self.rtc.handle_input(Input::Timeout(now)).is_err() {
                        break;
                    }
                }
                Ok(Output::Timeout(deadline)) => {
                    self.deadline = deadline;
                    return;
                }
                Ok(Output::Transmit(transmit)) => {
                    send(Transmit {
                        to: transmit.destination,
                        bytes: transmit.contents.into(),
                    });
                }
                Ok(Output::Event(event)) => tell(event),
                Err(_) => break,
            }
        }
        self.link = Link::Gone;
    }
}

/// Makes a connection: RTP mode, ICE-lite, H.264 and Opus only.
pub(super) fn rtc(
    candidates: &[SocketAddr],
    crypto: &Arc<CryptoProvider>,
    certificate: &DtlsCert,
    bwe: Option<str0m::bwe::Bitrate>,
    now: Instant,
) -> Rtc {
    let mut config = Rtc::builder()
        .set_rtp_mode(true)
        .set_ice_lite(true)
        .set_crypto_provider(crypto.clone())
        .set_dtls_cert(certificate.clone())
        .set_stats_interval(Some(STATS_INTERVAL))
        .enable_bwe(bwe)
        .clear_codecs()
        .enable_opus(true, false);
    for (pt, rtx, profile) in H264 {
        config
            .codec_config()
            .add_h264(Pt::from(pt), Some(Pt::from(rtx)), true, profile);
    }
    let mut rtc = config.build(now);
    for address in candidates {
        if let Ok(candidate) = Candidate::host(*address, "udp") {
            rtc.add_local_candidate(candidate);
        }
    }
    rtc
}
