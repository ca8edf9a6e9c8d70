//! The view model on its way to whoever draws it: the page, the strip and the warning.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use agent_core::instant::Instant;
use agent_runtime::{
    ports::Clock,
    view::{ConcealedNotice, ScreenView, SignedOutNotice, ViewModel},
};
use tauri::{AppHandle, Emitter as _, EventTarget};
use tracing::{info, warn};

use crate::{page, uncovered, windows::LOCK_LABEL};

/// The page draws each payload of this event.
const VIEW_EVENT: &str = "view";

/// The last view, for a page that comes later. Cheap to clone.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a clock has none")]
pub struct Views {
    clock: Arc<dyn Clock>,
    last: Arc<Mutex<(ViewModel, Instant)>>,
}

impl Views {
    /// With the view the loop begins with.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, first: ViewModel) -> Self {
        let last = Arc::new(Mutex::new((first, clock.now())));
        Self { clock, last }
    }

    /// Has `view` drawn. Any thread.
    pub fn show(&self, app: &AppHandle, view: ViewModel) {
        let now = (view.clone(), self.clock.now());
        let before = mem::replace(&mut *self.last.lock().unwrap_or_else(PoisonError::into_inner), now);
        if before.0.revision == view.revision || kind(&before.0.screen) != kind(&view.screen) {
            info!(screen = kind(&view.screen), "The screen shows `{}`", kind(&view.screen));
        }
        // A page that cannot be reached asks for the view when it is back.
        if let Err(error) = app.emit_to(EventTarget::webview_window(LOCK_LABEL), VIEW_EVENT, &view) {
            warn!(%error, "The page was not told of a view");
        }
        page::speak(view.language);
        uncovered::show(view);
    }

    /// The last view, its times told from now.
    #[must_use]
    pub fn current(&self) -> ViewModel {
        let (view, emitted_at) = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        aged(view, self.clock.now().since(emitted_at))
    }
}

/// As the page knows it.
const fn kind(screen: &ScreenView) -> &'static str {
    match screen {
        ScreenView::Starting => "starting",
        ScreenView::SignedOut { .. } => "signed_out",
        ScreenView::Asking { .. } => "asking",
        ScreenView::SecondFactor { .. } => "second_factor",
        ScreenView::Opening { .. } => "opening",
        ScreenView::Concealed { .. } => "concealed",
        ScreenView::Active { .. } => "active",
        ScreenView::InactivityWarning { .. } => "inactivity_warning",
        ScreenView::SigningOut { .. } => "signing_out",
        ScreenView::NotEnrolled => "not_enrolled",
        ScreenView::FailClosed { .. } => "fail_closed",
    }
}

/// The view as it would be emitted `by` later: its times count from the moment it is told.
fn aged(mut view: ViewModel, by: Duration) -> ViewModel {
    let by_ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
    let down = |left_ms: &mut u64| *left_ms = left_ms.saturating_sub(by_ms);
    let up = |past_ms: &mut u64| *past_ms = past_ms.saturating_add(by_ms);
    match &mut view.screen {
        ScreenView::SignedOut { notice, enrolment_offered_ms } => {
            if let Some(SignedOutNotice::LockedOut { retry_after_ms }) = notice {
                down(retry_after_ms);
            }
            enrolment_offered_ms.iter_mut().for_each(down);
        }
        ScreenView::Concealed { notice, signs_out_in_ms, enrolment_offered_ms, .. } => {
            if let Some(ConcealedNotice::Refused { notice: SignedOutNotice::LockedOut { retry_after_ms } }) =
                notice
            {
                down(retry_after_ms);
            }
            signs_out_in_ms.iter_mut().chain(enrolment_offered_ms).for_each(down);
        }
        ScreenView::SecondFactor { expires_in_ms, .. } => down(expires_in_ms),
        ScreenView::Active { signs_out_in_ms, absolute_limit_in_ms, .. } => {
            signs_out_in_ms.iter_mut().chain(absolute_limit_in_ms).for_each(down);
        }
        ScreenView::InactivityWarning { signs_out_in_ms, inactive_for_ms, .. } => {
            down(signs_out_in_ms);
            up(inactive_for_ms);
        }
        ScreenView::FailClosed { since_ms, retry_in_ms, .. } => {
            up(since_ms);
            down(retry_in_ms);
        }
        ScreenView::Starting
        | ScreenView::Asking { .. }
        | ScreenView::Opening { .. }
        | ScreenView::SigningOut { .. }
        | ScreenView::NotEnrolled => {}
    }
    view
}

#[cfg(test)]
mod tests {
    use agent_runtime::{
        language::Language,
        view::{Contact, FactorWanted, FailClosedCode, NextTap, Place, ReaderView, ResumeTap},
    };

    use super::*;

    fn after_ten_seconds(screen: ScreenView) -> ScreenView {
        let view = ViewModel {
            revision: 7,
            screen,
            place: Place::default(),
            contact: Contact::Online,
            is_enforced: true,
            reader: ReaderView::Ready,
            language: Language::English,
            policy_notice: None,
        };
        aged(view, Duration::from_secs(10)).screen
    }

    #[test]
    fn a_page_loaded_anew_counts_the_code_down_from_now() {
        let told = |expires_in_ms| ScreenView::SecondFactor {
            wants: FactorWanted::Totp,
            is_loss: false,
            display_name: None,
            expires_in_ms,
            tries_left: 5,
            is_refused: false,
        };

        assert_eq!(after_ten_seconds(told(120_000)), told(110_000));
        assert_eq!(after_ten_seconds(told(5_000)), told(0));
    }

    #[test]
    fn a_lockout_is_not_made_longer_by_loading_the_page_anew() {
        let told = |retry_after_ms| ScreenView::SignedOut {
            notice: Some(SignedOutNotice::LockedOut { retry_after_ms }),
            enrolment_offered_ms: None,
        };

        assert_eq!(after_ten_seconds(told(30_000)), told(20_000));
    }

    #[test]
    fn an_offer_and_a_concealed_session_are_not_made_longer_either() {
        let offered = |left_ms| ScreenView::SignedOut { notice: None, enrolment_offered_ms: Some(left_ms) };
        let concealed = |left_ms| ScreenView::Concealed {
            display_name: "Maria O.".to_owned(),
            role: String::new(),
            notice: None,
            signs_out_in_ms: Some(left_ms),
            enrolment_offered_ms: None,
            tap: ResumeTap::Resumes,
            is_renewing: false,
        };

        assert_eq!(after_ten_seconds(offered(30_000)), offered(20_000));
        assert_eq!(after_ten_seconds(concealed(60_000)), concealed(50_000));
    }

    #[test]
    fn since_when_it_fails_closed_stays_the_same_moment() {
        let told = |since_ms, retry_in_ms| ScreenView::FailClosed {
            code: FailClosedCode::KeychainUnavailable,
            since_ms,
            retry_in_ms,
        };

        assert_eq!(after_ten_seconds(told(1_000, 30_000)), told(11_000, 20_000));
    }

    #[test]
    fn the_warning_counts_on() {
        let told = |signs_out_in_ms, inactive_for_ms| ScreenView::InactivityWarning {
            display_name: "Maria O.".to_owned(),
            role: String::new(),
            signs_out_in_ms,
            inactive_for_ms,
            tap: NextTap::Stays,
            line: None,
        };

        assert_eq!(after_ten_seconds(told(60_000, 840_000)), told(50_000, 850_000));
    }
}
