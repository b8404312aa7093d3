//! Decks, as a person and a box meet them: brought, made into pages, fetched, and what is said of those that cannot be.
#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

#[path = "support/bridge.rs"]
mod support;

#[path = "support/decks.rs"]
mod files;

#[path = "support/fetching.rs"]
mod fetching;

use std::path::Path;
use std::time::Duration;

use conference::wire::{DeckState, FromBridge, FromClient, Role, SceneView};
use estrade_tests::{Service, wait_for};
use fetching::{
    bring, client, deck, decoded, get, half_made, hex, problem, ready, send, settled, until,
};
use files::{NOTE, hostile_pdfs, locked_pdf, odp, odp_linking, pdf, pptx, slow_pdf, zipped};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{BREST, CHAIR, Client, PROGRAMME, Running, VIEWER, settings, within, write_settings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Two speakers; the first one's deck is named, and not there.
const TWO: &str = r#"
title = "Les métiers du bois"
rooms = ["Loudéac", "Brest"]

[[speaker]]
name = "Anne Le Goff"
room = "Brest"
deck = "menuiserie.pdf"

[[speaker]]
name = "Yann Kervella"
room = "Loudéac"
"#;

#[tokio::test]
async fn a_deck_is_brought_made_and_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    until(&mut chair, 0, "it is missed", |d| {
        d.state == DeckState::Missing
    })
    .await;

    let answer = bring(bridge.http, 0, "été.pdf", pdf(3)).await;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    let id = ready(&mut chair, 0, 3).await;
    assert_eq!(deck(&chair.state, 0).unwrap().name, "été.pdf");

    let manifest = get(bridge.http, &format!("/decks/{id}"), BREST).await;
    let manifest: Value = manifest.json().await.unwrap();
    assert_eq!(
        (&manifest["id"], &manifest["name"]),
        (&id.as_str().into(), &"été.pdf".into())
    );
    for (number, page) in manifest["pages"].as_array().unwrap().iter().enumerate() {
        let path = format!("/decks/{id}/pages/{number}");
        let answer = get(bridge.http, &path, BREST).await;
        assert_eq!(answer.headers()["content-type"], "image/png");
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(page["bytes"], bytes.len());
        assert_eq!(page["sha256"], hex(&Sha256::digest(&bytes)));
        let (width, height, pixels) = decoded(&bytes);
        assert_eq!((width, height), (1920, 1080));
        assert_eq!(
            pixels[(540 * 1920 + 320) * 3..][..3],
            [255, 0, 0],
            "the red square"
        );
        assert_eq!(pixels[..3], [255, 255, 255]);
    }
    let thumb = get(bridge.http, &format!("/decks/{id}/thumbs/2"), CHAIR).await;
    let (width, height, _) = decoded(&thumb.bytes().await.unwrap());
    assert_eq!((width, height), (320, 180));
    bridge.stop().await;
}

#[tokio::test]
async fn a_page_is_fetched_on_from_where_it_broke_off() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    bring(bridge.http, 1, "a.pdf", pdf(1)).await;
    let id = ready(&mut chair, 1, 1).await;
    let path = format!("/decks/{id}/pages/0");
    let whole = get(bridge.http, &path, BREST).await;
    let tag = whole.headers()["etag"].clone();
    assert!(
        whole.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let whole = whole.bytes().await.unwrap();
    let ask = |headers: &[(&'static str, &str)]| {
        let request = client()
            .get(format!("http://{}{path}", bridge.http))
            .bearer_auth(BREST);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        async { within(request.send()).await.unwrap() }
    };

    let rest = ask(&[
        ("range", "bytes=1000-"),
        ("if-range", tag.to_str().unwrap()),
    ])
    .await;
    assert_eq!(rest.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(rest.headers()["etag"], tag);
    assert_eq!(rest.bytes().await.unwrap(), whole[1000..]);
    let another = ask(&[("range", "bytes=1000-"), ("if-range", "\"another\"")]).await;
    assert_eq!(another.status(), StatusCode::OK);
    assert_eq!(another.bytes().await.unwrap(), whole);
    let same = ask(&[("if-none-match", tag.to_str().unwrap())]).await;
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    let beyond = ask(&[("range", "bytes=99999999-")]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    bridge.stop().await;
}

#[tokio::test]
async fn slides_are_shown_and_turned_as_far_as_the_deck_goes() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let _brest = Client::join(&bridge, Role::Room, BREST).await;
    chair.say(FromClient::GoTo { item: 3 }).await;
    chair
        .until("the talk, without slides", |s| {
            s.evening.at == 3 && s.evening.scene == SceneView::Speaker
        })
        .await;
    bring(bridge.http, 0, "a.pdf", pdf(2)).await;
    chair
        .until("slides, as soon as they are there", |s| {
            s.evening.scene == SceneView::Slides && s.evening.page == Some(0)
        })
        .await;
    chair.say(FromClient::TurnPage { page: 1 }).await;
    chair
        .until("the page is turned", |s| s.evening.page == Some(1))
        .await;
    chair.say(FromClient::TurnPage { page: 2 }).await;
    let answer = chair.answer().await;
    assert!(
        matches!(&answer, FromBridge::Refused { reason, .. } if reason.code == "no_such_page"),
        "{answer:?}"
    );

    let taken_off = send(
        bridge.http,
        Method::DELETE,
        "/decks?speaker=0",
        CHAIR,
        Vec::new(),
    )
    .await;
    assert_eq!(taken_off.status(), StatusCode::NO_CONTENT);
    chair
        .until("the speaker again, and no deck", |s| {
            s.evening.scene == SceneView::Speaker && deck(s, 0).is_none()
        })
        .await;
    let again = send(
        bridge.http,
        Method::DELETE,
        "/decks?speaker=0",
        CHAIR,
        Vec::new(),
    )
    .await;
    problem(again, 404, "this speaker has no deck").await;
    bridge.stop().await;
}

#[tokio::test]
async fn pptx_and_odp_go_through_libreoffice() {
    let folder = tempfile::tempdir().unwrap();
    // A path that is not an address as it stands.
    let folder = folder.path().join("Les décks 100 %");
    std::fs::create_dir(&folder).unwrap();
    let bridge = Running::start_in(&folder, &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    // What the files are is in them, not in their names.
    bring(bridge.http, 0, "a.pdf", pptx()).await;
    bring(bridge.http, 1, "b.pptx", odp()).await;
    let (first, _) = tokio::join!(settled(bridge.http, 0), settled(bridge.http, 1));
    let DeckState::Ready { id, pages: 2 } = first else {
        panic!("{first:?}");
    };
    let page = get(bridge.http, &format!("/decks/{id}/pages/0"), BREST).await;
    let (width, height, pixels) = decoded(&page.bytes().await.unwrap());
    assert_eq!((width, height), (1920, 1080));
    assert_eq!(
        pixels[(900 * 1920 + 300) * 3..][..3],
        [255, 0, 0],
        "the slide's red half"
    );
    assert_eq!(notes(&bridge, &id).await, ["", NOTE]);
    let id = ready(&mut chair, 1, 3).await;
    assert_eq!(notes(&bridge, &id).await, [NOTE, "", ""]);
    let path = format!("/decks/{id}/notes");
    let answer = get(bridge.http, &path, BREST).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "only the chair");
    let page = get(bridge.http, &format!("/decks/{id}/pages/2"), BREST).await;
    let (width, height, _) = decoded(&page.bytes().await.unwrap());
    assert_eq!((width, height), (1440, 1080));
    bridge.stop().await;
}

/// What the speaker wrote below each slide.
async fn notes(bridge: &Running, id: &str) -> Vec<String> {
    let answer = get(bridge.http, &format!("/decks/{id}/notes"), CHAIR).await;
    within(answer.json()).await.unwrap()
}

#[tokio::test]
async fn without_libreoffice_it_is_said_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_settings(folder.path(), &settings(), TWO);
    let bridge = Service::start_with("bridge", &file, &[("PATH", "/nowhere")]);
    let http = bridge.address("http");
    bring(http, 0, "a.pptx", pptx()).await;
    let state = settled(http, 0).await;
    let DeckState::Failed(reason) = &state else {
        panic!("{state:?}");
    };
    assert!(
        reason.detail.contains("libreoffice-impress-nogui"),
        "{reason}"
    );
    let mut chair = Client::join_at(http, Role::Chair, CHAIR).await;
    bring(http, 0, "a.pdf", pdf(1)).await;
    ready(&mut chair, 0, 1).await;
    bridge.stop();
}

#[tokio::test]
async fn what_cannot_be_a_deck_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let cut_off = pdf(2);
    for (file, why) in [
        (Vec::new(), "the file is empty"),
        (
            cut_off[..cut_off.len() - 40].to_vec(),
            "the file is cut off",
        ),
        (b"Bonjour".to_vec(), "neither PDF nor PPTX nor ODP"),
        (
            zipped(&[("word/document.xml", "")]),
            "a document of another kind",
        ),
        (
            b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1....".to_vec(),
            "an old PowerPoint file, or one with a password",
        ),
        (b"\x89PNG\r\n\x1A\n....".to_vec(), "this is a picture"),
    ] {
        problem(bring(bridge.http, 0, "a.pdf", file).await, 415, why).await;
    }
    for (query, status, why) in [
        ("speaker=7&name=a.pdf", 404, "no such speaker; it has 2"),
        ("speaker=-1&name=a.pdf", 400, "speaker=N"),
        ("speaker=0", 400, "name=FILE"),
        ("speaker=0&name=", 400, "1 to 100 characters"),
        ("speaker=0&name=a%00b", 400, "1 to 100 characters"),
    ] {
        let answer = send(
            bridge.http,
            Method::POST,
            &format!("/decks?{query}"),
            CHAIR,
            pdf(1),
        )
        .await;
        problem(answer, status, why).await;
    }
    let incoming = std::fs::read_dir(folder.path().join("decks/incoming")).unwrap();
    assert_eq!(incoming.count(), 0, "nothing is left of them");
    bridge.stop().await;
}

#[tokio::test]
async fn what_turns_out_not_to_be_one_is_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let odp = odp();
    let broken_odp = [
        &odp[..200],
        &b"\0".repeat(odp.len() - 300),
        &odp[odp.len() - 100..],
    ]
    .concat();
    for (file, why, code) in [
        (
            b"%PDF-1.7\nnothing of a PDF\n%%EOF".to_vec(),
            "the file is broken",
            "deck_broken",
        ),
        (locked_pdf(), "asks for a password", "deck_locked"),
        (pdf(0), "no page", "deck_no_page"),
        (pdf(500), "more than 300 pages", "deck_too_long"),
        (broken_odp, "LibreOffice cannot open", "deck_office"),
    ] {
        let answer = bring(bridge.http, 0, "a.pdf", file).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{why}");
        let state = settled(bridge.http, 0).await;
        assert!(
            matches!(&state, DeckState::Failed(reason) if reason.detail.contains(why) && reason.code == code),
            "{why}: {state:?}"
        );
    }
    bridge.stop().await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_before_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let head = format!(
        "POST /decks?speaker=0&name=a.pdf HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {CHAIR}\r\nconnection: close\r\n"
    );
    // Said at once, without a byte of it.
    let mut told = TcpStream::connect(bridge.http).await.unwrap();
    told.write_all(format!("{head}content-length: 300000000\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut answer = [0; 12];
    within(told.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");

    // Found out on the way, and never more of it kept.
    let mut untold = TcpStream::connect(bridge.http).await.unwrap();
    untold
        .write_all(format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let piece = [b"f4240\r\n".as_slice(), &vec![b'x'; 1_000_000], b"\r\n"].concat();
    for _ in 0..201 {
        within(untold.write_all(&piece)).await.unwrap();
    }
    within(untold.read_exact(&mut answer)).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
    let empty = async || {
        let incoming = std::fs::read_dir(folder.path().join("decks/incoming")).unwrap();
        (incoming.count() == 0).then_some(())
    };
    wait_for("nothing of it is left", Duration::from_secs(10), empty).await;
    bridge.stop().await;
}

#[tokio::test]
async fn hostile_files_take_nothing_down() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    for (what, file) in hostile_pdfs() {
        let answer = bring(bridge.http, 0, "a.pdf", file).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED, "{what}");
        let state = settled(bridge.http, 0).await;
        println!("{what}: {state:?}");
    }
    bring(bridge.http, 0, "a.pdf", pdf(1)).await;
    assert!(matches!(
        settled(bridge.http, 0).await,
        DeckState::Ready { pages: 1, .. }
    ));
    bridge.stop().await;
}

#[tokio::test]
async fn what_a_document_links_to_is_not_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let link = format!("http://{}/picture.png", web.local_addr().unwrap());
    bring(bridge.http, 0, "a.odp", odp_linking(&link)).await;
    let state = tokio::select! {
        state = settled(bridge.http, 0) => state,
        _ = web.accept() => panic!("somebody calls {link}"),
    };
    assert!(
        matches!(state, DeckState::Ready { pages: 1, .. }),
        "{state:?}"
    );
    bridge.stop().await;
}

#[tokio::test]
async fn only_who_may_gets_in_and_no_path_leads_out() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    bring(bridge.http, 0, "a.pdf", pdf(1)).await;
    let id = ready(&mut chair, 0, 1).await;
    for token in [BREST, VIEWER, "wrong", ""] {
        let path = "/decks?speaker=0&name=a.pdf";
        problem(
            send(bridge.http, Method::POST, path, token, pdf(1)).await,
            401,
            "only the chair may",
        )
        .await;
        problem(
            send(bridge.http, Method::DELETE, path, token, Vec::new()).await,
            401,
            "only the chair may",
        )
        .await;
    }
    for path in [
        format!("/decks/{id}"),
        format!("/decks/{id}/pages/0"),
        format!("/decks/{id}/thumbs/0"),
    ] {
        for token in [VIEWER, "wrong", ""] {
            problem(
                get(bridge.http, &path, token).await,
                401,
                "only the chair and the rooms may",
            )
            .await;
        }
    }
    let zeros = "0".repeat(64);
    for path in [
        format!("/decks/{zeros}"),
        format!("/decks/{zeros}/pages/0"),
        format!("/decks/{id}/pages/1"),
        format!("/decks/{id}/pages/-1"),
        format!("/decks/{id}/pages/0.png"),
        format!("/decks/{id}/pages/..%2Fmanifest.json"),
        format!("/decks/{id}/thumbs/99"),
        format!("/decks/{}", id.to_uppercase()),
        "/decks/..%2F..%2Fbridge.toml".to_owned(),
        "/decks/%2e%2e/pages/0".to_owned(),
        "/decks/index.json".to_owned(),
    ] {
        let answer = get(bridge.http, &path, CHAIR).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
    }
    bridge.stop().await;
}

#[tokio::test]
async fn without_a_folder_it_is_said_what_to_write() {
    let bridge = Running::start_with(&settings(), PROGRAMME).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    until(&mut chair, 0, "the programme's deck is missed", |d| {
        d.state == DeckState::Missing
    })
    .await;
    let answer = bring(bridge.http, 0, "a.pdf", pdf(1)).await;
    problem(answer, 409, "decks = \"decks\"").await;
    bridge.stop().await;
}

#[tokio::test]
async fn the_same_file_is_made_once_and_lies_beside_the_programme_too() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("menuiserie.pdf"), pdf(4)).unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    let id = ready(&mut chair, 0, 4).await;
    let page = folder.path().join("decks").join(&id).join("0.png");
    let made = std::fs::metadata(&page).unwrap().modified().unwrap();
    bring(bridge.http, 1, "autre nom.pdf", pdf(4)).await;
    assert_eq!(ready(&mut chair, 1, 4).await, id);
    assert_eq!(deck(&chair.state, 1).unwrap().name, "autre nom.pdf");
    assert_eq!(std::fs::metadata(&page).unwrap().modified().unwrap(), made);

    // Another deck for the first speaker; the second one's is still there.
    bring(bridge.http, 0, "corrigé.pdf", pdf(5)).await;
    ready(&mut chair, 0, 5).await;
    assert_eq!(
        get(bridge.http, &format!("/decks/{id}/pages/3"), BREST)
            .await
            .status(),
        StatusCode::OK
    );
    bridge.stop().await;
}

#[tokio::test]
async fn decks_go_along_when_the_programme_is_changed() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    bring(bridge.http, 1, "a.pdf", pdf(2)).await;
    let id = ready(&mut chair, 1, 2).await;
    let retitled = TWO.replace("du bois", "de la santé");
    let speaker = "[[speaker]]\nname = \"Zoé Riou\"\nroom = \"Brest\"\n[[speaker]]";
    let one_more = retitled.replacen("[[speaker]]", speaker, 1);
    for (programme, place) in [(retitled, 1), (one_more, 2), (TWO.to_owned(), 1)] {
        let request = client().put(format!("http://{}/programme", bridge.http));
        let request = request
            .bearer_auth(CHAIR)
            .header("content-type", "application/toml");
        let answer = within(request.body(programme).send()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        chair
            .until("the deck is its speaker's still", |s| {
                let named = s.programme.speakers.get(place).map(|s| s.name.as_str());
                let shown = DeckState::Ready {
                    id: id.clone(),
                    pages: 2,
                };
                named == Some("Yann Kervella") && deck(s, place).is_some_and(|d| d.state == shown)
            })
            .await;
    }
    bridge.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_whose_deck_is_which() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_settings(folder.path(), &settings(), TWO);
    let bridge = Service::start("bridge", &file);
    let http = bridge.address("http");
    bring(http, 1, "à moi.pdf", pdf(6)).await;
    let kept = settled(http, 1).await;
    assert!(
        matches!(kept, DeckState::Ready { pages: 6, .. }),
        "{kept:?}"
    );
    bring(http, 0, "fermé.pdf", locked_pdf()).await;
    let failed = settled(http, 0).await;
    let mut chair = Client::join_at(http, Role::Chair, CHAIR).await;
    let _loudeac = Client::join_at(http, Role::Room, support::LOUDEAC).await;
    chair.say(FromClient::GoTo { item: 5 }).await;
    chair
        .until("slides", |s| s.evening.scene == SceneView::Slides)
        .await;
    chair.say(FromClient::TurnPage { page: 5 }).await;
    chair
        .until("the last page", |s| s.evening.page == Some(5))
        .await;
    bridge.kill();

    let bridge = Service::start("bridge", &file);
    let http = bridge.address("http");
    assert_eq!(settled(http, 1).await, kept);
    assert_eq!(settled(http, 0).await, failed);
    let mut chair = Client::join_at(http, Role::Chair, CHAIR).await;
    chair
        .until("the same page of the same slides", |s| {
            s.evening.scene == SceneView::Slides && s.evening.page == Some(5)
        })
        .await;
    let taken_off = send(http, Method::DELETE, "/decks?speaker=0", CHAIR, Vec::new()).await;
    assert_eq!(taken_off.status(), StatusCode::NO_CONTENT);
    bridge.kill();

    let bridge = Service::start("bridge", &file);
    let mut chair = Client::join_at(bridge.address("http"), Role::Chair, CHAIR).await;
    chair
        .until("no deck, against the programme's word", |s| {
            deck(s, 1).is_some() && deck(s, 0).is_none()
        })
        .await;
    bridge.stop();
}

#[tokio::test]
async fn a_bridge_that_is_killed_while_pages_are_made_makes_them_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = write_settings(folder.path(), &settings(), TWO);
    let bridge = Service::start("bridge", &file);
    bring(bridge.address("http"), 0, "lent.pdf", slow_pdf(40)).await;
    half_made(bridge.address("http"), 0).await;
    bridge.kill();
    let decks = folder.path().join("decks");
    let whole = |decks: &Path| {
        let entries = std::fs::read_dir(decks)
            .unwrap()
            .map(|entry| entry.unwrap().file_name());
        entries.filter(|name| name.len() == 64).count()
    };
    assert_eq!(whole(&decks), 0, "there is never half a deck");
    let path = decks.display().to_string();
    let ended = async || (!somebody_works_in(&path)).then_some(());
    wait_for(
        "the process that made pages ends with its bridge",
        Duration::from_secs(10),
        ended,
    )
    .await;

    let bridge = Service::start("bridge", &file);
    let state = settled(bridge.address("http"), 0).await;
    assert!(
        matches!(state, DeckState::Ready { pages: 40, .. }),
        "{state:?}"
    );
    assert_eq!(whole(&decks), 1);
    bridge.stop();
}

#[tokio::test]
async fn a_deck_that_is_taken_off_while_its_pages_are_made_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let bridge = Running::start_in(folder.path(), &settings(), TWO).await;
    let mut chair = Client::join(&bridge, Role::Chair, CHAIR).await;
    bring(bridge.http, 1, "lent.pdf", slow_pdf(40)).await;
    until(&mut chair, 1, "it is being made", |d| {
        matches!(d.state, DeckState::Rendering { pages: Some(_), .. })
    })
    .await;
    send(
        bridge.http,
        Method::DELETE,
        "/decks?speaker=1",
        CHAIR,
        Vec::new(),
    )
    .await;
    let path = folder.path().display().to_string();
    let ended = async || (!somebody_works_in(&path)).then_some(());
    wait_for("nobody makes it any more", Duration::from_secs(10), ended).await;
    bring(bridge.http, 1, "a.pdf", pdf(1)).await;
    ready(&mut chair, 1, 1).await;
    bridge.stop().await;
}

/// Whether a process has this path among its arguments.
fn somebody_works_in(path: &str) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter_map(|process| std::fs::read(process.path().join("cmdline")).ok())
        .any(|line| {
            let line = String::from_utf8_lossy(&line);
            line.contains("deck-pages") && line.contains(path)
        })
}
