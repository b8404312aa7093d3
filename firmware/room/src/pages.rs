//! The pages of decks, on the one screen of a room or on its second. Pure.

use std::path::PathBuf;

use conference::wire::{DeckState, ItemKind, SceneView};
use pipelines::scene::{Note, Page, Scene, Slides};

use crate::scenes::{Sight, name_and_trade, ready};
use crate::words::Value;

impl Sight<'_> {
    /// The page, and who speaks beside it.
    pub(crate) fn slides(&self) -> Scene {
        let here = self.speaks_here();
        let (name, trade) = name_and_trade(self.talking());
        Scene::Slides(Box::new(Slides {
            page: self.page(),
            count: self.count(),
            seen: self.seen_beside(),
            name,
            trade,
            time: self.time_left().filter(|_| here),
        }))
    }

    /// What the second screen of the room shows: the page alone, or a calm card.
    pub fn second_scene(&self) -> Scene {
        if self.has_page() {
            return Scene::Page(self.page());
        }
        match self.state.programme.title.as_str() {
            "" => Scene::Name,
            title => Scene::Note(Note {
                title: title.to_owned(),
                text: self.own.to_owned(),
            }),
        }
    }

    /// Whether the second screen has a page to show.
    ///
    /// It stays through the questions: they are about what was shown, and "could you go back to that drawing" is one of
    /// them. It stays behind a poll or a written question as well, which have the first screen to themselves. Only when
    /// the chair chose another scene than the slides, the deck is put away here, too.
    fn has_page(&self) -> bool {
        let evening = &self.state.evening;
        let kept = match &evening.scene {
            SceneView::Slides | SceneView::Poll | SceneView::Written => true,
            SceneView::Speaker | SceneView::Question => !evening.chosen,
            SceneView::Standby
            | SceneView::Welcome { .. }
            | SceneView::Speakers
            | SceneView::Mosaic
            | SceneView::FollowUp => false,
        };
        kept && evening.page.is_some()
    }

    pub(crate) fn page(&self) -> Page {
        let at = usize::from(self.state.evening.page.unwrap_or(0));
        let deck = self.talking().and_then(|speaker| speaker.deck.as_ref());
        let pages = deck.and_then(ready).and_then(|id| self.decks.get(id));
        let file = |nth: usize| pages.and_then(|pages| pages.get(nth)).cloned().flatten();
        Page {
            file: file(at),
            notice: self.words.say("deck-coming"),
            near: [at + 1, at.wrapping_sub(1), at + 2]
                .into_iter()
                .filter_map(file)
                .chain(self.next_first_page())
                .collect(),
        }
    }

    /// "3 / 12".
    fn count(&self) -> String {
        let deck = self.talking().and_then(|speaker| speaker.deck.as_ref());
        let pages = deck.map_or(0, |deck| match &deck.state {
            DeckState::Ready { pages, .. } => usize::from(*pages),
            DeckState::Missing | DeckState::Rendering { .. } | DeckState::Failed { .. } => 0,
        });
        let page = usize::from(self.state.evening.page.unwrap_or(0)) + 1;
        self.words.with(
            "page-of",
            &[
                ("page", Value::Number(page)),
                ("pages", Value::Number(pages)),
            ],
        )
    }

    /// The first page of the deck after this one, so that it is there when the next talk begins.
    fn next_first_page(&self) -> Option<PathBuf> {
        let items = self
            .state
            .programme
            .items
            .iter()
            .skip(self.state.evening.at + 1);
        let next = items.into_iter().find(|item| item.kind == ItemKind::Talk)?;
        let deck = self
            .state
            .programme
            .speakers
            .get(next.speaker?)?
            .deck
            .as_ref()?;
        self.decks.get(ready(deck)?)?.first().cloned().flatten()
    }
}

#[cfg(test)]
mod tests {
    use conference::wire::{DeckView, Device, ItemView, SpeakerView, State};
    use pipelines::{Part, PartState, View};

    use super::*;
    use crate::config::Language;
    use crate::machine::tests::fresh;
    use crate::machine::{Button, Input, Machine, Output};

    #[test]
    fn the_page_moves_to_a_second_screen_and_back_when_that_is_unplugged() {
        let (mut machine, now) = fresh("Loudéac", Language::Fr);
        machine.handle_input(
            Input::LinkUp {
                session: "a".into(),
                now_ms: 0,
            },
            now,
        );
        machine.handle_input(Input::State(Box::new(a_talk())), now);
        let (first, second) = shown(&mut machine);
        assert!(matches!(first.scene, Scene::Slides(_)), "{first:?}");
        assert_eq!(second, View::default(), "nothing yet");

        let part = |state| Input::Part(Part::DeckScreen, state);
        machine.handle_input(
            part(PartState::Running {
                chosen: "the television on HDMI-A-2".into(),
            }),
            now,
        );
        let (first, second) = shown(&mut machine);
        assert!(matches!(first.scene, Scene::Speaker(_)), "{first:?}");
        assert!(matches!(second.scene, Scene::Page(_)), "{second:?}");

        let reason = "the television on HDMI-A-2 was unplugged".to_owned();
        machine.handle_input(part(PartState::Stalled { reason }), now);
        let (first, _) = shown(&mut machine);
        assert!(matches!(first.scene, Scene::Slides(_)), "{first:?}");
        assert!(matches!(machine.second_screen(), Device::Missing(_)));

        // It is kept up to date meanwhile. The message is on both, this room's own lines are on the first.
        let mut state = a_talk();
        state.evening.scene = SceneView::Mosaic;
        state.evening.message = Some("Merci".into());
        machine.handle_input(Input::State(Box::new(state)), now);
        machine.handle_input(Input::Pressed(Button::Mute), now);
        let (first, second) = shown(&mut machine);
        assert_eq!(first.message.as_deref(), Some("Merci"));
        assert_eq!(second.message, first.message);
        assert!(!first.lines.is_empty() && second.lines.is_empty());
    }

    /// What was last put on the first screen and on the second.
    fn shown(machine: &mut Machine) -> (View, View) {
        let (mut first, mut second) = (View::default(), View::default());
        while let Some(output) = machine.poll_output() {
            match output {
                Output::Show(view) => first = *view,
                Output::ShowSecond(view) => second = *view,
                Output::Send(_)
                | Output::Mute(_)
                | Output::CloseMicrophone(_)
                | Output::EncodeMain(_)
                | Output::Look { .. }
                | Output::Examine
                | Output::Mirror(_)
                | Output::Fetch(_)
                | Output::FetchUpdate(_)
                | Output::Volume(_)
                | Output::Keep(_)
                | Output::Rest(_)
                | Output::Light(_)
                | Output::Sound(_)
                | Output::Stuck { .. }
                | Output::Restart
                | Output::Forget
                | Output::PairAnew
                | Output::StartMedia
                | Output::RestartMedia => {}
            }
        }
        (first, second)
    }

    fn a_talk() -> State {
        let mut state = State::default();
        state.programme.items = vec![ItemView {
            kind: ItemKind::Talk,
            speaker: Some(0),
        }];
        state.programme.speakers = vec![SpeakerView {
            name: "Anne Le Goff".into(),
            trade: "menuisière".into(),
            room: "Brest".into(),
            deck: Some(DeckView {
                name: "bois.pdf".into(),
                state: DeckState::Ready {
                    id: "5f".repeat(32),
                    pages: 2,
                },
            }),
            ..SpeakerView::default()
        }];
        state.evening.scene = SceneView::Slides;
        state.evening.page = Some(0);
        state
    }
}
