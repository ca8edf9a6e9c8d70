//! The words of a screen without an agent: what happened, since when, what to do, and whom to call. No X, no clock.
//!
//! What is special to a workstation is in a file that the agent writes. It is a stranger's text to us: bounded, and
//! of it only what the X server's own font can draw.

use std::{fs::File, io::Read as _, path::Path};

/// As much of the file as is looked at.
const FILE_SIZE_MAX_BYTES: u64 = 4_096;
/// As much of a value as is shown.
const VALUE_LENGTH_MAX: usize = 100;
/// As wide as the narrowest monitor shows it.
const COLUMNS_MAX: usize = 60;

/// Why there is no usable agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// Its program cannot be started.
    NotStarted,
    /// It was started and was never ready.
    NeverReady,
    /// It was ready and stopped answering.
    Silent,
    /// It said what it may not.
    ContractBroken,
    /// It closed its end and lived on.
    Closed,
    /// It ended by itself.
    Gone,
    /// It was just started.
    Starting,
    /// It was given keyboard and pointer again and again, and did not take them.
    Deaf,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) cause: Cause,
    /// It failed again and again: more than a moment's wait.
    pub(crate) is_lasting: bool,
    /// Since when, on the clock without machine sleep.
    pub(crate) since: std::time::Duration,
}

/// What is special to this workstation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Place {
    workstation: Option<String>,
    help_line: Option<String>,
    language: Language,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Language {
    #[default]
    English,
    Spanish,
}

impl Cause {
    /// What is said on the telephone.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::NotStarted => "SHIELD-1",
            Self::NeverReady => "SHIELD-2",
            Self::Silent => "SHIELD-3",
            Self::ContractBroken => "SHIELD-4",
            Self::Closed => "SHIELD-5",
            Self::Gone => "SHIELD-6",
            Self::Starting => "SHIELD-7",
            Self::Deaf => "SHIELD-8",
        }
    }

    /// The same in words.
    pub(crate) const fn words(self) -> &'static str {
        self.in_language(Language::English)
    }

    const fn in_language(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::NotStarted, Language::English) => "the sign-in program cannot be started",
            (Self::NotStarted, Language::Spanish) => "no se puede iniciar el programa de acceso",
            (Self::NeverReady, Language::English) => "the sign-in program does not get ready",
            (Self::NeverReady, Language::Spanish) => "el programa de acceso no termina de iniciarse",
            (Self::Silent, Language::English) => "the sign-in program does not answer",
            (Self::Silent, Language::Spanish) => "el programa de acceso no responde",
            (Self::ContractBroken, Language::English) => "the sign-in program made a mistake",
            (Self::ContractBroken, Language::Spanish) => "el programa de acceso ha cometido un error",
            (Self::Closed, Language::English) => "the sign-in program broke off",
            (Self::Closed, Language::Spanish) => "el programa de acceso ha cortado la conexión",
            (Self::Gone, Language::English) => "the sign-in program has ended",
            (Self::Gone, Language::Spanish) => "el programa de acceso ha terminado",
            (Self::Starting, Language::English) => "the sign-in program takes long to start",
            (Self::Starting, Language::Spanish) => "el programa de acceso tarda en iniciarse",
            (Self::Deaf, Language::English) => "the sign-in program does not take the keyboard",
            (Self::Deaf, Language::Spanish) => "el programa de acceso no recibe el teclado",
        }
    }
}

impl Place {
    /// Reads the file; one that is missing or unreadable says nothing.
    pub(crate) fn read(path: Option<&Path>) -> Self {
        let mut bytes = Vec::new();
        let read = path.and_then(|path| File::open(path).ok());
        if let Some(file) = read {
            // What was read before an error counts as well as any other text.
            let _ = file.take(FILE_SIZE_MAX_BYTES).read_to_end(&mut bytes);
        }
        Self::parse(&String::from_utf8_lossy(&bytes))
    }

    fn parse(text: &str) -> Self {
        let mut place = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once('=')) {
            let value = drawable(value);
            match (name.trim(), value.as_str()) {
                (_, "") => {}
                ("workstation", _) => place.workstation = Some(value),
                ("help-line", _) => place.help_line = Some(value),
                ("language", "es") => place.language = Language::Spanish,
                // Of a newer agent, or nobody's.
                (_, _) => {}
            }
        }
        place
    }

    /// The lines of the screen, none wider than a monitor.
    pub(crate) fn lines(&self, trouble: Trouble, since: &str) -> Vec<String> {
        let say = |english: &str, spanish: &str| match self.language {
            Language::English => english.to_owned(),
            Language::Spanish => spanish.to_owned(),
        };
        let mut lines = Vec::new();
        if trouble.is_lasting {
            lines.push(say(
                "This workstation cannot be used at the moment.",
                "Este puesto no se puede usar ahora.",
            ));
            lines.push(say("It keeps trying by itself.", "Lo sigue intentando por sí solo."));
        } else {
            lines.push(say("Starting again...", "Iniciando de nuevo..."));
            lines.push(say("Please wait a moment.", "Espere un momento."));
        }
        lines.push(String::new());
        let cause = trouble.cause.in_language(self.language);
        lines.push(format!("{} ({})", trouble.cause.code(), cause));
        lines.push(format!("{} {since}", say("Since", "Desde las")));
        if let Some(workstation) = &self.workstation {
            lines.push(format!("{} {workstation}", say("Workstation", "Puesto")));
        }
        lines.push(String::new());
        if trouble.is_lasting {
            lines.push(say(
                "Use another workstation, and call the help desk",
                "Use otro puesto y llame a soporte,",
            ));
        } else {
            lines.push(say(
                "If this message stays, call the help desk",
                "Si este mensaje no se va, llame a soporte",
            ));
        }
        lines.push(say("and say what is written here.", "y diga lo que pone aquí."));
        if let Some(help_line) = &self.help_line {
            lines.push(format!("{} {help_line}", say("Help desk:", "Soporte:")));
        }
        lines.iter().flat_map(|line| wrap(line)).collect()
    }
}

/// What the font has of it: Latin-1 without its control characters.
fn drawable(text: &str) -> String {
    let is_drawn = |c: char| matches!(c, ' '..='~' | '\u{a1}'..='\u{ff}');
    let kept: String = text.chars().filter(|c| is_drawn(*c)).collect();
    kept.trim().chars().take(VALUE_LENGTH_MAX).collect()
}

/// Cuts at spaces, and within a word that is longer than a line.
fn wrap(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split(' ') {
        let word: Vec<char> = word.chars().collect();
        let length = lines.last().map_or(0, |last| last.chars().count());
        if length > 0 && length + 1 + word.len() > COLUMNS_MAX {
            lines.push(String::new());
        }
        for (at, part) in word.chunks(COLUMNS_MAX).enumerate() {
            if at > 0 {
                lines.push(String::new());
            }
            if let Some(last) = lines.last_mut() {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.extend(part);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const LASTING: Trouble = Trouble { cause: Cause::Silent, is_lasting: true, since: Duration::ZERO };

    #[test]
    fn whoever_calls_the_help_desk_has_all_it_asks_for_on_screen() {
        let place = Place::parse("workstation = ICU 3, bed 12\nhelp-line = 555 1234\n");

        let text = place.lines(LASTING, "14:32").join("\n");

        for part in
            ["SHIELD-3", "does not answer", "14:32", "ICU 3, bed 12", "555 1234", "another workstation"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn it_is_said_in_spanish_where_the_workstation_speaks_it() {
        let place = Place::parse("language = es\nworkstation = Ur-2");

        let text = place.lines(LASTING, "14:32").join("\n");

        for part in ["Este puesto", "no responde", "Desde las 14:32", "Puesto Ur-2"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("workstation"), "{text}");
    }

    #[test]
    fn a_file_that_is_missing_or_odd_leaves_the_words_that_need_none() {
        assert_eq!(Place::read(None), Place::default());
        assert_eq!(Place::read(Some(Path::new("/nonexistent"))), Place::default());
        assert_eq!(Place::read(Some(Path::new("/"))), Place::default());
        for text in [
            "workstation",
            "= x",
            "workstation =",
            "workstation = \u{1}\u{4e2d}",
            "Workstation = x",
            "language = xx",
        ] {
            assert_eq!(Place::parse(text), Place::default(), "{text:?}");
        }
    }

    #[test]
    fn what_the_font_does_not_have_is_left_out() {
        let place = Place::parse("workstation = Cardiología\u{202e} 2\u{0} 病\n");

        assert_eq!(place.workstation.as_deref(), Some("Cardiología 2"));
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_a_monitor_whatever_the_file_says(text in "(workstation|help-line|language|x)= ?\\PC{0,300}\n?") {
            let lines = Place::parse(&text).lines(LASTING, "14:32");

            prop_assert!(lines.len() < 20);
            for line in lines {
                prop_assert!(line.chars().count() <= COLUMNS_MAX, "{line}");
                prop_assert!(line.chars().all(|c| u32::from(c) <= 0xff && !c.is_control()), "{line:?}");
            }
        }
    }
}
