#![expect(
    clippy::disallowed_methods,
    reason = "a test needs one moment to count from"
)]

use super::*;
use crate::check::Looked;
use conference::wire::{
    AnswerView, AskerView, DeckState, DeckView, EveningView, FloorView, HandsView, ItemKind,
    ItemView, PollView, SceneView, SpeakerView, UpcomingView,
};
use expect_test::{Expect, expect};
use jiff::civil::DateTime;
use pipelines::scene::{Answer, Scene};
use pipelines::{Line, Role};

mod diagnostics;
mod panel;

#[test]
fn the_microphone_follows_the_conference_and_the_mute_only_the_button() {
    check(
        "up a | open | mute | shut | open | mute",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            open: CloseMicrophone(false) Show[]
            mute: Mute(true) Keep(Kept { volume: 80, muted: true, upcoming: None }) Send(Status) Show[x Micro coupé]
            shut: CloseMicrophone(true)
            open: CloseMicrophone(false)
            mute: Mute(false) Keep(Kept { volume: 80, muted: false, upcoming: None }) Send(Status) Show[]
        "#]],
    );
}

#[test]
fn a_bridge_that_restarted_gets_new_media_and_the_same_bridge_does_not() {
    check(
        "up a | down | up a | down | up b",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            down: Show[! Liaison perdue, reconnexion…]
            up a: StartMedia Send(Status) Show[]
            down: Show[! Liaison perdue, reconnexion…]
            up b: RestartMedia Send(Status) Show[]
        "#]],
    );
}

#[test]
fn the_speak_button_asks_and_gives_back() {
    check(
        "speak | up a | speak | queued | speak | floor | speak | other",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            speak:
            up a: RestartMedia Send(Status) Show[]
            speak: Send(RequestFloor)
            queued: CloseMicrophone(false) Show[! Parole demandée : vous êtes les prochains]
            speak: Send(ReleaseFloor)
            floor: Show[* Vous avez la parole]
            speak: Send(ReleaseFloor)
            other: Show[]
        "#]],
    );
}

#[test]
fn a_missing_camera_is_said_and_the_large_picture_is_made_only_when_wanted() {
    check(
        "nocam | up a | wanted | open | cam",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            nocam: Show[! Connexion au pont… ! Pas de caméra : les autres salles ne vous voient pas]
            up a: RestartMedia Send(Status) Show[]
            wanted: CloseMicrophone(false) EncodeMain(true) Show[]
            open: EncodeMain(false)
            cam: Send(Status) Show[]
        "#]],
    );
}

#[test]
fn parole_asks_and_minus_passes_while_the_room_is_asked_for_a_question() {
    check(
        "up a | offered | + | - | asked | - | open | -",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            offered: Show[? Une question ? « Parole » : oui, « − » : non]
            +:
            -: Send(Pass)
            asked: Show[! Parole demandée : vous êtes les prochains]
            -: Volume(75) Show[! Parole demandée : vous êtes les prochains volume 75]
            open: CloseMicrophone(false) Show[ volume 75]
            -: Volume(70) Show[ volume 70]
        "#]],
    );
}

#[test]
fn the_speaker_turns_pages_and_the_others_change_their_volume() {
    check(
        "up a | slides 0 | - | + | + | + | slides 2 | + | wait 1000 | - | elsewhere | +",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            slides 0: Fetch(Wanted { photos: [], decks: ["5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"] }) Show[* Vous avez la parole]
            -:
            +: Send(TurnPage { page: 1 })
            +: Send(TurnPage { page: 2 })
            +:
            slides 2: Show[* Vous avez la parole]
            +:
            wait 1000:
            -: Send(TurnPage { page: 1 })
            elsewhere: Show[]
            +: Volume(85) Show[ volume 85]
        "#]],
    );
}

#[test]
fn the_volume_runs_while_a_button_is_held_and_is_shown_and_kept() {
    check(
        "up a | hold - | wait 500 | wait 300 | let - | wait 2000 | hold + | wait 3000 | wait 8000",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            hold -: Volume(75) Show[ volume 75]
            wait 500: Volume(70) Show[ volume 70]
            wait 300: Volume(65) Show[ volume 65] Volume(60) Show[ volume 60]
            let -:
            wait 2000: Keep(Kept { volume: 60, muted: false, upcoming: None }) Show[]
            hold +: Volume(65) Show[ volume 65]
            wait 3000: Volume(70) Show[ volume 70] Volume(75) Show[ volume 75] Volume(80) Show[ volume 80] Volume(85) Show[ volume 85] Volume(90) Show[ volume 90] Volume(95) Show[ volume 95] Volume(100) Show[ volume 100]
            wait 8000:
        "#]],
    );
}

#[test]
fn hands_are_counted_answer_by_answer_and_told_when_nobody_counts_on() {
    check(
        "up a | poll | + | + | wait 400 | screen | hold + | wait 800 | let + | - | screen | + | closed | +",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            poll: Show[ *0* 0 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            +: Show[ *1* 0 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            +: Show[ *2* 0 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            wait 400: Send(Audience(CountVotes { room: "Brest", counts: [2, 0] }))
            screen: Show[ 2 *0* / Combien de mains pour B ? « + » et « − » pour compter, « Écran » pour finir]
            hold +: Show[ 2 *1* / Combien de mains pour B ? « + » et « − » pour compter, « Écran » pour finir]
            wait 800: Send(Audience(CountVotes { room: "Brest", counts: [2, 1] })) Show[ 2 *2* / Combien de mains pour B ? « + » et « − » pour compter, « Écran » pour finir] Show[ 2 *3* / Combien de mains pour B ? « + » et « − » pour compter, « Écran » pour finir] Show[ 2 *4* / Combien de mains pour B ? « + » et « − » pour compter, « Écran » pour finir]
            let +:
            -: Show[ 2 *3* / Combien de mains pour B ? « + » et « − » pour compter, « Écran » pour finir]
            screen: Send(Audience(CountVotes { room: "Brest", counts: [2, 3] })) Show[ 2 3 / Mains comptées, merci Une erreur ? « Écran » pour recompter]
            +: Volume(85) Show[ volume 85 2 3 / Mains comptées, merci Une erreur ? « Écran » pour recompter]
            closed: Show[ volume 85 - - / Merci d’avoir voté ]
            +: Volume(90) Show[ volume 90 - - / Merci d’avoir voté ]
        "#]],
    );
}

#[test]
fn where_phones_vote_hands_are_counted_once_somebody_begins() {
    check(
        "up a | poll phones | + | screen | + | screen | screen | - | screen | - | wait 400",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            poll phones: Show[ - - / Par téléphone, ou levez la main Mains levées : « Écran » pour compter]
            +: Volume(85) Show[ volume 85 - - / Par téléphone, ou levez la main Mains levées : « Écran » pour compter]
            screen: Show[ volume 85 *3* 1 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            +: Show[ volume 85 *4* 1 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            screen: Send(Audience(CountVotes { room: "Brest", counts: [4, 1] })) Show[ volume 85 4 *1* / Combien de mains pour B ? « + » et « − » pour compter, « Écran » pour finir]
            screen: Send(Audience(CountVotes { room: "Brest", counts: [4, 1] })) Show[ volume 85 4 1 / Mains comptées, merci Une erreur ? « Écran » pour recompter]
            -: Volume(80) Show[ volume 80 4 1 / Mains comptées, merci Une erreur ? « Écran » pour recompter]
            screen: Show[ volume 80 *4* 1 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            -: Show[ volume 80 *3* 1 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            wait 400: Send(Audience(CountVotes { room: "Brest", counts: [3, 1] }))
        "#]],
    );
}

#[test]
fn hands_that_the_bridge_could_not_be_told_are_told_when_it_is_back() {
    check(
        "up a | poll | + | down | wait 400 | up a | wait 0",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            poll: Show[ *0* 0 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            +: Show[ *1* 0 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            down: Show[! Liaison perdue, reconnexion… *1* 0 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            wait 400:
            up a: StartMedia Send(Status) Send(Audience(CountVotes { room: "Brest", counts: [1, 0] })) Show[ *1* 0 / Combien de mains pour A ? « + » et « − » pour compter, puis « Écran »]
            wait 0:
        "#]],
    );
}

/// A volunteer beside the box, at the pace of somebody who counts: three presses in two seconds, a look at the
/// television between two answers.
#[test]
fn twenty_people_are_counted_in_less_than_a_minute() {
    let mut steps = vec!["up a", "poll"];
    let mut ms = 0;
    for hands in [9, 11] {
        steps.extend(std::iter::repeat_n(["+", "wait 660"], hands).flatten());
        steps.extend(["screen", "wait 5000"]);
        ms += 660 * hands + 5000;
    }
    assert!(ms < 60_000, "{ms}");
    let mut play = Play::new(Language::Fr);
    let log: String = steps.iter().map(|step| play.step(step)).collect();
    assert!(log.contains("counts: [9, 11]"), "{log}");
    assert!(log.contains("Mains comptées, merci"), "{log}");
}

#[test]
fn somebody_counts_the_people() {
    check(
        "people | up a | people",
        expect![[r#"
        start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
        people:
        up a: RestartMedia Send(Status) Show[]
        people: Send(CountPeople { room: "Brest", people: 20 })
    "#]],
    );
}

#[test]
fn between_evenings_the_box_rests_and_an_hour_before_it_wakes() {
    check(
        "up a | thursday | at 2026-12-02T20:00:00 | wait 299000 | wait 1000 | at 2026-12-02T20:06:00 \
         | at 2026-12-03T17:29:59 | at 2026-12-03T17:30:00 | at 2026-12-03T20:29:59 | at 2026-12-03T20:30:00",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            thursday: Keep(Kept { volume: 80, muted: false, upcoming: Some(UpcomingView { title: "Les métiers du bois", starts: "2026-12-03T18:30:00" }) }) Show[]
            at 2026-12-02T20:00:00: Show[]
            wait 299000:
            wait 1000: Rest(Resting) Show[ resting 20:00 Prochaine soirée Jeudi 3 décembre à 18 h 30 Les métiers du bois]
            at 2026-12-02T20:06:00: Show[ resting 20:06 Prochaine soirée Jeudi 3 décembre à 18 h 30 Les métiers du bois]
            at 2026-12-03T17:29:59: Show[ resting 17:29 Prochaine soirée Jeudi 3 décembre à 18 h 30 Les métiers du bois]
            at 2026-12-03T17:30:00: Rest(Awake) Show[]
            at 2026-12-03T20:29:59: Show[]
            at 2026-12-03T20:30:00: Rest(Resting) Show[ resting 20:30   ]
        "#]],
    );
}

#[test]
fn what_wakes_a_box_does_nothing_else_and_it_rests_again() {
    check(
        "up a | thursday | at 2026-12-02T20:00:00 | wait 300000 | speak | speak | wait 300000 | begun | wait 400000 \
         | over | wait 0",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            thursday: Keep(Kept { volume: 80, muted: false, upcoming: Some(UpcomingView { title: "Les métiers du bois", starts: "2026-12-03T18:30:00" }) }) Show[]
            at 2026-12-02T20:00:00: Show[]
            wait 300000: Rest(Resting) Show[ resting 20:00 Prochaine soirée Jeudi 3 décembre à 18 h 30 Les métiers du bois]
            speak: Rest(Awake) Show[]
            speak: Send(RequestFloor)
            wait 300000: Rest(Resting) Show[ resting 20:00 Prochaine soirée Jeudi 3 décembre à 18 h 30 Les métiers du bois]
            begun: Rest(Awake) Show[]
            wait 400000:
            over:
            wait 0:
        "#]],
    );
}

#[test]
fn a_ready_check_wakes_the_box_and_is_waited_for() {
    check(
        "up a | thursday | at 2026-12-02T20:00:00 | wait 300000 | asked to check | wait 310000 | looked",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            thursday: Keep(Kept { volume: 80, muted: false, upcoming: Some(UpcomingView { title: "Les métiers du bois", starts: "2026-12-03T18:30:00" }) }) Show[]
            at 2026-12-02T20:00:00: Show[]
            wait 300000: Rest(Resting) Show[ resting 20:00 Prochaine soirée Jeudi 3 décembre à 18 h 30 Les métiers du bois]
            asked to check: Rest(Awake) EncodeMain(true) Look { chirp: false } Show[]
            wait 310000:
            looked: EncodeMain(false) Send(Checked(CheckReport { id: 1, camera: Finding { light: Wrong, code: CameraSilent, value: None }, sound: Finding { light: Unknown, code: SoundUntried, value: None }, decks: Finding { light: Well, code: NoDecks, value: None }, network: Finding { light: Wrong, code: NetworkClosed, value: None }, clock: Finding { light: Well, code: ClockRight, value: Some(0) } })) Rest(Resting) Show[ resting 20:00 Prochaine soirée Jeudi 3 décembre à 18 h 30 Les métiers du bois]
        "#]],
    );
}

#[test]
fn without_a_day_or_a_clock_it_never_rests_and_what_it_knew_outlives_the_bridge() {
    check(
        "up a | at 2026-12-02T20:00:00 | open | wait 900000",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            at 2026-12-02T20:00:00: Show[]
            open: CloseMicrophone(false) Show[]
            wait 900000:
        "#]],
    );
    check(
        "up a | thursday | wait 900000",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            thursday: Keep(Kept { volume: 80, muted: false, upcoming: Some(UpcomingView { title: "Les métiers du bois", starts: "2026-12-03T18:30:00" }) }) Show[]
            wait 900000:
        "#]],
    );
    check(
        "at 2026-12-02T20:00:00 | up a | thursday | down | wait 300000 | at 2026-12-03T20:40:00",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            at 2026-12-02T20:00:00: Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            thursday: Keep(Kept { volume: 80, muted: false, upcoming: Some(UpcomingView { title: "Les métiers du bois", starts: "2026-12-03T18:30:00" }) }) Show[]
            down: Show[! Liaison perdue, reconnexion…]
            wait 300000: Rest(Resting) Show[ resting 20:00 Prochaine soirée Jeudi 3 décembre à 18 h 30 Les métiers du bois]
            at 2026-12-03T20:40:00: Show[ resting 20:40   ]
        "#]],
    );
}

fn check(script: &str, expect: Expect) {
    let mut play = Play::new(Language::Fr);
    let mut log = format!("start:{}\n", outputs(&mut play.machine));
    for step in script.split('|').map(str::trim) {
        log += &play.step(step);
    }
    expect.assert_eq(&log);
}

/// A box that was just started, and when.
pub fn fresh(name: &str, language: Language) -> (Machine, Instant) {
    let setup = Setup {
        name,
        language,
        thumbs: true,
        status: Status::default(),
        kept: Kept::default(),
        quiet: QUIET,
        introduction: Introduction::default(),
    };
    let now = Instant::now();
    (Machine::new(setup, now), now)
}

/// A box in virtual time.
struct Play {
    machine: Machine,
    now: Instant,
}

impl Play {
    fn new(language: Language) -> Self {
        let (machine, now) = fresh("Brest", language);
        Self { machine, now }
    }

    /// Does a step and says what followed.
    fn step(&mut self, step: &str) -> String {
        if let Some(ms) = step.strip_prefix("wait ") {
            self.wait(Duration::from_millis(ms.parse().unwrap()));
        } else {
            for input in inputs(step) {
                self.machine.handle_input(input, self.now);
            }
        }
        format!("{step}:{}\n", outputs(&mut self.machine))
    }

    fn wait(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some(due) = self
            .machine
            .poll_timeout(self.now)
            .filter(|due| *due <= end)
        {
            self.now = due;
            self.machine.handle_timeout(due);
        }
        self.now = end;
    }
}

fn inputs(step: &str) -> Vec<Input> {
    let click = |button| vec![Input::Pressed(button), Input::Released(button)];
    match step {
        "speak" => click(Button::Speak),
        "mute" => click(Button::Mute),
        "screen" => click(Button::Screen),
        "-" => click(Button::Minus),
        "+" => click(Button::Plus),
        "hold -" => vec![Input::Pressed(Button::Minus)],
        "let -" => vec![Input::Released(Button::Minus)],
        "hold +" => vec![Input::Pressed(Button::Plus)],
        "let +" => vec![Input::Released(Button::Plus)],
        "hold all" => Button::ALL.map(Input::Pressed).into(),
        other => match other
            .split_once(' ')
            .map(|(motion, name)| (motion, Button::named(name)))
        {
            Some(("hold", Some(button))) => vec![Input::Pressed(button)],
            Some(("let", Some(button))) => vec![Input::Released(button)],
            Some(("stuck", Some(button))) => vec![Input::Stuck(button)],
            Some(_) | None => vec![input(other)],
        },
    }
}

fn input(step: &str) -> Input {
    let part = |state| Input::Part(Part::Camera, state);
    match step {
        "down" => Input::LinkDown,
        "people" => Input::PeopleCounted(20),
        "offered" => evening(&[], |state| state.evening.offered = Some("Brest".into())),
        "asked" => evening(&["Brest"], |state| {
            state.evening.offered = Some("Brest".into())
        }),
        "slides 0" => slides(0, "Brest"),
        "slides 2" => slides(2, "Brest"),
        "elsewhere" => slides(2, "Loudéac"),
        "poll" => evening(&[], |state| poll(state, true)),
        "closed" => evening(&[], |state| poll(state, false)),
        "poll phones" => evening(&[], |state| {
            poll(state, true);
            state.audience.page = Some("http://192.0.2.7/p".into());
            let counted = |counts: &[u16]| HandsView {
                room: "Brest".into(),
                counts: counts.into(),
            };
            state
                .audience
                .poll
                .iter_mut()
                .for_each(|poll| poll.hands.push(counted(&[3, 1])));
        }),
        "thursday" => evening(&[], thursday),
        "begun" => evening(&[], |state| {
            thursday(state);
            state.evening.at = 1;
        }),
        "over" => evening(&[], thursday),
        "asked to check" => Input::CheckAsked { id: 1, now_ms: 0 },
        "looked" => Input::Looked(Looked {
            camera: None,
            chirp: None,
            network: crate::media::Network::default(),
        }),
        "nocam" => part(PartState::Missing {
            reason: "unplugged".into(),
        }),
        "cam" => part(PartState::Running {
            chosen: "/dev/video0".into(),
        }),
        "open" => state(true, false, None, &[]),
        "shut" => state(false, false, None, &[]),
        "wanted" => state(true, true, None, &[]),
        "queued" => state(true, false, None, &["Brest"]),
        "floor" => state(true, false, Some("Brest"), &[]),
        "other" => state(true, false, Some("Loudéac"), &[]),
        at if at.starts_with("at ") => {
            let local: DateTime = at["at ".len()..].parse().unwrap();
            Input::Time(Time { unix_ms: 0, local })
        }
        up => Input::LinkUp {
            session: up.replace("up ", ""),
            now_ms: 0,
        },
    }
}

/// A state in which something of the evening is otherwise.
fn evening(queue: &[&str], change: impl FnOnce(&mut State)) -> Input {
    let Input::State(mut state) = state(false, false, None, queue) else {
        unreachable!("it makes a state");
    };
    change(&mut state);
    Input::State(state)
}

/// A page of a deck of three, whose speaker is in this room and has the floor.
fn slides(page: u16, room: &str) -> Input {
    evening(&[], |state| {
        let deck = DeckState::Ready {
            id: "5f".repeat(32),
            pages: 3,
        };
        let speaker = SpeakerView {
            room: room.into(),
            deck: Some(DeckView {
                name: "a.pdf".into(),
                state: deck,
            }),
            ..SpeakerView::default()
        };
        state.programme.speakers = vec![speaker];
        state.programme.items = vec![ItemView {
            kind: ItemKind::Talk,
            speaker: Some(0),
        }];
        state.evening.scene = SceneView::Slides;
        state.evening.page = Some(page);
        state.floor.holder = Some(room.into());
    })
}

fn poll(state: &mut State, open: bool) {
    let answer = |text: &str| AnswerView {
        text: text.into(),
        votes: 0,
    };
    state.evening.scene = SceneView::Poll;
    state.audience.poll = Some(PollView {
        number: 1,
        answers: vec![answer("oui"), answer("non")],
        open,
        ..PollView::default()
    });
}

fn thursday(state: &mut State) {
    state.upcoming = Some(UpcomingView {
        title: "Les métiers du bois".into(),
        starts: "2026-12-03T18:30:00".into(),
    });
}

fn state(open: bool, wanted: bool, holder: Option<&str>, queue: &[&str]) -> Input {
    let room = |name: &str| RoomView {
        name: name.into(),
        present: true,
        microphone_open: open,
        main_wanted: wanted,
        ..RoomView::default()
    };
    let asker = |name: &str| AskerView {
        room: name.to_owned(),
        written: None,
    };
    Input::State(Box::new(State {
        floor: FloorView {
            holder: holder.map(str::to_owned),
            last_holder: None,
            queue: queue.iter().map(|name| (*name).to_owned()).collect(),
        },
        rooms: vec![room("Brest"), room("Loudéac")],
        evening: EveningView {
            askers: queue.iter().map(|name| asker(name)).collect(),
            ..EveningView::default()
        },
        ..State::default()
    }))
}

fn outputs(machine: &mut Machine) -> String {
    let mut text = String::new();
    while let Some(output) = machine.poll_output() {
        let told = match &output {
            // They have tests of their own.
            Output::Light(_) | Output::Sound(_) => continue,
            Output::Send(FromClient::Status(_)) => "Send(Status)".to_owned(),
            Output::Show(view) => shown(view),
            Output::Send(_)
            | Output::Mute(_)
            | Output::CloseMicrophone(_)
            | Output::EncodeMain(_)
            | Output::Look { .. }
            | Output::Examine
            | Output::Mirror(_)
            | Output::Fetch(_)
            | Output::FetchUpdate(_)
            | Output::ShowSecond(_)
            | Output::Volume(_)
            | Output::Keep(_)
            | Output::Rest(_)
            | Output::Stuck { .. }
            | Output::Restart
            | Output::Forget
            | Output::PairAnew
            | Output::StartMedia
            | Output::RestartMedia => format!("{output:?}"),
        };
        text.push(' ');
        text += &told;
    }
    text
}

#[expect(clippy::wildcard_enum_match_arm, reason = "two scenes matter here")]
fn shown(view: &View) -> String {
    let lines: Vec<String> = view.lines.iter().map(line).collect();
    let volume = view.volume.map(|percent| format!(" volume {percent}"));
    let scene = match &view.scene {
        Scene::Poll(poll) => {
            let count = |answer: &Answer| match &answer.hands {
                Some(hands) if hands.counted_now => format!("*{}*", hands.count),
                Some(hands) => hands.count.to_string(),
                None => "-".into(),
            };
            let counts: Vec<String> = poll.answers.iter().map(count).collect();
            format!(" {} / {} {}", counts.join(" "), poll.how, poll.hint)
        }
        Scene::Resting(resting) => format!(
            " resting {} {} {} {}",
            resting.clock, resting.heading, resting.when, resting.title
        ),
        _ => String::new(),
    };
    format!(
        "Show[{}{}{scene}]",
        lines.join(" "),
        volume.unwrap_or_default()
    )
}

fn line(line: &Line) -> String {
    let sign = match line.role {
        Role::Neutral => '-',
        Role::Floor => '*',
        Role::Muted => 'x',
        Role::Ask => '?',
        Role::Warning => '!',
    };
    format!("{sign} {}", line.text)
}
