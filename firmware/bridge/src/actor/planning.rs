//! The evening's programme and its log, as HTTP asks for them.

use std::time::{Duration, Instant};

use conference::wire::UpcomingView;
use conference::{No, Programme};
use jiff::tz::TimeZone;
use tokio::sync::oneshot;
use tracing::info;

use super::{Actor, Command, Desk};
use crate::decks::wanted;
use crate::photos;
use crate::ready::on_the_clocks;
use crate::store::{Entries, Kept, StoreError};
use crate::upcoming::{self, Dated, Onward};

/// A store that could not be written is tried again after so long.
const RETRY: Duration = Duration::from_secs(5);

/// The programme of an evening's start, and what happened since.
pub type Log = (Programme, Entries);

/// Why a wish about programmes is not followed.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The rules say no.
    #[error(transparent)]
    No(#[from] No),
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no bridge any more.
    #[error("the bridge is stopping")]
    Stopped,
}

type Reply<T> = oneshot::Sender<Result<T, PlanError>>;

/// What is wanted.
pub enum Wish {
    Programme(Reply<Programme>),
    Replan(Programme, Vec<Option<String>>, Reply<()>),
    Programmes(Reply<Vec<Kept>>),
    Kept(i64, Reply<Option<Programme>>),
    Log(Reply<Log>),
}

impl Desk {
    /// What the evening is to be.
    pub async fn programme(&self) -> Result<Programme, PlanError> {
        self.plan(Wish::Programme).await
    }

    /// Changes it, before the start. `were` are the names that its speakers had before, as far as they are known.
    pub async fn replan(
        &self,
        programme: Programme,
        were: Vec<Option<String>>,
    ) -> Result<(), PlanError> {
        self.plan(|reply| Wish::Replan(programme, were, reply))
            .await
    }

    /// The programmes that are kept, the last one first.
    pub async fn programmes(&self) -> Result<Vec<Kept>, PlanError> {
        self.plan(Wish::Programmes).await
    }

    /// One of them.
    pub async fn kept(&self, id: i64) -> Result<Option<Programme>, PlanError> {
        self.plan(|reply| Wish::Kept(id, reply)).await
    }

    /// All that happened this evening.
    pub async fn log(&self) -> Result<Log, PlanError> {
        self.plan(Wish::Log).await
    }

    async fn plan<T>(&self, wish: impl FnOnce(Reply<T>) -> Wish) -> Result<T, PlanError> {
        let answer = self.ask(|reply| Command::Planning(wish(reply))).await;
        answer.unwrap_or(Err(PlanError::Stopped))
    }
}

impl Actor {
    pub(super) async fn plan(&mut self, wish: Wish, now: Instant) {
        // Whoever asked may have gone.
        match wish {
            Wish::Programme(reply) => drop(reply.send(Ok(self.stage.programme().clone()))),
            Wish::Replan(programme, were, reply) => {
                drop(reply.send(self.replan(programme, were, now).await));
            }
            Wish::Programmes(reply) => {
                drop(reply.send(self.store.programmes().map_err(PlanError::from)));
            }
            Wish::Kept(id, reply) => {
                drop(reply.send(self.store.programme(id).map_err(PlanError::from)));
            }
            Wish::Log(reply) => drop(reply.send(self.store.evening().map_err(PlanError::from))),
        }
    }

    /// The rooms are checked half an hour before the programme's start, which is on the clock of this machine.
    pub(super) fn plan_check(&mut self, now: Instant) {
        let starts = self.stage.programme().starts.map(|at| at.to_string());
        let at_ms = starts.and_then(|at| on_the_clocks(&at, &TimeZone::system()));
        self.stage.starts_at_ms(at_ms, now);
    }

    /// Follows the clock from one evening to the next: what is told of it, and the programme that counts.
    pub(super) async fn look_ahead(&mut self, now: Instant) {
        let now_ms = self.stage.unix_ms(now);
        let counts = dated(self.stage.programme());
        let kept = self.agenda.iter().map(|(dated, _)| dated.clone());
        let kept: Vec<Dated> = kept.collect();
        let next = upcoming::next(counts.as_ref(), &kept, now_ms);
        let onward = upcoming::onward(self.stage.standing(), counts.as_ref(), next, now_ms);
        self.stage.set_upcoming(next.map(|next| next.view.clone()));
        if self.onward_at.is_some_and(|at| now < at) {
            return;
        }
        let programme = match onward {
            None => return,
            Some(Onward::Again) => self.stage.programme().clone(),
            Some(Onward::Next) => {
                let mut agenda = self.agenda.iter();
                let found = agenda.find(|(dated, _)| Some(dated) == next);
                let Some((_, programme)) = found else { return };
                programme.clone()
            }
        };
        // What is not written yet belongs to the one before.
        self.write_down();
        let begun = self
            .begin(programme, onward == Some(Onward::Next), now)
            .await;
        self.onward_at = begun.is_err().then_some(now + RETRY);
        self.note_written(begun);
    }

    /// Another evening begins, in its lobby; of a programme that counts from now on.
    async fn begin(
        &mut self,
        programme: Programme,
        counts: bool,
        now: Instant,
    ) -> Result<(), StoreError> {
        let now_ms = self.stage.unix_ms(now);
        if counts {
            self.store.keep_programme(&programme, now_ms)?;
        }
        self.store.begin(&programme, now_ms)?;
        info!("another evening stands before its start");
        self.stage.begin(programme, now);
        self.plan_check(now);
        self.read_agenda();
        let views = self.decks.plan(wanted(self.stage.programme()), Vec::new());
        self.stage.decks(views.await, now);
        Ok(())
    }

    /// The programmes of the store that have a day and that this bridge can hold.
    pub(super) fn read_agenda(&mut self) {
        let rooms = self.stage.room_names();
        // A store that cannot be read has told so already; what was known of it still holds.
        let Ok(kept) = self.store.programmes() else {
            return;
        };
        let kept: Vec<Programme> = kept.into_iter().map(|kept| kept.programme).collect();
        let counts = kept.iter().enumerate().filter(|(nth, programme)| {
            programme.fits(rooms).is_ok() && !upcoming::is_moved(programme, &kept[..*nth])
        });
        let agenda =
            counts.filter_map(|(_, programme)| Some((dated(programme)?, programme.clone())));
        self.agenda = agenda.collect();
    }

    /// Kept first: a programme that everybody sees outlives the bridge.
    async fn replan(
        &mut self,
        programme: Programme,
        were: Vec<Option<String>>,
        now: Instant,
    ) -> Result<(), PlanError> {
        self.stage.may_replan()?;
        self.store
            .keep_programme(&programme, self.stage.unix_ms(now))?;
        self.stage.replan(programme, now)?;
        self.plan_check(now);
        self.read_agenda();
        let wanted = wanted(self.stage.programme());
        let renamed = wanted.iter().zip(were);
        let renamed = renamed.filter_map(|(wanted, was)| Some((was?, wanted.speaker.clone())));
        let renamed = renamed.filter(|(was, is)| was != is).collect();
        let views = self.decks.plan(wanted, renamed).await;
        self.stage.decks(views, now);
        let wanted = photos::wanted(self.stage.programme());
        self.stage.photos(self.photos.plan(wanted).await);
        info!("the programme was changed");
        Ok(())
    }
}

/// When a programme starts, on the clock of this machine; nothing without a day.
fn dated(programme: &Programme) -> Option<Dated> {
    let starts = programme.starts?.to_string();
    Some(Dated {
        at_ms: on_the_clocks(&starts, &TimeZone::system())?,
        view: UpcomingView {
            title: programme.title.clone(),
            starts,
        },
    })
}
