//! `GET /evening.ics`: the evening for people's calendars (RFC 5545).
//!
//! Without a token, when the settings say so: calendars cannot send one but in the address, where it would end in logs and
//! histories. It tells no more than a poster does. The chair may read it in any case, to send it by mail.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};
use conference::{Programme, Speaker};
use icalendar::{Calendar, Component, Event, EventLike};

use crate::auth;
use crate::problem::Problem;
use crate::programmes::problem_of;
use crate::server::App;

/// Minutes of an evening without talks.
const MINUTES_WITHOUT_TALKS: u16 = 60;

/// The evening as a calendar with one event.
pub(crate) async fn get(State(app): State<App>, headers: HeaderMap) -> Result<Response, Problem> {
    if !app.config.publish_calendar && auth::chair(&app.config, &headers).is_err() {
        let detail = "this calendar is not public; send the chair's token as bearer token, or write \
                      publish_calendar = true into bridge.toml";
        let challenge = "Bearer realm=\"estrade\"";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, detail)
            .with(header::WWW_AUTHENTICATE, challenge));
    }
    let programme = app.desk.programme().await.map_err(problem_of)?;
    let begun_ms = i64::try_from(app.clock.1).unwrap_or_default();
    let text = calendar(&programme, &app.config.title, begun_ms).ok_or_else(|| {
        let detail = "the programme has no day yet; give it one in the console";
        Problem::new(StatusCode::NOT_FOUND, detail)
    })?;
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"evening.ics\"",
        ),
    ];
    Ok((headers, text).into_response())
}

/// Nothing while the programme has no day.
fn calendar(programme: &Programme, bridge: &str, stamp_ms: i64) -> Option<String> {
    let starts = starts_of(programme)?;
    let ends = starts + TimeDelta::minutes(i64::from(minutes(programme)));
    let mut event = Event::new();
    // Of the bridge and the day: whatever else changes, calendars know it again.
    let bridge: String = bridge.chars().filter(|c| c.is_alphanumeric()).collect();
    event
        .uid(&format!("{}-{bridge}@estrade", starts.date()))
        .timestamp(DateTime::from_timestamp_millis(stamp_ms)?)
        .summary(&programme.title)
        .location(&programme.rooms.join(", "))
        .description(&description(programme))
        // Without a zone: on the clocks of the rooms (RFC 5545 section 3.3.5, form 1).
        .starts(starts)
        .ends(ends);
    let calendar = Calendar::new().name(&programme.title).push(event).done();
    Some(calendar.to_string())
}

fn starts_of(programme: &Programme) -> Option<NaiveDateTime> {
    let (date, time) = (programme.starts?.date?, programme.starts?.time?);
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())?.and_hms_opt(
        time.hour.into(),
        time.minute.into(),
        time.second.unwrap_or_default().into(),
    )
}

/// How long all talks and questions are.
fn minutes(programme: &Programme) -> u16 {
    let each = programme.speakers.iter();
    match each
        .map(|speaker| speaker.minutes + speaker.questions)
        .sum()
    {
        0 => MINUTES_WITHOUT_TALKS,
        minutes => minutes,
    }
}

fn description(programme: &Programme) -> String {
    let line = |speaker: &Speaker| {
        let parts = [&speaker.name, &speaker.trade, &speaker.town];
        let told: Vec<&str> = parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(String::as_str)
            .collect();
        told.join(", ")
    };
    let lines: Vec<String> = programme.speakers.iter().map(line).collect();
    lines.join("\n")
}
