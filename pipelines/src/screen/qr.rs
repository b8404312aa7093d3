//! A QR code as a drawing. Pure.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

use super::ink::Sheet;

/// Light modules around a code (ISO/IEC 18004, section 5.3.8).
const QUIET: usize = 4;

/// Puts the code of a text into a square of `side` units. A text that is too long for one gives none.
#[expect(clippy::cast_precision_loss, reason = "at most 177 modules")]
pub(super) fn put(sheet: &mut Sheet<'_>, text: &str, x: f32, y: f32, side: f32) {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::M) else {
        return;
    };
    let width = code.width();
    let scale = side / (width + 2 * QUIET) as f32;
    let dark = dark(&code.to_colors(), width);
    sheet.put(format_args!(
        r##"<rect x="{x}" y="{y}" width="{side}" height="{side}" rx="12" fill="#ffffff"/><path transform="translate({x} {y}) scale({scale})" d="{dark}" fill="#000000" shape-rendering="crispEdges"/>"##
    ));
}

/// The dark modules, run by run.
fn dark(colors: &[Color], width: usize) -> String {
    let mut path = String::new();
    for (row, colors) in colors.chunks(width).enumerate() {
        let mut column = 0;
        for run in colors.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                let (x, y, n) = (column + QUIET, row + QUIET, run.len());
                // Writing to a text cannot fail.
                let _ = write!(path, "M{x} {y}h{n}v1h-{n}z");
            }
            column += run.len();
        }
    }
    path
}
