//! Draws the pictures of the slots and the texts together, one picture at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::layout::Layout;
use super::overlay::{self, Piece};
use super::stage::{Picture, SLOTS, Scene, Stage};
use super::{FRAME_NS, View};
use crate::camera::{pool, with_planes};
use crate::i420::{Rect, Sprite};
use crate::svg::Drawer;
use crate::{fed, monotonic_ns};

/// Black in luma and chroma, and the darkness of a place whose picture has not come.
const BLACK: [u8; 3] = [16, 128, 128];
const EMPTY: [u8; 3] = [38, 134, 122];

/// The thread that composes; stopped and joined when dropped.
pub(super) struct Composer {
    stage: Arc<Stage>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Composer {
    pub(super) fn start(
        stage: Arc<Stage>,
        out: gst_app::AppSrc,
        info: gst_video::VideoInfo,
    ) -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut canvas = Canvas::new(info)?;
        let (shared, stopped) = (stage.clone(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("composer".into())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let scene = shared.wait();
                    let Some((buffer, main)) = canvas.draw(&scene) else {
                        continue;
                    };
                    shared.set_main_rect(main);
                    // Refused only while the pipeline starts or stops.
                    let _ = out.push_buffer(fed::stamped(buffer, (monotonic_ns(), FRAME_NS)));
                }
            })
            .map_err(|error| error.to_string())?;
        Ok(Self {
            stage,
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Composer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.stage.wake();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What is kept from one picture to the next.
struct Canvas {
    info: gst_video::VideoInfo,
    pool: gst::BufferPool,
    layout: Layout,
    drawer: Drawer,
    view: Arc<View>,
    pieces: Vec<Piece>,
    black: Sprite,
    scalers: [Scaler; SLOTS],
}

impl Canvas {
    fn new(info: gst_video::VideoInfo) -> Result<Self, String> {
        let layout = Layout::new(info.width() as usize, info.height() as usize);
        let drawer = Drawer::new();
        let view = Arc::new(View::default());
        Ok(Self {
            pool: pool(&info)?,
            pieces: overlay::draw(&drawer, &layout, &view),
            black: Sprite::plain(layout.width, layout.height, BLACK),
            info,
            layout,
            drawer,
            view,
            scalers: Default::default(),
        })
    }

    /// A composed picture, and where in it the main one lies.
    fn draw(&mut self, scene: &Scene) -> Option<(gst::Buffer, Option<Rect>)> {
        if self.view != scene.view {
            self.view = scene.view.clone();
            self.pieces = overlay::draw(&self.drawer, &self.layout, &self.view);
        }
        let mut buffer = self.pool.acquire_buffer(None).ok()?;
        let info = self.info.clone();
        let mut frame =
            gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.make_mut(), &info).ok()?;
        let main = self.draw_main(&scene.pictures[0], &mut frame);
        let mut thumbs: [Option<(Rect, &Sprite)>; SLOTS] = Default::default();
        let places = self.scalers.iter_mut().zip(&scene.pictures).skip(1);
        for (((scaler, picture), name), (index, thumb)) in places
            .zip(&self.view.thumbs)
            .zip(thumbs.iter_mut().enumerate())
        {
            if name.is_some() {
                let rect = self.layout.thumb(index);
                *thumb = Some((rect, scaler.small(picture, rect)));
            }
        }
        with_planes(&mut frame, &info, |planes| {
            // Without a main picture the first piece is a card that covers all: thumbs lie on it.
            let under = usize::from(self.view.main.is_none()).min(self.pieces.len());
            let (below, above) = self.pieces.split_at(under);
            for piece in below {
                piece.sprite.blend(planes, piece.x, piece.y);
            }
            for (rect, sprite) in thumbs.into_iter().flatten() {
                sprite.blend(planes, signed(rect.x), signed(rect.y));
            }
            for piece in above {
                piece.sprite.blend(planes, piece.x, piece.y);
            }
        });
        drop(frame);
        Some((buffer, main))
    }

    fn draw_main(
        &mut self,
        picture: &Picture,
        frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    ) -> Option<Rect> {
        self.view.main.as_ref()?;
        let place = self.layout.main();
        let rect = self.scalers[0].fit(picture, &self.info, place);
        if rect != Some(place) {
            // Bars, or nothing at all yet.
            let info = self.info.clone();
            with_planes(frame, &info, |planes| self.black.blend(planes, 0, 0));
        }
        self.scalers[0].onto(picture, frame)
    }
}

/// Fits one slot's pictures into its place.
#[derive(Default)]
struct Scaler {
    fitted: Option<Fitted>,
    /// The last picture drawn small, and its number.
    small: Option<(u64, Sprite)>,
}

/// A converter for pictures of one kind into one place.
struct Fitted {
    caps: gst::Caps,
    from: gst_video::VideoInfo,
    rect: Rect,
    converter: gst_video::VideoConverter,
}

impl Scaler {
    /// Makes ready for a picture: where it will lie in `place` of a frame of kind `to`, its shape kept.
    fn fit(&mut self, picture: &Picture, to: &gst_video::VideoInfo, place: Rect) -> Option<Rect> {
        let caps = picture.sample.as_ref()?.caps()?;
        if !self
            .fitted
            .as_ref()
            .is_some_and(|fitted| fitted.caps == *caps)
        {
            self.fitted = Fitted::new(caps, to, place);
        }
        self.fitted.as_ref().map(|fitted| fitted.rect)
    }

    /// Draws a picture that was fitted. Gives where it lies.
    fn onto(
        &self,
        picture: &Picture,
        frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    ) -> Option<Rect> {
        let fitted = self.fitted.as_ref()?;
        let buffer = picture.sample.as_ref()?.buffer()?;
        let input =
            gst_video::VideoFrameRef::from_buffer_ref_readable(buffer, &fitted.from).ok()?;
        fitted.converter.frame_ref(&input, frame);
        Some(fitted.rect)
    }

    /// The picture at the size of a place; made once per picture.
    fn small(&mut self, picture: &Picture, place: Rect) -> &Sprite {
        let number = picture.number;
        if self
            .small
            .as_ref()
            .is_none_or(|(drawn, _)| *drawn != number)
        {
            let sprite = self.shrink(picture, place);
            let sprite = sprite.unwrap_or_else(|| Sprite::plain(place.width, place.height, EMPTY));
            self.small = Some((number, sprite));
        }
        let make = || (number, Sprite::plain(place.width, place.height, EMPTY));
        &self.small.get_or_insert_with(make).1
    }

    fn shrink(&mut self, picture: &Picture, place: Rect) -> Option<Sprite> {
        let size = |side: usize| u32::try_from(side).unwrap_or(2);
        let info = gst_video::VideoInfo::builder(
            gst_video::VideoFormat::I420,
            size(place.width),
            size(place.height),
        )
        .build()
        .ok()?;
        let mut buffer = gst::Buffer::with_size(info.size()).ok()?;
        let mut frame =
            gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.get_mut()?, &info).ok()?;
        let mut sprite = Sprite::plain(place.width, place.height, BLACK);
        with_planes(&mut frame, &info, |planes| sprite.blend(planes, 0, 0));
        self.fit(picture, &info, Rect::even(0, 0, place.width, place.height))?;
        self.onto(picture, &mut frame)?;
        let onto = sprite.planes();
        let planes = [
            (&mut *onto.y, place.width),
            (&mut *onto.u, place.width / 2),
            (&mut *onto.v, place.width / 2),
        ];
        for (plane, (to, width)) in (0u32..).zip(planes) {
            let stride = usize::try_from(info.stride()[plane as usize]).ok()?;
            let from = frame.plane_data(plane).ok()?;
            for (to, from) in to.chunks_exact_mut(width).zip(from.chunks(stride)) {
                to.copy_from_slice(from.get(..width)?);
            }
        }
        Some(sprite)
    }
}

impl Fitted {
    fn new(caps: &gst::CapsRef, to: &gst_video::VideoInfo, place: Rect) -> Option<Self> {
        let from = gst_video::VideoInfo::from_caps(caps).ok()?;
        let shape = from.par();
        let wide = from.width() as usize * usize::try_from(shape.numer()).unwrap_or(1);
        let high = from.height() as usize * usize::try_from(shape.denom()).unwrap_or(1);
        let rect = place.fit(wide, high);
        let side = |side: usize| i32::try_from(side).unwrap_or(i32::MAX);
        let mut config = gst_video::VideoConverterConfig::new();
        config.set_dest_x(side(rect.x));
        config.set_dest_y(side(rect.y));
        config.set_dest_width(Some(side(rect.width)));
        config.set_dest_height(Some(side(rect.height)));
        config.set_fill_border(false);
        config.set_resampler_method(gst_video::VideoResamplerMethod::Linear);
        config.set_threads(1);
        // Slots differ in what they say of colours; converting between would cost more than it shows.
        config.set_matrix_mode(gst_video::VideoMatrixMode::None);
        // A converter asks that both have one frame rate, though it draws single pictures.
        let to = gst_video::VideoInfo::builder(to.format(), to.width(), to.height())
            .fps(from.fps())
            .interlace_mode(from.interlace_mode())
            .build()
            .ok()?;
        let converter = gst_video::VideoConverter::new(&from, &to, Some(config))
            .inspect_err(|error| tracing::warn!(%error, "a picture cannot be fitted"))
            .ok()?;
        Some(Self {
            caps: caps.to_owned(),
            from,
            rect,
            converter,
        })
    }
}

fn signed(place: usize) -> isize {
    isize::try_from(place).unwrap_or(0)
}
