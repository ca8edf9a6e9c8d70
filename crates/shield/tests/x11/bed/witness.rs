//! Somebody who looks at one pixel of every monitor, more than a thousand times a second where the machine allows.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Instant,
};

use anyhow::Result;
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConnectionExt as _, ImageFormat},
};

use super::SOON;
use crate::part::wait_for;

/// What one look saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// When the look began: what it shows was there later than this.
    pub at: Instant,
    /// When its picture had come: what it shows was there earlier than this.
    pub until: Instant,
    pub point: usize,
    /// `None` where the point is outside the screen.
    pub colour: Option<[u8; 3]>,
}

struct Notes {
    changes: Vec<Seen>,
    /// The last look at each point.
    last: Vec<Option<Seen>>,
}

impl Notes {
    /// When `point` was first seen in this colour after `from`, at the latest; `from` where it had it all along.
    fn first(&self, point: usize, colour: [u8; 3], from: Instant) -> Option<Instant> {
        let shows = |seen: &&Seen| seen.until >= from && seen.colour == Some(colour);
        let changed = self.changes.iter().filter(|seen| seen.point == point).find(shows);
        let now = || self.last[point].as_ref().filter(shows);
        changed.map(|seen| seen.until).or_else(|| now().map(|_| from))
    }
}

pub struct Witness {
    points: usize,
    seen: Arc<Mutex<Notes>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Witness {
    pub fn on(display: &str, points: &[(i16, i16)]) -> Result<Self> {
        let (conn, screen) = x11rb::connect(Some(display))?;
        let root = conn.setup().roots[screen].root;
        super::rude::own_something(&conn, root)?;
        let seen = Arc::new(Mutex::new(Notes { changes: Vec::new(), last: vec![None; points.len()] }));
        let is_over = Arc::new(AtomicBool::new(false));
        let (notes, over, look_at) = (Arc::clone(&seen), Arc::clone(&is_over), points.to_vec());
        let thread = thread::spawn(move || {
            while !over.load(Ordering::SeqCst) {
                for (point, &(x, y)) in look_at.iter().enumerate() {
                    let at = Instant::now();
                    let Ok(look) = conn.get_image(ImageFormat::Z_PIXMAP, root, x, y, 1, 1, !0) else {
                        return;
                    };
                    let colour = look.reply().ok().map(|image| [image.data[2], image.data[1], image.data[0]]);
                    let now = Seen { at, until: Instant::now(), point, colour };
                    let Notes { changes, last } = &mut *notes.lock().unwrap();
                    if last[point].is_none_or(|before: Seen| before.colour != colour) {
                        changes.push(now);
                    }
                    last[point] = Some(now);
                }
                // A look per millisecond is enough, and leaves the two cores of a test machine to the others.
                thread::sleep(std::time::Duration::from_micros(500));
            }
        });
        Ok(Self { points: points.len(), seen, is_over, thread: Some(thread) })
    }

    /// How many monitors it looks at.
    pub fn points(&self) -> usize {
        self.points
    }

    /// What it saw last there.
    pub fn now(&self, point: usize) -> Option<[u8; 3]> {
        self.seen.lock().unwrap().last[point].and_then(|seen| seen.colour)
    }

    /// Waits until every monitor shows this colour, seen by looks that began after the call.
    pub fn wait_all(&self, colour: [u8; 3], what: &str) -> Result<Instant> {
        (0..self.points)
            .map(|point| self.wait(point, Some(colour), what))
            .try_fold(Instant::now(), |_, at| at)
    }

    /// Waits until one monitor shows it.
    pub fn wait(&self, point: usize, colour: Option<[u8; 3]>, what: &str) -> Result<Instant> {
        let from = Instant::now();
        wait_for(what, SOON, || {
            let last = self.seen.lock().unwrap().last[point]?;
            (last.at >= from && last.colour == colour).then_some(last.at)
        })
    }

    /// Waits until every monitor shows this colour, and tells when the last of them did after `from`, at the latest.
    pub fn first(&self, colour: [u8; 3], from: Instant) -> Result<Instant> {
        wait_for("a colour on every monitor", SOON, || {
            let notes = self.seen.lock().unwrap();
            (0..self.points)
                .map(|point| notes.first(point, colour, from))
                .try_fold(from, |latest, at| Some(latest.max(at?)))
        })
    }

    /// Waits for one more look at every monitor, and gives what was seen since `from`: the colour that each showed
    /// then, and every change after it.
    pub fn since(&self, from: Instant) -> Result<Vec<Seen>> {
        let until = Instant::now();
        wait_for("another look", SOON, || {
            let notes = self.seen.lock().unwrap();
            notes.last.iter().all(|last| last.is_some_and(|last| last.at > until)).then_some(())
        })?;
        Ok(self.seen.lock().unwrap().changes.iter().copied().filter(|seen| seen.at >= from).collect())
    }

    /// Fails if the marker began to show on any monitor at or after `from`.
    pub fn assert_unseen_since(&self, marker: [u8; 3], from: Instant) -> Result<()> {
        let shown: Vec<Seen> =
            self.since(from)?.into_iter().filter(|seen| seen.colour == Some(marker)).collect();
        assert!(shown.is_empty(), "the app was seen through the cover: {shown:?}");
        for (point, last) in self.seen.lock().unwrap().last.iter().enumerate() {
            assert!(
                last.is_none_or(|last| last.colour != Some(marker)),
                "monitor {point} still shows the app"
            );
        }
        Ok(())
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BLACK: [u8; 3] = [0, 0, 0];
    const APP: [u8; 3] = [1, 1, 1];

    #[test]
    fn a_look_on_its_way_when_the_word_is_said_counts_when_its_picture_comes() {
        let start = Instant::now();
        let ms = |at| start + Duration::from_millis(at);
        let look = |at, until, colour| Seen { at: ms(at), until: ms(until), point: 0, colour: Some(colour) };
        let (before, changed, last) = (look(0, 1, APP), look(5, 9, BLACK), look(30, 31, BLACK));
        let notes = Notes { changes: vec![before, changed], last: vec![Some(last)] };

        assert_eq!(notes.first(0, BLACK, ms(7)), Some(ms(9)));
        // It was black all along.
        assert_eq!(notes.first(0, BLACK, ms(20)), Some(ms(20)));
        // It is not the app's any more.
        assert_eq!(notes.first(0, APP, ms(7)), None);
    }
}
