//! A sign-in that a badge has part in.

use std::time::Duration;

use expect_test::expect;

use super::*;
use crate::{
    event::{ContactFault, FactorWanted, RecordKey},
    state::State,
    states::ward::{
        ATTEMPT, CHALLENGE, HERS, HIS, OLD_ATTEMPT, SESSION, UNKNOWN, assert_covered_with_its_apps_running,
        at, badge, check, check_ignored, maria, secret, session_opened,
    },
    step::step,
};

#[test]
fn within_her_grace_period_a_tap_is_all() {
    check(
        by_badge(),
        session_opened(ATTEMPT, SESSION),
        10,
        expect![[r#"
        → SigningIn, securing, login: false, credential: false
        AppendAudit(Login of 7)
        StoreCredential { session: SessionId(7), credential: Secret(…) }"#]],
    );
}

#[test]
fn once_it_is_over_only_what_is_missing_is_asked_one_after_the_other() {
    check(
        by_badge(),
        wants_of_her(FactorWanted::Password),
        10,
        expect!["→ SigningIn, by badge of Maria O., awaiting code, 5 tries left, refused: false"],
    );
    let asked = after(by_badge(), wants_of_her(FactorWanted::Password));
    check(
        asked.clone(),
        Event::PasswordSubmitted { attempt: ATTEMPT, password: secret() },
        10,
        expect![[r#"
        → SigningIn, by badge of Maria O., second factor, Waiting { asked_at: Instant(10ms), is_slow: false }
        AnswerChallenge { attempt: AttemptId(1), challenge: ChallengeId(3), answer: Password(Secret(…)) }"#]],
    );
    let answered = after(asked, Event::PasswordSubmitted { attempt: ATTEMPT, password: secret() });
    check(
        answered,
        wants_of_her(FactorWanted::Totp),
        10,
        expect!["→ SigningIn, by badge of Maria O., awaiting code, 5 tries left, refused: false"],
    );
}

#[test]
fn what_is_not_asked_is_not_sent() {
    for (asked, given) in [
        (FactorWanted::Password, Event::CodeSubmitted { attempt: ATTEMPT, code: secret() }),
        (FactorWanted::Password, Event::PinSubmitted { attempt: ATTEMPT, pin: secret() }),
        (FactorWanted::Totp, Event::PasswordSubmitted { attempt: ATTEMPT, password: secret() }),
        (FactorWanted::Pin, Event::CodeSubmitted { attempt: ATTEMPT, code: secret() }),
    ] {
        check_ignored(after(by_badge(), wants_of_her(asked)), given, 10);
    }
}

#[test]
fn what_a_tap_asked_for_is_given_up_before_somebody_else_stands_there() {
    let unanswered = |at_ms| {
        let event = Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Unreachable };
        step(by_badge().into(), event, at(at_ms)).state
    };
    assert!(matches!(unanswered(19_999), State::SigningIn(_)));
    assert!(matches!(unanswered(20_000), State::SignedOut(_)));
}

#[test]
fn the_same_badge_again_changes_nothing_and_another_one_wipes_what_was_typed() {
    let typed = after(
        after(by_badge(), wants_of_her(FactorWanted::Password)),
        Event::PasswordSubmitted { attempt: ATTEMPT, password: secret() },
    );

    check_ignored(typed.clone(), Event::BadgeTapped { attempt: OLD_ATTEMPT, badge: badge(HERS) }, 10);
    check(
        typed,
        Event::BadgeTapped { attempt: OLD_ATTEMPT, badge: badge(HIS) },
        10,
        expect![[r#"
        → SigningIn, by badge, first factor, Waiting { asked_at: Instant(10ms), is_slow: false }
        OpenSessionByBadge { attempt: AttemptId(2), badge: Badge { mark: BadgeMark(…), number: Secret(…), grade: Uid } }"#]],
    );
}

#[test]
fn a_badge_that_nobody_has_is_offered_and_a_revoked_one_is_not() {
    check(
        by_badge(),
        refused(Refusal::BadgeUnknown),
        10,
        expect!["→ SignedOut, offering a badge, telling Badge(Unknown)"],
    );
    check(by_badge(), refused(Refusal::BadgeUnlisted), 10, expect!["→ SignedOut, telling Badge(Unlisted)"]);
    check(by_badge(), refused(Refusal::BadgeWait), 10, expect!["→ SignedOut, telling Badge(Wait)"]);
    check(by_badge(), refused(Refusal::BadgeRefused), 10, expect!["→ SignedOut, telling Badge(Refused)"]);
}

#[test]
fn a_badge_to_be_enrolled_waits_through_a_wrong_password_and_is_offered_to_whom_the_session_is() {
    check(
        to_enrol(),
        refused(Refusal::NameOrPassword),
        10,
        expect!["→ SignedOut, offering a badge, telling Refused(NameOrPassword)"],
    );
    check(
        to_enrol(),
        session_opened(ATTEMPT, SESSION),
        10,
        expect![[r#"
            → SigningIn, securing, login: false, credential: false
            AppendAudit(Login of 7)
            StoreCredential { session: SessionId(7), credential: Secret(…) }"#]],
    );
}

#[test]
fn a_screen_that_is_about_to_be_hers_is_covered_when_she_has_uncovered_another_meanwhile() {
    let securing = after(by_badge(), session_opened(ATTEMPT, SESSION));
    let told = after(securing, Event::CoveredElsewhere { session: SESSION });
    let stored = after(told, Event::AuditStored(RecordKey::Login(SESSION)));
    let uncovering = after(stored, Event::CredentialStored { session: SESSION });

    let uncovered = uncovering.on_event(Event::ScreenUncovered { session: SESSION }, at(10));

    assert_eq!(uncovered.state.name(), "Concealed");
    assert_covered_with_its_apps_running(&uncovered.commands);
}

fn by_badge() -> SigningIn {
    signing_in(SigningIn::begin_by_badge(ATTEMPT, badge(HERS), at(0)))
}

fn to_enrol() -> SigningIn {
    let offered = Some(Offer { badge: badge(UNKNOWN), until: at(30_000) });
    signing_in(SigningIn::begin(ATTEMPT, "maria".to_owned(), secret(), offered, at(0)))
}

fn after(state: SigningIn, event: Event) -> SigningIn {
    signing_in(state.on_event(event, at(5)))
}

fn signing_in(step: Step) -> SigningIn {
    let crate::state::State::SigningIn(signing_in) = step.state else { panic!("{}", step.state.name()) };
    signing_in
}

fn wants_of_her(wants: FactorWanted) -> Event {
    Event::ChallengeIssued {
        attempt: ATTEMPT,
        challenge: CHALLENGE,
        wants,
        user: Some(maria()),
        expires_in: Duration::from_secs(120),
        tries_left: 5,
    }
}

fn refused(refusal: Refusal) -> Event {
    Event::SignInRefused { attempt: ATTEMPT, refusal }
}
