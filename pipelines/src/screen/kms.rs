//! A second television without a desktop: one still picture after another, by the kernel's mode setting.
//!
//! The first television is `kmssink`'s. Two of them in one box would take the same overlay plane where all planes serve
//! all outputs, as on a Raspberry Pi, and would read each other's page-flip events from the one file that may set modes.
//! So the second television gets an output of the card for itself, and its pictures by `set_crtc`: no plane, no event.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use drm::buffer::{Buffer as _, DrmFourcc};
use drm::control::{
    Device as _, Mode, ResourceHandles, connector, crtc, dumbbuffer::DumbBuffer, framebuffer,
};
use drm::{Device as _, VblankWaitFlags, VblankWaitTarget};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use crate::devices::Television;
use crate::launch;

/// Linux's number for what a driver does not do.
const EOPNOTSUPP: i32 = 95;

/// The graphics cards that this process has open, and the television of the first screen.
#[derive(Debug, Default)]
pub(super) struct Cards(Mutex<Shared>);

#[derive(Debug, Default)]
struct Shared {
    open: Vec<Arc<Card>>,
    first: Option<Television>,
}

/// An open graphics card. The kernel lets one file of it set modes, so both screens share it.
#[derive(Debug)]
struct Card {
    path: PathBuf,
    file: File,
}

impl AsFd for Card {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl drm::Device for Card {}
impl drm::control::Device for Card {}

impl Cards {
    /// The television of the first screen, as far as it is known.
    pub(super) fn first(&self) -> Option<Television> {
        self.lock().first.clone()
    }

    /// Has a `kmssink` show on this television, by the shared file; where the card has no such connector any more, the sink looks
    /// for one itself.
    ///
    /// The card must open: it does a moment after the kernel has it, once udev has given it to its users. Left alone with one that
    /// does not, `kmssink` asks for each driver it knows, which takes many seconds.
    pub(super) fn give_first(
        &self,
        sink: &gst::Element,
        television: &Television,
    ) -> Result<(), String> {
        let card = self.open(&television.card)?;
        match card.connector(&television.connector) {
            Ok((_, connector)) => {
                sink.set_property("fd", card.file.as_raw_fd());
                // It is a small number (drm_mode_object.id).
                let id = i32::try_from(u32::from(connector.handle())).unwrap_or(-1);
                sink.set_property("connector-id", id);
                if !card.tells_blanks() && sink.find_property("skip-vsync").is_some() {
                    sink.set_property("skip-vsync", true);
                }
                self.lock().first = Some(television.clone());
            }
            Err(reason) => tracing::warn!(reason, "kmssink looks for a card by itself"),
        }
        Ok(())
    }

    /// Has what comes to the description's `screen` shown on a second television.
    pub(super) fn show(
        &self,
        pipeline: &gst::Pipeline,
        television: &Television,
        first: Option<&Television>,
    ) -> Result<(), String> {
        let card = self.open(&television.card)?;
        let mut output = Output::take(card, &television.connector, first)?;
        let (width, height) = output.mode.size();
        let caps = gst_video::VideoCapsBuilder::new()
            .format(gst_video::VideoFormat::Bgrx)
            .width(width.into())
            .height(height.into())
            .pixel_aspect_ratio(gst::Fraction::new(1, 1))
            .build();
        launch::named(pipeline, "mode")?.set_property("caps", &caps);
        let screen: gst_app::AppSink = launch::typed(pipeline, "screen")?;
        let callbacks = gst_app::AppSinkCallbacks::builder()
            .new_sample(move |sink| {
                let sample = sink.pull_sample().map_err(|_| gst::FlowError::Eos)?;
                output.show(&sample).map_err(|reason| {
                    gst::element_error!(sink, gst::ResourceError::Write, ("{reason}"));
                    gst::FlowError::Error
                })?;
                Ok(gst::FlowSuccess::Ok)
            })
            .build();
        screen.set_callbacks(callbacks);
        Ok(())
    }

    fn open(&self, path: &Path) -> Result<Arc<Card>, String> {
        let mut shared = self.lock();
        if let Some(card) = shared.open.iter().find(|card| card.path == path) {
            return Ok(card.clone());
        }
        let file = File::options().read(true).write(true).open(path);
        let card = Arc::new(Card {
            path: path.to_owned(),
            file: file.map_err(|error| format!("cannot open {}: {error}", path.display()))?,
        });
        shared.open.push(card.clone());
        Ok(card)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Card {
    /// What the card has, and its connector of this name.
    fn connector(&self, name: &str) -> Result<(ResourceHandles, connector::Info), String> {
        let all = self.resource_handles().map_err(|error| self.says(&error))?;
        let mut infos = all.connectors().iter().filter_map(|handle| {
            // Probed: a television that has just been plugged in has no modes before.
            self.get_connector(*handle, true).ok()
        });
        let found = infos
            .find(|info| format!("{}-{}", info.interface().as_str(), info.interface_id()) == name);
        drop(infos);
        let found = found.ok_or_else(|| format!("{} has no {name}", self.path.display()))?;
        Ok((all, found))
    }

    /// The outputs that can drive a connector, first the one that does, or that `kmssink` would take.
    fn outputs(&self, all: &ResourceHandles, connector: &connector::Info) -> Vec<crtc::Handle> {
        let encoder = |handle| self.get_encoder(handle).ok();
        let now = connector.current_encoder().and_then(encoder);
        let now = now.and_then(|encoder| encoder.crtc());
        let encoders = connector.encoders().iter().copied().filter_map(encoder);
        let possible = encoders.flat_map(|encoder| all.filter_crtcs(encoder.possible_crtcs()));
        now.into_iter().chain(possible).collect()
    }

    /// Whether `kmssink` can wait for the television: a virtual machine's card tells no vertical blanks.
    fn tells_blanks(&self) -> bool {
        let now = VblankWaitTarget::Relative(0);
        let waited = self.wait_vblank(now, VblankWaitFlags::empty(), 0, 0);
        !waited.is_err_and(|error| error.raw_os_error() == Some(EOPNOTSUPP))
    }

    fn says(&self, error: &io::Error) -> String {
        format!("{}: {error}", self.path.display())
    }
}

/// An output of a card that shows pictures on one television; dark when dropped.
struct Output {
    card: Arc<Card>,
    crtc: crtc::Handle,
    connector: connector::Handle,
    mode: Mode,
    /// One is shown while the other is drawn.
    pictures: Vec<(DumbBuffer, framebuffer::Handle)>,
}

impl Output {
    fn take(card: Arc<Card>, name: &str, first: Option<&Television>) -> Result<Self, String> {
        let (all, connector) = card.connector(name)?;
        // What the first screen has, or will have: even a moment of the deck there would disturb.
        let taken = first
            .filter(|first| first.card == card.path)
            .and_then(|first| card.connector(&first.connector).ok())
            .and_then(|(all, connector)| card.outputs(&all, &connector).first().copied());
        let outputs = card.outputs(&all, &connector);
        let free = outputs.into_iter().find(|output| Some(*output) != taken);
        let crtc = free.ok_or_else(|| {
            let card = card.path.display();
            format!("{card} cannot show another picture on {name}")
        })?;
        let mode = mode(connector.modes()).ok_or_else(|| format!("{name} tells no mode"))?;
        let mut output = Self {
            crtc,
            connector: connector.handle(),
            mode,
            pictures: Vec::new(),
            card,
        };
        for _ in 0..2 {
            let picture = output.make_picture();
            let picture = picture.map_err(|error| output.card.says(&error))?;
            output.pictures.push(picture);
        }
        Ok(output)
    }

    fn make_picture(&self) -> io::Result<(DumbBuffer, framebuffer::Handle)> {
        let (width, height) = self.mode.size();
        let size = (width.into(), height.into());
        let buffer = self
            .card
            .create_dumb_buffer(size, DrmFourcc::Xrgb8888, 32)?;
        let frame = self.card.add_framebuffer(&buffer, 24, 32)?;
        Ok((buffer, frame))
    }

    /// Returns when the picture is on its way to the television.
    fn show(&mut self, sample: &gst::Sample) -> Result<(), String> {
        let drawn = self.draw(sample).ok_or("a picture of another kind")?;
        let shown = drawn.and_then(|frame| {
            let to = &[self.connector];
            self.card
                .set_crtc(self.crtc, Some(frame), (0, 0), to, Some(self.mode))
        });
        self.pictures.reverse();
        shown.map_err(|error| self.card.says(&error))
    }

    /// Copies a picture into the buffer that is not shown.
    fn draw(&mut self, sample: &gst::Sample) -> Option<io::Result<framebuffer::Handle>> {
        let info = gst_video::VideoInfo::from_caps(sample.caps()?).ok()?;
        let picture =
            gst_video::VideoFrameRef::from_buffer_ref_readable(sample.buffer()?, &info).ok()?;
        let (buffer, frame) = self.pictures.first_mut()?;
        let (pitch, stride) = (
            buffer.pitch() as usize,
            usize::try_from(info.stride()[0]).ok()?,
        );
        let mut onto = match self.card.map_dumb_buffer(buffer) {
            Ok(onto) => onto,
            Err(error) => return Some(Err(error)),
        };
        let rows = picture.plane_data(0).ok()?.chunks(stride);
        for (to, from) in onto.chunks_mut(pitch).zip(rows) {
            let wide = to.len().min(from.len());
            to[..wide].copy_from_slice(&from[..wide]);
        }
        Some(Ok(*frame))
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        // Whatever fails here, the kernel puts in order when the file is closed.
        let _ = self.card.set_crtc(self.crtc, None, (0, 0), &[], None);
        for (buffer, frame) in self.pictures.drain(..) {
            let _ = self.card.destroy_framebuffer(frame);
            let _ = self.card.destroy_dumb_buffer(buffer);
        }
    }
}

/// The mode for pages: full HD where there is one, since their pictures are, else what the television prefers.
fn mode(modes: &[Mode]) -> Option<Mode> {
    let full_hd = modes.iter().find(|mode| mode.size() == (1920, 1080));
    full_hd.or(modes.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_that_does_not_open_is_said_and_not_searched_for() {
        gst::init().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let television = Television {
            card: folder.path().join("card0"),
            connector: "HDMI-A-1".into(),
        };
        let sink = gst::ElementFactory::make("fakesink").build().unwrap();
        let cards = Cards::default();
        let said = cards.give_first(&sink, &television).unwrap_err();
        assert!(said.starts_with("cannot open "), "{said}");
        assert_eq!(cards.first(), None);
    }
}
