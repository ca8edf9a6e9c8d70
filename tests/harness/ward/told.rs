//! What the agent's log tells of the screen. A long story's log is long: it is read once, and then only what was added.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde_json::Value;

/// What the log of a ward's kiosk told so far.
#[derive(Debug)]
pub(super) struct Told {
    log: PathBuf,
    so_far: Mutex<(u64, Screens)>,
}

impl Told {
    pub(super) fn in_log(log: &Path) -> Self {
        Self { log: log.to_path_buf(), so_far: Mutex::default() }
    }

    pub(super) fn screens(&self) -> Vec<String> {
        self.read_on(|screens| screens.shown.clone())
    }

    pub(super) fn screen(&self) -> Option<String> {
        self.read_on(|screens| screens.last().map(str::to_owned))
    }

    pub(super) fn pages(&self) -> usize {
        self.read_on(|screens| screens.pages)
    }

    fn read_on<T>(&self, tell: impl FnOnce(&Screens) -> T) -> T {
        let mut so_far = self.so_far.lock().unwrap_or_else(PoisonError::into_inner);
        let (bytes, screens) = &mut *so_far;
        // Before the kiosk is started there is no log.
        if let Ok(added) = read_from(&self.log, *bytes) {
            *bytes += added.len() as u64;
            screens.hear(&String::from_utf8_lossy(&added));
        }
        tell(screens)
    }
}

/// The screens that a piece of a log tells of.
#[derive(Debug, Default)]
pub(super) struct Screens {
    /// The beginning of a line whose end is not written yet.
    rest: String,
    /// Oldest first.
    shown: Vec<String>,
    has_started: bool,
    /// The agent that started last has drawn its page.
    is_page_drawn: bool,
    /// How often one was drawn from its beginning.
    pages: usize,
}

impl Screens {
    pub(super) fn of(log: &str) -> Self {
        let mut screens = Self::default();
        screens.hear(log);
        screens
    }

    /// The last one, of an agent whose page is drawn.
    pub(super) fn last(&self) -> Option<&str> {
        self.shown.last().filter(|_| self.is_page_drawn).map(String::as_str)
    }

    fn hear(&mut self, added: &str) {
        self.rest.push_str(added);
        while let Some(end) = self.rest.find('\n') {
            let line: String = self.rest.drain(..=end).collect();
            self.hear_line(&line);
        }
    }

    fn hear_line(&mut self, line: &str) {
        if line.contains("The page is drawn") {
            self.is_page_drawn = self.has_started;
            self.pages += 1;
        }
        let fields = serde_json::from_str::<Value>(line).ok();
        let Some(screen) = fields.as_ref().and_then(|line| line["fields"]["screen"].as_str()) else { return };
        if screen == "starting" {
            (self.has_started, self.is_page_drawn) = (true, false);
        }
        self.shown.push(screen.to_owned());
    }
}

fn read_from(file: &Path, start: u64) -> std::io::Result<Vec<u8>> {
    let mut file = File::open(file)?;
    file.seek(SeekFrom::Start(start))?;
    let mut added = Vec::new();
    file.read_to_end(&mut added)?;
    Ok(added)
}
