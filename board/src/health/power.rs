//! Heat, and what a bad power supply or too much heat did to the board.

use std::path::Path;

use serde::Serialize;

use super::{entries, line};

/// What no place in a running machine has, in °C: a sensor that says so is not one.
const IMPOSSIBLE: std::ops::RangeInclusive<f32> = -40.0..=150.0;

/// Whether something bad happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Since {
    /// Not since the board has power.
    Never,
    /// Not now, but since it has power.
    Before,
    /// Now.
    Now,
}

/// The power supply, as the board saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Power {
    /// The voltage was too low.
    pub under_voltage: Since,
    /// The processor was slowed down, by heat or by the voltage. Unknown where only the voltage is watched.
    pub throttled: Option<Since>,
}

/// The hottest place that is measured.
pub(super) fn hottest(prefix: &Path) -> Option<f32> {
    let zones = entries(&prefix.join("sys/class/thermal"))
        .into_iter()
        .map(|zone| zone.join("temp"));
    let sensors = entries(&prefix.join("sys/class/hwmon"))
        .into_iter()
        .flat_map(|chip| (1..=8).map(move |n| chip.join(format!("temp{n}_input"))));
    zones
        .chain(sensors)
        .filter_map(|file| line(&file)?.parse::<f32>().ok())
        .map(|thousandths| thousandths / 1000.0)
        .filter(|degrees| IMPOSSIBLE.contains(degrees))
        .reduce(f32::max)
}

/// Raspberry Pi OS's kernel tells all; any kernel with its driver `raspberrypi-hwmon` tells of the voltage.
pub(super) fn read(prefix: &Path) -> Option<Power> {
    let bits = prefix.join("sys/devices/platform/soc/soc:firmware/get_throttled");
    if let Some(power) = line(&bits).as_deref().and_then(bits_of) {
        return Some(power);
    }
    let chips = entries(&prefix.join("sys/class/hwmon"));
    let chip = chips
        .into_iter()
        .find(|chip| line(&chip.join("name")).as_deref() == Some("rpi_volt"))?;
    // The driver looks every 2 s, and rings while the voltage was too low since it looked before.
    let rings = line(&chip.join("in0_lcrit_alarm"))? == "1";
    Some(Power {
        under_voltage: if rings { Since::Now } else { Since::Never },
        throttled: None,
    })
}

/// The firmware's bits, in hexadecimal: 0 low voltage, 1 capped, 2 throttled, 3 soft limit of heat; 16 and on the same
/// since the start (documentation of `vcgencmd get_throttled`).
fn bits_of(text: &str) -> Option<Power> {
    let bits = u32::from_str_radix(text.trim_start_matches("0x"), 16).ok()?;
    let since = |now: u32| match bits {
        _ if bits & now != 0 => Since::Now,
        _ if bits & (now << 16) != 0 => Since::Before,
        _ => Since::Never,
    };
    Some(Power {
        under_voltage: since(0b0001),
        throttled: Some(since(0b1110)),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::machine;
    use super::*;

    #[test]
    fn the_hottest_place_counts_and_impossible_ones_do_not() {
        let root = machine(&[
            ("sys/class/thermal/thermal_zone0/temp", "61250\n"),
            ("sys/class/thermal/thermal_zone1/temp", "-274000\n"),
            ("sys/class/thermal/cooling_device0/cur_state", "0\n"),
            ("sys/class/hwmon/hwmon0/name", "nvme\n"),
            ("sys/class/hwmon/hwmon0/temp1_input", "38850\n"),
        ]);
        assert_eq!(hottest(root.path()), Some(61.25));
        assert_eq!(hottest(machine(&[]).path()), None);
    }

    #[test]
    fn the_firmwares_bits_say_now_and_before() {
        let of = |text| {
            let power = bits_of(text).unwrap();
            (power.under_voltage, power.throttled.unwrap())
        };
        assert_eq!(of("0"), (Since::Never, Since::Never));
        assert_eq!(of("50005"), (Since::Now, Since::Now));
        assert_eq!(of("0x50000"), (Since::Before, Since::Before));
        assert_eq!(of("80008"), (Since::Never, Since::Now));
        assert_eq!(of("10000"), (Since::Before, Since::Never));
    }

    #[test]
    fn a_board_without_the_firmwares_file_may_still_watch_its_voltage() {
        let alarm = |text| {
            let root = machine(&[
                ("sys/class/hwmon/hwmon0/name", "cpu_thermal\n"),
                ("sys/class/hwmon/hwmon1/name", "rpi_volt\n"),
                ("sys/class/hwmon/hwmon1/in0_lcrit_alarm", text),
            ]);
            read(root.path())
        };
        let power = |under_voltage| {
            Some(Power {
                under_voltage,
                throttled: None,
            })
        };
        assert_eq!(alarm("1\n"), power(Since::Now));
        assert_eq!(alarm("0\n"), power(Since::Never));
        assert_eq!(read(machine(&[]).path()), None);
    }
}
