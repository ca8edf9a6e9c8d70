//! On Wayland: an overlay-layer surface over the first output, which the page moves into from Tauri's own window.
//!
//! The keyboard is the surface's for as long as it is shown: there is nothing to grab, and nothing that another client could
//! hold. That is the compositor's courtesy, not ours to enforce (`docs/decisions/0014-wayland.md`).

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use agent_platform::screen::Done;
use anyhow::{Context as _, ensure};
use gtk::{glib, prelude::*};

use crate::{gtk_thread, layers, monitors, page, style, uncovered};

/// Lives on GTK's thread.
pub(super) struct Cover {
    window: gtk::ApplicationWindow,
    is_shown: Cell<bool>,
    /// Told when the compositor has a picture of the window.
    waiting: RefCell<Vec<Done>>,
}

/// Moves what is in `page` out of Tauri's window, which stays hidden, into one of its own.
///
/// # Errors
/// Where the compositor has no layer shell.
pub(super) fn create(tauris: &gtk::ApplicationWindow, page: &gtk::Box) -> anyhow::Result<Rc<Cover>> {
    ensure!(gtk_layer_shell::is_supported(), "this Wayland compositor lacks wlr-layer-shell-v1");
    gtk_thread::take_turns_with_gdk();
    let window = gtk::ApplicationWindow::builder().name(style::COVER).build();
    window.set_application(tauris.application().as_ref());
    layers::fill_monitor(&window);
    tauris.remove(page);
    window.add(page);
    window.connect_delete_event(|_, _| glib::Propagation::Stop);
    window.realize();
    let cover = Rc::new(Cover { window, is_shown: Cell::new(false), waiting: RefCell::new(Vec::new()) });
    cover.listen()?;
    Ok(cover)
}

impl Cover {
    pub(super) fn window(&self) -> &gtk::ApplicationWindow {
        &self.window
    }

    /// First the strip and the warning go, or they would stand above the cover.
    pub(super) fn show(&self, done: Done) {
        uncovered::set_covered(true);
        let was_shown = self.is_shown.replace(true);
        self.place();
        page::take_keys();
        if !was_shown {
            page::came_up();
        }
        if was_shown && self.waiting.borrow().is_empty() {
            return done(true);
        }
        self.waiting.borrow_mut().push(done);
        self.window.queue_draw();
    }

    /// It is the compositor that gives the keyboard, once the shield's panes let go of it, which they did.
    pub(super) fn take_input(&self, done: Done) {
        done(self.is_shown.get());
    }

    pub(super) fn hide(&self) {
        self.is_shown.set(false);
        self.tell_waiting(false);
        self.window.hide();
        self.window.display().sync();
        uncovered::set_covered(false);
    }

    /// Over the output whose pane the shield puts below it: the first.
    fn place(&self) {
        if let Some(first) = monitors::list(&self.window.display()).first() {
            layers::put_on(&self.window, first);
            self.window.show_all();
        }
    }

    fn tell_waiting(&self, is_drawn: bool) {
        for done in self.waiting.take() {
            done(is_drawn);
        }
    }

    fn listen(self: &Rc<Self>) -> anyhow::Result<()> {
        let clock = self.window.window().and_then(|window| window.frame_clock());
        let clock = clock.context("a realized window has a frame clock")?;
        let cover = Rc::clone(self);
        clock.connect_after_paint(move |_| {
            if cover.window.is_mapped() && !cover.waiting.borrow().is_empty() {
                cover.window.display().sync();
                cover.tell_waiting(true);
            }
        });

        let display = self.window.display();
        let (added, removed) = (Rc::clone(self), Rc::clone(self));
        display.connect_monitor_added(move |_, _| added.monitors_changed());
        display.connect_monitor_removed(move |_, _| removed.monitors_changed());
        Ok(())
    }

    fn monitors_changed(&self) {
        uncovered::monitors_changed();
        if self.is_shown.get() {
            self.place();
        }
    }
}
