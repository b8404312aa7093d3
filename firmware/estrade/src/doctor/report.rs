//! Findings, for people and for programs. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use room::doctor::{Fact, Finding, Sign, worst};
use room::words::Words;
use serde::Serialize;

/// The form of the JSON; another number when a key changes its meaning or goes.
const FORM: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    form: u32,
    worst: Sign,
    findings: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    check: &'a str,
    code: &'a str,
    sign: Sign,
    text: String,
    cure: Option<String>,
    values: BTreeMap<&'a str, &'a Fact>,
}

/// One JSON object.
pub fn json(findings: &[Finding], words: &Words) -> Result<String, serde_json::Error> {
    let report = Report {
        form: FORM,
        worst: worst(findings),
        findings: findings.iter().map(|finding| of(finding, words)).collect(),
    };
    serde_json::to_string_pretty(&report)
}

fn of<'a>(finding: &'a Finding, words: &Words) -> Line<'a> {
    let told = |(name, fact): &'a (&'static str, Fact)| match fact {
        Fact::Text(_) | Fact::Number(_) => Some((*name, fact)),
        // The check says it already.
        Fact::Word(_) => None,
    };
    Line {
        check: finding.check,
        code: finding.code(),
        sign: finding.sign,
        text: finding.text(words),
        cure: finding.cure(words),
        values: finding.facts.iter().filter_map(told).collect(),
    }
}

/// A line for each finding, and below it what to do; then how many there are that are not well.
pub fn text(findings: &[Finding], words: &Words, colours: bool) -> String {
    let mut text = String::new();
    for finding in findings {
        let (sign, colour) = match finding.sign {
            Sign::Ok => ("✓", 32),
            Sign::Warning => ("!", 33),
            Sign::Fault => ("✗", 31),
        };
        let sign = match colours {
            true => format!("\x1b[{colour}m{sign}\x1b[0m"),
            false => sign.to_owned(),
        };
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{sign} {}", finding.text(words));
        if let Some(cure) = finding.cure(words) {
            let _ = writeln!(text, "  → {cure}");
        }
    }
    let count = |sign| {
        findings
            .iter()
            .filter(|finding| finding.sign == sign)
            .count()
    };
    text + &room::doctor::summary(words, count(Sign::Fault), count(Sign::Warning))
}
