//! What the stories say again and again.

use std::time::Duration;

use agent_core::command::EndCause;
use agent_runtime::view::{EndCauseView, ScreenView, SignedOutNotice};
use testkit::{bedside::Bedside, fake::ServerSession};

pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3_600);

pub(crate) const LOGIN: &str = "login of Maria O. by PasswordTotp";

pub(crate) fn signed_out(notice: SignedOutNotice) -> ScreenView {
    ScreenView::SignedOut { notice: Some(notice), enrolment_offered_ms: None }
}

pub(crate) fn session_ended(cause: EndCauseView) -> ScreenView {
    signed_out(SignedOutNotice::SessionEnded { cause })
}

pub(crate) fn is_warning(bedside: &Bedside) -> bool {
    matches!(bedside.shows(), ScreenView::InactivityWarning { .. })
}

pub(crate) fn is_active(bedside: &Bedside) -> bool {
    matches!(bedside.shows(), ScreenView::Active { .. })
}

/// Covered, nothing left of the session, login and logout on record once, the server knows.
#[track_caller]
pub(crate) fn assert_ended(bedside: &Bedside, cause: EndCause, in_words: &str) {
    assert!(bedside.screen.is_covered());
    assert_eq!(bedside.keychain.holds(), None);
    assert!(!bedside.session_server.holds_credential());
    assert_eq!(sessions_on_record(bedside), [LOGIN.to_owned(), format!("logout of Maria O.: {in_words}")]);
    let session = bedside.session();
    assert_eq!(bedside.session_server.session(session), Some(ServerSession::Ended(cause)));
}

/// Logins and logouts, in order.
pub(crate) fn sessions_on_record(bedside: &Bedside) -> Vec<String> {
    let is_of_a_session = |words: &String| words.starts_with("login of") || words.starts_with("logout of");
    bedside.audit_trail.story().into_iter().filter(is_of_a_session).collect()
}
