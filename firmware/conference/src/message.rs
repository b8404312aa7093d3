//! Messages that the chair puts on all screens: the texts, beside the evening that names them by number.

use crate::No;

/// Most characters of a message: two lines that can be read from 10 m.
pub const MOST_MESSAGE: usize = 80;

/// A message by its place among those of the evening, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub u32);

/// All messages of an evening, each once: a step that is taken back finds its text again.
#[derive(Debug, Default)]
pub struct Messages(Vec<String>);

impl Messages {
    /// The number of a text, which is kept from now on.
    ///
    /// # Errors
    /// It does not fit a television.
    pub fn number(&mut self, text: &str) -> Result<MessageId, No> {
        let length = text.chars().count();
        let whole = text.trim() == text && !text.chars().any(char::is_control);
        if !whole || !(1..=MOST_MESSAGE).contains(&length) {
            return Err(No::BadMessage);
        }
        let place = self.0.iter().position(|known| known == text);
        let place = place.unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        });
        u32::try_from(place)
            .map(MessageId)
            .map_err(|_| No::BadMessage)
    }

    /// The text of a number.
    pub fn text(&self, MessageId(n): MessageId) -> Option<&str> {
        let place = usize::try_from(n).ok()?;
        self.0.get(place).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_only_one_that_fits_has_any() {
        let mut messages = Messages::default();
        let pause = messages.number("Pause de 10 minutes").unwrap();
        let back = messages.number("On reprend").unwrap();
        assert_ne!(pause, back);
        assert_eq!(messages.number("Pause de 10 minutes"), Ok(pause));
        assert_eq!(messages.text(pause), Some("Pause de 10 minutes"));
        assert_eq!(messages.text(MessageId(9)), None);
        messages.number(&"é".repeat(80)).unwrap();
        for wrong in ["", " Pause", "deux\nlignes", &"é".repeat(81)] {
            assert_eq!(messages.number(wrong), Err(No::BadMessage), "{wrong:?}");
        }
    }
}
