//! The system's own idle time, asked for four times a second while something is watched.

use std::{
    fmt, io,
    sync::{Arc, mpsc},
    thread,
};

use agent_core::instant::Instant;
use agent_runtime::ports::Clock;
use tokio::sync::oneshot;
use user_idle::UserIdle;

use super::{Counting, REPORT_INTERVAL, Reading, Report};

/// The thread's end that the port holds; the thread ends when it is dropped.
pub(super) struct Source(mpsc::Sender<Order>);

enum Order {
    Measure(oneshot::Sender<Reading>),
    Watch,
    Unwatch,
}

impl Source {
    pub(super) fn start(
        _display: Option<String>,
        _counting: Counting,
        clock: Arc<dyn Clock>,
        report: Report,
    ) -> io::Result<Self> {
        let (orders, queue) = mpsc::channel();
        thread::Builder::new().name("idle".into()).spawn(move || run(&queue, clock.as_ref(), &report))?;
        Ok(Self(orders))
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
        // The thread ends only with us.
        let _ = self.0.send(order);
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

fn run(queue: &mpsc::Receiver<Order>, clock: &dyn Clock, report: &Report) {
    let mut told: Option<Reading> = None;
    loop {
        let order = match told {
            None => queue.recv().map_err(|_gone| mpsc::RecvTimeoutError::Disconnected),
            Some(_) => queue.recv_timeout(REPORT_INTERVAL),
        };
        match order {
            Ok(Order::Measure(answer)) => {
                // Whoever asked has stopped waiting by now, or takes it.
                let _ = answer.send(read(clock));
            }
            Ok(Order::Watch) => told = Some(read(clock)),
            Ok(Order::Unwatch) => told = None,
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let reading = read(clock);
                if told.is_some_and(|told| is_news(told, reading)) {
                    report(reading);
                    told = Some(reading);
                }
            }
        }
    }
}

/// Two readings of one input differ by the time it takes to read.
fn is_news(told: Reading, read: Reading) -> bool {
    match (told, read) {
        (Some(told), Some(read)) => read > told + REPORT_INTERVAL / 2,
        (None, None) => false,
        (Some(_), None) | (None, Some(_)) => true,
    }
}

fn read(clock: &dyn Clock) -> Reading {
    let idle = UserIdle::get_time().ok()?.duration();
    Some(Instant::from_boot(clock.now().since_boot().saturating_sub(idle)))
}
