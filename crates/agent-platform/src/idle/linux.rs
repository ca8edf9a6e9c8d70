//! The idle counter of each device (X11), or what the compositor tells (Wayland), on a thread that sleeps until something
//! happens.

use std::{
    fmt, io,
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use agent_core::instant::Instant;
use agent_runtime::ports::Clock;
use rustix::{
    event::{EventfdFlags, PollFd, PollFlags, eventfd, poll},
    io::Errno,
    time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    },
};
use tokio::sync::oneshot;
use tracing::{info, warn};

use self::display::{Display, DisplayError, QUIET};
use super::{
    Counting, REPORT_INTERVAL, Reading, Report,
    sleep_ledger::{Moment, SleepLedger},
};

mod clock;
mod display;
mod seat;
mod x_display;

/// A display that is gone is looked for again after this long, then twice as long, …
const RETRY_FIRST: Duration = Duration::from_millis(500);
/// … up to this.
const RETRY_MAX: Duration = Duration::from_secs(30);
/// A timer that only ever goes off because the wall clock was set, which waking up does.
const NEVER: Timespec = Timespec { tv_sec: 1 << 40, tv_nsec: 0 };

/// The thread's end that the port holds.
pub(super) struct Source {
    orders: mpsc::Sender<Order>,
    wake: Arc<OwnedFd>,
}

enum Order {
    Measure(oneshot::Sender<Reading>),
    Watch,
    Unwatch,
    End,
}

impl Source {
    pub(super) fn start(
        display: Option<String>,
        counting: Counting,
        clock: Arc<dyn Clock>,
        report: Report,
    ) -> io::Result<Self> {
        let wake = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let (orders, queue) = mpsc::channel();
        let watcher = Watcher {
            place: Place { display, counting },
            queue,
            wake: Arc::clone(&wake),
            wall: WallTimer::new()?,
            clock,
            report,
            display: None,
            retry: Retry::default(),
            is_watching: false,
            is_unknown_told: false,
            last_input: None,
            told: None,
            look_again_at: None,
            ledger: SleepLedger::default(),
        };
        thread::Builder::new().name("idle".into()).spawn(move || watcher.run())?;
        Ok(Self { orders, wake })
    }

    pub(super) fn measure(&self, answer: oneshot::Sender<Reading>) {
        self.order(Order::Measure(answer));
    }

    pub(super) fn watch(&self) {
        self.order(Order::Watch);
    }

    pub(super) fn unwatch(&self) {
        self.order(Order::Unwatch);
    }

    fn order(&self, order: Order) {
        // The thread ends only with us; a full counter means that it is awake anyway.
        let _ = self.orders.send(order);
        let _ = rustix::io::write(&*self.wake, &1u64.to_ne_bytes());
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.order(Order::End);
    }
}

/// Which display, and what counts there.
struct Place {
    display: Option<String>,
    counting: Counting,
}

/// The last input lies between these two points of the server's clock: what a round trip leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    earliest: Duration,
    latest: Duration,
}

struct Watcher {
    place: Place,
    queue: mpsc::Receiver<Order>,
    wake: Arc<OwnedFd>,
    wall: WallTimer,
    clock: Arc<dyn Clock>,
    report: Report,
    display: Option<Display>,
    retry: Retry,
    is_watching: bool,
    is_unknown_told: bool,
    last_input: Option<Span>,
    /// The input last told, asked or unasked.
    told: Option<Span>,
    /// Input may still be going on: alarms come only after a pause.
    look_again_at: Option<Instant>,
    ledger: SleepLedger,
}

impl Watcher {
    fn run(mut self) {
        self.ledger.observe(self.moment());
        loop {
            while let Ok(order) = self.queue.try_recv() {
                match order {
                    Order::Measure(answer) => {
                        // Whoever asked may have stopped waiting: then it was not told.
                        if answer.send(self.reading()).is_ok() {
                            self.told = self.last_input;
                        }
                    }
                    Order::Watch => self.begin_watch(),
                    Order::Unwatch => self.end_watch(),
                    Order::End => return,
                }
            }
            self.take_up_what_happened();
            self.wait();
        }
    }

    fn begin_watch(&mut self) {
        self.is_watching = true;
        self.is_unknown_told = false;
        // Input between the last answer and now is news; without an answer only what comes is.
        let reading = self.reading();
        if self.told.is_none() {
            self.told = self.last_input;
        } else if reading.is_some() && self.told != self.last_input {
            self.told = self.last_input;
            (self.report)(reading);
        }
        self.look_again_at = Some(self.clock.now() + REPORT_INTERVAL);
        self.with_display(Display::arm);
        self.tell_if_unknown();
    }

    fn end_watch(&mut self) {
        self.is_watching = false;
        self.look_again_at = None;
        if self.display.is_some() {
            self.with_display(Display::disarm);
        }
    }

    fn take_up_what_happened(&mut self) {
        let now = self.clock.now();
        if self.is_watching && self.display.is_none() && self.retry.is_due(now) {
            self.with_display(Display::arm);
            if self.display.is_some() {
                self.is_unknown_told = false;
                self.look_again_at = Some(now);
            }
        }
        // Asking the counters may have taken events off the line with the answers, which `wait` would
        // not be woken for: so until there are none.
        while self.drain() {
            let is_due = self.look_again_at.is_none_or(|at| at <= now);
            // An alarm right after a report waits for the interval to end.
            if self.is_watching && is_due {
                self.look();
            }
        }
        if self.is_watching && self.look_again_at.is_some_and(|at| at <= now) {
            self.look();
            self.drain();
        }
        self.tell_if_unknown();
    }

    /// Whether a device was touched or left alone since.
    fn drain(&mut self) -> bool {
        self.display.is_some() && self.with_display(Display::drain).is_some_and(|drained| drained.has_alarm)
    }

    /// Tells new input, and looks again as long as there is some.
    fn look(&mut self) {
        self.look_again_at = None;
        let reading = self.reading();
        let is_quiet = self.last_input.is_none_or(|last| last.earliest + QUIET <= clock::awake());
        if !is_quiet {
            self.look_again_at = Some(self.clock.now() + REPORT_INTERVAL);
        }
        if reading.is_some() && self.last_input != self.told {
            self.told = self.last_input;
            self.look_again_at = Some(self.clock.now() + REPORT_INTERVAL);
            (self.report)(reading);
        }
    }

    fn tell_if_unknown(&mut self) {
        let is_unknown = self.is_watching && (self.display.is_none() || self.last_input.is_none());
        if is_unknown && !self.is_unknown_told {
            (self.report)(None);
        }
        self.is_unknown_told = is_unknown;
    }

    /// The last input. The same input gives the same instant each time it is read.
    fn reading(&mut self) -> Reading {
        let before = clock::awake();
        let Some(untouched) = self.with_display(Display::untouched_for).flatten() else {
            self.last_input = None;
            return None;
        };
        let after = self.moment();
        self.ledger.observe(after);
        let read = Span {
            earliest: before.saturating_sub(untouched.saturating_add(Duration::from_millis(1))),
            latest: after.awake.saturating_sub(untouched),
        };
        let last = match self.last_input {
            Some(known) if read.earliest <= known.latest => known,
            Some(_) | None => read,
        };
        self.last_input = Some(last);
        Some(self.ledger.instant(last.earliest).min(Instant::from_boot(after.since_boot)))
    }

    fn moment(&self) -> Moment {
        Moment { awake: clock::awake(), since_boot: self.clock.now().since_boot() }
    }

    /// Asks the display, connecting first where there is none; a failure drops the connection.
    fn with_display<T>(&mut self, ask: impl FnOnce(&mut Display) -> Result<T, DisplayError>) -> Option<T> {
        let now = self.clock.now();
        if self.display.is_none() {
            if !self.retry.is_due(now) {
                return None;
            }
            match Display::open(self.place.display.as_deref(), self.place.counting.clone()) {
                Ok(display) => {
                    info!("Connected to the display");
                    self.retry = Retry::default();
                    self.display = Some(display);
                }
                Err(error) => {
                    self.lose(&error, now);
                    return None;
                }
            }
        }
        match ask(self.display.as_mut()?) {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.lose(&error, now);
                None
            }
        }
    }

    fn lose(&mut self, error: &DisplayError, now: Instant) {
        if self.retry.failures == 0 {
            warn!("Inactivity is unknown, the display cannot be asked: {error}");
        }
        self.display = None;
        self.last_input = None;
        self.told = None;
        self.retry.failed(now);
    }

    fn wait(&mut self) {
        let now = self.clock.now();
        let retry_at = (self.is_watching && self.display.is_none()).then_some(self.retry.due_at).flatten();
        let until = [self.look_again_at, retry_at].into_iter().flatten().min();
        let timeout = until.map(|at| timespec(at.since(now)));
        let mut fds = vec![
            PollFd::new(&*self.wake, PollFlags::IN),
            PollFd::from_borrowed_fd(self.wall.fd.as_fd(), PollFlags::IN),
        ];
        if let Some(display) = &self.display {
            fds.push(PollFd::from_borrowed_fd(display.fd(), PollFlags::IN));
        }
        let polled = poll(&mut fds, timeout.as_ref());
        let is_wall_set = polled.is_ok() && !fds[1].revents().is_empty();
        if is_wall_set {
            self.wall.arm();
        }
        self.ledger.observe(self.moment());
        // Emptied or empty: both are what we want.
        let _ = rustix::io::read(&*self.wake, &mut [0u8; 8]);
    }
}

/// A moment's rounding up, so that we do not wake just before it is due.
fn timespec(time: Duration) -> Timespec {
    let time = time + Duration::from_millis(1);
    Timespec {
        tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(time.subsec_nanos()),
    }
}

/// When to look for the display again.
#[derive(Debug, Default)]
struct Retry {
    failures: u32,
    due_at: Option<Instant>,
}

impl Retry {
    fn is_due(&self, now: Instant) -> bool {
        self.due_at.is_none_or(|at| at <= now)
    }

    fn failed(&mut self, now: Instant) {
        let pause = RETRY_FIRST.saturating_mul(1 << self.failures.min(10)).min(RETRY_MAX);
        self.failures = self.failures.saturating_add(1);
        self.due_at = Some(now + pause);
    }
}

/// Goes off when the machine wakes up: the wall clock has jumped against the one that stood still.
struct WallTimer {
    fd: OwnedFd,
}

impl WallTimer {
    fn new() -> io::Result<Self> {
        let fd = timerfd_create(TimerfdClockId::Realtime, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        let timer = Self { fd };
        timer.arm();
        Ok(timer)
    }

    fn arm(&self) {
        // Reading tells that the clock was set, which is why we are here.
        let _ = rustix::io::read(&self.fd, &mut [0u8; 8]);
        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        let time = Itimerspec { it_interval: zero, it_value: NEVER };
        // The clock may be set again in between: the next wait returns at once and we arm it again.
        if let Err(error) = timerfd_settime(&self.fd, flags, &time)
            && error != Errno::CANCELED
        {
            warn!("Sleep of the machine may be noticed late: {error}");
        }
    }
}
