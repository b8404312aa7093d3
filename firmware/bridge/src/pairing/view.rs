//! What the chair's console is told of boxes, and what it asks for: the only place of that JSON.

use pairing::{Hex, PublicKey};
use serde::{Deserialize, Serialize};

use super::register::{Now, Register};

/// `GET /pairing`. Times are in milliseconds since 1970.
#[derive(Serialize)]
pub struct View {
    now_ms: u64,
    rooms: Vec<String>,
    requests: Vec<RequestView>,
    boxes: Vec<BoxView>,
    invitations: Vec<InvitationView>,
    notices: Vec<NoticeView>,
}

#[derive(Serialize)]
struct RequestView {
    id: Hex<16>,
    name: String,
    fingerprint: String,
    tries: u32,
    /// Whether an exchange is under way.
    trying: bool,
    by_invitation: bool,
}

#[derive(Serialize)]
struct BoxView {
    key: Hex<32>,
    room: String,
    fingerprint: String,
    since_ms: u64,
    seen_ms: u64,
    there: bool,
}

#[derive(Serialize)]
struct InvitationView {
    name: String,
    rooms: Vec<InvitedView>,
    until_ms: u64,
}

#[derive(Serialize)]
struct InvitedView {
    room: String,
    spent: bool,
}

#[derive(Serialize)]
struct NoticeView {
    incident: &'static str,
    who: String,
    fingerprint: String,
    times: u32,
    at_ms: u64,
}

impl View {
    /// As it is now.
    pub fn of(register: &mut Register, rooms: Vec<String>, now: Now) -> Self {
        let requests = register.requests(now);
        let requests = requests.iter().map(|(id, request)| RequestView {
            id,
            name: request.name.clone(),
            fingerprint: request.key.fingerprint(),
            tries: request.tries,
            trying: requests.is_offered(&id),
            by_invitation: request.invitation.is_some(),
        });
        let requests = requests.collect();
        let mut boxes: Vec<BoxView> = (register.boxes())
            .map(|(key, paired)| BoxView {
                key: Hex(key.0),
                room: paired.room.clone(),
                fingerprint: key.fingerprint(),
                since_ms: paired.since_ms,
                seen_ms: paired.seen_ms,
                there: register.is_there(key, now),
            })
            .collect();
        let place = |name: &String| rooms.iter().position(|room| room == name);
        boxes.sort_by_key(|paired| place(&paired.room));
        Self {
            now_ms: now.unix_ms,
            requests,
            boxes,
            invitations: (register.invitations())
                .map(|invited| InvitationView {
                    name: invited.name.clone(),
                    rooms: (invited.rooms.iter())
                        .map(|(room, by)| InvitedView {
                            room: room.clone(),
                            spent: by.is_some(),
                        })
                        .collect(),
                    until_ms: invited.until_ms,
                })
                .collect(),
            notices: (register.notices().iter())
                .map(|notice| NoticeView {
                    incident: notice.incident.name(),
                    who: notice.who.clone(),
                    fingerprint: notice.fingerprint.clone(),
                    times: notice.times,
                    at_ms: notice.at_ms,
                })
                .collect(),
            rooms,
        }
    }
}

/// `POST /pairing/invitations`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    /// For these rooms.
    pub rooms: Vec<String>,
    /// For so many hours.
    pub hours: u32,
}

/// The answer: the invitation, which nobody is shown again.
#[derive(Serialize)]
pub struct InviteView {
    /// As it is to be written into `room.toml`.
    pub invitation: String,
}

/// A key as it stands in an address.
pub fn key_of(text: &str) -> Option<PublicKey> {
    Hex::parse(text).map(|Hex(key)| PublicKey(key))
}
