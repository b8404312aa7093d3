use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;

/// Plays `100 +speak | 300 -speak`: in milliseconds, a button goes down (`+`) or comes up (`-`), `=` lets time pass.
fn check(script: &str, expect: Expect) {
    let start = now();
    let (mut gestures, mut told) = (Gestures::default(), String::new());
    for step in script.split('|').map(str::trim) {
        let (at, what) = step.split_once(' ').unwrap();
        let at = Duration::from_millis(at.parse().unwrap());
        // Time does not jump: whoever drives it wakes when it is due.
        while let Some(due) = gestures.poll_timeout().filter(|due| *due < start + at) {
            gestures.handle_timeout(due);
            tell(&mut gestures, due - start, &mut told);
        }
        match what.split_at(1) {
            ("=", _) => gestures.handle_timeout(start + at),
            (sign, name) => {
                gestures.handle_button(Button::named(name).unwrap(), sign == "+", start + at);
            }
        }
        tell(&mut gestures, at, &mut told);
    }
    expect.assert_eq(&told);
}

fn tell(gestures: &mut Gestures, at: Duration, told: &mut String) {
    while let Some(gesture) = gestures.poll_output() {
        told.push_str(&format!("{} {gesture:?}\n", at.as_millis()));
    }
}

#[expect(clippy::disallowed_methods, reason = "where a test's time begins")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn a_click_and_a_long_press_of_one_button() {
    check(
        "100 +speak | 400 -speak | 500 +speak | 1700 -speak",
        expect![[r#"
            100 Pressed(Speak)
            400 Released { button: Speak, click: true }
            500 Pressed(Speak)
            1700 Released { button: Speak, click: false }
        "#]],
    );
}

#[test]
fn the_screen_button_held_says_how_long_and_then_does_it() {
    check(
        "0 +screen | 3500 -screen",
        expect![[r#"
            0 Pressed(Screen)
            1000 Holding { hold: Diagnostics, left: 2s }
            1500 Holding { hold: Diagnostics, left: 1.5s }
            2000 Holding { hold: Diagnostics, left: 1s }
            2500 Holding { hold: Diagnostics, left: 500ms }
            3000 Reached(Diagnostics)
            3500 Released { button: Screen, click: false }
        "#]],
    );
}

#[test]
fn a_hold_that_is_let_go_says_so_once_it_was_told_of() {
    check(
        "0 +screen | 900 -screen | 1000 +screen | 2700 -screen",
        expect![[r#"
            0 Pressed(Screen)
            900 Released { button: Screen, click: true }
            1000 Pressed(Screen)
            2000 Holding { hold: Diagnostics, left: 2s }
            2500 Holding { hold: Diagnostics, left: 1.5s }
            2700 Released { button: Screen, click: false }
            2700 LetGo(Diagnostics)
        "#]],
    );
}

#[test]
fn two_buttons_take_back_the_first_and_restart() {
    check(
        "0 +mute | 80 +speak | 5090 -mute | 5200 -speak",
        expect![[r#"
            0 Pressed(Mute)
            80 Cancelled(Mute)
            1080 Holding { hold: Restart, left: 4s }
            1580 Holding { hold: Restart, left: 3.5s }
            2080 Holding { hold: Restart, left: 3s }
            2580 Holding { hold: Restart, left: 2.5s }
            3080 Holding { hold: Restart, left: 2s }
            3580 Holding { hold: Restart, left: 1.5s }
            4080 Holding { hold: Restart, left: 1s }
            4580 Holding { hold: Restart, left: 500ms }
            5080 Reached(Restart)
        "#]],
    );
}

#[test]
fn all_buttons_warn_at_ten_seconds_and_can_still_be_let_go() {
    check(
        "0 +speak | 10 +mute | 20 +screen | 30 +minus | 40 +plus | 10600 -plus | 10700 -minus | 10800 -speak | 40000 =",
        expect![[r#"
            0 Pressed(Speak)
            10 Cancelled(Speak)
            10040 Holding { hold: Reset, left: 12s }
            10540 Holding { hold: Reset, left: 11.5s }
            10600 LetGo(Reset)
            30010 Stuck(Mute)
            30020 Stuck(Screen)
        "#]],
    );
}

#[test]
fn what_is_left_of_two_buttons_is_no_press() {
    check(
        "0 +speak | 50 +screen | 200 -speak | 5000 -screen | 5100 +screen | 5200 -screen",
        expect![[r#"
            0 Pressed(Speak)
            50 Cancelled(Speak)
            5100 Pressed(Screen)
            5200 Released { button: Screen, click: true }
        "#]],
    );
}

#[test]
fn a_stuck_button_is_told_and_ignored_and_the_others_work_on() {
    check(
        "0 +minus | 31000 +speak | 31200 -speak | 32000 -minus | 33000 +minus | 33100 -minus",
        expect![[r#"
            0 Pressed(Minus)
            30000 Released { button: Minus, click: false }
            30000 Stuck(Minus)
            31000 Pressed(Speak)
            31200 Released { button: Speak, click: true }
            32000 Freed(Minus)
            33000 Pressed(Minus)
            33100 Released { button: Minus, click: true }
        "#]],
    );
}

#[test]
fn a_release_that_was_lost_is_made_up_for_by_the_next_press() {
    check(
        "0 +speak | 5000 +speak | 5100 -speak",
        expect![[r#"
            0 Pressed(Speak)
            5000 Released { button: Speak, click: false }
            5000 Pressed(Speak)
            5100 Released { button: Speak, click: true }
        "#]],
    );
}

proptest! {
    /// Whatever a hand does: a press is ended once, one press at a time, and nothing is told of a stuck button.
    #[test]
    fn presses_end_and_never_overlap(moves in prop::collection::vec((0..40_000_u64, 0..5_usize), 1..60)) {
        let mut now = now();
        let mut gestures = Gestures::default();
        let (mut levels, mut pressed, mut stuck) = ([false; 5], None, [false; 5]);
        for (wait, n) in moves {
            now += Duration::from_millis(wait);
            levels[n] = !levels[n];
            gestures.handle_button(Button::ALL[n], levels[n], now);
            while let Some(gesture) = gestures.poll_output() {
                match gesture {
                    Gesture::Pressed(button) => {
                        prop_assert_eq!(pressed.replace(button), None);
                        prop_assert!(!stuck[button.index()]);
                    }
                    Gesture::Released { button, .. } | Gesture::Cancelled(button) => {
                        prop_assert_eq!(pressed.take(), Some(button));
                    }
                    Gesture::Stuck(button) => stuck[button.index()] = true,
                    Gesture::Freed(button) => stuck[button.index()] = false,
                    Gesture::Holding { .. } | Gesture::Reached(_) | Gesture::LetGo(_) => {}
                }
            }
        }
        for button in Button::ALL {
            gestures.handle_button(button, false, now);
        }
        prop_assert_eq!(gestures.down(), [false; 5]);
    }
}
