//! Where the cover stands: in the Composite overlay, above every child of the root, or among those.
//!
//! - The *cover* is one black window, larger than any screen; all else of ours, and the agent's window, are its children.
//!   So one window decides what is above everything, and a monitor that is plugged in is never bare.
//! - In the overlay it stays mapped, and what is shaped is the overlay: empty while uncovered, whole while covered.
//! - A *backstop* below, a child of the root, shows black where somebody tampers with the overlay or draws over it.
//! - Where a compositor ran before a person had the screen, or starts while one has it, the overlay is its canvas, and what
//!   it does not know it paints over; there, and where Composite is missing, the cover is a child of the root, raised
//!   again whenever somebody comes above it.

use x11rb::{
    NONE,
    connection::Connection,
    protocol::{
        composite::ConnectionExt as _,
        randr::ConnectionExt as _,
        shape::{ConnectionExt as _, SK, SO},
        xfixes::{ConnectionExt as _, SelectionEventMask},
        xproto::{
            Atom, ChangeWindowAttributesAux, ClipOrdering, ConfigureWindowAux, ConnectionExt as _,
            CreateWindowAux, EventMask, StackMode, Window, WindowClass,
        },
    },
    rust_connection::RustConnection,
};

use super::{CoverError, reply};
use crate::cover::monitors::Rect;

/// The largest window: X coordinates have 15 bits and a sign.
const WINDOW_SIZE_MAX: u16 = 32_767;

/// The cover's window, what is behind it, and what it stands in.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) root: Window,
    pub(super) cover: Window,
    backstop: Window,
    /// Whether the X server has one.
    has_overlay: bool,
    /// While it is ours alone.
    overlay: Option<Window>,
    /// The selection that a running compositor owns.
    pub(super) compositor: Atom,
    is_composited: bool,
    black: u32,
}

impl Stage {
    /// Makes the windows; nothing is shown yet.
    pub(super) fn set_up(conn: &RustConnection, screen_number: usize) -> Result<Self, CoverError> {
        let screen = &conn.setup().roots[screen_number];
        let (root, black) = (screen.root, screen.black_pixel);
        let name = format!("_NET_WM_CM_S{screen_number}");
        let compositor = reply(conn.intern_atom(false, name.as_bytes())?.reply())?
            .ok_or(CoverError::Refused("the name of a selection"))?
            .atom;
        let has_overlay = has_overlay(conn)?;
        let (cover, backstop, overlay) = (NONE, NONE, None);
        let is_composited = owner(conn, compositor)? != NONE;
        let mut stage =
            Self { root, cover, backstop, has_overlay, overlay, compositor, is_composited, black };
        if has_overlay {
            let ends = SelectionEventMask::SET_SELECTION_OWNER
                | SelectionEventMask::SELECTION_WINDOW_DESTROY
                | SelectionEventMask::SELECTION_CLIENT_CLOSE;
            conn.xfixes_select_selection_input(root, compositor, ends)?;
        }
        stage.take_overlay(conn)?;
        stage.create_windows(conn)?;
        Ok(stage)
    }

    /// Where there is one and nobody paints on it.
    fn take_overlay(&mut self, conn: &RustConnection) -> Result<(), CoverError> {
        if self.is_composited || !self.has_overlay {
            return Ok(());
        }
        let overlay = reply(conn.composite_get_overlay_window(self.root)?.reply())?;
        self.overlay = overlay.map(|overlay| overlay.overlay_win);
        if let Some(overlay) = self.overlay {
            let watched = EventMask::STRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_NOTIFY;
            conn.change_window_attributes(overlay, &ChangeWindowAttributesAux::new().event_mask(watched))?;
            conn.shape_select_input(overlay, true)?;
        }
        Ok(())
    }

    /// The children of the root are watched while covered: a window that a compositor paints is never told that another is
    /// above it, nor is the backstop, because the overlay is. Sent with the next flush.
    fn watch_root(&self, conn: &RustConnection, is_covering: bool) -> Result<(), CoverError> {
        let is_watched = is_covering && (self.is_composited || self.overlay.is_some());
        let watched = if is_watched { EventMask::SUBSTRUCTURE_NOTIFY } else { EventMask::NO_EVENT };
        conn.change_window_attributes(self.root, &ChangeWindowAttributesAux::new().event_mask(watched))?;
        Ok(())
    }

    /// Whether a window that comes above there comes above the cover.
    pub(super) fn is_cover_beside(&self, sibling_of: Window) -> bool {
        self.overlay.is_none() && sibling_of == self.root
    }

    /// The backstop above whatever else is below the overlay.
    pub(super) fn raise_backstop(&self, conn: &RustConnection) -> Result<(), CoverError> {
        let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        conn.configure_window(self.backstop, &above)?;
        conn.flush()?;
        Ok(())
    }

    /// Makes them anew, after somebody destroyed one.
    pub(super) fn create_windows(&mut self, conn: &RustConnection) -> Result<(), CoverError> {
        for window in [self.backstop, self.cover] {
            if window != NONE {
                conn.destroy_window(window)?;
            }
        }
        let size = self.size(conn)?;
        let watched = EventMask::STRUCTURE_NOTIFY;
        self.backstop = create_window(conn, self.root, self.present_size(conn)?, self.black, watched)?;
        let watched =
            watched | EventMask::SUBSTRUCTURE_NOTIFY | EventMask::FOCUS_CHANGE | EventMask::KEY_PRESS;
        self.cover = create_window(conn, self.parent(), size, self.black, watched)?;
        if self.has_overlay {
            conn.shape_select_input(self.cover, true)?;
        }
        Ok(())
    }

    /// A pane of the cover, for one monitor. Always mapped: it is seen when the cover is.
    pub(super) fn create_pane(&self, conn: &RustConnection, on: Rect) -> Result<Window, CoverError> {
        let watched = EventMask::VISIBILITY_CHANGE | EventMask::EXPOSURE;
        let pane = create_window(conn, self.cover, on, self.black, watched)?;
        conn.map_window(pane)?;
        Ok(pane)
    }

    /// A window of whoever says that he paints the screen, if anybody does.
    pub(super) fn composer(&self, conn: &RustConnection) -> Result<Window, CoverError> {
        owner(conn, self.compositor)
    }

    /// The overlay, which nobody else paints on.
    pub(super) fn overlay(&self) -> Option<Window> {
        self.overlay
    }

    /// Whether this window is the cover or what is behind it.
    pub(super) fn owns(&self, window: Window) -> bool {
        window == self.cover || window == self.backstop
    }

    fn parent(&self) -> Window {
        self.overlay.unwrap_or(self.root)
    }

    /// Black, above everything; also puts right whatever somebody tampered with. Sent with the next flush.
    pub(super) fn show(&self, conn: &RustConnection) -> Result<(), CoverError> {
        let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
        if let Some(overlay) = self.overlay {
            for kind in [SK::BOUNDING, SK::INPUT] {
                conn.shape_mask(SO::SET, kind, overlay, 0, 0, NONE)?;
                conn.shape_mask(SO::SET, kind, self.cover, 0, 0, NONE)?;
            }
            conn.map_window(overlay)?;
            conn.configure_window(overlay, &above.x(0).y(0))?;
        }
        conn.configure_window(self.cover, &above.x(0).y(0))?;
        conn.map_window(self.cover)?;
        self.watch_root(conn, true)?;
        if self.overlay.is_some() {
            conn.configure_window(self.backstop, &above)?;
            conn.map_window(self.backstop)?;
        }
        Ok(())
    }

    /// Nothing of it is seen or clicked. Sent with the next flush.
    pub(super) fn hide(&self, conn: &RustConnection) -> Result<(), CoverError> {
        self.watch_root(conn, false)?;
        conn.unmap_window(self.backstop)?;
        match self.overlay {
            Some(overlay) => {
                for kind in [SK::BOUNDING, SK::INPUT] {
                    conn.shape_rectangles(SO::SET, kind, ClipOrdering::UNSORTED, overlay, 0, 0, &[])?;
                }
            }
            None => {
                conn.unmap_window(self.cover)?;
            }
        }
        Ok(())
    }

    /// A compositor may have come or gone: moves the cover to where it is seen then. Whether it was moved.
    pub(super) fn follow_compositor(
        &mut self,
        conn: &RustConnection,
        is_composited: bool,
        is_covering: bool,
    ) -> Result<bool, CoverError> {
        if is_composited == self.is_composited {
            return Ok(false);
        }
        self.is_composited = is_composited;
        self.take_overlay(conn)?;
        let given_up = self.overlay.take_if(|_| is_composited);
        let size = self.size(conn)?;
        self.resize(conn, size)?;
        if !is_covering {
            conn.unmap_window(self.cover)?;
        }
        conn.reparent_window(self.cover, self.parent(), 0, 0)?;
        if given_up.is_some() {
            // Whoever paints there has it still; for whoever paints elsewhere it would be in the way.
            conn.composite_release_overlay_window(self.root)?;
        }
        if is_covering {
            self.show(conn)?
        } else {
            self.hide(conn)?
        }
        Ok(true)
    }

    /// The screen became larger or smaller.
    pub(super) fn fit(&self, conn: &RustConnection) -> Result<(), CoverError> {
        let size = self.size(conn)?;
        self.resize(conn, size)
    }

    fn resize(&self, conn: &RustConnection, to: Rect) -> Result<(), CoverError> {
        for (window, to) in [(self.cover, to), (self.backstop, self.present_size(conn)?)] {
            let size = ConfigureWindowAux::new().width(u32::from(to.width)).height(u32::from(to.height));
            conn.configure_window(window, &size)?;
        }
        Ok(())
    }

    /// As large as the screen is: any program may have the server make a picture of each child of the root.
    fn present_size(&self, conn: &RustConnection) -> Result<Rect, CoverError> {
        let present = reply(conn.get_geometry(self.root)?.reply())?;
        let present = present.ok_or(CoverError::Refused("the size of the root window"))?;
        Ok(Rect { x: 0, y: 0, width: present.width, height: present.height })
    }

    /// As large as the screen can ever become; as large as it is where a compositor would make a picture of it.
    fn size(&self, conn: &RustConnection) -> Result<Rect, CoverError> {
        let range = conn.randr_get_screen_size_range(self.root)?;
        let present = self.present_size(conn)?;
        let range = reply(range.reply())?.filter(|_| !self.is_composited);
        let (width, height) = range.map_or((0, 0), |range| (range.max_width, range.max_height));
        let side = |largest: u16, present: u16| largest.max(present).clamp(1, WINDOW_SIZE_MAX);
        Ok(Rect { x: 0, y: 0, width: side(width, present.width), height: side(height, present.height) })
    }

    /// Takes a stranger's window out of the overlay, or out of the cover itself.
    pub(super) fn expel(&self, conn: &RustConnection, stranger: Window) -> Result<(), CoverError> {
        conn.unmap_window(stranger)?;
        conn.reparent_window(stranger, self.root, 0, 0)?;
        conn.flush()?;
        Ok(())
    }

    /// What cannot be held here, in words.
    pub(super) fn shortcoming(&self) -> Option<&'static str> {
        if self.overlay.is_some() {
            None
        } else if self.is_composited {
            Some(
                "not enforced against programs that come above: a compositor paints the screen; \
                 they are pushed back, and show for some milliseconds",
            )
        } else {
            Some(
                "not enforced against programs that come above: this X server has no Composite extension; \
                 they are pushed back, and show for some milliseconds",
            )
        }
    }
}

/// Whether this server's Composite has an overlay window, and its shape can be set.
fn has_overlay(conn: &RustConnection) -> Result<bool, CoverError> {
    use x11rb::{
        connection::RequestConnection as _,
        protocol::{composite, shape, xfixes},
    };

    for name in [composite::X11_EXTENSION_NAME, shape::X11_EXTENSION_NAME, xfixes::X11_EXTENSION_NAME] {
        if conn.extension_information(name)?.is_none() {
            return Ok(false);
        }
    }
    let version = reply(conn.composite_query_version(0, 4)?.reply())?;
    let has_window = version.is_some_and(|version| (version.major_version, version.minor_version) >= (0, 3));
    // Neither extension answers before it was asked for its version.
    let shape = reply(conn.shape_query_version()?.reply())?;
    let has_input = shape.is_some_and(|shape| (shape.major_version, shape.minor_version) >= (1, 1));
    let fixes = reply(conn.xfixes_query_version(5, 0)?.reply())?;
    Ok(has_window && has_input && fixes.is_some())
}

fn owner(conn: &RustConnection, selection: Atom) -> Result<Window, CoverError> {
    Ok(reply(conn.get_selection_owner(selection)?.reply())?.map_or(NONE, |owner| owner.owner))
}

fn create_window(
    conn: &RustConnection,
    parent: Window,
    on: Rect,
    black: u32,
    watched: EventMask,
) -> Result<Window, CoverError> {
    let window = conn.generate_id()?;
    let look = CreateWindowAux::new().override_redirect(1).background_pixel(black).event_mask(watched);
    let (depth, visual) = (x11rb::COPY_DEPTH_FROM_PARENT, x11rb::COPY_FROM_PARENT);
    let Rect { x, y, width, height } = on;
    conn.create_window(
        depth,
        window,
        parent,
        x,
        y,
        width,
        height,
        0,
        WindowClass::INPUT_OUTPUT,
        visual,
        &look,
    )?;
    Ok(window)
}
