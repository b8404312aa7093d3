//! `GET /api/media`: the media's figures, for whoever has the chair's token.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::auth;
use crate::problem::Problem;
use crate::server::App;
use crate::sfu::{PictureStats, RoomStats};

/// What comes from each room since it connected, by the room's name.
pub(crate) async fn media(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    auth::chair(&app.config, &headers)?;
    let stopping = |error: crate::media::MediaError| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string())
    };
    let stats = app.media.stats().await.map_err(stopping)?;
    let rooms: serde_json::Map<String, Value> = stats
        .rooms
        .iter()
        .filter_map(|(id, room)| {
            let config = app.config.rooms.get(usize::from(id.0))?;
            Some((config.name.clone(), figures(room)))
        })
        .collect();
    Ok(Json(
        json!({ "rooms": rooms, "viewers": stats.viewers.len() }),
    ))
}

fn figures(room: &RoomStats) -> Value {
    let sum = |figure: fn(&PictureStats) -> u64| room.pictures.values().map(figure).sum::<u64>();
    json!({
        "connected": room.connected,
        "audio_packets": room.audio_packets,
        "video_packets": sum(|picture| picture.packets),
        "video_bps": sum(|picture| picture.bps),
        "rtt_us": room.rtt_us,
        "loss": room.loss,
    })
}
