#![expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]

use super::super::page::{Language, Style, page};
use super::*;
use crate::entry::{AudienceEntry, Phone};
use conference::audience::PhoneId;
use expect_test::expect;

const ROOMS: [&str; 3] = ["Brest", "Loudéac", "Merdrignac"];

/// Half past six in the evening, in summer, somewhere.
const START_MS: u64 = 1_796_322_600_000;

fn programme() -> Programme {
    let text = r#"
        title = "Métiers & <bois>"
        starts = 2026-12-03T18:30:00
        rooms = ["Brest", "Loudéac", "Merdrignac"]
        [[speaker]]
        name = "Anne Le Goff"
        room = "Brest"
        minutes = 10
        questions = 5
    "#;
    Programme::parse("test", text).unwrap()
}

/// The report of what happened at these seconds.
fn report(entries: Vec<(u64, Entry)>) -> Report {
    let rooms = ROOMS.map(str::to_owned);
    let entries: Vec<(u64, Entry)> = entries
        .into_iter()
        .map(|(second, entry)| (START_MS + 1000 * second, entry))
        .collect();
    let clock = (Instant::now(), START_MS);
    Report::of(&programme(), &rooms, Rule::Chair, clock, &entries)
}

fn joined(room: &str) -> Entry {
    Entry::RoomJoined { room: room.into() }
}

fn asked(room: &str) -> Entry {
    Entry::FloorRequested { room: room.into() }
}

fn granted(room: &str) -> Entry {
    Entry::FloorGranted { room: room.into() }
}

fn evening() -> Vec<(u64, Entry)> {
    let brest = "Brest".to_owned();
    let loudeac = "Loudéac".to_owned();
    vec![
        (0, joined("Brest")),
        (0, joined("Loudéac")),
        (
            1,
            Entry::RoomLeft {
                room: loudeac.clone(),
            },
        ),
        (2, joined("Loudéac")),
        (
            3,
            Entry::Counted {
                room: brest,
                people: 20,
            },
        ),
        (60, Entry::WentTo { item: 1 }),
        (120, Entry::WentTo { item: 3 }),
        // A wrong press, taken back.
        (300, Entry::WentTo { item: 5 }),
        (310, Entry::Undone),
        (
            400,
            Entry::RoomLeft {
                room: loudeac.clone(),
            },
        ),
        (420, joined("Loudéac")),
        (780, Entry::WentTo { item: 4 }),
        (790, asked("Loudéac")),
        (800, granted("Loudéac")),
        (830, Entry::FloorRevoked),
        (831, granted("Loudéac")),
        (832, Entry::Undone),
        (840, asked("Loudéac")),
        (850, Entry::RequestDenied { room: loudeac }),
        (900, Entry::Restarted),
        (903, joined("Brest")),
        (905, joined("Loudéac")),
        (960, Entry::WentTo { item: 5 }),
    ]
}

#[test]
fn a_report_tells_times_questions_and_what_went_wrong() {
    let report = report(evening());
    let told: Vec<String> = report
        .items
        .iter()
        .map(|item| {
            let seconds = |ms: Option<u64>| ms.map(|ms| ms / 1000);
            format!(
                "{:?} at {} took {:?} of {:?}, over {:?}",
                item.kind,
                (item.began_ms - START_MS) / 1000,
                seconds(item.took_ms),
                seconds(item.planned_ms),
                item.over_ms,
            )
        })
        .collect();
    expect![[r#"
        Welcome at 60 took Some(60) of None, over None
        Talk at 120 took Some(660) of Some(600), over Some(60000)
        Questions at 780 took Some(180) of Some(300), over Some(-120000)
        Closing at 960 took None of None, over None"#]]
    .assert_eq(&told.join("\n"));
    let loudeac = &report.rooms[1];
    assert_eq!((loudeac.questions, loudeac.denied, loudeac.lost), (1, 1, 1));
    assert_eq!(report.people, 20);
    let incidents: Vec<_> = report
        .incidents
        .iter()
        .map(|incident| {
            let after = incident.back_ms.map(|back| (back - incident.at_ms) / 1000);
            (incident.what, incident.room.as_deref(), after)
        })
        .collect();
    assert_eq!(
        incidents,
        [
            (IncidentKind::RoomLost, Some("Loudéac"), Some(20)),
            (IncidentKind::BridgeRestarted, None, Some(5)),
        ]
    );
}

#[test]
fn polls_are_kept_with_their_votes_and_shown_on_the_page() {
    let poll = |question: &str| {
        Entry::Audience(AudienceEntry::PollOpened {
            question: question.into(),
            answers: vec!["Bois & pierre".into(), "Santé".into()],
        })
    };
    let votes = Entry::Audience(AudienceEntry::Voted {
        votes: vec![(Phone(PhoneId(1)), 0), (Phone(PhoneId(2)), 0)],
    });
    let hands = Entry::Audience(AudienceEntry::HandsCounted {
        room: "Brest".into(),
        counts: vec![3, 7],
    });
    let report = report(vec![
        (0, joined("Brest")),
        // Tried before the start.
        (5, poll("Essai ?")),
        (6, votes.clone()),
        (60, Entry::WentTo { item: 1 }),
        (120, poll("Quel métier ?")),
        (130, votes),
        (140, hands),
        // Nobody closes it: it ends with its item.
        (180, Entry::WentTo { item: 3 }),
    ]);
    let [poll] = &report.polls[..] else {
        panic!("{:?}", report.polls);
    };
    assert_eq!(poll.opened_ms, START_MS + 120_000);
    assert_eq!(poll.closed_ms, Some(START_MS + 180_000));
    expect![[r#"{"text":"Bois & pierre","phones":2,"hands":3}"#]]
        .assert_eq(&serde_json::to_string(&poll.answers[0]).unwrap());
    let french = page(&report, Style::default());
    let told = "<td>A. Bois &amp; pierre</td><td class=\"n\">2</td><td class=\"n\">3</td><td class=\"n\">5</td>";
    for part in [
        "Vote 1 : Quel métier ? (de ",
        told,
        "Par téléphone",
        "À main levée",
        "<td>Total</td><td class=\"n\">2</td><td class=\"n\">10</td><td class=\"n\">12</td>",
    ] {
        assert!(french.contains(part), "{part}: {french}");
    }
    let style = Style {
        language: Language::En,
        utc_offset: 0,
    };
    let english = page(&report, style);
    assert!(english.contains("By show of hands"), "{english}");
}

#[test]
fn a_rehearsal_is_not_the_evening_and_a_wrong_press_at_its_end_ends_nothing() {
    let mut entries = vec![
        (0, joined("Brest")),
        (0, joined("Loudéac")),
        (1, Entry::WentTo { item: 4 }),
        (2, granted("Loudéac")),
        (3, Entry::FloorRevoked),
        (4, Entry::WentTo { item: 0 }),
    ];
    let later = evening().into_iter().skip(4);
    entries.extend(later.map(|(second, entry)| (second + 100, entry)));
    entries.push((1100, Entry::WentTo { item: 0 }));
    entries.push((1101, Entry::Advanced));
    let report = report(entries);
    let kinds: Vec<ItemKind> = report.items.iter().map(|item| item.kind).collect();
    let evening = [
        ItemKind::Welcome,
        ItemKind::Talk,
        ItemKind::Questions,
        ItemKind::Closing,
    ];
    assert_eq!(kinds, evening);
    assert_eq!(report.rooms[1].questions, 1);
    assert_eq!(report.items[3].took_ms, Some(40_000));
    assert_eq!(report.until_ms, Some(START_MS + 1_100_000));
}

#[test]
fn a_room_that_a_restart_lost_for_good_is_told() {
    let report = report(vec![
        (0, joined("Brest")),
        (1, Entry::WentTo { item: 1 }),
        (2, Entry::Restarted),
        (3, Entry::Advanced),
    ]);
    let lost = &report.incidents[1];
    assert_eq!((lost.room.as_deref(), lost.back_ms), (Some("Brest"), None));
}

#[test]
fn the_page_is_escaped_and_in_the_readers_words_and_time() {
    let report = report(evening());
    let french = page(
        &report,
        Style {
            language: Language::Fr,
            utc_offset: 60,
        },
    );
    for part in [
        "<html lang=\"fr\">",
        "Métiers &amp; &lt;bois&gt;",
        "<td>Exposé : Anne Le Goff</td><td class=\"n\">",
        "11 min 00 s",
        "+1 min 00 s",
        "Loudéac a disparu",
        "03/12/2026",
    ] {
        assert!(french.contains(part), "{part}: {french}");
    }
    let english = page(
        &report,
        Style {
            language: Language::En,
            utc_offset: 0,
        },
    );
    assert!(english.contains("Questions to Anne Le Goff"), "{english}");
    assert!(english.contains("The bridge was restarted"), "{english}");
}

#[test]
fn an_evening_that_has_not_begun_has_a_page_all_the_same() {
    let report = report(vec![(0, joined("Brest"))]);
    assert_eq!(report.began_ms, None);
    let page = page(&report, Style::default());
    assert!(
        page.contains("La soirée n’a pas encore commencé."),
        "{page}"
    );
}
