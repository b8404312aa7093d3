//! From one evening to the next. Pure.

use std::time::Instant;

use conference::audience::Applause;
use conference::wire::UpcomingView;
use conference::{Evening, Messages, Programme};

use super::Stage;
use crate::entry::Entry;
use crate::upcoming::Standing;

impl Stage {
    /// What is told of the next evening.
    pub fn set_upcoming(&mut self, upcoming: Option<UpcomingView>) {
        self.upcoming = upcoming;
    }

    /// Where the evening is.
    pub fn standing(&self) -> Standing {
        let at = self.evening.at();
        Standing {
            begun: at > 0,
            at_the_end: at + 1 == self.evening.items().len(),
            stepped_ms: self.stepped_ms,
        }
    }

    /// Keeps when somebody last did something.
    pub(super) fn note_step(&mut self, at_ms: u64, entry: &Entry) {
        if entry.is_step() {
            self.stepped_ms = Some(at_ms);
        }
    }

    /// Another evening, in its lobby. Who is there stays; all else is new.
    pub fn begin(&mut self, programme: Programme, now: Instant) {
        let mut there = self.rooms();
        there.retain(|room| self.evening.floor().is_present(*room));
        self.evening = Evening::new(&programme, &self.names, self.rule);
        self.messages = Messages::default();
        self.ballots.clear();
        self.applause = Applause::default();
        self.stepped_ms = None;
        self.show_programme(programme);
        for room in there {
            self.joined(room, now);
        }
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]
mod tests {
    use conference::wire::{AudienceWish, FromClient, ItemKind, SceneView};
    use conference::{RoomId, Rule};

    use super::*;
    use crate::stage::Seat;

    #[test]
    fn another_evening_keeps_who_is_there_and_nothing_else() {
        let now = Instant::now();
        let names = vec!["Brest".to_owned(), "Loudéac".to_owned()];
        let programme = |title: &str| Programme::of_rooms(title.into(), names.clone());
        let december = programme("Décembre");
        let mut stage = Stage::new(names.clone(), &december, Rule::Chair, (now, 0));
        stage.joined(RoomId(1), now);
        let poll = AudienceWish::OpenPoll {
            question: "Qui ?".into(),
            answers: vec!["oui".into(), "non".into()],
        };
        let text = Some("Bonsoir".into());
        let said = [
            FromClient::Advance {},
            FromClient::Audience(poll),
            FromClient::Say { text },
        ];
        for what in said {
            stage.said(Seat::Chair, what, now).unwrap();
        }
        while stage.unwritten().is_some() {}
        assert_eq!(stage.standing().stepped_ms, Some(0));
        assert!(stage.standing().begun);

        stage.begin(programme("Janvier"), now);
        let state = stage.view();
        assert_eq!(state.programme.title, "Janvier");
        assert_eq!(
            state.programme.items[state.evening.at].kind,
            ItemKind::Lobby
        );
        assert_eq!(state.evening.scene, SceneView::Mosaic);
        assert_eq!((state.evening.message, state.audience.poll), (None, None));
        let present: Vec<bool> = state.rooms.iter().map(|room| room.present).collect();
        assert_eq!(present, [false, true]);
        assert_eq!(stage.standing().stepped_ms, None);
        let (_, entry) = stage.unwritten().unwrap();
        assert!(!entry.is_step(), "its log begins with who is there");
        assert!(!stage.standing().begun);
    }
}
