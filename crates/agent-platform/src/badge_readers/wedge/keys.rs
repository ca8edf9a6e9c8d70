//! Keys by their place on the keyboard, whatever layout the workstation has: a wedge is set to type as a US one.

/// What happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "there no device tells of its keys"))]
pub(super) enum KeyEvent {
    /// Pressed; by the kernel's code for its place.
    Pressed(u16),
    /// Released.
    Released(u16),
    /// Some were lost on the way.
    Lost,
}

/// What a key means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// A character, without and with Shift.
    Character(u8, u8),
    /// The number is complete.
    Enter,
    /// Changes what other keys mean.
    Shift,
    /// Changes nothing here: letters are all lower case.
    Lock,
    /// No part of a number.
    Other,
}

/// Rows of the keyboard: the code of the first key, then what each types without and with Shift.
const ROWS: [(u16, &[u8], &[u8]); 5] = [
    (2, b"1234567890-=", b"!@#$%^&*()_+"),
    (16, b"qwertyuiop[]", b"qwertyuiop{}"),
    (30, b"asdfghjkl;'`", b"asdfghjkl:\"~"),
    (43, b"\\zxcvbnm,./", b"|zxcvbnm<>?"),
    // The keypad, from 7 to the point.
    (71, b"789-456+1230.", b"789-456+1230."),
];
const ENTER: u16 = 28;
const KEYPAD_ENTER: u16 = 96;
const LEFT_SHIFT: u16 = 42;
const RIGHT_SHIFT: u16 = 54;
const KEYPAD_ASTERISK: u16 = 55;
const KEYPAD_SLASH: u16 = 98;
const CAPS_LOCK: u16 = 58;
const NUM_LOCK: u16 = 69;

/// What the key with the kernel's `code` (`linux/input-event-codes.h`) means.
pub(super) fn key(code: u16) -> Key {
    match code {
        ENTER | KEYPAD_ENTER => Key::Enter,
        LEFT_SHIFT | RIGHT_SHIFT => Key::Shift,
        CAPS_LOCK | NUM_LOCK => Key::Lock,
        KEYPAD_ASTERISK => Key::Character(b'*', b'*'),
        KEYPAD_SLASH => Key::Character(b'/', b'/'),
        code => ROWS
            .iter()
            .find_map(|(first, plain, shifted)| {
                let index = usize::from(code.checked_sub(*first)?);
                Some(Key::Character(*plain.get(index)?, *shifted.get(index)?))
            })
            .unwrap_or(Key::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_letters_and_signs_are_where_a_us_keyboard_has_them() {
        let typed = |codes: &[u16]| -> String {
            codes
                .iter()
                .map(|code| match key(*code) {
                    Key::Character(plain, _) => char::from(plain),
                    other => panic!("{code} is {other:?}"),
                })
                .collect()
        };

        assert_eq!(typed(&[2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), "1234567890");
        assert_eq!(typed(&[30, 48, 46, 32, 18, 33, 34, 35, 23, 36, 37, 38, 50]), "abcdefghijklm");
        assert_eq!(typed(&[49, 24, 25, 16, 19, 31, 20, 22, 47, 17, 45, 21, 44]), "nopqrstuvwxyz");
        assert_eq!(typed(&[12, 13, 26, 27, 39, 40, 41, 43, 51, 52, 53]), "-=[];'`\\,./");
        assert_eq!(typed(&[79, 80, 81, 75, 76, 77, 71, 72, 73, 82, 74, 78, 83, 55, 98]), "1234567890-+.*/");
        assert_eq!((key(28), key(96)), (Key::Enter, Key::Enter));
    }

    #[test]
    fn every_other_key_is_no_part_of_a_number() {
        // Escape, Backspace, Tab, Control, Alt, Space, F1, Home, Super, and codes that no keyboard has.
        for code in [0, 1, 14, 15, 29, 56, 57, 59, 84, 85, 86, 97, 100, 102, 125, 255, 767, u16::MAX] {
            assert_eq!(key(code), Key::Other, "{code}");
        }
    }

    #[test]
    fn no_key_types_what_is_no_printable_ascii() {
        for code in 0..=u16::MAX {
            if let Key::Character(plain, shifted) = key(code) {
                assert!(plain.is_ascii_graphic() && !plain.is_ascii_uppercase(), "{code}");
                assert!(shifted.is_ascii_graphic() && !shifted.is_ascii_uppercase(), "{code}");
            }
        }
    }
}
