//! What people say by phone, as HTTP passes it on.

use std::time::Instant;

use conference::RoomId;
use conference::audience::{AudienceNo, PhoneId};
use tokio::sync::oneshot;

use super::{Actor, Command, Desk};

/// Why a phone is not followed.
#[derive(Debug, thiserror::Error)]
pub enum PhoneError {
    /// The rules say no.
    #[error(transparent)]
    No(#[from] AudienceNo),
    /// There is no bridge any more.
    #[error("the bridge is stopping")]
    Stopped,
}

/// Whoever waits for the answer.
pub(super) type Reply = oneshot::Sender<Result<(), AudienceNo>>;

/// What a phone says.
pub(super) enum Said {
    Vote(u32, PhoneId, u8, Reply),
    Question(PhoneId, RoomId, String, String, Reply),
    Clap,
}

impl Desk {
    /// A vote; done when it is counted and written down.
    pub async fn vote(&self, poll: u32, phone: PhoneId, answer: u8) -> Result<(), PhoneError> {
        self.phone(|reply| Said::Vote(poll, phone, answer, reply))
            .await
    }

    /// A written question; done when it is written down.
    pub async fn write(
        &self,
        phone: PhoneId,
        room: RoomId,
        name: String,
        text: String,
    ) -> Result<(), PhoneError> {
        self.phone(|reply| Said::Question(phone, room, name, text, reply))
            .await
    }

    /// One clap, if there is time for it.
    pub fn clap(&self) {
        let _ = self.commands.try_send(Command::Phone(Said::Clap));
    }

    async fn phone(&self, said: impl FnOnce(Reply) -> Said) -> Result<(), PhoneError> {
        let answer = self.ask(|reply| Command::Phone(said(reply))).await;
        Ok(answer.ok_or(PhoneError::Stopped)??)
    }
}

impl Actor {
    pub(super) fn hear_phone(&mut self, said: Said, now: Instant) {
        // Whoever asked may have gone: an answer that nobody takes is no error.
        match said {
            Said::Vote(poll, phone, answer, reply) => {
                match self.stage.ballot(poll, phone, answer) {
                    Ok(()) => self.voters.push(reply),
                    Err(no) => {
                        let _ = reply.send(Err(no));
                    }
                }
            }
            Said::Question(phone, room, name, text, reply) => {
                let written = self.stage.written(phone, room, name, text, now);
                self.write_down();
                let _ = reply.send(written);
            }
            Said::Clap => self.stage.clap(now),
        }
    }

    /// Counts the votes since the last look: one step for the store, however many phones vote at once.
    pub(super) fn count_ballots(&mut self, now: Instant) {
        self.stage.count_ballots(now);
        self.stage.look(now);
        self.write_down();
        for voter in self.voters.drain(..) {
            let _ = voter.send(Ok(()));
        }
    }

    /// Lets phones see what has changed for them.
    pub(super) fn show_phones(&self) {
        let seen = self.stage.phones_view();
        self.phones.send_if_modified(|before| {
            let changed = *before != seen;
            *before = seen;
            changed
        });
    }
}
