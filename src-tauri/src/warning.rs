//! The warning on an uncovered screen, in the middle of every monitor. Native GTK.
//!
//! It takes neither focus nor grab: override-redirect windows (on Wayland overlay-layer surfaces) whose input shape is their button's, so that
//! a key, and a click beside the button, reach the application under it (UX.md, Warning).

use std::{cell::RefCell, rc::Rc};

use gtk::{atk, cairo, gdk, glib, prelude::*};

use crate::{geometry::Rect, layers, monitors, strip::set_text, style};

/// The sentence is wrapped after about this many characters.
const WHY_CHARS: i32 = 40;

/// What the warning says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WarningText {
    /// The large countdown.
    pub countdown: String,
    /// Why.
    pub why: String,
    /// On its button.
    pub stay: &'static str,
}

/// The warning's windows, one per monitor while it is shown.
#[expect(missing_debug_implementations, reason = "it holds what its button does")]
pub struct Warning {
    cards: RefCell<Vec<Card>>,
    on_stay: Rc<dyn Fn()>,
}

struct Card {
    window: gtk::Window,
    countdown: gtk::Label,
    why: gtk::Label,
}

impl Warning {
    /// Shown nowhere yet.
    #[must_use]
    pub fn new(on_stay: Rc<dyn Fn()>) -> Self {
        Self { cards: RefCell::new(Vec::new()), on_stay }
    }

    /// Shows it, saying `text`; what is shown already only changes its words.
    pub fn show(&self, text: &WarningText) {
        let mut cards = self.cards.borrow_mut();
        if cards.is_empty() {
            let Some(display) = gdk::Display::default() else { return };
            // A screen reader hears the one on the primary monitor.
            *cards = monitors::list(&display)
                .iter()
                .zip([true].into_iter().chain(std::iter::repeat(false)))
                .map(|(monitor, is_spoken)| Card::new(monitor, is_spoken, text, &self.on_stay))
                .collect();
        }
        for card in cards.iter() {
            card.say(text);
        }
    }

    /// Above an application that came up meanwhile.
    pub fn raise(&self) {
        for card in self.cards.borrow().iter() {
            if let Some(gdk_window) = card.window.window() {
                gdk_window.raise();
            }
        }
    }

    /// Has a screen reader say `words`.
    pub fn announce(&self, words: &str) {
        if let Some(card) = self.cards.borrow().first() {
            card.announce(words);
        }
    }

    /// Takes it away.
    pub fn hide(&self) {
        self.cards.borrow_mut().clear();
    }
}

impl Card {
    fn new(monitor: &gdk::Monitor, is_spoken: bool, text: &WarningText, on_stay: &Rc<dyn Fn()>) -> Self {
        let window = layers::card();
        window.set_type_hint(gdk::WindowTypeHint::Notification);
        window.set_accept_focus(false);

        let countdown = gtk::Label::new(None);
        countdown.style_context().add_class(style::COUNTDOWN);
        let why = gtk::Label::new(None);
        why.style_context().add_class(style::WHY);
        why.set_line_wrap(true);
        why.set_max_width_chars(WHY_CHARS);
        why.set_width_chars(WHY_CHARS);
        why.set_justify(gtk::Justification::Center);
        let stay = gtk::Button::with_label(text.stay);
        stay.set_size_request(style::TARGET_SIZE, style::TARGET_SIZE);
        stay.set_halign(gtk::Align::Center);
        let on_stay = Rc::clone(on_stay);
        stay.connect_clicked(move |_| on_stay());

        let column = gtk::Box::new(gtk::Orientation::Vertical, 24);
        column.set_widget_name(style::WARNING);
        for widget in [countdown.upcast_ref::<gtk::Widget>(), why.upcast_ref(), stay.upcast_ref()] {
            column.pack_start(widget, false, false, 0);
        }
        window.add(&column);
        column.show_all();

        let card = Self { window, countdown, why };
        card.say(text);
        card.describe(is_spoken);
        card.place(monitor);
        card.window.show();
        // Not before it is shown: only then it is known where the button is.
        only_takes_clicks_on(&card.window, &stay);
        let window = card.window.clone();
        stay.connect_size_allocate(move |stay, _| only_takes_clicks_on(&window, stay));
        card
    }

    fn say(&self, text: &WarningText) {
        set_text(&self.countdown, &text.countdown);
        set_text(&self.why, &text.why);
    }

    fn place(&self, monitor: &gdk::Monitor) {
        layers::put_on(&self.window, monitor);
        let (_, size) = self.window.preferred_size();
        let place = Rect::from(monitor.geometry()).centred(size.width, size.height);
        self.window.move_(place.x, place.y);
    }

    fn describe(&self, is_spoken: bool) {
        let Some(accessible) = self.window.accessible() else { return };
        accessible.set_role(if is_spoken { atk::Role::Alert } else { atk::Role::RedundantObject });
        accessible.set_name(&self.why.text());
        // Its text changes each second; it is spoken by `announce` alone.
        if let Some(countdown) = self.countdown.accessible() {
            countdown.set_role(atk::Role::RedundantObject);
        }
    }

    fn announce(&self, words: &str) {
        let Some(accessible) = self.window.accessible() else { return };
        // Screen readers speak the new name of an alert; those that know the signal (ATK 2.46) get it too.
        accessible.set_name(words);
        let announcement = glib::subclass::SignalId::lookup("announcement", accessible.type_());
        if announcement.is_some() {
            accessible.emit_by_name::<()>("announcement", &[&words]);
        }
    }
}

impl Drop for Card {
    fn drop(&mut self) {
        // GTK keeps toplevels alive by itself.
        // SAFETY: the window is ours alone, and nothing of it is used afterwards.
        #[expect(unsafe_code, reason = "destroying a GTK window is unsafe in the bindings")]
        unsafe {
            self.window.destroy();
        }
    }
}

/// Clicks beside the button fall through to the application under the card.
fn only_takes_clicks_on(window: &gtk::Window, button: &gtk::Button) {
    let Some((x, y)) = button.translate_coordinates(window, 0, 0) else { return };
    let area = cairo::RectangleInt::new(x, y, button.allocated_width(), button.allocated_height());
    window.input_shape_combine_region(Some(&cairo::Region::create_rectangle(&area)));
}
