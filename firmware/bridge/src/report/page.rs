//! The report as one page to read, print and keep: no script, nothing from elsewhere. Pure.

use std::fmt::{self, Write};

use conference::wire::ItemKind;
use serde::Deserialize;

use super::data::{Incident, IncidentKind, ItemReport, Report, RoomReport};
use super::polls::PollReport;
use crate::pages::escape;

/// In which words the page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// French.
    #[default]
    Fr,
    /// English.
    En,
}

/// How the page is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// In which words.
    pub language: Language,
    /// How far the reader's clock is before UTC, in minutes.
    pub utc_offset: i32,
}

impl Style {
    fn say(self, french: &'static str, english: &'static str) -> &'static str {
        match self.language {
            Language::Fr => french,
            Language::En => english,
        }
    }

    /// The time of day.
    fn clock(self, at_ms: u64) -> String {
        let minutes =
            i64::try_from(at_ms / 60_000).unwrap_or_default() + i64::from(self.utc_offset);
        let of_day = minutes.rem_euclid(24 * 60);
        format!("{:02}:{:02}", of_day / 60, of_day % 60)
    }
}

/// The look of the page, for screen and paper. It stands in the page, which people keep as one file.
const LOOK: &str = "body{font:16px/1.5 system-ui,'DejaVu Sans',sans-serif;color:#17222e;margin:2rem auto;max-width:56rem;padding:0 1rem}\
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:1.6rem 0 .4rem}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid #c9d2dc;vertical-align:top}\
th{font-weight:600}.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.quiet{color:#4b5968}\
@media print{body{margin:0;font-size:11pt}}";

/// The page.
pub fn page(report: &Report, style: Style) -> String {
    let mut html = String::new();
    // Writing into a text does not fail.
    let _ = write_page(&mut html, report, style);
    html
}

fn write_page(html: &mut String, report: &Report, style: Style) -> fmt::Result {
    let title = escape(&report.title);
    let lang = style.say("fr", "en");
    let head = style.say("Bilan de la soirée", "Report of the evening");
    writeln!(
        html,
        "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{head} : {title}</title><style>{LOOK}</style></head><body><main>\n\
         <h1>{title}</h1>\n<p class=\"quiet\">{head}{}</p>",
        when(report, style)
    )?;
    if report.items.is_empty() {
        let words = style.say(
            "La soirée n’a pas encore commencé.",
            "The evening has not begun yet.",
        );
        writeln!(html, "<p>{words}</p>")?;
    } else {
        write_items(html, &report.items, style)?;
    }
    write_rooms(html, report, style)?;
    write_polls(html, &report.polls, style)?;
    write_incidents(html, &report.incidents, style)?;
    writeln!(html, "</main></body></html>")
}

/// Day, from when to when, on the reader's clock.
fn when(report: &Report, style: Style) -> String {
    let mut text = String::new();
    if let Some(day) = report.starts.as_deref().and_then(|starts| starts.get(..10)) {
        let mut parts = day.split('-');
        let shown = match (style.language, parts.next(), parts.next(), parts.next()) {
            (Language::Fr, Some(year), Some(month), Some(day)) => format!("{day}/{month}/{year}"),
            _ => day.to_owned(),
        };
        text += &format!(", {shown}");
    }
    if let (Some(began), Some(until)) = (report.began_ms, report.until_ms) {
        let (began, until) = (style.clock(began), style.clock(until));
        text += &match style.language {
            Language::Fr => format!(", de {began} à {until}"),
            Language::En => format!(", from {began} to {until}"),
        };
    }
    text
}

fn write_items(html: &mut String, items: &[ItemReport], style: Style) -> fmt::Result {
    let heads = [
        style.say("Étape", "Item"),
        style.say("Début", "Began"),
        style.say("Durée", "Took"),
        style.say("Prévu", "Planned"),
        style.say("Écart", "Difference"),
    ];
    table(html, style.say("Déroulé", "What ran"), &heads)?;
    for item in items {
        let took = match item.took_ms {
            Some(took) => span(took),
            None => style.say("en cours", "still runs").into(),
        };
        let over = item.over_ms.map(|over| {
            let sign = if over < 0 { "−" } else { "+" };
            format!("{sign}{}", span(over.unsigned_abs()))
        });
        let cells = [
            escape(&item_name(item, style)),
            style.clock(item.began_ms),
            took,
            item.planned_ms.map(span).unwrap_or_default(),
            over.unwrap_or_default(),
        ];
        row(html, &cells)?;
    }
    html.write_str("</tbody></table>\n")
}

fn write_rooms(html: &mut String, report: &Report, style: Style) -> fmt::Result {
    let heads = [
        style.say("Salle", "Room"),
        style.say("Personnes", "People"),
        "Questions",
        style.say("Demandes refusées", "Requests refused"),
        style.say("Coupures", "Times lost"),
    ];
    table(html, style.say("Salles", "Rooms"), &heads)?;
    for room in &report.rooms {
        row(html, &room_cells(room))?;
    }
    let questions: u32 = report.rooms.iter().map(|room| room.questions).sum();
    let denied: u32 = report.rooms.iter().map(|room| room.denied).sum();
    let lost: u32 = report.rooms.iter().map(|room| room.lost).sum();
    let total = [
        "Total".into(),
        report.people.to_string(),
        questions.to_string(),
        denied.to_string(),
        lost.to_string(),
    ];
    row(html, &total)?;
    html.write_str("</tbody></table>\n")
}

fn room_cells(room: &RoomReport) -> [String; 5] {
    [
        escape(&room.name),
        room.people.map_or("–".into(), |people| people.to_string()),
        room.questions.to_string(),
        room.denied.to_string(),
        room.lost.to_string(),
    ]
}

/// Nothing where none was held.
fn write_polls(html: &mut String, polls: &[PollReport], style: Style) -> fmt::Result {
    for (number, poll) in (1..).zip(polls) {
        let heads = [
            style.say("Réponse", "Answer"),
            style.say("Par téléphone", "By phone"),
            style.say("À main levée", "By show of hands"),
            "Total",
        ];
        table(html, &escape(&poll_title(poll, number, style)), &heads)?;
        for (letter, answer) in ('A'..='D').zip(&poll.answers) {
            let name = format!("{letter}. {}", escape(&answer.text));
            row(html, &vote_cells(name, answer.phones, answer.hands))?;
        }
        let phones = poll.answers.iter().map(|answer| answer.phones).sum();
        let hands = poll.answers.iter().map(|answer| answer.hands).sum();
        row(html, &vote_cells("Total".into(), phones, hands))?;
        html.write_str("</tbody></table>\n")?;
    }
    Ok(())
}

fn vote_cells(name: String, phones: u32, hands: u32) -> [String; 4] {
    let total = phones + hands;
    [
        name,
        phones.to_string(),
        hands.to_string(),
        total.to_string(),
    ]
}

/// What was asked, and when.
fn poll_title(poll: &PollReport, number: u32, style: Style) -> String {
    let name = match (poll.question.as_str(), style.language) {
        ("", Language::Fr) => format!("Vote {number}"),
        ("", Language::En) => format!("Poll {number}"),
        (question, Language::Fr) => format!("Vote {number} : {question}"),
        (question, Language::En) => format!("Poll {number}: {question}"),
    };
    let opened = style.clock(poll.opened_ms);
    let closed = poll.closed_ms.map(|at| style.clock(at));
    match (closed, style.language) {
        (Some(closed), Language::Fr) => format!("{name} (de {opened} à {closed})"),
        (Some(closed), Language::En) => format!("{name} (from {opened} to {closed})"),
        (None, Language::Fr) => format!("{name} (ouvert à {opened}, pas encore terminé)"),
        (None, Language::En) => format!("{name} (opened at {opened}, not closed yet)"),
    }
}

fn write_incidents(html: &mut String, incidents: &[Incident], style: Style) -> fmt::Result {
    if incidents.is_empty() {
        let words = style.say("Aucun incident.", "Nothing went wrong.");
        return writeln!(html, "<h2>Incidents</h2><p>{words}</p>");
    }
    let heads = [
        style.say("Heure", "Time"),
        style.say("Ce qui s’est passé", "What happened"),
        style.say("Rétabli après", "Well again after"),
    ];
    table(html, "Incidents", &heads)?;
    for incident in incidents {
        let room = incident.room.as_deref().unwrap_or_default();
        let what = match (incident.what, style.language) {
            (IncidentKind::RoomLost, Language::Fr) => format!("{room} a disparu"),
            (IncidentKind::RoomLost, Language::En) => format!("{room} was lost"),
            (IncidentKind::BridgeRestarted, Language::Fr) => "Le pont a redémarré".into(),
            (IncidentKind::BridgeRestarted, Language::En) => "The bridge was restarted".into(),
        };
        let back = incident.back_ms.map_or_else(
            || style.say("pas revenu", "not back").into(),
            |back| span(back.saturating_sub(incident.at_ms)),
        );
        row(html, &[style.clock(incident.at_ms), escape(&what), back])?;
    }
    html.write_str("</tbody></table>\n")
}

/// Opens a table; the first column is of words, those after it of figures.
fn table(html: &mut String, title: &str, heads: &[&str]) -> fmt::Result {
    write!(html, "<h2>{title}</h2><table><thead><tr>")?;
    for (n, head) in heads.iter().enumerate() {
        write!(html, "<th scope=\"col\"{}>{head}</th>", class(n))?;
    }
    html.write_str("</tr></thead><tbody>\n")
}

/// One row; the cells are escaped already.
fn row(html: &mut String, cells: &[String]) -> fmt::Result {
    html.write_str("<tr>")?;
    for (n, cell) in cells.iter().enumerate() {
        write!(html, "<td{}>{cell}</td>", class(n))?;
    }
    html.write_str("</tr>\n")
}

const fn class(column: usize) -> &'static str {
    if column == 0 { "" } else { " class=\"n\"" }
}

/// Minutes and seconds.
fn span(ms: u64) -> String {
    let seconds = (ms + 500) / 1000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    if hours > 0 {
        return format!("{hours} h {minutes:02} min");
    }
    format!("{minutes} min {:02} s", seconds % 60)
}

fn item_name(item: &ItemReport, style: Style) -> String {
    let speaker = item.speaker.as_deref().unwrap_or_default();
    match item.kind {
        ItemKind::Lobby => style.say("Avant le début", "Before the start").into(),
        ItemKind::Welcome => style
            .say("Bienvenue aux salles", "Welcome to the rooms")
            .into(),
        ItemKind::Speakers => style
            .say("Présentation des intervenants", "Presenting the speakers")
            .into(),
        ItemKind::Talk => match style.language {
            Language::Fr => format!("Exposé : {speaker}"),
            Language::En => format!("Talk: {speaker}"),
        },
        ItemKind::Questions => match style.language {
            Language::Fr => format!("Questions à {speaker}"),
            Language::En => format!("Questions to {speaker}"),
        },
        ItemKind::Closing => style.say("Au revoir", "Goodbye").into(),
        ItemKind::FollowUp => style
            .say("La suite, dans chaque ville", "What follows, in each town")
            .into(),
    }
}
