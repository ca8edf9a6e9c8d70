//! The covered window: Tauri's webview in a window over the primary monitor.
//!
//! It is drawn on top of the shield's cover and is never the lock.

use std::{cell::OnceCell, rc::Rc, time::Duration};

use agent_platform::screen::{Done, Window};
use anyhow::Context as _;
use gtk::{gdk, glib, prelude::*};
use tauri::{AppHandle, WebviewUrl, WebviewWindow, WebviewWindowBuilder, window::Color};

use crate::{gtk_thread, layers, page, set_up, style, style::Theme};

mod wayland;
mod x11;

/// The label of the one window, and its capability file's name.
pub const LOCK_LABEL: &str = "lock";

/// Nobody types text with these. Control and Alt are the page's to judge: they edit and write accents.
const SHORTCUT_MODIFIERS: gdk::ModifierType = gdk::ModifierType::MOD4_MASK
    .union(gdk::ModifierType::SUPER_MASK)
    .union(gdk::ModifierType::HYPER_MASK)
    .union(gdk::ModifierType::META_MASK);

thread_local! {
    /// On GTK's thread, once [`create`] has run.
    static COVER: OnceCell<Cover> = const { OnceCell::new() };
}

/// Makes the window, realized and hidden; `approached` is told when somebody touches it. Call on GTK's thread, once.
///
/// # Errors
/// Without a display, or when the webview cannot be made.
pub fn create(app: &AppHandle, approached: Box<dyn Fn() + Send>) -> anyhow::Result<CoveredWindow> {
    let theme = Theme::of_the_system();
    let window = build(app, theme.ground_rgb()).context("the covered window")?;
    let gtk_window = window.gtk_window()?;
    let display = gtk_window.display();
    let (cover, xid) = if layers::is_wayland(&display) {
        (Cover::Wayland(wayland::create(&gtk_window, &window.default_vbox()?)?), 0)
    } else {
        let (cover, xid) = x11::create(gtk_window, theme.ground_rgb())?;
        (Cover::X11(cover), xid)
    };
    refuse_shortcuts(cover.window());
    style::apply(theme, &display);
    page::attend(&window, approached)?;
    COVER.with(|slot| slot.set(cover)).map_err(|_| anyhow::anyhow!("the covered window exists already"))?;
    Ok(CoveredWindow { xid })
}

fn build(app: &AppHandle, (red, green, blue): (u8, u8, u8)) -> tauri::Result<WebviewWindow> {
    // WebKit makes its folders even where it keeps nothing in them; this one goes with the OS session.
    let window = WebviewWindowBuilder::new(app, LOCK_LABEL, WebviewUrl::App("lock.html".into()))
        .title("Tapward")
        .data_directory(set_up::runtime_folder())
        .visible(false)
        .focused(false)
        .skip_taskbar(true)
        .background_color(Color(red, green, blue, u8::MAX))
        // Nothing of a page is kept on disk. WebDriver needs the shared context.
        .incognito(cfg!(not(feature = "e2e")))
        .zoom_hotkeys_enabled(false)
        .devtools(false)
        .general_autofill_enabled(false)
        .on_navigation(page::is_ours)
        .on_new_window(|_, _| tauri::webview::NewWindowResponse::Deny)
        .on_download(|_, _| false)
        .build()?;
    window.on_window_event(|event| {
        if let tauri::WindowEvent::CloseRequested { api, .. } = event {
            api.prevent_close();
        }
    });
    Ok(window)
}

/// A desktop's shortcut types nothing: `Super+t` would leave a "t" in the password.
fn refuse_shortcuts(window: &gtk::ApplicationWindow) {
    window.connect_key_press_event(|_, event| {
        let is_shortcut = event.state().intersects(SHORTCUT_MODIFIERS);
        if is_shortcut { glib::Propagation::Stop } else { glib::Propagation::Proceed }
    });
}

/// The way from any thread to the covered window.
#[derive(Debug)]
pub struct CoveredWindow {
    xid: u32,
}

impl Window for CoveredWindow {
    fn xid(&self) -> u32 {
        self.xid
    }

    fn show_covered(&self, done: Done) {
        on_cover(done, Cover::show);
    }

    fn take_input(&self, done: Done) {
        on_cover(done, Cover::take_input);
    }

    fn on_input_lost(&self, lost: Box<dyn Fn() + Send>) {
        on_cover(Box::new(drop), move |cover, _| cover.on_input_lost(lost));
    }

    fn give_back_input(&self, done: Done) {
        on_cover(done, |cover, done| {
            cover.give_back_input();
            done(true);
        });
    }

    fn hide_covered(&self, done: Done) {
        on_cover(done, |cover, done| {
            cover.hide();
            done(true);
        });
    }

    fn after(&self, delay: Duration, then: Box<dyn FnOnce() + Send>) {
        gtk_thread::run_after(delay, then);
    }
}

fn on_cover(done: Done, then: impl FnOnce(&Cover, Done) + Send + 'static) {
    gtk_thread::run(move || match COVER.with(|slot| slot.get().cloned()) {
        Some(cover) => then(&cover, done),
        None => done(false),
    });
}

/// By what draws the screen. Lives on GTK's thread.
#[derive(Clone)]
enum Cover {
    X11(Rc<x11::Cover>),
    Wayland(Rc<wayland::Cover>),
}

impl Cover {
    fn window(&self) -> &gtk::ApplicationWindow {
        match self {
            Self::X11(cover) => cover.window(),
            Self::Wayland(cover) => cover.window(),
        }
    }

    fn show(&self, done: Done) {
        match self {
            Self::X11(cover) => done(cover.show()),
            Self::Wayland(cover) => cover.show(done),
        }
    }

    fn take_input(&self, done: Done) {
        match self {
            Self::X11(cover) => cover.take_input(done),
            Self::Wayland(cover) => cover.take_input(done),
        }
    }

    fn on_input_lost(&self, lost: Box<dyn Fn() + Send>) {
        match self {
            Self::X11(cover) => cover.on_input_lost(lost),
            // A compositor takes the keyboard from a lock or from a layer for nobody.
            Self::Wayland(_) => {}
        }
    }

    fn give_back_input(&self) {
        match self {
            Self::X11(cover) => cover.give_back_input(),
            // The keyboard is the window's for as long as it is shown; the shield's panes take it over from there.
            Self::Wayland(_) => {}
        }
    }

    fn hide(&self) {
        match self {
            Self::X11(cover) => cover.hide(),
            Self::Wayland(cover) => cover.hide(),
        }
    }
}
