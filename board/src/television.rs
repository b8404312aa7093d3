//! When the television is switched on and off, and what its remote's keys are. Pure.

use std::time::{Duration, Instant};

use crate::Button;

/// An order that failed is given again after so long, and a last time after twice that: a television that wakes up answers
/// nothing for some seconds.
const AGAIN: Duration = Duration::from_secs(5);
const TIMES: u8 = 3;

/// What is asked of the television.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Wake up, and show this box.
    On,
    /// Go to sleep.
    Off,
}

/// One television, as this box wants it. Whatever a person does with it in between is theirs: orders are given when what is
/// wanted changes, or when it is plugged in, and not else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Television {
    wanted: bool,
    connected: bool,
    pending: Option<Pending>,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    order: Order,
    at: Instant,
    tries: u8,
}

impl Television {
    /// The box is to be seen, or rests.
    pub fn handle_wanted(&mut self, wanted: bool, now: Instant) {
        if self.wanted != wanted {
            self.wanted = wanted;
            self.pend(if wanted { Order::On } else { Order::Off }, now);
        }
    }

    /// A television is there, or not.
    pub fn handle_connected(&mut self, connected: bool, now: Instant) {
        let plugged_in = connected && !self.connected;
        self.connected = connected;
        if plugged_in && self.wanted {
            self.pend(Order::On, now);
        }
    }

    /// The order that was due was carried out, or not.
    pub fn handle_done(&mut self, well: bool, now: Instant) {
        let Some(pending) = &mut self.pending else {
            return;
        };
        pending.tries += 1;
        pending.at = now + AGAIN * u32::from(pending.tries);
        if well || pending.tries >= TIMES {
            self.pending = None;
        }
    }

    /// What is to be ordered now; answer with [`Self::handle_done`].
    pub fn poll_output(&self, now: Instant) -> Option<Order> {
        let pending = self.pending.filter(|pending| pending.at <= now)?;
        self.connected.then_some(pending.order)
    }

    /// When [`Self::poll_output`] may say something.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.pending.filter(|_| self.connected).map(|p| p.at)
    }

    fn pend(&mut self, order: Order, now: Instant) {
        self.pending = Some(Pending {
            order,
            at: now,
            tries: 0,
        });
    }
}

/// The button that a key of the television's remote stands for; `code` as in the kernel's `input-event-codes.h`.
pub const fn button_of_key(code: u16) -> Option<Button> {
    Some(match code {
        // OK, select, enter, green.
        0x160 | 0x161 | 28 | 0x18f => Button::Speak,
        // Red.
        0x18e => Button::Mute,
        // Yellow, blue.
        0x190 | 0x191 => Button::Screen,
        // Down, left.
        108 | 105 => Button::Minus,
        // Up, right.
        103 | 106 => Button::Plus,
        _ => return None,
    })
}

/// Bytes of one event of the kernel's input devices on 64 bits: time (16), type, code, value (`struct input_event`).
pub const KEY_EVENT: usize = 24;

/// The key's code, and whether it went down, of one event; nothing where it is another kind of event, or a key that repeats.
pub fn key_event(event: &[u8; KEY_EVENT]) -> Option<(u16, bool)> {
    const KEY: u16 = 1;
    let [.., t0, t1, c0, c1, v0, v1, v2, v3] = *event;
    let value = i32::from_ne_bytes([v0, v1, v2, v3]);
    let is_key = u16::from_ne_bytes([t0, t1]) == KEY;
    (is_key && matches!(value, 0 | 1)).then(|| (u16::from_ne_bytes([c0, c1]), value == 1))
}

/// What `cec-ctl` says of an adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adapter {
    /// The television's input that this box is plugged into, "1.0.0.0"; nothing without a television.
    pub address: Option<String>,
    /// Whether the box has a place on the line.
    pub configured: bool,
}

impl Adapter {
    /// From its output.
    pub fn parse(text: &str) -> Self {
        let value = |name: &str| {
            let line = text
                .lines()
                .find(|line| line.trim_start().starts_with(name))?;
            Some(line.split_once(':')?.1.trim())
        };
        // Nobody gave it a place; or it is the television's own end of the line.
        let nowhere = ["f.f.f.f", "0.0.0.0"];
        let address = value("Physical Address").filter(|address| !nowhere.contains(address));
        let mask = value("Logical Address Mask").unwrap_or("0x0000");
        Self {
            address: address.map(str::to_owned),
            configured: mask != "0x0000",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "where a test's time begins")]
    fn now() -> Instant {
        Instant::now()
    }

    #[test]
    fn it_is_switched_on_for_the_evening_and_off_after_and_left_alone_in_between() {
        let (mut television, now) = (Television::default(), now());
        television.handle_wanted(true, now);
        assert_eq!(television.poll_output(now), None, "there is none");
        television.handle_connected(true, now);
        assert_eq!(television.poll_output(now), Some(Order::On));
        television.handle_done(true, now);
        television.handle_connected(true, now);
        assert_eq!(television.poll_output(now), None);
        assert_eq!(television.poll_timeout(), None);
        television.handle_wanted(false, now);
        assert_eq!(television.poll_output(now), Some(Order::Off));
        television.handle_done(true, now);
        // Somebody plugs in another one, between evenings.
        television.handle_connected(false, now);
        television.handle_connected(true, now);
        assert_eq!(television.poll_output(now), None);
    }

    #[test]
    fn one_that_is_plugged_in_during_the_evening_is_switched_on() {
        let (mut television, now) = (Television::default(), now());
        television.handle_wanted(true, now);
        for _ in 0..2 {
            television.handle_connected(true, now);
            assert_eq!(television.poll_output(now), Some(Order::On));
            television.handle_done(true, now);
            television.handle_connected(false, now);
            assert_eq!(television.poll_output(now), None);
        }
    }

    #[test]
    fn an_order_that_fails_is_given_three_times() {
        let (mut television, mut at) = (Television::default(), now());
        let start = at;
        television.handle_connected(true, at);
        television.handle_wanted(true, at);
        let mut orders = Vec::new();
        while let Some(due) = television.poll_timeout() {
            at = due.max(at);
            orders.push((at - start).as_secs());
            assert_eq!(television.poll_output(at), Some(Order::On));
            television.handle_done(false, at);
        }
        assert_eq!(orders, [0, 5, 15]);
    }

    #[test]
    fn adapters_are_read_from_what_the_tool_says() {
        let adapter = |address: &str, mask: &str| {
            Adapter::parse(&format!(
                "CEC Adapter Info:\n\tPhysical Address           : {address}\n\tLogical Address Mask       : {mask}\n\
                 \tCEC Version                : 2.0\n"
            ))
        };
        let plugged = Adapter {
            address: Some("1.0.0.0".into()),
            configured: true,
        };
        assert_eq!(adapter("1.0.0.0", "0x0010"), plugged);
        assert_eq!(adapter("f.f.f.f", "0x0000"), Adapter::default());
        assert_eq!(adapter("0.0.0.0", "0x0000"), Adapter::default());
        assert_eq!(Adapter::parse(""), Adapter::default());
    }

    #[test]
    fn keys_are_read_from_the_kernels_events() {
        let event = |kind: u16, code: u16, value: i32| {
            let mut bytes = [0; KEY_EVENT];
            bytes[16..18].copy_from_slice(&kind.to_ne_bytes());
            bytes[18..20].copy_from_slice(&code.to_ne_bytes());
            bytes[20..].copy_from_slice(&value.to_ne_bytes());
            key_event(&bytes)
        };
        assert_eq!(event(1, 103, 1), Some((103, true)));
        assert_eq!(event(1, 0x18e, 0), Some((0x18e, false)));
        assert_eq!(event(1, 103, 2), None, "it repeats");
        assert_eq!(event(4, 4, 1), None, "not a key");
        assert_eq!(button_of_key(0x18e), Some(Button::Mute));
        assert_eq!(button_of_key(2), None);
    }
}
