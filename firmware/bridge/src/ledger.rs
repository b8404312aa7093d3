//! The state that every client sees, as a snapshot and a run of numbered events. Pure.

use std::collections::VecDeque;

use conference::wire::{Event, FromBridge, Resume, State};

/// How many events a client may have missed and still catch up without a snapshot: at the usual
/// few events per turn, half an hour of an evening.
const KEPT_EVENTS: usize = 1024;

/// One run's history of [`State`].
#[derive(Debug)]
pub struct Ledger {
    session: String,
    state: State,
    seq: u64,
    /// Events `seq - recent.len() + 1 ..= seq`.
    recent: VecDeque<Event>,
}

impl Ledger {
    /// A history that starts with `state`; `session` names this run of the bridge.
    pub fn new(session: String, state: State) -> Self {
        Self {
            session,
            state,
            seq: 0,
            recent: VecDeque::new(),
        }
    }

    /// This run's name.
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Enters the state as it is now; returns the events that lead to it from the one before.
    /// The rooms are the same ones in the same order.
    pub fn enter(&mut self, now: &State) -> Vec<FromBridge> {
        let mut changes = Vec::new();
        if self.state.floor != now.floor {
            changes.push(Event::Floor {
                floor: now.floor.clone(),
            });
        }
        if self.state.evening != now.evening {
            changes.push(Event::Evening {
                evening: now.evening.clone(),
            });
        }
        if self.state.programme != now.programme {
            changes.push(Event::Programme {
                programme: now.programme.clone(),
            });
        }
        if self.state.bridge != now.bridge {
            changes.push(Event::Bridge {
                bridge: now.bridge.clone(),
            });
        }
        if self.state.audience != now.audience {
            changes.push(Event::Audience {
                audience: now.audience.clone(),
            });
        }
        if self.state.applause != now.applause {
            changes.push(Event::Applause {
                applause: now.applause,
            });
        }
        if self.state.upcoming != now.upcoming {
            changes.push(Event::Upcoming {
                upcoming: now.upcoming.clone(),
            });
        }
        if self.state.update != now.update {
            changes.push(Event::Update {
                update: now.update.clone(),
            });
        }
        for (before, room) in self.state.rooms.iter().zip(&now.rooms) {
            if before != room {
                changes.push(Event::Room { room: room.clone() });
            }
        }
        changes
            .into_iter()
            .map(|event| self.record(event))
            .collect()
    }

    /// What a client must hear first: the events it missed if they are still known, else all.
    pub fn catch_up(&self, resume: Option<&Resume>) -> Vec<FromBridge> {
        let first_kept = self.seq - self.recent.len() as u64;
        match resume {
            Some(Resume { session, seq })
                if *session == self.session && (first_kept..=self.seq).contains(seq) =>
            {
                (seq + 1..)
                    .zip(self.recent.iter().skip((seq - first_kept) as usize))
                    .map(|(seq, event)| FromBridge::Event {
                        seq,
                        event: event.clone(),
                    })
                    .collect()
            }
            Some(_) | None => vec![FromBridge::Snapshot {
                seq: self.seq,
                state: self.state.clone(),
            }],
        }
    }

    fn record(&mut self, event: Event) -> FromBridge {
        self.seq += 1;
        self.state.apply(event.clone());
        if self.recent.len() == KEPT_EVENTS {
            self.recent.pop_front();
        }
        self.recent.push_back(event.clone());
        FromBridge::Event {
            seq: self.seq,
            event,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use conference::wire::RoomView;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whoever_resumes_ends_with_the_same_state(
            turns in proptest::collection::vec((0usize..3, 0u32..5), 0..2000),
            left_at in 0usize..2000,
        ) {
            let mut ledger = Ledger::new("s".into(), state());
            let mut copy = state();
            let mut heard = 0;
            let mut now = state();
            for (step, (room, count)) in turns.into_iter().enumerate() {
                now.rooms[room].turns = count;
                let events = ledger.enter(&now);
                if step < left_at {
                    hear(&mut copy, &mut heard, events);
                }
            }
            let resume = Resume { session: "s".into(), seq: heard };
            hear(&mut copy, &mut heard, ledger.catch_up(Some(&resume)));
            prop_assert_eq!(&copy, &now);
            prop_assert_eq!(&ledger.state, &now);
        }
    }

    #[test]
    fn another_session_or_a_future_number_gets_a_snapshot() {
        let mut ledger = Ledger::new("s".into(), state());
        let mut now = state();
        now.rooms[1].turns = 1;
        ledger.enter(&now);
        for (session, seq) in [("other", 1), ("s", 2), ("s", u64::MAX)] {
            let resume = Resume {
                session: session.into(),
                seq,
            };
            let answer = ledger.catch_up(Some(&resume));
            assert!(matches!(answer[..], [FromBridge::Snapshot { seq: 1, .. }]));
        }
    }

    #[test]
    fn nothing_new_is_no_event() {
        let mut ledger = Ledger::new("s".into(), state());
        assert_eq!(ledger.enter(&state()), []);
        let resume = Resume {
            session: "s".into(),
            seq: 0,
        };
        assert_eq!(ledger.catch_up(Some(&resume)), []);
    }

    fn hear(copy: &mut State, heard: &mut u64, messages: Vec<FromBridge>) {
        for message in messages {
            match message.clone() {
                FromBridge::Event { seq, event } => {
                    assert_eq!(seq, *heard + 1);
                    *heard = seq;
                    copy.apply(event);
                }
                FromBridge::Snapshot { seq, state } => {
                    *heard = seq;
                    *copy = state;
                }
                FromBridge::Welcome { .. }
                | FromBridge::Levels { .. }
                | FromBridge::Check { .. }
                | FromBridge::Refused { .. }
                | FromBridge::Error { .. } => panic!("not of a ledger: {message:?}"),
            }
        }
    }

    fn state() -> State {
        let room = |name: &str| RoomView {
            name: name.into(),
            ..RoomView::default()
        };
        State {
            rooms: vec![room("Ploufragan"), room("Loudéac"), room("Brest")],
            ..State::default()
        }
    }
}
