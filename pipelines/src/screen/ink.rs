//! The television's one visual design: colours, sizes of letters, text that fits its place. Pure but for the fonts.
//!
//! Lengths are in units of a screen of 1920 by 1080; whatever its size, a screen shows the same.

use std::fmt::Write as _;

use crate::svg::{Drawer, FONT, escape};

/// The screen's sides, in units.
pub(super) const WIDTH: f32 = 1920.0;
pub(super) const HEIGHT: f32 = 1080.0;

/// What lies behind everything, from top to bottom.
pub(super) const NIGHT: [&str; 2] = ["#15293b", "#0b1721"];
/// A panel on it.
pub(super) const PANEL: &str = "#1e3a52";
/// What is to be read first.
pub(super) const WHITE: &str = "#ffffff";
/// What is to be read next.
pub(super) const SOFT: &str = "#c5d4e0";
/// What draws the eye: bars, the clock.
pub(super) const AMBER: &str = "#f4b94f";
/// What is well.
pub(super) const GREEN: &str = "#6ddb9a";
/// What is not.
pub(super) const CORAL: &str = "#ff9c8f";

/// Sizes of letters. From 10 m a television of 55 inches shows the smallest as a reader holds a book.
pub(super) const HUGE: f32 = 150.0;
pub(super) const LARGE: f32 = 96.0;
pub(super) const BODY: f32 = 60.0;
pub(super) const SMALL: f32 = 44.0;
/// What a text that is too long is set down to, before it is cut.
const SMALLEST: f32 = 0.66;

/// Where a line of text begins or has its middle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
}

/// How text looks.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) size: f32,
    pub(super) bold: bool,
    pub(super) fill: &'static str,
    pub(super) anchor: Anchor,
}

impl Style {
    pub(super) const fn new(size: f32, fill: &'static str) -> Self {
        Self {
            size,
            bold: false,
            fill,
            anchor: Anchor::Start,
        }
    }

    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn at(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    fn weight(self) -> &'static str {
        if self.bold { "bold" } else { "normal" }
    }
}

/// An SVG text that grows.
pub(super) struct Sheet<'a> {
    drawer: &'a Drawer,
    body: String,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(drawer: &'a Drawer) -> Self {
        Self {
            drawer,
            body: String::new(),
        }
    }

    /// The sheet as a drawing of `width` by `height` units at `scale` pixels a unit.
    pub(super) fn finish(self, width: f32, height: f32, scale: f32) -> String {
        let side = |units: f32| even(units * scale);
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" viewBox="0 0 {width} {height}" preserveAspectRatio="none">{}</svg>"#,
            side(width),
            side(height),
            self.body
        )
    }

    /// The night that lies behind a whole screen.
    pub(super) fn night(&mut self) {
        let [top, bottom] = NIGHT;
        self.put(format_args!(
            r#"<defs><linearGradient id="night" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{top}"/><stop offset="1" stop-color="{bottom}"/></linearGradient></defs><rect width="{WIDTH}" height="{HEIGHT}" fill="url(#night)"/>"#
        ));
    }

    /// A rectangle with round corners.
    pub(super) fn panel(&mut self, x: f32, y: f32, width: f32, height: f32, fill: &str) {
        let round = (height / 2.0).min(28.0);
        self.put(format_args!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="{round}" fill="{fill}"/>"#
        ));
    }

    /// A short bar in the colour that draws the eye.
    pub(super) fn bar(&mut self, x: f32, y: f32, width: f32) {
        self.panel(x, y, width, 12.0, AMBER);
    }

    /// SVG elements as they are.
    pub(super) fn put(&mut self, elements: std::fmt::Arguments<'_>) {
        // Writing to a text cannot fail.
        let _ = self.body.write_fmt(elements);
    }

    /// One line with its base at `y`, no wider than `room`: a longer one is set smaller, then a little narrower, then cut.
    pub(super) fn line(&mut self, text: &str, style: Style, x: f32, y: f32, room: f32) {
        const NARROWEST: f32 = 0.85;
        let wide = self.width(text, style).max(1.0);
        let smaller = (room / wide).clamp(SMALLEST, 1.0);
        let squeeze = (room / (wide * smaller)).min(1.0);
        let cut = (squeeze < NARROWEST).then(|| {
            let small = Style {
                size: style.size * smaller,
                ..style
            };
            self.shortened(text.to_owned(), small, room)
        });
        let squeeze = if cut.is_some() { 1.0 } else { squeeze };
        let text = cut.as_deref().unwrap_or(text);
        let anchor = match style.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
        };
        let (size, weight, fill) = (style.size * smaller, style.weight(), style.fill);
        let text = escape(text);
        self.put(format_args!(
            r#"<text transform="translate({x} {y}) scale({squeeze} 1)" text-anchor="{anchor}" font-family="{FONT}" font-weight="{weight}" font-size="{size}" fill="{fill}">{text}</text>"#
        ));
    }

    /// Several lines, the first with its base at `y`. Gives the base of the line after the last.
    pub(super) fn lines(
        &mut self,
        lines: &[String],
        style: Style,
        x: f32,
        y: f32,
        room: f32,
    ) -> f32 {
        let mut base = y;
        for text in lines {
            self.line(text, style, x, base, room);
            base += style.size * 1.2;
        }
        base
    }

    /// Breaks a text into lines no wider than `room`, `most` at the most: one that is too long is set smaller, then cut.
    /// Gives the lines and how they are set.
    pub(super) fn wrap(
        &self,
        text: &str,
        style: Style,
        room: f32,
        most: usize,
    ) -> (Vec<String>, Style) {
        for smaller in [1.0, 0.86, 0.74] {
            let style = Style {
                size: style.size * smaller,
                ..style
            };
            if let Some(lines) = self.broken(text, style, room, most) {
                return (lines, style);
            }
        }
        let style = Style {
            size: style.size * SMALLEST,
            ..style
        };
        let mut lines = self
            .broken(text, style, room, usize::MAX)
            .unwrap_or_default();
        let rest = lines
            .split_off(most.saturating_sub(1).min(lines.len()))
            .join(" ");
        lines.push(self.shortened(rest, style, room));
        (lines, style)
    }

    /// Lines that all fit, or nothing. Breaks at spaces and after hyphens.
    fn broken(&self, text: &str, style: Style, room: f32, most: usize) -> Option<Vec<String>> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_inclusive([' ', '-']) {
            let longer = lines.last().map(|line| format!("{line}{word}"));
            match (longer, lines.last_mut()) {
                (Some(longer), Some(last)) if self.width(longer.trim_end(), style) <= room => {
                    *last = longer;
                }
                (_, _) => lines.push(word.to_owned()),
            }
        }
        let lines: Vec<String> = lines.iter().map(|line| line.trim().to_owned()).collect();
        let fit = lines.len() <= most
            && (most == usize::MAX || lines.iter().all(|line| self.width(line, style) <= room));
        fit.then_some(lines)
    }

    /// A text that fits, or as much of it as fits with an ellipsis.
    fn shortened(&self, mut text: String, style: Style, room: f32) -> String {
        if self.width(&text, style) <= room {
            return text;
        }
        loop {
            let short = format!("{}…", text.trim_end());
            if text.pop().is_none() || self.width(&short, style) <= room {
                return short;
            }
        }
    }

    /// How wide a line is.
    pub(super) fn width(&self, text: &str, style: Style) -> f32 {
        self.drawer.width(text, style.size, style.weight())
    }
}

/// Pixels of a side: a whole, even number, so that chroma follows luma.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a side of a screen"
)]
pub(super) fn even(pixels: f32) -> usize {
    (pixels.max(2.0).round() as usize) & !1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_colours_can_be_read() {
        for paper in [NIGHT[0], NIGHT[1], PANEL] {
            for ink in [WHITE, SOFT, AMBER, GREEN, CORAL] {
                let ratio = contrast(ink, paper);
                assert!(ratio >= 4.5, "{ink} on {paper}: {ratio:.1}");
            }
        }
    }

    #[test]
    fn a_long_text_is_broken_and_what_is_over_is_cut() {
        let drawer = Drawer::new();
        let sheet = Sheet::new(&drawer);
        let style = Style::new(BODY, WHITE);
        let long = "Conduire un chantier de rénovation thermique en site occupé, la nuit";
        let (lines, set) = sheet.wrap(long, style, 700.0, 2);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].ends_with('…') && set.size < BODY, "{lines:?}");
        assert!(lines.iter().all(|line| sheet.width(line, set) <= 700.0));
        let (lines, set) = sheet.wrap("Marie-Christine Le Bihan", style, 500.0, 2);
        assert_eq!((lines.len(), set.size), (2, BODY), "{lines:?}");
        assert_eq!(sheet.wrap("", style, 700.0, 2).0, Vec::<String>::new());
    }

    /// WCAG 2.2, relative luminance and contrast ratio.
    fn contrast(a: &str, b: &str) -> f64 {
        let luminance = |colour: &str| {
            let part = |at: usize| {
                let byte = u8::from_str_radix(&colour[at..at + 2], 16).expect("a colour");
                let value = f64::from(byte) / 255.0;
                if value <= 0.04045 {
                    value / 12.92
                } else {
                    ((value + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
        };
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }
}
