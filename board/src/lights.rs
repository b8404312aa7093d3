//! What the panel's lamps show: one function of one state. Pure.
//!
//! *Parole* holds the status light of three colours; each signal differs from every other by how it blinks as well, so that
//! nobody needs to see colours. *Micro* holds a red lamp, the other buttons a white one each.

use std::time::Duration;

use crate::Button;

/// All that the lamps depend on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The room muted itself.
    pub muted: bool,
    /// A device is missing, or the network, or the bridge.
    pub fault: bool,
    /// The box starts, or is being updated.
    pub starting: bool,
    /// The room is in the conference: an evening runs.
    pub in_conference: bool,
    /// The room asks for the floor.
    pub hand_raised: bool,
    /// The room has the floor.
    pub has_floor: bool,
    /// The box rests until the next evening.
    pub resting: bool,
    /// All buttons are held, and will soon make the box forget what it was told.
    pub reset_near: bool,
    /// Which buttons do something now, by [`Button::index`]; *Parole* and *Micro* have lights of their own.
    pub useful: [bool; 5],
    /// Which buttons are down, by [`Button::index`].
    pub down: [bool; 5],
}

/// What the status light says. From the most urgent to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signal {
    /// Let go, or the box forgets.
    ResetNear,
    /// Nobody hears this room: it muted itself.
    Muted,
    /// Something is missing.
    Fault,
    /// Wait.
    Starting,
    /// Speak.
    Floor,
    /// The room will be given its turn.
    Hand,
    /// The others are seen and heard.
    Conference,
    /// It may begin.
    Ready,
    /// Press any button.
    Resting,
}

impl Signal {
    /// All, most urgent first.
    pub const ALL: [Self; 9] = [
        Self::ResetNear,
        Self::Muted,
        Self::Fault,
        Self::Starting,
        Self::Floor,
        Self::Hand,
        Self::Conference,
        Self::Ready,
        Self::Resting,
    ];

    /// The most urgent one of a state.
    pub const fn of(state: &State) -> Self {
        if state.reset_near {
            Self::ResetNear
        } else if state.muted {
            Self::Muted
        } else if state.resting {
            Self::Resting
        } else if state.fault {
            Self::Fault
        } else if state.starting {
            Self::Starting
        } else if state.has_floor {
            Self::Floor
        } else if state.hand_raised {
            Self::Hand
        } else if state.in_conference {
            Self::Conference
        } else {
            Self::Ready
        }
    }

    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ResetNear => "reset_near",
            Self::Muted => "muted",
            Self::Fault => "fault",
            Self::Starting => "starting",
            Self::Floor => "floor",
            Self::Hand => "hand",
            Self::Conference => "conference",
            Self::Ready => "ready",
            Self::Resting => "resting",
        }
    }

    /// Its colour.
    pub const fn colour(self) -> Colour {
        match self {
            Self::ResetNear | Self::Muted | Self::Fault => Colour::Red,
            Self::Starting | Self::Ready | Self::Resting => Colour::White,
            Self::Floor => Colour::Green,
            Self::Hand => Colour::Amber,
            Self::Conference => Colour::Blue,
        }
    }

    /// How it blinks: milliseconds lit, dark, lit, dark, and again from the beginning. One number is steady light.
    pub const fn blinks(self) -> &'static [u16] {
        match self {
            Self::ResetNear => &[100, 100],
            // The one that never blinks.
            Self::Muted => &[1000],
            Self::Fault => &[300, 300],
            Self::Starting => &[600, 600],
            // Nearly steady: people speak beside it.
            Self::Floor => &[1800, 200],
            Self::Hand => &[200, 200, 200, 600],
            Self::Conference => &[3400, 200, 200, 200],
            Self::Ready => &[3800, 200],
            Self::Resting => &[100, 4900],
        }
    }
}

/// A colour of the status light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// Red.
    Red,
    /// Red and green together.
    Amber,
    /// Green.
    Green,
    /// Blue.
    Blue,
    /// All three together.
    White,
}

impl Colour {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Amber => "amber",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::White => "white",
        }
    }

    /// Red, green and blue.
    const fn parts(self) -> [bool; 3] {
        match self {
            Self::Red => [true, false, false],
            Self::Amber => [true, true, false],
            Self::Green => [false, true, false],
            Self::Blue => [false, false, true],
            Self::White => [true, true, true],
        }
    }
}

/// A lamp with a wire of its own, in the order of `pins.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lamp {
    /// Red of the status light.
    Red,
    /// Its green.
    Green,
    /// Its blue.
    Blue,
    /// *Micro*.
    Mute,
    /// *Écran*.
    Screen,
    /// *−*.
    Minus,
    /// *+*.
    Plus,
}

impl Lamp {
    /// All, in the order of [`Lamps`].
    pub const ALL: [Self; 7] = [
        Self::Red,
        Self::Green,
        Self::Blue,
        Self::Mute,
        Self::Screen,
        Self::Minus,
        Self::Plus,
    ];

    /// Its name in `pins.toml`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Green => "green",
            Self::Blue => "blue",
            Self::Mute => "mute",
            Self::Screen => "screen",
            Self::Minus => "minus",
            Self::Plus => "plus",
        }
    }
}

/// Which lamps are lit, by [`Lamp::ALL`].
pub type Lamps = [bool; 7];

/// What the lamps show, `since` the signal of this state began; and in how long that changes by itself.
///
/// A button that is down turns its own lamp over, so that a hand sees at once that it was felt. The lamp of *Micro* is lit
/// all the while the room is muted, and so is the red of the status light.
pub fn lamps(state: &State, since: Duration) -> (Lamps, Option<Duration>) {
    let signal = Signal::of(state);
    let (lit, changes) = blink(signal.blinks(), since);
    let down = |button: Button| state.down[button.index()];
    let lit = lit != (down(Button::Speak) && signal != Signal::Muted);
    let [red, green, blue] = signal.colour().parts().map(|part| part && lit);
    let own = |button: Button| state.useful[button.index()] != down(button);
    let lamps = [
        red,
        green,
        blue,
        state.muted,
        own(Button::Screen),
        own(Button::Minus),
        own(Button::Plus),
    ];
    (lamps, changes)
}

/// Whether a light that blinks so is lit, and in how long it changes.
fn blink(blinks: &[u16], since: Duration) -> (bool, Option<Duration>) {
    if blinks.len() < 2 {
        return (true, None);
    }
    let ms = |part: &u16| Duration::from_millis(u64::from(*part));
    let whole: Duration = blinks.iter().map(ms).sum();
    // Far below 2^64 ns: a box does not run for centuries.
    let at = u64::try_from(since.as_nanos() % whole.as_nanos()).unwrap_or(0);
    let (at, mut end) = (Duration::from_nanos(at), Duration::ZERO);
    for (n, part) in blinks.iter().enumerate() {
        end += ms(part);
        if at < end {
            return (n % 2 == 0, Some(end - at));
        }
    }
    (true, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    const NONE: State = State {
        muted: false,
        fault: false,
        starting: false,
        in_conference: false,
        hand_raised: false,
        has_floor: false,
        resting: false,
        reset_near: false,
        useful: [false; 5],
        down: [false; 5],
    };

    /// Draws four seconds of a signal, a sign each 100 ms: the colour's first letter where it is lit.
    fn draw(state: &State) -> String {
        let letter = match Signal::of(state).colour() {
            Colour::Red => 'R',
            Colour::Amber => 'A',
            Colour::Green => 'G',
            Colour::Blue => 'B',
            Colour::White => 'W',
        };
        let lit = |n: u64| lamps(state, Duration::from_millis(n * 100)).0[..3].contains(&true);
        let signs = (0..40).map(|n| if lit(n) { letter } else { '.' });
        format!(
            "{:>10} {}\n",
            Signal::of(state).name(),
            signs.collect::<String>()
        )
    }

    fn check(states: &[State], expect: Expect) {
        expect.assert_eq(&states.iter().map(draw).collect::<String>());
    }

    #[test]
    fn each_state_has_its_colour_and_its_blinking() {
        let conference = State {
            in_conference: true,
            ..NONE
        };
        let hand = State {
            hand_raised: true,
            ..conference
        };
        let floor = State {
            has_floor: true,
            ..hand
        };
        let starting = State {
            starting: true,
            ..floor
        };
        let fault = State {
            fault: true,
            ..starting
        };
        let resting = State {
            resting: true,
            ..fault
        };
        let muted = State {
            muted: true,
            ..resting
        };
        let reset = State {
            reset_near: true,
            ..muted
        };
        check(
            &[
                NONE, conference, hand, floor, starting, fault, resting, muted, reset,
            ],
            expect![[r#"
                     ready WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW..
                conference BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB..BB..
                      hand AA..AA......AA..AA......AA..AA......AA..
                     floor GGGGGGGGGGGGGGGGGG..GGGGGGGGGGGGGGGGGG..
                  starting WWWWWW......WWWWWW......WWWWWW......WWWW
                     fault RRR...RRR...RRR...RRR...RRR...RRR...RRR.
                   resting W.......................................
                     muted RRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRRR
                reset_near R.R.R.R.R.R.R.R.R.R.R.R.R.R.R.R.R.R.R.R.
            "#]],
        );
    }

    #[test]
    fn no_two_signals_blink_alike() {
        for (n, one) in Signal::ALL.iter().enumerate() {
            for other in &Signal::ALL[n + 1..] {
                assert_ne!(one.blinks(), other.blinks(), "{one:?} {other:?}");
            }
        }
    }

    #[test]
    fn a_pressed_button_turns_its_lamp_over() {
        let mut state = State {
            useful: [true, true, false, true, true],
            ..NONE
        };
        state.down[Button::Minus.index()] = true;
        state.down[Button::Speak.index()] = true;
        let (lit, _) = lamps(&state, Duration::ZERO);
        assert_eq!(lit, [false, false, false, false, false, false, true]);
    }

    fn any_state() -> impl Strategy<Value = State> {
        (any::<[bool; 8]>(), any::<[bool; 5]>(), any::<[bool; 5]>()).prop_map(
            |(
                [
                    muted,
                    fault,
                    starting,
                    in_conference,
                    hand_raised,
                    has_floor,
                    resting,
                    reset_near,
                ],
                useful,
                down,
            )| State {
                muted,
                fault,
                starting,
                in_conference,
                hand_raised,
                has_floor,
                resting,
                reset_near,
                useful,
                down,
            },
        )
    }

    proptest! {
        #[test]
        fn the_lamp_of_a_muted_room_is_never_dark(state in any_state(), ms in 0..1_000_000_u64) {
            let (lit, _) = lamps(&State { muted: true, ..state }, Duration::from_millis(ms));
            prop_assert!(lit[3]);
        }

        #[test]
        fn lamps_stay_as_they_are_until_they_are_said_to_change(state in any_state(), us in 0..20_000_000_u64) {
            let since = Duration::from_micros(us);
            let (lit, changes) = lamps(&state, since);
            let Some(changes) = changes else {
                let (later, _) = lamps(&state, since + Duration::from_secs(77));
                prop_assert_eq!(lit, later);
                return Ok(());
            };
            prop_assert!(changes > Duration::ZERO);
            let (just_before, _) = lamps(&state, since + changes - Duration::from_nanos(1));
            let (then, _) = lamps(&state, since + changes);
            prop_assert_eq!(lit, just_before);
            prop_assert_ne!(lit, then);
        }
    }
}
