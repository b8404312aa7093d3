//! The code that lets a technician into the box's page: for two minutes at the foot of the television, and nowhere else.
//! Pure.

use std::fmt;
use std::time::{Duration, Instant};

use pipelines::{Line, Role};

use super::Machine;
use crate::words::Value;

/// Long enough to walk to the television with a phone; the code itself is good for longer.
const SHOWN: Duration = Duration::from_secs(2 * 60);
/// How many codes there are: eight digits, which every phone has at hand.
const CODES: u64 = 100_000_000;

/// Eight digits. They are in no log.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

impl Code {
    /// The code of this random number.
    pub fn new(random: u64) -> Self {
        Self(format!("{:08}", random % CODES))
    }

    /// Its digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code")
    }
}

/// A code on the television.
#[derive(Debug)]
pub(super) struct Shown {
    code: Code,
    pub(super) until: Instant,
}

impl Machine {
    /// It is to be read, or has been used.
    pub(super) fn code(&mut self, code: Option<Code>, now: Instant) {
        let until = now + SHOWN;
        self.code = code.map(|code| Shown { code, until });
    }

    pub(super) fn hide_code(&mut self, now: Instant) {
        self.code = self.code.take().filter(|shown| now < shown.until);
    }

    pub(super) fn code_line(&self) -> Option<Line> {
        let digits = self.code.as_ref()?.code.digits();
        // Two groups are read across a hall, and typed, without a mistake.
        let (first, second) = digits.split_at(digits.len() / 2);
        let code = format!("{first} {second}");
        Some(Line {
            text: self
                .words
                .with("page-code", &[("code", Value::Text(&code))]),
            role: Role::Neutral,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::fresh;
    use super::super::{Input, Output};
    use super::*;
    use crate::config::Language;

    const LINE: &str = "Code du boîtier : 1234 5678";

    #[test]
    fn a_code_is_on_the_television_for_two_minutes_or_until_it_is_used() {
        let (mut machine, now) = fresh("Brest", Language::Fr);
        let show = |machine: &mut Machine, now| {
            machine.handle_input(Input::Code(Some(Code::new(12_345_678))), now);
        };
        show(&mut machine, now);
        assert_eq!(machine.shown_lines(), [LINE, "Connexion au pont…"]);
        let late = now + SHOWN - Duration::from_secs(1);
        machine.handle_timeout(late);
        assert_eq!(machine.shown_lines()[0], LINE);
        assert_eq!(machine.poll_timeout(late), Some(now + SHOWN));
        machine.handle_timeout(now + SHOWN);
        assert_eq!(machine.shown_lines(), ["Connexion au pont…"]);
        show(&mut machine, now);
        machine.handle_input(Input::Code(None), now);
        assert_eq!(machine.shown_lines(), ["Connexion au pont…"]);
    }

    #[test]
    fn no_order_but_the_television_s_holds_the_code() {
        let (mut machine, now) = fresh("Brest", Language::Fr);
        while machine.poll_output().is_some() {}
        let code = Input::Code(Some(Code::new(12_345_678)));
        assert!(!format!("{code:?}").contains("1234"));
        machine.handle_input(code, now);
        let orders: Vec<Output> = std::iter::from_fn(|| machine.poll_output()).collect();
        assert!(matches!(orders[..], [Output::Show(_)]), "{orders:?}");
    }
}
