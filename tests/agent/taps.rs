//! A tap flips the cover: PRODUCT.md's table, row by row, on the real core and runtime.

use std::time::Duration;

use agent_core::{
    badge::{BadgeFault, ReaderFault, ReaderId},
    command::{ConcealCause, FailClosedCause},
    event::{ContactFault, Limits, TapOut},
};
use agent_runtime::{
    intent::{Intent, Typed},
    ports::Clock as _,
    view::{
        AskingStep, BadgeLine, ConcealedNotice, EndCauseView, FactorWanted, NextTap, ReaderView, ScreenView,
        SignedOutNotice, StripLine,
    },
};
use testkit::{
    bedside::Bedside,
    fake::{Person, Reach, ServerSession},
};

use crate::told::{MILLISECOND, MINUTE, SECOND, is_active, is_warning, session_ended, signed_out};

const HERS: &str = "uid:04a1b2c3d4e580";
const HIS: &str = "uid:04ffeeddccbb80";
const UNKNOWN: &str = "uid:04111111111180";
const READER: ReaderId = ReaderId(1);
const SIGNED_OUT: ScreenView = ScreenView::SignedOut { notice: None, enrolment_offered_ms: None };

/// One row: where the screen is, what is tapped, and what follows.
struct Row {
    what: &'static str,
    given: fn() -> Bedside,
    tap: fn(&mut Bedside),
    then: fn(&mut Bedside),
}

#[test]
fn each_tap_means_what_the_table_says() {
    for row in TABLE {
        let mut bedside = (row.given)();
        (row.tap)(&mut bedside);
        let shown = bedside.shows();
        let holds = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (row.then)(&mut bedside)));
        assert!(holds.is_ok(), "{}: {shown:?}", row.what);
    }
}

const TABLE: &[Row] = &[
    Row {
        what: "signed out, known, grace alive: sign in",
        given: with_a_reader,
        tap: hers,
        then: |bedside| {
            assert!(is_active(bedside));
            assert!(!bedside.screen.is_covered());
            assert!(bedside.audit_trail.story().contains(&"login of Maria O. by Badge".to_owned()));
        },
    },
    Row {
        what: "signed out, known, grace over: asks only for what is missing",
        given: || {
            let bedside = with_a_reader();
            bedside.session_server.grace_is_over(true);
            bedside
        },
        tap: hers,
        then: |bedside| {
            assert_eq!(wanted(bedside), Some((FactorWanted::Password, Some("Maria O.".to_owned()))));
            types_password(bedside, "correct horse");
            assert_eq!(wanted(bedside), Some((FactorWanted::Totp, Some("Maria O.".to_owned()))));
            bedside.types_code("123456");
            assert!(is_active(bedside));
            assert!(
                bedside.audit_trail.story().contains(&"login of Maria O. by BadgePasswordTotp".to_owned())
            );
        },
    },
    Row {
        what: "signed out, unknown: offers enrolment for 30 s",
        given: with_a_reader,
        tap: unknown,
        then: |bedside| {
            assert!(matches!(
                bedside.shows(),
                ScreenView::SignedOut {
                    notice: Some(SignedOutNotice::Badge { line: BadgeLine::Unknown }),
                    enrolment_offered_ms: Some(1..=30_000),
                }
            ));
            bedside.maria_signs_in();
            assert_eq!(line(bedside), Some(BadgeLine::TapAgainToEnrol));
            assert!(!is_marias(bedside), "her sign-in alone makes nobody's badge hers");
            bedside.pass(3 * SECOND);
            unknown(bedside);
            assert!(is_marias(bedside));
            assert_eq!(line(bedside), Some(BadgeLine::Enrolled));
            bedside.pass(10 * SECOND);
            unknown(bedside);
            assert!(is_concealed(bedside), "it is hers from now on");
        },
    },
    Row {
        what: "signed out, unknown, and nobody signs in: offered no longer",
        given: with_a_reader,
        tap: unknown,
        then: |bedside| {
            bedside.pass(30 * SECOND);
            assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
            bedside.maria_signs_in();
            bedside.pass(3 * SECOND);
            unknown(bedside);
            assert_eq!(line(bedside), Some(BadgeLine::Unknown));
            assert!(!is_marias(bedside));
        },
    },
    Row {
        what: "signed out, a badge that somebody left, and she signs in: it is never hers",
        given: with_a_reader,
        tap: unknown,
        then: |bedside| {
            bedside.maria_signs_in();
            bedside.pass(30 * SECOND);
            assert_eq!(line(bedside), None);
            unknown(bedside);
            assert!(!is_marias(bedside));
        },
    },
    Row {
        what: "signing in, same: nothing",
        given: asked_for_her_password,
        tap: hers,
        then: |bedside| {
            assert_eq!(wanted(bedside), Some((FactorWanted::Password, Some("Maria O.".to_owned()))));
            assert_eq!(bedside.session_server.asked().len(), 1);
        },
    },
    Row {
        what: "signing in, other: starts over for the other",
        given: asked_for_her_password,
        tap: his,
        then: |bedside| {
            assert_eq!(wanted(bedside), Some((FactorWanted::Password, Some("John B.".to_owned()))));
        },
    },
    Row {
        what: "active, holder's: cover at once, session kept",
        given: hers_at_work,
        tap: hers,
        then: |bedside| {
            assert!(is_concealed(bedside));
            assert!(bedside.screen.is_covered());
            let session = bedside.session();
            assert_eq!(bedside.session_server.session(session), Some(ServerSession::Open));
            assert_eq!(bedside.session_server.concealed(), [(session, ConcealCause::UserTap)]);
            assert_eq!(bedside.keychain.holds(), Some(session));
        },
    },
    Row {
        what: "active, holder's other badge: cover, once the server has said whose it is",
        given: || {
            let mut maria = Person::maria();
            maria.badges.push(UNKNOWN.to_owned());
            let bedside = hers_at_work();
            bedside.session_server.knows(maria);
            bedside
        },
        tap: unknown,
        then: |bedside| assert!(is_concealed(bedside)),
    },
    Row {
        what: "inactivity warning, holder's: stay",
        given: warned,
        tap: hers,
        then: |bedside| {
            assert!(is_active(bedside));
            bedside.pass(14 * MINUTE - SECOND);
            assert!(is_active(bedside), "counted from the tap");
        },
    },
    Row {
        what: "concealed, holder's, grace alive: resume",
        given: concealed,
        tap: hers,
        then: |bedside| {
            assert!(is_active(bedside));
            assert!(!bedside.screen.is_covered());
            assert_eq!(bedside.session_server.sessions_not_over().len(), 1, "the same session");
        },
    },
    Row {
        what: "concealed, holder's, grace over: password, then resume",
        given: || {
            let bedside = concealed();
            bedside.session_server.grace_is_over(true);
            bedside
        },
        tap: hers,
        then: |bedside| {
            assert_eq!(wanted(bedside), Some((FactorWanted::Password, Some("Maria O.".to_owned()))));
            assert!(bedside.screen.is_covered());
            types_password(bedside, "correct horse");
            assert!(is_active(bedside));
        },
    },
    Row {
        what: "concealed, unknown: offers enrolment to a colleague, her session kept",
        given: concealed,
        tap: unknown,
        then: |bedside| {
            assert_eq!(notice(bedside), Some(ConcealedNotice::Badge { line: BadgeLine::Unknown }));
            assert_eq!(bedside.session_server.sessions_not_over().len(), 1);
        },
    },
    Row { what: "active, other, known: tap-over", given: hers_at_work, tap: his, then: john_has_taken_over },
    Row {
        what: "inactivity warning, other, known: tap-over",
        given: warned,
        tap: his,
        then: john_has_taken_over,
    },
    Row { what: "concealed, other, known: tap-over", given: concealed, tap: his, then: john_has_taken_over },
    Row {
        what: "active, other, grace over and given up: her covered screen again",
        given: || {
            let bedside = hers_at_work();
            bedside.session_server.grace_is_over(true);
            bedside
        },
        tap: his,
        then: |bedside| {
            assert!(bedside.screen.is_covered(), "he never sees her screen");
            assert_eq!(wanted(bedside), Some((FactorWanted::Password, Some("John B.".to_owned()))));
            bedside.pass(21 * SECOND);
            assert!(is_concealed(bedside));
            assert_eq!(bedside.session_server.sessions_not_over(), [bedside.session()]);
        },
    },
    Row {
        what: "active, unknown: one line on the strip, nothing else",
        given: hers_at_work,
        tap: unknown,
        then: |bedside| {
            assert_eq!(line(bedside), Some(BadgeLine::Unknown));
            assert!(!bedside.screen.is_covered());
            bedside.pass(5 * SECOND);
            assert_eq!(line(bedside), None);
        },
    },
    Row {
        what: "inactivity warning, unknown: nothing else",
        given: warned,
        tap: unknown,
        then: |bedside| {
            assert!(is_warning(bedside));
            bedside.pass(MINUTE);
            assert_eq!(
                bedside.shows(),
                session_ended(EndCauseView::Inactivity),
                "no tap of hers, no activity"
            );
        },
    },
    Row {
        what: "signing out: his sign-in begins under the cover, and is his when hers is over",
        given: || {
            let mut bedside = hers_at_work();
            bedside.audit_trail.takes(2 * SECOND);
            bedside.does(Intent::SignOut);
            bedside
        },
        tap: his,
        then: |bedside| {
            assert!(matches!(bedside.shows(), ScreenView::SigningOut { .. }));
            bedside.audit_trail.takes(Duration::ZERO);
            bedside.pass(3 * SECOND);
            assert!(is_active(bedside));
            assert_eq!(name(bedside), "John B.");
        },
    },
    Row {
        what: "any, revoked: words only",
        given: || {
            let bedside = with_a_reader();
            bedside.session_server.revokes(HERS);
            bedside
        },
        tap: hers,
        then: |bedside| {
            assert_eq!(bedside.shows(), signed_out(SignedOutNotice::Badge { line: BadgeLine::Refused }));
        },
    },
    Row {
        what: "active, revoked: words only",
        given: || {
            let bedside = hers_at_work();
            bedside.session_server.revokes(HIS);
            bedside
        },
        tap: his,
        then: |bedside| {
            assert_eq!(line(bedside), Some(BadgeLine::Refused));
            assert!(!bedside.screen.is_covered());
        },
    },
    Row {
        what: "any, random 4-byte UID: words only",
        given: with_a_reader,
        tap: |bedside| useless(bedside, BadgeFault::RandomNumber),
        then: |bedside| {
            assert_eq!(bedside.shows(), signed_out(SignedOutNotice::Badge { line: BadgeLine::Unusable }));
        },
    },
    Row {
        what: "concealed, two cards at once: words only",
        given: concealed,
        tap: |bedside| useless(bedside, BadgeFault::TwoAtOnce),
        then: |bedside| {
            assert_eq!(notice(bedside), Some(ConcealedNotice::Badge { line: BadgeLine::TwoAtOnce }));
        },
    },
    Row {
        what: "fail closed, any: words only",
        given: || {
            let bedside = with_a_reader();
            bedside.session_server.refuses_workstation(FailClosedCause::WorkstationRevoked);
            let mut bedside = bedside;
            bedside.settle();
            bedside
        },
        tap: hers,
        then: |bedside| assert!(matches!(bedside.shows(), ScreenView::FailClosed { .. })),
    },
    Row {
        what: "any, still lying on the reader: ignored, never activity",
        given: || {
            let mut bedside = with_a_reader();
            bedside.readers.present(READER, HERS);
            bedside.settle();
            bedside
        },
        tap: |bedside| bedside.pass(15 * MINUTE + SECOND),
        then: |bedside| assert_eq!(bedside.shows(), session_ended(EndCauseView::Inactivity)),
    },
    Row {
        what: "any, < 2.5 s since it left: ignored",
        given: || {
            let mut bedside = with_a_reader();
            bedside.taps(HERS);
            bedside.pass(6 * SECOND);
            bedside.taps(HERS);
            assert!(is_concealed(&bedside));
            bedside.pass(2 * SECOND);
            bedside
        },
        tap: hers,
        then: |bedside| {
            assert!(is_concealed(bedside));
            bedside.pass(3 * SECOND);
            hers(bedside);
            assert!(is_active(bedside));
        },
    },
    Row {
        what: "holder's < 5 s after an uncover: ignored",
        given: || {
            let mut bedside = with_a_reader();
            bedside.taps(HERS);
            bedside.pass(4 * SECOND);
            bedside
        },
        tap: hers,
        then: |bedside| assert!(is_active(bedside)),
    },
    Row {
        what: "any, reader unplugged: told in words, typing still works",
        given: with_a_reader,
        tap: |bedside| {
            bedside.readers.breaks(READER, ReaderFault::Unplugged);
            bedside.settle();
        },
        then: |bedside| {
            assert_eq!(bedside.view().unwrap().reader, ReaderView::Faulty);
            bedside.maria_signs_in();
            assert_eq!(next_tap(bedside), NextTap::None);
            bedside.readers.heals(READER);
            bedside.settle();
            assert_eq!(next_tap(bedside), NextTap::Covers);
        },
    },
];

#[test]
fn one_dead_reader_of_two_is_told_while_the_other_reads_and_it_heals() {
    let mut bedside = with_a_reader();
    let other = bedside.readers.plug_in();
    bedside.readers.breaks(other, ReaderFault::Unavailable);
    bedside.settle();
    assert_eq!(bedside.view().unwrap().reader, ReaderView::SomeFaulty);

    hers(&mut bedside);
    assert!(is_active(&bedside));
    assert_eq!(next_tap(&bedside), NextTap::Covers);
    bedside.readers.heals(other);
    bedside.settle();

    assert_eq!(bedside.view().unwrap().reader, ReaderView::Ready);
}

#[test]
fn a_badge_that_lies_on_a_reader_when_it_is_plugged_in_is_a_tap_once_it_was_lifted() {
    let mut bedside = Bedside::switched_off();
    let reader = bedside.readers.plug_in_with(HERS);
    bedside.switch_on();
    assert_eq!(bedside.shows(), SIGNED_OUT);
    bedside.pass(MINUTE);
    assert_eq!(bedside.shows(), SIGNED_OUT);

    bedside.readers.take_away(reader);
    bedside.pass(3 * SECOND);
    hers(&mut bedside);

    assert!(is_active(&bedside));
}

#[test]
fn where_policy_says_so_her_tap_signs_out_and_a_second_one_undoes_it() {
    let limits = Limits { tap_out: TapOut::SignOut, ..ward_limits() };
    let mut bedside = with_a_reader();
    bedside.session_server.limits(limits);
    hers(&mut bedside);
    bedside.pass(10 * SECOND);
    assert_eq!(next_tap(&bedside), NextTap::SignsOut);

    hers(&mut bedside);
    assert!(matches!(bedside.shows(), ScreenView::Concealed { signs_out_in_ms: Some(1..=8_000), .. }));
    bedside.pass(4 * SECOND);
    hers(&mut bedside);
    assert!(is_active(&bedside), "undone");
    bedside.pass(10 * SECOND);
    hers(&mut bedside);
    bedside.pass(8 * SECOND);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::UserTap));
}

#[test]
fn left_alone_for_five_minutes_the_screen_covers_itself_and_at_fifteen_the_session_ends() {
    let mut bedside = with_a_reader();
    bedside.has_the_default_policy();
    bedside.switch_on();
    bedside.maria_signs_in();

    bedside.pass(5 * MINUTE - MILLISECOND);
    assert!(is_active(&bedside));
    bedside.pass(MILLISECOND);
    assert!(is_concealed(&bedside));
    assert_eq!(notice(&bedside), Some(ConcealedNotice::Inactivity));
    bedside.pass(9 * MINUTE);
    assert!(matches!(bedside.shows(), ScreenView::Concealed { signs_out_in_ms: Some(1..=60_000), .. }));
    bedside.pass(MINUTE);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::Inactivity));
}

#[test]
fn a_thousand_strangers_inputs_on_a_concealed_screen_do_not_move_its_limit() {
    let mut bedside = concealed();
    let concealed_for = 6 * SECOND;

    for stranger in 0..1_000 {
        match stranger % 4 {
            0 => bedside.types(),
            1 => bedside.does(Intent::Stay),
            2 => bedside.types_code("111111"),
            _ => useless(&mut bedside, BadgeFault::Unreadable),
        }
        bedside.pass(400 * MILLISECOND);
    }
    let left = 15 * MINUTE
        - (bedside.clock.now().since(bedside.session_server.told_at(bedside.session()).unwrap())
            - concealed_for);
    bedside.pass(left + SECOND);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::Inactivity));
}

#[test]
fn she_uncovers_a_screen_elsewhere_and_this_one_covers_at_once_and_keeps_her_session() {
    let mut bedside = hers_at_work();

    bedside.session_server.covers_elsewhere(bedside.session());
    bedside.settle();

    assert!(is_concealed(&bedside));
    assert_eq!(notice(&bedside), Some(ConcealedNotice::Elsewhere));
    hers(&mut bedside);
    assert!(is_active(&bedside), "and hers again by a tap");
}

#[test]
fn out_of_contact_her_own_badge_still_covers_and_resumes_and_nobody_elses_does() {
    let mut bedside = hers_at_work();
    bedside.session_server.is(Reach::Away(ContactFault::Unreachable));
    bedside.settle();

    hers(&mut bedside);
    assert!(is_concealed(&bedside));
    bedside.pass(6 * SECOND);
    his(&mut bedside);
    bedside.pass(25 * SECOND);
    assert!(is_concealed(&bedside) && bedside.screen.is_covered());
    hers(&mut bedside);
    bedside.pass(3 * SECOND);

    assert!(is_active(&bedside));
}

#[test]
fn her_password_resumes_where_she_has_no_badge_at_hand() {
    let mut bedside = concealed();

    types_password(&mut bedside, "not hers");
    assert_eq!(notice(&bedside), Some(ConcealedNotice::Refused { notice: SignedOutNotice::Refused }));
    types_password(&mut bedside, "correct horse");

    assert!(is_active(&bedside));
    assert!(bedside.audit_trail.story().iter().any(|record| record == "resumed by Maria O.: password"));
}

#[test]
fn a_badge_that_is_already_somebodys_is_refused_in_words_and_she_is_signed_in_all_the_same() {
    let mut bedside = with_a_reader();
    unknown(&mut bedside);
    let mut john = Person::john();
    john.badges.push(UNKNOWN.to_owned());
    bedside.session_server.knows(john);

    bedside.maria_signs_in();
    bedside.pass(3 * SECOND);
    unknown(&mut bedside);

    assert_eq!(line(&bedside), Some(BadgeLine::Taken));
}

#[test]
fn asking_by_badge_is_said_as_what_it_is() {
    let mut bedside = with_a_reader();
    bedside.session_server.is(Reach::Answers(3 * SECOND));
    hers(&mut bedside);

    assert_eq!(bedside.shows(), ScreenView::Asking { step: AskingStep::Badge, is_slow: false, fault: None });
}

fn with_a_reader() -> Bedside {
    let mut bedside = Bedside::switched_off();
    let _ = bedside.readers.plug_in();
    bedside.switch_on();
    assert_eq!(bedside.view().unwrap().reader, ReaderView::Ready);
    bedside
}

/// Signed in by her badge, long enough ago that her next tap counts.
fn hers_at_work() -> Bedside {
    let mut bedside = with_a_reader();
    hers(&mut bedside);
    assert!(is_active(&bedside), "{:?}", bedside.shows());
    bedside.pass(6 * SECOND);
    bedside
}

fn warned() -> Bedside {
    let mut bedside = hers_at_work();
    bedside.pass(14 * MINUTE);
    assert!(is_warning(&bedside));
    bedside
}

fn concealed() -> Bedside {
    let mut bedside = hers_at_work();
    hers(&mut bedside);
    assert!(is_concealed(&bedside));
    bedside.pass(6 * SECOND);
    bedside
}

fn asked_for_her_password() -> Bedside {
    let mut bedside = with_a_reader();
    bedside.session_server.grace_is_over(true);
    hers(&mut bedside);
    bedside.pass(6 * SECOND);
    bedside
}

fn john_has_taken_over(bedside: &mut Bedside) {
    assert!(is_active(bedside), "{:?}", bedside.shows());
    assert_eq!(name(bedside), "John B.");
    let story = bedside.audit_trail.story();
    let at = |words: &str| story.iter().position(|record| record.starts_with(words)).expect(words);
    assert!(at("logout of Maria O.: tap-over") < at("login of John B."), "{story:?}");
    assert_eq!(bedside.session_server.sessions_not_over(), [bedside.session()]);
    assert_eq!(bedside.keychain.holds(), Some(bedside.session()));
}

fn hers(bedside: &mut Bedside) {
    bedside.taps(HERS);
}

fn his(bedside: &mut Bedside) {
    bedside.taps(HIS);
}

fn unknown(bedside: &mut Bedside) {
    bedside.taps(UNKNOWN);
}

fn useless(bedside: &mut Bedside, fault: BadgeFault) {
    bedside.readers.present_useless(READER, fault);
    bedside.settle();
    bedside.readers.take_away(READER);
    bedside.settle();
}

fn types_password(bedside: &mut Bedside, password: &str) {
    bedside.does(Intent::Password { password: Typed::new(password.to_owned()) });
}

fn is_marias(bedside: &Bedside) -> bool {
    bedside.session_server.badges_of(Person::maria().user.id).contains(&UNKNOWN.to_owned())
}

fn is_concealed(bedside: &Bedside) -> bool {
    matches!(bedside.shows(), ScreenView::Concealed { .. })
}

fn wanted(bedside: &Bedside) -> Option<(FactorWanted, Option<String>)> {
    let ScreenView::SecondFactor { wants, display_name, .. } = bedside.shows() else { return None };
    Some((wants, display_name))
}

fn notice(bedside: &Bedside) -> Option<ConcealedNotice> {
    let ScreenView::Concealed { notice, .. } = bedside.shows() else { return None };
    notice
}

fn line(bedside: &Bedside) -> Option<BadgeLine> {
    let ScreenView::Active { line, .. } = bedside.shows() else { return None };
    match line? {
        StripLine::Badge { line } => Some(line),
        StripLine::AppsStandStill => None,
    }
}

fn next_tap(bedside: &Bedside) -> NextTap {
    let shown = bedside.shows();
    let ScreenView::Active { tap, .. } = shown else { panic!("{shown:?}") };
    tap
}

fn name(bedside: &Bedside) -> String {
    let shown = bedside.shows();
    let ScreenView::Active { display_name, .. } = shown else { panic!("{shown:?}") };
    display_name
}

fn ward_limits() -> Limits {
    Limits {
        inactivity: 15 * MINUTE,
        warning: MINUTE,
        absolute_remaining: 12 * 60 * MINUTE,
        heartbeat: MINUTE,
        conceal_after: None,
        tap_out: TapOut::Cover,
    }
}
