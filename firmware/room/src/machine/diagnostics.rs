//! The diagnostic picture: what a technician sees when *Écran* is held. Only this room's television shows it. Pure.

use std::time::{Duration, Instant};

use board::{Button, lights};
use conference::wire::Device;
use pipelines::scene::{Check, Diagnostics as Picture, Scene};
use pipelines::{Line, Role, View};

use super::{Link, Machine, Output};
use crate::check;
use crate::doctor::{Fact, Finding, Sign};
use crate::words::{Value, Words};

/// It ends by itself: nobody is to find it in place of the evening.
const LASTS: Duration = Duration::from_secs(5 * 60);
/// What is not alive in the picture is looked at so often.
const AGAIN: Duration = Duration::from_secs(10);
/// Each light is shown so long, once, when it begins.
const LIGHT: Duration = Duration::from_secs(2);
/// The lights in turn: their words.
const LIGHTS: [&str; 6] = [
    "light-fault",
    "light-starting",
    "light-floor",
    "light-hand",
    "light-conference",
    "light-ready",
];

/// The picture, while it is shown.
#[derive(Debug)]
pub(super) struct Diagnostics {
    since: Instant,
    until: Instant,
    findings: Vec<Finding>,
    examine_at: Instant,
    sound: Sound,
}

/// The loudspeaker, tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sound {
    /// Nobody has asked for it.
    Untried,
    /// It plays, and the microphones listen.
    Tried,
    /// They heard it, or did not.
    Heard(bool),
    /// The other rooms would hear it.
    Refused,
    /// There is no loudspeaker, or no microphone.
    Missing,
}

impl Diagnostics {
    /// The light that has its turn.
    fn light(&self, now: Instant) -> Option<usize> {
        let nth = now.saturating_duration_since(self.since).as_millis() / LIGHT.as_millis();
        usize::try_from(nth).ok().filter(|nth| *nth < LIGHTS.len())
    }
}

impl Machine {
    /// Whether the picture is shown.
    pub fn diagnoses(&self) -> bool {
        self.diagnostics.is_some()
    }

    /// Shows the picture, or ends it.
    pub(super) fn diagnose(&mut self, on: bool, now: Instant) {
        if on == self.diagnoses() {
            return;
        }
        if on {
            self.stir(now);
        }
        self.outputs.push_back(Output::Mirror(on));
        self.diagnostics = on.then(|| Diagnostics {
            since: now,
            until: now + LASTS,
            findings: Vec::new(),
            examine_at: now,
            sound: Sound::Untried,
        });
    }

    pub(super) fn examined(&mut self, findings: Vec<Finding>) {
        if let Some(diagnostics) = &mut self.diagnostics {
            diagnostics.findings = findings;
            // The worst first; what belongs together stays so.
            diagnostics
                .findings
                .sort_by_key(|finding| std::cmp::Reverse(finding.sign));
        }
    }

    /// Whether a press is for the picture: *−* tries the loudspeaker.
    pub(super) fn tries_sound(&mut self, button: Button) -> bool {
        let asked = button == Button::Minus && self.diagnoses();
        // Never so that the other rooms hear it.
        let alone =
            self.link != Link::Up || self.closed || self.status.muted || self.sight().is_lobby();
        let there = check::can_chirp(&self.status);
        let Some(diagnostics) = self.diagnostics.as_mut().filter(|_| asked) else {
            return false;
        };
        if diagnostics.sound != Sound::Tried {
            diagnostics.sound = match (there, alone) {
                (false, _) => Sound::Missing,
                (true, false) => Sound::Refused,
                (true, true) => Sound::Tried,
            };
            if diagnostics.sound == Sound::Tried {
                self.outputs.push_back(Output::Look { chirp: true });
            }
        }
        true
    }

    pub(super) fn sound_tried(&mut self, heard: Option<bool>) {
        if let Some(diagnostics) = &mut self.diagnostics
            && diagnostics.sound == Sound::Tried
        {
            diagnostics.sound = heard.map_or(Sound::Missing, Sound::Heard);
        }
    }

    pub(super) fn settle_diagnostics(&mut self, now: Instant) {
        let Some(diagnostics) = &mut self.diagnostics else {
            return;
        };
        if now >= diagnostics.until {
            return self.diagnose(false, now);
        }
        if now >= diagnostics.examine_at {
            diagnostics.examine_at = now + AGAIN;
            self.outputs.push_back(Output::Examine);
        }
    }

    /// When something of it changes by itself.
    pub(super) fn diagnostics_due(&self, now: Instant) -> Option<Instant> {
        let diagnostics = self.diagnostics.as_ref()?;
        let nth = diagnostics
            .light(now)
            .and_then(|nth| u32::try_from(nth + 1).ok());
        let light = nth.map(|nth| diagnostics.since + LIGHT * nth);
        [Some(diagnostics.examine_at), Some(diagnostics.until), light]
            .into_iter()
            .flatten()
            .min()
    }

    /// The light that has its turn, in place of what the lamps would say. A mute is told all the same.
    pub(super) fn trial_light(&self, now: Instant) -> Option<lights::State> {
        let nth = self.diagnostics.as_ref()?.light(now)?;
        let lit = |other| nth == other;
        Some(lights::State {
            muted: self.status.muted,
            fault: lit(0),
            starting: lit(1),
            has_floor: lit(2),
            hand_raised: lit(3),
            in_conference: lit(4),
            useful: [true; 5],
            down: self.gestures.down(),
            ..lights::State::default()
        })
    }

    /// The picture, and what this room must know even now.
    pub(super) fn diagnostic_view(&self, now: Instant) -> Option<View> {
        let diagnostics = self.diagnostics.as_ref()?;
        let urgent = |line: &Line| match line.role {
            Role::Floor | Role::Muted | Role::Ask => true,
            // What is wrong is told below, with more words.
            Role::Neutral | Role::Warning => false,
        };
        let wanted = [self.hold_line(), self.code_line()];
        let wanted = |line: &Line| wanted.iter().flatten().any(|wanted| wanted == line);
        let mut lines = self.lines(now);
        lines.retain(|line| urgent(line) || wanted(line));
        Some(View {
            room: self.name.clone(),
            scene: Scene::Diagnostics(Box::new(self.picture(diagnostics, now))),
            message: self.state.evening.message.clone(),
            lines,
            volume: self.volume_until.map(|_| self.kept.volume),
        })
    }

    fn picture(&self, diagnostics: &Diagnostics, now: Instant) -> Picture {
        let words = &self.words;
        let clock = self.time.map(|time| time.hour_minute());
        let name = |n| words.with("diagnostics-microphone", &[("n", Value::Number(n))]);
        let shown = diagnostics
            .findings
            .iter()
            .filter(|finding| is_shown(finding));
        Picture {
            title: words.with("diagnostics", &[("room", Value::Text(&self.name))]),
            clock: clock.map_or(String::new(), |(hour, minute)| {
                format!("{hour}:{minute:02}")
            }),
            no_camera: match &self.status.camera {
                Device::Running(_) => String::new(),
                Device::Unknown => words.say("diagnostics-camera-starts"),
                Device::Missing(_) | Device::None => words.say("check-no-camera"),
            },
            focus: words.say("diagnostics-focus"),
            sharpness: (
                words.say("diagnostics-sharp"),
                words.say("diagnostics-blurred"),
            ),
            microphones: (1..=self.channels).map(name).collect(),
            findings: shown.map(|finding| line(finding, words)).collect(),
            trial: self.trial(diagnostics, now),
            hint: words.say("diagnostics-hint"),
            foot: foot(&diagnostics.findings),
        }
    }

    fn trial(&self, diagnostics: &Diagnostics, now: Instant) -> String {
        let id = match diagnostics.sound {
            Sound::Tried => "diagnostics-sound-tried",
            Sound::Heard(true) => "doctor-chirp-heard",
            Sound::Heard(false) => "doctor-chirp-not-heard",
            Sound::Refused => "diagnostics-sound-refused",
            Sound::Missing => "diagnostics-sound-missing",
            Sound::Untried => {
                let light = diagnostics.light(now).and_then(|nth| LIGHTS.get(nth));
                return light.map_or(String::new(), |light| {
                    let light = self.words.say(light);
                    self.words
                        .with("diagnostics-light", &[("light", Value::Text(&light))])
                });
            }
        };
        self.words.say(id)
    }
}

/// What stands at the foot, goes without saying in front of the box, or is not wished has no line.
fn is_shown(finding: &Finding) -> bool {
    let known = ["settings", "box", "packages", "panel", "versions"];
    let said = known.contains(&finding.check) || finding.message == "doctor-none";
    finding.sign != Sign::Ok || !said
}

fn line(finding: &Finding, words: &Words) -> Check {
    Check {
        text: finding.text(words),
        well: match finding.sign {
            Sign::Ok => Some(true),
            Sign::Warning => None,
            Sign::Fault => Some(false),
        },
        meter: None,
    }
}

/// The page's address, the version, the board: the same in every language.
fn foot(findings: &[Finding]) -> String {
    let fact = |check: &str, name: &str| {
        let finding = findings.iter().find(|finding| finding.check == check)?;
        let (_, fact) = finding.facts.iter().find(|(known, _)| *known == name)?;
        match fact {
            Fact::Text(text) => Some(text.clone()),
            Fact::Number(_) | Fact::Word(_) => None,
        }
    };
    let program = fact("versions", "program").map(|version| format!("Estrade {version}"));
    let model = fact("versions", "model").filter(|model| model != "?");
    [fact("box", "address"), program, model]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}
