//! Black windows over every monitor, the grab of keyboard and pointer, and the focus.
//!
//! - One override-redirect *pane* per monitor, and one window of the largest screen size *underneath* them all: a
//!   monitor that is plugged in shows that one until it has its own pane. The underneath has the focus, because it
//!   outlives every monitor.
//! - The focus stays there as long as the screen is covered, also while the agent holds the grab: with the focus on
//!   an app's window, the hand-over leaks keys to it.
//! - Errors of single requests (a window of the agent's that is gone) arrive as events and are dropped; only
//!   the end of the connection is an error here.

use std::{os::fd::BorrowedFd, time::Duration};

use x11rb::{
    NONE,
    connection::Connection,
    errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError},
    protocol::{
        Event,
        randr::{self, ConnectionExt as _},
        xproto::{
            ChangeWindowAttributesAux, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux, EventMask,
            MapState, NotifyDetail, NotifyMode, StackMode, Visibility, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
};

use super::{
    input::Input,
    monitors::{Rect, change},
    notice::{LINES, Notice},
    pace::Pace,
};

/// A window of the agent's that is not there yet is looked for again this often.
const MEET_EVERY: Duration = Duration::from_millis(5);
/// And this many times: far longer than any connection is behind.
const MEET_TRIES: u32 = 1_000;
/// The largest window: X coordinates have 15 bits and a sign.
const WINDOW_SIZE_MAX: u16 = 32_767;

/// Why the screen cannot be covered.
#[derive(Debug)]
pub(crate) enum CoverError {
    /// There is no X server, or it refuses us.
    NoDisplay(ConnectError),
    /// The X server went away.
    Lost(ConnectionError),
    /// The X server refused what every X server grants.
    Refused(&'static str),
}

/// The cover.
#[derive(Debug)]
pub(crate) struct Cover {
    conn: RustConnection,
    root: Window,
    white: u32,
    underneath: Window,
    panes: Vec<Pane>,
    is_covering: bool,
    input: Input,
    agent: Option<AgentWindow>,
    /// An agent's window that the X server did not know yet: the agent's own connection may be slower than its socket.
    unmet: Option<Unmet>,
    notice: Option<Notice>,
    restacks: Pace,
    /// A restack or a focus that the pace has put off.
    put_off: Option<Duration>,
    is_fought: bool,
}

#[derive(Debug, Clone, Copy)]
struct Pane {
    window: Window,
    on: Rect,
}

#[derive(Debug, Clone, Copy)]
struct AgentWindow {
    window: Window,
    on: Rect,
    is_mapped: bool,
}

impl AgentWindow {
    /// What it hides of ours.
    fn hides(&self, pane: &Pane) -> bool {
        self.is_mapped && self.on.contains(&pane.on)
    }
}

#[derive(Debug, Clone, Copy)]
struct Unmet {
    window: Window,
    next: Duration,
    tries_left: u32,
}

impl Cover {
    /// Connects and makes the windows; nothing is shown yet.
    pub(crate) fn connect() -> Result<Self, CoverError> {
        let (conn, screen) = x11rb::connect(None).map_err(CoverError::NoDisplay)?;
        let screen = &conn.setup().roots[screen];
        let (root, white) = (screen.root, screen.white_pixel);
        let on = Rect { x: 0, y: 0, width: screen.width_in_pixels, height: screen.height_in_pixels };
        let mut cover = Self {
            root,
            white,
            underneath: NONE,
            panes: Vec::new(),
            is_covering: false,
            input: Input::new(root, NONE),
            agent: None,
            unmet: None,
            notice: None,
            restacks: Pace::new(40, Duration::from_millis(10)),
            put_off: None,
            is_fought: false,
            conn,
        };
        let randr = cover.conn.randr_query_version(1, 5)?.reply();
        randr.map_err(|_| CoverError::Refused("RandR 1.5"))?;
        let changes = randr::NotifyMask::SCREEN_CHANGE | randr::NotifyMask::CRTC_CHANGE;
        cover.conn.randr_select_input(root, changes)?;
        let size = cover.underneath_size(on)?;
        cover.underneath = cover.create_window(size, EventMask::FOCUS_CHANGE | EventMask::KEY_PRESS)?;
        cover.input = Input::new(root, cover.underneath);
        cover.fit_monitors()?;
        Ok(cover)
    }

    /// Readable when the X server has something to say.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        use std::os::fd::AsFd as _;
        self.conn.stream().as_fd()
    }

    /// The rectangles that are covered.
    pub(crate) fn monitors(&self) -> Vec<(i16, i16, u16, u16)> {
        self.panes.iter().map(|Pane { on, .. }| (on.x, on.y, on.width, on.height)).collect()
    }

    /// Every monitor black, above everything. [`Cover::hold_input`] must follow: it takes the focus too.
    pub(crate) fn cover(&mut self) -> Result<(), CoverError> {
        self.is_covering = true;
        for window in self.windows() {
            let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
            self.conn.configure_window(window, &above)?;
            self.conn.map_window(window)?;
        }
        self.raise_agent()?;
        self.conn.flush()?;
        Ok(())
    }

    /// The screen is the person's, and the focus goes back to whoever had it.
    pub(crate) fn uncover(&mut self) -> Result<(), CoverError> {
        self.is_covering = false;
        self.put_off = None;
        self.input.return_focus(&self.conn)?;
        for window in self.windows() {
            self.conn.unmap_window(window)?;
        }
        self.release_input()
    }

    /// Takes keyboard, pointer and focus, or begins to try. One round trip; whether they are held.
    pub(crate) fn hold_input(&mut self, now: Duration) -> Result<bool, CoverError> {
        self.input.hold(&self.conn, now)
    }

    /// Lets go of keyboard and pointer; the focus stays.
    pub(crate) fn release_input(&mut self) -> Result<(), CoverError> {
        self.input.release(&self.conn)
    }

    /// Keeps this window of the agent's above the panes.
    pub(crate) fn keep_above(&mut self, window: Window, now: Duration) -> Result<(), CoverError> {
        self.unmet = Some(Unmet { window, next: now, tries_left: MEET_TRIES });
        self.meet(now)
    }

    /// Looks for the agent's window, and again later while the X server does not know it.
    fn meet(&mut self, now: Duration) -> Result<(), CoverError> {
        let Some(Unmet { window, tries_left, .. }) = self.unmet else { return Ok(()) };
        let events = EventMask::VISIBILITY_CHANGE | EventMask::STRUCTURE_NOTIFY;
        self.conn.change_window_attributes(window, &ChangeWindowAttributesAux::new().event_mask(events))?;
        let geometry = self.conn.get_geometry(window)?;
        let attributes = self.conn.get_window_attributes(window)?;
        let (geometry, attributes) = (reply(geometry.reply())?, reply(attributes.reply())?);
        self.agent = geometry.zip(attributes).map(|(at, attributes)| AgentWindow {
            window,
            on: Rect { x: at.x, y: at.y, width: at.width, height: at.height },
            is_mapped: attributes.map_state != MapState::UNMAPPED,
        });
        let is_met = self.agent.is_some() || tries_left == 0;
        self.unmet = (!is_met).then(|| Unmet { window, next: now + MEET_EVERY, tries_left: tries_left - 1 });
        if self.is_covering {
            self.raise_agent()?;
            self.conn.flush()?;
        }
        Ok(())
    }

    /// Ends the X client that this window belongs to, which frees its grab even while its process is stopped.
    pub(crate) fn kill_client(&mut self, window: Window) -> Result<(), CoverError> {
        // A window that is gone may have given its number to somebody else's; 0 would mean every client that
        // outlived its connection.
        if window != NONE && self.is_agents(window) {
            self.conn.kill_client(window)?;
            self.conn.flush()?;
        }
        Ok(())
    }

    /// The agent is gone, and so are its windows.
    pub(crate) fn forget_agent(&mut self) {
        self.agent = None;
        self.unmet = None;
    }

    /// Says in words that the agent is being started.
    pub(crate) fn show_notice(&mut self) -> Result<(), CoverError> {
        // A black screen without the words is still covered; the log has them.
        self.notice = Notice::render(&self.conn, self.root, &LINES).ok();
        self.draw_notice(None)
    }

    /// No longer.
    pub(crate) fn hide_notice(&mut self) -> Result<(), CoverError> {
        if self.notice.take().is_some() {
            for pane in &self.panes {
                self.conn.clear_area(false, pane.window, 0, 0, 0, 0)?;
            }
            self.conn.flush()?;
        }
        Ok(())
    }

    /// When [`Cover::on_time`] is due.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        [self.input.retry_at(), self.put_off, self.unmet.map(|unmet| unmet.next)].into_iter().flatten().min()
    }

    /// Does what is due; tells when keyboard and pointer became ours.
    pub(crate) fn on_time(&mut self, now: Duration) -> Result<Option<bool>, CoverError> {
        if self.put_off.is_some_and(|due| due <= now) {
            self.put_off = None;
            self.restack(now)?;
            if self.is_covering {
                self.input.take_focus(&self.conn)?;
            }
        }
        if self.unmet.is_some_and(|unmet| unmet.next <= now) {
            self.meet(now)?;
        }
        if self.input.retry_at().is_some_and(|due| due <= now) {
            return Ok(self.hold_input(now)?.then_some(true));
        }
        Ok(None)
    }

    /// Reads all that the X server said; what it wants done is done. Must be called before waiting for
    /// [`Cover::fd`], because a reply may have brought events with it. Tells when another program
    /// begins to fight for the top of the screen.
    pub(crate) fn on_events(&mut self, now: Duration) -> Result<bool, CoverError> {
        let was_fought = self.is_fought;
        while let Some(event) = self.conn.poll_for_event()? {
            self.on_event(&event, now)?;
        }
        Ok(self.is_fought && !was_fought)
    }

    fn on_event(&mut self, event: &Event, now: Duration) -> Result<(), CoverError> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "of X's many events these are the ones we selected"
        )]
        match event {
            Event::FocusOut(out) if self.is_covering && out.event == self.underneath => {
                let is_grab = out.mode == NotifyMode::GRAB || out.mode == NotifyMode::UNGRAB;
                if !is_grab && out.detail != NotifyDetail::POINTER {
                    self.focus_again(now)?;
                }
            }
            Event::VisibilityNotify(seen)
                if self.is_covering && self.is_intruded(seen.window, seen.state) =>
            {
                self.restack(now)?;
            }
            Event::MapNotify(map) if self.is_agents(map.window) => self.on_agent_mapped()?,
            Event::UnmapNotify(unmap) if self.is_agents(unmap.window) => {
                self.agent = self.agent.map(|agent| AgentWindow { is_mapped: false, ..agent });
            }
            Event::ConfigureNotify(at) if self.is_agents(at.window) => {
                let on = Rect { x: at.x, y: at.y, width: at.width, height: at.height };
                self.agent = self.agent.map(|agent| AgentWindow { on, ..agent });
            }
            Event::DestroyNotify(destroy) if self.is_agents(destroy.window) => self.agent = None,
            Event::RandrScreenChangeNotify(_) | Event::RandrNotify(_) => self.fit_monitors()?,
            Event::Expose(expose) if expose.count == 0 => self.draw_notice(Some(expose.window))?,
            _ => {}
        }
        Ok(())
    }

    /// Whether this visibility means that a stranger is above something of ours.
    fn is_intruded(&self, window: Window, state: Visibility) -> bool {
        if state == Visibility::UNOBSCURED {
            return false;
        }
        if self.is_agents(window) {
            return true;
        }
        let Some(pane) = self.panes.iter().find(|pane| pane.window == window) else { return false };
        // The pane under the agent's window is meant to be out of sight.
        !self.agent.is_some_and(|agent| agent.hides(pane))
    }

    /// Everything of ours above everything else, in one flush; the pane under the agent's window stays where it is,
    /// because raising it would show it for a moment.
    fn restack(&mut self, now: Duration) -> Result<(), CoverError> {
        if !self.is_covering {
            return Ok(());
        }
        if let Err(later) = self.restacks.spend(now) {
            self.is_fought = true;
            self.put_off = Some(later);
            return Ok(());
        }
        for pane in &self.panes {
            if !self.agent.is_some_and(|agent| agent.hides(pane)) {
                let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
                self.conn.configure_window(pane.window, &above)?;
            }
        }
        self.raise_agent()?;
        self.conn.flush()?;
        Ok(())
    }

    fn raise_agent(&self) -> Result<(), CoverError> {
        if let Some(agent) = self.agent {
            let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
            self.conn.configure_window(agent.window, &above)?;
        }
        Ok(())
    }

    fn is_agents(&self, window: Window) -> bool {
        self.agent.is_some_and(|agent| agent.window == window)
    }

    fn on_agent_mapped(&mut self) -> Result<(), CoverError> {
        self.agent = self.agent.map(|agent| AgentWindow { is_mapped: true, ..agent });
        if self.is_covering {
            self.raise_agent()?;
            self.conn.flush()?;
        }
        Ok(())
    }

    /// Another window got the focus: it may have it when the screen is uncovered.
    fn focus_again(&mut self, now: Duration) -> Result<(), CoverError> {
        if let Err(later) = self.restacks.spend(now) {
            self.is_fought = true;
            self.put_off = Some(later);
            return Ok(());
        }
        self.input.take_focus(&self.conn)
    }

    /// Panes for the monitors there are; those that stay are not touched.
    fn fit_monitors(&mut self) -> Result<(), CoverError> {
        let monitors = reply(self.conn.randr_get_monitors(self.root, true)?.reply())?;
        let root = reply(self.conn.get_geometry(self.root)?.reply())?
            .ok_or(CoverError::Refused("the size of the root window"))?;
        let mut wanted: Vec<Rect> = monitors
            .map(|monitors| monitors.monitors)
            .unwrap_or_default()
            .iter()
            .map(|monitor| Rect { x: monitor.x, y: monitor.y, width: monitor.width, height: monitor.height })
            .filter(|rect| rect.width > 0 && rect.height > 0)
            .collect();
        let whole = Rect { x: 0, y: 0, width: root.width, height: root.height };
        if wanted.is_empty() {
            wanted.push(whole);
        }
        let present: Vec<Rect> = self.panes.iter().map(|pane| pane.on).collect();
        let change = change(&present, &wanted);
        for on in change.add {
            let window = self.create_window(on, EventMask::VISIBILITY_CHANGE | EventMask::EXPOSURE)?;
            self.panes.push(Pane { window, on });
            if self.is_covering {
                self.conn.map_window(window)?;
            }
        }
        for pane in self.panes.extract_if(.., |pane| change.remove.contains(&pane.on)) {
            self.conn.destroy_window(pane.window)?;
        }
        let Rect { width, height, .. } = self.underneath_size(whole)?;
        let size = ConfigureWindowAux::new().width(u32::from(width)).height(u32::from(height));
        self.conn.configure_window(self.underneath, &size)?;
        if self.is_covering {
            self.raise_agent()?;
        }
        self.conn.flush()?;
        Ok(())
    }

    /// As large as the screen can ever become; as large as it is where a compositor would make a picture of it.
    fn underneath_size(&self, whole: Rect) -> Result<Rect, CoverError> {
        let selection = self.conn.intern_atom(false, b"_NET_WM_CM_S0")?;
        let range = self.conn.randr_get_screen_size_range(self.root)?;
        let range = reply(range.reply())?;
        let Some(selection) = reply(selection.reply())? else { return Ok(whole) };
        let compositor = reply(self.conn.get_selection_owner(selection.atom)?.reply())?;
        let is_composited = compositor.is_some_and(|compositor| compositor.owner != NONE);
        let (width, height) = match range {
            Some(range) if !is_composited => (range.max_width, range.max_height),
            Some(_) | None => (0, 0),
        };
        let side = |largest: u16, present: u16| largest.max(present).clamp(1, WINDOW_SIZE_MAX);
        Ok(Rect { x: 0, y: 0, width: side(width, whole.width), height: side(height, whole.height) })
    }

    fn create_window(&self, on: Rect, events: EventMask) -> Result<Window, CoverError> {
        let window = self.conn.generate_id()?;
        self.conn.create_window(
            x11rb::COPY_DEPTH_FROM_PARENT,
            window,
            self.root,
            on.x,
            on.y,
            on.width,
            on.height,
            0,
            WindowClass::INPUT_OUTPUT,
            x11rb::COPY_FROM_PARENT,
            &CreateWindowAux::new().override_redirect(1).background_pixel(self.black()).event_mask(events),
        )?;
        Ok(window)
    }

    fn black(&self) -> u32 {
        self.conn.setup().roots.iter().find(|screen| screen.root == self.root).map_or(0, |s| s.black_pixel)
    }

    /// On every pane, or on the one that lost its picture.
    fn draw_notice(&self, only: Option<Window>) -> Result<(), CoverError> {
        if let Some(notice) = &self.notice {
            for pane in self.panes.iter().filter(|pane| only.is_none_or(|only| only == pane.window)) {
                notice.draw(&self.conn, pane.window, pane.on, self.white)?;
            }
            self.conn.flush()?;
        }
        Ok(())
    }

    /// From the bottom up.
    fn windows(&self) -> Vec<Window> {
        std::iter::once(self.underneath).chain(self.panes.iter().map(|pane| pane.window)).collect()
    }
}

/// The reply, or nothing where the X server refused; the end of the connection stays an error.
pub(super) fn reply<R>(reply: Result<R, ReplyError>) -> Result<Option<R>, CoverError> {
    match reply {
        Ok(reply) => Ok(Some(reply)),
        Err(ReplyError::X11Error(_)) => Ok(None),
        Err(ReplyError::ConnectionError(lost)) => Err(CoverError::Lost(lost)),
    }
}

impl std::fmt::Display for CoverError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoDisplay(why) => {
                write!(f, "no X server to cover ({why}); is DISPLAY set, and XAUTHORITY?")
            }
            Self::Lost(why) => write!(f, "the X server went away ({why})"),
            Self::Refused(what) => write!(f, "the X server refused {what}"),
        }
    }
}

impl std::error::Error for CoverError {}

impl From<ConnectionError> for CoverError {
    fn from(lost: ConnectionError) -> Self {
        Self::Lost(lost)
    }
}

impl From<ReplyOrIdError> for CoverError {
    fn from(error: ReplyOrIdError) -> Self {
        match error {
            ReplyOrIdError::ConnectionError(lost) => Self::Lost(lost),
            ReplyOrIdError::IdsExhausted => Self::Refused("another id"),
            ReplyOrIdError::X11Error(_) => Self::Refused("a request"),
        }
    }
}
