//! One slot's pictures, scaled into the place where they are seen.

use gstreamer as gst;
use gstreamer_video as gst_video;

use super::stage::Picture;
use crate::camera::with_planes;
use crate::i420::{BLACK, Rect, Sprite};

/// The darkness of a place whose picture has not come, in luma and chroma.
pub(super) const EMPTY: [u8; 3] = [38, 134, 122];

/// Fits one slot's pictures into its place.
#[derive(Default)]
pub(super) struct Scaler {
    fitted: Option<Fitted>,
    /// The last picture drawn small, its number, and the place for which it was.
    small: Option<(u64, Rect, Sprite)>,
}

/// A converter for pictures of one kind into one place.
struct Fitted {
    caps: gst::Caps,
    from: gst_video::VideoInfo,
    place: Rect,
    rect: Rect,
    converter: gst_video::VideoConverter,
}

impl Scaler {
    /// Makes ready for a picture: where it will lie in `place` of a frame of kind `to`, its shape kept.
    pub(super) fn fit(
        &mut self,
        picture: &Picture,
        to: &gst_video::VideoInfo,
        place: Rect,
    ) -> Option<Rect> {
        let caps = picture.sample.as_ref()?.caps()?;
        if !self
            .fitted
            .as_ref()
            .is_some_and(|fitted| fitted.caps == *caps && fitted.place == place)
        {
            self.fitted = Fitted::new(caps, to, place);
        }
        self.fitted.as_ref().map(|fitted| fitted.rect)
    }

    /// Draws a picture that was fitted. Gives where it lies.
    pub(super) fn onto(
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
    pub(super) fn small(&mut self, picture: &Picture, place: Rect) -> &Sprite {
        let number = picture.number;
        let fresh = |(drawn, at, _): &(u64, Rect, Sprite)| *drawn == number && *at == place;
        if !self.small.as_ref().is_some_and(fresh) {
            let sprite = self.shrink(picture, place);
            let sprite = sprite.unwrap_or_else(|| Sprite::plain(place.width, place.height, EMPTY));
            self.small = Some((number, place, sprite));
        }
        let make = || {
            (
                number,
                place,
                Sprite::plain(place.width, place.height, EMPTY),
            )
        };
        &self.small.get_or_insert_with(make).2
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
            place,
            rect,
            converter,
        })
    }
}
