//! What the programme makes of an evening: its items, in order, and whose talk each is.

use std::collections::{BTreeMap, VecDeque};

use super::{Choice, Decks, Evening, Item, No, Order, SpeakerId, Talk};
use crate::audience::Audience;
use crate::floor::{Conference, RoomId, Rule};
use crate::programme::Programme;

impl Evening {
    /// The evening of this programme among these rooms of a bridge, in its lobby, all rooms absent. A room that the
    /// programme does not name may be there, but is not greeted, nor asked for questions.
    pub fn new(programme: &Programme, rooms: &[String], rule: Rule) -> Self {
        let count = u16::try_from(rooms.len()).unwrap_or(u16::MAX);
        let talks = talks(programme, rooms);
        Self {
            items: items(&talks),
            talks,
            rooms: count,
            invited: invited(programme, rooms),
            floor: Conference::new(count, rule),
            people: BTreeMap::new(),
            decks: Decks::default(),
            audience: Audience::default(),
            choice: Choice::default(),
            before: VecDeque::new(),
            orders: VecDeque::new(),
        }
    }

    /// Whether another programme may take the place of this one.
    ///
    /// # Errors
    /// The evening has begun.
    pub fn may_replan(&self) -> Result<(), No> {
        if self.item() == Item::Lobby {
            Ok(())
        } else {
            Err(No::Begun)
        }
    }

    /// Another programme, among the same rooms. Who is there, who asks and how many people are counted stays; what
    /// the chair did in the old one's lobby cannot be taken back any more.
    ///
    /// # Errors
    /// The evening has begun.
    pub fn replan(&mut self, programme: &Programme, rooms: &[String]) -> Result<(), No> {
        self.may_replan()?;
        self.talks = talks(programme, rooms);
        self.items = items(&self.talks);
        self.invited = invited(programme, rooms);
        // Whoever knows the decks tells of those of the new one.
        self.decks = Decks::default();
        self.choice = Choice {
            message: self.choice.message,
            scene: self.choice.scene,
            ..Choice::default()
        };
        self.before.clear();
        self.orders.push_back(Order::EveningChanged);
        Ok(())
    }
}

fn room_of(name: &String, rooms: &[String]) -> Option<RoomId> {
    let place = rooms.iter().position(|room| room == name)?;
    u16::try_from(place).ok().map(RoomId)
}

fn invited(programme: &Programme, rooms: &[String]) -> Vec<RoomId> {
    let named = programme.rooms.iter();
    named.filter_map(|name| room_of(name, rooms)).collect()
}

fn talks(programme: &Programme, rooms: &[String]) -> Vec<Talk> {
    let talk = |speaker: &crate::Speaker| Talk {
        // A programme that fits the bridge names known rooms only.
        from: room_of(&speaker.room, rooms).unwrap_or_default(),
        minutes: speaker.minutes,
        question_minutes: speaker.questions,
    };
    programme.speakers.iter().map(talk).collect()
}

fn items(talks: &[Talk]) -> Vec<Item> {
    let mut items = vec![Item::Lobby, Item::Welcome];
    if !talks.is_empty() {
        items.push(Item::Speakers);
    }
    for (id, talk) in (0..).map(SpeakerId).zip(talks) {
        items.push(Item::Talk(id));
        if talk.question_minutes > 0 {
            items.push(Item::Questions(id));
        }
    }
    items.extend([Item::Closing, Item::FollowUp]);
    items
}
