//! What follows from each event, stage by stage.

use std::time::Duration;

use expect_test::expect;

use super::*;
use crate::{
    command::{FailClosedCause, ResumeMethod},
    event::{ContactFault, FactorWanted, Limits, Refusal},
    states::ward::{
        ATTEMPT, HERS, HIS, OTHER, SESSION, UNKNOWN, assert_covered_with_its_apps_running, at, badge, check,
        check_ignored, in_use, limits, secret, session_opened, wants,
    },
};

const MINUTE: u64 = 60_000;

#[test]
fn covering_comes_first_then_the_record_then_the_word_to_the_server() {
    let step = Concealed::begin(in_use(), ConcealCause::UserTap, at(10));

    assert_eq!(step.commands.len(), 4);
    assert_eq!(step.commands[0], Command::CoverScreen);
    assert_eq!(step.commands[1], trail::concealed(&in_use().session, ConcealCause::UserTap, at(10)));
    assert_eq!(step.commands[2], Command::TellConcealed { session: SESSION, cause: ConcealCause::UserTap });
    let why = SaveReason::Concealed;
    assert_eq!(step.commands[3], Command::SaveApps { session: SESSION, why });
}

#[test]
fn a_cover_that_is_not_confirmed_ends_the_session() {
    let covering = Concealed { covering_since: Some(at(0)), ..concealed() };

    check(
        covering,
        Event::DeadlineReached,
        2_000,
        expect![[r#"
            → SigningOut, owes cover logout deletion telling apps, next SignedOut(SessionEnded(FailClosed))
            CoverScreen
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

#[test]
fn a_tap_asks_whether_it_is_she() {
    check(
        concealed(),
        tap(HERS),
        MINUTE,
        expect![[r#"
            → Concealed(UserTap), asking, Waiting { asked_at: Instant(60s), is_slow: false }, last input 0ns, report at 3600s
            ResumeSession { attempt: AttemptId(1), session: SessionId(7), factor: Badge(Badge { mark: BadgeMark(…), number: Secret(…), grade: Uid }), renews_grace: false }"#]],
    );
}

#[test]
fn her_resume_is_on_disk_before_she_sees_anything() {
    check(
        asking(HERS),
        resumed(),
        MINUTE,
        expect![[r#"
        → Concealed(UserTap), recording, last input 60s, report at 3600s
        AppendAudit(Resumed, 7, Badge)"#]],
    );
    check(
        recording(),
        Event::AuditStored(RecordKey::Resumed(SESSION)),
        MINUTE,
        expect![[r#"
        → Concealed(UserTap), uncovering, last input 0ns, report at 3600s
        UncoverScreen { session: SessionId(7) }"#]],
    );
    check(
        uncovering(),
        Event::ScreenUncovered { session: SESSION },
        MINUTE,
        expect![[r#"
            → Active, last input 0ns, report at 3600s
            RunApps { session: SessionId(7), why: Uncovered }"#]],
    );
}

#[test]
fn a_resume_that_cannot_be_recorded_shows_nothing_and_ends_the_session() {
    check(
        recording(),
        Event::AuditFailed(RecordKey::Resumed(SESSION), FailClosedCause::SpoolFull),
        MINUTE,
        expect![[r#"
            → SigningOut, owes logout deletion telling apps, next SignedOut(NotPossibleNow(SpoolFull))
            AppendAudit(Logout of 7, FailClosed)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: FailClosed }"#]],
    );
}

#[test]
fn what_is_missing_is_asked_for_and_nothing_else() {
    check(
        asking(HERS),
        wants(FactorWanted::Password),
        MINUTE,
        expect![
            "→ Concealed(UserTap), wants Password, 5 tries left, refused: false, last input 0ns, report at 3600s"
        ],
    );
    check_ignored(
        awaiting(FactorWanted::Password),
        Event::CodeSubmitted { attempt: ATTEMPT, code: secret() },
        MINUTE,
    );
    check(
        awaiting(FactorWanted::Password),
        Event::PasswordSubmitted { attempt: ATTEMPT, password: secret() },
        MINUTE,
        expect![[r#"
            → Concealed(UserTap), asking, Waiting { asked_at: Instant(60s), is_slow: false }, last input 0ns, report at 3600s
            AnswerChallenge { attempt: AttemptId(1), challenge: ChallengeId(3), answer: Password(Secret(…)) }"#]],
    );
}

#[test]
fn her_password_alone_is_asked_of_the_server_too() {
    check(
        concealed(),
        Event::PasswordSubmitted { attempt: ATTEMPT, password: secret() },
        MINUTE,
        expect![[r#"
            → Concealed(UserTap), asking, Waiting { asked_at: Instant(60s), is_slow: false }, last input 0ns, report at 3600s
            ResumeSession { attempt: AttemptId(1), session: SessionId(7), factor: Password(Secret(…)), renews_grace: false }"#]],
    );
}

#[test]
fn another_persons_badge_begins_his_sign_in_over_her_session() {
    check(
        asking(HIS),
        refused(Refusal::BadgeOfAnother),
        MINUTE,
        expect![[r#"
        → Concealed(UserTap), taken over: SigningIn, by badge, first factor, Waiting { asked_at: Instant(60s), is_slow: false }, last input 0ns, report at 3600s
        OpenSessionByBadge { attempt: AttemptId(2), badge: Badge { mark: BadgeMark(…), number: Secret(…), grade: Uid } }"#]],
    );
}

#[test]
fn her_session_ends_when_his_sign_in_has_succeeded_and_not_before() {
    check(
        taken_over(),
        session_opened(ATTEMPT, OTHER),
        MINUTE,
        expect![[r#"
            → SigningOut, owes logout deletion telling apps, next SignIn(8)
            AppendAudit(Logout of 7, TapOver)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: TapOver }"#]],
    );
    for refusal in [Refusal::Disabled, Refusal::BadgeRefused, Refusal::NameOrPassword] {
        let step = step(taken_over().into(), refused(refusal), at(MINUTE));
        let State::Concealed(back) = step.state else { panic!("{}", step.state.name()) };
        assert_eq!(back.stage, ConcealedStage::AtRest);
        assert_eq!(back.in_use, concealed().in_use);
        assert_eq!(step.commands, []);
    }
}

#[test]
fn his_sign_in_is_given_up_when_he_cancels_or_says_nothing_for_twenty_seconds() {
    check(
        taken_over_awaiting_code(),
        Event::SignInCancelled,
        MINUTE,
        expect!["→ Concealed(UserTap), at rest, last input 0ns, report at 3600s"],
    );
    check(
        taken_over_awaiting_code(),
        Event::DeadlineReached,
        20_000,
        expect![
            "→ Concealed(UserTap), at rest, telling Failed(Refused(ChallengeOver)), last input 0ns, report at 3600s"
        ],
    );
}

#[test]
fn her_tap_sends_whoever_signs_in_over_her_session_away_with_whichever_badge() {
    let mut known = taken_over_awaiting_code();
    known.in_use.session.was_shown(badge(HERS).mark);
    for state in [known, taken_over_awaiting_code()] {
        check(
            state,
            tap(HERS),
            MINUTE,
            expect![[r#"
                → Concealed(UserTap), asking, Waiting { asked_at: Instant(60s), is_slow: false }, last input 0ns, report at 3600s
                ResumeSession { attempt: AttemptId(1), session: SessionId(7), factor: Badge(Badge { mark: BadgeMark(…), number: Secret(…), grade: Uid }), renews_grace: false }"#]],
        );
    }
    check_ignored(taken_over_awaiting_code(), tap(HIS), MINUTE);
}

#[test]
fn what_is_said_of_his_session_before_it_is_known_is_not_forgotten_as_he_takes_over() {
    let told = step(taken_over().into(), Event::CoveredElsewhere { session: OTHER }, at(10)).state;

    let over = step(told, session_opened(ATTEMPT, OTHER), at(20)).state;

    let State::SigningOut(signing_out) = over else { panic!("{}", over.name()) };
    let crate::state::AfterSignOut::SignIn(his) = signing_out.next else { panic!("{:?}", signing_out.next) };
    assert!(his.session.is_uncovered_elsewhere);
}

#[test]
fn a_session_opened_for_nobody_is_ended_and_hers_stays() {
    check(
        concealed(),
        session_opened(ATTEMPT, OTHER),
        MINUTE,
        expect![[r#"
        → Concealed(UserTap), at rest, last input 0ns, report at 3600s
        EndSession { session: SessionId(8), cause: FailClosed }"#]],
    );
}

#[test]
fn a_badge_that_waits_or_that_nobody_enrols_here_is_told_so_and_not_offered() {
    check(
        asking(UNKNOWN),
        refused(Refusal::BadgeUnlisted),
        MINUTE,
        expect![
            "→ Concealed(UserTap), at rest, telling Failed(Badge(Unlisted)), last input 0ns, report at 3600s"
        ],
    );
    check(
        asking(UNKNOWN),
        refused(Refusal::BadgeWait),
        MINUTE,
        expect![
            "→ Concealed(UserTap), at rest, telling Failed(Badge(Wait)), last input 0ns, report at 3600s"
        ],
    );
}

#[test]
fn an_unknown_badge_is_offered_for_half_a_minute_to_whoever_signs_in_by_name() {
    check(
        asking(UNKNOWN),
        refused(Refusal::BadgeUnknown),
        MINUTE,
        expect![
            "→ Concealed(UserTap), at rest, offering a badge, telling Failed(Badge(Unknown)), last input 0ns, report at 3600s"
        ],
    );
    let offering = Concealed {
        offered: Some(Box::new(crate::state::Offer { badge: badge(UNKNOWN), until: at(MINUTE + 30_000) })),
        ..concealed()
    };
    check(
        offering.clone(),
        Event::SignInSubmitted { attempt: ATTEMPT, name: "john".to_owned(), password: secret() },
        MINUTE,
        expect![[r#"
            → Concealed(UserTap), apps frozen, taken over: SigningIn, to enrol a badge, first factor, Waiting { asked_at: Instant(60s), is_slow: false }, last input 0ns, report at 3600s
            FreezeApps { session: SessionId(7) }
            OpenSession { attempt: AttemptId(1), name: "john", password: Secret(…) }"#]],
    );
    check(
        offering,
        Event::DeadlineReached,
        MINUTE + 30_000,
        expect!["→ Concealed(UserTap), at rest, last input 0ns, report at 3600s"],
    );
}

#[test]
fn nothing_that_a_stranger_does_moves_its_limit() {
    let limit = concealed().in_use.logoff_at();
    let mut state = State::from(concealed());
    for round in 0..1_000 {
        let event = match round % 5 {
            0 => Event::InputSeen { at: at(round) },
            1 => Event::StayPressed,
            2 => Event::CodeSubmitted { attempt: ATTEMPT, code: secret() },
            3 => Event::ScreenCovered { input_held: true },
            _ => Event::BadgeNotRead(crate::badge::BadgeFault::Unreadable),
        };
        state = step(state, event, at(round)).state;
        let State::Concealed(concealed) = &state else { panic!("{}", state.name()) };
        assert_eq!(concealed.in_use.logoff_at(), limit);
    }
    check(
        state,
        Event::DeadlineReached,
        15 * MINUTE,
        expect![[r#"
            → SigningOut, owes logout deletion telling apps, next SignedOut(SessionEnded(Inactivity))
            AppendAudit(Logout of 7, Inactivity)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: Inactivity }"#]],
    );
}

#[test]
fn whoever_presented_herself_in_time_is_given_the_moment_the_answer_takes() {
    let in_time = Concealed { stage: asking_stage(HERS, 15 * MINUTE - 100), ..concealed() };

    assert_eq!(State::from(in_time.clone()).deadline(), Some(at(15 * MINUTE + 1_000)));
    check(
        in_time.clone(),
        resumed(),
        15 * MINUTE + 100,
        expect![[r#"
        → Concealed(UserTap), recording, last input 900.1s, report at 3600s
        AppendAudit(Resumed, 7, Badge)"#]],
    );
    let step = step(in_time.into(), resumed(), at(15 * MINUTE + 1_000));
    assert_eq!(step.state.name(), "SigningOut", "too late");
}

#[test]
fn out_of_contact_her_own_badge_resumes_while_a_tap_is_enough() {
    let mut known = concealed();
    known.in_use.session.was_shown(badge(HERS).mark);
    known.in_use.session.grace_until = Some(at(5 * MINUTE));
    let asking = Concealed { stage: asking_stage(HERS, 0), ..known };

    check(
        asking.clone(),
        unanswered(),
        MINUTE,
        expect![[r#"
        → Concealed(UserTap), recording, last input 60s, report at 3600s
        AppendAudit(Resumed, 7, Badge)"#]],
    );
    let over = step(asking.clone().into(), unanswered(), at(5 * MINUTE));
    assert!(!over.commands.iter().any(|command| matches!(command, Command::AppendAudit { .. })), "{over:?}");
    let strange = Concealed { stage: asking_stage(UNKNOWN, 0), ..asking };
    let refused = step(strange.into(), unanswered(), at(MINUTE));
    assert!(
        !refused.commands.iter().any(|command| matches!(command, Command::AppendAudit { .. })),
        "{refused:?}"
    );
}

#[test]
fn a_server_that_answers_is_not_out_of_contact_whatever_it_says() {
    let mut known = concealed();
    known.in_use.session.was_shown(badge(HERS).mark);
    known.in_use.session.grace_until = Some(at(5 * MINUTE));
    let asking = Concealed { stage: asking_stage(HERS, 0), ..known };

    for fault in [ContactFault::Unavailable, ContactFault::NotOurServer, ContactFault::ClockWrong] {
        let event = Event::SignInUnanswered { attempt: ATTEMPT, fault };
        let step = step(asking.clone().into(), event, at(10));
        assert_eq!(step.commands, [], "{fault:?}");
    }
    let wanted = wants(FactorWanted::Pin);
    for told in [wanted, refused(Refusal::BadgeRefused)] {
        let after = step(asking.clone().into(), told, at(10)).state;
        let cancelled = step(after, Event::SignInCancelled, at(20)).state;
        let asked = step(cancelled, tap(HERS), at(3_000)).state;
        assert_eq!(step(asked, unanswered(), at(5_000)).commands, [], "its word outlasts the contact");
    }
}

#[test]
fn a_screen_that_is_about_to_be_hers_is_covered_when_she_has_uncovered_another_meanwhile() {
    for state in [recording(), uncovering()] {
        let told = step(state.into(), Event::CoveredElsewhere { session: SESSION }, at(MINUTE)).state;
        let stored = step(told, Event::AuditStored(RecordKey::Resumed(SESSION)), at(MINUTE)).state;
        let uncovered = step(stored, Event::ScreenUncovered { session: SESSION }, at(MINUTE));
        let State::Concealed(concealed) = uncovered.state else { panic!("{}", uncovered.state.name()) };
        assert_eq!(concealed.cause, ConcealCause::Elsewhere);
        assert_covered_with_its_apps_running(&uncovered.commands);
    }
}

#[test]
fn an_answer_is_asked_for_again_where_it_may_be_older_than_the_word_that_she_uncovered_another_screen() {
    let told = step(asking(HERS).into(), Event::CoveredElsewhere { session: SESSION }, at(MINUTE)).state;

    let again = step(told, resumed(), at(MINUTE + 10));
    let [Command::ResumeSession { attempt: ATTEMPT, session: SESSION, .. }] = &again.commands[..] else {
        panic!("{:?}", again.commands)
    };

    let to_stay = step(again.state.clone(), refused(Refusal::ChallengeOver), at(MINUTE + 20));
    let State::Concealed(covered) = to_stay.state else { panic!("{}", to_stay.state.name()) };
    assert_eq!((covered.stage, to_stay.commands), (ConcealedStage::AtRest, Vec::new()));

    let hers = step(again.state, resumed(), at(MINUTE + 20));
    assert!(matches!(hers.commands[..], [Command::AppendAudit { .. }]), "{:?}", hers.commands);
}

#[test]
fn what_she_is_known_to_have_left_before_she_asks_is_asked_for_once() {
    let left = step(concealed().into(), Event::CoveredElsewhere { session: SESSION }, at(0)).state;
    let asked = step(left, tap(HERS), at(10)).state;

    let hers = step(asked, resumed(), at(20));

    assert!(matches!(hers.commands[..], [Command::AppendAudit { .. }]), "{:?}", hers.commands);
}

#[test]
fn the_word_of_another_session_brings_no_answer_into_doubt() {
    let told = step(asking(HERS).into(), Event::CoveredElsewhere { session: OTHER }, at(MINUTE)).state;

    let hers = step(told, resumed(), at(MINUTE + 10));

    assert!(matches!(hers.commands[..], [Command::AppendAudit { .. }]), "{:?}", hers.commands);
}

#[test]
fn a_doubtful_answer_that_nobody_settles_resumes_nothing() {
    let mut known = asking(HERS);
    known.in_use.session.was_shown(badge(HERS).mark);
    known.in_use.session.grace_until = Some(at(5 * MINUTE));
    let told = step(known.into(), Event::CoveredElsewhere { session: SESSION }, at(MINUTE)).state;
    let again = step(told, resumed(), at(MINUTE + 10)).state;

    let unanswered = step(again, unanswered(), at(MINUTE + 20));
    let given_up = step(unanswered.state, Event::DeadlineReached, at(MINUTE + 20_000));

    assert_eq!((unanswered.commands, given_up.commands), (Vec::new(), Vec::new()));
    let State::Concealed(covered) = given_up.state else { panic!("{}", given_up.state.name()) };
    assert_eq!(covered.stage, ConcealedStage::AtRest);
}

#[test]
fn out_of_contact_nothing_resumes_what_she_has_left_for_another_screen() {
    let mut known = concealed();
    known.in_use.session.was_shown(badge(HERS).mark);
    known.in_use.session.grace_until = Some(at(5 * MINUTE));
    let told = step(known.into(), Event::CoveredElsewhere { session: SESSION }, at(0)).state;
    let asked = step(told, tap(HERS), at(10)).state;

    let refused = step(asked, unanswered(), at(20));

    assert_eq!(refused.commands, []);
    assert_eq!(refused.state.name(), "Concealed");
}

#[test]
fn where_a_tap_signs_out_a_second_one_undoes_it_and_eight_seconds_end_it() {
    let Step { state, .. } = Concealed::begin_signing_out(in_use(), at(0));
    let state = step(state, Event::ScreenCovered { input_held: true }, at(10)).state;

    assert_eq!(state.deadline(), Some(at(8_000)));
    check(
        state.clone(),
        Event::DeadlineReached,
        8_000,
        expect![[r#"
            → SigningOut, owes logout deletion telling apps, next SignedOut(SessionEnded(UserTap))
            AppendAudit(Logout of 7, UserTap)
            DeleteCredential { session: SessionId(7) }
            EndSession { session: SessionId(7), cause: UserTap }"#]],
    );
    let asked = step(state, tap(HERS), at(3_000)).state;
    let back = step(asked, resumed(), at(3_010)).state;
    let State::Concealed(back) = back else { panic!("{}", back.name()) };
    assert_eq!(back.signs_out_at, None);
}

#[test]
fn a_screen_that_is_bare_is_covered_again() {
    check(
        concealed(),
        Event::ScreenUncovered { session: SESSION },
        MINUTE,
        expect![[r#"
        → Concealed(UserTap), covering, at rest, last input 0ns, report at 3600s
        CoverScreen"#]],
    );
}

#[test]
fn its_server_ends_it_whoever_waits() {
    for state in [concealed(), asking(HERS), taken_over(), recording()] {
        let event = Event::SessionEndedByServer { session: SESSION, cause: EndCause::Admin };
        let after = step(state.into(), event, at(MINUTE));
        assert_eq!(after.state.name(), "SigningOut");
    }
}

pub(super) fn concealed() -> Concealed {
    Concealed {
        in_use: crate::session::InUse { heartbeat_at: at(60 * MINUTE), ..in_use() },
        cause: ConcealCause::UserTap,
        covering_since: None,
        stage: ConcealedStage::AtRest,
        notice: None,
        offered: None,
        is_uncovered_elsewhere: false,
        signs_out_at: None,
        renews_grace: false,
        machine: Machine::Awake,
        apps: AppsUnderCover::Running,
    }
}

fn asking_stage(which: u8, asked_at_ms: u64) -> ConcealedStage {
    let Step { state, .. } = step(concealed().into(), tap(which), at(asked_at_ms));
    let State::Concealed(asking) = state else { panic!("{}", state.name()) };
    asking.stage
}

pub(super) fn asking(which: u8) -> Concealed {
    Concealed { stage: asking_stage(which, MINUTE), ..concealed() }
}

fn awaiting(wants: FactorWanted) -> Concealed {
    let challenge = crate::state::Challenge { wants, ..crate::states::ward::challenge() };
    let stage =
        ConcealedStage::AwaitingFactor { challenge, is_refused: false, badge: Some(badge(HERS).mark) };
    Concealed { stage, ..concealed() }
}

pub(super) fn recording() -> Concealed {
    Concealed { stage: ConcealedStage::Recording { since: at(MINUTE) }, ..concealed() }
}

pub(super) fn uncovering() -> Concealed {
    Concealed { stage: ConcealedStage::Uncovering { since: at(MINUTE) }, ..concealed() }
}

fn taken_over() -> Concealed {
    let Step { state, .. } = concealed().take_over_by_badge(ATTEMPT, badge(HIS), at(0));
    let State::Concealed(taken_over) = state else { panic!("{}", state.name()) };
    taken_over
}

fn taken_over_awaiting_code() -> Concealed {
    let issued = wants(FactorWanted::Totp);
    let Step { state, .. } = step(taken_over().into(), issued, at(0));
    let State::Concealed(awaiting) = state else { panic!("{}", state.name()) };
    awaiting
}

pub(super) fn tap(which: u8) -> Event {
    Event::BadgeTapped { attempt: ATTEMPT, badge: badge(which) }
}

pub(super) fn resumed() -> Event {
    let limits = Limits { absolute_remaining: Duration::from_secs(11 * 60 * 60), ..limits() };
    Event::SessionResumed { attempt: ATTEMPT, session: SESSION, method: ResumeMethod::Badge, limits }
}

fn refused(refusal: Refusal) -> Event {
    Event::SignInRefused { attempt: ATTEMPT, refusal }
}

fn unanswered() -> Event {
    Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Unreachable }
}
