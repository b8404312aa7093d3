//! The figures of a headless evening; `docs/report.schema.json` describes them.

use serde::Serialize;

/// The whole report.
#[derive(Debug, Serialize)]
pub struct Report {
    /// One entry a room, in the order of the programme.
    pub rooms: Vec<RoomReport>,
    /// The bridge.
    pub bridge: BridgeReport,
    /// What the gate of one room let through; none where it could not be measured.
    pub gate: Option<GateReport>,
    /// Whether every room saw and heard each holder, and the gate held what it must.
    pub ok: bool,
    /// What was not as it should be, in words.
    pub failures: Vec<String>,
}

/// One room.
#[derive(Debug, Serialize)]
pub struct RoomReport {
    /// Its name.
    pub name: String,
    /// New frames a second in the main slot.
    pub fps_main: Option<f64>,
    /// From the drawing of a frame in another room to its showing here.
    pub glass_to_glass_ms: Spread,
    /// From another room's microphone to the loudspeaker here.
    pub mouth_to_ear_ms: Spread,
    /// From the grant to the new holder's first frame here.
    pub floor_to_first_frame_ms: Worst,
    /// CPU seconds a second.
    pub cpu_s_per_s: f64,
    /// Resident memory when the evening began, in MiB.
    pub rss_mib_start: f64,
    /// Resident memory when it ended, in MiB.
    pub rss_mib_end: f64,
    /// Threads when it began.
    pub threads_start: u64,
    /// Threads when it ended.
    pub threads_end: u64,
    /// How many other rooms were seen while they held the floor.
    pub holders_seen: usize,
    /// How many other rooms were heard while they held the floor.
    pub holders_heard: usize,
}

/// The bridge.
#[derive(Debug, Serialize)]
pub struct BridgeReport {
    /// CPU seconds a second.
    pub cpu_s_per_s: f64,
    /// Resident memory when the evening began, in MiB.
    pub rss_mib_start: f64,
    /// Resident memory when it ended, in MiB.
    pub rss_mib_end: f64,
}

/// What one room's gate let through while its microphone was open and nobody talked, then while somebody did.
#[derive(Debug, Serialize)]
pub struct GateReport {
    /// Which room.
    pub room: String,
    /// The audience's noises.
    pub noises: Vec<NoiseReport>,
    /// Somebody's voice.
    pub voice: VoiceReport,
}

/// A noise.
#[derive(Debug, PartialEq, Serialize)]
pub struct NoiseReport {
    /// Which.
    pub name: &'static str,
    /// How loud the microphone heard it, before the gate.
    pub microphone_dbfs: f64,
    /// How loud the loudspeaker played it where it was loudest.
    pub loudspeaker_dbfs: f64,
    /// The difference.
    pub down_db: f64,
}

/// A voice.
#[derive(Debug, PartialEq, Serialize)]
pub struct VoiceReport {
    /// How loud the microphone heard it, before the gate.
    pub microphone_dbfs: f64,
    /// How loud the loudspeaker played it where it was softest.
    pub loudspeaker_dbfs: f64,
    /// How much louder it was there.
    pub change_db: f64,
}

/// Median and 95th percentile; none where nothing was measured.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
}

/// Median and largest; none where nothing was measured.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Worst {
    /// Median.
    pub p50: Option<f64>,
    /// Largest.
    pub max: Option<f64>,
}

impl Spread {
    /// Of some values, in any order.
    pub fn of(values: &[f64]) -> Self {
        Self {
            p50: quantile(values, 0.5),
            p95: quantile(values, 0.95),
        }
    }
}

impl Worst {
    /// Of some values, in any order.
    pub fn of(values: &[f64]) -> Self {
        Self {
            p50: quantile(values, 0.5),
            max: quantile(values, 1.0),
        }
    }
}

/// The value that the part `q` of all values does not exceed, rounded to a tenth.
fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (q * sorted.len() as f64).ceil() as usize;
    let value = sorted.get(place.saturating_sub(1))?;
    Some(tenth(*value))
}

/// Rounded to a tenth.
pub fn tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// Rounded to a thousandth.
pub fn thousandth(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_measured() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        let spread = Spread::of(&values);
        assert_eq!((spread.p50, spread.p95), (Some(50.0), Some(95.0)));
        assert_eq!(Worst::of(&values).max, Some(100.0));
        assert_eq!(Spread::of(&[]), Spread::default());
        assert_eq!(Spread::of(&[7.04]).p95, Some(7.0));
    }
}
