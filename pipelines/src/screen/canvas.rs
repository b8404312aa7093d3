//! A picture of the screen: what the painter drew, the slots' pictures in their places, and the fade between scenes.

use std::sync::Arc;

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::FRAME_NS;
use super::gauge::Reading;
use super::painter::{Drawn, Meter};
use super::scale::{EMPTY, Scaler};
use super::stage::{Rects, SLOTS, Work};
use crate::camera::{pool, with_planes};
use crate::fed;
use crate::i420::{BLACK, Planes, Rect, Sprite, mix};

/// How long one scene takes to become the next.
const FADE_NS: u64 = 300_000_000;
/// A picture that does not change is shown again so often, lest the screen be thought stalled.
const AGAIN_NS: u64 = 1_000_000_000;

/// What is kept from one picture to the next.
pub(super) struct Canvas {
    info: gst_video::VideoInfo,
    pool: gst::BufferPool,
    black: Sprite,
    scalers: [Scaler; SLOTS],
    /// The scene of the last picture.
    scene: String,
    /// What the last picture was made of.
    made_of: Option<Ingredients>,
    /// The last picture, and when it was last shown.
    last: Option<(gst::Buffer, u64)>,
    /// Where the stamps may be in it.
    pub(super) rects: Rects,
    fade: Option<Fade>,
}

/// What tells one picture from the next, when no fade is under way.
struct Ingredients {
    drawn: Arc<Drawn>,
    /// The numbers of the pictures that are seen.
    numbers: Vec<u64>,
    /// How much of each meter is lit, and whether it is as it should be.
    meters: Vec<(usize, bool)>,
}

impl Ingredients {
    fn of(work: &Work) -> Self {
        let number = |(slot, _): &(usize, Rect)| work.pictures.get(*slot).map_or(0, |at| at.number);
        let (drawn, heard) = (&work.drawn, work.heard);
        let meter = |meter: &Meter| {
            let lit = heard.lit(meter.needle, meter.cells.len());
            (lit, heard.is_good(meter.needle))
        };
        Self {
            drawn: drawn.clone(),
            numbers: drawn.pictures.iter().map(number).collect(),
            meters: drawn.meters.iter().map(meter).collect(),
        }
    }

    fn same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.drawn, &other.drawn)
            && (&self.numbers, &self.meters) == (&other.numbers, &other.meters)
    }
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
            made_of: None,
            last: None,
            rects: Rects::default(),
            fade: None,
        })
    }

    /// Whether one scene is becoming the next.
    pub(super) fn fades(&self) -> bool {
        self.fade.is_some()
    }

    /// The picture to show now, with its time: a new one if anything in it changed, else the last one, once in a while.
    pub(super) fn next(&mut self, work: &Work, now_ns: u64) -> Option<gst::Buffer> {
        let made_of = Ingredients::of(work);
        let same = |before: &Ingredients| self.fade.is_none() && before.same(&made_of);
        if !self.made_of.as_ref().is_some_and(same) {
            let drawn = self.draw(work, now_ns);
            self.made_of = drawn.is_some().then_some(made_of);
            return drawn;
        }
        let (last, shown_ns) = self.last.as_mut()?;
        if now_ns.saturating_sub(*shown_ns) < AGAIN_NS {
            return None;
        }
        *shown_ns = now_ns;
        Some(fed::stamped(last.clone(), (now_ns, FRAME_NS)))
    }

    /// The last picture was not taken: the next is a new one.
    pub(super) fn refused(&mut self) {
        self.made_of = None;
    }

    /// Composes a picture.
    pub(super) fn draw(&mut self, work: &Work, now_ns: u64) -> Option<gst::Buffer> {
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
        // Before it is shared: a copy would keep its memory from the pool.
        let buffer = fed::stamped(buffer, (now_ns, FRAME_NS));
        self.last = Some((buffer.clone(), now_ns));
        let page = drawn.page.as_ref().map(|(_, rect)| *rect);
        self.rects = Rects { main, page };
        Some(buffer)
    }

    fn change_scene(&mut self, drawn: &Drawn, now_ns: u64) {
        if self.scene != drawn.scene {
            self.scene.clone_from(&drawn.scene);
            let from = self.last.take();
            self.fade = from.map(|(from, _)| Fade {
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
        for meter in &work.drawn.meters {
            draw_meter(meter, work.heard, planes);
        }
        for piece in &work.drawn.over {
            piece.sprite.blend(planes, piece.x, piece.y);
        }
    }
}

/// Lights as many cells as are told, and puts the mark beside them that holds.
fn draw_meter(meter: &Meter, heard: Reading, planes: &mut Planes<'_>) {
    let (cell, mark) = match heard.is_good(meter.needle) {
        true => (&meter.good, &meter.good_mark),
        false => (&meter.poor, &meter.poor_mark),
    };
    let lit = heard.lit(meter.needle, meter.cells.len());
    for (x, y) in meter.cells.iter().take(lit) {
        cell.blend(planes, *x, *y);
    }
    if let Some(mark) = mark {
        mark.sprite.blend(planes, mark.x, mark.y);
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
    use crate::screen::gauge::{Gauge, Needle};

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
            heard: Reading::default(),
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
            let buffer = canvas.draw(work, ms * 1_000_000).expect("a picture");
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

    #[test]
    fn what_does_not_change_is_drawn_once_and_shown_again_once_a_second() {
        gst::init().expect("GStreamer");
        let info = gst_video::VideoInfo::builder(gst_video::VideoFormat::I420, 64, 36)
            .build()
            .expect("a picture");
        let mut canvas = Canvas::new(info).expect("a canvas");
        let cell = Arc::new(Sprite::plain(4, 4, [200, 128, 128]));
        let work = Work {
            pictures: Default::default(),
            heard: Reading::default(),
            drawn: Arc::new(Drawn {
                pictures: vec![(1, Rect::even(0, 0, 16, 8))],
                meters: vec![Meter {
                    needle: Needle::Sound,
                    cells: vec![(20, 20), (28, 20)],
                    poor: cell.clone(),
                    good: cell,
                    poor_mark: None,
                    good_mark: None,
                }],
                ..Drawn::default()
            }),
        };
        // A picture is told by its memory.
        let mut shown = |work: &Work, ms: u64| {
            let buffer = canvas.next(work, ms * 1_000_000)?;
            Some(buffer.peek_memory(0).as_ptr() as usize)
        };
        let first = shown(&work, 0).expect("a picture");
        assert_eq!(shown(&work, 100), None);
        assert_eq!(shown(&work, 999), None);
        assert_eq!(shown(&work, 1000), Some(first));
        assert_eq!(shown(&work, 1900), None);
        let mut heard = work;
        heard.heard = Gauge::at(-35.0);
        assert!(shown(&heard, 1950).is_some_and(|picture| picture != first));
        assert_eq!(shown(&heard, 2000), None);
        // Less than what lights another cell.
        heard.heard = Gauge::at(-34.0);
        assert_eq!(shown(&heard, 2100), None);
        heard.pictures[1].number += 1;
        assert!(shown(&heard, 2200).is_some());
        // Of a slot that is not seen.
        heard.pictures[2].number += 1;
        assert_eq!(shown(&heard, 2300), None);
        canvas.refused();
        assert!(canvas.next(&heard, 2_400_000_000).is_some());
    }
}
