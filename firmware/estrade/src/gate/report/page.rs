//! The page: texts, pictures and data put into its template. Pure.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use gate::Reason;

use super::data::{Data, Shares, seconds};
use super::lane::{Column, Lane};
use super::{Language, Pictures, Told, picture};
use crate::gate::progress::clock;
use crate::gate::track;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The whole page.
///
/// # Errors
/// A picture cannot be coded.
pub fn html(told: &Told, pictures: &Pictures, language: Language) -> anyhow::Result<String> {
    let (before, after) = (&pictures.before, &pictures.after);
    let data = Data::new(pictures, told.track, told.samples, language);
    let scale = scale(before).max(scale(after));
    let columns = before.columns().len();
    let parts = [
        ("style", STYLE.to_owned()),
        ("script", SCRIPT.to_owned()),
        ("data", serde_json::to_string(&data)?),
        ("lang", language.tag().to_owned()),
        ("name", escape(told.name)),
        ("facts", facts(told, language)),
        ("figures", figures(told, language)),
        ("reasons", reasons(told, language)),
        ("legend", legend(&data, language)),
        ("columns", columns.to_string()),
        ("track", bands(&data.shares)),
        ("wave_before", wave(before.columns(), scale)),
        ("wave_after", wave(after.columns(), scale)),
        ("voice", curve(&data.voice)),
        ("spectrum_before", embedded(before)?),
        ("spectrum_after", embedded(after)?),
        ("gradient", picture::gradient()),
        (
            "ticks",
            ticks(data.step * f64::from(u32::try_from(columns)?), language),
        ),
        ("scale", language.number(f64::from(20.0 * scale.log10()), 0)),
        ("dark", language.number(f64::from(picture::range_db().0), 0)),
        (
            "bright",
            language.number(f64::from(picture::range_db().1), 0),
        ),
    ];
    let mut page = in_language(TEMPLATE, language);
    for (name, part) in &parts {
        page = page.replace(&format!("{{{{{name}}}}}"), part);
    }
    Ok(page)
}

/// The template has its texts as `[[français|English]]`.
fn in_language(template: &str, language: Language) -> String {
    let mut page = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, text, after)) = rest.split_once("[[").and_then(|(before, after)| {
        let (text, after) = after.split_once("]]")?;
        Some((before, text.split_once('|')?, after))
    }) {
        page.push_str(before);
        page.push_str(match language {
            Language::Fr => text.0,
            Language::En => text.1,
        });
        rest = after;
    }
    page.push_str(rest);
    page
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        // What would be taken for a part to fill in.
        .replace("{{", "{\u{200b}{")
}

fn facts(told: &Told, language: Language) -> String {
    let facts = told.facts;
    let channels = match facts.channels {
        1 => language.of("1 canal", "1 channel").to_owned(),
        n => format!("{n} {}", language.of("canaux", "channels")),
    };
    let mut rows = vec![
        (
            language.of("Fichier", "File"),
            format!(
                "{} · {} · {channels} · {} Hz{}{}",
                escape(told.name),
                clock_in(told.samples, language),
                facts.rate,
                if facts.format.is_empty() { "" } else { " · " },
                escape(&facts.format)
            ),
        ),
        (
            language.of("Porte", "Gate"),
            format!(
                "{} · {}",
                if told.enabled {
                    language.of("en marche", "on")
                } else {
                    language.of(
                        "arrêtée (--off) : tout passe",
                        "off (--off): everything passes",
                    )
                },
                language.of(
                    "en direct, le son sort 30 ms après être entré",
                    "live, sound comes out 30 ms after it went in"
                )
            ),
        ),
        (
            language.of("Sortie", "Output"),
            format!(
                "48000 Hz · {} · {}",
                language.of("1 canal", "1 channel"),
                if told.float {
                    language.of("virgule flottante, 32 bits", "32-bit floating point")
                } else {
                    language.of("16 bits", "16 bits")
                }
            ),
        ),
    ];
    if let Some(places) = told.places {
        let mm = |metres: &f32| language.number(f64::from(*metres) * 1000.0, 1);
        let place = |place: &[f32; 3]| format!("({})", place.each_ref().map(mm).join("; "));
        let all: Vec<String> = places.iter().map(place).collect();
        rows.push((language.of("Micros, mm", "Microphones, mm"), all.join(" ")));
    }
    if told.limited > 0 {
        let text = language.of(
            "échantillons trop forts pour 16 bits ont été limités (--float les garde)",
            "samples were too loud for 16 bits and were limited (--float keeps them)",
        );
        rows.push((
            language.of("Attention", "Mind"),
            format!("{} {text}", told.limited),
        ));
    }
    if let Some(missing) = &told.missing {
        let text = language.of("le fichier est incomplet", "the file is not whole");
        rows.push((
            language.of("Attention", "Mind"),
            format!("{text} <small lang=en>({})</small>", escape(missing)),
        ));
    }
    rows.iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n"))
        .collect()
}

fn figures(told: &Told, language: Language) -> String {
    let by_reason = told.track.samples(told.samples);
    let open = track::open(&by_reason);
    let part = |samples: u64| seconds(samples) / seconds(told.samples).max(1e-9);
    let figure = |class: &str, value: String, name: &str, more: String| {
        format!(
            "<div class=\"figure {class}\"><b>{value}</b><span>{name}</span><small>{more}</small></div>\n"
        )
    };
    let closed = told.samples - open;
    let openings = told.track.openings(told.samples);
    figure(
        "open",
        language.percent(part(open)),
        language.of("ouverte", "open"),
        clock_in(open, language),
    ) + &figure(
        "closed",
        language.percent(part(closed)),
        language.of("fermée", "closed"),
        clock_in(closed, language),
    ) + &figure(
        "",
        openings.to_string(),
        if openings == 1 {
            language.of("ouverture", "opening")
        } else {
            language.of("ouvertures", "openings")
        },
        match openings {
            0 => String::new(),
            _ => {
                let mean = open / openings as u64;
                format!("{} {}", language.of("de", "of"), clock_in(mean, language))
                    + language.of(" en moyenne", " on the mean")
            }
        },
    )
}

/// The table by reason: those that happened, the longest first.
fn reasons(told: &Told, language: Language) -> String {
    let by_reason = told.track.samples(told.samples);
    let mut times = [0; Reason::ALL.len()];
    for (decision, _) in told.track.stretches(told.samples) {
        times[decision.reason as usize] += 1;
    }
    let mut happened: Vec<Reason> = Reason::ALL.to_vec();
    happened.retain(|reason| by_reason[*reason as usize] > 0);
    happened.sort_by_key(|reason| std::cmp::Reverse(by_reason[*reason as usize]));
    let row = |reason: &Reason| {
        let samples = by_reason[*reason as usize];
        let share = seconds(samples) / seconds(told.samples).max(1e-9);
        let (name, meaning, colour) = language.reason(*reason);
        let state = if reason.is_open() {
            language.of("ouverte", "open")
        } else {
            language.of("fermée", "closed")
        };
        format!(
            "<tr><td><i style=\"background:{colour}\"></i>{name}</td><td>{state}</td><td>{meaning}</td>\
             <td>{}</td><td>{}</td><td>{}</td>\
             <td class=bar><div style=\"width:{:.2}%;background:{colour}\"></div></td></tr>\n",
            times[*reason as usize],
            clock_in(samples, language),
            language.percent(share),
            100.0 * share
        )
    };
    happened.iter().map(row).collect()
}

/// The colours that are there.
fn legend(data: &Data, language: Language) -> String {
    let there = |reason: &&Reason| data.reasons.contains(&(**reason as usize));
    let entry = |reason: &Reason| {
        let (name, _, colour) = language.reason(*reason);
        format!("<span><i style=\"background:{colour}\"></i>{name}</span>")
    };
    Reason::ALL.iter().filter(there).map(entry).collect()
}

/// The reasons in a box of one unit a column, one unit high: each column is filled from below by the shares
/// of its reasons, which in a short file is one.
fn bands(columns: &[Shares]) -> String {
    let mut bands = String::new();
    for (n, reason) in Reason::ALL.iter().enumerate() {
        let mut path = String::new();
        let mut from = 0;
        let extent = |shares: &Shares| {
            let below: f64 = shares[..n].iter().sum();
            (1.0 - below, shares[n])
        };
        for run in columns.chunk_by(|a, b| extent(a) == extent(b)) {
            let (bottom, height) = run.first().map_or((1.0, 0.0), extent);
            if height > 0.0 {
                let width = run.len();
                // Writing to a string cannot fail, here and below.
                let _ = write!(path, "M{from} {bottom:.3}h{width}v-{height:.3}h-{width}Z");
            }
            from += run.len();
        }
        if !path.is_empty() {
            let colour = Language::En.reason(*reason).2;
            let _ = write!(bands, "<path fill=\"{colour}\" d=\"{path}\"/>");
        }
    }
    bands
}

/// The largest sample, which the waveforms' height stands for.
fn scale(lane: &Lane) -> f32 {
    let peaks = lane
        .columns()
        .iter()
        .map(|column| column.high.max(-column.low));
    peaks.fold(1e-3, f32::max)
}

/// The outline of a waveform in a box of one unit a column, from 1 to -1.
fn wave(columns: &[Column], scale: f32) -> String {
    let mut path = String::from("M0 0");
    let highs = columns.iter().map(|column| column.high).enumerate();
    let lows = columns.iter().map(|column| column.low).enumerate();
    for (n, value) in highs.chain(lows.rev()) {
        let _ = write!(path, "L{n}.5 {:.3}", -value / scale);
    }
    path + "Z"
}

/// The area under percentages in a box of one unit a column, from 0 to 100.
fn curve(percents: &[u8]) -> String {
    let mut path = String::from("M0 100");
    for (n, percent) in percents.iter().enumerate() {
        let _ = write!(path, "V{}H{}", 100 - percent, n + 1);
    }
    path + "V100Z"
}

fn embedded(lane: &Lane) -> anyhow::Result<String> {
    let png = picture::spectrogram(lane.columns())?;
    Ok(format!(
        "data:image/png;base64,{}",
        BASE64_STANDARD.encode(png)
    ))
}

/// Marks of the time axis: about ten, at round times.
fn ticks(span: f64, language: Language) -> String {
    const STEPS: [f64; 19] = [
        0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0,
        600.0, 1800.0, 3600.0, 7200.0,
    ];
    let step = STEPS.into_iter().find(|step| span / step <= 12.0);
    let step = step.unwrap_or(span / 10.0).max(1e-3);
    let mut ticks = String::new();
    let mut n = 0_u32;
    while f64::from(n) * step < span {
        let at = f64::from(n) * step;
        let label = if span < 60.0 {
            let decimals = usize::from(step < 1.0) + usize::from(step < 0.1);
            language.number(at, decimals) + "\u{a0}s"
        } else {
            let s = at.round();
            let (h, m, s) = ((s / 3600.0).floor(), (s / 60.0).floor() % 60.0, s % 60.0);
            if span < 3600.0 {
                format!("{m}:{s:02}")
            } else {
                format!("{h}:{m:02}:{s:02}")
            }
        };
        // At the very end there is no room for one.
        let label = if at < 0.95 * span { &*label } else { "" };
        let _ = write!(
            ticks,
            "<div class=tick style=\"left:{:.3}%\"><span>{label}</span></div>",
            100.0 * at / span
        );
        n += 1;
    }
    ticks
}

fn clock_in(samples: u64, language: Language) -> String {
    match language {
        Language::Fr => clock(samples).replace('.', ","),
        Language::En => clock(samples),
    }
}

#[cfg(test)]
mod tests {
    use pipelines::files::Facts;

    use super::*;
    use crate::gate::track::{Decision, Track};

    fn page(language: Language) -> String {
        let mut track = Track::default();
        for (at, reason) in [(0, Reason::NoVoice), (48_000, Reason::Voice)] {
            track.push(Decision {
                at,
                reason,
                voice: 0.25,
            });
        }
        let mut pictures = Pictures::new();
        for _ in 0..200 {
            pictures.before(&[0.25; 960], 2);
            pictures.after(&[0.25; 480]);
            pictures.voice(0.25);
        }
        pictures.finish();
        let told = Told {
            name: "<b>{{style}}.wav",
            facts: &Facts {
                format: "WAV".into(),
                rate: 44_100,
                channels: 2,
                announced: None,
            },
            missing: Some("is cut off".into()),
            samples: 96_000,
            limited: 3,
            float: false,
            enabled: true,
            places: Some(&[[0.0; 3], [0.05, 0.0, 0.0]]),
            track: &track,
        };
        html(&told, &pictures, language).expect("a page")
    }

    #[test]
    fn the_page_is_whole_and_asks_for_nothing() {
        for language in [Language::Fr, Language::En] {
            let page = page(language);
            for unwanted in ["{{", "[[", "http:", "https:", "src=\"/", "<b>{"] {
                assert!(!page.contains(unwanted), "{unwanted}");
            }
            assert!(page.contains("&lt;b&gt;{\u{200b}{style"));
            assert_eq!(page.matches("data:image/png;base64,").count(), 2);
        }
    }

    #[test]
    fn it_speaks_one_language() {
        let (french, english) = (page(Language::Fr), page(Language::En));
        for (fr, en) in [
            ("pas de voix", "no voice"),
            ("50,0\u{a0}%", "50.0%"),
            ("1 ouverture", "1 opening"),
            ("2 canaux", "2 channels"),
            ("lang=\"fr\"", "lang=\"en\""),
        ] {
            let [fr, en] =
                [fr, en].map(|text| text.replace("1 ouv", "ouv").replace("1 ope", "ope"));
            assert!(french.contains(&fr) && !french.contains(&en), "{fr}");
            assert!(english.contains(&en) && !english.contains(&fr), "{en}");
        }
    }

    #[test]
    fn the_axis_has_few_round_marks_at_any_length() {
        for span in [0.01, 0.3, 1.0, 9.9, 59.0, 61.0, 3600.0, 90_000.0] {
            let marks = ticks(span, Language::En).matches("tick").count();
            assert!((1..=13).contains(&marks), "{span}: {marks}");
        }
        assert!(ticks(3700.0, Language::En).contains(">0:10:00<"));
    }
}
