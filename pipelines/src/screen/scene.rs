//! What the screen can show: finished words in the room's language, and which slots are seen. Pure.

use std::path::PathBuf;

use super::VideoSlot;

/// A slot, and the name of who is seen in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where the picture comes from.
    pub slot: VideoSlot,
    /// Whose it is; may be empty.
    pub name: String,
}

/// What fills the screen. Texts of any length have their place; those that are too long are set smaller, then cut.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Scene {
    /// The room's name alone.
    #[default]
    Name,
    /// Before the start.
    Standby(Box<Standby>),
    /// A room is greeted.
    Welcome(Welcome),
    /// The opening slide presenting the speakers.
    Speakers(Speakers),
    /// One picture full screen.
    Speaker(Speaker),
    /// A page of a deck large, who speaks beside it.
    Slides(Box<Slides>),
    /// A page of a deck alone: what a second screen shows.
    Page(Page),
    /// The asking room large, who answers beside it.
    Question(Question),
    /// All rooms.
    Mosaic(Mosaic),
    /// Words alone.
    Note(Note),
    /// A poll.
    Poll(Box<Poll>),
    /// A question that somebody wrote.
    Written(Box<Written>),
    /// Between evenings: dark.
    Resting(Resting),
    /// How the box is, for a technician.
    Diagnostics(Box<Diagnostics>),
    /// What is wrong in the box's settings.
    Mistake(Box<Mistake>),
    /// The bridge does not know this box yet, or no more.
    Joining(Box<Joining>),
}

/// The page for people's phones.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phones {
    /// Its address, shown as a QR code.
    pub address: String,
    /// What it is for.
    pub words: String,
}

/// Before the start: clock, programme, and how this room is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standby {
    /// The time of day, "18:12".
    pub clock: String,
    /// What the evening is about.
    pub title: String,
    /// When it begins, in words; may be empty.
    pub when: String,
    /// Each speaker: name, and trade and room. Up to 8 are shown.
    pub speakers: Vec<(String, String)>,
    /// What stands above [`Self::checks`].
    pub checks_title: String,
    /// How this room is, 5 at the most.
    pub checks: Vec<Check>,
    /// What stands beside the small pictures; may be empty.
    pub others_title: String,
    /// The other rooms, small, 4 at the most.
    pub others: Vec<Seen>,
    /// The way to the phones' page.
    pub phones: Option<Phones>,
}

/// One thing that should be well.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    /// What, and how it is.
    pub text: String,
    /// Whether it is well; nothing while it is not known.
    pub well: Option<bool>,
    /// The level of the microphones moves below it; this stands beside it while the gate lets something through.
    pub meter: Option<String>,
}

/// A room is greeted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Welcome {
    /// The greeting: "Bienvenue à".
    pub greeting: String,
    /// Who is greeted; the evening's title while nobody is.
    pub name: String,
    /// How many people are there; may be empty.
    pub note: String,
    /// The room's picture full screen; in the room itself the others are shown instead.
    pub picture: Option<VideoSlot>,
    /// The other rooms, small, where no picture is large.
    pub others: Vec<Seen>,
}

/// The opening slide presenting the speakers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Speakers {
    /// What the evening is about.
    pub title: String,
    /// What the slide is: "Ce soir avec".
    pub heading: String,
    /// In the order in which they speak.
    pub speakers: Vec<Person>,
}

/// Somebody who speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// First name and name.
    pub name: String,
    /// What they do; may be empty.
    pub trade: String,
    /// Where they come from; may be empty.
    pub town: String,
    /// Their portrait, a PNG file; without one their initials are shown.
    pub photo: Option<PathBuf>,
}

/// One picture full screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Speaker {
    /// The picture; the room's name on the night without one.
    pub seen: Option<Seen>,
    /// Who speaks, where that is not the picture's name; may be empty.
    pub name: String,
    /// What they do; may be empty.
    pub trade: String,
    /// Small pictures in a column at the right, by their slots' numbers.
    pub others: Vec<Seen>,
    /// The time that is left, for who speaks.
    pub time: Option<Time>,
    /// The way to the phones' page.
    pub phones: Option<Phones>,
}

/// The time that is left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Time {
    /// "12:30".
    pub left: String,
    /// Whether it is nearly up.
    pub short: bool,
}

/// A page of a deck.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Its picture, a PNG file.
    pub file: Option<PathBuf>,
    /// What stands in its place while it is not there.
    pub notice: String,
    /// Pages that may be asked for next: they are made ready.
    pub near: Vec<PathBuf>,
}

/// A page of a deck large, who speaks beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Slides {
    /// The page.
    pub page: Page,
    /// "3 / 12"; may be empty.
    pub count: String,
    /// Who speaks; in their own room one of those who listen.
    pub seen: Option<Seen>,
    /// Who speaks: their name; may be empty.
    pub name: String,
    /// What they do; may be empty.
    pub trade: String,
    /// The time that is left, for who speaks.
    pub time: Option<Time>,
}

/// The asking room large, who answers beside it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// "Question de Brest".
    pub heading: String,
    /// The asking room; in that room itself, who answers.
    pub large: Option<Seen>,
    /// Who answers; in the asking room nobody.
    pub small: Option<Seen>,
    /// Who answers: their name; may be empty.
    pub name: String,
    /// What they do; may be empty.
    pub trade: String,
    /// The way to the phones' page.
    pub phones: Option<Phones>,
}

/// All rooms.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mosaic {
    /// What stands above; may be empty.
    pub heading: String,
    /// The other rooms, up to 5.
    pub rooms: Vec<Seen>,
    /// This room: name, and how many people are there.
    pub own: (String, String),
    /// Rooms without a place; may be empty.
    pub more: String,
}

/// Words alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// The largest.
    pub title: String,
    /// Below it.
    pub text: String,
}

/// A poll.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Poll {
    /// What it is: "Vote".
    pub heading: String,
    /// What is asked; may be empty.
    pub question: String,
    /// Answers A, B, C, D.
    pub answers: Vec<Answer>,
    /// How many have voted.
    pub total: String,
    /// How one votes.
    pub how: String,
    /// What the box's buttons do meanwhile; may be empty.
    pub hint: String,
    /// The way to the phones' page.
    pub phones: Option<Phones>,
}

/// An answer of a poll.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The answer.
    pub text: String,
    /// How many chose it, and their part of a hundred; nothing while people vote.
    pub result: Option<(String, u8)>,
    /// The hands that were raised for it in this room, once they are counted.
    pub hands: Option<Hands>,
}

/// Hands that were raised in this room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hands {
    /// How many.
    pub count: u16,
    /// Whether they are counted now.
    pub counted_now: bool,
}

/// A question that somebody wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// "Question écrite, de Brest".
    pub heading: String,
    /// The question.
    pub text: String,
    /// Who asks; may be empty.
    pub author: String,
    /// Who answers; in their own room one of those who listen.
    pub seen: Option<Seen>,
    /// Who answers: their name; may be empty.
    pub name: String,
    /// What they do; may be empty.
    pub trade: String,
}

/// Between evenings: dark, but for the time and the next evening.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resting {
    /// This room's name.
    pub room: String,
    /// The time of day, "18:12".
    pub clock: String,
    /// What the next lines are: "Prochaine soirée"; may be empty, as they may.
    pub heading: String,
    /// When it begins.
    pub when: String,
    /// What it is about.
    pub title: String,
    /// Grows each minute: all moves a little with it, so that nothing burns into the television.
    pub step: u16,
}

/// What is wrong in the box's settings, for whoever wrote them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mistake {
    /// Which file.
    pub title: String,
    /// Where in it: "Ligne 4"; may be empty.
    pub place: String,
    /// What stands there; may be empty.
    pub text: String,
    /// What is wrong.
    pub fault: String,
    /// What to write in its place.
    pub cure: String,
    /// What becomes of it then.
    pub after: String,
}

/// How a box gets to know its bridge, for whoever is in the room.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joining {
    /// Whose box this is.
    pub title: String,
    /// The code in two halves; both are empty where there is none.
    pub code: (String, String),
    /// What to do.
    pub cure: String,
    /// What went wrong; may be empty beside a code.
    pub fault: String,
    /// The bridge's address, the key's fingerprint.
    pub foot: String,
}

/// How the box is, for a technician: its camera and microphones as they are now, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostics {
    /// What this is, and which room's.
    pub title: String,
    /// The time of day, "18:12".
    pub clock: String,
    /// What stands in the place of the camera's picture; the picture is seen while this is empty.
    pub no_camera: String,
    /// What the bar below the picture is about: "Mise au point".
    pub focus: String,
    /// How the picture is: sharp, and not.
    pub sharpness: (String, String),
    /// Each microphone's name, 8 at the most.
    pub microphones: Vec<String>,
    /// What was found, the worst first; as many as there is room for are shown. What is not well and not wrong is to be
    /// looked at.
    pub findings: Vec<Check>,
    /// What is tried now: the loudspeaker, a light.
    pub trial: String,
    /// What the buttons do.
    pub hint: String,
    /// The address of the box's own page, and versions.
    pub foot: String,
}

impl Scene {
    /// The slots that are seen, and the names of who is in them; empty where the scene names nobody.
    #[must_use]
    pub fn pictures(&self) -> Vec<(VideoSlot, String)> {
        let all = |many: &[Seen]| many.iter().map(named).collect::<Vec<_>>();
        let one = |seen: &Option<Seen>| seen.iter().map(named).collect::<Vec<_>>();
        match self {
            Self::Name
            | Self::Speakers(_)
            | Self::Page(_)
            | Self::Note(_)
            | Self::Poll(_)
            | Self::Resting(_)
            | Self::Mistake(_)
            | Self::Joining(_) => Vec::new(),
            Self::Written(written) => one(&written.seen),
            Self::Diagnostics(diagnostics) => {
                let own = diagnostics.no_camera.is_empty();
                own.then(|| (VideoSlot::Own, String::new()))
                    .into_iter()
                    .collect()
            }
            Self::Standby(standby) => all(&standby.others),
            Self::Welcome(welcome) => {
                let large = welcome.picture.map(|slot| (slot, welcome.name.clone()));
                large.into_iter().chain(all(&welcome.others)).collect()
            }
            Self::Speaker(speaker) => [one(&speaker.seen), all(&speaker.others)].concat(),
            Self::Slides(slides) => one(&slides.seen),
            Self::Question(question) => [one(&question.large), one(&question.small)].concat(),
            Self::Mosaic(mosaic) => all(&mosaic.rooms),
        }
    }

    /// What it is, as far as a change of it is a change of scene: a page that is turned is none.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Name => "name".into(),
            Self::Standby(_) => "standby".into(),
            Self::Welcome(welcome) => format!("welcome {}", welcome.name),
            Self::Speakers(_) => "speakers".into(),
            Self::Speaker(_) => "speaker".into(),
            Self::Slides(_) => "slides".into(),
            Self::Page(_) => "page".into(),
            Self::Question(question) => format!("question {}", question.heading),
            Self::Mosaic(_) => "mosaic".into(),
            Self::Note(note) => format!("note {}", note.title),
            Self::Poll(_) => "poll".into(),
            Self::Written(written) => format!("written {}", written.text),
            Self::Resting(_) => "resting".into(),
            Self::Diagnostics(_) => "diagnostics".into(),
            Self::Mistake(_) => "mistake".into(),
            Self::Joining(_) => "joining".into(),
        }
    }
}

fn named(seen: &Seen) -> (VideoSlot, String) {
    (seen.slot, seen.name.clone())
}
