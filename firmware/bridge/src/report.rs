//! `GET /report`: what there is to keep of an evening, as JSON, or as a page to print.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;

use crate::auth;
use crate::problem::Problem;
use crate::programmes::problem_of;
use crate::server::App;

mod data;
mod page;
mod polls;

use data::Report;
use page::{Language, Style};

/// The furthest that clocks are from UTC, in minutes.
const MOST_OFFSET: i32 = 14 * 60;

/// How the page is to be.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    lang: Option<Language>,
    /// How far the reader's clock is before UTC, in minutes.
    utc_offset: Option<i32>,
}

/// The report of the evening so far.
pub(crate) async fn get(
    State(app): State<App>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    auth::chair(&app.config, &headers)?;
    let (first, entries) = app.desk.log().await.map_err(problem_of)?;
    let rooms = app.config.room_names();
    let report = Report::of(&first, &rooms, app.config.floor.into(), app.clock, &entries);
    let accepted = headers.get(header::ACCEPT);
    let wants_page = accepted
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("text/html"));
    if !wants_page {
        return Ok(Json(report).into_response());
    }
    let offset = wanted.utc_offset.unwrap_or_default();
    let style = Style {
        language: wanted.lang.unwrap_or_default(),
        utc_offset: offset.clamp(-MOST_OFFSET, MOST_OFFSET),
    };
    Ok(Html(page::page(&report, style)).into_response())
}
