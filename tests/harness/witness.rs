//! Somebody who looks at many points of a display without pause, for a colour that must not be there.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConnectionExt as _, ImageFormat},
    rust_connection::RustConnection,
};

use crate::part::{READY_WITHIN, wait_for};

/// A look per millisecond is enough, and leaves the machine to what is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_micros(500);

#[derive(Debug, Default)]
struct Notes {
    /// When the last finished look began.
    looked: Option<Instant>,
    /// For each point, when the last look that found the colour there began.
    found: Vec<Option<Instant>>,
}

/// The witness, who looks until dropped.
#[derive(Debug)]
pub struct Witness {
    points: Vec<(i16, i16)>,
    notes: Arc<Mutex<Notes>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Witness {
    /// Looks for `colour` at `points` of `display`; those outside the screen count once they are inside.
    ///
    /// # Errors
    /// When the display does not answer.
    pub fn on(display: &str, colour: [u8; 3], points: Vec<(i16, i16)>) -> Result<Self> {
        let (connection, screen) = RustConnection::connect(Some(display))?;
        let root = connection.setup().roots[screen].root;
        let notes = Notes { looked: None, found: vec![None; points.len()] };
        let (notes, is_over) = (Arc::new(Mutex::new(notes)), Arc::new(AtomicBool::new(false)));
        let thread = thread::spawn({
            let (notes, is_over, points) = (Arc::clone(&notes), Arc::clone(&is_over), points.clone());
            move || {
                while !is_over.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    // The display is gone, and with it everything that could still be seen.
                    let Some(shown) = look(&connection, root, &points) else { return };
                    let mut notes = notes.lock().unwrap();
                    for (found, pixel) in notes.found.iter_mut().zip(shown) {
                        if pixel == Some(colour) {
                            *found = Some(began);
                        }
                    }
                    notes.looked = Some(began);
                    drop(notes);
                    thread::sleep(BETWEEN_LOOKS);
                }
            }
        });
        Ok(Self { points, notes, is_over, thread: Some(thread) })
    }

    /// Waits for one more whole look, and fails if the colour was at any point in a look that began at `from` or later.
    ///
    /// # Errors
    /// When it was; or when the display is gone.
    ///
    /// # Panics
    /// When its thread has panicked.
    pub fn expect_unseen_since(&self, from: Instant) -> Result<()> {
        let now = Instant::now();
        let found = wait_for("a whole look", READY_WITHIN, || {
            let notes = self.notes.lock().unwrap();
            notes.looked.is_some_and(|looked| looked > now).then(|| notes.found.clone())
        })?;
        let seen: Vec<_> = self
            .points
            .iter()
            .zip(found)
            .filter_map(|(point, found)| {
                found.filter(|found| *found >= from).map(|found| (point, found - from))
            })
            .collect();
        ensure!(seen.is_empty(), "the app was seen at, and so long after the beginning: {seen:?}");
        Ok(())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What is at each of the points, asked for all at once; nothing where one is outside the screen.
fn look(connection: &RustConnection, root: u32, points: &[(i16, i16)]) -> Option<Vec<Option<[u8; 3]>>> {
    let asked: Vec<_> = points
        .iter()
        .map(|&(x, y)| connection.get_image(ImageFormat::Z_PIXMAP, root, x, y, 1, 1, !0))
        .collect::<Result<_, _>>()
        .ok()?;
    let pixel = |data: &[u8]| match *data {
        [blue, green, red, ..] => Some([red, green, blue]),
        _ => None,
    };
    Some(asked.into_iter().map(|asked| asked.reply().ok().and_then(|image| pixel(&image.data))).collect())
}
