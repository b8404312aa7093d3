//! Buttons that are held, taken back or stuck, layouts, lamps.

use board::lights::Signal;
use proptest::prelude::*;

use super::*;

#[test]
fn two_buttons_take_back_what_the_first_began_and_restart_the_box() {
    check(
        "up a | open | hold speak | hold mute | wait 1000 | wait 1500 | wait 2500",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            open: CloseMicrophone(false) Show[]
            hold speak: Send(RequestFloor)
            hold mute: Send(ReleaseFloor)
            wait 1000: Show[! Redémarrage dans 4 s : relâchez pour annuler]
            wait 1500: Show[! Redémarrage dans 3 s : relâchez pour annuler]
            wait 2500: Show[! Redémarrage dans 2 s : relâchez pour annuler] Show[! Redémarrage dans 1 s : relâchez pour annuler] Restart Show[! Le boîtier redémarre…]
        "#]],
    );
}

#[test]
fn a_mute_is_taken_back_by_a_second_button_and_kept_over_a_restart() {
    check(
        "up a | mute | hold mute | hold speak | let speak | let mute",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            mute: Mute(true) Keep(Kept { volume: 80, muted: true, upcoming: None }) Send(Status) Show[x Micro coupé]
            hold mute: Mute(false) Keep(Kept { volume: 80, muted: false, upcoming: None }) Send(Status) Show[]
            hold speak: Mute(true) Keep(Kept { volume: 80, muted: true, upcoming: None }) Send(Status) Show[x Micro coupé]
            let speak:
            let mute:
        "#]],
    );
    let kept = Kept {
        muted: true,
        ..Kept::default()
    };
    let setup = Setup {
        name: "Brest",
        language: Language::Fr,
        thumbs: true,
        status: Status::default(),
        kept,
        quiet: QUIET,
        introduction: Introduction::default(),
    };
    let mut machine = Machine::new(setup, Instant::now());
    expect![
        " CloseMicrophone(true) Volume(80) Mute(true) Show[! Connexion au pont… x Micro coupé]"
    ]
    .assert_eq(&outputs(&mut machine));
}

#[test]
fn all_buttons_warn_and_then_make_the_box_forget() {
    check(
        "up a | hold all | wait 9900 | wait 200 | wait 11000 | wait 1000",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            hold all: Send(RequestFloor) Send(ReleaseFloor)
            wait 9900:
            wait 200: Show[! Remise à zéro dans 12 s : relâchez pour annuler]
            wait 11000: Show[! Remise à zéro dans 11 s : relâchez pour annuler] Show[! Remise à zéro dans 10 s : relâchez pour annuler] Show[! Remise à zéro dans 9 s : relâchez pour annuler] Show[! Remise à zéro dans 8 s : relâchez pour annuler] Show[! Remise à zéro dans 7 s : relâchez pour annuler] Show[! Remise à zéro dans 6 s : relâchez pour annuler] Show[! Remise à zéro dans 5 s : relâchez pour annuler] Show[! Remise à zéro dans 4 s : relâchez pour annuler] Show[! Remise à zéro dans 3 s : relâchez pour annuler] Show[! Remise à zéro dans 2 s : relâchez pour annuler] Show[! Remise à zéro dans 1 s : relâchez pour annuler]
            wait 1000: Forget Show[! Le boîtier oublie tout et redémarre…]
        "#]],
    );
}

#[test]
fn a_stuck_button_is_said_and_the_others_work_on() {
    check(
        "up a | stuck minus | + | let minus | - | hold screen | wait 900 | let screen",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            stuck minus: Stuck { button: Minus, stuck: true } Show[! Le bouton « − » est bloqué : il ne compte plus]
            +: Volume(85) Show[! Le bouton « − » est bloqué : il ne compte plus volume 85]
            let minus: Stuck { button: Minus, stuck: false } Show[ volume 85]
            -: Volume(80) Show[ volume 80]
            hold screen:
            wait 900:
            let screen:
        "#]],
    );
}

#[test]
fn the_screen_button_changes_this_rooms_layout_until_the_scene_changes() {
    check(
        "up a | elsewhere | screen | screen | wait 4000 | screen | screen | screen | open | screen | hold screen | wait 1100 | let screen",
        expect![[r#"
            start: CloseMicrophone(true) Volume(80) Show[! Connexion au pont…]
            up a: RestartMedia Send(Status) Show[]
            elsewhere: Fetch(Wanted { photos: [], decks: ["5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"] }) Show[]
            screen: Show[- Affichage : le diaporama seul]
            screen: Show[- Affichage : l’intervenant seul]
            wait 4000: Show[]
            screen: Show[- Affichage : toutes les salles]
            screen: Show[- Affichage de la conférence]
            screen: Show[- Affichage : le diaporama seul]
            open: Fetch(Wanted { photos: [], decks: [] }) CloseMicrophone(false) Show[]
            screen:
            hold screen:
            wait 1100: Show[- Diagnostic dans 2 s]
            let screen: Show[]
        "#]],
    );
}

#[test]
fn each_thing_that_happens_has_its_light() {
    let mut play = Play::new(Language::Fr);
    let mut told = String::new();
    for step in [
        "up a", "open", "queued", "floor", "mute", "mute", "other", "nocam", "cam", "down",
    ] {
        play.machine.handle_timeout(play.now);
        outputs(&mut play.machine);
        for input in inputs(step) {
            play.machine.handle_input(input, play.now);
        }
        let signal = Signal::of(&play.machine.lit()).name();
        told += &format!("{step}: {signal}{}\n", sounds(&mut play.machine));
    }
    expect![[r#"
        up a: starting
        open: ready
        queued: hand ♪ HandRaised
        floor: floor ♪ FloorGiven
        mute: muted ♪ Muted
        mute: floor ♪ Unmuted
        other: conference ♪ FloorEnded
        nocam: fault ♪ Trouble
        cam: conference
        down: fault ♪ Trouble
    "#]]
    .assert_eq(&told);
}

fn sounds(machine: &mut Machine) -> String {
    let mut told = String::new();
    while let Some(output) = machine.poll_output() {
        if let Output::Sound(cue) = output {
            told += &format!(" ♪ {cue:?}");
        }
    }
    told
}

#[test]
fn a_box_that_does_not_reach_its_bridge_stops_starting_after_a_while() {
    let mut play = Play::new(Language::Fr);
    let signal = |play: &Play| Signal::of(&play.machine.lights(play.now));
    assert_eq!(signal(&play), Signal::Starting);
    play.step("wait 29000");
    assert_eq!(signal(&play), Signal::Starting);
    play.step("wait 1000");
    assert_eq!(signal(&play), Signal::Fault);
    play.step("up a");
    assert_eq!(
        signal(&play),
        Signal::Starting,
        "it does not know yet how things stand"
    );
    play.step("open");
    assert_eq!(signal(&play), Signal::Ready);
}

/// Everything that comes over the network, from devices or from the clock.
const FROM_ELSEWHERE: [&str; 19] = [
    "up a",
    "up b",
    "down",
    "open",
    "shut",
    "wanted",
    "queued",
    "floor",
    "other",
    "offered",
    "asked",
    "slides 0",
    "elsewhere",
    "poll",
    "closed",
    "asked to check",
    "nocam",
    "cam",
    "wait 40000",
];

proptest! {
    /// The room's own mute holds, whatever the bridge says, and its lamp is lit all the while.
    #[test]
    fn nothing_from_elsewhere_undoes_a_mute(steps in prop::collection::vec(0..FROM_ELSEWHERE.len(), 1..40)) {
        let mut play = Play::new(Language::Fr);
        play.step("mute");
        for n in steps {
            let told = play.step(FROM_ELSEWHERE[n]);
            prop_assert!(!told.contains(" Mute("), "{}", told);
            prop_assert!(play.machine.status().muted);
            let (lit, _) = board::lights::lamps(&play.machine.lit(), Duration::ZERO);
            prop_assert!(lit[3]);
        }
        let told = play.step("mute");
        prop_assert!(told.contains("Mute(false)"), "{}", told);
    }
}
