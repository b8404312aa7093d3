//! Portraits of people who do not exist, drawn: for the demo's speakers, and to try scenes.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// How many people there are; more begin again.
const PEOPLE: [Face; 5] = [
    Face {
        back: ["#d9c7a8", "#8f7450"],
        skin: "#e9b890",
        shade: "#d29a70",
        hair: "#7a3e1d",
        style: Hair::Bun,
        top: "#3f6b58",
        glasses: false,
    },
    Face {
        back: ["#b9d3e2", "#5f88a3"],
        skin: "#f0c6a4",
        shade: "#d9a480",
        hair: "#40302a",
        style: Hair::Beard,
        top: "#e8eef2",
        glasses: true,
    },
    Face {
        back: ["#c3d3b4", "#7a9468"],
        skin: "#c98d63",
        shade: "#ad7049",
        hair: "#1f1a1c",
        style: Hair::Helmet,
        top: "#e2622b",
        glasses: false,
    },
    Face {
        back: ["#e3c3bd", "#a5706c"],
        skin: "#7d4f36",
        shade: "#633b26",
        hair: "#191416",
        style: Hair::Short,
        top: "#d9b13b",
        glasses: false,
    },
    Face {
        back: ["#cfc6e0", "#7e70a0"],
        skin: "#f3cfb3",
        shade: "#dcab88",
        hair: "#d8a648",
        style: Hair::Long,
        top: "#8b2f4a",
        glasses: true,
    },
];

/// One who does not exist.
struct Face {
    /// What is behind, from top to bottom.
    back: [&'static str; 2],
    skin: &'static str,
    shade: &'static str,
    hair: &'static str,
    style: Hair,
    top: &'static str,
    glasses: bool,
}

enum Hair {
    Bun,
    Beard,
    Helmet,
    Short,
    Long,
}

/// A portrait as a PNG file, upright as from a telephone: 480 by 640 pixels.
///
/// # Errors
/// It cannot be drawn, in words.
pub fn portrait(nth: usize) -> Result<Vec<u8>, String> {
    let svg = PEOPLE[nth % PEOPLE.len()].svg();
    let tree = Tree::from_str(&svg, &Options::default()).map_err(|error| error.to_string())?;
    let mut pixels = Pixmap::new(480, 640).ok_or("no memory for a portrait")?;
    resvg::render(&tree, Transform::identity(), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| error.to_string())
}

impl Face {
    fn svg(&self) -> String {
        let Self {
            back: [light, dark],
            skin,
            shade,
            hair,
            top,
            ..
        } = self;
        let (behind, before) = self.hair();
        let glasses = if self.glasses { GLASSES } else { "" };
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="480" height="640"><defs><linearGradient id="b" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{light}"/><stop offset="1" stop-color="{dark}"/></linearGradient></defs>
<rect width="480" height="640" fill="url(#b)"/><g fill="{hair}">{behind}</g>
<path d="M198 330 h84 v90 q-42 40 -84 0 Z" fill="{shade}"/>
<path d="M10 640 C16 470 110 430 198 402 Q240 450 282 402 C370 430 464 470 470 640 Z" fill="{top}"/>
<g fill="{skin}"><ellipse cx="146" cy="262" rx="17" ry="27"/><ellipse cx="334" cy="262" rx="17" ry="27"/><path d="M148 220 C148 130 332 130 332 220 C336 300 310 376 240 380 C170 376 144 300 148 220 Z"/></g>
<g fill="{shade}" fill-opacity="0.45"><ellipse cx="182" cy="300" rx="22" ry="14"/><ellipse cx="298" cy="300" rx="22" ry="14"/></g>
<g fill="{hair}">{before}</g>
<g fill="none" stroke="{hair}" stroke-width="8" stroke-linecap="round"><path d="M180 226 q20 -14 40 -2"/><path d="M260 224 q20 -12 40 2"/></g>
<g fill="#221a18"><ellipse cx="200" cy="254" rx="9" ry="11"/><ellipse cx="280" cy="254" rx="9" ry="11"/></g>
<g fill="#ffffff"><circle cx="203" cy="250" r="3"/><circle cx="283" cy="250" r="3"/></g>
<path d="M240 262 q14 34 -6 42" fill="none" stroke="{shade}" stroke-width="7" stroke-linecap="round"/>
<path d="M204 326 Q240 340 276 326 Q264 358 240 358 Q216 358 204 326 Z" fill="#8c3434"/><path d="M210 329 Q240 341 270 329 L266 338 Q240 347 214 338 Z" fill="#ffffff"/>{glasses}</svg>"##
        )
    }

    /// What lies behind the head, and before it.
    fn hair(&self) -> (&'static str, &'static str) {
        const CROWN: &str = r#"<path d="M140 236 C126 96 354 96 340 236 C332 196 308 176 286 170 C238 190 180 178 160 196 C148 206 144 220 140 236 Z"/>"#;
        match self.style {
            Hair::Bun => (r#"<circle cx="240" cy="96" r="46"/>"#, CROWN),
            Hair::Short => ("", CROWN),
            Hair::Long => (
                r#"<path d="M128 250 C104 84 376 84 352 250 C352 330 376 400 384 452 L96 452 C104 400 128 330 128 250 Z"/>"#,
                CROWN,
            ),
            Hair::Beard => (
                "",
                r#"<path d="M140 232 C130 110 350 110 340 232 C330 190 300 168 240 168 C180 168 150 190 140 232 Z"/><path fill-rule="evenodd" d="M150 270 C150 396 196 404 240 404 C284 404 330 396 330 270 C322 306 304 312 284 310 Q240 298 196 310 C176 312 158 306 150 270 Z M204 324 Q240 336 276 324 Q266 362 240 362 Q214 362 204 324 Z"/>"#,
            ),
            Hair::Helmet => (
                r#"<path d="M132 250 C120 150 360 150 348 250 C350 330 344 360 352 400 L128 400 C136 360 130 330 132 250 Z"/>"#,
                r##"<path d="M150 204 C150 80 330 80 330 204 Z" fill="#f6c81e"/><path d="M222 112 q18 -10 36 0 v86 h-36 Z" fill="#dcae0c"/><rect x="128" y="192" width="224" height="22" rx="11" fill="#f6c81e"/>"##,
            ),
        }
    }
}

const GLASSES: &str = r##"<g fill="#ffffff" fill-opacity="0.14" stroke="#2b2b30" stroke-width="7"><circle cx="198" cy="256" r="31"/><circle cx="282" cy="256" r="31"/><path d="M229 252 q11 -8 22 0" fill="none"/></g>"##;
