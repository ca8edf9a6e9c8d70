//! "My sessions" on an uncovered screen: where else she is signed in, and "Sign out there". Native GTK.
//!
//! An override-redirect window (on Wayland an overlay-layer surface) in the middle of the primary monitor. It takes clicks
//! and never the keyboard: what she types goes on to her application.

use std::{cell::RefCell, rc::Rc, time::Duration};

use agent_runtime::{
    intent::Intent,
    view::{MySessionsView, SessionElsewhere},
};
use gtk::{atk, gdk, prelude::*};
use uuid::Uuid;

use crate::{layers, monitors, style, texts::Texts};

/// A longer list is scrolled.
const LIST_HEIGHT_MAX: i32 = 360;

/// What it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MySessionsText {
    title: &'static str,
    /// In place of the list.
    message: Option<&'static str>,
    rows: Vec<(Uuid, String)>,
    sign_out_there: &'static str,
    /// For all of them, and what that brings besides.
    sign_out_everywhere: Option<(&'static str, &'static str)>,
    close: &'static str,
    /// The buttons that sign out can be pressed.
    can_sign_out: bool,
}

impl MySessionsText {
    /// The words for `view`.
    #[must_use]
    pub fn of(view: &MySessionsView, texts: &Texts) -> Self {
        let (message, elsewhere, is_ending) = match view {
            MySessionsView::Asking => (Some(texts.sessions_asking), [].as_slice(), false),
            MySessionsView::Unanswered => (Some(texts.sessions_unanswered), [].as_slice(), false),
            MySessionsView::Told { elsewhere, is_ending } => {
                let message = elsewhere.is_empty().then_some(texts.sessions_none);
                (message, elsewhere.as_slice(), *is_ending)
            }
        };
        let row = |row: &SessionElsewhere| {
            let opened_ago = Duration::from_millis(row.opened_ago_ms);
            (row.session, texts.session(&row.workstation, &row.unit, row.is_covered, opened_ago))
        };
        Self {
            title: texts.my_sessions,
            message,
            rows: elsewhere.iter().map(row).collect(),
            sign_out_there: texts.sign_out_there,
            sign_out_everywhere: (!elsewhere.is_empty())
                .then_some((texts.sign_out_everywhere, texts.sign_out_everywhere_why)),
            close: texts.close,
            can_sign_out: !is_ending,
        }
    }
}

/// Its window, while it is shown.
#[expect(missing_debug_implementations, reason = "it holds what its buttons do")]
pub struct MySessions {
    shown: RefCell<Option<Shown>>,
    intents: Rc<dyn Fn(Intent)>,
}

struct Shown {
    window: gtk::Window,
    text: MySessionsText,
}

impl MySessions {
    /// Not shown yet; its buttons tell `intents`.
    #[must_use]
    pub fn new(intents: Rc<dyn Fn(Intent)>) -> Self {
        Self { shown: RefCell::new(None), intents }
    }

    /// Shows it, saying `text`.
    pub fn show(&self, text: MySessionsText) {
        let mut shown = self.shown.borrow_mut();
        match shown.as_mut() {
            Some(shown) if shown.text == text => {}
            Some(shown) => {
                if let Some(child) = shown.window.child() {
                    shown.window.remove(&child);
                }
                self.fill(&shown.window, &text);
                shown.text = text;
            }
            None => {
                let window = layers::card();
                window.set_type_hint(gdk::WindowTypeHint::Dialog);
                window.set_accept_focus(false);
                if let Some(accessible) = window.accessible() {
                    accessible.set_role(atk::Role::Dialog);
                }
                self.fill(&window, &text);
                window.show();
                *shown = Some(Shown { window, text });
            }
        }
    }

    /// Takes it away.
    pub fn hide(&self) {
        self.shown.borrow_mut().take();
    }

    fn fill(&self, window: &gtk::Window, text: &MySessionsText) {
        let column = gtk::Box::new(gtk::Orientation::Vertical, 16);
        column.set_widget_name(style::MY_SESSIONS);
        let title = gtk::Label::new(Some(text.title));
        title.style_context().add_class(style::TITLE);
        title.set_xalign(0.0);
        column.pack_start(&title, false, false, 0);
        if let Some(message) = text.message {
            let label = gtk::Label::new(Some(message));
            label.set_xalign(0.0);
            column.pack_start(&label, false, false, 0);
        }
        if !text.rows.is_empty() {
            column.pack_start(&self.list(text), false, false, 0);
        }
        let foot = gtk::Box::new(gtk::Orientation::Horizontal, 16);
        if let Some((label, why)) = text.sign_out_everywhere {
            let button = self.button(label, || Intent::EndEverywhereElse);
            button.set_sensitive(text.can_sign_out);
            foot.pack_start(&button, false, false, 0);
            let why = gtk::Label::new(Some(why));
            why.style_context().add_class(style::QUIET);
            why.set_line_wrap(true);
            why.set_max_width_chars(32);
            why.set_xalign(0.0);
            foot.pack_start(&why, false, false, 0);
        }
        foot.pack_end(&self.button(text.close, || Intent::CloseMySessions), false, false, 0);
        column.pack_start(&foot, false, false, 0);
        column.show_all();
        window.add(&column);
        if let Some(accessible) = window.accessible() {
            accessible.set_name(text.title);
        }
        place(window);
    }

    fn list(&self, text: &MySessionsText) -> gtk::ScrolledWindow {
        let rows = gtk::Box::new(gtk::Orientation::Vertical, 8);
        for (session, words) in &text.rows {
            let row = gtk::Box::new(gtk::Orientation::Horizontal, 24);
            let label = gtk::Label::new(Some(words));
            label.set_xalign(0.0);
            row.pack_start(&label, true, true, 0);
            let session = *session;
            let button = self.button(text.sign_out_there, move || Intent::EndElsewhere { session });
            button.set_sensitive(text.can_sign_out);
            row.pack_end(&button, false, false, 0);
            rows.pack_start(&row, false, false, 0);
        }
        let list = gtk::ScrolledWindow::new(gtk::Adjustment::NONE, gtk::Adjustment::NONE);
        list.set_policy(gtk::PolicyType::Never, gtk::PolicyType::Automatic);
        list.set_propagate_natural_height(true);
        list.set_max_content_height(LIST_HEIGHT_MAX);
        list.add(&rows);
        list
    }

    fn button(&self, label: &str, intent: impl Fn() -> Intent + 'static) -> gtk::Button {
        let button = gtk::Button::with_label(label);
        button.set_size_request(style::TARGET_SIZE, style::TARGET_SIZE);
        button.set_valign(gtk::Align::Center);
        let intents = Rc::clone(&self.intents);
        button.connect_clicked(move |_| intents(intent()));
        button
    }
}

/// In the middle of the primary monitor, as large as its words.
fn place(window: &gtk::Window) {
    let display = window.display();
    if let Some(first) = monitors::list(&display).first() {
        layers::put_on(window, first);
    }
    let monitor = monitors::primary(&display);
    let (_, size) = window.preferred_size();
    let place = monitor.centred(size.width, size.height);
    window.resize(size.width.max(1), size.height.max(1));
    window.move_(place.x, place.y);
}

impl Drop for Shown {
    fn drop(&mut self) {
        // GTK keeps toplevels alive by itself.
        // SAFETY: the window is ours alone, and nothing of it is used afterwards.
        #[expect(unsafe_code, reason = "destroying a GTK window is unsafe in the bindings")]
        unsafe {
            self.window.destroy();
        }
    }
}

#[cfg(test)]
mod tests {
    use agent_runtime::language::Language;

    use super::*;

    fn text(view: &MySessionsView) -> MySessionsText {
        MySessionsText::of(view, Texts::of(Language::English))
    }

    fn row(workstation: &str) -> SessionElsewhere {
        SessionElsewhere {
            session: Uuid::from_u128(7),
            workstation: workstation.to_owned(),
            unit: "ICU-3".to_owned(),
            opened_ago_ms: 5 * 60_000,
            is_covered: true,
        }
    }

    #[test]
    fn each_session_elsewhere_can_be_ended_and_all_of_them_at_once() {
        let text = text(&MySessionsView::Told { elsewhere: vec![row("WS-08")], is_ending: false });

        assert_eq!(text.rows[0].1, "WS-08 · ICU-3 · covered · signed in 5 min ago");
        assert!(text.can_sign_out && text.sign_out_everywhere.is_some());
        assert_eq!(text.message, None);
    }

    #[test]
    fn while_one_is_being_ended_nothing_else_can_be_pressed_but_close() {
        let text = text(&MySessionsView::Told { elsewhere: vec![row("WS-08")], is_ending: true });

        assert!(!text.can_sign_out);
        assert_eq!(text.close, "Close");
    }

    #[test]
    fn without_a_list_it_says_why() {
        assert_eq!(text(&MySessionsView::Asking).message, Some("Asking the server…"));
        assert!(text(&MySessionsView::Unanswered).message.unwrap().contains("does not answer"));
        let nowhere = text(&MySessionsView::Told { elsewhere: Vec::new(), is_ending: false });
        assert_eq!(nowhere.message, Some("You are signed in nowhere else."));
        assert_eq!(nowhere.sign_out_everywhere, None);
    }
}
