//! The chair runs an evening: the programme, one large button, questions room by room, undo.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/decks.rs"]
mod files;

use conference::wire::{
    DeckState, EveningView, FromBridge, FromClient, NextView, Role, SceneView, State,
};
use estrade_tests::Service;
use files::pdf;
use support::{BREST, CHAIR, Client, LOUDEAC, PROGRAMME, Running, settings, write_settings};

#[tokio::test]
async fn one_button_leads_through_an_evening() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("menuiserie.pdf"), pdf(9)).unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    let mut loudeac = Client::join(&bridge, Role::Room, LOUDEAC).await;
    chair.until("the deck is ready", has_deck).await;
    until(&mut chair, "all are there, nothing runs", |e| {
        e.scene == SceneView::Standby
    })
    .await;
    assert_eq!(chair.state.programme.title, "Les métiers du bois");
    assert_eq!(
        chair.state.programme.starts.as_deref(),
        Some("2026-12-03T18:30:00")
    );
    assert_eq!(chair.state.programme.items.len(), 7);
    chair
        .until("both are there", |s| {
            s.rooms.iter().all(|room| room.present)
        })
        .await;

    advance(&mut chair, |e| e.scene == SceneView::Welcome { room: None }).await;
    for room in ["Loudéac", "Brest"] {
        let greeted = SceneView::Welcome {
            room: Some(room.into()),
        };
        advance(&mut chair, |e| e.scene == greeted).await;
    }
    advance(&mut chair, |e| e.scene == SceneView::Speakers).await;
    advance(&mut chair, |e| {
        e.scene == SceneView::Slides && e.page == Some(0)
    })
    .await;
    let talk = chair.state.evening.clone();
    assert_eq!(talk.ends_ms.unwrap() - talk.since_ms.unwrap(), 15 * 60_000);
    loudeac
        .until("Brest alone is heard", |s| {
            s.floor.holder.as_deref() == Some("Brest")
                && !s.room("Loudéac").unwrap().microphone_open
        })
        .await;

    brest.say(FromClient::TurnPage { page: 4 }).await;
    until(&mut loudeac, "the page is turned", |e| e.page == Some(4)).await;

    advance(&mut chair, |e| {
        e.next
            == NextView::Offer {
                room: "Loudéac".into(),
            }
    })
    .await;
    advance(&mut chair, |e| e.offered.as_deref() == Some("Loudéac")).await;
    loudeac.say(FromClient::RequestFloor {}).await;
    until(&mut chair, "its hand is up", |e| {
        e.next
            == NextView::Question {
                room: "Loudéac".into(),
            }
    })
    .await;
    advance(&mut chair, |e| {
        e.scene == SceneView::Question && e.offered.is_none()
    })
    .await;
    brest
        .until("both are heard", |s| {
            s.rooms.iter().all(|room| room.microphone_open)
        })
        .await;
    advance(&mut chair, |e| e.scene == SceneView::Speaker).await;
    advance(&mut chair, |e| e.scene == SceneView::Mosaic).await;
    advance(&mut chair, |e| {
        e.scene == SceneView::FollowUp && e.next == NextView::End
    })
    .await;
    bridge.stop().await;
}

#[tokio::test]
async fn nothing_the_chair_does_is_final() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut second = Client::join(&bridge, Role::Chair, CHAIR).await;
    let _brest = Client::join(&bridge, Role::Room, BREST).await;
    chair.say(FromClient::GoTo { item: 3 }).await;
    until(&mut second, "the talk runs on both consoles", |e| e.at == 3).await;
    let began = second.state.evening.since_ms;
    let mosaic = Some(SceneView::Mosaic);
    chair.say(FromClient::ChooseScene { scene: mosaic }).await;
    until(&mut second, "all rooms are shown", |e| {
        e.chosen && e.scene == SceneView::Mosaic
    })
    .await;
    chair.say(FromClient::AddTime { minutes: 5 }).await;
    until(&mut second, "five minutes more", |e| {
        e.ends_ms.unwrap() - e.since_ms.unwrap() == 20 * 60_000
    })
    .await;
    second.say(FromClient::GoTo { item: 5 }).await;
    until(&mut chair, "somebody pressed the wrong button", |e| {
        e.at == 5
    })
    .await;
    chair.say(FromClient::Undo {}).await;
    until(&mut chair, "the talk goes on as if nothing had been", |e| {
        e.at == 3 && e.since_ms == began && e.scene == SceneView::Mosaic
    })
    .await;
    for _ in 0..3 {
        chair.say(FromClient::Undo {}).await;
    }
    until(&mut chair, "the lobby", |e| e.at == 0 && !e.can_undo).await;
    bridge.stop().await;
}

#[tokio::test]
async fn what_is_not_theirs_or_not_now_is_refused_in_words() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let mut brest = Client::join(&bridge, Role::Room, BREST).await;
    let mut loudeac = Client::join(&bridge, Role::Room, LOUDEAC).await;
    for (what, why) in [
        (FromClient::Undo {}, "there is nothing to take back"),
        (
            FromClient::GoTo { item: 99 },
            "the programme has no such item",
        ),
        (
            FromClient::AddTime { minutes: 5 },
            "this item has no time limit",
        ),
        (FromClient::TurnPage { page: 1 }, "no deck is shown now"),
        (
            FromClient::Greet {
                room: "Paris".into(),
            },
            "no such room",
        ),
    ] {
        refused(&mut chair, what, why).await;
    }
    refused(&mut brest, FromClient::Pass {}, "it is not question time").await;
    chair.say(FromClient::GoTo { item: 3 }).await;
    until(&mut loudeac, "the talk runs", |e| e.at == 3).await;
    let why = "only the speaker's room and the chair turn pages";
    refused(&mut loudeac, FromClient::TurnPage { page: 1 }, why).await;
    loudeac.say(FromClient::Advance {}).await;
    let answer = loudeac.answer().await;
    assert!(
        matches!(answer, FromBridge::Error { detail, .. } if detail == "only the chair may say advance")
    );
    bridge.stop().await;
}

#[tokio::test]
async fn a_bridge_that_is_killed_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_settings(folder.path(), &settings(), PROGRAMME);
    std::fs::write(folder.path().join("menuiserie.pdf"), pdf(9)).unwrap();
    let steps = [
        FromClient::Advance {},
        FromClient::Greet {
            room: "Brest".into(),
        },
        FromClient::GoTo { item: 3 },
        FromClient::TurnPage { page: 7 },
        FromClient::AddTime { minutes: 5 },
        FromClient::ChooseScene {
            scene: Some(SceneView::Mosaic),
        },
        FromClient::GoTo { item: 4 },
        FromClient::Advance {},
        FromClient::Undo {},
        FromClient::GrantFloor {
            room: "Loudéac".into(),
        },
        FromClient::Advance {},
        FromClient::GoTo { item: 5 },
    ];
    let mut seen: Option<State> = None;
    for step in steps {
        let bridge = Service::start("bridge", &file);
        let http = bridge.address("http");
        let mut chair = Client::join_at(http, Role::Chair, CHAIR).await;
        let _brest = Client::join_at(http, Role::Room, BREST).await;
        let mut loudeac = Client::join_at(http, Role::Room, LOUDEAC).await;
        chair
            .until("both are back", |s| s.rooms.iter().all(|room| room.present))
            .await;
        chair.until("the deck is ready", has_deck).await;
        if let Some(seen) = &seen {
            let same = |s: &State| s.evening == seen.evening && s.floor == seen.floor;
            chair.until(&format!("as before: {seen:?}"), same).await;
        }
        let before = chair.state.evening.clone();
        chair.say(step.clone()).await;
        chair
            .until(&format!("{step:?}"), |s| s.evening != before)
            .await;
        let holds = |s: &State| s.floor.holder.as_deref() == Some("Loudéac");
        if !holds(&chair.state) && chair.state.floor.queue.is_empty() {
            loudeac.say(FromClient::RequestFloor {}).await;
            chair
                .until("Loudéac's hand is up", |s| s.floor.queue == ["Loudéac"])
                .await;
        }
        // What follows one step comes as several events.
        chair.say(FromClient::RequestFloor {}).await;
        let _ = chair.answer().await;
        seen = Some(chair.state.clone());
        bridge.kill();
    }
}

fn has_deck(state: &State) -> bool {
    let deck = state.programme.speakers[0].deck.as_ref();
    deck.is_some_and(|deck| matches!(deck.state, DeckState::Ready { pages: 9, .. }))
}

async fn advance(chair: &mut Client, what: impl Fn(&EveningView) -> bool) {
    chair.say(FromClient::Advance {}).await;
    until(chair, "the next step", what).await;
}

async fn until(client: &mut Client, what: &str, wanted: impl Fn(&EveningView) -> bool) {
    client.until(what, |state| wanted(&state.evening)).await;
}

async fn refused(client: &mut Client, what: FromClient, why: &str) {
    client.say(what).await;
    let answer = client.answer().await;
    assert!(
        matches!(&answer, FromBridge::Refused { reason, .. } if reason.detail == why),
        "{answer:?}"
    );
}
