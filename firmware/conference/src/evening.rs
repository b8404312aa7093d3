//! The evening itself: which item runs, what every television shows, whose question comes next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use crate::audience::{Audience, AudienceInput, AudienceNo, WrittenState};
use crate::floor::{self, Conference, Refusal, RoomId};
use crate::message::{MOST_MESSAGE, MessageId};
use decks::Decks;
use limits::MOST_ADDED;
pub use questions::Asker;
use undo::Step;

mod decks;
mod limits;
mod plan;
mod questions;
mod undo;

/// Most people of one room.
const MOST_PEOPLE: u16 = 9999;

/// A speaker by its place in the programme, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpeakerId(pub u16);

/// One step of the evening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Before the start: rooms arrive.
    Lobby,
    /// The rooms are greeted, one by one.
    Welcome,
    /// The opening slide presents the speakers.
    Speakers,
    /// A talk.
    Talk(SpeakerId),
    /// Questions after it, room by room.
    Questions(SpeakerId),
    /// Goodbye.
    Closing,
    /// The advisers of each town.
    FollowUp,
}

/// What every television shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scene {
    /// Clock, programme, and how this room is.
    Standby,
    /// One room full screen, with its name; none is greeted yet or any more without one.
    Welcome(Option<RoomId>),
    /// The opening slide.
    Speakers,
    /// The holder of the floor full screen.
    Speaker,
    /// The deck large, the speaker beside it.
    Slides,
    /// The asking room large, the speaker beside it.
    Question,
    /// All rooms.
    Mosaic,
    /// This town's advisers.
    FollowUp,
    /// The poll. It lies on the evening's own scene as long as there is one, unless the chair chooses another meanwhile.
    Poll,
    /// The written question that is asked; in the same way.
    Written,
}

/// What the chair's large button does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Begins this item, by its place in [`Evening::items`].
    Item(usize),
    /// Greets this room.
    Greet(RoomId),
    /// Gives the floor to this room for its question.
    Question(RoomId),
    /// Has this written question shown on all televisions.
    Written(u32),
    /// Ends the question: the floor goes back to the speaker's room.
    EndQuestion,
    /// Asks this room whether it has a question.
    Offer(RoomId),
    /// Nothing comes after the last item.
    End,
}

/// A fact: what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Something about the floor and the rooms.
    Floor(floor::Input),
    /// The chair pressed the large button.
    Advanced,
    /// The chair went to an item, by its place in [`Evening::items`].
    WentTo(usize),
    /// The chair chose what all televisions show, or left it to the programme again.
    SceneChosen(Option<Scene>),
    /// The chair greeted a room.
    Greeted(RoomId),
    /// Somebody said how many people are in a room.
    Counted(RoomId, u16),
    /// The chair gave the running item so many minutes more, or fewer.
    TimeAdded(i32),
    /// A room has no question.
    Passed(RoomId),
    /// A page of the running talk's deck was turned to, from 0.
    PageTurned(u16),
    /// A speaker's deck can be shown from now on, with so many pages, or cannot any more.
    DeckChanged(SpeakerId, Option<u16>),
    /// The chair put a message on all screens, or took it away.
    Said(Option<MessageId>),
    /// Something about polls and written questions.
    Audience(AudienceInput),
    /// The chair took the last step back.
    Undone,
}

/// An order: what the shell must now do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Something about the floor and the rooms.
    Floor(floor::Output),
    /// Item, scene, page, time or the questions changed; tell everybody.
    EveningChanged,
    /// So many minutes are left to the running item; tell the speaker and the chair.
    TimeWarning(u32),
}

/// Why the chair's or a room's wish is not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum No {
    /// The floor's rules say no.
    #[error(transparent)]
    Floor(#[from] Refusal),
    /// The rules of polls and written questions say no.
    #[error(transparent)]
    Audience(#[from] AudienceNo),
    /// The programme has fewer items.
    #[error("the programme has no such item")]
    NoSuchItem,
    /// The last item runs.
    #[error("the evening is at its last item")]
    AtTheEnd,
    /// There is no step to take back.
    #[error("there is nothing to take back")]
    NothingToUndo,
    /// No questions are asked now.
    #[error("it is not question time")]
    NotQuestionTime,
    /// Nobody counts so many people in a room.
    #[error("a room has {MOST_PEOPLE} people at the most")]
    TooMany,
    /// The running item has no time limit.
    #[error("this item has no time limit")]
    NoLimit,
    /// The limit cannot be moved so far.
    #[error("a time limit can be moved by {MOST_ADDED} minutes at the most")]
    TooLong,
    /// Nobody with a deck speaks.
    #[error("no deck is shown now")]
    NoDeck,
    /// The deck is shorter.
    #[error("the deck has no such page")]
    NoSuchPage,
    /// The programme has fewer speakers.
    #[error("the programme has no such speaker")]
    NoSuchSpeaker,
    /// A message that does not fit a television.
    #[error("a message is one line of 1 to {MOST_MESSAGE} characters")]
    BadMessage,
    /// The programme of an evening that runs stays as it is.
    #[error("the evening has begun: its programme can be changed only before the start")]
    Begun,
    /// Poll and written question come by themselves.
    #[error("this scene is shown by itself: open a poll, or have a written question shown")]
    NotChosen,
    /// Pages are the chair's and the speaker's.
    #[error("only the speaker's room and the chair turn pages")]
    NotTheSpeaker,
}

/// What the chair can take back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Choice {
    at: usize,
    since: Option<Instant>,
    added: i32,
    scene: Option<Scene>,
    /// The scene that was chosen when the poll was opened or the question asked: it does not hide them.
    covered: Option<Scene>,
    message: Option<MessageId>,
    greeted: Vec<RoomId>,
    asked: BTreeSet<RoomId>,
    passed: BTreeSet<RoomId>,
    offered: Option<RoomId>,
    /// Minutes of the smallest warning that was given for the running item.
    warned: Option<u32>,
}

/// What the programme says of a talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Talk {
    from: RoomId,
    minutes: u16,
    question_minutes: u16,
}

/// One evening, driven by facts and time.
#[derive(Debug, PartialEq, Eq)]
pub struct Evening {
    items: Vec<Item>,
    talks: Vec<Talk>,
    /// Rooms of the bridge.
    rooms: u16,
    /// Rooms of the programme, in its order.
    invited: Vec<RoomId>,
    floor: Conference,
    people: BTreeMap<RoomId, u16>,
    /// No choice of the chair's: a step taken back turns no page back.
    decks: Decks,
    audience: Audience,
    choice: Choice,
    before: VecDeque<Step>,
    orders: VecDeque<Order>,
}

impl Evening {
    /// Takes in one fact.
    ///
    /// # Errors
    /// A [`No`] is an ordinary answer: nothing changed.
    pub fn handle_input(&mut self, happened: Happened, now: Instant) -> Result<(), No> {
        let before = happened.can_be_undone().then(|| self.step());
        match happened {
            Happened::Floor(input) => self.floor_input(input, now),
            Happened::SceneChosen(Some(Scene::Poll | Scene::Written)) => Err(No::NotChosen),
            Happened::Advanced => self.advance(now),
            Happened::WentTo(item) => self.go_to(item, now),
            Happened::SceneChosen(Some(Scene::Slides)) if self.page().is_none() => Err(No::NoDeck),
            Happened::SceneChosen(scene) => {
                self.choice.scene = scene;
                Ok(())
            }
            Happened::Greeted(room) => self.greet(room),
            Happened::Counted(room, people) => self.count(room, people),
            Happened::TimeAdded(minutes) => self.add_time(minutes, now),
            Happened::Passed(room) => self.pass(room),
            Happened::PageTurned(page) => self.turn_page(page),
            Happened::DeckChanged(speaker, pages) => {
                self.decks.change(speaker, pages, self.talks.len())
            }
            Happened::Said(message) => {
                self.choice.message = message;
                Ok(())
            }
            Happened::Audience(input) => self.audience_input(input, now),
            Happened::Undone => self.undo(now),
        }?;
        self.keep_step(before);
        self.settle(now);
        self.orders.push_back(Order::EveningChanged);
        Ok(())
    }

    /// Lets time pass: warnings, and a floor that was kept for a room that did not come back.
    pub fn handle_timeout(&mut self, now: Instant) {
        // As of the moment it was due: an evening that is played again from its log is the same.
        while let Some(due) = self.floor.poll_timeout()
            && now >= due
        {
            self.floor.handle_timeout(due);
            self.settle(due);
            self.orders.push_back(Order::EveningChanged);
        }
        if let Some(minutes) = self.pass_warnings(now) {
            self.orders.push_back(Order::TimeWarning(minutes));
        }
    }

    /// When [`Self::handle_timeout`] is due next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let warning = self.next_warning().map(|(_, due)| due);
        self.floor.poll_timeout().into_iter().chain(warning).min()
    }

    /// The next order; drain to `None` after every change.
    pub fn poll_output(&mut self) -> Option<Order> {
        match self.floor.poll_output() {
            Some(output) => Some(Order::Floor(output)),
            None => self.orders.pop_front(),
        }
    }

    /// All items, in order.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The place of the item that runs.
    pub fn at(&self) -> usize {
        self.choice.at
    }

    /// The item that runs.
    pub fn item(&self) -> Item {
        // `at` is never set but to a place that is there.
        self.items
            .get(self.choice.at)
            .copied()
            .unwrap_or(Item::Lobby)
    }

    /// When the item that runs began; none in the lobby.
    pub fn since(&self) -> Option<Instant> {
        self.choice.since
    }

    /// What every television shows.
    pub fn scene(&self) -> Scene {
        if self.choice.scene.is_none() || self.choice.scene == self.choice.covered {
            match (self.audience.poll(), self.audience.asked()) {
                (Some(_), _) => return Scene::Poll,
                (None, Some(_)) => return Scene::Written,
                (None, None) => {}
            }
        }
        match self.choice.scene {
            // The deck may have been taken away since.
            Some(Scene::Slides) if self.page().is_none() => {}
            Some(scene) => return scene,
            None => {}
        }
        match self.item() {
            // A bridge without speakers stays in its lobby: there, too, people see each other, and who speaks.
            Item::Lobby if self.floor.holder().is_some() => Scene::Speaker,
            Item::Lobby if self.talks.is_empty() => Scene::Mosaic,
            Item::Lobby => Scene::Standby,
            Item::Welcome => Scene::Welcome(self.choice.greeted.last().copied()),
            Item::Speakers => Scene::Speakers,
            Item::Talk(_) if self.page().is_some() => Scene::Slides,
            Item::Talk(_) => Scene::Speaker,
            Item::Questions(_) if self.asking().is_some() => Scene::Question,
            Item::Questions(_) => Scene::Speaker,
            Item::Closing => Scene::Mosaic,
            Item::FollowUp => Scene::FollowUp,
        }
    }

    /// What the chair chose instead of the programme's scene.
    pub fn chosen_scene(&self) -> Option<Scene> {
        self.choice.scene
    }

    /// The message on all screens.
    pub fn message(&self) -> Option<MessageId> {
        self.choice.message
    }

    /// The page of the running talk's deck, from 0; none where no deck is shown.
    pub fn page(&self) -> Option<u16> {
        self.decks.page(self.presenting()?)
    }

    /// How many pages a speaker's deck has; none while there is no deck that can be shown.
    pub fn pages(&self, speaker: SpeakerId) -> Option<u16> {
        self.decks.pages(speaker)
    }

    /// The room of the speaker who talks or is asked.
    pub fn speaks_from(&self) -> Option<RoomId> {
        match self.item() {
            Item::Talk(speaker) | Item::Questions(speaker) => Some(self.talk(speaker).from),
            Item::Lobby | Item::Welcome | Item::Speakers | Item::Closing | Item::FollowUp => None,
        }
    }

    /// What the chair's large button does now.
    pub fn next(&self) -> Next {
        let following = match self.choice.at + 1 {
            next if next < self.items.len() => Next::Item(next),
            _ => Next::End,
        };
        match self.item() {
            Item::Welcome => {
                let waiting = self
                    .present()
                    .find(|room| !self.choice.greeted.contains(room));
                waiting.map_or(following, Next::Greet)
            }
            Item::Questions(_) if self.asking().is_some() || self.audience.asked().is_some() => {
                Next::EndQuestion
            }
            Item::Questions(speaker) => self.next_question(speaker).unwrap_or(following),
            Item::Lobby | Item::Speakers | Item::Talk(_) | Item::Closing | Item::FollowUp => {
                following
            }
        }
    }

    /// How many people are in a room, once somebody has said so.
    pub fn people(&self, room: RoomId) -> Option<u16> {
        self.people.get(&room).copied()
    }

    /// Polls and written questions.
    pub fn audience(&self) -> &Audience {
        &self.audience
    }

    /// Who is here, who has the floor and who asks for it.
    pub fn floor(&self) -> &Conference {
        &self.floor
    }

    fn advance(&mut self, now: Instant) -> Result<(), No> {
        match self.next() {
            Next::Item(item) => self.go_to(item, now),
            Next::Greet(room) => self.greet(room),
            Next::Question(room) => self.floor_input(floor::Input::FloorGranted(room), now),
            Next::Written(id) => self.audience_input(AudienceInput::Asked(id), now),
            Next::EndQuestion if self.audience.asked().is_some() => {
                self.audience_input(AudienceInput::AskedEnded, now)
            }
            Next::EndQuestion => self.floor_input(floor::Input::FloorRevoked, now),
            Next::Offer(room) => {
                // The room that was asked before has not answered: it has none.
                self.choice.passed.extend(self.choice.offered.take());
                self.choice.offered = Some(room);
                Ok(())
            }
            Next::End => Err(No::AtTheEnd),
        }
    }

    fn go_to(&mut self, item: usize, now: Instant) -> Result<(), No> {
        let begun = *self.items.get(item).ok_or(No::NoSuchItem)?;
        self.choice.at = item;
        self.choice.since = (begun != Item::Lobby).then_some(now);
        self.choice.added = 0;
        self.choice.scene = None;
        self.choice.greeted.clear();
        self.choice.asked.clear();
        self.choice.passed.clear();
        self.choice.offered = None;
        self.choice.warned = None;
        for room in (0..self.rooms).map(RoomId) {
            self.floor
                .handle_input(floor::Input::MicrophoneLeft(room), now)?;
        }
        if self.floor.holder().is_some() {
            self.floor.handle_input(floor::Input::FloorRevoked, now)?;
        }
        self.audience_input(AudienceInput::ItemBegan, now)
    }

    fn greet(&mut self, room: RoomId) -> Result<(), No> {
        if room.0 >= self.rooms {
            return Err(Refusal::UnknownRoom(room).into());
        }
        self.choice.greeted.retain(|greeted| *greeted != room);
        self.choice.greeted.push(room);
        Ok(())
    }

    fn count(&mut self, room: RoomId, people: u16) -> Result<(), No> {
        if room.0 >= self.rooms {
            return Err(Refusal::UnknownRoom(room).into());
        }
        if people > MOST_PEOPLE {
            return Err(No::TooMany);
        }
        self.people.insert(room, people);
        Ok(())
    }

    fn turn_page(&mut self, page: u16) -> Result<(), No> {
        let speaker = self.presenting().ok_or(No::NoDeck)?;
        self.decks.turn(speaker, page)
    }

    fn floor_input(&mut self, input: floor::Input, now: Instant) -> Result<(), No> {
        self.floor.handle_input(input, now)?;
        // Who is given the floor asks aloud.
        if matches!(input, floor::Input::FloorGranted(_)) {
            self.audience.handle_input(AudienceInput::AskedEnded, now)?;
        }
        Ok(())
    }

    fn audience_input(&mut self, input: AudienceInput, now: Instant) -> Result<(), No> {
        let shows = matches!(
            input,
            AudienceInput::PollOpened { .. } | AudienceInput::Asked(_)
        );
        let asks = self.asks(&input);
        self.audience.handle_input(input, now)?;
        if shows {
            self.choice.covered = self.choice.scene;
        }
        if let Some(room) = asks {
            self.floor.count_turn(room);
            self.choice.asked.insert(room);
            self.choice.offered = self.choice.offered.filter(|offered| *offered != room);
        }
        Ok(())
    }

    /// The room whose written question is asked now, and was not before.
    fn asks(&self, input: &AudienceInput) -> Option<RoomId> {
        let AudienceInput::Asked(id) = input else {
            return None;
        };
        let mut all = self.audience.written().iter();
        let written = all.find(|written| written.id == *id)?;
        (written.state != WrittenState::Asked).then_some(written.room)
    }

    /// What follows from what happened: in a talk and in its questions the speaker has the floor whenever nobody
    /// else has, and is heard beside who asks.
    fn settle(&mut self, now: Instant) {
        if let Some(room) = self.asking() {
            self.choice.asked.insert(room);
            self.choice.offered = self.choice.offered.filter(|offered| *offered != room);
        }
        let Some(room) = self.speaks_from() else {
            return;
        };
        // Refused while the speaker's room is not there: it gets the floor when it comes.
        if self.floor.holder().is_none() {
            let _ = self
                .floor
                .handle_input(floor::Input::SpeakerGranted(room), now);
        }
        if self.questioned().is_some() {
            let _ = self
                .floor
                .handle_input(floor::Input::MicrophoneOpened(room), now);
        }
    }

    /// The speaker whose deck can be shown: in the talk, and in its questions.
    fn presenting(&self) -> Option<SpeakerId> {
        match self.item() {
            Item::Talk(speaker) | Item::Questions(speaker) => Some(speaker),
            Item::Lobby | Item::Welcome | Item::Speakers | Item::Closing | Item::FollowUp => None,
        }
    }

    fn talk(&self, SpeakerId(n): SpeakerId) -> Talk {
        // Items name only speakers that are there.
        self.talks.get(usize::from(n)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
