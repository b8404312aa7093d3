//! Draws the pictures of the slots and what the painter drew together, one picture at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;
use gstreamer_video as gst_video;

use super::FRAME_NS;
use super::painter::Drawn;
use super::scale::{EMPTY, Scaler};
use super::stage::{IDLE, Rects, SLOTS, Stage, Work};
use crate::camera::{pool, with_planes};
use crate::i420::{BLACK, Planes, Rect, Sprite, mix};
use crate::{fed, monotonic_ns};

/// How long one scene takes to become the next.
const FADE_NS: u64 = 300_000_000;

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
        fps: u32,
    ) -> Result<Self, String> {
        let stop = Arc::new(AtomicBool::new(false));
        let mut canvas = Canvas::new(info)?;
        let frame = Duration::from_secs(1) / fps.max(1);
        let (shared, stopped) = (stage.clone(), stop.clone());
        let thread = std::thread::Builder::new()
            .name("composer".into())
            .spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let work = shared.wait(if canvas.fade.is_some() { frame } else { IDLE });
                    let now_ns = monotonic_ns();
                    let Some((buffer, rects)) = canvas.draw(&work, now_ns) else {
                        continue;
                    };
                    shared.set_rects(rects);
                    // Refused only while the pipeline starts or stops.
                    let _ = out.push_buffer(fed::stamped(buffer, (now_ns, FRAME_NS)));
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
pub(super) struct Canvas {
    info: gst_video::VideoInfo,
    pool: gst::BufferPool,
    black: Sprite,
    scalers: [Scaler; SLOTS],
    /// The scene of the last picture.
    scene: String,
    last: Option<gst::Buffer>,
    fade: Option<Fade>,
}

/// One scene that becomes the next.
struct Fade {
    from: gst::Buffer,
    since_ns: u64,
}

impl Fade {
    /// How much of the old scene is still seen, 0 (nothing: it is over) to 256.
    fn weight(&self, now_ns: u64) -> u16 {
        let left = FADE_NS.saturating_sub(now_ns.saturating_sub(self.since_ns));
        u16::try_from(left * 256 / FADE_NS).unwrap_or(0)
    }
}

impl Canvas {
    pub(super) fn new(info: gst_video::VideoInfo) -> Result<Self, String> {
        let (width, height) = (info.width() as usize, info.height() as usize);
        Ok(Self {
            pool: pool(&info)?,
            black: Sprite::plain(width, height, BLACK),
            info,
            scalers: Default::default(),
            scene: String::new(),
            last: None,
            fade: None,
        })
    }

    /// A composed picture, and where in it the main one and the page lie.
    pub(super) fn draw(&mut self, work: &Work, now_ns: u64) -> Option<(gst::Buffer, Rects)> {
        let drawn = &work.drawn;
        self.change_scene(drawn, now_ns);
        let mut buffer = self.pool.acquire_buffer(None).ok()?;
        let info = self.info.clone();
        let mut frame =
            gst_video::VideoFrameRef::from_buffer_ref_writable(buffer.make_mut(), &info).ok()?;
        with_planes(&mut frame, &info, |planes| self.draw_back(drawn, planes));
        let main = self.draw_main(work, &mut frame);
        with_planes(&mut frame, &info, |planes| self.draw_over(work, planes));
        if let Some(fade) = &self.fade {
            mix_frames(&mut frame, &fade.from, &info, fade.weight(now_ns));
        }
        drop(frame);
        self.last = Some(buffer.clone());
        let page = drawn.page.as_ref().map(|(_, rect)| *rect);
        Some((buffer, Rects { main, page }))
    }

    fn change_scene(&mut self, drawn: &Drawn, now_ns: u64) {
        if self.scene != drawn.scene {
            self.scene.clone_from(&drawn.scene);
            let from = self.last.take();
            self.fade = from.map(|from| Fade {
                from,
                since_ns: now_ns,
            });
        }
        self.fade.take_if(|fade| fade.weight(now_ns) == 0);
    }

    /// What lies behind the pictures, and the page.
    fn draw_back(&self, drawn: &Drawn, planes: &mut Planes<'_>) {
        let back = drawn.back.as_ref();
        let covers = back.is_some_and(|back| {
            (back.sprite.width(), back.sprite.height()) == (planes.width, planes.height)
        });
        if !covers {
            self.black.blend(planes, 0, 0);
        }
        for piece in back
            .into_iter()
            .chain(drawn.page.as_ref().map(|(page, _)| page))
        {
            piece.sprite.blend(planes, piece.x, piece.y);
        }
    }

    /// The main picture goes straight into the frame; gives where it lies.
    fn draw_main(
        &mut self,
        work: &Work,
        frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    ) -> Option<Rect> {
        let (_, place) = work.drawn.pictures.iter().find(|(slot, _)| *slot == 0)?;
        let picture = &work.pictures[0];
        let rect = self.scalers[0].fit(picture, &self.info, *place);
        if rect != Some(*place) {
            // Bars, or nothing at all yet.
            let info = self.info.clone();
            let empty = Sprite::plain(
                place.width,
                place.height,
                if rect.is_some() { BLACK } else { EMPTY },
            );
            with_planes(frame, &info, |planes| {
                empty.blend(planes, signed(place.x), signed(place.y));
            });
        }
        self.scalers[0].onto(picture, frame)
    }

    /// The other pictures, and what lies over all of them.
    fn draw_over(&mut self, work: &Work, planes: &mut Planes<'_>) {
        for (slot, place) in work.drawn.pictures.iter().filter(|(slot, _)| *slot != 0) {
            if let (Some(scaler), Some(picture)) =
                (self.scalers.get_mut(*slot), work.pictures.get(*slot))
            {
                let sprite = scaler.small(picture, *place);
                sprite.blend(planes, signed(place.x), signed(place.y));
            }
        }
        for piece in &work.drawn.over {
            piece.sprite.blend(planes, piece.x, piece.y);
        }
    }
}

/// Lays the old scene over the new one, `weight` of 256 strong.
fn mix_frames(
    frame: &mut gst_video::VideoFrameRef<&mut gst::BufferRef>,
    from: &gst::Buffer,
    info: &gst_video::VideoInfo,
    weight: u16,
) {
    let Ok(from) = gst_video::VideoFrameRef::from_buffer_ref_readable(from, info) else {
        return;
    };
    for plane in 0..3 {
        if let (Ok(onto), Ok(old)) = (frame.plane_data_mut(plane), from.plane_data(plane)) {
            mix(onto, old, weight);
        }
    }
}

fn signed(place: usize) -> isize {
    isize::try_from(place).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scene_becomes_the_next_within_300_ms_and_never_goes_back() {
        gst::init().expect("GStreamer");
        let fade = Fade {
            from: gst::Buffer::new(),
            since_ns: 5_000_000_000,
        };
        let weights: Vec<u16> = (0..=8)
            .map(|n| fade.weight(5_000_000_000 + n * 40_000_000))
            .collect();
        assert_eq!(weights[0], 256);
        assert!(weights.windows(2).all(|two| two[1] < two[0] || two[1] == 0));
        assert_eq!(weights[8], 0);
        assert!(weights[7] > 0);
    }

    #[test]
    fn every_moment_of_a_fade_has_its_picture() {
        gst::init().expect("GStreamer");
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, 64, 36)
            .build()
            .expect("a picture");
        let mut canvas = Canvas::new(info).expect("a canvas");
        let work = |scene: &str, luma: u8| Work {
            pictures: Default::default(),
            drawn: Arc::new(Drawn {
                scene: scene.into(),
                back: Some(super::super::painter::Piece {
                    sprite: Arc::new(Sprite::plain(64, 36, [luma, 128, 128])),
                    x: 0,
                    y: 0,
                }),
                ..Drawn::default()
            }),
        };
        let mut luma = |work: &Work, ms: u64| {
            let (buffer, _) = canvas.draw(work, ms * 1_000_000).expect("a picture");
            let map = buffer.map_readable().expect("its bytes");
            map[0]
        };
        assert_eq!(luma(&work("dark", 20), 0), 20);
        let bright = work("bright", 220);
        let seen: Vec<u8> = (1..=10).map(|n| luma(&bright, 1000 + n * 40)).collect();
        assert_eq!(seen[0], 20, "it begins with the old one");
        assert!(
            seen.windows(2).all(|two| two[1] > two[0] || two[1] == 220),
            "{seen:?}"
        );
        assert_eq!(seen[8..], [220, 220], "{seen:?}");
        // A page that is turned is no other scene: it is there at once.
        assert_eq!(luma(&work("bright", 90), 2000), 90);
    }
}
