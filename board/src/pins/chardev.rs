//! The kernel's GPIO character device: any Linux board, and the kernel's own simulation.

use std::path::{Path, PathBuf};
use std::time::Duration;

use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, Offset, Value, Values};
use gpiocdev::{Chip, Request};

use super::{Contacts, Found, Move, Pins, PinsError, Wires};
use crate::Button;
use crate::lights::Lamps;

/// How the lines' owner is called in `gpioinfo`.
const CONSUMER: &str = "estrade";
/// Moves the kernel keeps for us: a second of the worst bouncing.
const KEPT: u32 = 256;

/// The chips that may be opened: device and label.
pub(super) fn chips() -> Vec<(PathBuf, String)> {
    let label = |path: PathBuf| {
        let info = Chip::from_path(&path).and_then(|chip| chip.info()).ok()?;
        Some((path, info.label))
    };
    let paths = gpiocdev::chip::chips().unwrap_or_default();
    paths.into_iter().filter_map(label).collect()
}

pub(super) fn open(found: &Found) -> Result<Pins, PinsError> {
    let chip = found.chip.as_path();
    let contacts = found.layout.buttons.map(Offset::from);
    let lamps = found.layout.lamps.map(Offset::from);
    let inputs = Request::builder()
        .on_chip(chip)
        .with_consumer(CONSUMER)
        .with_kernel_event_buffer_size(KEPT)
        .with_lines(&contacts)
        .as_input()
        // A button joins its line to ground.
        .as_active_low()
        .with_bias(Bias::PullUp)
        .with_edge_detection(EdgeDetection::BothEdges)
        .request()
        .map_err(|error| refused(chip, "the buttons", &error))?;
    let outputs = Request::builder()
        .on_chip(chip)
        .with_consumer(CONSUMER)
        .with_lines(&lamps)
        .as_output(Value::Inactive)
        .request()
        .map_err(|error| refused(chip, "the lamps", &error))?;
    let inputs = Inputs {
        request: inputs,
        chip: chip.to_owned(),
        lines: contacts,
        seen: 0,
    };
    let outputs = Outputs {
        request: outputs,
        chip: chip.to_owned(),
        lines: lamps,
    };
    Ok((Box::new(inputs), Box::new(outputs)))
}

struct Inputs {
    request: Request,
    chip: PathBuf,
    lines: [Offset; 5],
    /// The number of the last move.
    seen: u32,
}

impl Contacts for Inputs {
    fn wait(&mut self, patience: Duration) -> Result<Option<Move>, PinsError> {
        let failed = |error| refused(&self.chip, "the buttons", &error);
        if !self.request.wait_edge_event(patience).map_err(failed)? {
            return Ok(None);
        }
        let edge = self.request.read_edge_event().map_err(failed)?;
        let line = self.lines.iter().position(|line| *line == edge.offset);
        let lost = edge.seqno.wrapping_sub(self.seen) > 1;
        self.seen = edge.seqno;
        Ok(line.map(|line| Move {
            button: Button::ALL[line],
            down: edge.kind == EdgeKind::Rising,
            at: Duration::from_nanos(edge.timestamp_ns),
            lost,
        }))
    }

    fn levels(&mut self) -> Result<[bool; 5], PinsError> {
        let mut values = Values::from_offsets(&self.lines);
        self.request
            .values(&mut values)
            .map_err(|error| refused(&self.chip, "the buttons", &error))?;
        Ok(self
            .lines
            .map(|line| values.get(line) == Some(Value::Active)))
    }
}

struct Outputs {
    request: Request,
    chip: PathBuf,
    lines: [Offset; 7],
}

impl Wires for Outputs {
    fn set(&mut self, lamps: Lamps) -> Result<(), PinsError> {
        let mut values = Values::default();
        for (line, lit) in self.lines.iter().zip(lamps) {
            values.set(*line, Value::from(lit));
        }
        self.request
            .set_values(&values)
            .map_err(|error| refused(&self.chip, "the lamps", &error))
    }
}

fn refused(chip: &Path, what: &str, error: &gpiocdev::Error) -> PinsError {
    PinsError::Refused {
        what: format!("{what} on {}", chip.display()),
        reason: error.to_string(),
    }
}
