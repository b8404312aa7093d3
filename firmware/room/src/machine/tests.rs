use super::*;
use conference::wire::FloorView;
use expect_test::{Expect, expect};
use pipelines::{Line, Role};

#[test]
fn the_microphone_follows_the_conference_and_the_mute_only_the_button() {
    check(
        "up a | open | mute | shut | open | mute",
        expect![[r#"
            start: CloseMicrophone(true) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            open: CloseMicrophone(false) Show[]
            mute: Mute(true) Send(Status) Show[x Micro coupé]
            shut: CloseMicrophone(true)
            open: CloseMicrophone(false)
            mute: Mute(false) Send(Status) Show[]
        "#]],
    );
}

#[test]
fn a_bridge_that_restarted_gets_new_media_and_the_same_bridge_does_not() {
    check(
        "up a | down | up a | down | up b",
        expect![[r#"
            start: CloseMicrophone(true) Show[! Connexion au pont…]
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
            start: CloseMicrophone(true) Show[! Connexion au pont…]
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
            start: CloseMicrophone(true) Show[! Connexion au pont…]
            nocam: Show[! Connexion au pont… ! Pas de caméra : les autres salles ne vous voient pas]
            up a: RestartMedia Send(Status) Show[]
            wanted: CloseMicrophone(false) EncodeMain(true) Show[]
            open: EncodeMain(false)
            cam: Send(Status) Show[]
        "#]],
    );
}

fn check(script: &str, expect: Expect) {
    let mut machine = Machine::new("Brest", Language::Fr, true, Status::default());
    let mut log = format!("start:{}\n", outputs(&mut machine));
    for step in script.split('|').map(str::trim) {
        machine.handle_input(input(step));
        log += &format!("{step}:{}\n", outputs(&mut machine));
    }
    expect.assert_eq(&log);
}

fn input(step: &str) -> Input {
    let part = |state| Input::Part(Part::Camera, state);
    match step {
        "down" => Input::LinkDown,
        "speak" => Input::SpeakPressed,
        "mute" => Input::MutePressed,
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
        up => Input::LinkUp {
            session: up.replace("up ", ""),
            now_ms: 0,
        },
    }
}

fn state(open: bool, wanted: bool, holder: Option<&str>, queue: &[&str]) -> Input {
    let room = |name: &str| RoomView {
        name: name.into(),
        present: true,
        microphone_open: open,
        main_wanted: wanted,
        ..RoomView::default()
    };
    Input::State(Box::new(State {
        floor: FloorView {
            holder: holder.map(str::to_owned),
            last_holder: None,
            queue: queue.iter().map(|name| (*name).to_owned()).collect(),
        },
        rooms: vec![room("Brest"), room("Loudéac")],
        ..State::default()
    }))
}

fn outputs(machine: &mut Machine) -> String {
    let mut text = String::new();
    while let Some(output) = machine.poll_output() {
        text.push(' ');
        text += &match &output {
            Output::Send(FromClient::Status(_)) => "Send(Status)".to_owned(),
            Output::Show(view) => {
                let lines: Vec<String> = view.lines.iter().map(line).collect();
                format!("Show[{}]", lines.join(" "))
            }
            Output::Send(_)
            | Output::Mute(_)
            | Output::CloseMicrophone(_)
            | Output::EncodeMain(_)
            | Output::Look { .. }
            | Output::FetchDecks(_)
            | Output::StartMedia
            | Output::RestartMedia => format!("{output:?}"),
        };
    }
    text
}

fn line(line: &Line) -> String {
    let sign = match line.role {
        Role::Neutral => '-',
        Role::Floor => '*',
        Role::Muted => 'x',
        Role::Warning => '!',
    };
    format!("{sign} {}", line.text)
}
