//! What the ready check says over the wire: findings by codes, which consoles and televisions put in words.

use serde::{Deserialize, Serialize};

/// What a box found of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckReport {
    /// The number of the check that was asked for.
    pub id: u32,
    /// The camera's picture.
    pub camera: Finding,
    /// A chirp through loudspeaker and microphones.
    pub sound: Finding,
    /// The decks of the evening.
    pub decks: Finding,
    /// What the way to the bridge carries and loses.
    pub network: Finding,
    /// The box's clock.
    pub clock: Finding,
}

impl CheckReport {
    /// All findings.
    pub fn findings(&self) -> [&Finding; 5] {
        let Self {
            id: _,
            camera,
            sound,
            decks,
            network,
            clock,
        } = self;
        [camera, sound, decks, network, clock]
    }

    /// Whether nothing is wrong. What cannot be known is not wrong.
    pub fn is_well(&self) -> bool {
        let mut findings = self.findings().into_iter();
        findings.all(|finding| finding.light != Light::Wrong)
    }
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Whether it is well.
    pub light: Light,
    /// What exactly.
    pub code: FindingCode,
    /// The number that belongs to it; its unit is said at the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<u32>,
}

impl Finding {
    /// It is well.
    pub fn well(code: FindingCode, value: Option<u32>) -> Self {
        let light = Light::Well;
        Self { light, code, value }
    }

    /// It is not.
    pub fn wrong(code: FindingCode, value: Option<u32>) -> Self {
        let light = Light::Wrong;
        Self { light, code, value }
    }

    /// It cannot be known.
    pub fn unknown(code: FindingCode) -> Self {
        Self {
            light: Light::Unknown,
            code,
            value: None,
        }
    }
}

/// Whether something is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Light {
    /// It is.
    Well,
    /// It is not: somebody must do something.
    Wrong,
    /// Nobody can tell.
    Unknown,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FindingCode {
    /// The room has no such device by its settings.
    NotConfigured,
    /// The camera gives pictures that move.
    CameraMoves,
    /// It gives none.
    CameraSilent,
    /// Its picture is black.
    CameraBlack,
    /// Not one pixel of its picture changes.
    CameraFrozen,
    /// The microphones are there and the loudspeaker, too; whether one hears the other was not tried.
    SoundUntried,
    /// The microphones hear what the loudspeaker plays.
    ChirpHeard,
    /// They do not.
    ChirpNotHeard,
    /// The microphones are not there.
    MicrophonesMissing,
    /// The loudspeaker is not there.
    LoudspeakerMissing,
    /// The evening has no decks.
    NoDecks,
    /// All are here, whole; the value says how many.
    DecksHere,
    /// The value says how many of those that the bridge has are not here yet.
    DecksAwaited,
    /// The value says how many of the programme nobody has brought to the bridge, or cannot be shown.
    DecksNotBrought,
    /// The way to the bridge carries this much, in kbit/s.
    NetworkCarries,
    /// It carries only this much, in kbit/s.
    NetworkThin,
    /// It loses this much, in percent.
    NetworkLoses,
    /// Sound and picture do not reach the bridge.
    NetworkClosed,
    /// It was not measured.
    NetworkUnmeasured,
    /// The clock is right; off by this much, in milliseconds.
    ClockRight,
    /// It is wrong by this much, in milliseconds.
    ClockWrong,
}

/// How the last check of a room is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    /// When it was asked for, in milliseconds since 1970 by the bridge's clock.
    pub at_ms: u64,
    /// What came of it.
    #[serde(flatten)]
    pub result: CheckResult,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CheckResult {
    /// The box is at it.
    Asked,
    /// The box is not there, or did not answer in time.
    NoAnswer,
    /// What it found.
    Answered {
        /// Its findings.
        report: CheckReport,
    },
}
