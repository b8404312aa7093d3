//! One WHIP or WHEP session of the box, without any input or output: str0m, its media lines, and
//! what a box makes of their events.
//!
//! The caller feeds datagrams and time, drains [`Session::poll_output`] to `None`, and calls
//! [`Session::handle_timeout`] at [`Session::poll_timeout`].

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pipelines::Layer;
use str0m::bwe::{Bitrate, BweKind};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{
    Direction, Frequency, KeyframeRequestKind, MediaData, MediaKind, MediaTime, Mid, Rid,
    Simulcast, SimulcastLayer,
};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, IceConnectionState, Input, RtcConfig};

/// Video slots of a television: 1 main and 4 thumbs.
pub const VIDEO_SLOTS: u8 = 5;
/// Audio slots of a loudspeaker.
pub const AUDIO_SLOTS: u8 = 3;

/// What the first seconds may send before the network has been measured, in kbit/s.
const FIRST_ESTIMATE: u64 = 1500;
/// How long a frame may wait for a missing packet: one retransmission over a country, no more.
const VIDEO_PATIENCE: Duration = Duration::from_millis(200);
/// The same for sound, which is concealed rather than awaited.
const AUDIO_PATIENCE: Duration = Duration::from_millis(60);
/// The least time between two requests for a key frame of one slot.
const KEY_FRAME_PAUSE: Duration = Duration::from_millis(300);
/// Resent bytes may be this part of all bytes, so that 10 % loss is made good.
const RESEND_RATIO: f32 = 0.5;

/// The session cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The local address cannot carry media.
    #[error("address {0} cannot be used for media: {1}")]
    Address(SocketAddr, String),
    /// The bridge's answer is not one to our offer.
    #[error("the bridge's answer cannot be used: {0}")]
    Answer(String),
}

/// What the shell must do or may know.
#[derive(Debug)]
pub enum Output {
    /// Send a datagram.
    Transmit {
        /// Where to.
        to: SocketAddr,
        /// The datagram.
        bytes: Vec<u8>,
    },
    /// Something happened.
    Event(Event),
}

/// What happened in a session.
#[derive(Debug)]
pub enum Event {
    /// Media can flow.
    Connected,
    /// The session is over.
    Closed,
    /// A viewer needs a key frame of a layer.
    KeyFrameWanted(Layer),
    /// The network carries about this much from here, in bit/s.
    Estimate(u64),
    /// One access unit for a video slot.
    Video {
        /// 0 is main, 1 to 4 are thumbs.
        slot: u8,
        /// Annex B access unit.
        data: Arc<[u8]>,
        /// Extended RTP time at 90 kHz.
        rtp: u64,
        /// When its first packet arrived.
        arrived: Instant,
    },
    /// One Opus packet for an audio slot.
    Audio {
        /// 0 to 2.
        slot: u8,
        /// The packet.
        data: Arc<[u8]>,
        /// Extended RTP time at 48 kHz.
        rtp: u64,
        /// How many packets before it never came.
        lost: u64,
        /// When it arrived.
        arrived: Instant,
    },
}

#[derive(Debug)]
enum Lines {
    Up { video: Mid, audio: Mid },
    Down { slots: Vec<DownSlot> },
}

#[derive(Debug)]
struct DownSlot {
    mid: Mid,
    last_seq: Option<u64>,
    asked_at: Option<Instant>,
}

/// One session; see the module.
#[derive(Debug)]
pub struct Session {
    rtc: str0m::Rtc,
    local: SocketAddr,
    pending: Option<SdpPendingOffer>,
    lines: Lines,
    connected: bool,
    closed: bool,
    timeout: Option<Instant>,
    outputs: VecDeque<Output>,
}

impl Session {
    /// A session that publishes one microphone and one camera in two layers, and its offer.
    ///
    /// # Errors
    /// [`SessionError::Address`] when `local` is no address that others can send to.
    pub fn publish(local: SocketAddr, now: Instant) -> Result<(Self, String), SessionError> {
        let config = config().enable_bwe(Some(Bitrate::kbps(FIRST_ESTIMATE)));
        Self::offer(config, local, now, |api| {
            let mut layers = Simulcast::new();
            layers.add_send_layer(SimulcastLayer::new(rid_name(Layer::Main)));
            layers.add_send_layer(SimulcastLayer::new(rid_name(Layer::Thumb)));
            let send = Direction::SendOnly;
            let stream = || Some("room".to_owned());
            let audio = api.add_media(MediaKind::Audio, send, stream(), None, None);
            let video = api.add_media(MediaKind::Video, send, stream(), None, Some(layers));
            Lines::Up { video, audio }
        })
    }

    /// A session that watches the fixed slots, and its offer.
    ///
    /// # Errors
    /// [`SessionError::Address`] when `local` is no address that others can send to.
    pub fn watch(local: SocketAddr, now: Instant) -> Result<(Self, String), SessionError> {
        let config = config()
            .set_reordering_timeout_video(Some(VIDEO_PATIENCE))
            .set_reordering_timeout_audio(Some(AUDIO_PATIENCE));
        Self::offer(config, local, now, |api| {
            let mut add = |kind| api.add_media(kind, Direction::RecvOnly, None, None, None);
            let video = (0..VIDEO_SLOTS).map(|_| MediaKind::Video);
            let audio = (0..AUDIO_SLOTS).map(|_| MediaKind::Audio);
            let slots = video
                .chain(audio)
                .map(|kind| DownSlot {
                    mid: add(kind),
                    last_seq: None,
                    asked_at: None,
                })
                .collect();
            Lines::Down { slots }
        })
    }

    fn offer(
        config: RtcConfig,
        local: SocketAddr,
        now: Instant,
        add: impl FnOnce(&mut str0m::change::SdpApi<'_>) -> Lines,
    ) -> Result<(Self, String), SessionError> {
        let mut rtc = config.build(now);
        let candidate = Candidate::host(local, "udp")
            .map_err(|error| SessionError::Address(local, error.to_string()))?;
        rtc.add_local_candidate(candidate);
        let mut api = rtc.sdp_api();
        let lines = add(&mut api);
        let (offer, pending) = api.apply().expect("media lines were added just above");
        let mut session = Self {
            rtc,
            local,
            pending: Some(pending),
            lines,
            connected: false,
            closed: false,
            timeout: None,
            outputs: VecDeque::new(),
        };
        session.drain(now);
        Ok((session, offer.to_sdp_string()))
    }

    /// Takes the bridge's answer to the offer.
    ///
    /// # Errors
    /// [`SessionError::Answer`] when it is not SDP, not an answer to our offer, or the second one.
    pub fn accept(&mut self, answer: &str, now: Instant) -> Result<(), SessionError> {
        let wrong = |error: &dyn std::fmt::Display| SessionError::Answer(error.to_string());
        let answer = SdpAnswer::from_sdp_string(answer).map_err(|error| wrong(&error))?;
        let pending = self
            .pending
            .take()
            .ok_or_else(|| wrong(&"it was answered before"))?;
        self.rtc
            .sdp_api()
            .accept_answer(pending, answer)
            .map_err(|error| wrong(&error))?;
        self.prepare_layers();
        self.drain(now);
        Ok(())
    }

    /// Whether media can flow.
    pub fn is_connected(&self) -> bool {
        self.connected && !self.closed
    }

    /// Takes in one datagram; one that is not for this session is dropped.
    pub fn handle_datagram(&mut self, from: SocketAddr, bytes: &[u8], now: Instant) {
        let Ok(receive) = Receive::new(Protocol::Udp, from, self.local, bytes) else {
            return;
        };
        let input = Input::Receive(now, receive);
        if self.rtc.accepts(&input) {
            self.feed(input, now);
        }
    }

    /// Lets time pass.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.feed(Input::Timeout(now), now);
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timeout.filter(|_| !self.closed)
    }

    /// The next output; drain to `None` after every change.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Sends one access unit (Annex B) of a layer, captured at `captured`, RTP time at 90 kHz.
    pub fn write_video(
        &mut self,
        layer: Layer,
        data: &[u8],
        rtp: u64,
        captured: Instant,
        now: Instant,
    ) {
        let Lines::Up { video, .. } = self.lines else {
            return;
        };
        let time = MediaTime::from_90khz(rtp);
        let Some(pt) = self.payload_type(video) else {
            return;
        };
        if let Some(writer) = self.rtc.writer(video) {
            let written = writer.rid(rid(layer)).write(pt, captured, time, data);
            self.check(written, now);
        }
    }

    /// Sends one Opus packet with its level in dBov (RFC 6464), RTP time at 48 kHz.
    pub fn write_audio(
        &mut self,
        data: &[u8],
        level: (i8, bool),
        rtp: u64,
        captured: Instant,
        now: Instant,
    ) {
        let Lines::Up { audio, .. } = self.lines else {
            return;
        };
        let time = MediaTime::new(rtp, Frequency::FORTY_EIGHT_KHZ);
        let Some(pt) = self.payload_type(audio) else {
            return;
        };
        if let Some(writer) = self.rtc.writer(audio) {
            let written = writer
                .audio_level(level.0, level.1)
                .write(pt, captured, time, data);
            self.check(written, now);
        }
    }

    /// Tells what we would send if the network let us, in bit/s, so that it is probed that far.
    pub fn set_desired_bitrate(&mut self, bits_per_second: u64, now: Instant) {
        self.rtc
            .bwe()
            .set_desired_bitrate(Bitrate::bps(bits_per_second));
        self.drain(now);
    }

    /// Asks for a key frame in every video slot: the decoders are new.
    pub fn want_key_frames(&mut self, now: Instant) {
        if matches!(self.lines, Lines::Down { .. }) {
            for index in 0..usize::from(VIDEO_SLOTS) {
                self.ask_key_frame(index, now);
            }
            self.drain(now);
        }
    }

    fn payload_type(&self, mid: Mid) -> Option<str0m::media::Pt> {
        let media = self.rtc.media(mid).filter(|_| self.is_connected())?;
        media.remote_pts().first().copied()
    }

    /// Lost packets are resent even where many are lost, and a key frame leaves at once: the pacer
    /// would spread it over the seconds that an idle room's sunken estimate allows.
    fn prepare_layers(&mut self) {
        let Lines::Up { video, .. } = self.lines else {
            return;
        };
        for layer in [Layer::Main, Layer::Thumb] {
            let mut api = self.rtc.direct_api();
            if let Some(stream) = api.stream_tx_by_mid(video, Some(rid(layer))) {
                stream.set_rtx_cache(1024, Duration::from_secs(3), Some(RESEND_RATIO));
                stream.set_unpaced(true);
            }
        }
    }

    fn feed(&mut self, input: Input<'_>, now: Instant) {
        if self.closed {
            return;
        }
        let fed = self.rtc.handle_input(input);
        self.check(fed, now);
    }

    fn check(&mut self, result: Result<(), str0m::RtcError>, now: Instant) {
        if let Err(error) = result {
            tracing::debug!(%error, "session error");
        }
        self.drain(now);
    }

    /// The one place where str0m is drained: after every change, to its timeout.
    fn drain(&mut self, now: Instant) {
        while !self.closed {
            match self.rtc.poll_output() {
                // The pacer asks for "now" when it has more to send.
                Ok(str0m::Output::Timeout(at)) if at <= now => {
                    if self.rtc.handle_input(Input::Timeout(now)).is_err() {
                        self.close();
                    }
                }
                Ok(str0m::Output::Timeout(at)) => {
                    self.timeout = Some(at);
                    return;
                }
                Ok(str0m::Output::Transmit(transmit)) => {
                    self.outputs.push_back(Output::Transmit {
                        to: transmit.destination,
                        bytes: transmit.contents.to_vec(),
                    });
                }
                Ok(str0m::Output::Event(event)) => self.event(event, now),
                Err(error) => {
                    tracing::debug!(%error, "session ended by an error");
                    self.close();
                }
            }
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "str0m's events are an open set"
    )]
    fn event(&mut self, event: str0m::Event, now: Instant) {
        match event {
            str0m::Event::Connected => {
                self.connected = true;
                self.push(Event::Connected);
            }
            str0m::Event::IceConnectionStateChange(IceConnectionState::Disconnected)
            | str0m::Event::Closed => self.close(),
            str0m::Event::KeyframeRequest(request) => {
                if let Some(layer) = request.rid.and_then(layer_of) {
                    self.push(Event::KeyFrameWanted(layer));
                }
            }
            str0m::Event::EgressBitrateEstimate(BweKind::Twcc { estimate, .. }) => {
                self.push(Event::Estimate(estimate.as_u64()));
            }
            str0m::Event::MediaData(data) => self.media(data, now),
            _ => {}
        }
    }

    fn media(&mut self, data: MediaData, now: Instant) {
        let Lines::Down { slots } = &mut self.lines else {
            return;
        };
        let Some(index) = slots.iter().position(|slot| slot.mid == data.mid) else {
            return;
        };
        let slot = &mut slots[index];
        let first = **data.seq_range.start();
        let lost = slot
            .last_seq
            .map_or(0, |last| first.saturating_sub(last + 1));
        slot.last_seq = Some(**data.seq_range.end());
        let index = u8::try_from(index).unwrap_or(u8::MAX);
        let arrived = data.network_time;
        if data.params.spec().codec == Codec::Opus {
            self.outputs.push_back(Output::Event(Event::Audio {
                slot: index - VIDEO_SLOTS.min(index),
                rtp: data.time.rebase(Frequency::FORTY_EIGHT_KHZ).numer(),
                data: data.data,
                lost,
                arrived,
            }));
            return;
        }
        let ask = !data.contiguous && !data.is_keyframe();
        self.outputs.push_back(Output::Event(Event::Video {
            slot: index,
            rtp: data.time.rebase(Frequency::NINETY_KHZ).numer(),
            data: data.data,
            arrived,
        }));
        if ask {
            self.ask_key_frame(usize::from(index), now);
        }
    }

    fn ask_key_frame(&mut self, index: usize, now: Instant) {
        let Lines::Down { slots } = &mut self.lines else {
            return;
        };
        let slot = &mut slots[index];
        if slot.asked_at.is_some_and(|at| now < at + KEY_FRAME_PAUSE) {
            return;
        }
        slot.asked_at = Some(now);
        if let Some(mut writer) = self.rtc.writer(slot.mid) {
            // It fails only while nothing has arrived yet: then the bridge asks by itself.
            let _ = writer.request_keyframe(None, KeyframeRequestKind::Pli);
        }
    }

    fn push(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    fn close(&mut self) {
        if !self.closed {
            self.closed = true;
            self.timeout = None;
            self.push(Event::Closed);
        }
    }
}

fn config() -> RtcConfig {
    let mut config = RtcConfig::new().clear_codecs().enable_opus(true, false);
    // Constrained baseline 3.1, packetization mode 1: the one H.264 that everybody decodes.
    config
        .codec_config()
        .add_h264(108.into(), Some(109.into()), true, 0x42e01f);
    // A bridge that went away is noticed within about 3 s.
    config.set_initial_stun_rto(Duration::from_millis(250));
    config.set_max_stun_rto(Duration::from_millis(500));
    config.set_max_stun_retransmits(4);
    config
}

fn rid_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Main => "main",
        Layer::Thumb => "thumb",
    }
}

fn rid(layer: Layer) -> Rid {
    Rid::from(rid_name(layer))
}

fn layer_of(rid: Rid) -> Option<Layer> {
    [Layer::Main, Layer::Thumb]
        .into_iter()
        .find(|layer| rid_name(*layer) == &*rid)
}
