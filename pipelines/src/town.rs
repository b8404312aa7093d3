//! The test camera's picture: a small town by the water, in its own colours, with its name, a clock, and
//! things that move. The background is drawn once; each frame is a copy of it with a few small sprites.

use crate::i420::{Matrix, Planes, Sprite};
use crate::svg::{Drawer, FONT, escape};

/// The drawing's own width and height, in units of its SVG.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 360.0;

/// A town's colours, as hues in degrees.
struct Palette {
    sky: u16,
    hills: u16,
    roofs: u16,
    banner: u16,
}

/// The town's picture, made of these.
pub(crate) struct Town {
    background: Sprite,
    sun: Sprite,
    boat: Sprite,
    bird: [Sprite; 2],
    digits: Vec<Sprite>,
    scale: f64,
    /// Shifts the movements, so that two towns do not move alike.
    phase: f64,
}

impl Town {
    /// Draws the town `title`, `width` by `height` pixels.
    pub(crate) fn new(title: &str, width: usize, height: usize) -> Result<Self, String> {
        let drawer = Drawer::new();
        let matrix = Matrix::for_height(height);
        let hash = hash(title);
        let palette = palette(title);
        #[expect(clippy::cast_precision_loss, reason = "a picture's width")]
        let scale = width as f64 / WIDTH;
        let title_width = f64::from(drawer.width(title, 56.0, "bold"));
        let full = sized(
            WIDTH,
            HEIGHT,
            width,
            height,
            &background(title, title_width, &palette, hash),
        );
        let part = |w: f64, h: f64, body: &str| {
            drawer.draw(&sized(w, h, even(w * scale), even(h * scale), body), matrix)
        };
        Ok(Self {
            background: drawer.draw(&full, matrix)?,
            sun: part(64.0, 64.0, SUN)?,
            boat: part(76.0, 64.0, &boat(&palette))?,
            bird: [
                part(26.0, 14.0, &bird(2.0))?,
                part(26.0, 14.0, &bird(11.0))?,
            ],
            digits: "0123456789:"
                .chars()
                .map(|digit| part(26.0, 44.0, &tile(digit)))
                .collect::<Result<_, _>>()?,
            scale,
            phase: f64::from(hash % 1000),
        })
    }

    /// Draws one frame. `seconds`: of any clock that runs on; `clock`: "HH:MM:SS".
    pub(crate) fn paint(&self, onto: &mut Planes<'_>, seconds: f64, clock: &str) {
        self.background.blend(onto, 0, 0);
        let t = seconds + self.phase;
        let along = |speed: f64, from: f64, to: f64| from + (t * speed).rem_euclid(to - from);
        self.put(
            onto,
            &self.sun,
            along(9.0, -64.0, WIDTH),
            26.0 + 10.0 * (t / 9.0).sin(),
        );
        for n in 0..3u8 {
            let late = f64::from(n);
            let wing = &self.bird[usize::from((t * 5.0 + late).rem_euclid(2.0) >= 1.0)];
            let x = (along(46.0, -150.0, WIDTH) + late * 34.0) % (WIDTH + 150.0);
            self.put(
                onto,
                wing,
                x,
                84.0 + late * 9.0 + 6.0 * (t * 1.3 + late).sin(),
            );
        }
        self.put(
            onto,
            &self.boat,
            along(38.0, -76.0, WIDTH),
            274.0 + 3.0 * (t * 1.7).sin(),
        );
        for (n, letter) in (0u8..).zip(clock.bytes().take(8)) {
            let digit = if letter == b':' {
                10
            } else {
                usize::from(letter.wrapping_sub(b'0'))
            };
            if let Some(tile) = self.digits.get(digit) {
                self.put(onto, tile, 166.0 + 26.0 * f64::from(n), 146.0);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a place in a picture")]
    fn put(&self, onto: &mut Planes<'_>, sprite: &Sprite, x: f64, y: f64) {
        sprite.blend(onto, (x * self.scale) as isize, (y * self.scale) as isize);
    }
}

/// An SVG text of `w` by `h` units, drawn `width` by `height` pixels.
fn sized(w: f64, h: f64, width: usize, height: usize, body: &str) -> String {
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {w} {h}" preserveAspectRatio="none">{body}</svg>"#
    )
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sprite's side"
)]
fn even(side: f64) -> usize {
    (side as usize & !1).max(2)
}

/// FNV-1a, 32 bits: the same town has the same colours on every machine.
fn hash(title: &str) -> u32 {
    title.bytes().fold(0x811C_9DC5, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

fn palette(title: &str) -> Palette {
    // Twelve hues that are told apart at a glance; the divisor sets the four towns of the demo far apart.
    let hue = u16::try_from(hash(title) / 19 % 12).unwrap_or(0) * 30;
    Palette {
        sky: hue,
        hills: (hue + 95) % 360,
        roofs: (hue + 180) % 360,
        banner: (hue + 330) % 360,
    }
}

const SUN: &str = r##"<defs><radialGradient id="s"><stop offset="0.45" stop-color="#fff3b0"/><stop offset="0.55" stop-color="#ffd84d" stop-opacity="0.55"/><stop offset="1" stop-color="#ffd84d" stop-opacity="0"/></radialGradient></defs><circle cx="32" cy="32" r="32" fill="url(#s)"/>"##;

fn boat(palette: &Palette) -> String {
    format!(
        r##"<path d="M36 2 V46 L8 46 Q30 26 36 2 Z" fill="#ffffff"/><path d="M40 10 Q62 30 64 46 L40 46 Z" fill="hsl({},70%,62%)"/><path d="M4 50 H72 L62 62 H14 Z" fill="hsl({},55%,32%)"/>"##,
        palette.banner, palette.roofs
    )
}

fn bird(wing: f64) -> String {
    format!(
        r##"<path d="M1 {wing} Q8 3 13 9 Q18 3 25 {wing}" fill="none" stroke="#27323c" stroke-width="2.4" stroke-linecap="round"/>"##
    )
}

fn tile(digit: char) -> String {
    format!(
        r##"<rect width="26" height="44" fill="#10202c"/><text x="13" y="34" text-anchor="middle" font-family="DejaVu Sans Mono" font-weight="bold" font-size="34" fill="#ffffff">{digit}</text>"##
    )
}

/// The background: sky, hills, houses and a church, water, and the town's name on a banner.
fn background(title: &str, title_width: f64, palette: &Palette, hash: u32) -> String {
    let Palette {
        sky,
        hills,
        roofs,
        banner,
    } = palette;
    let mut drawing = format!(
        r##"<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="hsl({sky},62%,56%)"/><stop offset="1" stop-color="hsl({sky},70%,86%)"/></linearGradient></defs>
<rect width="640" height="360" fill="url(#sky)"/>
<path d="M0 236 Q110 150 230 214 T460 196 T640 222 V300 H0 Z" fill="hsl({hills},34%,58%)"/>
<path d="M0 262 Q160 204 330 246 T640 240 V310 H0 Z" fill="hsl({hills},40%,44%)"/>"##
    );
    for n in 0..11u32 {
        drawing.push_str(&house(n, hash, *roofs));
    }
    drawing.push_str(&church(120.0 + f64::from(hash % 5) * 84.0, *roofs));
    drawing.push_str(&format!(
        r##"<rect y="296" width="640" height="64" fill="hsl({sky},46%,38%)"/>
<path d="M0 312 q20 -7 40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0" fill="none" stroke="hsl({sky},60%,66%)" stroke-width="3"/>
<path d="M-20 340 q20 -7 40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0 t40 0" fill="none" stroke="hsl({sky},60%,60%)" stroke-width="3"/>"##
    ));
    let plate = (title_width + 48.0).clamp(180.0, 520.0);
    let squeeze = ((plate - 32.0) / title_width.max(1.0)).min(1.0);
    drawing.push_str(&format!(
        r##"<rect x="{}" y="66" width="{plate}" height="78" rx="14" fill="hsl({banner},62%,34%)"/>
<rect x="166" y="146" width="208" height="44" fill="#10202c"/>
<text transform="translate(270 124) scale({squeeze})" text-anchor="middle" font-family="{FONT}" font-weight="bold" font-size="56" fill="#ffffff">{}</text>"##,
        270.0 - plate / 2.0,
        escape(title)
    ));
    drawing
}

fn house(n: u32, hash: u32, roofs: u16) -> String {
    let chance = hash.rotate_left(n * 3);
    let (x, w, h) = (10 + n * 57, 40 + chance % 14, 30 + chance / 16 % 22);
    let (y, light) = (298 - h, 78 + chance / 256 % 16);
    let roof = (u32::from(roofs) + chance % 30) % 360;
    format!(
        r##"<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="hsl(38,38%,{light}%)"/><path d="M{} {y} L{} {} L{} {y} Z" fill="hsl({roof},52%,38%)"/><rect x="{}" y="{}" width="8" height="10" fill="#3c5266"/><rect x="{}" y="{}" width="9" height="16" fill="#5b4030"/>"##,
        x - 5,
        x + w / 2,
        y - 22,
        x + w + 5,
        x + 7,
        y + 8,
        x + w - 16,
        282
    )
}

fn church(x: f64, roofs: u16) -> String {
    format!(
        r##"<g transform="translate({x} 0)"><rect x="0" y="236" width="62" height="62" fill="#d9d2c3"/><path d="M-5 238 L31 212 L67 238 Z" fill="hsl({roofs},30%,30%)"/><rect x="-24" y="206" width="28" height="92" fill="#e6dfd0"/><path d="M-27 207 L-10 158 L7 207 Z" fill="hsl({roofs},34%,26%)"/><path d="M-10 160 V146 M-15 151 H-5" stroke="#27323c" stroke-width="2.5"/><circle cx="-10" cy="224" r="7" fill="#ffffff" stroke="#27323c" stroke-width="1.5"/><path d="M26 298 V276 Q33 266 40 276 V298 Z" fill="#5b4030"/></g>"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_towns_have_four_colours() {
        let mut hues: Vec<u16> = ["Ploufragan", "Loudéac", "Merdrignac", "Brest"]
            .map(|town| palette(town).sky)
            .to_vec();
        hues.sort_unstable();
        hues.dedup();
        assert_eq!(hues.len(), 4, "{hues:?}");
    }

    #[test]
    fn two_moments_and_two_clocks_differ() {
        let scene = Town::new("Loudéac", 320, 180).expect("a scene");
        let frame = |seconds, clock| {
            let mut picture = Sprite::plain(320, 180, [0, 0, 0]);
            scene.paint(&mut picture.planes(), seconds, clock);
            picture
        };
        let first = frame(1.0, "12:00:00");
        assert!(first == frame(1.0, "12:00:00"));
        assert!(first != frame(1.2, "12:00:00"));
        assert!(first != frame(1.0, "12:00:01"));
    }

    #[test]
    fn any_title_and_size_make_a_scene() {
        for (title, width, height) in [
            ("", 64, 36),
            ("<&>\"\u{1}", 322, 182),
            ("Saint-Quay-Portrieux-sur-Mer-les-Bains", 640, 360),
        ] {
            assert!(Town::new(title, width, height).is_ok(), "{title}");
        }
    }
}
