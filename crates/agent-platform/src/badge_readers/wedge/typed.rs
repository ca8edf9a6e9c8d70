//! From keys to a badge's number: pure.

use std::time::Duration;

use agent_core::{instant::Instant, secret::Secret};
use zeroize::Zeroizing;

use super::keys::{Key, KeyEvent, key};

/// A number is at most this long.
const NUMBER_CHARACTERS_MAX: usize = 64;
/// Less than this is no number: a stray Enter, a line of noise.
const NUMBER_CHARACTERS_MIN: usize = 4;
/// A reader types faster than this; what stopped for longer was broken off.
const BETWEEN_KEYS_MAX: Duration = Duration::from_millis(500);
const PREFIX: &str = "wedge:";

/// What was typed up to Enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TypedText {
    /// A badge's number.
    Number(Secret),
    /// Something else.
    Unreadable,
}

/// What was typed up to now.
#[derive(Debug)]
pub(super) struct Typed {
    /// Made in its full size: a string that grows would leave parts of itself in memory.
    text: Zeroizing<String>,
    is_spoiled: bool,
    /// Shift keys held down.
    shifts: Vec<u16>,
    last_key_at: Option<Instant>,
}

impl Default for Typed {
    fn default() -> Self {
        let text = Zeroizing::new(String::with_capacity(PREFIX.len() + NUMBER_CHARACTERS_MAX));
        Self { text, is_spoiled: false, shifts: Vec::new(), last_key_at: None }
    }
}

impl Typed {
    /// Takes one key; the text, when it is complete.
    pub(super) fn key(&mut self, event: KeyEvent, now: Instant) -> Option<TypedText> {
        if self.last_key_at.is_some_and(|last| now.since(last) > BETWEEN_KEYS_MAX) {
            self.forget();
        }
        self.last_key_at = Some(now);
        match event {
            KeyEvent::Lost => {
                self.is_spoiled = true;
                self.shifts.clear();
                None
            }
            KeyEvent::Released(code) => {
                self.shifts.retain(|shift| *shift != code);
                None
            }
            KeyEvent::Pressed(code) => match key(code) {
                Key::Character(plain, shifted) => {
                    self.push(if self.shifts.is_empty() { plain } else { shifted });
                    None
                }
                Key::Enter => self.complete(),
                Key::Shift => {
                    if !self.shifts.contains(&code) {
                        self.shifts.push(code);
                    }
                    None
                }
                Key::Lock => None,
                Key::Other => {
                    self.is_spoiled = true;
                    None
                }
            },
        }
    }

    fn push(&mut self, character: u8) {
        if self.text.len() < NUMBER_CHARACTERS_MAX {
            self.text.push(char::from(character));
        } else {
            self.is_spoiled = true;
        }
    }

    fn complete(&mut self) -> Option<TypedText> {
        let text = if self.is_spoiled {
            Some(TypedText::Unreadable)
        } else if self.text.is_empty() {
            // Some readers send both CR and LF.
            None
        } else if self.text.len() < NUMBER_CHARACTERS_MIN {
            Some(TypedText::Unreadable)
        } else {
            let mut number = String::with_capacity(PREFIX.len() + self.text.len());
            number.push_str(PREFIX);
            number.push_str(&self.text);
            Some(TypedText::Number(Secret::new(number)))
        };
        self.forget();
        text
    }

    fn forget(&mut self) {
        *self = Self {
            shifts: std::mem::take(&mut self.shifts),
            last_key_at: self.last_key_at,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUICK: Duration = Duration::from_millis(5);
    const ENTER: u16 = 28;
    const SHIFT: u16 = 42;

    #[test]
    fn a_number_is_what_was_typed_before_enter_in_lower_case() {
        assert_eq!(Reader::new().types("1234567890123\n"), ["wedge:1234567890123"]);
        assert_eq!(Reader::new().types("123456789012345678\n"), ["wedge:123456789012345678"]);
        assert_eq!(Reader::new().types("04a1b2c3d4e580\n04A1B2C3D4E580\n"), ["wedge:04a1b2c3d4e580"; 2]);
        assert_eq!(Reader::new().types("ab;12=34?\n"), ["wedge:ab;12=34?"]);
    }

    #[test]
    fn enter_alone_and_enter_twice_are_no_badge() {
        assert_eq!(Reader::new().types("\n\n1234567890123\n\n"), ["wedge:1234567890123"]);
    }

    #[test]
    fn a_number_has_between_4_and_64_characters() {
        for (length, told) in [(1, 0), (3, 0), (4, 1), (64, 1), (65, 0), (10_000, 0)] {
            let number = "7".repeat(length);
            let wanted = if told == 1 { format!("wedge:{number}") } else { "unreadable".to_owned() };
            let mut reader = Reader::new();
            assert_eq!(reader.types(&format!("{number}\n")), [wanted], "{length}");
            assert_eq!(reader.types("1234567890123\n"), ["wedge:1234567890123"], "after {length}");
        }
    }

    #[test]
    fn what_is_no_part_of_a_number_spoils_that_number_and_not_the_next() {
        for spoils in [
            KeyEvent::Pressed(1),
            KeyEvent::Pressed(15),
            KeyEvent::Pressed(29),
            KeyEvent::Pressed(57),
            KeyEvent::Pressed(u16::MAX),
            KeyEvent::Lost,
        ] {
            let mut reader = Reader::new();
            reader.types("123456");
            reader.presses(spoils);
            assert_eq!(reader.types("7890123\n"), ["unreadable"], "{spoils:?}");
            assert_eq!(reader.types("1234567890123\n"), ["wedge:1234567890123"], "after {spoils:?}");
        }
    }

    #[test]
    fn what_was_broken_off_is_no_part_of_the_next_number() {
        let mut reader = Reader::new();
        reader.types("999999");
        reader.now = reader.now + BETWEEN_KEYS_MAX + QUICK;

        assert_eq!(reader.types("1234567890123\n"), ["wedge:1234567890123"]);
    }

    #[test]
    fn a_reader_may_type_as_slowly_as_the_limit() {
        let mut reader = Reader { every: BETWEEN_KEYS_MAX / 2, ..Reader::new() };

        assert_eq!(reader.types("1234567890123\n"), ["wedge:1234567890123"]);
    }

    #[test]
    fn nothing_shows_what_was_typed() {
        let mut reader = Reader::new();
        reader.types("1234567890123");

        // Its text is a plain string inside: only what leaves it is shown anywhere.
        assert_eq!(format!("{:?}", TypedText::Number(Secret::new("wedge:1".into()))), "Number(Secret(…))");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_a_number_is_short_printable_lower_case_ascii(
            keys in proptest::collection::vec((0_u16..130, any::<bool>(), 0_u64..800), 0..400)
        ) {
            let mut typed = Typed::default();
            let mut now = Instant::from_boot(Duration::from_secs(1));
            for (code, is_down, pause) in keys {
                now = now + Duration::from_millis(pause);
                let event = if is_down { KeyEvent::Pressed(code) } else { KeyEvent::Released(code) };
                if let Some(TypedText::Number(number)) = typed.key(event, now) {
                    let number = number.expose().strip_prefix("wedge:").unwrap();
                    prop_assert!((NUMBER_CHARACTERS_MIN..=NUMBER_CHARACTERS_MAX).contains(&number.len()));
                    prop_assert!(number.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_uppercase()));
                }
                prop_assert!(typed.text.capacity() <= PREFIX.len() + NUMBER_CHARACTERS_MAX);
            }
        }
    }

    struct Reader {
        typed: Typed,
        now: Instant,
        every: Duration,
    }

    impl Reader {
        fn new() -> Self {
            Self { typed: Typed::default(), now: Instant::from_boot(Duration::from_secs(1)), every: QUICK }
        }

        fn presses(&mut self, event: KeyEvent) -> Option<String> {
            self.now = self.now + self.every;
            self.typed.key(event, self.now).map(|text| match text {
                TypedText::Number(number) => number.expose().to_owned(),
                TypedText::Unreadable => "unreadable".to_owned(),
            })
        }

        fn types(&mut self, text: &str) -> Vec<String> {
            let mut told = Vec::new();
            for character in text.bytes() {
                let (code, is_shifted) = code_of(character);
                if is_shifted {
                    told.extend(self.presses(KeyEvent::Pressed(SHIFT)));
                }
                told.extend(self.presses(KeyEvent::Pressed(code)));
                told.extend(self.presses(KeyEvent::Released(code)));
                if is_shifted {
                    told.extend(self.presses(KeyEvent::Released(SHIFT)));
                }
            }
            told
        }
    }

    fn code_of(character: u8) -> (u16, bool) {
        if character == b'\n' {
            return (ENTER, false);
        }
        let is = |code: u16, wanted: u8, shifted: bool| matches!(key(code), Key::Character(plain, with) if wanted == if shifted { with } else { plain });
        let lower = character.to_ascii_lowercase();
        let plain = (0..100).find(|code| is(*code, lower, false));
        match plain {
            Some(code) => (code, character.is_ascii_uppercase()),
            None => ((0..100).find(|code| is(*code, character, true)).unwrap(), true),
        }
    }
}
