//! What the box's buttons do. Pure.

use conference::wire::FromClient;

use super::{Link, Machine, Output};

impl Machine {
    pub(super) fn speak_pressed(&mut self) {
        if self.link != Link::Up {
            return;
        }
        let floor = &self.state.floor;
        let mine = floor.holder.as_ref() == Some(&self.name) || floor.queue.contains(&self.name);
        self.outputs.push_back(Output::Send(if mine {
            FromClient::ReleaseFloor {}
        } else {
            FromClient::RequestFloor {}
        }));
    }

    pub(super) fn mute_pressed(&mut self) {
        self.status.muted = !self.status.muted;
        self.outputs.push_back(Output::Mute(self.status.muted));
        self.report();
    }
}
