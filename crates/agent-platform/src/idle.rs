//! Input by a person, told without polling.
//!
//! What cannot be known is told as unknown: an answer that takes longer than [`LIMIT`], a display that is
//! gone, a display that has no device a person could touch.
//!
//! # Platform-specific behavior
//! Linux on X11 counts each device but the XTEST ones and claimed badge readers, by alarms of the SYNC extension; on Wayland
//! the compositor counts, and a program's keyboard is like any other. Windows and
//! macOS ask the system for its idle time, while something is watched four times a second; there synthetic
//! input cannot be told apart.

use std::{sync::Arc, time::Duration};

use agent_core::{event::Event, instant::Instant};
use agent_runtime::{
    config::{ReadersConfig, WedgeClaim, WedgeThrough},
    ports::{Clock, EventSink, Idle},
};
use tokio::sync::oneshot;

#[cfg_attr(target_os = "linux", path = "idle/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "idle/elsewhere.rs")]
mod imp;
#[cfg(target_os = "linux")]
mod sleep_ledger;

/// [`Idle::measure`] answers within this time.
pub const LIMIT: Duration = Duration::from_millis(100);
/// [`Gauge::works`] answers within this time: a machine that starts is busy.
const GAUGE_LIMIT: Duration = Duration::from_secs(3);
/// [`Idle::watch`] tells at most once in this time.
pub const REPORT_INTERVAL: Duration = Duration::from_millis(250);

/// Whether a program's input counts as a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyntheticInput {
    /// It does not: what every workstation has.
    #[default]
    Ignored,
    /// It does: for trials on a display that has no other devices.
    Counted,
}

/// Whose input counts as a person's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counting {
    /// Whether a program's does.
    pub synthetic: SyntheticInput,
    /// Badge readers that type like keyboards: theirs does not.
    pub wedges: Vec<WedgeClaim>,
}

impl Counting {
    /// What is claimed through the kernel types on no display.
    #[must_use]
    pub fn of(synthetic: SyntheticInput, readers: &ReadersConfig) -> Self {
        let wedges = readers.wedges.iter().filter(|claim| claim.through == WedgeThrough::X11);
        Self { synthetic, wedges: wedges.cloned().collect() }
    }
}

/// The last input, or `None` when it cannot be known.
type Reading = Option<Instant>;

/// Told while something is watched.
type Report = Box<dyn Fn(Reading) + Send>;

/// [`Idle`] of this operating system.
#[derive(Debug)]
pub struct SystemIdle {
    source: Arc<imp::Source>,
    sink: EventSink,
}

/// Asks whether the last input can be told, for start-up.
#[derive(Debug, Clone)]
pub struct Gauge(Arc<imp::Source>);

impl Gauge {
    /// Whether there is a device that a person could touch, and its idle time is known.
    pub async fn works(&self) -> bool {
        let (answer, reading) = oneshot::channel();
        self.0.measure(answer);
        let reading = tokio::time::timeout(GAUGE_LIMIT, reading).await;
        reading.is_ok_and(|reading| reading.is_ok_and(|reading| reading.is_some()))
    }
}

impl SystemIdle {
    /// Starts its thread. `display` is the X display, by default `$DISPLAY`. To be called within a
    /// tokio runtime.
    ///
    /// # Errors
    /// When the system gives no thread or no file descriptors.
    pub fn start(
        display: Option<String>,
        counting: Counting,
        clock: Arc<dyn Clock>,
        sink: EventSink,
    ) -> std::io::Result<Self> {
        let reports = sink.clone();
        let report: Report = Box::new(move |reading| reports.send(event(reading)));
        Ok(Self { source: Arc::new(imp::Source::start(display, counting, clock, report)?), sink })
    }

    /// Of the same devices.
    #[must_use]
    pub fn gauge(&self) -> Gauge {
        Gauge(Arc::clone(&self.source))
    }
}

impl Idle for SystemIdle {
    fn measure(&self) {
        let (answer, reading) = oneshot::channel();
        self.source.measure(answer);
        let sink = self.sink.clone();
        tokio::spawn(async move {
            let reading = tokio::time::timeout(LIMIT, reading).await;
            sink.send(event(reading.ok().and_then(Result::ok).flatten()));
        });
    }

    fn watch(&self) {
        self.source.watch();
    }

    fn unwatch(&self) {
        self.source.unwatch();
    }
}

fn event(reading: Reading) -> Event {
    match reading {
        Some(at) => Event::InputSeen { at },
        None => Event::InactivityUnknown,
    }
}
