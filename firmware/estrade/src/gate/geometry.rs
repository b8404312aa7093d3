//! Where the microphones of an array stand: a small file, in millimetres.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use conference::toml_error;
use serde::Deserialize;

/// The least and the most that the outermost two may be apart, in millimetres: nearer ones hear the same,
/// farther ones hear a voice twice.
const SPREAD_MM: std::ops::RangeInclusive<f64> = 10.0..=500.0;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// One per channel, in the order of the channels.
    microphone: Vec<Place>,
}

/// In millimetres, from any point, seen by those who sit in front: x to the right, y up, z towards them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    x: f64,
    y: f64,
    z: f64,
}

/// Where each channel's microphone stands, in metres.
#[derive(Debug, Clone, PartialEq)]
pub struct Geometry {
    places: Vec<[f32; 3]>,
    file: String,
}

impl Geometry {
    /// Reads a file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {file}"))?;
        Self::parse(&file, &text)
    }

    fn parse(file: &str, text: &str) -> anyhow::Result<Self> {
        let parsed: File = toml::from_str(text)
            .map_err(|error| anyhow::anyhow!(toml_error::explain(file, text, &error)))?;
        let places: Vec<[f64; 3]> = parsed
            .microphone
            .iter()
            .map(|place| [place.x, place.y, place.z])
            .collect();
        check(file, &places)?;
        #[expect(clippy::cast_possible_truncation, reason = "half a metre at most")]
        let metres = |place: &[f64; 3]| place.map(|mm| (mm / 1000.0) as f32);
        Ok(Self {
            places: places.iter().map(metres).collect(),
            file: file.to_owned(),
        })
    }

    /// Where each microphone stands, in metres.
    pub fn places(&self) -> &[[f32; 3]] {
        &self.places
    }

    /// The same for the gate; none for a single microphone, which has no direction.
    pub fn array(&self) -> Option<gate::Geometry> {
        gate::Geometry::new(&self.places)
    }

    /// Whether it is one of a file of so many channels.
    pub fn fits(&self, channels: usize) -> anyhow::Result<()> {
        ensure!(
            self.places.len() == channels,
            "{} has {} [[microphone]]s but the sound has {channels} channels: give one for each, in their order",
            self.file,
            self.places.len()
        );
        Ok(())
    }
}

fn check(file: &str, places: &[[f64; 3]]) -> anyhow::Result<()> {
    ensure!(
        (1..=gate::MAX_CHANNELS).contains(&places.len()),
        "{file} has {} [[microphone]]s: give 1 to {}",
        places.len(),
        gate::MAX_CHANNELS
    );
    if let Some(n) = places
        .iter()
        .position(|place| place.iter().any(|mm| !mm.is_finite()))
    {
        bail!(
            "{file}: the place of microphone {} is not a number of millimetres",
            n + 1
        );
    }
    let mut spread = 0.0_f64;
    for (b, second) in places.iter().enumerate() {
        for (a, first) in places[..b].iter().enumerate() {
            let apart = distance(first, second);
            ensure!(
                apart >= 1.0,
                "{file}: microphones {} and {} stand at the same place",
                a + 1,
                b + 1
            );
            spread = spread.max(apart);
        }
    }
    ensure!(
        places.len() == 1 || SPREAD_MM.contains(&spread),
        "{file}: the microphones lie {spread:.1} mm apart at most, which must be {} to {} mm; places are in millimetres",
        SPREAD_MM.start(),
        SPREAD_MM.end()
    );
    Ok(())
}

fn distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(xs: &[f64]) -> String {
        xs.iter()
            .map(|x| format!("[[microphone]]\nx = {x}\ny = 0\nz = 5.0\n"))
            .collect()
    }

    #[track_caller]
    fn refused(text: &str, wanted: &str) {
        let error = Geometry::parse("array.toml", text).expect_err("a refusal");
        assert!(error.to_string().contains(wanted), "{error}");
    }

    #[test]
    fn millimetres_become_metres() {
        let geometry = Geometry::parse("array.toml", &array(&[-30.0, 30.0])).expect("right");
        assert_eq!(geometry.places(), [[-0.03, 0.0, 0.005], [0.03, 0.0, 0.005]]);
        assert!(geometry.fits(2).is_ok());
        let error = geometry.fits(4).expect_err("a refusal").to_string();
        assert!(
            error.contains("2 [[microphone]]s but the sound has 4 channels"),
            "{error}"
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_its_place() {
        refused("", "the key 'microphone' is missing");
        refused("microphone = []", "give 1 to 8");
        refused(&array(&[0.0; 9]), "give 1 to 8");
        refused("[[microphone]]\nx = 1\ny = 2\nz = 3\nw = 4\n", "line 5");
        refused("[[microphone]]\nx = 1\ny = \"2\"\nz = 3\n", "line 3");
        refused("[[microphone]]\nx = 1\ny = 2\n", "line 1");
        refused(
            "[[microphone]]\nx = nan\ny = 2\nz = 3\n",
            "microphone 1 is not a number",
        );
        refused(&array(&[0.0, 5.0]), "5.0 mm apart at most");
        refused(
            &array(&[0.0, 0.9]),
            "microphones 1 and 2 stand at the same place",
        );
        refused(&array(&[0.0, 50.0, 700.0]), "700.0 mm apart");
    }
}
