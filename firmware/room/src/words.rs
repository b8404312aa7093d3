//! What people in the room read, in their language.

use pipelines::GateReason;

use crate::config::Language;

/// Everything the box says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Words<'a> {
    /// This room holds the floor.
    YouHaveTheFloor,
    /// Another room holds the floor.
    HasTheFloor(&'a str),
    /// This room asks for the floor and is the n-th of the queue, from 1.
    Asking(usize),
    /// The room's own mute is on.
    Muted,
    /// The connection to the bridge was lost.
    Reconnecting,
    /// The bridge has not been reached yet.
    Connecting,
    /// The bridge refuses this box's token.
    TokenRefused,
    /// No picture leaves this room.
    NoCamera,
    /// No sound leaves this room.
    NoMicrophone,
    /// No sound is played in this room.
    NoLoudspeaker,
    /// Nobody else is here.
    Alone,
    /// Why the gate is open or closed.
    Gate(GateReason),
}

impl Words<'_> {
    /// The words in a language.
    pub fn text(self, language: Language) -> String {
        match language {
            Language::Fr => self.french(),
            Language::En => self.english(),
        }
    }

    fn french(self) -> String {
        match self {
            Self::YouHaveTheFloor => "Vous avez la parole".into(),
            Self::HasTheFloor(room) => format!("{room} a la parole"),
            Self::Asking(1) => "Parole demandée : vous êtes les prochains".into(),
            Self::Asking(n) => format!("Parole demandée : {n}e dans la file"),
            Self::Muted => "Micro coupé".into(),
            Self::Reconnecting => "Liaison perdue, reconnexion…".into(),
            Self::Connecting => "Connexion au pont…".into(),
            Self::TokenRefused => {
                "Le pont ne reconnaît pas cette salle : vérifiez son jeton".into()
            }
            Self::NoCamera => "Pas de caméra : les autres salles ne vous voient pas".into(),
            Self::NoMicrophone => "Pas de micro : les autres salles ne vous entendent pas".into(),
            Self::NoLoudspeaker => "Pas de haut-parleur".into(),
            Self::Alone => "En attente des autres salles".into(),
            Self::Gate(reason) => match reason {
                GateReason::Voice => "Voix",
                GateReason::Hold => "Maintien",
                GateReason::NoVoice => "Silence",
                GateReason::Whisper => "Chuchotement",
                GateReason::Page => "Page tournée",
                GateReason::Impact => "Choc, toux, clavier",
                GateReason::FarEnd => "Retour du haut-parleur",
                GateReason::Muted => "Micro coupé",
                GateReason::Closed => "Fermé par la conférence",
                GateReason::Disabled => "Filtre arrêté",
            }
            .into(),
        }
    }

    fn english(self) -> String {
        match self {
            Self::YouHaveTheFloor => "You have the floor".into(),
            Self::HasTheFloor(room) => format!("{room} has the floor"),
            Self::Asking(1) => "Floor requested: you are next".into(),
            Self::Asking(n) => format!("Floor requested: number {n} in the queue"),
            Self::Muted => "Microphone off".into(),
            Self::Reconnecting => "Connection lost, reconnecting…".into(),
            Self::Connecting => "Connecting to the bridge…".into(),
            Self::TokenRefused => "The bridge does not know this room: check its token".into(),
            Self::NoCamera => "No camera: the other rooms do not see you".into(),
            Self::NoMicrophone => "No microphone: the other rooms do not hear you".into(),
            Self::NoLoudspeaker => "No loudspeaker".into(),
            Self::Alone => "Waiting for the other rooms".into(),
            Self::Gate(reason) => match reason {
                GateReason::Voice => "Voice",
                GateReason::Hold => "Hold",
                GateReason::NoVoice => "Silence",
                GateReason::Whisper => "Whisper",
                GateReason::Page => "Page turned",
                GateReason::Impact => "Knock, cough, keys",
                GateReason::FarEnd => "Sound of the loudspeaker",
                GateReason::Muted => "Microphone off",
                GateReason::Closed => "Closed by the conference",
                GateReason::Disabled => "Filter off",
            }
            .into(),
        }
    }
}
