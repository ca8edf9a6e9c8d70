//! The other programs of the display, likeliest first to be the one that keeps the input to itself.
//!
//! X tells nobody who holds a grab. A menu is an override-redirect window; a full-screen remote desktop has the
//! focus; who has neither is looked for from the newest connection back. A window manager comes last: without it, nobody
//! can work. Never among them are we, and the agent with all it started.

use std::collections::{BTreeMap, BTreeSet};

use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use x11rb::{
    NONE,
    connection::{Connection, RequestConnection as _},
    protocol::{
        res::{self, ClientIdMask, ClientIdSpec, ConnectionExt as _, ResourceIdSpec},
        xproto::{AtomEnum, ConnectionExt as _, MapState, Window},
    },
    rust_connection::RustConnection,
};

use super::{CoverError, reply};

/// More windows than a workstation ever has; what is beyond is not looked at.
const WINDOWS_MAX: usize = 4_096;

/// A program with a connection to the display.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client {
    /// The part of its ids that is the same in all of them.
    base: u32,
    why: Why,
    /// One of its windows.
    window: Window,
    /// Where the X server tells it.
    pid: Option<u32>,
}

/// Why it may be the one. The order is that in which they are ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// It shows a window that no window manager touches, as menus are.
    Menu,
    /// It had the focus.
    Focus,
    /// It is there.
    Other,
    /// It manages the windows.
    WindowManager,
}

/// Who is spared.
#[derive(Debug, Clone, Default)]
pub(super) struct Spared {
    /// A window of the agent's.
    pub(super) window: Window,
    /// Processes: ours, the agent's, and what it started.
    pub(super) pids: BTreeSet<u32>,
}

/// Everybody but the spared; the last is to be ended first.
pub(super) fn suspects(
    conn: &RustConnection,
    root: Window,
    focus_before: Window,
    spared: &Spared,
) -> Result<Vec<Client>, CoverError> {
    let base_of = |window: Window| window & !conn.setup().resource_id_mask;
    let pids = pids(conn)?;
    let windows = windows(conn, root)?;
    let manager = window_managers(conn, root)?;
    let mut found: BTreeMap<u32, Client> = BTreeMap::new();
    let mut consider = |base: u32, why: Why, window: Window| {
        let pid = pids.get(&base).copied();
        let client = found.entry(base).or_insert(Client { base, why, window, pid });
        // A window manager is one, whatever else it shows.
        if client.why != Why::WindowManager && (why < client.why || why == Why::WindowManager) {
            (client.why, client.window) = (why, window);
        }
    };
    for &base in pids.keys() {
        consider(base, Why::Other, NONE);
    }
    for &Seen { window, is_menu } in &windows {
        consider(base_of(window), if is_menu { Why::Menu } else { Why::Other }, window);
    }
    if focus_before > 1 {
        consider(base_of(focus_before), Why::Focus, focus_before);
    }
    for window in manager {
        consider(base_of(window), Why::WindowManager, window);
    }
    let ours = conn.setup().resource_id_base;
    let agents = base_of(spared.window);
    let mut suspects: Vec<Client> = found
        .into_values()
        // Whoever the X server does not know any more is gone.
        .filter(|client| pids.is_empty() || client.pid.is_some())
        .filter(|client| client.base != 0 && client.base != ours && client.base != agents)
        .filter(|client| client.pid.is_none_or(|pid| !spared.pids.contains(&pid)))
        .collect();
    // The newest connections have the highest bases, until the server uses one again.
    suspects.sort_unstable_by_key(|client| std::cmp::Reverse((client.why, !client.base)));
    Ok(suspects)
}

/// Who shows the topmost window above these of ours, if anybody does.
pub(super) fn topmost_above(
    conn: &RustConnection,
    root: Window,
    ours: impl Fn(Window) -> bool,
    spared: &Spared,
) -> Result<Option<Client>, CoverError> {
    let suspects = suspects(conn, root, NONE, spared)?;
    let stack = reply(conn.query_tree(root)?.reply())?.map(|tree| tree.children).unwrap_or_default();
    for window in stack.into_iter().rev().take_while(|window| !ours(*window)) {
        let base = window & !conn.setup().resource_id_mask;
        let Some(client) = suspects.iter().find(|client| client.base == base) else { continue };
        let attributes = reply(conn.get_window_attributes(window)?.reply())?;
        if client.why == Why::Menu
            && attributes.is_some_and(|seen| seen.override_redirect && seen.map_state == MapState::VIEWABLE)
        {
            return Ok(Some(*client));
        }
    }
    Ok(None)
}

/// Takes away what was left by programs that are gone: a window outlives its program where that asked the X server for it.
pub(super) fn bury_the_gone(conn: &RustConnection) -> Result<(), CoverError> {
    for (base, pid) in pids(conn)? {
        let is_gone = Pid::from_raw(pid.cast_signed())
            .is_none_or(|pid| test_kill_process(pid) == Err(rustix::io::Errno::SRCH));
        let left = Client { base, why: Why::Other, window: NONE, pid: None };
        if is_gone && base != 0 {
            left.end(conn)?;
        }
    }
    Ok(())
}

/// Whose this window is, unless he is spared.
pub(super) fn owner_of(
    conn: &RustConnection,
    root: Window,
    window: Window,
    spared: &Spared,
) -> Result<Option<Client>, CoverError> {
    let base = window & !conn.setup().resource_id_mask;
    let found = suspects(conn, root, NONE, spared)?.into_iter().find(|client| client.base == base);
    // Killed by the window that told of him, whatever else he has.
    Ok(found.map(|client| Client { window, ..client }))
}

impl Client {
    /// Ends its connection, and the process where it has nothing by which the X server could tell it. Sent at once.
    pub(super) fn end(&self, conn: &RustConnection) -> Result<(), CoverError> {
        let window = if self.window == NONE { self.any_resource(conn)? } else { Some(self.window) };
        match (window, self.pid.map(u32::cast_signed).and_then(Pid::from_raw)) {
            (Some(window), _) => {
                conn.kill_client(window)?;
            }
            // Refused where it is another user's: then the next one is tried.
            (None, Some(pid)) => drop(kill_process(pid, Signal::KILL)),
            (None, None) => {}
        }
        conn.flush()?;
        Ok(())
    }

    fn any_resource(&self, conn: &RustConnection) -> Result<Option<u32>, CoverError> {
        let all = [ResourceIdSpec { resource: 0, type_: 0 }];
        let owned = reply(conn.res_query_resource_bytes(self.base, &all)?.reply())?;
        let mask = conn.setup().resource_id_mask;
        Ok(owned.and_then(|owned| {
            owned.sizes.iter().map(|size| size.size.spec.resource).find(|id| id & !mask == self.base)
        }))
    }

    /// For the log: the process and why it was chosen. No names: they can be a person's.
    pub(super) fn describe(&self) -> String {
        let pid = self.pid.map_or_else(|| "a process elsewhere".to_owned(), |pid| format!("process {pid}"));
        let why = match self.why {
            Why::Menu => "it shows a window above the others",
            Why::Focus => "it had the focus",
            Why::Other => "it is connected to the display",
            Why::WindowManager => "the window manager, when nobody else is left",
        };
        format!("{pid} ({why})")
    }
}

struct Seen {
    window: Window,
    is_menu: bool,
}

/// The children of the root and theirs, because a window manager's frames hide whose they hold.
fn windows(conn: &RustConnection, root: Window) -> Result<Vec<Seen>, CoverError> {
    let mut seen = Vec::new();
    let tops = reply(conn.query_tree(root)?.reply())?.map(|tree| tree.children).unwrap_or_default();
    for window in tops.into_iter().take(WINDOWS_MAX) {
        let attributes = conn.get_window_attributes(window)?;
        let tree = conn.query_tree(window)?;
        let attributes = reply(attributes.reply())?;
        let is_menu = attributes
            .is_some_and(|window| window.override_redirect && window.map_state == MapState::VIEWABLE);
        seen.push(Seen { window, is_menu });
        let children = reply(tree.reply())?.map(|tree| tree.children).unwrap_or_default();
        seen.extend(children.into_iter().take(WINDOWS_MAX).map(|window| Seen { window, is_menu: false }));
    }
    Ok(seen)
}

fn window_managers(conn: &RustConnection, root: Window) -> Result<Vec<Window>, CoverError> {
    let mut found = Vec::new();
    if let Some(check) = reply(conn.intern_atom(false, b"_NET_SUPPORTING_WM_CHECK")?.reply())? {
        let window = conn.get_property(false, root, check.atom, AtomEnum::WINDOW, 0, 1)?.reply();
        found.extend(reply(window)?.and_then(|window| window.value32()?.next()));
    }
    if let Some(selection) = reply(conn.intern_atom(false, b"WM_S0")?.reply())? {
        let owner = reply(conn.get_selection_owner(selection.atom)?.reply())?;
        found.extend(owner.map(|owner| owner.owner).filter(|owner| *owner != NONE));
    }
    Ok(found)
}

/// Base and process of every connection, where the X server tells.
fn pids(conn: &RustConnection) -> Result<BTreeMap<u32, u32>, CoverError> {
    if conn.extension_information(res::X11_EXTENSION_NAME)?.is_none() {
        return Ok(BTreeMap::new());
    }
    let _ = reply(conn.res_query_version(1, 2)?.reply())?;
    let all = [ClientIdSpec { client: 0, mask: ClientIdMask::LOCAL_CLIENT_PID }];
    let ids = reply(conn.res_query_client_ids(&all)?.reply())?.map(|ids| ids.ids).unwrap_or_default();
    let mask = conn.setup().resource_id_mask;
    Ok(ids.iter().filter_map(|id| Some((id.spec.client & !mask, *id.value.first()?))).collect())
}
