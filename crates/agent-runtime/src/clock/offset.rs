//! A boot clock that a test can move on, as if the machine had slept. Compiled only under `e2e`.
//!
//! The environment variable [`OFFSET_FILE_ENV`] names a file that holds a number of milliseconds; the
//! clock is ahead by that much from the moment the file is written. It can only grow: sleep cannot be undone.

use std::{env, io, mem::MaybeUninit, path::PathBuf, thread, time::Duration};

use rustix::fs::inotify;
use tokio::sync::watch;
use tracing::warn;

use super::imp;

/// Names the file.
const OFFSET_FILE_ENV: &str = "TAPWARD_E2E_CLOCK_OFFSET_FILE";

/// How far the clock is ahead.
#[derive(Debug)]
pub(super) struct Offset(watch::Receiver<Duration>);

impl Offset {
    /// Watches the file that [`OFFSET_FILE_ENV`] names; without it the clock is never ahead.
    pub(super) fn from_environment() -> Self {
        match env::var_os(OFFSET_FILE_ENV).map(PathBuf::from) {
            Some(file) => Self::of_file(file),
            None => Self(watch::channel(Duration::ZERO).1),
        }
    }

    /// Watches `file`, whether or not it is there yet; its directory must be.
    fn of_file(file: PathBuf) -> Self {
        warn!("The clock can be moved by a test: this is no build for a ward");
        let (sender, receiver) = watch::channel(Duration::ZERO);
        thread::spawn(move || {
            if let Err(error) = follow(&file, &sender) {
                warn!(%error, "The clock's offset can no longer be read");
            }
        });
        Self(receiver)
    }

    pub(super) fn current(&self) -> Duration {
        *self.0.borrow()
    }

    /// Completes once the moved clock has reached `deadline`.
    pub(super) async fn sleep_until(&self, deadline: Duration) {
        let mut offset = self.0.clone();
        loop {
            let ahead = *offset.borrow_and_update();
            tokio::select! {
                () = imp::sleep_until(deadline.saturating_sub(ahead)) => return,
                // Without a file to watch, the other branch alone goes on.
                Ok(()) = offset.changed() => {}
            }
        }
    }
}

fn follow(file: &std::path::Path, offset: &watch::Sender<Duration>) -> io::Result<()> {
    let directory = file.parent().ok_or(io::ErrorKind::InvalidInput)?;
    let watcher = inotify::init(inotify::CreateFlags::CLOEXEC)?;
    inotify::add_watch(
        &watcher,
        directory,
        inotify::WatchFlags::CLOSE_WRITE | inotify::WatchFlags::MOVED_TO,
    )?;
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut changes = inotify::Reader::new(&watcher, &mut buffer);
    loop {
        let ahead = std::fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
        if let Some(ahead) = ahead.map(Duration::from_millis) {
            offset.send_if_modified(|current| {
                let grows = ahead > *current;
                *current = (*current).max(ahead);
                grows
            });
        }
        changes.next()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_sleeps_an_hour_wakes_when_the_file_says_that_it_has_passed() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("offset");
        let offset = Offset::of_file(file.clone());
        let deadline = imp::since_boot() + Duration::from_secs(3_600);

        let sleep = offset.sleep_until(deadline);
        tokio::pin!(sleep);
        assert!(futures_are_pending(&mut sleep).await);
        std::fs::write(&file, "3600000\n").unwrap();
        sleep.await;

        assert!(imp::since_boot() + offset.current() >= deadline);
    }

    #[tokio::test]
    async fn it_never_shrinks_and_nonsense_changes_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("offset");
        std::fs::write(&file, "5000").unwrap();
        let offset = Offset::of_file(file.clone());
        let mut seen = offset.0.clone();
        seen.wait_for(|ahead| *ahead == Duration::from_secs(5)).await.unwrap();

        for text in ["1000", "nonsense", "", "-7"] {
            std::fs::write(&file, text).unwrap();
        }
        std::fs::write(&file, "6000").unwrap();
        seen.wait_for(|ahead| *ahead == Duration::from_secs(6)).await.unwrap();

        assert_eq!(offset.current(), Duration::from_secs(6));
    }

    async fn futures_are_pending(sleep: &mut (impl Future<Output = ()> + Unpin)) -> bool {
        tokio::select! {
            biased;
            () = sleep => false,
            () = tokio::task::yield_now() => true,
        }
    }
}
