//! A box that its bridge does not know, or knows no more: what its television says. Pure.

use pipelines::scene::{self, Scene};

use super::{Link, Machine, Output};
use crate::pairing::facts::{Note, Told, Why};
use crate::words::Value;

/// What a box tells of itself and of the bridge while they do not know each other.
#[derive(Clone, Debug, Default)]
pub struct Introduction {
    /// The bridge's address, from the settings.
    pub bridge: String,
    /// The fingerprint of the box's key; empty for one that has a token.
    pub fingerprint: String,
}

impl Machine {
    /// A box under another name is another box to everything in it.
    pub(super) fn named(&mut self, room: &str) {
        if self.name != room {
            self.outputs.push_back(Output::Restart);
        }
    }

    /// Whether its code stands on the television, or another one comes in a moment.
    pub(super) fn waits_to_be_let_in(&self) -> bool {
        let waits = matches!(self.joining, Told::Code { .. } | Told::Pause);
        waits && self.link != Link::Up
    }

    /// Nothing where the box is in, or has only lost the bridge for a while.
    pub(super) fn joining_scene(&self) -> Option<Scene> {
        if self.link == Link::Up {
            return None;
        }
        let say = |id| self.words.say(id);
        let cure = |id| self.words.cure(id, &[]).unwrap_or_default();
        let mut scene = scene::Joining {
            title: self
                .words
                .with("joining-title", &[("room", Value::Text(&self.name))]),
            foot: self.words.with(
                "joining-foot",
                &[
                    ("bridge", Value::Text(&self.introduction.bridge)),
                    ("fingerprint", Value::Text(&self.introduction.fingerprint)),
                ],
            ),
            ..scene::Joining::default()
        };
        match &self.joining {
            Told::Nothing => return None,
            Told::Code { code, note } => {
                let (first, second) = code.halves();
                scene.code = (first.to_owned(), second.to_owned());
                scene.cure = say("joining-cure");
                scene.fault = note.map(|note| self.said(note)).unwrap_or_default();
            }
            Told::Pause => {
                (scene.fault, scene.cure) = (say("joining-pause"), cure("joining-pause"));
            }
            Told::Refused(why) => {
                let id = refusal(*why);
                (scene.fault, scene.cure) = (say(id), cure(id));
            }
        }
        Some(Scene::Joining(Box::new(scene)))
    }

    /// What the television says of it now.
    pub fn shown_joining(&self) -> Option<scene::Joining> {
        match self.shown.as_ref().map(|view| &view.scene) {
            Some(Scene::Joining(joining)) => Some(joining.as_ref().clone()),
            Some(_) | None => None,
        }
    }

    fn said(&self, note: Note) -> String {
        let id = match note {
            Note::WrongCode { left } => {
                let left = Value::Number(usize::try_from(left).unwrap_or(0));
                return self.words.with("joining-wrong-code", &[("left", left)]);
            }
            Note::Expired => "joining-expired",
            Note::InvitationUnknown => "joining-invitation-unknown",
            Note::InvitationExpired => "joining-invitation-expired",
            Note::InvitationSpent => "joining-invitation-spent",
            Note::InvitationElsewhere => "joining-invitation-elsewhere",
        };
        self.words.say(id)
    }
}

const fn refusal(why: Why) -> &'static str {
    match why {
        Why::Revoked => "joining-revoked",
        Why::OtherHardware => "joining-other-hardware",
        Why::OtherBridge => "joining-other-bridge",
        Why::OtherChannel => "joining-other-channel",
        Why::NoRoom => "joining-no-room",
        Why::Crowded => "joining-crowded",
        Why::Version => "joining-version",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::Input;
    use super::super::tests::fresh;
    use super::*;
    use crate::config::Language;
    use board::lights::Signal;
    use pairing::Code;

    fn shown(machine: &Machine) -> scene::Joining {
        match machine.joining_scene() {
            Some(Scene::Joining(joining)) => *joining,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_code_stands_there_in_two_halves_with_what_went_wrong_before() {
        let (mut machine, now) = fresh("Brest", Language::Fr);
        assert!(machine.joining_scene().is_none());
        let note = Some(Note::WrongCode { left: 1 });
        let code = Code::parse("A3K7PX").unwrap();
        let told = Input::Joining(Told::Code { code, note });
        assert!(!format!("{told:?}").contains("A3K"));
        machine.handle_input(told, now);
        let scene = shown(&machine);
        assert_eq!(scene.code, ("A3K".into(), "7PX".into()));
        assert_eq!(scene.fault, "Ce n’était pas ce code. Encore 1 essai");
        assert!(
            machine.shown_lines().is_empty(),
            "{:?}",
            machine.shown_lines()
        );
        let later = now + Duration::from_secs(300);
        let signal = |machine: &Machine| Signal::of(&machine.lights(later));
        assert_eq!(signal(&machine), Signal::Starting, "nothing is broken");
        machine.handle_input(Input::Joining(Told::Nothing), now);
        assert_eq!(machine.shown_lines(), ["Connexion au pont…"]);
        assert_eq!(signal(&machine), Signal::Fault);
    }

    #[test]
    fn a_refused_box_says_what_to_do() {
        for language in [Language::Fr, Language::En] {
            let (mut machine, now) = fresh("Brest", language);
            for why in [
                Why::Revoked,
                Why::OtherHardware,
                Why::OtherBridge,
                Why::OtherChannel,
                Why::NoRoom,
                Why::Crowded,
                Why::Version,
            ] {
                machine.handle_input(Input::Joining(Told::Refused(why)), now);
                let scene = shown(&machine);
                assert!(!scene.fault.is_empty() && !scene.cure.is_empty(), "{why:?}");
            }
        }
    }

    #[test]
    fn a_box_that_gets_another_name_begins_anew() {
        let (mut machine, now) = fresh("Brest", Language::Fr);
        while machine.poll_output().is_some() {}
        machine.handle_input(Input::Named("Brest".into()), now);
        assert_eq!(machine.poll_output(), None);
        machine.handle_input(Input::Named("Loudéac".into()), now);
        assert_eq!(machine.poll_output(), Some(Output::Restart));
    }
}
