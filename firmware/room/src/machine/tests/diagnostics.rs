//! The diagnostic picture: how it comes, what it tries, how it ends, and that nobody else sees it.

use board::lights::Signal;
use pipelines::scene::Diagnostics;
use pipelines::{Part, PartState};

use super::*;
use crate::check::Looked;
use crate::doctor::{Fact, Finding, Sign};
use crate::media::Network;

/// A box in the lobby, with its microphone, its loudspeaker and its camera.
fn a_box() -> (Machine, Instant) {
    let (mut machine, now) = fresh("Brest", Language::Fr);
    for part in [Part::Camera, Part::Microphones, Part::Loudspeaker] {
        let chosen = "it".into();
        machine.handle_input(Input::Part(part, PartState::Running { chosen }), now);
    }
    machine.handle_input(Input::Channels(2), now);
    drain(&mut machine);
    (machine, now)
}

/// What was ordered, and the last picture.
fn drain(machine: &mut Machine) -> (Vec<Output>, Option<View>) {
    let (mut orders, mut view) = (Vec::new(), None);
    while let Some(output) = machine.poll_output() {
        match output {
            Output::Show(shown) => view = Some(*shown),
            Output::Light(_) | Output::ShowSecond(_) => {}
            Output::Send(_)
            | Output::Mute(_)
            | Output::CloseMicrophone(_)
            | Output::EncodeMain(_)
            | Output::Look { .. }
            | Output::Examine
            | Output::Mirror(_)
            | Output::Fetch(_)
            | Output::FetchUpdate(_)
            | Output::Volume(_)
            | Output::Keep(_)
            | Output::Rest(_)
            | Output::Sound(_)
            | Output::Stuck { .. }
            | Output::Restart
            | Output::Forget
            | Output::PairAnew
            | Output::StartMedia
            | Output::RestartMedia => orders.push(output),
        }
    }
    (orders, view)
}

/// The picture, if that is shown.
fn picture_of(view: Option<View>) -> Option<Diagnostics> {
    let view = view.expect("something is shown");
    let Scene::Diagnostics(picture) = view.scene else {
        return None;
    };
    Some(*picture)
}

fn hold_screen(machine: &mut Machine, now: Instant) {
    machine.handle_input(Input::Pressed(Button::Screen), now);
    for tenths in 1..=31 {
        machine.handle_timeout(now + Duration::from_millis(100 * tenths));
    }
    let up = now + Duration::from_millis(3200);
    machine.handle_input(Input::Released(Button::Screen), up);
}

fn click(machine: &mut Machine, button: Button, now: Instant) {
    machine.handle_input(Input::Pressed(button), now);
    machine.handle_input(Input::Released(button), now + Duration::from_millis(100));
}

#[test]
fn screen_held_shows_it_and_a_click_of_screen_ends_it() {
    let (mut machine, now) = a_box();
    hold_screen(&mut machine, now);
    let (orders, view) = drain(&mut machine);
    assert_eq!(orders, [Output::Mirror(true), Output::Examine]);
    let picture = picture_of(view).expect("the picture");
    assert_eq!(picture.title, "Diagnostic : Brest");
    assert_eq!(picture.microphones, ["Micro 1", "Micro 2"]);
    assert_eq!(picture.no_camera, "");
    click(&mut machine, Button::Screen, now + Duration::from_secs(5));
    let (orders, view) = drain(&mut machine);
    assert_eq!(orders, [Output::Mirror(false)]);
    assert!(picture_of(view).is_none() && !machine.diagnoses());
}

#[test]
fn it_ends_after_five_minutes_and_the_box_does_not_rest_meanwhile() {
    let (mut machine, now) = a_box();
    machine.handle_input(Input::Diagnostics(true), now);
    let mut at = now;
    while machine.diagnoses() {
        at = machine.poll_timeout(at).expect("something is due");
        machine.handle_timeout(at);
    }
    assert_eq!(at - now, Duration::from_secs(300));
    let (orders, view) = drain(&mut machine);
    let examined = orders.iter().filter(|order| **order == Output::Examine);
    assert_eq!(examined.count(), 30, "every ten seconds");
    assert!(picture_of(view).is_none());
}

#[test]
fn the_worst_is_told_first_and_the_foot_has_the_address() {
    let (mut machine, now) = a_box();
    machine.handle_input(Input::Diagnostics(true), now);
    let finding = |check, message, sign, facts| Finding {
        check,
        message,
        sign,
        facts,
    };
    let text = |text: &str| Fact::Text(text.into());
    let found = vec![
        finding(
            "box",
            "doctor-box-runs",
            Sign::Ok,
            vec![("address", text("http://brest.local"))],
        ),
        finding("media", "doctor-media-well", Sign::Ok, vec![]),
        finding("power", "doctor-power-low", Sign::Fault, vec![]),
        finding("clock", "doctor-clock-free", Sign::Warning, vec![]),
        finding(
            "versions",
            "doctor-versions",
            Sign::Ok,
            vec![("program", text("0.1.0")), ("model", text("?"))],
        ),
    ];
    machine.handle_input(Input::Examined(found), now);
    let picture = picture_of(drain(&mut machine).1).expect("the picture");
    let told = picture.findings.iter().map(|check| check.text.as_str());
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            "Alimentation trop faible en ce moment",
            "L’horloge ne suit pas l’heure du réseau",
            "Son et image passent",
        ]
    );
    assert_eq!(picture.foot, "http://brest.local · Estrade 0.1.0");
}

#[test]
fn minus_tries_the_loudspeaker_and_plus_is_the_volume() {
    let (mut machine, now) = a_box();
    machine.handle_input(Input::Diagnostics(true), now);
    drain(&mut machine);
    click(&mut machine, Button::Minus, now);
    let (orders, view) = drain(&mut machine);
    assert_eq!(orders, [Output::Look { chirp: true }]);
    let trial = picture_of(view).expect("the picture").trial;
    assert_eq!(trial, "Le haut-parleur joue, les micros écoutent…");
    let looked = Looked {
        camera: None,
        chirp: Some(false),
        network: Network::default(),
    };
    machine.handle_input(Input::Looked(looked), now);
    let (orders, view) = drain(&mut machine);
    assert_eq!(orders, [], "nothing of it goes to the bridge");
    let trial = picture_of(view).expect("the picture").trial;
    assert_eq!(trial, "Haut-parleur : les micros ne l’ont pas entendu");
    click(&mut machine, Button::Plus, now + Duration::from_secs(1));
    assert_eq!(drain(&mut machine).0, [Output::Volume(85)]);
}

#[test]
fn no_chirp_is_played_into_a_talk_or_without_a_loudspeaker() {
    let (mut machine, now) = a_box();
    let session = "a".to_owned();
    machine.handle_input(Input::LinkUp { session, now_ms: 0 }, now);
    machine.handle_input(state(true, false, Some("Brest"), &[]), now);
    machine.handle_input(Input::Diagnostics(true), now);
    drain(&mut machine);
    click(&mut machine, Button::Minus, now);
    let (orders, view) = drain(&mut machine);
    assert_eq!(orders, []);
    let trial = picture_of(view).expect("the picture").trial;
    assert!(trial.contains("les autres salles"), "{trial}");

    let (mut machine, now) = a_box();
    let reason = "unplugged".to_owned();
    machine.handle_input(
        Input::Part(Part::Loudspeaker, PartState::Missing { reason }),
        now,
    );
    machine.handle_input(Input::Diagnostics(true), now);
    click(&mut machine, Button::Minus, now);
    let (orders, view) = drain(&mut machine);
    assert!(!orders.contains(&Output::Look { chirp: true }));
    let trial = picture_of(view).expect("the picture").trial;
    assert!(trial.contains("sans haut-parleur"), "{trial}");
}

#[test]
fn each_light_has_its_turn_once_and_a_mute_is_told_before_them() {
    let (mut machine, now) = a_box();
    machine.handle_input(Input::Diagnostics(true), now);
    let signal = |machine: &Machine, seconds| {
        let at = now + Duration::from_secs(seconds);
        Signal::of(&machine.lights(at))
    };
    let turns: Vec<Signal> = (0..6).map(|nth| signal(&machine, 2 * nth)).collect();
    assert_eq!(
        turns,
        [
            Signal::Fault,
            Signal::Starting,
            Signal::Floor,
            Signal::Hand,
            Signal::Conference,
            Signal::Ready,
        ]
    );
    assert_eq!(signal(&machine, 12), Signal::Starting, "as it is");
    click(&mut machine, Button::Mute, now);
    assert_eq!(signal(&machine, 4), Signal::Muted);
}

#[test]
fn what_the_room_must_know_stands_in_the_picture() {
    let (mut machine, now) = a_box();
    let session = "a".to_owned();
    machine.handle_input(Input::LinkUp { session, now_ms: 0 }, now);
    machine.handle_input(state(true, true, Some("Brest"), &[]), now);
    machine.handle_input(Input::Diagnostics(true), now);
    let view = drain(&mut machine).1.expect("a picture");
    let lines: Vec<&str> = view.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(lines, ["Vous avez la parole"]);
    // The bridge has the floor taken back: the picture stays, and so does the evening behind it.
    machine.handle_input(state(false, false, None, &[]), now);
    assert!(machine.diagnoses());
    machine.handle_input(Input::Diagnostics(false), now);
    assert!(picture_of(drain(&mut machine).1).is_none());
}
