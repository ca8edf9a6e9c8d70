//! What the person did at the webview, the strip or the warning, and its way into the loop.
//!
//! An intent may carry a password. It can be read from the wire but not written to it, its `Debug` names
//! only its kind, and it is taken apart into [`Secret`]s as soon as it reaches the loop.

use std::{fmt, ops::RangeInclusive};

use agent_core::{
    event::Event,
    ids::{AttemptId, SessionId},
    my_sessions::{Elsewhere, MySessionsWish},
    secret::Secret,
};
use protocol::v1::session::{PASSWORD_SIZE_BYTES_MAX, USER_NAME_SIZE_BYTES_MAX};
use serde::{Deserialize, Deserializer};
use ts_rs::TS;
use uuid::Uuid;

use crate::language::Language;

/// A one-time code has this many digits (RFC 6238 as every authenticator app shows it).
const CODE_DIGITS: RangeInclusive<usize> = 6..=6;
/// So many has a PIN.
const PIN_DIGITS: RangeInclusive<usize> = 6..=12;

/// What the person did.
#[derive(Deserialize, TS)]
#[ts(export_to = "bindings.ts")]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Intent {
    /// "Sign in".
    SignIn {
        /// As typed; a password typed into the wrong box is why this is hidden too.
        #[ts(type = "string")]
        name: Typed,
        /// As typed.
        #[ts(type = "string")]
        password: Typed,
    },
    /// Six digits, with or without spaces.
    Code {
        /// As typed.
        #[ts(type = "string")]
        code: Typed,
    },
    /// The password, where a badge has named her or her session is to be resumed.
    Password {
        /// As typed.
        #[ts(type = "string")]
        password: Typed,
    },
    /// The PIN that goes with her badge: six digits or more.
    Pin {
        /// As typed.
        #[ts(type = "string")]
        pin: Typed,
    },
    /// "Cancel" or Escape.
    Cancel,
    /// "I lost my badge": who says so.
    LostBadge {
        /// As typed.
        #[ts(type = "string")]
        name: Typed,
        /// As typed.
        #[ts(type = "string")]
        password: Typed,
    },
    /// "Cover", on the strip.
    Conceal,
    /// "Renew", on the strip.
    Renew,
    /// "My sessions", on the strip.
    MySessions,
    /// "Close", there.
    CloseMySessions,
    /// "Sign out there", there.
    EndElsewhere {
        /// As the view named it.
        #[ts(type = "string")]
        session: Uuid,
    },
    /// "Sign out everywhere else", there.
    EndEverywhereElse,
    /// "Sign out".
    SignOut,
    /// "I'm still here".
    Stay,
    /// "Español", "English".
    ChooseLanguage {
        /// The one to speak from now on.
        language: Language,
    },
}

/// What an intent means to the loop.
#[derive(Debug, PartialEq)]
pub enum Meaning {
    /// The core is to know of it.
    Event(Box<Event>),
    /// The screen is to speak this language; nothing else depends on it.
    Language(Language),
}

/// Text from a keyboard: wiped when dropped, hidden by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Typed(Secret);

/// What was typed is over its limit or cannot be meant; nothing of it is kept and nothing was truncated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what was typed is empty, too long or not a code")]
pub struct Malformed;

impl Typed {
    /// Takes ownership of `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Secret::new(text))
    }
}

impl Intent {
    /// What this intent means, with a fresh id where it begins an attempt.
    ///
    /// # Errors
    /// [`Malformed`] when something typed is over its limit ([`USER_NAME_SIZE_BYTES_MAX`],
    /// [`PASSWORD_SIZE_BYTES_MAX`]), holds a NUL, is empty, or is not six digits.
    pub fn into_meaning(self) -> Result<Meaning, Malformed> {
        let event = match self {
            Self::SignIn { name, password } => Event::SignInSubmitted {
                attempt: fresh_attempt(),
                name: bounded(&name, USER_NAME_SIZE_BYTES_MAX)?.to_owned(),
                password: bounded(&password, PASSWORD_SIZE_BYTES_MAX).map(|_| password.0.clone())?,
            },
            Self::Code { code } => {
                Event::CodeSubmitted { attempt: fresh_attempt(), code: digits(&code, CODE_DIGITS)? }
            }
            Self::Password { password } => Event::PasswordSubmitted {
                attempt: fresh_attempt(),
                password: bounded(&password, PASSWORD_SIZE_BYTES_MAX).map(|_| password.0.clone())?,
            },
            Self::Pin { pin } => {
                Event::PinSubmitted { attempt: fresh_attempt(), pin: digits(&pin, PIN_DIGITS)? }
            }
            Self::LostBadge { name, password } => Event::LossReported {
                attempt: fresh_attempt(),
                name: bounded(&name, USER_NAME_SIZE_BYTES_MAX)?.to_owned(),
                password: bounded(&password, PASSWORD_SIZE_BYTES_MAX).map(|_| password.0.clone())?,
            },
            Self::Cancel => Event::SignInCancelled,
            Self::Conceal => Event::ConcealPressed,
            Self::Renew => Event::RenewPressed,
            Self::MySessions => my_sessions(MySessionsWish::Show),
            Self::CloseMySessions => my_sessions(MySessionsWish::Close),
            Self::EndElsewhere { session } => {
                my_sessions(MySessionsWish::End(Elsewhere::At(SessionId(session))))
            }
            Self::EndEverywhereElse => my_sessions(MySessionsWish::End(Elsewhere::Everywhere)),
            Self::SignOut => Event::SignOutPressed,
            Self::Stay => Event::StayPressed,
            Self::ChooseLanguage { language } => return Ok(Meaning::Language(language)),
        };
        Ok(Meaning::Event(Box::new(event)))
    }
}

fn my_sessions(wish: MySessionsWish) -> Event {
    Event::MySessionsPressed { attempt: fresh_attempt(), wish }
}

fn fresh_attempt() -> AttemptId {
    AttemptId(Uuid::new_v4())
}

fn bounded(typed: &Typed, size_bytes_max: usize) -> Result<&str, Malformed> {
    let text = typed.0.expose();
    if text.is_empty() || text.len() > size_bytes_max || text.contains('\0') {
        return Err(Malformed);
    }
    Ok(text)
}

/// Takes spaces out: phones show `123 456`, and that is what people paste.
fn digits(typed: &Typed, count: RangeInclusive<usize>) -> Result<Secret, Malformed> {
    // Bounds the work before the text is looked at; no honest code is longer than this with its spaces.
    const TYPED_SIZE_BYTES_MAX: usize = 64;
    let text = bounded(typed, TYPED_SIZE_BYTES_MAX)?;
    let mut digits = String::with_capacity(TYPED_SIZE_BYTES_MAX);
    digits.extend(text.chars().filter(|c| !c.is_whitespace()));
    let digits = Secret::new(digits);
    if count.contains(&digits.expose().len()) && digits.expose().bytes().all(|b| b.is_ascii_digit()) {
        Ok(digits)
    } else {
        Err(Malformed)
    }
}

impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignIn { .. } => "SignIn(…)",
            Self::Code { .. } => "Code(…)",
            Self::Password { .. } => "Password(…)",
            Self::Pin { .. } => "Pin(…)",
            Self::Cancel => "Cancel",
            Self::LostBadge { .. } => "LostBadge(…)",
            Self::Conceal => "Conceal",
            Self::Renew => "Renew",
            Self::MySessions => "MySessions",
            Self::CloseMySessions => "CloseMySessions",
            Self::EndElsewhere { .. } => "EndElsewhere",
            Self::EndEverywhereElse => "EndEverywhereElse",
            Self::SignOut => "SignOut",
            Self::Stay => "Stay",
            Self::ChooseLanguage { .. } => "ChooseLanguage",
        })
    }
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

impl<'de> Deserialize<'de> for Typed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Intent {
        serde_json::from_str(json).unwrap()
    }

    fn event(intent: Intent) -> Result<Event, Malformed> {
        match intent.into_meaning()? {
            Meaning::Event(event) => Ok(*event),
            Meaning::Language(language) => panic!("{language:?} is no event"),
        }
    }

    fn sign_in(name: &str, password: &str) -> Result<Event, Malformed> {
        event(Intent::SignIn { name: Typed::new(name.to_owned()), password: Typed::new(password.to_owned()) })
    }

    fn code(text: &str) -> Result<Event, Malformed> {
        event(Intent::Code { code: Typed::new(text.to_owned()) })
    }

    #[test]
    fn what_is_typed_arrives_whole() {
        let long = "pässwörd🙂".repeat(60);

        let event = event(read(&format!(r#"{{"kind":"sign_in","name":" maria ","password":"{long}"}}"#)));

        let Ok(Event::SignInSubmitted { name, password, .. }) = event else { panic!("{event:?}") };
        assert_eq!(name, " maria ");
        assert_eq!(password.expose(), long);
    }

    #[test]
    fn a_password_at_the_limit_is_taken_and_one_byte_more_is_refused() {
        assert!(sign_in("maria", &"p".repeat(PASSWORD_SIZE_BYTES_MAX)).is_ok());
        assert_eq!(sign_in("maria", &"p".repeat(PASSWORD_SIZE_BYTES_MAX + 1)), Err(Malformed));
        assert_eq!(sign_in("maria", &"p".repeat(10_000)), Err(Malformed));
    }

    #[test]
    fn a_name_at_the_limit_is_taken_and_one_byte_more_is_refused() {
        assert!(sign_in(&"n".repeat(USER_NAME_SIZE_BYTES_MAX), "p").is_ok());
        assert_eq!(sign_in(&"n".repeat(USER_NAME_SIZE_BYTES_MAX + 1), "p"), Err(Malformed));
    }

    #[test]
    fn limits_count_bytes_not_characters() {
        assert!(sign_in(&"ø".repeat(USER_NAME_SIZE_BYTES_MAX / 2), "p").is_ok());
        assert_eq!(sign_in(&"ø".repeat(USER_NAME_SIZE_BYTES_MAX / 2 + 1), "p"), Err(Malformed));
    }

    #[test]
    fn nothing_typed_and_a_nul_are_refused() {
        assert_eq!(sign_in("", "p"), Err(Malformed));
        assert_eq!(sign_in("maria", ""), Err(Malformed));
        assert_eq!(sign_in("ma\0ria", "p"), Err(Malformed));
        assert_eq!(sign_in("maria", "p\0"), Err(Malformed));
    }

    #[test]
    fn a_code_may_be_pasted_with_spaces() {
        for text in ["123456", "123 456", " 123456\n", "1 2 3 4 5 6", "123\u{a0}456"] {
            let Ok(Event::CodeSubmitted { code, .. }) = code(text) else { panic!("{text:?}") };
            assert_eq!(code.expose(), "123456");
        }
    }

    #[test]
    fn what_is_not_six_digits_is_no_code() {
        let spaces = format!("123456{}", " ".repeat(100));
        for text in ["", "12345", "1234567", "12345a", "１２３４５６", "123-456", "-12345", &spaces] {
            assert_eq!(code(text), Err(Malformed), "{text:?}");
        }
    }

    #[test]
    fn a_pin_has_six_digits_or_more_and_not_without_end() {
        let pin = |text: &str| event(Intent::Pin { pin: Typed::new(text.to_owned()) });
        for text in ["123456", "123456789012"] {
            let Ok(Event::PinSubmitted { pin, .. }) = pin(text) else { panic!("{text:?}") };
            assert_eq!(pin.expose(), text);
        }
        for text in ["", "12345", "1234567890123", "12345a"] {
            assert_eq!(pin(text), Err(Malformed), "{text:?}");
        }
    }

    #[test]
    fn each_attempt_has_an_id_of_its_own() {
        let attempt = |event| match event {
            Ok(Event::SignInSubmitted { attempt, .. }) => attempt,
            other => panic!("{other:?}"),
        };
        assert_ne!(attempt(sign_in("maria", "p")), attempt(sign_in("maria", "p")));
    }

    #[test]
    fn nothing_typed_is_printed() {
        let intents = [
            read(r#"{"kind":"sign_in","name":"canary","password":"canary"}"#),
            read(r#"{"kind":"code","code":"canary"}"#),
            read(r#"{"kind":"password","password":"canary"}"#),
            read(r#"{"kind":"pin","pin":"canary"}"#),
            read(r#"{"kind":"lost_badge","name":"canary","password":"canary"}"#),
        ];
        for intent in intents {
            assert!(!format!("{intent:?}").contains("canary"), "{intent:?}");
        }
        assert!(!format!("{:?}", Typed::new("canary".to_owned())).contains("canary"));
    }

    #[test]
    fn a_language_is_chosen_by_its_tag() {
        let chosen =
            |tag: &str| read(&format!(r#"{{"kind":"choose_language","language":"{tag}"}}"#)).into_meaning();

        assert_eq!(chosen("en"), Ok(Meaning::Language(Language::English)));
        assert_eq!(chosen("es"), Ok(Meaning::Language(Language::Spanish)));
    }

    #[test]
    fn an_unknown_or_incomplete_intent_is_refused() {
        for json in [
            r#"{"kind":"uncover"}"#,
            r#"{}"#,
            r#"{"kind":"sign_in","name":"maria"}"#,
            r#"{"kind":"code","code":123456}"#,
            r#"{"kind":"choose_language"}"#,
            r#"{"kind":"choose_language","language":"fr"}"#,
            r#"{"kind":"choose_language","language":"ES"}"#,
        ] {
            assert!(serde_json::from_str::<Intent>(json).is_err(), "{json}");
        }
    }
}
