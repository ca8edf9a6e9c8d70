//! The page in the covered window: what it may not do, and keeping it alive.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
};

use agent_runtime::language::Language;
use gtk::{gdk, glib, prelude::*};
use tauri::{Url, WebviewWindow};
use tracing::{error, info, warn};
use webkit2gtk::{PermissionRequestExt, SettingsExt, WebView, WebViewExt};

use crate::{
    gtk_thread,
    pulse::{Act, Pulse, StandIn},
    style,
    texts::Texts,
};

/// Where the page is.
const ADDRESS: &str = "tauri://localhost/lock.html";
/// For the help desk, on the words that stand in for the page.
const MISSING_CODE: &str = "screen.page";
/// `EX_SOFTWARE` of sysexits.h.
const EXIT_PAGE_GONE: i32 = 70;
/// Who types is not noticed by more questions than these.
const TOUCH_INTERVAL_MS: u32 = 1_000;
/// A pointer that moves within this time of the covering was moved by whoever covered it.
const GESTURE_US: i64 = 3_000_000;
/// Fails in a page that has nothing to show, and never answers in one that hangs.
const IS_ALIVE: &str = "if (!document.body?.childElementCount) throw new Error('empty'); 1";

thread_local! {
    /// On GTK's thread, once [`attend`] has run.
    static PAGE: OnceCell<Rc<Page>> = const { OnceCell::new() };
}

struct Page {
    web: WebView,
    stand_in: gtk::Label,
    texts: Cell<&'static Texts>,
    pulse: RefCell<Pulse>,
    tick: RefCell<Option<glib::SourceId>>,
    /// How often it was asked; an answer to an earlier question tells nothing of now.
    asked: Cell<u64>,
    /// When a touch last had it asked, on the X server's clock in ms.
    asked_at_touch_ms: Cell<u32>,
    approached: Box<dyn Fn() + Send>,
    /// When it was told, on the same clock.
    approached_at_ms: Cell<Option<u32>>,
    /// When the window came up, on the clock of GLib's main loop.
    shown_at_us: Cell<i64>,
}

/// Takes the page of `window` into care; `approached` is told when somebody touches it, before the page is, and about once a
/// second. Call on GTK's thread, once.
///
/// # Errors
/// When the webview is not there.
pub fn attend(window: &WebviewWindow, approached: Box<dyn Fn() + Send>) -> anyhow::Result<()> {
    let stand_in = make_stand_in();
    let vbox = window.default_vbox()?;
    vbox.pack_start(&stand_in, false, false, 0);
    vbox.reorder_child(&stand_in, 0);

    window.with_webview(|webview| {
        let web = webview.inner();
        restrict(&web);
        let Some(stand_in) = stand_in_beside(&web) else { return };
        let page = Rc::new(Page {
            web,
            stand_in,
            texts: Cell::new(Texts::of(Language::default())),
            pulse: RefCell::new(Pulse::loading()),
            tick: RefCell::new(None),
            asked: Cell::new(0),
            asked_at_touch_ms: Cell::new(0),
            approached,
            approached_at_ms: Cell::new(None),
            shown_at_us: Cell::new(0),
        });
        // A page can close itself: the shield covers and starts us anew.
        page.web.connect_destroy(|_| {
            error!("The page closed itself");
            std::process::exit(EXIT_PAGE_GONE);
        });
        let touched = Rc::clone(&page);
        page.web.connect_event(move |_, event| {
            if is_touch(event) {
                if !touched.is_rest_of_a_gesture(event) {
                    touched.approached(event.time());
                }
                touched.touched(event.time());
            }
            glib::Propagation::Proceed
        });
        let drawn = Rc::clone(&page);
        page.web.connect_draw(move |_, _| {
            if drawn.pulse.borrow().drawn() {
                drawn.follow();
            }
            glib::Propagation::Proceed
        });
        let watched = Rc::clone(&page);
        page.web.connect_web_process_terminated(move |_, reason| {
            warn!(page.reason = ?reason, "The page's process ended; loading the page anew");
            let act = watched.pulse.borrow_mut().process_gone();
            watched.act(act);
            watched.follow();
        });
        page.follow();
        PAGE.with(|slot| {
            // `attend` is called once: the slot is empty.
            let _ = slot.set(page);
        });
    })?;
    anyhow::ensure!(PAGE.with(|slot| slot.get().is_some()), "the webview is not there");
    Ok(())
}

/// Whether the webview may go to `url`: our own pages, nothing else.
#[must_use]
pub fn is_ours(url: &Url) -> bool {
    url.scheme() == "tauri" && url.host_str() == Some("localhost")
}

/// The page says that it has painted. Any thread.
pub fn painted() {
    gtk_thread::run(|| {
        on_page(|page| {
            info!("The page is drawn");
            page.pulse.borrow_mut().painted();
            page.follow();
        });
    });
}

/// What stands in for the page says it in `language`. Any thread.
pub fn speak(language: Language) {
    gtk_thread::run(move || {
        on_page(|page| {
            page.texts.set(Texts::of(language));
            page.draw_stand_in();
        });
    });
}

/// Keys that reach the window go to the page. GTK's thread.
pub fn take_keys() {
    on_page(|page| page.web.grab_focus());
}

/// The window has come up. GTK's thread.
pub fn came_up() {
    on_page(|page| {
        // Whoever touches it from now on is told, however short ago the last one was.
        page.approached_at_ms.set(None);
        page.shown_at_us.set(glib::monotonic_time());
    });
}

fn on_page(then: impl FnOnce(&Rc<Page>)) {
    if let Some(page) = PAGE.with(|slot| slot.get().cloned()) {
        then(&page);
    }
}

fn is_touch(event: &gdk::Event) -> bool {
    matches!(
        event.event_type(),
        gdk::EventType::KeyPress
            | gdk::EventType::ButtonPress
            | gdk::EventType::MotionNotify
            | gdk::EventType::Scroll
            | gdk::EventType::TouchBegin
    )
}

fn make_stand_in() -> gtk::Label {
    let label = gtk::Label::builder().name(style::STAND_IN).wrap(true).no_show_all(true).build();
    label.set_justify(gtk::Justification::Center);
    label
}

fn stand_in_beside(web: &WebView) -> Option<gtk::Label> {
    let siblings = web.parent()?.downcast::<gtk::Box>().ok()?.children();
    siblings.into_iter().find_map(|sibling| sibling.downcast::<gtk::Label>().ok())
}

/// Whatever opens a window or a menu would take the seat's grab; whatever keeps, prints or drops could carry
/// something out.
fn restrict(web: &WebView) {
    web.connect_context_menu(|_, _, _, _| true);
    web.connect_show_option_menu(|_, _, _, _| true);
    web.connect_print(|_, _| true);
    web.connect_script_dialog(|_, _| true);
    web.connect_permission_request(|_, request| {
        request.deny();
        true
    });
    web.connect_zoom_level_notify(|web| {
        if (web.zoom_level() - 1.0).abs() > f64::EPSILON {
            web.set_zoom_level(1.0);
        }
    });
    web.drag_dest_unset();
    hand_out_nothing(&web.display());

    if let Some(settings) = WebViewExt::settings(web) {
        settings.set_enable_developer_extras(false);
        settings.set_enable_html5_local_storage(false);
        settings.set_enable_html5_database(false);
        settings.set_enable_page_cache(false);
        settings.set_enable_fullscreen(false);
        settings.set_enable_webgl(false);
        settings.set_enable_media(false);
        settings.set_enable_media_stream(false);
        settings.set_allow_modal_dialogs(false);
        settings.set_javascript_can_open_windows_automatically(false);
        settings.set_javascript_can_access_clipboard(false);
        settings.set_enable_write_console_messages_to_stdout(false);
        settings.set_enable_back_forward_navigation_gestures(false);
    }
}

/// Gives up whatever of the display's selections this process comes to own: WebKit makes each text that is marked in a field, a
/// password that is shown among them, the primary selection, and has no switch for it.
///
/// No other program can read it in between: what it asks for comes after the word of the new owner, and both are seen to in turn.
fn hand_out_nothing(display: &gdk::Display) {
    for selection in [gdk::SELECTION_PRIMARY, gdk::SELECTION_CLIPBOARD] {
        let clipboard = gtk::Clipboard::for_display(display, &selection);
        // The event's owner may be another client's window, and is not looked at.
        clipboard.connect_local("owner-change", false, move |_| {
            // Clearing it changes its owner once more, to nobody.
            if gdk::selection_owner_get(&selection).is_some() {
                gtk::Clipboard::get(&selection).clear();
            }
            None
        });
    }
}

impl Page {
    /// Shows what the pulse asks for, and sets the timer of its next tick.
    fn follow(self: &Rc<Self>) {
        self.draw_stand_in();
        let next_tick = self.pulse.borrow().next_tick();
        if let Some(earlier) = self.tick.take() {
            earlier.remove();
        }
        let page = Rc::clone(self);
        let tick = glib::timeout_add_local_once(next_tick, move || {
            // It is running, so it removes itself.
            page.tick.take();
            let act = page.pulse.borrow_mut().tick();
            page.act(act);
            page.follow();
        });
        self.tick.replace(Some(tick));
    }

    fn draw_stand_in(&self) {
        let texts = self.texts.get();
        let stand_in = self.pulse.borrow().stand_in();
        match stand_in {
            Some(StandIn::Starting) => self.say(texts.page_starting),
            Some(StandIn::Missing) => {
                self.say(&format!("{}\n{}", texts.page_missing, texts.help_code(MISSING_CODE, "")));
            }
            None => self.stand_in.hide(),
        }
    }

    /// Asks the page whether it lives, at most once in [`TOUCH_INTERVAL_MS`].
    fn touched(self: &Rc<Self>, at_ms: u32) {
        // The X server's clock starts again from zero after 49 days.
        if at_ms.wrapping_sub(self.asked_at_touch_ms.get()) < TOUCH_INTERVAL_MS {
            return;
        }
        let act = self.pulse.borrow_mut().touched();
        if act != Act::Wait {
            self.asked_at_touch_ms.set(at_ms);
            self.act(act);
            self.follow();
        }
    }

    /// The mouse that has just covered the screen is still on its way. Her apps are saving: a freeze would cut that off.
    fn is_rest_of_a_gesture(&self, event: &gdk::Event) -> bool {
        event.event_type() == gdk::EventType::MotionNotify
            && glib::monotonic_time() - self.shown_at_us.get() < GESTURE_US
    }

    fn approached(&self, at_ms: u32) {
        let before = self.approached_at_ms.get();
        if before.is_none_or(|before| at_ms.wrapping_sub(before) >= TOUCH_INTERVAL_MS) {
            self.approached_at_ms.set(Some(at_ms));
            (self.approached)();
        }
    }

    fn say(&self, words: &str) {
        if self.stand_in.text() != words {
            self.stand_in.set_text(words);
        }
        self.stand_in.show();
    }

    fn act(self: &Rc<Self>, act: Act) {
        match act {
            Act::Wait => {}
            Act::Ask => self.ask(),
            // Not "reload": what never came up has no address to be loaded from again.
            Act::Load => self.web.load_uri(ADDRESS),
            // The shield starts us anew. A person who is at work behind the hidden page does not need it yet.
            Act::GiveUp if self.web.is_mapped() => {
                error!("The page does not come up; ending");
                std::process::exit(EXIT_PAGE_GONE);
            }
            Act::GiveUp => self.web.load_uri(ADDRESS),
            Act::Kill => {
                warn!("The page does not answer; ending its process");
                self.web.terminate_web_process();
            }
        }
    }

    /// No frame is asked for: a page at rest that had to draw would wake the machine 25 times for each answer.
    fn ask(self: &Rc<Self>) {
        let n = self.asked.get() + 1;
        self.asked.set(n);
        let page = Rc::clone(self);
        let cancellable = None::<&gtk::gio::Cancellable>;
        self.web.evaluate_javascript(IS_ALIVE, None, None, cancellable, move |answer| {
            if answer.is_ok() && page.asked.get() == n {
                page.pulse.borrow_mut().answered();
                page.follow();
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_webview_goes_nowhere_but_to_our_own_pages() {
        let may = |url: &str| is_ours(&url.parse().unwrap());

        assert!(may(ADDRESS));
        for url in [
            "https://localhost/lock.html",
            "http://tauri.localhost/",
            "tauri://elsewhere/lock.html",
            "file:///etc/passwd",
            "data:text/html,hello",
            "about:blank",
            "javascript:alert(1)",
        ] {
            assert!(!may(url), "{url}");
        }
    }
}
