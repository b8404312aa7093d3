use super::*;
use conference::wire::{
    AnswerView, CheckView, Finding, FloorView, ItemView, PhotoView, PollView, ProgrammeView, Shows,
    WrittenStateView, WrittenView,
};
use expect_test::{Expect, expect};
use pipelines::scene::Answer;

use crate::config::Language;
use crate::decks::Wanted;
use crate::machine::tests::fresh;
use crate::machine::{Input, Output};

#[test]
fn before_the_start_the_evening_and_this_room_are_shown() {
    let mut evening = Evening::default();
    evening.status.microphones = Device::Missing("unplugged".into());
    evening.check(expect![[r#"
            Standby 18:05 "Les métiers de demain" Jeudi 3 décembre à 18 h 30
              Anne Le Goff (menuisière, Brest), Yann (Loudéac)
              + Caméra, - Micro absent, ? Haut-parleur, + Réseau, ? Diaporamas 0/1
              Salles présentes : 4 sur 4: Ploufragan@Thumb(0) Loudéac@Thumb(1) Brest@Main"#]]);
    evening.decks.insert(
        "5f".repeat(32),
        vec![Some("0.png".into()), Some("1.png".into())],
    );
    evening.linked = false;
    evening.check(expect![[r#"
            Standby 18:05 "Les métiers de demain" Jeudi 3 décembre à 18 h 30
              Anne Le Goff (menuisière, Brest), Yann (Loudéac)
              + Caméra, - Micro absent, ? Haut-parleur, - Pas de réseau, + Diaporamas 1/1
              : "#]]);
}

#[test]
fn what_the_ready_check_found_wrong_is_said_before_the_start() {
    let mut evening = Evening::default();
    let report = CheckReport {
        id: 1,
        camera: Finding::wrong(FindingCode::CameraFrozen, None),
        sound: Finding::unknown(FindingCode::SoundUntried),
        decks: Finding::well(FindingCode::NoDecks, None),
        network: Finding::wrong(FindingCode::NetworkLoses, Some(12)),
        clock: Finding::wrong(FindingCode::ClockWrong, Some(60_000)),
    };
    let own = evening.own;
    let rooms = evening.state.rooms.iter_mut();
    for room in rooms.filter(|room| room.name == own) {
        let result = CheckResult::Answered {
            report: report.clone(),
        };
        room.check = Some(CheckView { at_ms: 0, result });
    }
    evening.check(expect![[r#"
        Standby 18:05 "Les métiers de demain" Jeudi 3 décembre à 18 h 30
          Anne Le Goff (menuisière, Brest), Yann (Loudéac)
          - Image figée, - Réseau trop faible, - Horloge fausse, + Micro [ouvert], ? Haut-parleur, ? Diaporamas 0/1
          Salles présentes : 4 sur 4: Ploufragan@Thumb(0) Loudéac@Thumb(1) Brest@Main"#]]);
}

#[test]
fn the_greeted_room_is_large_elsewhere_and_reads_its_welcome_itself() {
    let mut evening = Evening::default();
    evening.scene(SceneView::Welcome {
        room: Some("Brest".into()),
    });
    evening.check(expect![
        "Welcome \"Bienvenue à Brest\" 20 personnes, Some(Main), others "
    ]);
    evening.scene(SceneView::Welcome {
        room: Some("Merdrignac".into()),
    });
    evening.check(expect!["Welcome \"Bienvenue à Merdrignac\" 2 personnes, None, others Ploufragan@Thumb(0) Loudéac@Thumb(1) Brest@Main"]);
    evening.scene(SceneView::Welcome { room: None });
    evening.check(expect!["Welcome \"Bienvenue Les métiers de demain\" , None, others Ploufragan@Thumb(0) Loudéac@Thumb(1) Brest@Main"]);
}

#[test]
fn a_deck_is_shown_from_this_boxs_own_pages() {
    let mut evening = Evening::default();
    evening.at(2, SceneView::Slides);
    evening.state.evening.page = Some(1);
    evening.check(expect![
        "Slides None 2 / 2, Some(\"Brest@Main\"), Anne Le Goff menuisière, time None, near []"
    ]);
    evening.decks.insert(
        "5f".repeat(32),
        vec![Some("0.png".into()), Some("1.png".into())],
    );
    evening.check(expect!["Slides Some(\"1.png\") 2 / 2, Some(\"Brest@Main\"), Anne Le Goff menuisière, time None, near [\"0.png\"]"]);
    // Without the bridge the page stays, the dead picture goes.
    evening.linked = false;
    evening.check(expect![
        "Slides Some(\"1.png\") 2 / 2, None, Anne Le Goff menuisière, time None, near [\"0.png\"]"
    ]);
}

#[test]
fn a_second_screen_has_the_page_and_the_first_has_the_people() {
    let mut evening = Evening::default();
    evening.decks.insert(
        "5f".repeat(32),
        vec![Some("0.png".into()), Some("1.png".into())],
    );
    evening.at(0, SceneView::Standby);
    let calm = || expect!["Note Les métiers de demain"];
    let second = |evening: &Evening| told(&evening.sight().second_scene());
    calm().assert_eq(&second(&evening));
    evening.at(2, SceneView::Slides);
    evening.state.evening.page = Some(1);
    evening.state.floor.holder = Some("Brest".into());
    evening.check_both(
        expect![[r#"Speaker Some("Brest@Main") Anne Le Goff, others "#]],
        expect![[r#"Page Some("1.png"), near ["0.png"]"#]],
    );
    // The room of the speaker sees who listens.
    evening.own = "Brest";
    evening.check_both(
        expect![[r#"Mosaic "Ils vous écoutent" Brest (20 personnes) Ploufragan@Thumb(0) Loudéac@Thumb(1) et une autre salle"#]],
        expect![[r#"Page Some("1.png"), near ["0.png"]"#]],
    );
    // Without the bridge the page stays, the dead picture goes.
    evening.own = "Merdrignac";
    evening.linked = false;
    evening.check_both(
        expect!["Name"],
        expect![[r#"Page Some("1.png"), near ["0.png"]"#]],
    );
}

#[test]
fn a_page_stays_on_the_second_screen_while_people_ask_about_it() {
    let mut evening = Evening::default();
    let page = || expect!["Page None, near []"];
    let calm = || expect!["Note Les métiers de demain"];
    evening.state.evening.page = Some(1);
    let mut shows = |at, scene: SceneView, chosen, wanted: Expect| {
        evening.at(at, scene);
        evening.state.evening.chosen = chosen;
        wanted.assert_eq(&told(&evening.sight().second_scene()));
    };
    for scene in [SceneView::Question, SceneView::Speaker] {
        shows(3, scene.clone(), false, page());
        // The chair put it away.
        shows(3, scene, true, calm());
    }
    shows(2, SceneView::Slides, true, page());
    shows(3, SceneView::Poll, false, page());
    shows(3, SceneView::Written, false, page());
    shows(3, SceneView::Mosaic, true, calm());
    // No deck is there.
    evening.state.evening.page = None;
    evening.at(2, SceneView::Speaker);
    calm().assert_eq(&told(&evening.sight().second_scene()));
    // No programme either.
    evening.state.programme.title.clear();
    expect!["Name"].assert_eq(&told(&evening.sight().second_scene()));
}

#[test]
fn who_speaks_sees_the_time_and_who_listens() {
    let mut evening = Evening::of("Brest");
    evening.at(2, SceneView::Slides);
    evening.state.evening.ends_ms = Some(1_000_000 + 754_000);
    evening.check(expect![[r#"Slides None 1 / 2, Some("Merdrignac@Main"), Anne Le Goff menuisière, time Some(Time { left: "12:34", short: false }), near []"#]]);
    evening.at(2, SceneView::Speaker);
    evening.state.floor.holder = Some("Brest".into());
    evening.check(expect!["Mosaic \"Ils vous écoutent\" Brest (Reste 12:34) Ploufragan@Thumb(0) Loudéac@Thumb(1) Merdrignac@Main "]);
    evening.state.evening.ends_ms = Some(1_059_000);
    evening.check(expect!["Mosaic \"Ils vous écoutent\" Brest (Reste 0:59) Ploufragan@Thumb(0) Loudéac@Thumb(1) Merdrignac@Main "]);
}

#[test]
fn a_question_shows_who_asks_and_who_answers() {
    let mut evening = Evening::default();
    evening.at(3, SceneView::Question);
    evening.state.floor.holder = Some("Loudéac".into());
    // Until the asking room's picture has come, the one that was there stays.
    evening.check(expect![
        "Question \"Question de Loudéac\" Some(\"Brest@Main\"), None Anne Le Goff"
    ]);
    evening.shows("Loudéac", "Brest");
    evening.check(expect!["Question \"Question de Loudéac\" Some(\"Loudéac@Main\"), Some(\"Brest@Thumb(1)\") Anne Le Goff"]);
    evening.shows("Brest", "Loudéac");
    evening.state.floor.holder = Some("Merdrignac".into());
    evening.check(expect![
        "Question \"Votre question\" Some(\"Brest@Main\"), None Anne Le Goff"
    ]);
    // Between two questions.
    evening.state.floor.holder = Some("Brest".into());
    evening.check(expect![
        "Speaker Some(\"Brest@Main\") Anne Le Goff, others "
    ]);
}

#[test]
fn a_poll_says_how_to_vote_and_then_how_it_came_out() {
    let mut evening = Evening::default();
    let answer = |text: &str, votes| AnswerView {
        text: text.into(),
        votes,
    };
    evening.at(3, SceneView::Poll);
    evening.check(expect!["Name"]);
    evening.state.audience.poll = Some(PollView {
        number: 1,
        question: "Quel métier ?".into(),
        answers: vec![answer("Menuisier", 2), answer("Autre", 1)],
        open: true,
        total: 3,
        hands: Vec::new(),
    });
    evening.check(expect![[r#"Poll Vote "Quel métier ?" [Menuisier None | Autre None] 3 voix, Levez la main pour votre réponse, "#]]);
    evening.state.audience.page = Some("http://192.0.2.7/p".into());
    evening.check(expect![[r#"Poll Vote "Quel métier ?" [Menuisier None | Autre None] 3 voix, Par téléphone, ou levez la main, http://192.0.2.7/p#3"#]]);
    evening.state.audience.poll.as_mut().unwrap().open = false;
    evening.check(expect![[r#"Poll Résultat du vote "Quel métier ?" [Menuisier Some(("2 voix", 67)) | Autre Some(("1 voix", 33))] 3 voix, Merci d’avoir voté, "#]]);
}

#[test]
fn a_written_question_shows_who_answers() {
    let mut evening = Evening::default();
    evening.at(3, SceneView::Written);
    evening.state.audience.asked = Some(7);
    evening.state.audience.written = vec![WrittenView {
        id: 7,
        room: "Loudéac".into(),
        name: "Léa".into(),
        text: "Faut-il un diplôme ?".into(),
        state: WrittenStateView::Asked,
    }];
    evening.check(expect![[r#"Written Question écrite, de Loudéac: "Faut-il un diplôme ?", Léa; Some("Brest@Main") Anne Le Goff menuisière"#]]);
}

#[test]
fn the_way_to_the_phones_page_is_shown_before_the_start_and_while_questions_are_asked() {
    let mut evening = Evening::default();
    evening.state.audience.page = Some("http://192.0.2.7/p".into());
    let phones = |evening: &Evening| {
        let scene = evening.scene_now();
        if let Scene::Standby(standby) = scene {
            return standby.phones;
        }
        let Scene::Speaker(speaker) = scene else {
            panic!("{scene:?}");
        };
        speaker.phones
    };
    evening.scene(SceneView::Standby);
    let place = evening
        .state
        .rooms
        .iter()
        .position(|room| room.name == "Merdrignac");
    let address = format!("http://192.0.2.7/p#{}", place.unwrap() + 1);
    assert_eq!(phones(&evening).unwrap().address, address);
    evening.at(3, SceneView::Speaker);
    assert_eq!(phones(&evening).unwrap().address, address);
    evening.at(2, SceneView::Speaker);
    assert_eq!(phones(&evening), None);
}

#[test]
fn a_free_conversation_has_the_others_beside() {
    let mut evening = Evening::default();
    evening.at(0, SceneView::Speaker);
    evening.state.floor.holder = Some("Brest".into());
    evening.check(expect![
        "Speaker Some(\"Brest@Main\") , others Ploufragan@Thumb(0) Loudéac@Thumb(1)"
    ]);
    evening.linked = false;
    evening.check(expect!["Name"]);
}

#[test]
fn every_scene_has_words_in_english() {
    let mut evening = Evening {
        words: Words::new(Language::En),
        ..Evening::default()
    };
    evening.at(4, SceneView::Mosaic);
    evening.check(expect!["Mosaic \"Thank you all\" Merdrignac (2 people) Ploufragan@Thumb(0) Loudéac@Thumb(1) Brest@Main "]);
    evening.at(5, SceneView::FollowUp);
    evening.check(expect!["Note To be continued, here in Merdrignac"]);
    evening.at(0, SceneView::Standby);
    evening.check(expect![[r#"
        Standby 18:05 "Les métiers de demain" Thursday 3 December, 18:30
          Anne Le Goff (menuisière, Brest), Yann (Loudéac)
          + Camera, + Microphone [open], ? Loudspeaker, + Network, ? Decks 0/1
          Rooms present: 4 of 4: Ploufragan@Thumb(0) Loudéac@Thumb(1) Brest@Main"#]]);
}

#[test]
fn a_speaker_has_a_face_once_the_photo_is_in_this_box() {
    let mut evening = Evening::default();
    evening.scene(SceneView::Speakers);
    let id = "a0".repeat(32);
    let ready = PhotoState::Ready {
        id: id.clone(),
        bytes: 4000,
    };
    let photo = |state| {
        let name = "anne.png".into();
        Some(PhotoView { name, state })
    };
    evening.state.programme.speakers[0].photo = photo(ready);
    evening.state.programme.speakers[1].photo = photo(PhotoState::Missing);
    let faces = |evening: &Evening| -> Vec<Option<PathBuf>> {
        let Scene::Speakers(speakers) = evening.scene_now() else {
            panic!("the speakers are presented");
        };
        speakers.speakers.into_iter().map(|p| p.photo).collect()
    };
    let none = vec![None, None];
    assert_eq!(faces(&evening), none);
    evening.photos.insert(id.clone(), "a0.png".into());
    assert_eq!(faces(&evening), [Some("a0.png".into()), None]);

    // The box asks for it, and believes nothing that it did not ask for.
    let (mut machine, now) = fresh("Brest", Language::Fr);
    machine.handle_input(Input::State(Box::new(evening.state)), now);
    let outputs = std::iter::from_fn(|| machine.poll_output());
    let wanted: Vec<Output> = outputs
        .filter(|output| matches!(output, Output::Fetch(_)))
        .collect();
    let photos = vec![Photo { id, bytes: 4000 }];
    let decks = vec!["5f".repeat(32)];
    assert_eq!(wanted, [Output::Fetch(Wanted { photos, decks })]);
}

/// What a television knows.
struct Evening {
    state: State,
    own: &'static str,
    linked: bool,
    status: Status,
    decks: BTreeMap<String, Pages>,
    photos: BTreeMap<String, PathBuf>,
    second_screen: bool,
    words: Words,
}

impl Default for Evening {
    fn default() -> Self {
        Self::of("Merdrignac")
    }
}

impl Evening {
    fn of(own: &'static str) -> Self {
        let item = |kind, speaker| ItemView { kind, speaker };
        let people = [
            ("Ploufragan", 45),
            ("Loudéac", 20),
            ("Merdrignac", 2),
            ("Brest", 20),
        ];
        let large = if own == "Brest" {
            "Merdrignac"
        } else {
            "Brest"
        };
        let room = |(name, people): (&str, u16)| RoomView {
            name: name.into(),
            present: true,
            people: Some(people),
            shows: Shows {
                main: Some(large.into()),
                thumbs: vec![
                    Some("Ploufragan".into()),
                    Some("Loudéac".into()),
                    None,
                    None,
                ],
            },
            ..RoomView::default()
        };
        let speaker = |name: &str, trade: &str, room: &str, deck| SpeakerView {
            name: name.into(),
            trade: trade.into(),
            town: String::new(),
            room: room.into(),
            deck,
            photo: None,
        };
        let deck = DeckView {
            name: "bois.pdf".into(),
            state: DeckState::Ready {
                id: "5f".repeat(32),
                pages: 2,
            },
        };
        Self {
            state: State {
                floor: FloorView::default(),
                rooms: people.into_iter().map(room).collect(),
                programme: ProgrammeView {
                    title: "Les métiers de demain".into(),
                    starts: Some("2026-12-03T18:30:00".into()),
                    speakers: vec![
                        speaker("Anne Le Goff", "menuisière", "Brest", Some(deck)),
                        speaker("Yann", "", "Loudéac", None),
                    ],
                    items: vec![
                        item(ItemKind::Lobby, None),
                        item(ItemKind::Welcome, None),
                        item(ItemKind::Talk, Some(0)),
                        item(ItemKind::Questions, Some(0)),
                        item(ItemKind::Closing, None),
                        item(ItemKind::FollowUp, None),
                    ],
                    ..ProgrammeView::default()
                },
                ..State::default()
            },
            own,
            linked: true,
            status: Status {
                camera: Device::Running("test".into()),
                microphones: Device::Running("test".into()),
                ..Status::default()
            },
            decks: BTreeMap::new(),
            photos: BTreeMap::new(),
            second_screen: false,
            words: Words::new(Language::Fr),
        }
    }

    /// What this television's main slot and its second thumb hold.
    fn shows(&mut self, main: &str, thumb: &str) {
        for room in &mut self.state.rooms {
            room.shows.main = Some(main.into());
            room.shows.thumbs[1] = Some(thumb.into());
        }
    }

    fn scene(&mut self, scene: SceneView) {
        self.at(1, scene);
    }

    fn at(&mut self, item: usize, scene: SceneView) {
        self.state.evening.at = item;
        self.state.evening.scene = scene;
    }

    fn check(&self, expect: Expect) {
        expect.assert_eq(&told(&self.scene_now()));
    }

    fn scene_now(&self) -> Scene {
        self.sight().scene()
    }

    /// The first screen, then the second.
    fn check_both(&mut self, first: Expect, second: Expect) {
        self.second_screen = true;
        self.check(first);
        second.assert_eq(&told(&self.sight().second_scene()));
    }

    fn sight(&self) -> Sight<'_> {
        Sight {
            state: &self.state,
            own: self.own,
            linked: self.linked,
            status: &self.status,
            decks: &self.decks,
            photos: &self.photos,
            second_screen: self.second_screen,
            clock: Some(Clock {
                bridge_ms: 1_000_000,
                hour_minute: (18, 5),
            }),
            thumbs: true,
            hands: None,
            layout: None,
            words: &self.words,
        }
    }
}

fn told(scene: &Scene) -> String {
    let seen = |seen: &Seen| format!("{}@{:?}", seen.name, seen.slot);
    let all = |many: &[Seen]| many.iter().map(seen).collect::<Vec<_>>().join(" ");
    match scene {
        Scene::Name => "Name".into(),
        Scene::Diagnostics(_) => "Diagnostics".into(),
        Scene::Mistake(_) => "Mistake".into(),
        Scene::Joining(_) => "Joining".into(),
        Scene::Standby(standby) => {
            let speakers: Vec<String> = standby
                .speakers
                .iter()
                .map(|(name, note)| format!("{name} ({note})"))
                .collect();
            let checks: Vec<String> = standby.checks.iter().map(check_told).collect();
            format!(
                "Standby {} {:?} {}\n  {}\n  {}\n  {}: {}",
                standby.clock,
                standby.title,
                standby.when,
                speakers.join(", "),
                checks.join(", "),
                standby.others_title,
                all(&standby.others)
            )
        }
        Scene::Welcome(welcome) => format!(
            "Welcome \"{} {}\" {}, {:?}, others {}",
            welcome.greeting,
            welcome.name,
            welcome.note,
            welcome.picture,
            all(&welcome.others)
        ),
        Scene::Speakers(speakers) => format!("Speakers {}", speakers.speakers.len()),
        Scene::Speaker(speaker) => format!(
            "Speaker {:?} {}, others {}",
            speaker.seen.as_ref().map(seen),
            speaker.name,
            all(&speaker.others)
        ),
        Scene::Slides(slides) => format!(
            "Slides {:?} {}, {:?}, {} {}, time {:?}, near {:?}",
            slides.page.file,
            slides.count,
            slides.seen.as_ref().map(seen),
            slides.name,
            slides.trade,
            slides.time,
            slides.page.near
        ),
        Scene::Page(page) => format!("Page {:?}, near {:?}", page.file, page.near),
        Scene::Question(question) => format!(
            "Question {:?} {:?}, {:?} {}",
            question.heading,
            question.large.as_ref().map(seen),
            question.small.as_ref().map(seen),
            question.name
        ),
        Scene::Mosaic(mosaic) => format!(
            "Mosaic {:?} {} ({}) {} {}",
            mosaic.heading,
            mosaic.own.0,
            mosaic.own.1,
            all(&mosaic.rooms),
            mosaic.more
        ),
        Scene::Note(note) => format!("Note {}", note.title),
        Scene::Poll(poll) => {
            let answer = |answer: &Answer| format!("{} {:?}", answer.text, answer.result);
            let answers: Vec<String> = poll.answers.iter().map(answer).collect();
            format!(
                "Poll {} {:?} [{}] {}, {}, {}",
                poll.heading,
                poll.question,
                answers.join(" | "),
                poll.total,
                poll.how,
                poll.phones
                    .as_ref()
                    .map_or("", |phones| phones.address.as_str())
            )
        }
        Scene::Resting(resting) => format!("Resting {}", resting.clock),
        Scene::Written(written) => format!(
            "Written {}: {:?}, {}; {:?} {} {}",
            written.heading,
            written.text,
            written.author,
            written.seen.as_ref().map(seen),
            written.name,
            written.trade
        ),
    }
}

fn check_told(check: &Check) -> String {
    let mark = match check.well {
        Some(true) => '+',
        Some(false) => '-',
        None => '?',
    };
    let meter = check.meter.as_ref().map(|open| format!(" [{open}]"));
    format!("{mark} {}{}", check.text, meter.unwrap_or_default())
}
