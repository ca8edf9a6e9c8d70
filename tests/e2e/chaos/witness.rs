//! Somebody who looks at the screen all the time, and remembers when her app was on it.
//!
//! A look has a beginning and an end, and what it shows was there in between. The story says, each time before it does what may
//! open the screen, that the app may show, and, once it is known to be covered, that it must not. A look that lies wholly within
//! a time in which it must not, and shows it, is a leak.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use harness::{app::MARKER, part::wait_for};
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConnectionExt as _, ImageFormat},
    rust_connection::RustConnection,
};

use crate::bedside::SOON;

/// Looks a second are some hundreds; a witness that was held up for longer than this has not watched.
const BLINK_MAX: Duration = Duration::from_secs(5);

#[derive(Debug, Default)]
struct Notes {
    looks: u64,
    /// Looks that showed the app while it might.
    sights: u64,
    /// Looks while it must not show.
    watched: u64,
    /// Where and when it showed all the same.
    leaks: Vec<String>,
    longest_blink: Duration,
    /// Since when it must not show.
    covered_since: Option<Instant>,
}

#[derive(Debug)]
pub(super) struct Witness {
    notes: Arc<Mutex<Notes>>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Witness {
    /// Looks at nine points of each monitor of `display`.
    pub(super) fn on(display: &str) -> Self {
        let (conn, screen) = x11rb::connect(Some(display)).unwrap();
        let root = conn.setup().roots[screen].root;
        let (notes, is_over) = (Arc::<Mutex<Notes>>::default(), Arc::new(AtomicBool::new(false)));
        let points = points(&conn, root);
        let thread = thread::spawn({
            let (notes, is_over) = (Arc::clone(&notes), Arc::clone(&is_over));
            move || watch(&conn, root, &points, &notes, &is_over)
        });
        Self { notes, is_over, thread: Some(thread) }
    }

    /// From now on it may.
    pub(super) fn may_show(&self) {
        lock(&self.notes).covered_since = None;
    }

    /// It is covered by now, and must be until the next [`Witness::may_show`].
    #[expect(clippy::disallowed_methods, reason = "looks are told apart by the real clock")]
    pub(super) fn must_not_show(&self) {
        lock(&self.notes).covered_since.get_or_insert_with(Instant::now);
    }

    pub(super) fn leaks(&self) -> Vec<String> {
        lock(&self.notes).leaks.clone()
    }

    /// Fails where it does not notice the app that is on screen now; then it says nothing that it noticed none before.
    pub(super) fn assert_would_notice(&self) {
        self.must_not_show();
        wait_for("a leak that there is", SOON, || (!self.leaks().is_empty()).then_some(())).unwrap();
        self.may_show();
        lock(&self.notes).leaks.clear();
    }

    /// Fails where it has not looked: then it says nothing that it saw nothing.
    pub(super) fn assert_watched(&self) {
        let notes = lock(&self.notes);
        assert!(!self.thread.as_ref().unwrap().is_finished(), "the witness ended early: {notes:?}");
        assert!(notes.sights > 0, "it never saw the app, not even uncovered: {notes:?}");
        assert!(notes.watched > 0, "it never looked at a covered screen: {notes:?}");
        assert!(notes.longest_blink < BLINK_MAX, "{notes:?}");
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

fn points(conn: &RustConnection, root: u32) -> Vec<(i16, i16)> {
    let size = conn.get_geometry(root).unwrap().reply().unwrap();
    let (width, height) = (size.width.cast_signed(), size.height.cast_signed());
    let at = |part: i16, of: i16| of / 6 * (2 * part + 1);
    (0..3).flat_map(|column| (0..3).map(move |row| (at(column, width), at(row, height)))).collect()
}

#[expect(clippy::disallowed_methods, reason = "the pause between two looks, and the times of each")]
fn watch(
    conn: &RustConnection,
    root: u32,
    points: &[(i16, i16)],
    notes: &Mutex<Notes>,
    is_over: &AtomicBool,
) {
    let mut last = Instant::now();
    while !is_over.load(Ordering::SeqCst) {
        let began = Instant::now();
        let looks: Vec<_> = points
            .iter()
            .map_while(|&(x, y)| conn.get_image(ImageFormat::Z_PIXMAP, root, x, y, 1, 1, !0).ok())
            .collect();
        let mut showing = None;
        for (look, &point) in looks.into_iter().zip(points) {
            // The display is gone: there is nothing to be seen any more.
            let Ok(image) = look.reply() else { return };
            if matches!(image.data[..], [blue, green, red, ..] if [red, green, blue] == MARKER) {
                showing = Some(point);
            }
        }
        let mut notes = lock(notes);
        notes.looks += 1;
        notes.longest_blink = notes.longest_blink.max(began.elapsed().max(began - last));
        last = began;
        match (notes.covered_since.filter(|since| *since <= began), showing) {
            (Some(since), Some(point)) => {
                notes.leaks.push(format!("at {point:?}, covered for {:?} by then", began - since));
            }
            (Some(_), None) => notes.watched += 1,
            (None, Some(_)) => notes.sights += 1,
            (None, None) => {}
        }
        drop(notes);
        thread::sleep(Duration::from_millis(2));
    }
}

fn lock(notes: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    notes.lock().unwrap_or_else(PoisonError::into_inner)
}
