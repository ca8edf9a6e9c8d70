//! "I lost my badge": she proves herself as for a sign-in, and nobody is signed in.

use expect_test::expect;

use super::*;
use crate::{
    event::FactorWanted,
    state::State,
    states::ward::{ATTEMPT, HERS, OLD_ATTEMPT, OTHER, at, badge, check, secret, session_opened, wants},
    step::step,
};

#[test]
fn name_and_password_go_to_the_server_as_a_loss() {
    check(
        SignedOut::default(),
        loss(),
        10,
        expect![[r#"
            → SigningIn, to report a loss, first factor, Waiting { asked_at: Instant(10ms), is_slow: false }
            ReportBadgesLost { attempt: AttemptId(1), name: "maria", password: Secret(…) }"#]],
    );
}

#[test]
fn asked_again_it_is_still_a_loss() {
    let unanswered = Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Unreachable };
    let resting = after(reporting(), unanswered, 20);
    check(
        resting,
        Event::ServerReached,
        30,
        expect![[r#"
            → SigningIn, to report a loss, first factor, Waiting { asked_at: Instant(30ms), is_slow: false }
            ReportBadgesLost { attempt: AttemptId(1), name: "maria", password: Secret(…) }"#]],
    );
}

#[test]
fn with_the_code_her_badges_are_revoked_and_the_screen_says_so() {
    let code = Event::CodeSubmitted { attempt: ATTEMPT, code: secret() };
    check(
        after(after(reporting(), wants(FactorWanted::Totp), 20), code, 30),
        Event::BadgesRevoked { attempt: ATTEMPT, count: 2 },
        40,
        expect!["→ SignedOut, telling BadgesRevoked(2)"],
    );
}

#[test]
fn a_session_opened_instead_is_ended() {
    check(
        reporting(),
        session_opened(ATTEMPT, OTHER),
        20,
        expect![[r#"
            → SigningIn, to report a loss, first factor, Waiting { asked_at: Instant(10ms), is_slow: false }
            EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
}

#[test]
fn an_answer_that_is_not_to_it_reports_nothing() {
    let revoked = |attempt| Event::BadgesRevoked { attempt, count: 2 };
    assert_eq!(after(reporting(), revoked(OLD_ATTEMPT), 20), reporting());
    let submitted = Event::SignInSubmitted { attempt: ATTEMPT, name: "maria".to_owned(), password: secret() };
    let signing_in = after_signed_out(submitted);
    assert_eq!(after(signing_in.clone(), revoked(ATTEMPT), 20), signing_in);
}

#[test]
fn whoever_has_a_badge_after_all_signs_in_with_it() {
    let tapped = Event::BadgeTapped { attempt: OLD_ATTEMPT, badge: badge(HERS) };
    let after = after(reporting(), tapped, 20);
    assert!(matches!(after.badge, Some(SignInBadge::Names { .. })), "{after:?}");
}

fn loss() -> Event {
    Event::LossReported { attempt: ATTEMPT, name: "maria".to_owned(), password: secret() }
}

fn reporting() -> SigningIn {
    after_signed_out(loss())
}

fn after_signed_out(event: Event) -> SigningIn {
    signing_in(step(SignedOut::default().into(), event, at(10)).state)
}

fn after(state: SigningIn, event: Event, at_ms: u64) -> SigningIn {
    signing_in(step(state.into(), event, at(at_ms)).state)
}

fn signing_in(state: State) -> SigningIn {
    let State::SigningIn(signing_in) = state else { panic!("{}", state.name()) };
    signing_in
}
