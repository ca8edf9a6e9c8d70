//! The spool on its one thread, opened anew after a failure.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};

use agent_core::command::FailClosedCause;
use agent_runtime::ports::Clock;
use audit::record::WorkstationRef;
use audit_spool::{ALARM_PERCENT, Bounds, Carried, Fill, Spool, SpoolError, SpoolKey};
use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::{error, info, warn};

mod opening;

pub use opening::{SET_ASIDE_MAX, SpoolFiles};

/// The spool's file in the state folder.
pub const SPOOL_FILE: &str = "spool.sqlite";
/// Calls that may wait for the disk.
const WAITING_MAX: usize = 256;

/// Which file, sealed by what, for whom.
pub struct SpoolSettings {
    /// The file.
    pub path: PathBuf,
    /// From the keychain.
    pub key: SpoolKey,
    /// Named in the spool's own records.
    pub workstation: WorkstationRef,
    /// What it holds at most.
    pub bounds: Bounds,
}

impl fmt::Debug for SpoolSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpoolSettings").field("path", &self.path).finish_non_exhaustive()
    }
}

type Job = Box<dyn FnOnce(&mut Keeper) + Send>;

/// Runs calls on the spool, one after the other, in the order they were made.
#[derive(Debug, Clone)]
pub struct SpoolThread {
    jobs: mpsc::SyncSender<Job>,
}

impl SpoolThread {
    /// Starts the thread; the file is opened by the first call.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(settings: SpoolSettings, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let (jobs, queue) = mpsc::sync_channel::<Job>(WAITING_MAX);
        let mut keeper =
            Keeper { settings, clock, spool: None, carried: Carried::default(), is_failing: false };
        thread::Builder::new().name("spool".into()).spawn(move || {
            for job in queue {
                job(&mut keeper);
            }
        })?;
        Ok(Self { jobs })
    }

    /// Does `work` and answers. The order is fixed when this is called, not when it is awaited.
    ///
    /// # Errors
    /// What the spool said the second time: after a failure it is opened anew and `work` done again.
    pub fn run<T, W>(&self, work: W) -> impl Future<Output = Result<T, FailClosedCause>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: Fn(&mut Spool, Timestamp) -> Result<T, SpoolError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        self.run_then(work, move |result| {
            // Whoever asked may have gone; the work is done all the same.
            let _ = reply.send(result);
        });
        async move { answer.await.unwrap_or(Err(FailClosedCause::SpoolUnavailable)) }
    }

    /// Like [`SpoolThread::run`], and tells `then` on the spool's thread, so that answers come in the order
    /// of the calls. `then` must not block.
    pub fn run_then<T, W>(&self, work: W, then: impl FnOnce(Result<T, FailClosedCause>) + Send + 'static)
    where
        W: Fn(&mut Spool, Timestamp) -> Result<T, SpoolError> + Send + 'static,
    {
        let then = Arc::new(Mutex::new(Some(then)));
        let later = Arc::clone(&then);
        let job: Job = Box::new(move |keeper| tell(&later, keeper.run(&work)));
        if self.jobs.try_send(job).is_err() {
            // The disk has not answered all the calls before.
            tell(&then, Err(FailClosedCause::SpoolUnavailable));
        }
    }
}

/// Once.
fn tell<R>(then: &Mutex<Option<impl FnOnce(R)>>, result: R) {
    let then = then.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(then) = then {
        then(result);
    }
}

/// At most one thread, however often it is asked for: a disk that hangs holds the thread that opens the spool, and
/// the next try waits for that one.
#[derive(Debug, Default)]
pub(crate) struct OneSpoolThread(Mutex<Option<(SpoolFor, SpoolThread)>>);

/// What makes one spool another than the next.
struct SpoolFor {
    path: PathBuf,
    key: SpoolKey,
    workstation: WorkstationRef,
}

impl fmt::Debug for SpoolFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpoolFor").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SpoolFor {
    fn is(&self, settings: &SpoolSettings) -> bool {
        self.path == settings.path
            && self.key.expose() == settings.key.expose()
            && self.workstation == settings.workstation
    }
}

impl OneSpoolThread {
    /// The thread that was started for the same spool, or a fresh one.
    pub(crate) fn start(
        &self,
        settings: SpoolSettings,
        clock: Arc<dyn Clock>,
    ) -> std::io::Result<SpoolThread> {
        let mut started = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, thread)) = started.as_ref().filter(|(of, _)| of.is(&settings)) {
            return Ok(thread.clone());
        }
        let of = SpoolFor {
            path: settings.path.clone(),
            key: settings.key.clone(),
            workstation: settings.workstation.clone(),
        };
        let thread = SpoolThread::start(settings, clock)?;
        *started = Some((of, thread.clone()));
        Ok(thread)
    }
}

struct Keeper {
    settings: SpoolSettings,
    clock: Arc<dyn Clock>,
    spool: Option<Spool>,
    /// Of the file that was open last.
    carried: Carried,
    is_failing: bool,
}

impl Keeper {
    fn run<T>(
        &mut self,
        work: &impl Fn(&mut Spool, Timestamp) -> Result<T, SpoolError>,
    ) -> Result<T, FailClosedCause> {
        let mut result = self.try_run(work);
        if matches!(result, Err(SpoolError::Unavailable(_) | SpoolError::Corrupt(_))) {
            result = self.try_run(work);
        }
        match (&result, self.is_failing) {
            (Err(error), false) => error!("The spool does not take records: {error}"),
            (Ok(_), true) => info!("The spool takes records again"),
            (Ok(_), false) | (Err(_), true) => {}
        }
        self.is_failing = result.is_err();
        result.map_err(|error| cause(&error))
    }

    fn try_run<T>(
        &mut self,
        work: &impl Fn(&mut Spool, Timestamp) -> Result<T, SpoolError>,
    ) -> Result<T, SpoolError> {
        let now = self.clock.wall();
        let spool = match &mut self.spool {
            Some(spool) => spool,
            none => none.insert(opening::open(&self.settings, &self.carried, now)?),
        };
        let result = work(spool, now);
        if result.is_ok() {
            watch_fill(spool, now);
        }
        // A damaged file shows when it is opened anew.
        if matches!(result, Err(SpoolError::Unavailable(_) | SpoolError::Corrupt(_)))
            && let Some(spool) = self.spool.take()
        {
            self.carried = spool.into_carried();
        }
        result
    }
}

/// A failure here is one of the disk, which the next call meets, too.
fn watch_fill(spool: &mut Spool, now: Timestamp) {
    if let Ok(Some(fill)) = spool.raise_alarm(now) {
        warn!(code = "spool.filling", audit.pending = fill.pending, "{}", filling(&fill));
    }
}

/// What is true of it, in words: the records, the room of the reserve, or both.
fn filling(fill: &Fill) -> String {
    let records = format!(
        "Audit records wait on this disk and {} % of their room is used: see why they do not leave",
        fill.percent
    );
    match (fill.percent >= ALARM_PERCENT, fill.is_reserve_held) {
        (_, true) => records,
        (false, false) => "The disk has no room for the reserve of the audit records, so nobody signs in: \
                           make room on it"
            .to_owned(),
        (true, false) => format!("{records}. The disk has no room for their reserve: make room on it"),
    }
}

fn cause(error: &SpoolError) -> FailClosedCause {
    if matches!(error, SpoolError::Full) {
        FailClosedCause::SpoolFull
    } else {
        FailClosedCause::SpoolUnavailable
    }
}

#[cfg(test)]
mod tests;
