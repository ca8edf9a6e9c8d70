//! What stands on an uncovered screen, from the view: the strip, "My sessions", and the warning near the limit.
//!
//! Nothing of it stands while the screen is covered, whatever the view says: it would stand above the cover.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Duration,
};

use agent_core::instant::Instant;
use agent_runtime::{
    intent::Intent,
    ports::Clock,
    view::{Contact, NextTap, ReaderView, ScreenView, StripLine, ViewModel},
};
use gtk::glib;

use crate::{
    countdown::{Countdown, clock_face},
    gtk_thread,
    my_sessions::{MySessions, MySessionsText},
    strip::{Strip, StripText},
    texts::Texts,
    warning::{Warning, WarningText},
};

thread_local! {
    /// On GTK's thread, once [`create`] has run.
    static DESK: OnceCell<Rc<Desk>> = const { OnceCell::new() };
}

/// Makes all of it, hidden; their buttons tell `intents`. Call on GTK's thread, once.
pub fn create(clock: Arc<dyn Clock>, intents: Rc<dyn Fn(Intent)>) {
    let stay = Rc::clone(&intents);
    let desk = Rc::new(Desk {
        clock,
        strip: Strip::new(&intents),
        my_sessions: MySessions::new(intents),
        warning: Warning::new(Rc::new(move || stay(Intent::Stay))),
        is_covered: Cell::new(true),
        showing: RefCell::new(None),
        drawn_at: Cell::new(None),
        tick: RefCell::new(None),
    });
    DESK.with(|slot| {
        // `create` is called once: the slot is empty.
        let _ = slot.set(desk);
    });
}

/// A new view. Any thread.
pub fn show(view: ViewModel) {
    gtk_thread::run(move || {
        on_desk(|desk| {
            *desk.showing.borrow_mut() = Showing::of(&view, desk.clock.now());
            desk.drawn_at.set(None);
            desk.draw();
        });
    });
}

/// The covered window comes up or has gone. GTK's thread.
pub fn set_covered(is_covered: bool) {
    on_desk(|desk| {
        desk.is_covered.set(is_covered);
        if is_covered {
            // What the last view told is over; the next one says what stands after it.
            *desk.showing.borrow_mut() = None;
        }
        desk.draw();
    });
}

/// Monitors came or went. GTK's thread.
pub fn monitors_changed() {
    on_desk(|desk| {
        desk.warning.hide();
        desk.my_sessions.hide();
        desk.strip.hide();
        desk.draw();
    });
}

fn on_desk(then: impl FnOnce(&Rc<Desk>)) {
    if let Some(desk) = DESK.with(|slot| slot.get().cloned()) {
        then(&desk);
    }
}

struct Desk {
    clock: Arc<dyn Clock>,
    strip: Strip,
    my_sessions: MySessions,
    warning: Warning,
    is_covered: Cell<bool>,
    showing: RefCell<Option<Showing>>,
    /// Of the view at hand; what passed since then may be due to be spoken.
    drawn_at: Cell<Option<Instant>>,
    tick: RefCell<Option<glib::SourceId>>,
}

impl Desk {
    fn draw(self: &Rc<Self>) {
        if let Some(tick) = self.tick.take() {
            tick.remove();
        }
        let showing = self.showing.borrow();
        let Some(showing) = showing.as_ref().filter(|_| !self.is_covered.get()) else {
            self.warning.hide();
            self.my_sessions.hide();
            self.strip.hide();
            return;
        };
        let now = self.clock.now();
        self.strip.show(&showing.strip_text(now));
        match showing.my_sessions.clone() {
            Some(text) => self.my_sessions.show(text),
            None => self.my_sessions.hide(),
        }
        self.draw_warning(showing, now);
        self.drawn_at.set(Some(now));
        if let Some(wait) = showing.next_change_in(now) {
            let desk = Rc::clone(self);
            let tick = glib::timeout_add_local_once(at_least_a_millisecond(wait), move || {
                // It is running, so it removes itself.
                desk.tick.take();
                desk.draw();
            });
            self.tick.replace(Some(tick));
        }
    }

    fn draw_warning(&self, showing: &Showing, now: Instant) {
        let Some(text) = showing.warning_text(now) else {
            self.warning.hide();
            return;
        };
        self.warning.show(&text);
        // Not in the last second: the cover may be up already, and this must not come above it.
        if showing.next_change_in(now).is_some() {
            self.warning.raise();
        }
        if let Some(left) = showing.spoken_at(self.drawn_at.get(), now) {
            self.warning.announce(&showing.texts.spoken(left));
        }
    }
}

/// Timers count whole milliseconds and round down: one that fires early would find nothing changed.
fn at_least_a_millisecond(wait: Duration) -> Duration {
    wait + Duration::from_millis(1)
}

/// What an uncovered screen shows, from one view; times are instants.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Showing {
    texts: &'static Texts,
    who: String,
    contact: Contact,
    is_enforced: bool,
    reader: ReaderView,
    signs_out: Option<Countdown>,
    absolute_limit: Option<Countdown>,
    /// Set while the warning stands.
    inactive_for: Option<Duration>,
    /// What a badge led to.
    line: Option<StripLine>,
    /// What her next tap does.
    tap: NextTap,
    /// What a tap may do is to be renewed.
    offers_renewal: bool,
    /// Where else she is signed in, while she looks at it.
    my_sessions: Option<MySessionsText>,
}

impl Showing {
    /// `None` where the view is one of a covered screen.
    fn of(view: &ViewModel, now: Instant) -> Option<Self> {
        let until = |left_ms: u64| Countdown::ending_in(Duration::from_millis(left_ms), now);
        let mut showing = Self {
            texts: Texts::of(view.language),
            who: String::new(),
            contact: view.contact,
            is_enforced: view.is_enforced,
            reader: view.reader,
            signs_out: None,
            absolute_limit: None,
            inactive_for: None,
            line: None,
            tap: NextTap::None,
            offers_renewal: false,
            my_sessions: None,
        };
        let (name, role) = match &view.screen {
            ScreenView::Active {
                display_name,
                role,
                signs_out_in_ms,
                absolute_limit_in_ms,
                tap,
                line,
                offers_renewal,
                my_sessions,
            } => {
                showing.signs_out = signs_out_in_ms.map(until);
                showing.absolute_limit = absolute_limit_in_ms.map(until);
                (showing.tap, showing.line) = (*tap, *line);
                showing.offers_renewal = *offers_renewal;
                showing.my_sessions =
                    my_sessions.as_ref().map(|shown| MySessionsText::of(shown, showing.texts));
                (display_name, role)
            }
            ScreenView::InactivityWarning {
                display_name,
                role,
                signs_out_in_ms,
                inactive_for_ms,
                tap,
                line,
            } => {
                (showing.tap, showing.line) = (*tap, *line);
                showing.signs_out = Some(until(*signs_out_in_ms));
                showing.inactive_for = Some(Duration::from_millis(*inactive_for_ms));
                (display_name, role)
            }
            ScreenView::Starting
            | ScreenView::SignedOut { .. }
            | ScreenView::Asking { .. }
            | ScreenView::SecondFactor { .. }
            | ScreenView::Opening { .. }
            | ScreenView::Concealed { .. }
            | ScreenView::SigningOut { .. }
            | ScreenView::NotEnrolled
            | ScreenView::FailClosed { .. } => return None,
        };
        let who = [name, role, &view.place.unit].map(String::as_str);
        showing.who = who.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        Some(showing)
    }

    fn strip_text(&self, now: Instant) -> StripText {
        let texts = self.texts;
        let due = match (self.signs_out, self.absolute_limit) {
            (Some(signs_out), _) => Some(texts.signs_out_in(signs_out.seconds_left(now))),
            (None, Some(limit)) => Some(texts.absolute_limit_in(limit.seconds_left(now))),
            (None, None) => None,
        };
        let contact = match self.contact {
            Contact::Away | Contact::NotOurServer | Contact::ClockWrong => Some(texts.server_away),
            Contact::Unknown | Contact::Online => None,
        };
        let enforced = (!self.is_enforced).then_some(texts.not_enforced);
        let tap = match self.tap {
            NextTap::None => None,
            NextTap::Covers => Some(texts.tap_to_cover),
            NextTap::SignsOut => Some(texts.tap_to_sign_out),
            NextTap::Stays => Some(texts.tap_to_stay),
        };
        let reader = match self.reader {
            ReaderView::None | ReaderView::Ready => None,
            ReaderView::SomeFaulty => Some(texts.reader_some_faulty),
            ReaderView::Faulty => Some(texts.reader_faulty),
        };
        let line = self.line.map(|line| texts.strip_line(line));
        // What has just happened is said in place of what the next tap would do.
        let parts = [line, due.as_deref(), contact, enforced, tap.filter(|_| line.is_none()), reader];
        StripText {
            who: self.who.clone(),
            status: parts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            is_urgent: due.is_some(),
            renew: self.offers_renewal.then_some(texts.renew),
            my_sessions: texts.my_sessions,
            cover: texts.cover,
            sign_out: texts.sign_out,
        }
    }

    fn warning_text(&self, now: Instant) -> Option<WarningText> {
        let (inactive_for, signs_out) = (self.inactive_for?, self.signs_out?);
        Some(WarningText {
            countdown: clock_face(signs_out.seconds_left(now)),
            why: self.texts.inactive_for(inactive_for),
            stay: self.texts.stay,
        })
    }

    /// The moment a screen reader is to hear: the first drawing speaks at once.
    fn spoken_at(&self, drawn_before: Option<Instant>, now: Instant) -> Option<Duration> {
        let signs_out = self.signs_out.filter(|_| self.inactive_for.is_some())?;
        match drawn_before {
            Some(before) => signs_out.spoken_between(before, now),
            None => Some(Duration::from_secs(signs_out.seconds_left(now))),
        }
    }

    fn next_change_in(&self, now: Instant) -> Option<Duration> {
        let countdowns = [self.signs_out, self.absolute_limit];
        countdowns.into_iter().flatten().filter_map(|countdown| countdown.next_change_in(now)).min()
    }
}

#[cfg(test)]
mod tests {
    use agent_runtime::{
        language::Language,
        view::{BadgeLine, EndCauseView, Place, ResumeTap},
    };

    use super::*;

    fn at(seconds: u64) -> Instant {
        Instant::from_boot(Duration::from_secs(10_000 + seconds))
    }

    fn view(screen: ScreenView) -> ViewModel {
        ViewModel {
            revision: 1,
            screen,
            place: Place { unit: "ICU-3".to_owned(), ..Place::default() },
            contact: Contact::Online,
            is_enforced: true,
            reader: ReaderView::Ready,
            language: Language::English,
            policy_notice: None,
        }
    }

    fn active() -> ViewModel {
        view(ScreenView::Active {
            display_name: "Maria O.".to_owned(),
            role: "RN".to_owned(),
            signs_out_in_ms: None,
            absolute_limit_in_ms: None,
            tap: NextTap::None,
            line: None,
            offers_renewal: false,
            my_sessions: None,
        })
    }

    fn warning() -> ViewModel {
        view(ScreenView::InactivityWarning {
            display_name: "Maria O.".to_owned(),
            role: "RN".to_owned(),
            signs_out_in_ms: 60_000,
            inactive_for_ms: 14 * 60_000,
            tap: NextTap::None,
            line: None,
        })
    }

    fn strip_at(view: &ViewModel, seconds: u64) -> StripText {
        Showing::of(view, at(0)).unwrap().strip_text(at(seconds))
    }

    #[test]
    fn the_strip_says_who_is_signed_in_and_where() {
        let strip = strip_at(&active(), 0);

        assert_eq!(strip.who, "Maria O. · RN · ICU-3");
        assert_eq!(strip.status, "");
        assert!(!strip.is_urgent);
    }

    #[test]
    fn a_person_without_a_role_is_named_without_a_gap() {
        let mut view = active();
        view.screen = ScreenView::Active {
            display_name: "Maria O.".to_owned(),
            role: String::new(),
            signs_out_in_ms: None,
            absolute_limit_in_ms: None,
            tap: NextTap::None,
            line: None,
            offers_renewal: false,
            my_sessions: None,
        };

        assert_eq!(strip_at(&view, 0).who, "Maria O. · ICU-3");
    }

    #[test]
    fn in_the_last_two_minutes_the_strip_counts_down() {
        let mut view = active();
        view.screen = ScreenView::Active {
            display_name: "Maria O.".to_owned(),
            role: "RN".to_owned(),
            signs_out_in_ms: Some(120_000),
            absolute_limit_in_ms: None,
            tap: NextTap::None,
            line: None,
            offers_renewal: false,
            my_sessions: None,
        };

        assert_eq!(strip_at(&view, 15).status, "Signs out in 1:45");
        assert!(strip_at(&view, 15).is_urgent);
    }

    #[test]
    fn the_absolute_limit_is_told_and_that_it_cannot_be_extended() {
        let mut view = active();
        view.screen = ScreenView::Active {
            display_name: "Maria O.".to_owned(),
            role: "RN".to_owned(),
            signs_out_in_ms: None,
            absolute_limit_in_ms: Some(300_000),
            tap: NextTap::None,
            line: None,
            offers_renewal: false,
            my_sessions: None,
        };

        assert_eq!(strip_at(&view, 1).status, "Your session ends in 4:59 and cannot be extended");
    }

    #[test]
    fn when_the_server_is_away_the_strip_says_that_work_goes_on() {
        let mut view = active();
        for contact in [Contact::Away, Contact::NotOurServer, Contact::ClockWrong] {
            view.contact = contact;
            assert_eq!(strip_at(&view, 0).status, "Server away, your work goes on");
        }
    }

    #[test]
    fn without_a_shield_the_strip_says_that_the_screen_is_not_enforced() {
        let mut view = active();
        view.is_enforced = false;

        assert_eq!(strip_at(&view, 0).status, "Screen not enforced");
    }

    #[test]
    fn the_strip_says_what_the_next_tap_does_and_what_the_last_one_led_to() {
        let strip = |next_tap, last| {
            let mut view = active();
            if let ScreenView::Active { tap, line, .. } = &mut view.screen {
                (*tap, *line) = (next_tap, last);
            }
            strip_at(&view, 0).status
        };

        assert_eq!(strip(NextTap::Covers, None), "Tap to cover");
        assert_eq!(strip(NextTap::SignsOut, None), "Tap to sign out");
        assert_eq!(strip(NextTap::None, None), "");
        let unknown = StripLine::Badge { line: BadgeLine::Unknown };
        assert_eq!(strip(NextTap::Covers, Some(unknown)), "This badge is not known here");
        let said = "Your apps do not respond yet. Trying again.";
        assert_eq!(strip(NextTap::Covers, Some(StripLine::AppsStandStill)), said);
    }

    #[test]
    fn the_strip_says_which_readers_do_not_answer_and_what_a_tap_at_another_does() {
        let strip = |reader, next_tap| {
            let mut view = active();
            view.reader = reader;
            if let ScreenView::Active { tap, .. } = &mut view.screen {
                *tap = next_tap;
            }
            strip_at(&view, 0).status
        };

        assert_eq!(strip(ReaderView::Faulty, NextTap::None), "Badge reader does not answer");
        assert_eq!(
            strip(ReaderView::SomeFaulty, NextTap::Covers),
            "Tap to cover · One badge reader does not answer; use the other"
        );
        assert_eq!(strip(ReaderView::None, NextTap::None), "");
    }

    #[test]
    fn the_warning_counts_down_and_the_strip_with_it() {
        let showing = Showing::of(&warning(), at(0)).unwrap();

        let text = showing.warning_text(at(18)).unwrap();

        assert_eq!(text.countdown, "0:42");
        assert!(text.why.contains("for 14 minutes"), "{}", text.why);
        assert_eq!(showing.strip_text(at(18)).status, "Signs out in 0:42");
    }

    #[test]
    fn a_screen_reader_hears_the_warning_at_once_and_then_at_thirty_and_ten() {
        let showing = Showing::of(&warning(), at(0)).unwrap();
        let mut before = None;
        let mut heard = Vec::new();
        for second in 0..=60 {
            heard.extend(showing.spoken_at(before, at(second)).map(|left| left.as_secs()));
            before = Some(at(second));
        }

        assert_eq!(heard, [60, 30, 10]);
    }

    #[test]
    fn strip_and_warning_speak_the_language_that_was_chosen() {
        let mut view = warning();
        view.language = Language::Spanish;
        view.contact = Contact::Away;

        let showing = Showing::of(&view, at(0)).unwrap();

        let strip = showing.strip_text(at(18));
        assert_eq!(strip.who, "Maria O. · RN · ICU-3");
        assert_eq!(strip.status, "La sesión se cierra en 0:42 · Sin servidor; su trabajo continúa");
        assert_eq!(strip.sign_out, "Cerrar sesión");
        let card = showing.warning_text(at(18)).unwrap();
        assert_eq!(card.countdown, "0:42");
        assert!(card.why.contains("durante 14 minutos"), "{}", card.why);
        assert_eq!(card.stay, "Sigo aquí");
    }

    #[test]
    fn during_the_warning_the_strip_says_that_a_tap_or_a_key_stays() {
        let mut view = warning();
        if let ScreenView::InactivityWarning { tap, .. } = &mut view.screen {
            *tap = NextTap::Stays;
        }

        assert_eq!(strip_at(&view, 18).status, "Signs out in 0:42 · Tap or press any key to stay signed in");
    }

    #[test]
    fn renew_stands_on_the_strip_only_while_it_is_offered() {
        let mut view = active();
        assert_eq!(strip_at(&view, 0).renew, None);

        if let ScreenView::Active { offers_renewal, .. } = &mut view.screen {
            *offers_renewal = true;
        }

        assert_eq!(strip_at(&view, 0).renew, Some("Renew"));
    }

    #[test]
    fn no_warning_stands_while_nothing_is_due() {
        let showing = Showing::of(&active(), at(0)).unwrap();

        assert_eq!(showing.warning_text(at(0)), None);
        assert_eq!(showing.spoken_at(None, at(0)), None);
        assert_eq!(showing.next_change_in(at(0)), None);
    }

    #[test]
    fn nothing_stands_on_a_covered_screen() {
        let covered = [
            ScreenView::Starting,
            ScreenView::SignedOut { notice: None, enrolment_offered_ms: None },
            ScreenView::Concealed {
                display_name: "Maria O.".to_owned(),
                role: String::new(),
                notice: None,
                signs_out_in_ms: None,
                enrolment_offered_ms: None,
                tap: ResumeTap::Resumes,
                is_renewing: false,
            },
            ScreenView::Opening { display_name: "Maria O.".to_owned() },
            ScreenView::SigningOut {
                display_name: "Maria O.".to_owned(),
                cause: EndCauseView::Inactivity,
                apps: None,
            },
            ScreenView::NotEnrolled,
        ];
        for screen in covered {
            assert_eq!(Showing::of(&view(screen), at(0)), None);
        }
    }
}
