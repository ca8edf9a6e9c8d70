//! The cover on a Wayland compositor.
//!
//! - **Panes** are layer-shell surfaces over every output (`wlr-layer-shell-v1`), in the overlay layer, whenever the screen is
//!   covered; with the keyboard while the shield has the input. While the agent has it, the pane of the first output is one
//!   layer lower, because the agent's own overlay surface is to fill that output, and no order is promised within a layer;
//!   lower than that, or everywhere, would be under a full-screen app. They are drawn, not held: a compositor's own
//!   key bindings and other overlays remain.
//! - **Shutters** are the surfaces of the session lock (`ext-session-lock-v1`), where the compositor has one. It holds: nothing
//!   else is drawn or typed into, and the session stays locked when the shield dies. But nothing of the agent's can be
//!   shown above them, so the lock is opened while the agent has the input, and locked again when it has not.
//!
//! Input is the compositor's to give: no grab, no focus and no client of the agent's is the shield's to
//! touch, so the methods about those do nothing here.

mod desk;
mod glyphs;
mod lock;
mod pane;
mod picture;

use std::{os::fd::BorrowedFd, time::Duration};

use shield_contract::Enforcement;
use wayland_client::{
    ConnectError, Connection, DispatchError, EventQueue,
    backend::{InvalidId, WaylandError},
};

use self::desk::Desk;

/// The cover.
#[derive(Debug)]
pub(crate) struct Cover {
    conn: Connection,
    queue: EventQueue<Desk>,
    desk: Desk,
    /// The shield wants the input and has not been told that it has it.
    owes_news: bool,
}

/// Why the screen cannot be covered.
#[derive(Debug)]
pub(crate) enum CoverError {
    /// There is no compositor, or it refuses us.
    NoDisplay(ConnectError),
    /// The compositor went away, or says that we broke the protocol.
    Lost(String),
    /// The compositor lacks this.
    Lacks(&'static str),
}

impl Cover {
    /// Connects and learns what the compositor can do; nothing is shown yet.
    pub(crate) fn connect() -> Result<Self, CoverError> {
        let conn = Connection::connect_to_env().map_err(CoverError::NoDisplay)?;
        let mut queue = conn.new_event_queue();
        let mut desk = Desk::new(queue.handle());
        conn.display().get_registry(&queue.handle(), ());
        // The first answers with what there is, the second with the outputs' sizes.
        queue.roundtrip(&mut desk)?;
        queue.roundtrip(&mut desk)?;
        if !desk.can_draw() {
            return Err(CoverError::Lacks("wl_compositor and wl_shm"));
        }
        if !desk.can_lock() && !desk.can_lay() {
            return Err(CoverError::Lacks("ext-session-lock-v1 and wlr-layer-shell-v1"));
        }
        Ok(Self { conn, queue, desk, owes_news: false })
    }

    /// Readable when the compositor has something to say.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd as _;
        self.conn.as_fd()
    }

    /// The sizes of the outputs, in pixels.
    pub(crate) fn outputs(&self) -> Vec<(i32, i32)> {
        self.desk.outputs()
    }

    /// By which protocol the screen is covered.
    pub(crate) fn protocol(&self) -> &'static str {
        if self.desk.can_lock() { "ext-session-lock-v1" } else { "wlr-layer-shell-v1" }
    }

    /// Whether the compositor has a session lock.
    pub(crate) fn can_lock(&self) -> bool {
        self.desk.can_lock()
    }

    /// Every output black. [`Cover::hold_input`] must follow.
    pub(crate) fn cover(&mut self) -> Result<(), CoverError> {
        self.desk.lay_panes();
        self.flush()
    }

    /// The screen is the person's.
    pub(crate) fn uncover(&mut self) -> Result<(), CoverError> {
        self.owes_news = false;
        self.desk.take_panes_away();
        self.desk.open_lock();
        self.flush()
    }

    /// The keyboard for the panes, and the session locked where it can be; whether that is so already.
    pub(crate) fn hold_input(&mut self) -> Result<bool, CoverError> {
        self.desk.take_keyboard(true);
        self.desk.close_lock();
        self.flush()?;
        let is_held = self.desk.is_held();
        self.owes_news = !is_held;
        Ok(is_held)
    }

    /// Makes room for the agent's surface: the panes go on hiding the apps, and the lock opens.
    pub(crate) fn release_input(&mut self) -> Result<(), CoverError> {
        self.owes_news = false;
        self.desk.take_keyboard(false);
        self.desk.open_lock();
        self.flush()
    }

    /// Says in words why there is no agent.
    pub(crate) fn show_notice(&mut self, lines: &[String]) -> Result<(), CoverError> {
        self.desk.say(lines.to_vec());
        self.flush()
    }

    /// No longer.
    pub(crate) fn hide_notice(&mut self) -> Result<(), CoverError> {
        self.desk.say(Vec::new());
        self.flush()
    }

    /// Waits until the compositor has answered.
    pub(crate) fn wait_for_answer(&mut self) -> Result<(), CoverError> {
        self.queue.roundtrip(&mut self.desk)?;
        Ok(())
    }

    /// What the cover is worth, as far as the compositor has answered.
    pub(crate) fn enforcement(&self) -> Enforcement {
        Enforcement { agent_away: self.desk.was_lock_granted(), agent_shown: false }
    }

    /// When [`Cover::on_time`] is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let news = (self.owes_news && self.desk.is_held()).then_some(Duration::ZERO);
        news.or_else(|| self.desk.ask_again_at())
    }

    /// Does what is due; tells when the screen became ours.
    pub(crate) fn on_time(&mut self, now: Duration) -> Result<Option<bool>, CoverError> {
        self.desk.ask_again(now);
        self.flush()?;
        let is_news = self.owes_news && self.desk.is_held();
        if is_news {
            self.owes_news = false;
        }
        Ok(is_news.then_some(true))
    }

    /// Reads all that the compositor said, and does what follows from it.
    pub(crate) fn on_events(&mut self, now: Duration) -> Result<(), CoverError> {
        self.desk.at(now);
        loop {
            self.queue.dispatch_pending(&mut self.desk)?;
            self.flush()?;
            let Some(guard) = self.queue.prepare_read() else { continue };
            match guard.read() {
                Ok(_) => {}
                Err(error) if would_block(&error) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn flush(&self) -> Result<(), CoverError> {
        match self.conn.flush() {
            Ok(()) => Ok(()),
            // What did not fit goes out with the next flush, which no silence of the compositor can be late for.
            Err(error) if would_block(&error) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn would_block(error: &WaylandError) -> bool {
    matches!(error, WaylandError::Io(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

impl std::fmt::Display for CoverError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoDisplay(why) => {
                write!(
                    f,
                    "no Wayland compositor to cover ({why}); are WAYLAND_DISPLAY and XDG_RUNTIME_DIR set?"
                )
            }
            Self::Lost(why) => write!(f, "the Wayland compositor went away ({why})"),
            Self::Lacks(what) => {
                write!(f, "this Wayland compositor lacks {what}: nothing can be covered here")
            }
        }
    }
}

impl std::error::Error for CoverError {}

impl From<DispatchError> for CoverError {
    fn from(error: DispatchError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<WaylandError> for CoverError {
    fn from(error: WaylandError) -> Self {
        Self::Lost(error.to_string())
    }
}

impl From<InvalidId> for CoverError {
    fn from(error: InvalidId) -> Self {
        Self::Lost(error.to_string())
    }
}
