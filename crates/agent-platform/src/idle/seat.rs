//! One connection to a Wayland compositor: when the seats were last touched, as far as it tells.
//!
//! It cannot be asked, and tells of two moments: a seat has been left alone for [`QUIET`], and is touched again. So the
//! last input is known to lie at the first of these moments less [`QUIET`], or not before the second. Where it may lie
//! later, the earlier moment counts: an app that keeps the screen awake (an idle inhibitor) is told like a touch that does
//! not end, and ends a session as inactivity does.
//!
//! Before the first touch nothing is known of the time before we came, and none counts as no input since the machine started.
//! A program's keyboard cannot be told from a person's here, nor can a badge reader that types.

use std::{os::fd::BorrowedFd, time::Duration};

use tracing::{info, warn};
use wayland_client::{
    ConnectError, Connection, Dispatch, DispatchError, EventQueue, Proxy, QueueHandle, WEnum,
    backend::WaylandError,
    delegate_noop,
    protocol::{
        wl_registry::{self, WlRegistry},
        wl_seat::{self, Capability, WlSeat},
    },
};
use wayland_protocols::ext::idle_notify::v1::client::{
    ext_idle_notification_v1::{self, ExtIdleNotificationV1},
    ext_idle_notifier_v1::ExtIdleNotifierV1,
};
use wayland_protocols_plasma::idle::client::{
    org_kde_kwin_idle::OrgKdeKwinIdle,
    org_kde_kwin_idle_timeout::{self, OrgKdeKwinIdleTimeout},
};

use super::{clock::awake, display::QUIET};

/// From here on the notifier tells of input alone, whoever keeps the screen awake.
const INPUT_ALONE_SINCE: u32 = 2;

/// Why the compositor cannot be asked: the connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub(super) enum SeatError {
    #[error("cannot connect: {0}")]
    Connect(#[from] ConnectError),
    #[error("the connection ended: {0}")]
    Dispatch(#[from] DispatchError),
    #[error("the connection ended: {0}")]
    Connection(#[from] WaylandError),
    #[error("this compositor has neither ext-idle-notify-v1 nor org_kde_kwin_idle")]
    Lacks,
}

/// The compositor's seats.
#[derive(Debug)]
pub(super) struct Seats {
    connection: Connection,
    queue: EventQueue<Desk>,
    desk: Desk,
}

/// The dispatcher's state.
#[derive(Debug)]
struct Desk {
    handle: QueueHandle<Self>,
    notifier: Option<ExtIdleNotifierV1>,
    kde: Option<OrgKdeKwinIdle>,
    seats: Vec<Seat>,
    has_news: bool,
}

#[derive(Debug)]
struct Seat {
    name: u32,
    seat: WlSeat,
    /// A person can touch something.
    has_devices: bool,
    watch: Option<Watch>,
    touch: Touch,
}

/// Ends what the compositor was asked to tell.
#[derive(Debug)]
enum Watch {
    Ext(ExtIdleNotificationV1),
    Kde(OrgKdeKwinIdleTimeout),
}

/// The last input of a seat, on the clock that stands still in sleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// Not since we look.
    Unseen,
    /// At this moment, and perhaps since.
    Since(Duration),
    /// At this moment, and not since.
    Last(Duration),
}

impl Touch {
    fn on_idle(self, now: Duration) -> Self {
        match self {
            // That nobody touched it while we looked tells nothing of the time before.
            Self::Unseen => Self::Unseen,
            Self::Since(begun) => Self::Last(now.saturating_sub(QUIET).max(begun)),
            Self::Last(at) => Self::Last(at),
        }
    }

    fn at(self) -> Duration {
        match self {
            Self::Unseen => Duration::ZERO,
            Self::Since(at) | Self::Last(at) => at,
        }
    }
}

impl Seats {
    pub(super) fn open() -> Result<Self, SeatError> {
        let connection = Connection::connect_to_env()?;
        let mut queue = connection.new_event_queue();
        let mut desk =
            Desk { handle: queue.handle(), notifier: None, kde: None, seats: Vec::new(), has_news: false };
        connection.display().get_registry(&queue.handle(), ());
        // The first answers with what there is, the second with what the seats have.
        queue.roundtrip(&mut desk)?;
        if desk.notifier.is_none() && desk.kde.is_none() {
            return Err(SeatError::Lacks);
        }
        desk.watch_seats();
        queue.roundtrip(&mut desk)?;
        if desk.untouched_for().is_none() {
            warn!("This compositor has no device that a person could touch: inactivity is unknown");
        } else {
            info!("Counting the input that the compositor tells of");
        }
        Ok(Self { connection, queue, desk })
    }

    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd as _;
        self.connection.as_fd()
    }

    /// Time since the last touch of any seat; `None` where there is nothing to touch.
    pub(super) fn untouched_for(&mut self) -> Result<Option<Duration>, SeatError> {
        // What is on its way counts: the answer is awaited.
        self.queue.roundtrip(&mut self.desk)?;
        Ok(self.desk.untouched_for())
    }

    /// Takes all events up; whether a seat was touched, or left alone, or came or went.
    pub(super) fn drain(&mut self) -> Result<bool, SeatError> {
        loop {
            self.queue.dispatch_pending(&mut self.desk)?;
            self.connection.flush()?;
            let Some(guard) = self.queue.prepare_read() else { continue };
            match guard.read() {
                Ok(_) => {}
                Err(WaylandError::Io(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    return Ok(std::mem::take(&mut self.desk.has_news));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Desk {
    fn untouched_for(&self) -> Option<Duration> {
        let told = self.seats.iter().filter(|seat| seat.has_devices && seat.watch.is_some());
        told.map(|seat| awake().saturating_sub(seat.touch.at())).min()
    }

    /// Asks to be told of each seat that is not watched yet.
    fn watch_seats(&mut self) {
        let quiet_ms = u32::try_from(QUIET.as_millis()).unwrap_or(u32::MAX);
        let Self { handle, notifier, kde, seats, .. } = self;
        for Seat { name, seat, watch, .. } in seats.iter_mut().filter(|seat| seat.watch.is_none()) {
            let notification = notifier.as_ref().map(|notifier| {
                if notifier.version() >= INPUT_ALONE_SINCE {
                    notifier.get_input_idle_notification(quiet_ms, seat, handle, *name)
                } else {
                    notifier.get_idle_notification(quiet_ms, seat, handle, *name)
                }
            });
            let timeout = || kde.as_ref().map(|kde| kde.get_idle_timeout(seat, quiet_ms, handle, *name));
            *watch = notification.map(Watch::Ext).or_else(|| timeout().map(Watch::Kde));
        }
    }

    fn on_idle(&mut self, name: u32) {
        self.on_touch(name, |touch, now| touch.on_idle(now));
    }

    fn on_resumed(&mut self, name: u32) {
        self.on_touch(name, |_, now| Touch::Since(now));
    }

    fn on_touch(&mut self, name: u32, then: impl FnOnce(Touch, Duration) -> Touch) {
        self.has_news = true;
        if let Some(seat) = self.seats.iter_mut().find(|seat| seat.name == name) {
            seat.touch = then(seat.touch, awake());
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        match self.watch.take() {
            Some(Watch::Ext(watch)) => watch.destroy(),
            Some(Watch::Kde(watch)) => watch.release(),
            None => {}
        }
    }
}

impl Dispatch<WlRegistry, ()> for Desk {
    fn event(
        desk: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        if let wl_registry::Event::Global { name, interface, version } = event {
            if interface == ExtIdleNotifierV1::interface().name {
                desk.notifier = Some(registry.bind(name, version.min(INPUT_ALONE_SINCE), handle, ()));
            } else if interface == OrgKdeKwinIdle::interface().name {
                desk.kde = Some(registry.bind(name, 1, handle, ()));
            } else if interface == WlSeat::interface().name {
                let seat = registry.bind(name, 1, handle, name);
                desk.seats.push(Seat { name, seat, has_devices: false, watch: None, touch: Touch::Unseen });
                desk.watch_seats();
            }
        } else if let wl_registry::Event::GlobalRemove { name } = event {
            desk.seats.retain(|seat| seat.name != name);
            desk.has_news = true;
        }
    }
}

impl Dispatch<WlSeat, u32> for Desk {
    fn event(
        desk: &mut Self,
        _: &WlSeat,
        event: wl_seat::Event,
        &name: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let wl_seat::Event::Capabilities { capabilities: WEnum::Value(capabilities) } = event else { return };
        let any = Capability::Pointer | Capability::Keyboard | Capability::Touch;
        if let Some(seat) = desk.seats.iter_mut().find(|seat| seat.name == name) {
            seat.has_devices = capabilities.intersects(any);
            desk.has_news = true;
        }
    }
}

impl Dispatch<ExtIdleNotificationV1, u32> for Desk {
    fn event(
        desk: &mut Self,
        _: &ExtIdleNotificationV1,
        event: ext_idle_notification_v1::Event,
        &name: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let ext_idle_notification_v1::Event::Idled = event {
            desk.on_idle(name);
        } else if let ext_idle_notification_v1::Event::Resumed = event {
            desk.on_resumed(name);
        }
    }
}

impl Dispatch<OrgKdeKwinIdleTimeout, u32> for Desk {
    fn event(
        desk: &mut Self,
        _: &OrgKdeKwinIdleTimeout,
        event: org_kde_kwin_idle_timeout::Event,
        &name: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let org_kde_kwin_idle_timeout::Event::Idle = event {
            desk.on_idle(name);
        } else if let org_kde_kwin_idle_timeout::Event::Resumed = event {
            desk.on_resumed(name);
        }
    }
}

delegate_noop!(Desk: ExtIdleNotifierV1);
delegate_noop!(Desk: OrgKdeKwinIdle);

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn nothing_is_known_of_the_time_before_the_first_touch() {
        assert_eq!(Touch::Unseen.on_idle(NOW).at(), Duration::ZERO);
    }

    #[test]
    fn a_touch_that_does_not_end_counts_from_its_beginning() {
        assert_eq!(Touch::Since(NOW).at(), NOW);
    }

    #[test]
    fn the_last_input_lies_as_long_ago_as_the_seat_was_left_alone() {
        let long_after = NOW + Duration::from_secs(5);

        assert_eq!(Touch::Since(NOW).on_idle(long_after).at(), long_after - QUIET);
    }

    #[test]
    fn what_is_told_late_moves_no_input_before_the_touch_that_was_told() {
        assert_eq!(Touch::Since(NOW).on_idle(NOW + QUIET / 2).at(), NOW);
    }
}
