//! The cover on X11: black over every monitor, the grab of keyboard and pointer, and the focus.
//!
//! - What is above what: [`stage`]. One *pane* per monitor is a child of the cover, with the words of a screen without
//!   an agent; the agent's window is made a child of the cover too, when it is met.
//! - The focus stays on the cover as long as the screen is covered, also while the agent holds the grab: with the focus
//!   on an app's window, the hand-over leaks keys to it.
//! - Errors of single requests (a window of the agent's that is gone) arrive as events and are dropped; only
//!   the end of the connection is an error here.

mod clients;
mod devices;
mod escalation;
mod guard;
mod input;
mod saver;
mod stage;
mod traces;

use std::{os::fd::BorrowedFd, time::Duration};

use rustix::process::Pid;
use shield_contract::Enforcement;
use x11rb::{
    NONE,
    connection::Connection,
    errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError},
    protocol::{
        randr::{self, ConnectionExt as _},
        xproto::{ChangeWindowAttributesAux, ConnectionExt as _, EventMask, MapState, Window},
    },
    rust_connection::RustConnection,
};

use self::{clients::Spared, devices::Devices, input::Input, saver::Saver, stage::Stage, traces::Traces};
use super::{
    monitors::{Rect, change},
    notice::Notice,
    pace::Pace,
};
use crate::processes;

/// A window of the agent's that is not there yet is looked for again this often.
const MEET_EVERY: Duration = Duration::from_millis(5);
/// And this many times: far longer than any connection is behind.
const MEET_TRIES: u32 = 1_000;
/// Looks that events ask for, done in one go.
const PAYMENTS_AT_ONCE_MAX: u32 = 8;
/// What a key or a button does is not changed while it is down: tried again after this time.
const KEYS_AGAIN_AFTER: Duration = Duration::from_millis(250);

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
    white: u32,
    stage: Stage,
    saver: Saver,
    traces: Traces,
    panes: Vec<Pane>,
    is_covering: bool,
    /// Whether a person has had the screen.
    was_uncovered: bool,
    input: Input,
    agent_process: Option<Pid>,
    agent: Option<AgentWindow>,
    /// An agent's window that the X server did not know yet: the agent's own connection may be slower than its socket.
    unmet: Option<Unmet>,
    notice: Option<Notice>,
    restacks: Pace,
    /// The same of what nobody sees.
    backstops: Pace,
    /// A restack or a focus that the pace has put off.
    put_off: Option<Duration>,
    backstop_put_off: Option<Duration>,
    is_fought: bool,
    /// The input that we held is another program's, and nobody was told yet.
    is_input_lost: bool,
    remap: Remap,
    owed: Owed,
    /// When keys and buttons are put back once more: one of them was down.
    keys_put_off: Option<Duration>,
}

/// What events asked for that takes an answer of the X server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Owed {
    /// Whether somebody composes the screen may have changed.
    compositor: bool,
    /// The input devices changed.
    devices: bool,
}

/// An agent's window that another program took away while the agent had the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Remap {
    /// None.
    No,
    /// Nobody else may have the input before it comes back.
    Freeing,
    /// It was mapped, and the display has not said so.
    Mapping,
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
        let (conn, number) = x11rb::connect(None).map_err(CoverError::NoDisplay)?;
        let screen = &conn.setup().roots[number];
        let (root, white, black) = (screen.root, screen.white_pixel, screen.black_pixel);
        let randr = conn.randr_query_version(1, 5)?.reply();
        randr.map_err(|_| CoverError::Refused("RandR 1.5"))?;
        let changes = randr::NotifyMask::SCREEN_CHANGE | randr::NotifyMask::CRTC_CHANGE;
        conn.randr_select_input(root, changes)?;
        let stage = Stage::set_up(&conn, number)?;
        let saver = Saver::take(&conn, root, black)?;
        let devices = Devices::set_up(&conn, root)?;
        let input = Input::new(root, stage.cover, devices);
        let mut cover = Self {
            white,
            stage,
            saver,
            traces: Traces::note(&conn, root)?,
            panes: Vec::new(),
            is_covering: false,
            was_uncovered: false,
            input,
            agent_process: None,
            agent: None,
            unmet: None,
            notice: None,
            restacks: Pace::new(40, Duration::from_millis(10)),
            backstops: Pace::new(20, Duration::from_millis(20)),
            put_off: None,
            backstop_put_off: None,
            is_fought: false,
            is_input_lost: false,
            remap: Remap::No,
            owed: Owed::default(),
            keys_put_off: None,
            conn,
        };
        cover.fit_monitors()?;
        Ok(cover)
    }

    /// What this display cannot hold, in words.
    pub(crate) fn shortcomings(&self) -> Vec<&'static str> {
        [self.stage.shortcoming(), self.saver.shortcoming()].into_iter().flatten().collect()
    }

    /// Keyboard and pointer are the shield's or the agent's in every covered moment; what is seen is not held where another
    /// window can come above.
    pub(crate) fn enforcement(&self) -> Enforcement {
        let is_held = self.stage.shortcoming().is_none();
        Enforcement { agent_away: is_held, agent_shown: is_held }
    }

    /// Waits until the display has answered.
    pub(crate) fn wait_for_answer(&self) -> Result<(), CoverError> {
        reply(self.conn.get_input_focus()?.reply()).map(drop)
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
        self.stage.show(&self.conn)?;
        self.raise_agent()?;
        self.conn.flush()?;
        if self.saver == Saver::Taken {
            self.saver = Saver::take(&self.conn, self.stage.root, self.black())?;
        }
        Ok(())
    }

    /// Whoever types at the covered screen types with the workstation's keys; soon, where one of them is down now.
    pub(crate) fn put_keys_back(&mut self, now: Duration) -> Result<(), CoverError> {
        let is_whole = self.traces.put_keys_back(&self.conn)?;
        self.keys_put_off = (!is_whole).then(|| now + KEYS_AGAIN_AFTER);
        Ok(())
    }

    /// Another person than the last one is about to get the screen: what that one left on the display goes.
    pub(crate) fn forget_person(&mut self) -> Result<(), CoverError> {
        clients::bury_the_gone(&self.conn)?;
        self.traces.wipe(&self.conn)
    }

    /// The screen is the person's, and the focus goes back to whoever had it.
    pub(crate) fn uncover(&mut self) -> Result<(), CoverError> {
        self.is_covering = false;
        self.was_uncovered = true;
        self.put_off = None;
        self.backstop_put_off = None;
        self.keys_put_off = None;
        self.input.return_focus(&self.conn)?;
        self.stage.hide(&self.conn)?;
        self.release_input()
    }

    /// Takes keyboard, pointer and focus, or begins to try. One round trip; whether they are held.
    pub(crate) fn hold_input(&mut self, now: Duration) -> Result<bool, CoverError> {
        self.remap = Remap::No;
        self.input.hold(&self.conn, now)
    }

    /// Somebody else has the input that was passed on: begins to take it from him, and lets go of it again.
    pub(crate) fn free_input(&mut self, now: Duration) {
        self.input.free(now);
    }

    /// The agent has the input: looks whether it has all of it.
    pub(crate) fn look_at_input(&mut self, now: Duration) -> Result<(), CoverError> {
        if self.is_covering { self.input.look(&self.conn, now) } else { Ok(()) }
    }

    /// Whether the input that was held is lost since this was last asked.
    pub(crate) fn take_lost(&mut self) -> bool {
        std::mem::take(&mut self.is_input_lost)
    }

    /// Lets go of keyboard and pointer; the focus stays.
    pub(crate) fn release_input(&mut self) -> Result<(), CoverError> {
        self.input.release(&self.conn)
    }

    /// The agent runs, as this process.
    pub(crate) fn agent_started(&mut self, process: Pid) {
        self.agent_process = Some(process);
    }

    /// This input device is the agent's own, or no longer.
    pub(crate) fn note_reader(&mut self, device: u16, is_taken: bool) {
        self.input.devices().note_reader(device, is_taken);
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
        let tree = self.conn.query_tree(window)?;
        let (geometry, attributes) = (reply(geometry.reply())?, reply(attributes.reply())?);
        let is_elsewhere = reply(tree.reply())?.is_some_and(|tree| tree.parent != self.stage.cover);
        if let Some(at) = geometry.as_ref().filter(|_| is_elsewhere) {
            self.conn.reparent_window(window, self.stage.cover, at.x, at.y)?;
        }
        self.agent = geometry.zip(attributes).map(|(at, attributes)| AgentWindow {
            window,
            on: Rect { x: at.x, y: at.y, width: at.width, height: at.height },
            is_mapped: attributes.map_state != MapState::UNMAPPED,
        });
        let is_met = self.agent.is_some() || tries_left == 0;
        self.unmet = (!is_met).then(|| Unmet { window, next: now + MEET_EVERY, tries_left: tries_left - 1 });
        self.raise_agent()?;
        self.conn.flush()?;
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
        self.agent_process = None;
        self.unmet = None;
        self.remap = Remap::No;
        self.input.devices().forget_readers();
    }

    /// Shows these lines on every monitor, instead of those before.
    pub(crate) fn show_notice(&mut self, lines: &[String]) -> Result<(), CoverError> {
        self.hide_notice()?;
        // A black screen without the words is still covered; the log has them.
        self.notice = Notice::render(&self.conn, self.stage.root, lines).ok();
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
        let unmet = self.unmet.map(|unmet| unmet.next);
        let owed = (self.owed != Owed::default()).then_some(Duration::ZERO);
        [owed, self.input.retry_at(), self.put_off, self.backstop_put_off, self.keys_put_off, unmet]
            .into_iter()
            .flatten()
            .min()
    }

    /// Does what is due; tells when keyboard and pointer became ours.
    pub(crate) fn on_time(&mut self, now: Duration) -> Result<Option<bool>, CoverError> {
        if self.put_off.is_some_and(|due| due <= now) {
            self.put_off = None;
            self.end_fighter()?;
            self.restack(now)?;
            if self.is_covering {
                self.input.take_focus(&self.conn)?;
            }
        }
        if self.backstop_put_off.is_some_and(|due| due <= now) {
            self.backstop_put_off = None;
            self.raise_backstop(now)?;
        }
        if self.unmet.is_some_and(|unmet| unmet.next <= now) {
            self.meet(now)?;
        }
        if self.keys_put_off.is_some_and(|due| due <= now) {
            let is_whole = self.traces.put_mappings_back(&self.conn)?;
            self.keys_put_off = (!is_whole).then(|| now + KEYS_AGAIN_AFTER);
        }
        let (agent, process) = (self.agent, self.agent_process);
        self.before_remap()?;
        let is_held = self.input.on_time(&self.conn, now, || spared(agent, process))?;
        self.after_remap()?;
        Ok(is_held.then_some(true))
    }

    /// Reads all that the X server said; what it wants done is done. Must be called before waiting for
    /// [`Cover::fd`], because a reply may have brought events with it. Tells when another program
    /// begins to fight for the top of the screen.
    pub(crate) fn on_events(&mut self, now: Duration) -> Result<bool, CoverError> {
        let was_fought = self.is_fought;
        self.read_events(now)?;
        // An answer brings events with it. What is owed after some turns waits for the next, and is due at once: a program that
        // makes events all the time keeps us from nothing else.
        for _ in 0..PAYMENTS_AT_ONCE_MAX {
            if self.owed == Owed::default() {
                break;
            }
            self.pay_owed(now)?;
            self.read_events(now)?;
        }
        Ok(self.is_fought && !was_fought)
    }

    fn read_events(&mut self, now: Duration) -> Result<(), CoverError> {
        while let Some(event) = self.conn.poll_for_event()? {
            self.on_event(&event, now)?;
        }
        Ok(())
    }

    /// Panes for the monitors there are; those that stay are not touched.
    fn fit_monitors(&mut self) -> Result<(), CoverError> {
        self.stage.fit(&self.conn)?;
        let root = self.stage.root;
        let monitors = reply(self.conn.randr_get_monitors(root, true)?.reply())?;
        let mut wanted: Vec<Rect> = monitors
            .map(|monitors| monitors.monitors)
            .unwrap_or_default()
            .iter()
            .map(|monitor| Rect { x: monitor.x, y: monitor.y, width: monitor.width, height: monitor.height })
            .filter(|rect| rect.width > 0 && rect.height > 0)
            .collect();
        if wanted.is_empty() {
            let whole = reply(self.conn.get_geometry(root)?.reply())?
                .ok_or(CoverError::Refused("the size of the root window"))?;
            wanted.push(Rect { x: 0, y: 0, width: whole.width, height: whole.height });
        }
        let present: Vec<Rect> = self.panes.iter().map(|pane| pane.on).collect();
        let change = change(&present, &wanted);
        for on in change.add {
            let window = self.stage.create_pane(&self.conn, on)?;
            self.panes.push(Pane { window, on });
        }
        for pane in self.panes.extract_if(.., |pane| change.remove.contains(&pane.on)) {
            self.conn.destroy_window(pane.window)?;
        }
        self.raise_agent()?;
        self.conn.flush()?;
        Ok(())
    }

    fn black(&self) -> u32 {
        self.conn
            .setup()
            .roots
            .iter()
            .find(|screen| screen.root == self.stage.root)
            .map_or(0, |s| s.black_pixel)
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
}

/// Who is not ended, whoever keeps the input to himself.
fn spared(window: Option<AgentWindow>, agent: Option<Pid>) -> Spared {
    let window = window.map_or(NONE, |agent| agent.window);
    let agents = agent.map(|agent| [vec![agent], processes::of_agent(agent)].concat()).unwrap_or_default();
    let own = rustix::process::getpid();
    let pids = agents.into_iter().chain([own]).map(|pid| pid.as_raw_nonzero().get().unsigned_abs()).collect();
    Spared { window, pids }
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
