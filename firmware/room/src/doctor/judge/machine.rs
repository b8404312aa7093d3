//! Packages, clock, heat, power, disks, memory, versions. Pure.

use board::health::{Clock, Disk, Health, Memory, Since, Spare, Wear};

use super::super::facts::Facts;
use super::super::{Fact, Finding, Sign};
use super::{finding, text};

/// A Raspberry Pi slows down from 80 °C, and at 85 °C as far as it can.
const WARM: f32 = 75.0;
const HOT: f32 = 85.0;
/// With less the box cannot write its journal any more; with less than that the decks of an evening may not fit.
const FULL: u64 = 100_000_000;
const TIGHT: u64 = 500_000_000;
/// Of a memory's life, in percent.
const WORN: u8 = 80;
/// Free memory below one part of so many.
const LITTLE_MEMORY: u64 = 10;
/// More programs want a processor than there are.
const BUSY: f32 = 1.5;

pub(super) fn packages(facts: &Facts) -> Vec<Finding> {
    let of = |sign, message, facts| vec![finding("packages", sign, message, facts)];
    match &facts.lacks {
        Err(reason) => {
            let facts = vec![("reason", text(reason))];
            return of(Sign::Fault, "doctor-library-broken", facts);
        }
        Ok(lacks) if !lacks.is_empty() => {
            let mut packages: Vec<&str> = lacks.iter().map(|(_, package)| *package).collect();
            packages.sort_unstable();
            packages.dedup();
            let elements: Vec<&str> = lacks.iter().map(|(element, _)| *element).collect();
            let facts = vec![
                ("elements", text(elements.join(", "))),
                ("packages", text(packages.join(" "))),
            ];
            return of(Sign::Fault, "doctor-packages-missing", facts);
        }
        Ok(_) => {}
    }
    let message = match facts.encoder {
        None => return vec![],
        Some((_, true)) => "doctor-encoder-board",
        Some((_, false)) => "doctor-encoder-program",
    };
    let name = facts.encoder.map_or("", |(name, _)| name);
    of(Sign::Ok, message, vec![("name", text(name))])
}

pub(super) fn clock(clock: Clock) -> Finding {
    let (sign, message) = match clock {
        Clock::Synchronised => (Sign::Ok, "doctor-clock-well"),
        Clock::Free => (Sign::Warning, "doctor-clock-free"),
        Clock::Unknown => (Sign::Warning, "doctor-clock-unknown"),
    };
    finding("clock", sign, message, vec![])
}

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let health = &facts.health;
    let mut findings = Vec::new();
    findings.extend(health.temperature.map(heat));
    findings.extend(power(health));
    findings.extend(health.disks.iter().map(disk));
    findings.extend(facts.not_writable.as_ref().map(|folder| {
        let facts = vec![("folder", text(folder))];
        finding("disk", Sign::Fault, "doctor-disk-read-only", facts)
    }));
    findings.extend(health.errors.iter().map(|(device, count)| {
        let count = usize::try_from(*count).unwrap_or(usize::MAX);
        let facts = vec![("device", text(device)), ("n", Fact::Number(count))];
        finding("disk", Sign::Fault, "doctor-disk-errors", facts)
    }));
    findings.extend(health.wear.iter().filter_map(wear));
    findings.extend(load(health));
    findings.push(versions(facts));
    findings
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a temperature, in words"
)]
fn heat(degrees: f32) -> Finding {
    let (sign, message) = match degrees {
        _ if degrees >= HOT => (Sign::Fault, "doctor-heat-hot"),
        _ if degrees >= WARM => (Sign::Warning, "doctor-heat-warm"),
        _ => (Sign::Ok, "doctor-heat-well"),
    };
    let degrees = Fact::Number(degrees.max(0.0).round() as usize);
    finding("heat", sign, message, vec![("degrees", degrees)])
}

fn power(health: &Health) -> Option<Finding> {
    let power = health.power?;
    let throttled = power.throttled.unwrap_or(Since::Never);
    let (sign, message) = match (power.under_voltage, throttled) {
        (Since::Now, _) => (Sign::Fault, "doctor-power-low"),
        (_, Since::Now) => (Sign::Fault, "doctor-power-throttled"),
        (Since::Before, _) => (Sign::Warning, "doctor-power-was-low"),
        (_, Since::Before) => (Sign::Warning, "doctor-power-was-throttled"),
        (Since::Never, Since::Never) => (Sign::Ok, "doctor-power-well"),
    };
    Some(finding("power", sign, message, vec![]))
}

fn disk(disk: &Disk) -> Finding {
    let (sign, message) = match disk.free {
        free if free < FULL => (Sign::Fault, "doctor-disk-full"),
        free if free < TIGHT => (Sign::Warning, "doctor-disk-tight"),
        _ => (Sign::Ok, "doctor-disk-well"),
    };
    let facts = vec![
        ("folder", text(disk.folder.display().to_string())),
        ("free", text(gigabytes(disk.free))),
    ];
    finding("disk", sign, message, facts)
}

/// With two decimals below ten.
fn gigabytes(bytes: u64) -> String {
    match bytes / 10_000_000 {
        parts if parts < 1000 => format!("{}.{:02}", parts / 100, parts % 100),
        parts => (parts / 100).to_string(),
    }
}

fn wear(wear: &Wear) -> Option<Finding> {
    let used = wear.used.unwrap_or(0);
    let sign = match wear.spare {
        Some(Spare::Urgent) => Sign::Fault,
        Some(Spare::Warning | Spare::Normal) | None if used > 100 => Sign::Fault,
        Some(Spare::Warning) => Sign::Warning,
        Some(Spare::Normal) | None if used > WORN => Sign::Warning,
        Some(Spare::Normal) | None => return None,
    };
    let facts = vec![
        ("device", text(&wear.device)),
        ("used", Fact::Number(used.into())),
    ];
    Some(finding("disk", sign, "doctor-disk-worn", facts))
}

fn load(health: &Health) -> Option<Finding> {
    let little = |memory: &Memory| memory.free < memory.size / LITTLE_MEMORY;
    if let Some(memory) = health.memory.filter(little) {
        let facts = vec![("free", text(gigabytes(memory.free)))];
        let message = "doctor-memory-little";
        return Some(finding("memory", Sign::Warning, message, facts));
    }
    let busy = health.load.is_some_and(|load| load > BUSY);
    busy.then(|| finding("memory", Sign::Warning, "doctor-busy", vec![]))
}

fn versions(facts: &Facts) -> Finding {
    let [program, system, kernel, library] = &facts.versions;
    let model = facts.health.model.as_deref().unwrap_or("?");
    let facts = vec![
        ("program", text(program)),
        ("system", text(system)),
        ("kernel", text(kernel)),
        ("library", text(library)),
        ("model", text(model)),
    ];
    finding("versions", Sign::Ok, "doctor-versions", facts)
}
