use super::*;
use expect_test::expect_file;

#[test]
fn every_message_reads_back_as_it_was_written() {
    for message in from_client() {
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<FromClient>(&text).unwrap(), message);
    }
    for message in from_bridge() {
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<FromBridge>(&text).unwrap(), message);
    }
}

#[test]
fn the_wire_is_what_the_committed_pages_say() {
    check(&from_client(), expect_file!["../../wire/from_client.jsonl"]);
    check(&from_bridge(), expect_file!["../../wire/from_bridge.jsonl"]);
}

#[test]
fn an_unknown_field_or_type_is_refused() {
    for text in [
        r#"{"type":"request_floor_please"}"#,
        r#"{"type":"grant_floor","room":"Brest","force":true}"#,
        r#"{"type":"request_floor","now":true}"#,
        r#"{"type":"grant_floor"}"#,
        r#"{"type":"audience"}"#,
        r#"{"type":"audience","wish":"close_poll","now":true}"#,
        r#"{"type":"audience","wish":"ask_question"}"#,
        r#"[]"#,
    ] {
        assert!(serde_json::from_str::<FromClient>(text).is_err(), "{text}");
    }
}

#[test]
fn events_bring_a_copy_up_to_date() {
    let mut state = state();
    state.apply(Event::Floor {
        floor: FloorView::default(),
    });
    state.apply(Event::Room {
        room: RoomView {
            name: "Brest".into(),
            turns: 3,
            ..RoomView::default()
        },
    });
    state.apply(Event::Room {
        room: RoomView {
            name: "Paris".into(),
            ..RoomView::default()
        },
    });
    assert_eq!(state.floor, FloorView::default());
    assert_eq!(state.rooms.len(), 1);
    assert_eq!(state.room("Brest").map(|room| room.turns), Some(3));
}

fn check<T: Serialize>(messages: &[T], page: expect_test::ExpectFile) {
    let text: String = messages
        .iter()
        .map(|message| serde_json::to_string(message).unwrap() + "\n")
        .collect();
    page.assert_eq(&text);
}

fn from_client() -> Vec<FromClient> {
    vec![
        FromClient::Hello {
            version: VERSION,
            role: Role::Room,
            token: "secret".into(),
            resume: Some(Resume {
                session: "a1".into(),
                seq: 41,
            }),
        },
        FromClient::Hello {
            version: VERSION,
            role: Role::Chair,
            token: "secret".into(),
            resume: None,
        },
        FromClient::RequestFloor {},
        FromClient::ReleaseFloor {},
        FromClient::Status(status()),
        FromClient::GrantFloor {
            room: "Brest".into(),
        },
        FromClient::RevokeFloor {},
        FromClient::DenyRequest {
            room: "Brest".into(),
        },
        FromClient::OpenMicrophone {
            room: "Brest".into(),
        },
        FromClient::LeaveMicrophone {
            room: "Brest".into(),
        },
        FromClient::Advance {},
        FromClient::GoTo { item: 3 },
        FromClient::ChooseScene {
            scene: Some(SceneView::Mosaic),
        },
        FromClient::ChooseScene { scene: None },
        FromClient::Greet {
            room: "Brest".into(),
        },
        FromClient::CountPeople {
            room: "Brest".into(),
            people: 20,
        },
        FromClient::AddTime { minutes: -5 },
        FromClient::Say {
            text: Some("Pause de dix minutes".into()),
        },
        FromClient::Say { text: None },
        FromClient::Undo {},
        FromClient::TurnPage { page: 7 },
        FromClient::Pass {},
        FromClient::Audience(AudienceWish::OpenPoll {
            question: "Quel métier ?".into(),
            answers: vec!["Menuisier".into(), "Chauffagiste".into()],
        }),
        FromClient::Audience(AudienceWish::CountVotes {
            room: "Brest".into(),
            counts: vec![5, 4],
        }),
        FromClient::Audience(AudienceWish::ClosePoll {}),
        FromClient::Audience(AudienceWish::RemovePoll {}),
        FromClient::Audience(AudienceWish::AcceptQuestion { id: 7 }),
        FromClient::Audience(AudienceWish::RefuseQuestion { id: 7 }),
        FromClient::Audience(AudienceWish::AskQuestion { id: 7 }),
        FromClient::Audience(AudienceWish::EndQuestion {}),
        FromClient::CheckRooms {},
        FromClient::Checked(found()),
    ]
}

fn from_bridge() -> Vec<FromBridge> {
    vec![
        FromBridge::Welcome {
            version: VERSION,
            session: "a1".into(),
            room: Some("Brest".into()),
            now_ms: 1_796_315_430_000,
        },
        FromBridge::Snapshot {
            seq: 41,
            state: state(),
        },
        FromBridge::Event {
            seq: 42,
            event: Event::Floor {
                floor: state().floor,
            },
        },
        FromBridge::Event {
            seq: 43,
            event: Event::Room {
                room: state().rooms[0].clone(),
            },
        },
        FromBridge::Event {
            seq: 44,
            event: Event::Evening {
                evening: state().evening,
            },
        },
        FromBridge::Event {
            seq: 45,
            event: Event::Programme {
                programme: state().programme,
            },
        },
        FromBridge::Event {
            seq: 46,
            event: Event::Bridge {
                bridge: state().bridge,
            },
        },
        FromBridge::Event {
            seq: 47,
            event: Event::Audience {
                audience: state().audience,
            },
        },
        FromBridge::Event {
            seq: 48,
            event: Event::Applause { applause: 4 },
        },
        FromBridge::Event {
            seq: 50,
            event: Event::Upcoming {
                upcoming: state().upcoming,
            },
        },
        FromBridge::Event {
            seq: 51,
            event: Event::Update {
                update: state().update,
            },
        },
        FromBridge::Check {
            id: 3,
            now_ms: 1_796_315_430_000,
        },
        FromBridge::Event {
            seq: 49,
            event: Event::Room {
                room: RoomView {
                    check: Some(CheckView {
                        at_ms: 1_796_315_430_000,
                        result: CheckResult::Answered { report: found() },
                    }),
                    ..state().rooms[0].clone()
                },
            },
        },
        FromBridge::Levels {
            levels: vec![Level {
                room: "Brest".into(),
                dbov: -23,
            }],
        },
        FromBridge::Refused {
            request: "grant_floor".into(),
            reason: Reason::new("too_many_people", "a room has 9999 people at the most")
                .with("most", 9999),
        },
        FromBridge::Error {
            code: ErrorCode::Malformed,
            detail: "not JSON".into(),
        },
    ]
}

fn state() -> State {
    State {
        floor: FloorView {
            holder: Some("Brest".into()),
            last_holder: None,
            queue: vec!["Loudéac".into()],
        },
        rooms: vec![RoomView {
            name: "Brest".into(),
            present: true,
            publishing: true,
            watching: true,
            microphone_open: true,
            main_wanted: true,
            turns: 1,
            people: Some(20),
            status: status(),
            check: None,
            shows: Shows {
                main: Some("Loudéac".into()),
                thumbs: vec![Some("Merdrignac".into()), None],
            },
        }],
        programme: ProgrammeView {
            title: "Les métiers du bois".into(),
            starts: Some("2026-12-03T18:30:00".into()),
            speakers: vec![SpeakerView {
                name: "Anne Le Goff".into(),
                trade: "menuisière".into(),
                town: "Brest".into(),
                room: "Brest".into(),
                deck: Some(DeckView {
                    name: "menuiserie.pdf".into(),
                    state: DeckState::Ready {
                        id: "5f".repeat(32),
                        pages: 12,
                    },
                }),
                photo: Some(PhotoView {
                    name: "anne.jpg".into(),
                    state: PhotoState::Ready {
                        id: "a0".repeat(32),
                        bytes: 312_480,
                    },
                }),
            }],
            items: vec![
                ItemView {
                    kind: ItemKind::Lobby,
                    speaker: None,
                },
                ItemView {
                    kind: ItemKind::Talk,
                    speaker: Some(0),
                },
            ],
            edition: 2,
        },
        evening: EveningView {
            at: 1,
            scene: SceneView::Slides,
            chosen: false,
            message: Some("Pause de dix minutes".into()),
            page: Some(3),
            since_ms: Some(1_796_315_400_000),
            ends_ms: Some(1_796_316_300_000),
            warning: None,
            offered: None,
            askers: vec![
                AskerView {
                    room: "Loudéac".into(),
                    written: None,
                },
                AskerView {
                    room: "Brest".into(),
                    written: Some(7),
                },
            ],
            next: NextView::Greet {
                room: "Loudéac".into(),
            },
            can_undo: true,
        },
        bridge: BridgeView {
            keeps: true,
            troubles: vec![Trouble {
                kind: TroubleKind::NotWritten,
                why: Reason::new("disk_full", "evening.db: disk full").with("file", "evening.db"),
            }],
        },
        audience: Box::new(audience()),
        applause: 3,
        upcoming: Some(UpcomingView {
            title: "Les métiers du bois".into(),
            starts: "2026-12-03T18:30:00".into(),
        }),
        update: Some(UpdateView {
            version: "0.2.20261203.0900".into(),
            id: "c3".repeat(32),
            bytes: 362_000_000,
        }),
    }
}

fn audience() -> AudienceView {
    let answer = |text: &str, votes| AnswerView {
        text: text.into(),
        votes,
    };
    AudienceView {
        page: Some("http://192.0.2.7:8080/p".into()),
        poll: Some(PollView {
            number: 1,
            question: "Quel métier ?".into(),
            answers: vec![answer("Menuisier", 12), answer("Chauffagiste", 9)],
            open: true,
            total: 21,
            hands: vec![HandsView {
                room: "Brest".into(),
                counts: vec![5, 4],
            }],
        }),
        written: vec![WrittenView {
            id: 7,
            room: "Brest".into(),
            name: "Léa".into(),
            text: "Faut-il un diplôme ?".into(),
            state: WrittenStateView::Accepted,
        }],
        asked: None,
        more: 0,
    }
}

fn status() -> Status {
    Status {
        muted: false,
        camera: Device::Running("/dev/video0".into()),
        microphones: Device::Missing("no capture card".into()),
        screen: Device::None,
        loudspeaker: Device::Unknown,
        decks: vec!["5f".repeat(32)],
        version: "0.1.20261129.2145".into(),
        update: Some(Updating::Fetching {
            version: "0.2.20261203.0900".into(),
            percent: 40,
        }),
    }
}

fn found() -> CheckReport {
    CheckReport {
        id: 3,
        camera: Finding::wrong(FindingCode::CameraBlack, None),
        sound: Finding::unknown(FindingCode::NotConfigured),
        decks: Finding::well(FindingCode::DecksHere, Some(3)),
        network: Finding::wrong(FindingCode::NetworkLoses, Some(7)),
        clock: Finding::well(FindingCode::ClockRight, Some(40)),
    }
}

#[test]
fn what_cannot_be_known_is_not_wrong() {
    let mut report = found();
    assert!(!report.is_well());
    report.camera = Finding::unknown(FindingCode::NotConfigured);
    report.network = Finding::well(FindingCode::NetworkCarries, Some(900));
    assert!(report.is_well());
}
