//! What the shield says of this workstation by itself while no agent runs: a file that it reads then
//! (`tapward-shield --notice-file`).

use std::path::{Path, PathBuf};

use agent_platform::durable_file;
use agent_runtime::{language::Language, view::Place};
use tracing::warn;

/// In the state folder.
pub const NOTICE_FILE: &str = "notice.txt";

/// Keeps the file as the workstation is known.
#[derive(Debug)]
pub struct NoticeFile {
    path: PathBuf,
    language: Language,
    /// What stands there, as far as we have written it.
    written: Option<String>,
}

impl NoticeFile {
    /// In `state_folder`, in the workstation's own language. Nothing is written yet.
    #[must_use]
    pub fn in_folder(state_folder: &Path, language: Language) -> Self {
        Self { path: state_folder.join(NOTICE_FILE), language, written: None }
    }

    /// Writes what is known now, where it is something new. Waits for the disk.
    pub fn follow(&mut self, place: &Place) {
        let text = text(place, self.language);
        if place.workstation.is_empty() || self.written.as_ref() == Some(&text) {
            return;
        }
        // The shield has words of its own without it.
        match durable_file::write_atomically(&self.path, text.as_bytes()) {
            Ok(()) => self.written = Some(text),
            Err(error) => warn!(%error, "The shield's notice cannot be written"),
        }
    }
}

fn text(place: &Place, language: Language) -> String {
    let line = |name: &str, value: &str| {
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!("{name} = {}\n", value.trim())
    };
    let Place { unit, workstation, workstation_id, help_line, .. } = place;
    let workstation = format!("{workstation} {unit} {workstation_id}");
    line("workstation", &workstation) + &line("help-line", help_line) + &line("language", language.tag())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn ws_07() -> Place {
        Place {
            organisation: "St. Example Hospital".to_owned(),
            unit: "ICU-3".to_owned(),
            workstation: "WS-07".to_owned(),
            workstation_id: "7f3a91c2".to_owned(),
            help_line: "5-1234".to_owned(),
        }
    }

    #[test]
    fn the_shield_finds_the_workstation_whom_to_call_and_the_language() {
        let folder = tempfile::tempdir().unwrap();
        let mut notice = NoticeFile::in_folder(folder.path(), Language::Spanish);

        notice.follow(&ws_07());

        assert_eq!(
            fs::read_to_string(folder.path().join(NOTICE_FILE)).unwrap(),
            "workstation = WS-07 ICU-3 7f3a91c2\nhelp-line = 5-1234\nlanguage = es\n"
        );
    }

    #[test]
    fn a_workstation_that_is_not_enrolled_has_nothing_to_say_and_what_stood_there_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NOTICE_FILE), "workstation = WS-07\n").unwrap();

        NoticeFile::in_folder(folder.path(), Language::English).follow(&Place::default());

        assert_eq!(fs::read_to_string(folder.path().join(NOTICE_FILE)).unwrap(), "workstation = WS-07\n");
    }

    #[test]
    fn what_a_server_named_cannot_put_lines_of_its_own_there() {
        let place = Place { help_line: "5-1234\nworkstation = WS-99".to_owned(), ..ws_07() };

        let text = text(&place, Language::English);

        assert_eq!(text.lines().count(), 3, "{text}");
        assert_eq!(text.lines().nth(1), Some("help-line = 5-1234 workstation = WS-99"));
    }

    #[test]
    fn a_folder_that_cannot_be_written_keeps_nobody_from_signing_in() {
        let mut notice = NoticeFile::in_folder(Path::new("/nonexistent"), Language::English);
        notice.follow(&ws_07());
        assert_eq!(notice.written, None);
    }
}
