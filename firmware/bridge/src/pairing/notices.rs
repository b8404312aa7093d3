//! What the chair should know of pairing: refusals behind which there may be somebody. Pure.

use std::collections::VecDeque;

/// So many are remembered.
const MOST: usize = 20;

/// What has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incident {
    /// A code was wrong.
    WrongCode,
    /// A box sees another TLS key than the bridge has.
    OtherChannel,
    /// A revoked box asks to join.
    Revoked,
    /// A box's key came from other hardware.
    OtherHardware,
    /// The same while the box itself was there.
    Copied,
    /// More boxes wait than fit.
    Full,
    /// An invitation that is not good.
    BadInvitation,
    /// What is to be kept could not be written.
    NotWritten,
    /// The file of what was kept could not be read, and was put aside.
    PutAside,
}

impl Incident {
    /// Its name in JSON; the console has the words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::WrongCode => "wrong_code",
            Self::OtherChannel => "other_channel",
            Self::Revoked => "revoked",
            Self::OtherHardware => "other_hardware",
            Self::Copied => "copied",
            Self::Full => "full",
            Self::BadInvitation => "bad_invitation",
            Self::NotWritten => "not_written",
            Self::PutAside => "put_aside",
        }
    }
}

/// One line for the chair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What has happened.
    pub incident: Incident,
    /// To the box of this name, or of this room.
    pub who: String,
    /// Of this key; may be empty.
    pub fingerprint: String,
    /// How often.
    pub times: u32,
    /// When last, in milliseconds since 1970.
    pub at_ms: u64,
}

/// The last of them, each once.
#[derive(Default)]
pub struct Notices(VecDeque<Notice>);

impl Notices {
    /// The latest first.
    pub fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.0.iter()
    }

    /// One more, or once more.
    pub fn add(&mut self, incident: Incident, who: &str, fingerprint: String, at_ms: u64) {
        let same = |notice: &Notice| {
            notice.incident == incident && notice.who == who && notice.fingerprint == fingerprint
        };
        let before = self.0.iter().position(same);
        let times = before
            .and_then(|at| self.0.remove(at))
            .map_or(0, |notice| notice.times);
        self.0.push_front(Notice {
            incident,
            who: who.to_owned(),
            fingerprint,
            times: times.saturating_add(1),
            at_ms,
        });
        self.0.truncate(MOST);
    }

    /// The chair has read them.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}
