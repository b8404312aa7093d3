//! The evening as it goes over the wire. Pure.

use std::time::{Duration, Instant};

use conference::audience::{Audience, Poll, Written, WrittenState};
use conference::wire::{
    AnswerView, AskerView, AudienceView, EveningView, HandsView, ItemKind, ItemView, NextView,
    PollView, ProgrammeView, SceneView, SpeakerView, WrittenStateView, WrittenView,
};
use conference::{Evening, Item, Messages, Next, Programme, RoomId, Scene, SpeakerId};

/// Written questions that have a place in a message. With the longest texts they fill less than half of one.
const MOST_SHOWN: usize = 20;
/// Written questions among those who ask, likewise; hands are no more than rooms, and each must know its place.
const MOST_ASKING_IN_WRITING: usize = 20;

/// What the evening is to be.
pub fn programme_view(programme: &Programme, items: &[Item]) -> ProgrammeView {
    let speakers = programme.speakers.iter().map(|speaker| SpeakerView {
        name: speaker.name.clone(),
        trade: speaker.trade.clone(),
        town: speaker.town.clone(),
        room: speaker.room.clone(),
        deck: None,
        photo: None,
    });
    ProgrammeView {
        title: programme.title.clone(),
        starts: programme.starts.map(|starts| starts.to_string()),
        speakers: speakers.collect(),
        items: items.iter().copied().map(item_view).collect(),
        edition: 0,
    }
}

/// Where the evening is. `clock` is one moment by both clocks, `name` gives rooms their names.
pub fn evening_view(
    evening: &Evening,
    clock: (Instant, u64),
    name: impl Fn(RoomId) -> Option<String>,
    messages: &Messages,
) -> EveningView {
    let on_the_wall = |at| unix_ms(clock, at);
    EveningView {
        at: evening.at(),
        scene: scene_view(evening.scene(), &name),
        chosen: evening.chosen_scene().is_some(),
        message: evening
            .message()
            .and_then(|id| messages.text(id))
            .map(str::to_owned),
        page: evening.page(),
        since_ms: evening.since().map(on_the_wall),
        ends_ms: evening.ends().map(on_the_wall),
        warning: evening.warning(),
        offered: evening.offered().and_then(&name),
        askers: askers_view(evening, &name),
        next: next_view(evening, &name),
        can_undo: evening.can_undo(),
    }
}

/// The moment of a time on the wall; never before the machine's clock began.
pub fn moment((instant, unix_ms): (Instant, u64), at_ms: u64) -> Instant {
    let moved = match at_ms.checked_sub(unix_ms) {
        Some(later) => instant.checked_add(Duration::from_millis(later)),
        None => instant.checked_sub(Duration::from_millis(unix_ms - at_ms)),
    };
    moved.unwrap_or(instant)
}

/// Milliseconds since 1970 of a moment; `clock` is one moment by both clocks.
pub fn unix_ms((instant, unix_ms): (Instant, u64), at: Instant) -> u64 {
    let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    match at.checked_duration_since(instant) {
        Some(later) => unix_ms.saturating_add(ms(later)),
        None => unix_ms.saturating_sub(ms(instant.duration_since(at))),
    }
}

/// An item as it goes over the wire.
pub fn item_view(item: Item) -> ItemView {
    let (kind, speaker) = match item {
        Item::Lobby => (ItemKind::Lobby, None),
        Item::Welcome => (ItemKind::Welcome, None),
        Item::Speakers => (ItemKind::Speakers, None),
        Item::Talk(speaker) => (ItemKind::Talk, Some(speaker)),
        Item::Questions(speaker) => (ItemKind::Questions, Some(speaker)),
        Item::Closing => (ItemKind::Closing, None),
        Item::FollowUp => (ItemKind::FollowUp, None),
    };
    ItemView {
        kind,
        speaker: speaker.map(|SpeakerId(n)| usize::from(n)),
    }
}

/// A scene as it goes over the wire.
pub fn scene_view(scene: Scene, name: impl Fn(RoomId) -> Option<String>) -> SceneView {
    match scene {
        Scene::Standby => SceneView::Standby,
        Scene::Welcome(room) => SceneView::Welcome {
            room: room.and_then(name),
        },
        Scene::Speakers => SceneView::Speakers,
        Scene::Speaker => SceneView::Speaker,
        Scene::Slides => SceneView::Slides,
        Scene::Question => SceneView::Question,
        Scene::Mosaic => SceneView::Mosaic,
        Scene::FollowUp => SceneView::FollowUp,
        Scene::Poll => SceneView::Poll,
        Scene::Written => SceneView::Written,
    }
}

/// The scene that came over the wire; nothing if it names an unknown room.
pub fn scene_of(scene: &SceneView, id: impl Fn(&str) -> Option<RoomId>) -> Option<Scene> {
    Some(match scene {
        SceneView::Standby => Scene::Standby,
        SceneView::Welcome { room: None } => Scene::Welcome(None),
        SceneView::Welcome { room: Some(room) } => Scene::Welcome(Some(id(room)?)),
        SceneView::Speakers => Scene::Speakers,
        SceneView::Speaker => Scene::Speaker,
        SceneView::Slides => Scene::Slides,
        SceneView::Question => Scene::Question,
        SceneView::Mosaic => Scene::Mosaic,
        SceneView::FollowUp => Scene::FollowUp,
        SceneView::Poll => Scene::Poll,
        SceneView::Written => Scene::Written,
    })
}

/// Poll and written questions; `rooms` in their order, `name` gives them their names.
pub fn audience_view(
    audience: &Audience,
    page: Option<String>,
    rooms: Vec<RoomId>,
    name: impl Fn(RoomId) -> Option<String>,
) -> AudienceView {
    let asked = audience.asked().map(|asked| asked.id);
    let mut written: Vec<&Written> = audience.written().iter().collect();
    written.sort_by_key(|written| {
        let id = i64::from(written.id);
        match written.state {
            _ if Some(written.id) == asked => (0, id),
            WrittenState::Waiting | WrittenState::Accepted => (1, id),
            WrittenState::Refused | WrittenState::Asked => (2, -id),
        }
    });
    let left_out = written.get(MOST_SHOWN..).unwrap_or_default();
    let waits = |written: &&&Written| written.state == WrittenState::Waiting;
    AudienceView {
        page,
        poll: audience.poll().map(|poll| poll_view(poll, rooms, &name)),
        more: left_out.iter().filter(waits).count(),
        written: written
            .into_iter()
            .take(MOST_SHOWN)
            .map(|written| written_view(written, &name))
            .collect(),
        asked,
    }
}

fn poll_view(poll: &Poll, rooms: Vec<RoomId>, name: impl Fn(RoomId) -> Option<String>) -> PollView {
    let votes = poll.votes();
    let hands = rooms.into_iter().filter_map(|room| {
        Some(HandsView {
            room: name(room)?,
            counts: poll.hands(room)?.to_vec(),
        })
    });
    PollView {
        number: poll.number,
        question: poll.question.clone(),
        total: votes
            .iter()
            .fold(0, |all, votes| all.saturating_add(*votes)),
        answers: poll
            .answers
            .iter()
            .zip(votes)
            .map(|(text, votes)| AnswerView {
                text: text.clone(),
                votes,
            })
            .collect(),
        open: poll.open,
        hands: hands.collect(),
    }
}

fn written_view(written: &Written, name: impl Fn(RoomId) -> Option<String>) -> WrittenView {
    WrittenView {
        id: written.id,
        room: name(written.room).unwrap_or_default(),
        name: written.name.clone(),
        text: written.text.clone(),
        state: match written.state {
            WrittenState::Waiting => WrittenStateView::Waiting,
            WrittenState::Accepted => WrittenStateView::Accepted,
            WrittenState::Refused => WrittenStateView::Refused,
            WrittenState::Asked => WrittenStateView::Asked,
        },
    }
}

fn askers_view(evening: &Evening, name: impl Fn(RoomId) -> Option<String>) -> Vec<AskerView> {
    let mut written = 0;
    let askers = evening.askers().into_iter().filter(|asker| {
        written += usize::from(asker.written.is_some());
        asker.written.is_none() || written <= MOST_ASKING_IN_WRITING
    });
    let shown = askers.filter_map(|asker| {
        Some(AskerView {
            room: name(asker.room)?,
            written: asker.written,
        })
    });
    shown.collect()
}

fn next_view(evening: &Evening, name: impl Fn(RoomId) -> Option<String>) -> NextView {
    // The evening names only rooms that are there.
    let named = |room| name(room).unwrap_or_default();
    match evening.next() {
        Next::Item(item) => NextView::Item { item },
        Next::Greet(room) => NextView::Greet { room: named(room) },
        Next::Question(room) => NextView::Question { room: named(room) },
        Next::Written(id) => {
            let mut all = evening.audience().written().iter();
            let written = all.find(|written| written.id == id);
            NextView::Written {
                id,
                room: written
                    .and_then(|written| name(written.room))
                    .unwrap_or_default(),
            }
        }
        Next::EndQuestion => NextView::EndQuestion,
        Next::Offer(room) => NextView::Offer { room: named(room) },
        Next::End => NextView::End,
    }
}
