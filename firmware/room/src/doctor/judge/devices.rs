//! Camera, microphones, loudspeaker, screens, buttons. Pure.

use conference::wire::{Device, FindingCode};

use super::super::facts::{Choice, Facts, Panel};
use super::super::{Fact, Finding, Sign};
use super::{finding, text};
use crate::check;
use crate::words::button_word;

/// A microphone that hears less does not hear at all, in dB of full scale: even a quiet room has some hiss.
const DEAD_DBFS: f32 = -110.0;

/// A device as people call it, as settings do, and what is said when none is there.
struct Kind {
    check: &'static str,
    word: &'static str,
    key: &'static str,
    absent: &'static str,
}

const CAMERA: Kind = Kind {
    check: "camera",
    word: "doctor-camera",
    key: "camera",
    absent: "doctor-camera-absent",
};
const MICROPHONES: Kind = Kind {
    check: "microphones",
    word: "doctor-microphones",
    key: "microphones",
    absent: "doctor-microphones-absent",
};
const LOUDSPEAKER: Kind = Kind {
    check: "loudspeaker",
    word: "doctor-loudspeaker",
    key: "loudspeaker",
    absent: "doctor-loudspeaker-absent",
};
const SCREEN: Kind = Kind {
    check: "screen",
    word: "doctor-screen",
    key: "screen",
    absent: "doctor-screen-absent",
};
const SECOND_SCREEN: Kind = Kind {
    check: "second-screen",
    word: "doctor-second-screen",
    key: "deck_screen",
    absent: "doctor-second-screen-absent",
};

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let (live, status) = (&facts.live, &facts.live.status);
    let mut findings = vec![
        CAMERA.judge(&facts.camera, &status.camera, || seen(facts)),
        MICROPHONES.judge(&facts.microphones, &status.microphones, || heard(facts)),
        LOUDSPEAKER.judge(&facts.loudspeaker, &status.loudspeaker, || chirp(facts)),
        SCREEN.judge(&facts.screen, &status.screen, || None),
    ];
    let second = facts.second_screen.as_ref();
    findings.extend(second.map(|choice| SECOND_SCREEN.judge(choice, &live.second_screen, || None)));
    findings.push(panel(&facts.panel));
    findings
}

impl Kind {
    /// What is plugged in decides first, then whether it works, then `more`: what it gives.
    fn judge(
        &self,
        choice: &Choice,
        device: &Device,
        more: impl FnOnce() -> Option<Finding>,
    ) -> Finding {
        let named = ("device", Fact::Word(self.word));
        let of = |sign, message, facts| finding(self.check, sign, message, facts);
        let name = match choice {
            Choice::None => return of(Sign::Ok, "doctor-none", vec![named]),
            Choice::Absent => return of(Sign::Fault, self.absent, vec![]),
            Choice::WrongName { wanted, there } => return self.wrong_name(named, wanted, there),
            Choice::Chosen(name) => ("name", text(name)),
        };
        match device {
            Device::None => of(Sign::Ok, "doctor-none", vec![named]),
            Device::Missing(reason) => {
                let facts = vec![named, ("reason", text(reason))];
                of(Sign::Fault, "doctor-broken", facts)
            }
            Device::Running(_) => {
                more().unwrap_or_else(|| of(Sign::Ok, "doctor-well", vec![named, name]))
            }
            Device::Unknown => of(Sign::Ok, "doctor-there", vec![named, name]),
        }
    }

    fn wrong_name(&self, named: (&'static str, Fact), wanted: &str, there: &[String]) -> Finding {
        let wanted = ("wanted", text(wanted));
        let Some(first) = there.first() else {
            let facts = vec![named, wanted];
            return finding(self.check, Sign::Fault, "doctor-wrong-name-alone", facts);
        };
        let setting = first.split(" (").next().unwrap_or(first);
        let facts = vec![
            named,
            wanted,
            ("there", text(there.join(", "))),
            ("key", text(self.key)),
            ("first", text(setting)),
        ];
        finding(self.check, Sign::Fault, "doctor-wrong-name", facts)
    }
}

/// A camera that gives black or frozen pictures works, and is of no use.
fn seen(facts: &Facts) -> Option<Finding> {
    let seen = facts.live.glance?;
    let code = check::camera(&facts.live.status.camera, Some(seen)).code;
    let wrong = [
        (FindingCode::CameraBlack, "doctor-camera-black"),
        (FindingCode::CameraFrozen, "doctor-camera-frozen"),
    ];
    let (_, message) = wrong.into_iter().find(|(wrong, _)| *wrong == code)?;
    Some(finding("camera", Sign::Warning, message, vec![]))
}

fn heard(facts: &Facts) -> Option<Finding> {
    let channels = &facts.live.channels;
    let dead: Vec<String> = (1_usize..)
        .zip(channels)
        .filter(|(_, level)| **level < DEAD_DBFS)
        .map(|(n, _)| n.to_string())
        .collect();
    let (sign, message) = match dead.len() {
        _ if channels.is_empty() => return None,
        0 => (Sign::Ok, "doctor-microphones-well"),
        all if all == channels.len() => (Sign::Fault, "doctor-microphones-dead"),
        _ => (Sign::Warning, "doctor-channels-dead"),
    };
    let name = match &facts.microphones {
        Choice::Chosen(name) => name.as_str(),
        Choice::None | Choice::Absent | Choice::WrongName { .. } => "",
    };
    let facts = vec![
        ("name", text(name)),
        ("n", Fact::Number(channels.len())),
        ("dead", text(dead.join(", "))),
    ];
    Some(finding("microphones", sign, message, facts))
}

fn chirp(facts: &Facts) -> Option<Finding> {
    let (sign, message) = match facts.live.chirp? {
        true => (Sign::Ok, "doctor-chirp-heard"),
        false => (Sign::Warning, "doctor-chirp-not-heard"),
    };
    Some(finding("loudspeaker", sign, message, vec![]))
}

fn panel(panel: &Panel) -> Finding {
    let (sign, message, fact) = match panel {
        Panel::None => (Sign::Ok, "doctor-panel-none", None),
        Panel::Well { place, stuck: None } => {
            (Sign::Ok, "doctor-panel-well", Some(("place", text(place))))
        }
        Panel::Well {
            stuck: Some(button),
            ..
        } => {
            let button = ("button", Fact::Word(button_word(*button)));
            (Sign::Warning, "doctor-panel-stuck", Some(button))
        }
        Panel::Wrong(reason) => {
            let reason = ("reason", text(reason));
            (Sign::Fault, "doctor-panel-wrong", Some(reason))
        }
    };
    finding("panel", sign, message, fact.into_iter().collect())
}
