//! She walks away: warned, covered, signed out, on record.

use std::time::Duration;

use agent_core::command::{EndCause, Notice};
use agent_runtime::view::{EndCauseView, ScreenView, SignedOutNotice};
use testkit::{bedside::Bedside, fake::ServerSession};

const MINUTE: Duration = Duration::from_secs(60);
const SECOND: Duration = Duration::from_secs(1);

#[test]
fn left_alone_for_fifteen_minutes_she_is_signed_out_and_it_is_on_record() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.pass(15 * MINUTE);

    assert!(bedside.screen.is_covered());
    assert_eq!(
        bedside.shows(),
        ScreenView::SignedOut {
            notice: Some(SignedOutNotice::SessionEnded { cause: EndCauseView::Inactivity })
        }
    );
    assert_eq!(
        bedside.audit_trail.story(),
        ["agent started", "login of Maria O. by PasswordTotp", "logout of Maria O.: inactivity"]
    );
    assert_eq!(bedside.keychain.holds(), None);
    assert!(!bedside.session_server.holds_credential());
    let session = bedside.session();
    assert_eq!(bedside.session_server.session(session), Some(ServerSession::Ended(EndCause::Inactivity)));
}
