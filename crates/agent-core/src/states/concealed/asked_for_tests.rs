//! What is asked for at a concealed screen besides resuming: to renew, and to report a lost badge.

use std::time::Duration;

use expect_test::expect;

use super::{
    tests::{concealed, resumed, tap},
    *,
};
use crate::{
    event::{ContactFault, FactorWanted, Refusal},
    states::ward::{
        ATTEMPT, HERS, HIS, OLD_ATTEMPT, SESSION, at, badge, check, check_ignored, secret, session_opened,
        wants,
    },
};

#[test]
fn whoever_renews_is_asked_for_her_password_and_a_code_whatever_policy_says() {
    check(
        renewing(),
        password(),
        10,
        expect![[r#"
            → Concealed(UserTap), asking, Waiting { asked_at: Instant(10ms), is_slow: false }, renewing, last input 0ns, report at 3600s
            ResumeSession { attempt: AttemptId(1), session: SessionId(7), factor: Password(Secret(…)), renews_grace: true }"#]],
    );
}

#[test]
fn no_tap_renews_what_a_tap_may_do() {
    let step = step(renewing().into(), tap(HERS), at(10));
    assert!(
        matches!(step.commands[..], [Command::ResumeSession { renews_grace: false, .. }]),
        "{:?}",
        step.commands
    );
}

#[test]
fn a_refused_password_leaves_her_renewing_and_cancel_or_being_back_does_not() {
    let asked = after(renewing(), password(), 10);
    let refused = Event::SignInRefused { attempt: ATTEMPT, refusal: Refusal::NameOrPassword };
    assert!(after(asked.clone(), refused, 20).renews_grace);

    assert!(!after(renewing(), Event::SignInCancelled, 10).renews_grace);
    assert!(!after(asked, resumed(), 20).renews_grace);
}

#[test]
fn a_loss_is_reported_over_her_session_and_leaves_it_as_it_is() {
    check(
        concealed(),
        loss(),
        10,
        expect![[r#"
            → Concealed(UserTap), apps frozen, taken over: SigningIn, to report a loss, first factor, Waiting { asked_at: Instant(10ms), is_slow: false }, last input 0ns, report at 3600s
            FreezeApps { session: SessionId(7) }
            ReportBadgesLost { attempt: AttemptId(1), name: "maria", password: Secret(…) }"#]],
    );
    let reporting = after(after(concealed(), loss(), 10), wants(FactorWanted::Totp), 20);
    let answered = after(reporting, Event::CodeSubmitted { attempt: ATTEMPT, code: secret() }, 30);
    check(
        answered,
        Event::BadgesRevoked { attempt: ATTEMPT, count: 2 },
        40,
        expect![
            "→ Concealed(UserTap), apps frozen, at rest, telling Failed(BadgesRevoked(2)), last input 0ns, report at 3600s"
        ],
    );
}

#[test]
fn after_a_loss_no_tap_resumes_without_the_server_also_when_it_tells_of_another_badges_grace() {
    assert!(resumes_out_of_contact(shown(HERS)), "hers does at first");

    let lost = after(after(shown(HERS), loss(), 10), Event::BadgesRevoked { attempt: ATTEMPT, count: 1 }, 20);
    let lost = after(lost, grace(Some(Duration::from_secs(3_600))), 30);

    assert!(!resumes_out_of_contact(lost));
}

#[test]
fn where_the_server_said_that_no_tap_is_enough_the_badge_before_resumes_nothing_later() {
    let told = after(shown(HERS), grace(None), 10);
    let told = after(told, grace(Some(Duration::from_secs(3_600))), 20);

    assert!(!resumes_out_of_contact(told));
}

#[test]
fn of_two_badges_of_hers_the_one_that_was_shown_last_resumes_without_the_server() {
    let mut two = shown(HERS);
    two.in_use.session.was_shown(badge(HIS).mark);

    assert!(!resumes_out_of_contact(two));
}

#[test]
fn a_loss_that_nobody_reported_here_takes_nothing_from_the_holder() {
    let revoked = |attempt| Event::BadgesRevoked { attempt, count: 1 };
    check_ignored(shown(HERS), revoked(ATTEMPT), 10);
    check_ignored(after(shown(HERS), loss(), 5), revoked(OLD_ATTEMPT), 10);
}

#[test]
fn whoever_reports_a_loss_has_the_time_that_the_code_has() {
    let reporting = after(after(concealed(), loss(), 0), wants(FactorWanted::Totp), 0);
    assert_eq!(after(reporting.clone(), Event::DeadlineReached, 119_999), reporting);
    let over = after(reporting, Event::DeadlineReached, 120_000);
    assert_eq!(over.stage, ConcealedStage::AtRest);
}

#[test]
fn nobody_is_signed_in_by_a_reported_loss() {
    check(
        after(concealed(), loss(), 10),
        session_opened(ATTEMPT, crate::states::ward::OTHER),
        20,
        expect![[r#"
            → Concealed(UserTap), apps frozen, taken over: SigningIn, to report a loss, first factor, Waiting { asked_at: Instant(10ms), is_slow: false }, last input 0ns, report at 3600s
            EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
}

#[test]
fn the_strips_buttons_are_not_on_a_covered_screen() {
    let wish = crate::my_sessions::MySessionsWish::Show;
    check_ignored(concealed(), Event::MySessionsPressed { attempt: ATTEMPT, wish }, 10);
    check_ignored(concealed(), Event::RenewPressed, 10);
    check_ignored(
        concealed(),
        Event::MySessionsTold { attempt: ATTEMPT, session: SESSION, elsewhere: None },
        10,
    );
}

fn renewing() -> Concealed {
    Concealed { renews_grace: true, ..concealed() }
}

fn password() -> Event {
    Event::PasswordSubmitted { attempt: ATTEMPT, password: secret() }
}

fn loss() -> Event {
    Event::LossReported { attempt: ATTEMPT, name: "maria".to_owned(), password: secret() }
}

fn after(concealed: Concealed, event: Event, at_ms: u64) -> Concealed {
    let Step { state, .. } = step(concealed.into(), event, at(at_ms));
    let State::Concealed(after) = state else { panic!("{}", state.name()) };
    after
}

/// Her badge opened it, and a tap is enough.
fn shown(which: u8) -> Concealed {
    let mut concealed = concealed();
    concealed.in_use.session.was_shown(badge(which).mark);
    after(concealed, grace(Some(Duration::from_secs(3_600))), 0)
}

fn grace(remaining: Option<Duration>) -> Event {
    Event::GraceTold { session: SESSION, remaining }
}

fn resumes_out_of_contact(concealed: Concealed) -> bool {
    let asking = after(concealed, tap(HERS), 50_000);
    let fault = ContactFault::Unreachable;
    let tapped = after(asking, Event::SignInUnanswered { attempt: ATTEMPT, fault }, 51_000);
    matches!(tapped.stage, ConcealedStage::Recording { .. })
}
