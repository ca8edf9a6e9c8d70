//! The strip of an uncovered screen: who is signed in, what is due, what a tap does, and the buttons. Native GTK.
//!
//! A dock window along the upper edge of the primary monitor that reserves its own height (`_NET_WM_STRUT_PARTIAL`; on
//! Wayland an exclusive zone) and never takes the focus.

use std::rc::Rc;

use agent_runtime::intent::Intent;
use gtk::{gdk, prelude::*};

use crate::{
    geometry::{Rect, strut_partial},
    layers, monitors, style,
};

/// Its name for a window manager and a screen reader: ours, in every language.
const NAME: &str = "Tapward";

/// So much of a name is always seen, however small the screen and however long the words.
const NAME_CHARS_MIN: i32 = 10;

/// What the strip says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripText {
    /// Who and where.
    pub who: String,
    /// What is due, if anything.
    pub status: String,
    /// The status is a limit that is near.
    pub is_urgent: bool,
    /// On the button that renews what a tap may do; without words there is none.
    pub renew: Option<&'static str>,
    /// On the one that tells where else she is signed in.
    pub my_sessions: &'static str,
    /// On the one that covers.
    pub cover: &'static str,
    /// On the one that signs out.
    pub sign_out: &'static str,
}

/// The strip's window, hidden at first.
#[derive(Debug)]
pub struct Strip {
    window: gtk::Window,
    who: gtk::Label,
    status: gtk::Label,
    renew: gtk::Button,
    my_sessions: gtk::Button,
    cover: gtk::Button,
    sign_out: gtk::Button,
}

impl Strip {
    /// A hidden strip, whose buttons tell `intents`.
    #[must_use]
    pub fn new(intents: &Rc<dyn Fn(Intent)>) -> Self {
        let window = gtk::Window::new(gtk::WindowType::Toplevel);
        window.set_title(NAME);
        window.set_type_hint(gdk::WindowTypeHint::Dock);
        window.set_accept_focus(false);
        window.set_focus_on_map(false);
        window.set_decorated(false);
        window.set_skip_taskbar_hint(true);
        window.set_skip_pager_hint(true);
        window.stick();
        if layers::is_wayland(&window.display()) {
            layers::dock(&window);
        }
        window.connect_delete_event(|_, _| gtk::glib::Propagation::Stop);

        let who = gtk::Label::new(None);
        let status = gtk::Label::new(None);
        let renew = button(intents, || Intent::Renew);
        let my_sessions = button(intents, || Intent::MySessions);
        let cover = button(intents, || Intent::Conceal);
        let sign_out = button(intents, || Intent::SignOut);

        let row = gtk::Box::new(gtk::Orientation::Horizontal, 16);
        row.set_widget_name(style::STRIP);
        row.pack_start(&who, false, false, 0);
        row.set_center_widget(Some(&status));
        for button in [&sign_out, &cover, &my_sessions, &renew] {
            row.pack_end(button, false, false, 0);
        }
        for label in [&who, &status] {
            label.set_ellipsize(gtk::pango::EllipsizeMode::End);
        }
        // On a small screen a long language takes a second line before it takes whose screen it is.
        who.set_single_line_mode(true);
        who.set_width_chars(NAME_CHARS_MIN);
        who.set_xalign(0.0);
        status.set_line_wrap(true);
        status.set_lines(2);
        status.set_justify(gtk::Justification::Center);
        window.add(&row);
        row.show_all();
        Self { window, who, status, renew, my_sessions, cover, sign_out }
    }

    /// Shows it, saying `text`.
    pub fn show(&self, text: &StripText) {
        self.say(text);
        if !self.window.is_visible() {
            self.place();
            self.window.show();
        }
    }

    /// Takes it away; the space it reserved is free again.
    pub fn hide(&self) {
        self.window.hide();
    }

    /// Puts it where the monitors are now.
    pub fn place(&self) {
        let display = self.window.display();
        let monitors = monitors::all(&display);
        let monitor = monitors::primary(&display);
        if let Some(first) = monitors::list(&display).first() {
            layers::put_on(&self.window, first);
        }
        let (_, natural) = self.window.preferred_height();
        self.window.move_(monitor.x, monitor.y);
        self.window.resize(monitor.width, natural);
        if !layers::is_wayland(&display) {
            // The window manager reads the strut when the window is mapped.
            self.window.realize();
            self.reserve(monitor, &monitors, natural);
        }
        display.sync();
    }

    fn say(&self, text: &StripText) {
        set_text(&self.who, &text.who);
        set_text(&self.status, &text.status);
        let labels = [
            (&self.renew, text.renew.unwrap_or_default()),
            (&self.my_sessions, text.my_sessions),
            (&self.cover, text.cover),
            (&self.sign_out, text.sign_out),
        ];
        self.renew.set_visible(text.renew.is_some());
        for (button, label) in labels {
            if button.label().as_deref() != Some(label) {
                button.set_label(label);
            }
        }
        let style = self.status.style_context();
        if text.is_urgent {
            style.add_class(style::URGENT);
        } else {
            style.remove_class(style::URGENT);
        }
    }

    fn reserve(&self, monitor: Rect, monitors: &[Rect], height: i32) {
        let Some(gdk_window) = self.window.window() else { return };
        let name = gdk::Atom::intern("_NET_WM_STRUT_PARTIAL");
        let Some(strut) = strut_partial(monitor, monitors, height, self.window.scale_factor()) else {
            gdk::property_delete(&gdk_window, &name);
            return;
        };
        let strut = strut.map(std::ffi::c_ulong::from);
        gdk::property_change(
            &gdk_window,
            &name,
            &gdk::Atom::intern("CARDINAL"),
            32,
            gdk::PropMode::Replace,
            gdk::ChangeData::ULongs(&strut),
        );
    }
}

fn button(intents: &Rc<dyn Fn(Intent)>, intent: fn() -> Intent) -> gtk::Button {
    let intents = Rc::clone(intents);
    let button = gtk::Button::with_label("");
    button.set_size_request(style::TARGET_SIZE, style::TARGET_SIZE);
    button.set_valign(gtk::Align::Center);
    button.set_margin_top(4);
    button.set_margin_bottom(4);
    button.connect_clicked(move |_| intents(intent()));
    button
}

/// A label that is told the same again is neither drawn nor spoken again.
pub(crate) fn set_text(label: &gtk::Label, text: &str) {
    if label.text() != text {
        label.set_text(text);
    }
}
