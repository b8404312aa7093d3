//! A look at the camera's own pictures: whether there is light in them, and whether they live.

use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;
use gstreamer_video::prelude::*;

/// One pixel of so many counts for light and contrast.
const SPARSE: usize = 61;

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Glance {
    /// Mean luma of the first picture, 16 (black) to 235.
    pub mean: f32,
    /// How far its pixels are from that, on the whole (standard deviation).
    pub spread: f32,
    /// Whether one pixel at least was another one in a later picture.
    pub changed: bool,
}

/// Closed but while somebody looks: then nothing is copied or compared.
pub type Shared = Arc<Mutex<Option<Eye>>>;

/// What has been seen so far.
#[derive(Debug, Default)]
pub struct Eye {
    first: Vec<u8>,
    glance: Option<Glance>,
}

impl Eye {
    /// Takes in the rows of a picture's luma.
    fn see<'a>(&mut self, rows: impl Iterator<Item = &'a [u8]>) {
        let Some(glance) = &mut self.glance else {
            self.first = rows.flatten().copied().collect();
            self.glance = Some(light(&self.first));
            return;
        };
        if !glance.changed {
            glance.changed = !rows.flatten().eq(&self.first);
        }
    }
}

fn light(luma: &[u8]) -> Glance {
    let pixels = || luma.iter().step_by(SPARSE).map(|pixel| f32::from(*pixel));
    let count = pixels().count().max(1) as f32;
    let mean = pixels().sum::<f32>() / count;
    let variance = pixels().map(|pixel| (pixel - mean).powi(2)).sum::<f32>() / count;
    Glance {
        mean,
        spread: variance.sqrt(),
        changed: false,
    }
}

/// Begins to look.
pub fn open(eye: &Shared) {
    *eye.lock().unwrap_or_else(PoisonError::into_inner) = Some(Eye::default());
}

/// Ends it, and says what was seen.
pub fn close(eye: &Shared) -> Option<Glance> {
    let seen = eye.lock().unwrap_or_else(PoisonError::into_inner).take();
    seen.and_then(|eye| eye.glance)
}

/// Lets the eye see what passes here, before anything is drawn into it.
pub fn watch(pad: &gst::Pad, info: gst_video::VideoInfo, eye: Shared) {
    pad.add_probe(gst::PadProbeType::BUFFER, move |_, probe| {
        let mut eye = eye.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(eye) = eye.as_mut()
            && let Some(buffer) = probe.buffer()
            && let Ok(frame) = gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &info)
            && let Ok(luma) = frame.plane_data(0)
        {
            let stride = usize::try_from(frame.plane_stride()[0]).unwrap_or(0);
            let width = usize::try_from(info.width()).unwrap_or(0);
            let rows = luma.chunks_exact(stride.max(1));
            eye.see(rows.map(|row| &row[..width.min(row.len())]));
        }
        gst::PadProbeReturn::Ok
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pictures: &[&[u8]]) -> Option<Glance> {
        let mut eye = Eye::default();
        for picture in pictures {
            eye.see(picture.chunks(640));
        }
        eye.glance
    }

    #[test]
    fn one_pixel_that_changes_is_life() {
        let black = vec![16; 640 * 360];
        let mut other = black.clone();
        *other.last_mut().unwrap() = 17;
        let (still, alive) = (
            seen(&[&black, &black]),
            seen(&[&black, &black, &other, &black]),
        );
        assert_eq!(still.map(|glance| glance.changed), Some(false));
        assert_eq!(alive.map(|glance| glance.changed), Some(true));
        assert_eq!(seen(&[]), None);
    }

    #[test]
    fn black_has_neither_light_nor_contrast_and_a_dark_room_with_a_lamp_has_contrast() {
        let black = seen(&[&[16; 640 * 360]]).unwrap();
        assert_eq!((black.mean, black.spread), (16.0, 0.0));
        let mut lamp = vec![17; 640 * 360];
        lamp[..640 * 12].fill(230);
        let lamp = seen(&[&lamp]).unwrap();
        assert!(lamp.mean < 30.0 && lamp.spread > 20.0, "{lamp:?}");
    }
}
