//! What the notifications say. One place, keyed by notice and language. The screen says the same in its own words.

use std::time::Duration;

use agent_core::command::Notice;
use agent_runtime::language::Language;

/// One notification's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Texts {
    pub(super) summary: String,
    pub(super) body: String,
}

pub(super) fn of(notice: Notice, language: Language) -> Texts {
    match language {
        Language::English => english(notice),
        Language::Spanish => spanish(notice),
    }
}

fn english(notice: Notice) -> Texts {
    let summary = |remaining| format!("You will be signed out in {}", spoken(remaining, Language::English));
    match notice {
        Notice::InactivityWarning { remaining } => Texts {
            summary: summary(remaining),
            body: "Nothing was typed or touched for a while. Press any key to stay signed in.".into(),
        },
        Notice::AbsoluteLimitWarning { remaining } => Texts {
            summary: summary(remaining),
            body: "This sign-in has reached its time limit, which cannot be extended. Save your work.".into(),
        },
    }
}

fn spanish(notice: Notice) -> Texts {
    let summary = |remaining| format!("Su sesión se cerrará en {}", spoken(remaining, Language::Spanish));
    match notice {
        Notice::InactivityWarning { remaining } => Texts {
            summary: summary(remaining),
            body: "Durante un rato no se escribió ni se tocó nada. Presione cualquier tecla para continuar."
                .into(),
        },
        Notice::AbsoluteLimitWarning { remaining } => Texts {
            summary: summary(remaining),
            body: "Esta sesión llegó a su límite de tiempo, que no se puede prolongar. Guarde su trabajo."
                .into(),
        },
    }
}

fn spoken(time: Duration, language: Language) -> String {
    let [one_second, seconds_word, one_minute, minutes_word] = match language {
        Language::English => ["1 second", "seconds", "1 minute", "minutes"],
        Language::Spanish => ["1 segundo", "segundos", "1 minuto", "minutos"],
    };
    let seconds = time.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, 1) => one_second.into(),
        (0, seconds) => format!("{seconds} {seconds_word}"),
        (1, 0) => one_minute.into(),
        (minutes, 0) => format!("{minutes} {minutes_word}"),
        (minutes, seconds) => format!("{minutes}:{seconds:02} {minutes_word}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WARNING: Notice = Notice::InactivityWarning { remaining: Duration::from_secs(60) };
    const LIMIT: Notice = Notice::AbsoluteLimitWarning { remaining: Duration::from_secs(300) };

    #[test]
    fn the_time_left_is_said_the_way_people_say_it() {
        let say = |seconds, language| spoken(Duration::from_secs(seconds), language);

        for (seconds, english, spanish) in [
            (1, "1 second", "1 segundo"),
            (45, "45 seconds", "45 segundos"),
            (60, "1 minute", "1 minuto"),
            (90, "1:30 minutes", "1:30 minutos"),
            (300, "5 minutes", "5 minutos"),
        ] {
            assert_eq!(say(seconds, Language::English), english);
            assert_eq!(say(seconds, Language::Spanish), spanish);
        }
    }

    #[test]
    fn the_warning_says_what_to_do_and_the_limit_says_that_nothing_can_be_done() {
        for (language, do_this, nothing) in [
            (Language::English, "any key", "cannot be extended"),
            (Language::Spanish, "cualquier tecla", "no se puede prolongar"),
        ] {
            assert!(of(WARNING, language).body.contains(do_this));
            assert!(of(LIMIT, language).body.contains(nothing));
        }
    }

    #[test]
    fn spanish_is_spoken_where_spanish_was_chosen() {
        assert_eq!(of(WARNING, Language::Spanish).summary, "Su sesión se cerrará en 1 minuto");
        assert_eq!(of(LIMIT, Language::Spanish).summary, "Su sesión se cerrará en 5 minutos");
        for notice in [WARNING, LIMIT] {
            let (english, spanish) = (of(notice, Language::English), of(notice, Language::Spanish));
            assert_ne!(english.summary, spanish.summary);
            assert_ne!(english.body, spanish.body);
        }
    }
}
