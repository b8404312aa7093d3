//! A box whose right to join was taken.

use std::time::Instant;

use conference::RoomId;
use conference::wire::{ErrorCode, FromBridge};
use tokio::sync::oneshot;

use super::{Actor, ClientId, Command, Desk, text_of};
use crate::stage::Seat;

/// What the actor is asked.
pub(super) struct Wish {
    room: String,
    reply: oneshot::Sender<()>,
}

impl Desk {
    /// Ends whatever the box of a room has with the bridge: its right to join was taken.
    pub async fn evict(&self, room: String) {
        let _ = self.ask(|reply| Command::Evict(Wish { room, reply })).await;
    }
}

impl Actor {
    /// Who may join no more is gone at once, and what it sends and sees with it.
    pub(super) async fn evict(&mut self, Wish { room: name, reply }: Wish, now: Instant) {
        let named = |room: &RoomId| self.stage.name_of(*room).as_deref() == Some(&*name);
        let Some(room) = self.stage.rooms().into_iter().find(named) else {
            return;
        };
        let seat = Seat::Room(room);
        let of_seat: Vec<ClientId> = (self.clients.iter())
            .filter(|(_, client)| client.seat == seat)
            .map(|(id, _)| *id)
            .collect();
        let told = text_of(&FromBridge::Error {
            code: ErrorCode::Token,
            detail: "the chair has taken this box's right to join".into(),
        });
        for id in of_seat {
            self.tell(id, &told, now);
            self.remove(id, now);
        }
        for session in self.sessions.remove_of_room(room) {
            self.end(&session).await;
        }
        // Whoever asked may have gone.
        let _ = reply.send(());
    }
}
