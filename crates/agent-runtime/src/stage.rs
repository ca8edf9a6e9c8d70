//! What stands on screen, and when it must be drawn again.

use std::mem;

use agent_core::{instant::Instant, state::State};
use tokio::sync::watch;
use tracing::debug;

use crate::{
    language::{Language, Spoken},
    ports::{Enrolment, Ports},
    view::{
        self, Around, ConcealedNotice, Contact, Place, PolicyNotice, ReaderView, ScreenView, SignedOutNotice,
        ViewModel,
    },
};

/// The first eight characters of the workstation id are enough for the help desk.
const SHORT_ID_CHARS: usize = 8;

/// Emits a view when, and only when, the one before is no longer true.
#[derive(Debug)]
pub(crate) struct Stage {
    views: watch::Sender<ViewModel>,
    /// Times in the last view count from here.
    shown_at: Instant,
    /// Whether the server answers.
    pub(crate) contact: Contact,
    /// Whether a badge can be presented.
    pub(crate) reader: ReaderView,
    policy_notice: Option<PolicyNotice>,
    spoken: Spoken,
    /// What was typed last was refused before it reached the core, on this kind of screen.
    malformed_on: Option<mem::Discriminant<ScreenView>>,
    /// The strip counts down, so input is watched for: it must not go on counting once a key was pressed.
    is_counting_down: bool,
}

impl Stage {
    pub(crate) fn new(
        state: &State,
        policy_notice: Option<PolicyNotice>,
        own_language: Language,
        ports: &Ports,
        now: Instant,
    ) -> (Self, watch::Receiver<ViewModel>) {
        let first = ViewModel {
            revision: 1,
            screen: view::screen(state, Around::default(), now, now),
            place: Place::default(),
            contact: Contact::Unknown,
            is_enforced: ports.screen.is_enforced(),
            reader: ReaderView::None,
            language: own_language,
            policy_notice,
        };
        let (views, receiver) = watch::channel(first);
        let stage = Self {
            views,
            shown_at: now,
            contact: Contact::Unknown,
            reader: ReaderView::None,
            policy_notice,
            spoken: Spoken::new(own_language),
            malformed_on: None,
            is_counting_down: false,
        };
        (stage, receiver)
    }

    /// Emits what is on screen now, unless that is what was emitted last.
    pub(crate) fn show(&mut self, state: &State, ports: &Ports, now: Instant) {
        self.spoken.follow(state);
        let last = self.views.borrow().clone();
        let still = self.view(state, ports, now, self.shown_at, last.revision);
        if still != last {
            let next = self.view(state, ports, now, now, last.revision + 1);
            self.views.send_replace(next);
            self.shown_at = now;
            debug!(revision = last.revision + 1, "Another view");
        }
        self.follow_countdown(state, ports);
    }

    /// When [`Stage::show`] has something to do by the passing of time alone.
    pub(crate) fn next_change(&self, state: &State, now: Instant) -> Option<Instant> {
        view::next_change(state, now)
    }

    /// What is said on screen and beside it is said in this.
    pub(crate) fn language(&self) -> Language {
        self.spoken.language()
    }

    /// Speaks `language` from the next view on, if it was chosen where it can be: on a covered screen.
    pub(crate) fn choose_language(&mut self, language: Language) {
        let is_covered = !matches!(
            self.views.borrow().screen,
            ScreenView::Active { .. } | ScreenView::InactivityWarning { .. }
        );
        if is_covered {
            self.spoken.choose(language);
        }
    }

    /// What was typed is over its limit: said until something else is done, or another screen is up.
    pub(crate) fn refuse_malformed(&mut self) {
        self.malformed_on = Some(mem::discriminant(&self.views.borrow().screen));
    }

    pub(crate) const fn forget_malformed(&mut self) {
        self.malformed_on = None;
    }

    fn view(
        &mut self,
        state: &State,
        ports: &Ports,
        now: Instant,
        from: Instant,
        revision: u64,
    ) -> ViewModel {
        let around = Around { contact: self.contact, reader: self.reader };
        let mut screen = view::screen(state, around, now, from);
        if self.malformed_on.is_some_and(|on| on != mem::discriminant(&screen)) {
            self.malformed_on = None;
        }
        if self.malformed_on.is_some() {
            say_malformed(&mut screen);
        }
        ViewModel {
            revision,
            screen,
            place: ports.start_up.enrolment().map(place).unwrap_or_default(),
            contact: self.contact,
            is_enforced: ports.screen.is_enforced(),
            reader: self.reader,
            language: self.spoken.language(),
            policy_notice: self.policy_notice,
        }
    }

    /// The core asks for the last input when something is due; a strip that counts down must know at once.
    fn follow_countdown(&mut self, state: &State, ports: &Ports) {
        let counts_down =
            matches!(self.views.borrow().screen, ScreenView::Active { signs_out_in_ms: Some(_), .. });
        if counts_down == self.is_counting_down {
            return;
        }
        self.is_counting_down = counts_down;
        if counts_down {
            ports.idle.watch();
            ports.idle.measure();
        } else if !matches!(state, State::InactivityWarning(_)) {
            // The warning watches for itself, and says when no longer.
            ports.idle.unwatch();
        }
    }
}

/// Says that what was typed cannot be taken, where something can be typed.
fn say_malformed(screen: &mut ScreenView) {
    if let ScreenView::SignedOut { notice, .. } = screen {
        *notice = Some(SignedOutNotice::Malformed);
    }
    if let ScreenView::Concealed { notice, .. } = screen {
        *notice = Some(ConcealedNotice::Refused { notice: SignedOutNotice::Malformed });
    }
    if let ScreenView::SecondFactor { is_refused, .. } = screen {
        *is_refused = true;
    }
}

fn place(enrolment: Enrolment) -> Place {
    let id = enrolment.workstation.id.simple().to_string();
    Place {
        organisation: enrolment.organisation,
        unit: enrolment.unit,
        workstation: enrolment.workstation.name,
        workstation_id: id.chars().take(SHORT_ID_CHARS).collect(),
        help_line: enrolment.help_line,
    }
}
