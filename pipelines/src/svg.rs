//! Drawings made of text: SVG to pixels by `resvg`.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};
use resvg::usvg;
use resvg::usvg::fontdb::{self, Database, Family, Weight};

use crate::i420::{Matrix, Sprite};

/// The typeface of everything a room reads (Debian package `fonts-dejavu-core`).
pub(crate) const FONT: &str = "DejaVu Sans";

/// The machine's fonts, looked for once.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_system_fonts();
    fonts.set_sans_serif_family(FONT);
    // A face that is a file is read anew for every letter that is drawn.
    for weight in [Weight::NORMAL, Weight::BOLD] {
        let ours = fontdb::Query {
            families: &[Family::Name(FONT)],
            weight,
            ..fontdb::Query::default()
        };
        if let Some(face) = fonts.query(&ours)
            && let Some((fontdb::Source::File(path), _)) = fonts.face_source(face)
            && let Ok(data) = std::fs::read(path)
        {
            fonts.remove_face(face);
            fonts.load_font_data(data);
        }
    }
    Arc::new(fonts)
});

/// Draws SVG texts with the machine's fonts.
pub(crate) struct Drawer {
    options: usvg::Options<'static>,
}

impl Drawer {
    pub(crate) fn new() -> Self {
        let options = usvg::Options {
            font_family: FONT.into(),
            fontdb: Arc::clone(&FONTS),
            ..usvg::Options::default()
        };
        Self { options }
    }

    /// Draws an SVG text to a picture with transparency.
    pub(crate) fn draw(&self, svg: &str, matrix: Matrix) -> Result<Sprite, String> {
        let tree = usvg::Tree::from_str(svg, &self.options).map_err(|error| error.to_string())?;
        let size = tree.size().to_int_size();
        let mut pixels = Pixmap::new(size.width(), size.height())
            .ok_or_else(|| format!("a drawing of {size:?} is too large"))?;
        resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        Ok(Sprite::from_rgba(pixels.data(), width, height, matrix))
    }

    /// How wide a line of text is, in pixels, at a font size in pixels.
    pub(crate) fn width(&self, text: &str, size: f32, weight: &str) -> f32 {
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="200"><text x="0" y="100" font-family="{FONT}" font-weight="{weight}" font-size="{size}">{}</text></svg>"#,
            escape(text)
        );
        usvg::Tree::from_str(&svg, &self.options)
            .map_or(0.0, |tree| tree.root().bounding_box().width())
    }
}

/// A PNG picture, premultiplied RGBA, scaled to the size that `size` gives for its own width and height.
pub(crate) fn pixels_of_png(
    png: &[u8],
    size: impl FnOnce(usize, usize) -> (usize, usize),
) -> Result<(Vec<u8>, usize, usize), String> {
    scaled(decoded(png)?, size)
}

/// A PNG picture.
pub(crate) fn decoded(png: &[u8]) -> Result<Pixmap, String> {
    Pixmap::decode_png(png).map_err(|error| error.to_string())
}

/// A picture's pixels at the size that `size` gives for its own.
pub(crate) fn scaled(
    page: Pixmap,
    size: impl FnOnce(usize, usize) -> (usize, usize),
) -> Result<(Vec<u8>, usize, usize), String> {
    let (wide, high) = (page.width() as usize, page.height() as usize);
    let (width, height) = size(wide, high);
    if (width, height) == (wide, high) {
        return Ok((page.take(), width, height));
    }
    let side = |side: usize| u32::try_from(side).unwrap_or(1);
    let mut scaled = Pixmap::new(side(width), side(height))
        .ok_or_else(|| format!("a page of {width} by {height} is too large"))?;
    #[expect(clippy::cast_precision_loss, reason = "a page's sides")]
    let transform = Transform::from_scale(width as f32 / wide as f32, height as f32 / high as f32);
    let paint = PixmapPaint {
        quality: FilterQuality::Bicubic,
        ..PixmapPaint::default()
    };
    scaled.draw_pixmap(0, 0, page.as_ref(), &paint, transform, None);
    Ok((scaled.take(), width, height))
}

/// Text as it may stand in an SVG text or attribute; control characters, which XML forbids, are dropped.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !letter.is_control()) {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{FFFE}' | '\u{FFFF}' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wider_text_is_wider() {
        let drawer = Drawer::new();
        let (short, long) = (
            drawer.width("Brest", 20.0, "bold"),
            drawer.width("Ploufragan", 20.0, "bold"),
        );
        assert!(short > 30.0 && long > short * 1.5, "{short} {long}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn any_text_can_be_drawn(text in "\\PC{0,20}|[\\x00-\\x20<>&\"']{0,20}") {
            let svg = format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="20" height="10"><text y="8" font-size="8">{}</text></svg>"#,
                escape(&text)
            );
            // No fonts: the parser is what is tried.
            let drawer = Drawer { options: usvg::Options::default() };
            prop_assert!(drawer.draw(&svg, Matrix::Bt601).is_ok());
        }
    }
}
