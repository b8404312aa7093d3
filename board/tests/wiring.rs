//! The wiring drawings of the docs, made from the boards' own `pins.toml`: they cannot say another line than the program
//! takes. `UPDATE_EXPECT=1` draws them anew. And the drawings of the installer's guide, which a script makes from the lights
//! and from the card's `room.toml`; `make pictures` draws those.

use std::fmt::Write;
use std::process::Command;

use board::Button;
use board::lights::Lamp;
use board::pins::Layout;
use expect_test::expect_file;

/// The header's pin of each GPIO line (Raspberry Pi's 40-pin header, the same on all boards since 2014).
const HEADER: [(u8, usize); 24] = [
    (4, 7),
    (5, 29),
    (6, 31),
    (7, 26),
    (8, 24),
    (9, 21),
    (10, 19),
    (11, 23),
    (12, 32),
    (13, 33),
    (14, 8),
    (15, 10),
    (16, 36),
    (17, 11),
    (18, 12),
    (19, 35),
    (20, 38),
    (21, 40),
    (22, 15),
    (23, 16),
    (24, 18),
    (25, 22),
    (26, 37),
    (27, 13),
];
const GROUND: [usize; 8] = [6, 9, 14, 20, 25, 30, 34, 39];
const FIVE_VOLTS: [usize; 2] = [2, 4];

/// Between two rows, in pixels.
const ROW: usize = 30;
const TOP: usize = 110;
const MIDDLE: isize = 540;

#[test]
fn the_drawing_of_the_pi_4_is_as_its_pins() {
    let text = include_str!("../devices/pi4/pins.toml");
    let layout = Layout::parse("pi4/pins.toml", text).expect("a shipped file");
    expect_file!["../../docs/wiring-pi4.svg"].assert_eq(&draw(&layout));
}

#[test]
fn the_drawing_of_the_pi_5_is_as_its_pins() {
    let text = include_str!("../devices/pi5/pins.toml");
    let layout = Layout::parse("pi5/pins.toml", text).expect("a shipped file");
    expect_file!["../../docs/wiring-pi5.svg"].assert_eq(&draw(&layout));
}

#[test]
fn the_guide_s_drawings_are_as_the_lights_and_the_card() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new("/usr/bin/python3")
        .args(["board/image/drawings.py", "--check", "docs/guide"])
        .current_dir(root)
        .output()
        .expect("Python runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// What hangs on a line.
#[derive(Clone, Copy)]
enum Part {
    Button(Button),
    /// With its channel of the driver.
    Lamp(Lamp, usize),
}

fn pin_of(line: u8) -> usize {
    let found = HEADER.iter().find(|(gpio, _)| *gpio == line);
    found.expect("a line of the header").1
}

fn draw(layout: &Layout) -> String {
    let buttons = Button::ALL.map(Part::Button);
    let lamps = (1..).zip(Lamp::ALL).map(|(n, lamp)| Part::Lamp(lamp, n));
    let lines = layout.buttons.iter().chain(&layout.lamps);
    let parts: Vec<(u8, Part)> = lines
        .copied()
        .zip(buttons.into_iter().chain(lamps))
        .collect();
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1080\" height=\"760\" viewBox=\"0 0 1080 760\" \
         font-family=\"DejaVu Sans, sans-serif\" font-size=\"13\">\n<rect width=\"1080\" height=\"760\" fill=\"#fbf8f1\"/>\n",
    );
    let _ = writeln!(
        svg,
        "<text x=\"540\" y=\"40\" text-anchor=\"middle\" font-size=\"22\" font-weight=\"bold\">{}</text>\n\
         <text x=\"540\" y=\"64\" text-anchor=\"middle\" fill=\"#555\">The 40-pin header seen from above, with the board's corner at the top.</text>\n\
         <rect x=\"{}\" y=\"{}\" width=\"68\" height=\"{}\" rx=\"6\" fill=\"#222\"/>",
        layout.name,
        MIDDLE - 34,
        TOP - 20,
        20 * ROW + 10
    );
    for pin in 1..=40 {
        svg += &draw_pin(pin, &parts);
    }
    for (line, part) in &parts {
        svg += &draw_part(*line, *part);
    }
    svg += &rails(&parts);
    svg += "</svg>\n";
    svg
}

/// To which side a pin's wire goes, and at which height.
fn place(pin: usize) -> (isize, usize) {
    let side = if pin.is_multiple_of(2) { 1 } else { -1 };
    (side, TOP + (pin - 1) / 2 * ROW)
}

fn draw_pin(pin: usize, parts: &[(u8, Part)]) -> String {
    let (side, y) = place(pin);
    let used = parts.iter().find(|(line, _)| pin_of(*line) == pin);
    let fill = match used {
        Some((_, part)) => colour(*part),
        None if GROUND.contains(&pin) => "#8a6d3b",
        None if FIVE_VOLTS.contains(&pin) => "#c0392b",
        None => "#777",
    };
    format!(
        "<circle cx=\"{}\" cy=\"{y}\" r=\"9\" fill=\"{fill}\" stroke=\"#fff\"/>\
         <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"9\" fill=\"#fff\">{pin}</text>\n",
        MIDDLE + side * 16,
        MIDDLE + side * 16,
        y + 3
    )
}

fn colour(part: Part) -> &'static str {
    match part {
        Part::Button(_) => "#2c3e50",
        Part::Lamp(Lamp::Red | Lamp::Mute, _) => "#d0021b",
        Part::Lamp(Lamp::Green, _) => "#2e8b3d",
        Part::Lamp(Lamp::Blue, _) => "#1565c0",
        Part::Lamp(Lamp::Screen | Lamp::Minus | Lamp::Plus, _) => "#9a8f78",
    }
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Button(Button::Speak) => "Parole",
        Part::Button(Button::Mute) => "Micro",
        Part::Button(Button::Screen) => "Écran",
        Part::Button(Button::Minus) => "−",
        Part::Button(Button::Plus) => "+",
        Part::Lamp(Lamp::Red, _) => "Parole, red",
        Part::Lamp(Lamp::Green, _) => "Parole, green",
        Part::Lamp(Lamp::Blue, _) => "Parole, blue",
        Part::Lamp(Lamp::Mute, _) => "Micro, red",
        Part::Lamp(Lamp::Screen, _) => "Écran, white",
        Part::Lamp(Lamp::Minus, _) => "−, white",
        Part::Lamp(Lamp::Plus, _) => "+, white",
    }
}

/// A wire from the pin outwards, and what hangs on it; the rails are at its end.
fn draw_part(line: u8, part: Part) -> String {
    let (side, y) = place(pin_of(line));
    let x = |out: isize| MIDDLE + side * out;
    let wire = |from: isize, to: isize| {
        format!(
            "<path d=\"M{} {y}H{}\" stroke=\"{}\" stroke-width=\"2\" fill=\"none\"/>\n",
            x(from),
            x(to),
            colour(part)
        )
    };
    let text = |out: isize, dy: isize, anchor: &str, what: &str| {
        format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\">{what}</text>\n",
            x(out),
            y as isize + dy
        )
    };
    let mut svg = wire(26, 130) + &text(78, -4, "middle", &format!("GPIO {line}"));
    match part {
        Part::Button(_) => {
            // An open switch.
            svg += &wire(130, 250);
            let _ = writeln!(
                svg,
                "<circle cx=\"{}\" cy=\"{y}\" r=\"4\" fill=\"#2c3e50\"/><circle cx=\"{}\" cy=\"{y}\" r=\"4\" fill=\"#2c3e50\"/>\
                 <path d=\"M{} {y}L{} {}\" stroke=\"#2c3e50\" stroke-width=\"3\"/>",
                x(250),
                x(290),
                x(250),
                x(287),
                y - 12
            );
            svg += &wire(290, 430);
            svg += &text(360, -4, "middle", name(part));
        }
        Part::Lamp(_, channel) => {
            // A channel of the driver, a lamp, a resistor.
            let left = x(130).min(x(200));
            let _ = writeln!(
                svg,
                "<rect x=\"{left}\" y=\"{}\" width=\"70\" height=\"20\" rx=\"3\" fill=\"#fff\" stroke=\"#333\"/>\
                 <text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"10\">{channel}B → {channel}C</text>",
                y - 10,
                left + 35,
                y + 4
            );
            svg += &wire(200, 250);
            let _ = writeln!(
                svg,
                "<circle cx=\"{}\" cy=\"{y}\" r=\"9\" fill=\"{}\" stroke=\"#333\"/>",
                x(259),
                colour(part)
            );
            svg += &wire(268, 380);
            svg += &text(324, -4, "middle", name(part));
            let _ = writeln!(
                svg,
                "<rect x=\"{}\" y=\"{}\" width=\"30\" height=\"12\" fill=\"#fff\" stroke=\"#333\"/>",
                x(380).min(x(410)),
                y - 6
            );
            svg += &wire(410, 430);
        }
    }
    svg
}

/// On each side one rail for the buttons and one for the lamps.
fn rails(parts: &[(u8, Part)]) -> String {
    let mut svg = String::new();
    for side in [-1, 1] {
        for lamps in [false, true] {
            let mine = parts.iter().filter(|(line, part)| {
                matches!(part, Part::Lamp(..)) == lamps && place(pin_of(*line)).0 == side
            });
            let rows: Vec<usize> = mine.map(|(line, _)| place(pin_of(*line)).1).collect();
            let (Some(first), Some(last)) = (rows.iter().min(), rows.iter().max()) else {
                continue;
            };
            let (colour, to) = match (lamps, side) {
                (true, _) => ("#c0392b", "+5 V: pin 2 or 4"),
                (false, -1) => ("#8a6d3b", "ground: pin 9"),
                (false, _) => ("#8a6d3b", "ground: pin 14"),
            };
            let x = MIDDLE + side * 430;
            let _ = writeln!(
                svg,
                "<path d=\"M{x} {}V{last}\" stroke=\"{colour}\" stroke-width=\"3\"/>\
                 <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" fill=\"{colour}\" font-weight=\"bold\">{to}</text>",
                first - 20,
                if lamps { last + 26 } else { first - 26 }
            );
        }
    }
    let _ = writeln!(
        svg,
        "<text x=\"540\" y=\"722\" text-anchor=\"middle\">B → C: a channel of the driver ULN2803A (1B is its pin 1, 1C its pin 18); \
         its pin 9 goes to ground, pin 30 of the header.</text>\n\
         <text x=\"540\" y=\"744\" text-anchor=\"middle\">White box: 220 ohms, where the lamp has no resistor of its own. A lamp's + side is the one at the resistor.</text>"
    );
    svg
}
