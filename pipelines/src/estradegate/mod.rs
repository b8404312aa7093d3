//! The GStreamer element `estradegate`: a [`gate::Gate`] in a pipeline. Takes 1 to 8 channels of F32 at
//! 48 kHz, gives one.
//!
//! As many samples come out as went in, each with its own time stamp, [`gate::LATENCY`] samples later: the
//! element says so in the latency query, leaves out what a gate gives before its first sample, and sends
//! the rest on when a stream ends or is torn.

mod imp;
mod properties;

use gstreamer as gst;
use gstreamer::glib;
use gstreamer::prelude::*;
use gstreamer::subclass::prelude::ObjectSubclassIsExt;

use crate::far_end::FarEnd;

/// The element's name.
const NAME: &str = "estradegate";

glib::wrapper! {
    /// The noise gate as an element; `gst-inspect-1.0 estradegate` lists its properties.
    pub struct EstradeGate(ObjectSubclass<imp::EstradeGate>)
        @extends gstreamer_base::BaseTransform, gst::Element, gst::Object;
}

impl EstradeGate {
    /// Takes the oldest event that the gate has to tell.
    pub fn next_event(&self) -> Option<gate::Event> {
        self.imp().next_event()
    }

    /// What the loudspeaker plays, by the clock of the microphones' time stamps: its echo is taken out of them,
    /// which makes the element [`gate::echo::ECHO_LATENCY`] slower. A gate that runs starts anew.
    pub fn set_far_end(&self, far_end: FarEnd) {
        self.imp().set_far_end(far_end);
    }
}

/// Makes the element known in this process, as one of a plug-in's or as the program's own. May be called
/// again. The program's own takes the place of a plug-in's that is installed here, whose type is another.
///
/// # Errors
/// GStreamer refuses the element.
pub fn register(plugin: Option<&gst::Plugin>) -> Result<(), glib::BoolError> {
    let known = gst::ElementFactory::find(NAME);
    if plugin.is_none() && known.is_some_and(|known| known.plugin().is_none()) {
        return Ok(());
    }
    gst::Element::register(plugin, NAME, gst::Rank::NONE, EstradeGate::static_type())
}
