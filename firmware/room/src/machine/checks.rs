//! The ready check: what the bridge asks this box to look at, and what it answers. Pure.

use std::time::Instant;

use conference::wire::{CheckReport, FromClient};

use super::{Machine, Output};
use crate::check::{self, Looked};

impl Machine {
    pub(super) fn check_asked(&mut self, id: u32, now_ms: u64, now: Instant) {
        self.stir(now);
        // Both are far below 2^63.
        let ahead = self
            .time
            .map_or(0, |time| now_ms as i64 - time.unix_ms as i64);
        let looking = self.check.replace((id, ahead)).is_some();
        if !looking {
            self.encode_main(true);
            // Never into a talk.
            let chirp = self.sight().is_lobby() && check::can_chirp(&self.status);
            self.outputs.push_back(Output::Look { chirp });
        }
    }

    pub(super) fn looked(&mut self, looked: Looked) {
        self.sound_tried(looked.chirp);
        let Some((id, ahead)) = self.check.take() else {
            return;
        };
        self.encode_main(self.view_of_me().is_some_and(|me| me.main_wanted));
        let whole = |id: &str| self.status.decks.iter().any(|deck| deck == id);
        let report = CheckReport {
            id,
            camera: check::camera(&self.status.camera, looked.camera),
            sound: check::sound(&self.status, looked.chirp),
            decks: check::decks(&self.state.programme, whole),
            network: check::network(looked.network),
            clock: check::clock(ahead),
        };
        self.outputs
            .push_back(Output::Send(FromClient::Checked(report)));
    }
}
