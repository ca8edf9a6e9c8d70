//! On X11: Tauri's own window, override-redirect.
//!
//! It takes the seat's grab on GDK's own connection (another client's grab would make the page deaf) and never the
//! input focus, which stays on the shield's window.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use agent_platform::screen::Done;
use anyhow::Context as _;
use gtk::{
    gdk,
    glib::{self, translate::ToGlibPtr as _},
    prelude::*,
};

use crate::{monitors, page, uncovered};

/// Another program's open menu can hold the grab: tried each millisecond for this many tries, then each
/// [`GRAB_RETRY_SLOW`].
const GRAB_RETRIES_FAST: u32 = 2_000;
const GRAB_RETRY_FAST: Duration = Duration::from_millis(1);
const GRAB_RETRY_SLOW: Duration = Duration::from_millis(20);
/// Against a program that fights for the top, we raise at most this often.
const RAISE_PAUSE: Duration = Duration::from_millis(5);

/// Makes `window` the covered one; its X id with it.
///
/// # Errors
/// When it cannot be realized.
pub(super) fn create(
    window: gtk::ApplicationWindow,
    ground: (u8, u8, u8),
) -> anyhow::Result<(Rc<Cover>, u32)> {
    make_override_redirect(&window, ground)?;
    let xid = xid_of(&window).context("the display is not X11")?;
    let cover = Rc::new(Cover {
        window,
        wants_input: Cell::new(false),
        is_trying: Cell::new(false),
        waiting: RefCell::new(None),
        lost: RefCell::new(None),
        is_shown: Cell::new(false),
        raise: Cell::new(Raise::Ready),
    });
    cover.listen();
    Ok((cover, xid))
}

/// Before the first map: no window manager may move, frame, focus or close it.
fn make_override_redirect(
    window: &gtk::ApplicationWindow,
    (red, green, blue): (u8, u8, u8),
) -> anyhow::Result<()> {
    window.realize();
    let gdk_window = window.window().context("a realized window has a GDK window")?;
    gdk_window.set_override_redirect(true);
    paint_by_the_server(&gdk_window, (red, green, blue));
    Ok(())
}

/// The display server paints the background itself, before GTK's first frame.
fn paint_by_the_server(window: &gdk::Window, (red, green, blue): (u8, u8, u8)) {
    let share = |channel: u8| f64::from(channel) / f64::from(u8::MAX);
    let colour = gdk::RGBA::new(share(red), share(green), share(blue), 1.0);
    #[expect(unsafe_code, reason = "the bindings left this call out")]
    // SAFETY: both point to live values of the types asked for; GDK copies the colour.
    unsafe {
        gdk::ffi::gdk_window_set_background_rgba(window.to_glib_none().0, colour.to_glib_none().0);
    }
}

fn xid_of(window: &gtk::ApplicationWindow) -> Option<u32> {
    let gdk_window = window.window()?.downcast::<gdkx11::X11Window>().ok()?;
    u32::try_from(gdk_window.xid()).ok()
}

/// Lives on GTK's thread.
pub(super) struct Cover {
    window: gtk::ApplicationWindow,
    wants_input: Cell<bool>,
    /// A next try is due.
    is_trying: Cell<bool>,
    /// Told when the grab is had.
    waiting: RefCell<Option<Done>>,
    /// Told when another program has the grab that was ours.
    lost: RefCell<Option<Box<dyn Fn() + Send>>>,
    is_shown: Cell<bool>,
    raise: Cell<Raise>,
}

/// Raising above another override-redirect window, limited in rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Raise {
    Ready,
    /// Raised a moment ago.
    Resting,
    /// Obscured again while resting.
    Owed,
}

impl Cover {
    pub(super) fn window(&self) -> &gtk::ApplicationWindow {
        &self.window
    }

    /// First the strip and the warning go, or they would stand above the cover.
    pub(super) fn show(&self) -> bool {
        uncovered::set_covered(true);
        let place = monitors::primary(&self.window.display());
        self.window.move_(place.x, place.y);
        self.window.resize(place.width, place.height);
        self.window.show_all();
        if !self.is_shown.replace(true) {
            page::came_up();
        }
        let Some(gdk_window) = self.window.window() else { return false };
        gdk_window.raise();
        page::take_keys();
        self.window.display().sync();
        true
    }

    pub(super) fn hide(&self) {
        self.is_shown.set(false);
        self.window.hide();
        self.window.display().sync();
        uncovered::set_covered(false);
    }

    pub(super) fn on_input_lost(&self, lost: Box<dyn Fn() + Send>) {
        self.lost.replace(Some(lost));
    }

    pub(super) fn take_input(self: &Rc<Self>, done: Done) {
        if let Some(earlier) = self.waiting.replace(Some(done)) {
            earlier(false);
        }
        self.wants_input.set(true);
        self.try_grab();
    }

    pub(super) fn give_back_input(&self) {
        self.wants_input.set(false);
        self.tell_waiting(false);
        if let Some(seat) = self.window.display().default_seat() {
            seat.ungrab();
        }
        self.window.display().sync();
    }

    /// Once now, and then on and on until it is had or not wanted.
    fn try_grab(self: &Rc<Self>) {
        if !self.try_once() && !self.is_trying.replace(true) {
            self.try_later(0);
        }
    }

    fn try_later(self: &Rc<Self>, tries: u32) {
        let pause = if tries < GRAB_RETRIES_FAST { GRAB_RETRY_FAST } else { GRAB_RETRY_SLOW };
        let cover = Rc::clone(self);
        glib::timeout_add_local_once(pause, move || {
            if cover.try_once() {
                cover.is_trying.set(false);
            } else {
                cover.try_later(tries.saturating_add(1));
            }
        });
    }

    /// Tries to have the grab, if it is wanted; whether nothing is left to try.
    fn try_once(&self) -> bool {
        if !self.wants_input.get() {
            return true;
        }
        match self.grab() {
            Some(gdk::GrabStatus::Success) => {
                self.tell_waiting(true);
                true
            }
            Some(gdk::GrabStatus::AlreadyGrabbed) => {
                // It was ours: the shield can take it from whoever has it.
                if self.waiting.borrow().is_none()
                    && let Some(lost) = &*self.lost.borrow()
                {
                    lost();
                }
                false
            }
            Some(_) | None => false,
        }
    }

    fn grab(&self) -> Option<gdk::GrabStatus> {
        let gdk_window = self.window.window()?;
        let seat = self.window.display().default_seat()?;
        Some(seat.grab(&gdk_window, gdk::SeatCapabilities::ALL, true, None, None, None))
    }

    fn tell_waiting(&self, is_held: bool) {
        if let Some(done) = self.waiting.take() {
            done(is_held);
        }
    }

    fn listen(self: &Rc<Self>) {
        // The event's own window may be another client's: looking at it aborts the process.
        let cover = Rc::clone(self);
        self.window.connect_grab_broken_event(move |_, _| {
            cover.try_grab();
            glib::Propagation::Proceed
        });

        self.window.add_events(gdk::EventMask::VISIBILITY_NOTIFY_MASK);
        let cover = Rc::clone(self);
        self.window.connect_local("visibility-notify-event", false, move |values| {
            let event = values.get(1).and_then(|value| value.get::<gdk::Event>().ok());
            let event = event.and_then(|event| event.downcast::<gdk::EventVisibility>().ok());
            match event.map(|event| event.state()) {
                // Somebody may have unmapped what our window stands in: the display server took the grab with it, and told nobody.
                Some(gdk::VisibilityState::Unobscured) => cover.try_grab(),
                Some(_) => cover.raise_again(),
                None => {}
            }
            Some(false.to_value())
        });

        let display = self.window.display();
        let cover = Rc::clone(self);
        display.default_screen().connect_monitors_changed(move |_| {
            uncovered::monitors_changed();
            if cover.is_shown.get() {
                cover.show();
            }
        });
    }

    /// Some other override-redirect window came up above ours.
    fn raise_again(self: &Rc<Self>) {
        if !self.is_shown.get() {
            return;
        }
        if self.raise.get() != Raise::Ready {
            self.raise.set(Raise::Owed);
            return;
        }
        if let Some(gdk_window) = self.window.window() {
            gdk_window.raise();
            self.window.display().flush();
        }
        self.raise.set(Raise::Resting);
        let cover = Rc::clone(self);
        glib::timeout_add_local_once(RAISE_PAUSE, move || {
            if cover.raise.replace(Raise::Ready) == Raise::Owed {
                cover.raise_again();
            }
        });
    }
}
