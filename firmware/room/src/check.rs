//! Pure. What the ready check makes of what was seen and measured.

use conference::wire::{DeckState, Device, Finding, FindingCode, ProgrammeView, Status};
use pipelines::Glance;

use crate::media::Network;

/// A picture darker than this, and as even as [`EVEN`], is black.
const DARK: f32 = 24.0;
/// Even a covered camera has some noise.
const EVEN: f32 = 8.0;
/// With this the large picture is hardly one, in kbit/s.
const THIN: u64 = 300;
/// A clock that is wrong by more shows another time than the others', in milliseconds.
const CLOCK_OFF: u64 = 2000;

/// What was looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Looked {
    /// What the camera showed; nothing if no picture came.
    pub camera: Option<Glance>,
    /// Whether the microphones heard the chirp; nothing if none was played.
    pub chirp: Option<bool>,
    /// The way to the bridge, while the large picture was sent.
    pub network: Network,
}

/// The camera.
pub fn camera(device: &Device, seen: Option<Glance>) -> Finding {
    let seen = seen.filter(|_| matches!(device, Device::Running(_)));
    match (device, seen) {
        (Device::None, _) => Finding::unknown(FindingCode::NotConfigured),
        (_, None) => Finding::wrong(FindingCode::CameraSilent, None),
        (_, Some(seen)) if seen.mean < DARK && seen.spread < EVEN => {
            Finding::wrong(FindingCode::CameraBlack, None)
        }
        (_, Some(seen)) if !seen.changed => Finding::wrong(FindingCode::CameraFrozen, None),
        (_, Some(_)) => Finding::well(FindingCode::CameraMoves, None),
    }
}

/// Whether a chirp can be played: both devices are there.
pub fn can_chirp(status: &Status) -> bool {
    let runs = |device| matches!(device, &Device::Running(_));
    runs(&status.microphones) && runs(&status.loudspeaker)
}

/// Microphones and loudspeaker.
pub fn sound(status: &Status, chirp: Option<bool>) -> Finding {
    match chirp.filter(|_| can_chirp(status)) {
        Some(true) => return Finding::well(FindingCode::ChirpHeard, None),
        Some(false) => return Finding::wrong(FindingCode::ChirpNotHeard, None),
        None => {}
    }
    match (&status.microphones, &status.loudspeaker) {
        (Device::Missing(_), _) => Finding::wrong(FindingCode::MicrophonesMissing, None),
        (_, Device::Missing(_)) => Finding::wrong(FindingCode::LoudspeakerMissing, None),
        (Device::None, _) | (_, Device::None) => Finding::unknown(FindingCode::NotConfigured),
        (Device::Running(_) | Device::Unknown, Device::Running(_) | Device::Unknown) => {
            Finding::unknown(FindingCode::SoundUntried)
        }
    }
}

/// The decks of the programme, of which this box has some whole.
pub fn decks(programme: &ProgrammeView, whole: impl Fn(&str) -> bool) -> Finding {
    let (mut here, mut awaited, mut not_brought) = (0, 0, 0);
    let decks = programme
        .speakers
        .iter()
        .filter_map(|speaker| speaker.deck.as_ref());
    for deck in decks {
        match &deck.state {
            DeckState::Ready { id, .. } if whole(id) => here += 1,
            DeckState::Ready { .. } | DeckState::Rendering { .. } => awaited += 1,
            DeckState::Missing | DeckState::Failed { .. } => not_brought += 1,
        }
    }
    match (here, awaited, not_brought) {
        (0, 0, 0) => Finding::well(FindingCode::NoDecks, None),
        (_, 0, 0) => Finding::well(FindingCode::DecksHere, Some(here)),
        (_, 0, n) => Finding::wrong(FindingCode::DecksNotBrought, Some(n)),
        (_, n, _) => Finding::wrong(FindingCode::DecksAwaited, Some(n)),
    }
}

/// The way to the bridge. What it loses the bridge knows, in both directions.
pub fn network(measured: Network) -> Finding {
    if !measured.open {
        return Finding::wrong(FindingCode::NetworkClosed, None);
    }
    let kbit = measured.carries.map(|bps| bps / 1000);
    let value = kbit.map(|kbit| u32::try_from(kbit).unwrap_or(u32::MAX));
    match kbit {
        None => Finding::unknown(FindingCode::NetworkUnmeasured),
        Some(kbit) if kbit < THIN => Finding::wrong(FindingCode::NetworkThin, value),
        Some(_) => Finding::well(FindingCode::NetworkCarries, value),
    }
}

/// The clock, which the bridge's is ahead of by so many milliseconds.
pub fn clock(ahead_ms: i64) -> Finding {
    let off = ahead_ms.unsigned_abs();
    let value = Some(u32::try_from(off).unwrap_or(u32::MAX));
    match off > CLOCK_OFF {
        true => Finding::wrong(FindingCode::ClockWrong, value),
        false => Finding::well(FindingCode::ClockRight, value),
    }
}

#[cfg(test)]
mod tests {
    use conference::wire::{DeckView, SpeakerView};

    use super::*;

    fn running() -> Device {
        Device::Running("one".into())
    }

    #[test]
    fn a_camera_must_give_light_and_live() {
        let code = |device: &Device, mean, spread, changed| {
            let seen = Glance {
                mean,
                spread,
                changed,
            };
            camera(device, Some(seen)).code
        };
        assert_eq!(code(&running(), 90.0, 40.0, true), FindingCode::CameraMoves);
        assert_eq!(
            code(&running(), 90.0, 40.0, false),
            FindingCode::CameraFrozen
        );
        assert_eq!(code(&running(), 18.0, 3.0, true), FindingCode::CameraBlack);
        assert_eq!(code(&running(), 20.0, 25.0, true), FindingCode::CameraMoves);
        assert_eq!(
            code(&Device::None, 16.0, 0.0, false),
            FindingCode::NotConfigured
        );
        let gone = Device::Missing("unplugged".into());
        assert_eq!(code(&gone, 90.0, 40.0, true), FindingCode::CameraSilent);
        assert_eq!(camera(&running(), None).code, FindingCode::CameraSilent);
    }

    #[test]
    fn a_network_must_carry_a_picture() {
        let code = |carries| {
            network(Network {
                open: true,
                carries,
            })
        };
        assert_eq!(
            code(Some(1_900_000)),
            Finding::well(FindingCode::NetworkCarries, Some(1900))
        );
        assert_eq!(
            code(Some(200_000)),
            Finding::wrong(FindingCode::NetworkThin, Some(200))
        );
        assert_eq!(code(None).code, FindingCode::NetworkUnmeasured);
        assert_eq!(network(Network::default()).code, FindingCode::NetworkClosed);
    }

    #[test]
    fn decks_that_are_not_here_and_decks_that_nobody_has_brought_are_two_things() {
        let ready = |id: &str| DeckState::Ready {
            id: id.into(),
            pages: 1,
        };
        let found = |decks: Vec<DeckState>| {
            let speaker = |state| SpeakerView {
                deck: Some(DeckView {
                    name: "a.pdf".into(),
                    state,
                }),
                ..SpeakerView::default()
            };
            let programme = ProgrammeView {
                speakers: decks.into_iter().map(speaker).collect(),
                ..ProgrammeView::default()
            };
            let finding = decks_of(&programme);
            (finding.code, finding.value)
        };
        assert_eq!(found(vec![]), (FindingCode::NoDecks, None));
        assert_eq!(
            found(vec![ready("here")]),
            (FindingCode::DecksHere, Some(1))
        );
        let two = vec![ready("here"), ready("there"), DeckState::Missing];
        assert_eq!(found(two), (FindingCode::DecksAwaited, Some(1)));
        let two = vec![ready("here"), DeckState::Missing];
        assert_eq!(found(two), (FindingCode::DecksNotBrought, Some(1)));
    }

    fn decks_of(programme: &ProgrammeView) -> Finding {
        decks(programme, |id| id == "here")
    }

    #[test]
    fn a_clock_may_be_off_by_two_seconds_either_way() {
        assert_eq!(clock(-2000).code, FindingCode::ClockRight);
        assert_eq!(
            clock(2001),
            Finding::wrong(FindingCode::ClockWrong, Some(2001))
        );
        assert_eq!(clock(-3_600_000).code, FindingCode::ClockWrong);
    }

    #[test]
    fn missing_devices_of_sound_are_wrong_and_none_is_unknown() {
        let of = |microphones, loudspeaker, chirp| {
            let status = Status {
                microphones,
                loudspeaker,
                ..Status::default()
            };
            sound(&status, chirp).code
        };
        let gone = || Device::Missing("unplugged".into());
        assert_eq!(
            of(gone(), Device::None, None),
            FindingCode::MicrophonesMissing
        );
        assert_eq!(
            of(running(), gone(), Some(false)),
            FindingCode::LoudspeakerMissing
        );
        assert_eq!(
            of(running(), Device::None, None),
            FindingCode::NotConfigured
        );
        assert_eq!(of(running(), running(), None), FindingCode::SoundUntried);
        assert_eq!(
            of(running(), running(), Some(true)),
            FindingCode::ChirpHeard
        );
        assert_eq!(
            of(running(), running(), Some(false)),
            FindingCode::ChirpNotHeard
        );
    }
}
