//! Where a camera's pictures come from.

use std::path::{Path, PathBuf};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::CameraConfig;
use crate::devices::{CameraSource, Machine};
use crate::fed::{self, Pace};
use crate::i420::Planes;
use crate::looped::Looped;
use crate::town::Town;
use crate::{launch, monotonic_ns};

/// A source that was decided on, and why.
pub(super) struct Resolved {
    kind: Kind,
    pub(super) chosen: String,
}

enum Kind {
    V4l2(PathBuf),
    Libcamera,
    File(PathBuf),
    Test,
}

/// Decides what `auto` is at this moment.
pub(super) fn resolve(wanted: &CameraSource) -> Result<Resolved, String> {
    let (source, chosen) = Machine::here().camera(wanted)?;
    let kind = match source {
        CameraSource::V4l2(path) => Kind::V4l2(path),
        CameraSource::Libcamera => Kind::Libcamera,
        CameraSource::File(path) => Kind::File(path),
        CameraSource::Test => Kind::Test,
        CameraSource::Auto | CameraSource::None => return Err(chosen),
    };
    Ok(Resolved { kind, chosen })
}

impl Resolved {
    pub(super) const fn description(&self) -> &'static str {
        match self.kind {
            Kind::V4l2(_) => launch::CAMERA_V4L2,
            Kind::Libcamera => launch::CAMERA_LIBCAMERA,
            Kind::File(_) | Kind::Test => launch::CAMERA_FED,
        }
    }

    /// Sets what the source element needs, or feeds it.
    pub(super) fn open(
        &self,
        pipeline: &gst::Pipeline,
        config: &CameraConfig,
        raw: &gst::Caps,
        info: &gst_video::VideoInfo,
    ) -> Result<(), String> {
        match &self.kind {
            Kind::V4l2(path) => {
                let path = path.to_str().ok_or("the device's name is not text")?;
                launch::named(pipeline, "source")?.set_property("device", path);
                launch::named(pipeline, "wish")?.set_property("caps", wish(raw));
            }
            Kind::Libcamera => {}
            Kind::File(path) => {
                let source = fed_source(pipeline, raw)?;
                fed::feed(&source, film(path, raw, config.fps)?);
            }
            Kind::Test => {
                let source = fed_source(pipeline, raw)?;
                fed::feed(&source, town(config, info)?);
            }
        }
        Ok(())
    }
}

/// What is wanted of a camera: the size and rate that are sent, else whatever it has. `v4l2src` takes what is nearest to the
/// first of these, and not less where it can; without a wish it would take the largest picture, however seldom it comes.
fn wish(raw: &gst::Caps) -> gst::Caps {
    let mut wish = raw.clone();
    for structure in wish.make_mut().iter_mut() {
        structure.remove_fields(["format", "pixel-aspect-ratio"]);
    }
    for kind in ["video/x-raw", "image/jpeg", "video/x-h264", "video/mpeg"] {
        wish.merge(gst::Caps::new_empty_simple(kind));
    }
    wish
}

fn fed_source(pipeline: &gst::Pipeline, raw: &gst::Caps) -> Result<gst_app::AppSrc, String> {
    let source: gst_app::AppSrc = launch::typed(pipeline, "source")?;
    source.set_caps(Some(raw));
    Ok(source)
}

type Next = Box<dyn FnMut() -> Result<gst::Buffer, String> + Send>;

/// The pictures of a file, one after the other, at the camera's pace.
fn film(path: &Path, raw: &gst::Caps, fps: u32) -> Result<Next, String> {
    let mut looped = Looped::open(launch::CAMERA_FILE, path, raw)?;
    let mut pace = Pace::new(1, u64::from(fps), monotonic_ns());
    Ok(Box::new(move || {
        let buffer = looped.next()?.buffer_owned().ok_or("an empty picture")?;
        Ok(fed::stamped(buffer, pace.next(monotonic_ns())))
    }))
}

/// The test scene's pictures.
fn town(config: &CameraConfig, info: &gst_video::VideoInfo) -> Result<Next, String> {
    let (width, height) = (info.width() as usize, info.height() as usize);
    let scene = Town::new(&config.title, width, height)?;
    let pool = pool(info)?;
    let info = info.clone();
    let mut pace = Pace::new(1, u64::from(config.fps), monotonic_ns());
    Ok(Box::new(move || {
        let mut buffer = pool
            .acquire_buffer(None)
            .map_err(|_| "no memory for a picture")?;
        let (pts, duration) = pace.next(monotonic_ns());
        if let Ok(mut frame) =
            gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.make_mut(), &info)
        {
            let seconds = gst::ClockTime::from_nseconds(pts).mseconds() % 100_000_000;
            #[expect(clippy::cast_precision_loss, reason = "below 2^27")]
            let seconds = seconds as f64 / 1000.0;
            with_planes(&mut frame, &info, |planes| {
                scene.paint(planes, seconds, &wall_clock());
            });
        }
        Ok(fed::stamped(buffer, (pts, duration)))
    }))
}

/// "HH:MM:SS" of the place.
fn wall_clock() -> String {
    gst::glib::DateTime::now_local()
        .and_then(|now| now.format("%H:%M:%S"))
        .map_or_else(|_| "00:00:00".to_owned(), Into::into)
}

/// Buffers for pictures, used again and again.
pub(crate) fn pool(info: &gst_video::VideoInfo) -> Result<gst::BufferPool, String> {
    let caps = info.to_caps().map_err(|error| error.to_string())?;
    let size = u32::try_from(info.size()).map_err(|error| error.to_string())?;
    let pool = gst_video::VideoBufferPool::new();
    let mut config = pool.config();
    config.set_params(Some(&caps), size, 4, 0);
    pool.set_config(config).map_err(|error| error.to_string())?;
    pool.set_active(true).map_err(|error| error.to_string())?;
    Ok(pool.upcast())
}

/// Lets code draw on a mapped I420 frame.
pub(crate) fn with_planes<T>(
    frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    info: &gst_video::VideoInfo,
    draw: impl FnOnce(&mut Planes<'_>) -> T,
) -> T {
    let stride = |plane: usize| usize::try_from(info.stride()[plane]).unwrap_or(0);
    let [y, u, v, _] = frame.planes_data_mut();
    draw(&mut Planes {
        width: info.width() as usize,
        height: info.height() as usize,
        y,
        y_stride: stride(0),
        u,
        v,
        c_stride: stride(1),
    })
}
