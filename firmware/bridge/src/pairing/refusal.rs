//! Why the bridge says no to a box, or to the chair about one. Pure.

use conference::wire::Reason;

/// A "no". What a stranger could use is in none of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// What was sent is no message of this protocol, or of another version.
    #[error(
        "this is no message of this version of pairing; install the same release of Estrade on the box and on the bridge"
    )]
    Malformed,
    /// More boxes wait than fit.
    #[error("too many boxes wait to be let in; let some in, or send them away, in the console")]
    Full,
    /// Too much in too short a time.
    #[error("too many requests; wait a moment")]
    SlowDown,
    /// The box sees another TLS key than the bridge has: somebody is in between.
    #[error("the box sees another certificate than this bridge has: somebody may be between them")]
    OtherChannel,
    /// No such request; it has ended, or was answered before.
    #[error("there is no such request; it has ended, or was answered before")]
    NoRequest,
    /// Nobody has typed a code for it.
    #[error("nobody has typed this box's code yet")]
    NotOffered,
    /// The box does not prove that it knows the code; so many more may be tried.
    #[error("the code is not the one on the box's television; {left} tries are left")]
    WrongCode {
        /// How many.
        left: u32,
    },
    /// It has been tried too often: the box shows another code.
    #[error("the code was wrong too often; the box shows another one in a while")]
    TriedTooOften,
    /// What was typed cannot be a code.
    #[error("a code has six letters or digits, as they stand on the room's television")]
    Mistyped,
    /// The bridge has no such room.
    #[error("this bridge has no such room")]
    NoRoom,
    /// This key may join no more.
    #[error("the chair has taken this box's right to join; it must be paired anew, at the box")]
    Revoked,
    /// The bridge does not know this key.
    #[error("this bridge does not know this box")]
    NotPaired,
    /// A box of this key is on other hardware than it was paired on.
    #[error("this key belongs to another machine: a card may have been copied; pair this box anew")]
    OtherHardware,
    /// The same while the box that was paired is there.
    #[error(
        "this key belongs to another machine, which is here: a card was copied; pair this box anew"
    )]
    Copied,
    /// The number is not the bridge's, is too old, or was used before.
    #[error("this number is not the bridge's, is too old, or was used before")]
    OldNonce,
    /// The signature is not of this key.
    #[error("the signature is not of this key")]
    BadSignature,
    /// The bridge knows no such invitation.
    #[error("this bridge knows no such invitation; have another one made")]
    NoInvitation,
    /// It is good no more.
    #[error("this invitation is good no more; have another one made")]
    InvitationExpired,
    /// Its place for this room is taken.
    #[error("a box was paired for this room by this invitation before; have another one made")]
    InvitationSpent,
    /// It does not name this room.
    #[error("this invitation does not name this room; look at the name in room.toml")]
    InvitationElsewhere,
    /// No such box.
    #[error("there is no such box")]
    NoBox,
    /// How long an invitation may be good, and for whom.
    #[error("an invitation is for rooms of this bridge, and for 1 to 720 hours")]
    BadInvitation,
    /// The cryptographic library is broken.
    #[error("OpenSSL fails on the bridge")]
    Broken,
}

impl Refusal {
    /// As a code with its sentence.
    pub fn reason(&self) -> Reason {
        let code = match self {
            Self::Malformed => "pairing_malformed",
            Self::Full => "pairing_full",
            Self::SlowDown => "pairing_slow_down",
            Self::OtherChannel => "pairing_other_channel",
            Self::NoRequest => "pairing_no_request",
            Self::NotOffered => "pairing_not_offered",
            Self::WrongCode { .. } => "pairing_wrong_code",
            Self::TriedTooOften => "pairing_tried_too_often",
            Self::Mistyped => "pairing_mistyped",
            Self::NoRoom => "pairing_no_room",
            Self::Revoked => "pairing_revoked",
            Self::NotPaired => "pairing_not_paired",
            Self::OtherHardware => "pairing_other_hardware",
            Self::Copied => "pairing_copied",
            Self::OldNonce => "pairing_old_nonce",
            Self::BadSignature => "pairing_bad_signature",
            Self::NoInvitation => "pairing_no_invitation",
            Self::InvitationExpired => "pairing_invitation_expired",
            Self::InvitationSpent => "pairing_invitation_spent",
            Self::InvitationElsewhere => "pairing_invitation_elsewhere",
            Self::NoBox => "pairing_no_box",
            Self::BadInvitation => "pairing_bad_invitation",
            Self::Broken => "pairing_broken",
        };
        let reason = Reason::new(code, self);
        if let Self::WrongCode { left } = self {
            return reason.with("left", left);
        }
        reason
    }
}
