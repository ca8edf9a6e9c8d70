//! What is on screen in each state.

use agent_core::{
    badge::{Badge, BadgeFault, BadgeGrade, BadgeMark},
    event::{ContactFault, Event, Limits, RecordKey},
    ids::{AttemptId, ChallengeId, SessionId, User, UserId},
    my_sessions::MySessionsWish,
    secret::Secret,
    step,
};
use uuid::Uuid;

use super::*;

const CANARY: &str = "canary";
const SESSION: SessionId = SessionId(Uuid::from_u128(7));
const ATTEMPT: AttemptId = AttemptId(Uuid::from_u128(1));
const MINUTE: u64 = 60_000;

#[test]
fn starting() {
    check(&starting_at_zero(), 0, &ScreenView::Starting);
}

#[test]
fn signed_out_says_nothing_at_first() {
    check(&signed_out_at_zero(), 0, &ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
}

#[test]
fn asking_is_slow_after_two_seconds_and_names_the_fault_once_there_is_one() {
    let asking = |is_slow, fault| ScreenView::Asking { step: AskingStep::FirstFactor, is_slow, fault };
    let state = asking_first_factor();
    check(&state, 1_999, &asking(false, None));

    let slow = after(state.clone(), Event::DeadlineReached, 2_000);
    check(&slow, 2_000, &asking(true, None));

    let unanswered = Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Slow };
    let resting = after(state, unanswered, 2_500);
    check(&resting, 2_500, &asking(true, Some(ContactFaultView::Slow)));
}

#[test]
fn a_question_asked_again_keeps_the_words_of_its_fault() {
    let unanswered = Event::SignInUnanswered { attempt: ATTEMPT, fault: ContactFault::Unreachable };
    let resting = after(asking_first_factor(), unanswered, 2_500);
    let retry_at = resting.deadline().unwrap();
    let again = step::step(resting, Event::DeadlineReached, retry_at).state;

    let shown = screen(&again, Around { contact: Contact::Away, ..online() }, retry_at, retry_at);

    let fault = Some(ContactFaultView::Unreachable);
    assert_eq!(shown, ScreenView::Asking { step: AskingStep::FirstFactor, is_slow: true, fault });
}

#[test]
fn the_second_factor_tells_the_time_and_the_tries_left() {
    let state = awaiting_code();
    let expected = |expires_in_ms, tries_left, is_refused| ScreenView::SecondFactor {
        wants: FactorWanted::Totp,
        is_loss: false,
        display_name: None,
        expires_in_ms,
        tries_left,
        is_refused,
    };
    check(&state, 20_000, &expected(100_000, 5, false));

    let asked = after(state, code_submitted(), 30_000);
    let asking = ScreenView::Asking { step: AskingStep::SecondFactor, is_slow: false, fault: None };
    check(&asked, 30_000, &asking);

    let refusal = Refusal::Code { tries_left: 4 };
    let refused = after(asked, Event::SignInRefused { attempt: ATTEMPT, refusal }, 31_000);
    check(&refused, 31_000, &expected(89_000, 4, true));
}

#[test]
fn opening_names_her_and_nothing_else() {
    check(&securing(), 31_000, &ScreenView::Opening { display_name: "Maria O.".to_owned() });
}

#[test]
fn the_strip_counts_down_in_the_last_two_minutes_and_in_the_last_five_of_the_absolute_limit() {
    let state = active(12 * 60 * MINUTE);
    check(&state, 13 * MINUTE - 1, &strip_of(None, None));
    check(&state, 13 * MINUTE, &strip_of(Some(2 * MINUTE), None));

    let state = active(30 * MINUTE);
    check(&state, 25 * MINUTE, &strip_of(Some(0), Some(5 * MINUTE)));
}

#[test]
fn a_short_limit_is_counted_down_in_its_second_half_only() {
    let state = active_with(Limits { inactivity: Duration::from_secs(40), ..limits(12 * 60 * MINUTE) });
    check(&state, 20_000 - 1, &strip_of(None, None));
    check(&state, 20_000, &strip_of(Some(20_000), None));
}

#[test]
fn the_views_own_changes_are_known_beforehand_and_only_those_still_to_come() {
    let state = active(30 * MINUTE);
    assert_eq!(next_change(&state, ms_at(0)), Some(ms_at(13 * MINUTE)));
    assert_eq!(next_change(&state, ms_at(13 * MINUTE)), Some(ms_at(25 * MINUTE)));
    assert_eq!(next_change(&state, ms_at(25 * MINUTE)), None);
    assert_eq!(next_change(&signed_out_at_zero(), ms_at(0)), None);
}

#[test]
fn a_screen_that_covered_by_itself_shows_no_strip() {
    let covered = after(active(12 * 60 * MINUTE), Event::ScreenCovered { input_held: true }, 1_000);
    check(&covered, 1_000, &ScreenView::Opening { display_name: "Maria O.".to_owned() });
}

#[test]
fn the_strip_says_what_her_next_tap_does_while_a_reader_reads() {
    let state = active(12 * 60 * MINUTE);
    let tap = |reader| {
        let shown = screen(&state, Around { reader, ..online() }, ms_at(0), ms_at(0));
        let ScreenView::Active { tap, .. } = shown else { panic!("{shown:?}") };
        tap
    };

    assert_eq!(tap(ReaderView::Ready), NextTap::Covers);
    assert_eq!(tap(ReaderView::SomeFaulty), NextTap::Covers);
    assert_eq!(tap(ReaderView::Faulty), NextTap::None);
    assert_eq!(tap(ReaderView::None), NextTap::None);
}

#[test]
fn what_a_badge_led_to_is_said_for_a_moment() {
    let told = after(active(12 * 60 * MINUTE), Event::BadgeNotRead(BadgeFault::TwoAtOnce), 1_000);
    let line = |at_ms| {
        let shown = screen(&told, online(), ms_at(at_ms), ms_at(at_ms));
        let ScreenView::Active { line, .. } = shown else { panic!("{shown:?}") };
        line
    };

    assert_eq!(line(5_999), Some(StripLine::Badge { line: BadgeLine::TwoAtOnce }));
    assert_eq!(line(6_000), None);
    assert_eq!(next_change(&told, ms_at(1_000)), Some(ms_at(6_000)), "and then the strip is drawn again");
}

#[test]
fn a_concealed_screen_says_whose_it_is_and_counts_its_last_minute_down() {
    let concealed = after(active(12 * 60 * MINUTE), Event::ConcealPressed, 0);
    let expected = |signs_out_in_ms| ScreenView::Concealed {
        display_name: "Maria O.".to_owned(),
        role: "RN".to_owned(),
        notice: None,
        signs_out_in_ms,
        enrolment_offered_ms: None,
        tap: ResumeTap::AsksMore,
        is_renewing: false,
    };

    check(&concealed, 14 * MINUTE - 1, &expected(None));
    check(&concealed, 14 * MINUTE, &expected(Some(MINUTE)));
    assert_eq!(next_change(&concealed, ms_at(0)), Some(ms_at(14 * MINUTE)));
}

#[test]
fn a_concealed_screen_says_tap_to_resume_only_while_a_tap_is_enough() {
    let with_grace = after(active(12 * 60 * MINUTE), grace(Some(5 * MINUTE)), 0);
    let concealed = after(with_grace, Event::ConcealPressed, 0);
    let tap = |reader, at_ms| {
        let shown = screen(&concealed, Around { reader, ..online() }, ms_at(at_ms), ms_at(at_ms));
        let ScreenView::Concealed { tap, .. } = shown else { panic!("{shown:?}") };
        tap
    };

    assert_eq!(tap(ReaderView::Ready, 5 * MINUTE - 1), ResumeTap::Resumes);
    assert_eq!(tap(ReaderView::Ready, 5 * MINUTE), ResumeTap::AsksMore);
    assert_eq!(tap(ReaderView::Faulty, 0), ResumeTap::None);
    assert_eq!(tap(ReaderView::None, 0), ResumeTap::None);
    assert_eq!(next_change(&concealed, ms_at(0)), Some(ms_at(5 * MINUTE)), "and then it is drawn again");
}

#[test]
fn renew_is_offered_half_an_hour_before_a_tap_is_not_enough_any_more() {
    let state = after(active(12 * 60 * MINUTE), grace(Some(60 * MINUTE)), 0);
    let offers = |state: &State, reader, at_ms| {
        let shown = screen(state, Around { reader, ..online() }, ms_at(at_ms), ms_at(at_ms));
        let ScreenView::Active { offers_renewal, .. } = shown else { panic!("{shown:?}") };
        offers_renewal
    };

    assert!(!offers(&state, ReaderView::Ready, 30 * MINUTE - 1));
    assert!(offers(&state, ReaderView::Ready, 30 * MINUTE));
    assert!(offers(&state, ReaderView::Ready, 61 * MINUTE), "also when it is over");
    assert!(!offers(&state, ReaderView::None, 30 * MINUTE), "nobody taps here");
    assert!(
        !offers(&after(state.clone(), grace(None), 0), ReaderView::Ready, 30 * MINUTE),
        "no tap is enough here"
    );
    assert_eq!(next_change(&state, ms_at(29 * MINUTE)), Some(ms_at(30 * MINUTE)), "and then it is drawn");
}

#[test]
fn renewing_is_said_on_the_covered_screen() {
    let renewing = after(active(12 * 60 * MINUTE), Event::RenewPressed, 0);
    let shown = screen(&renewing, online(), ms_at(0), ms_at(0));
    assert!(matches!(shown, ScreenView::Concealed { is_renewing: true, .. }), "{shown:?}");
}

#[test]
fn my_sessions_are_drawn_while_she_looks_at_them() {
    let shown = |state: &State| {
        let shown = screen(state, online(), ms_at(0), ms_at(0));
        let ScreenView::Active { my_sessions, .. } = shown else { panic!("{shown:?}") };
        my_sessions
    };
    let row = CoreElsewhere {
        session: SessionId(Uuid::from_u128(8)),
        workstation: "WS-08".to_owned(),
        unit: "ICU-3".to_owned(),
        opened_ago: Duration::from_secs(60),
        is_covered: true,
    };

    let asked = after(
        active(12 * 60 * MINUTE),
        Event::MySessionsPressed { attempt: ATTEMPT, wish: MySessionsWish::Show },
        0,
    );
    assert_eq!(shown(&asked), Some(MySessionsView::Asking));
    let told = Event::MySessionsTold { attempt: ATTEMPT, session: SESSION, elsewhere: Some(vec![row]) };
    let listed = after(asked.clone(), told, 0);
    let Some(MySessionsView::Told { elsewhere, is_ending: false }) = shown(&listed) else { panic!() };
    assert_eq!((elsewhere[0].workstation.as_str(), elsewhere[0].opened_ago_ms), ("WS-08", MINUTE));
    let unanswered =
        after(asked, Event::MySessionsTold { attempt: ATTEMPT, session: SESSION, elsewhere: None }, 0);
    assert_eq!(shown(&unanswered), Some(MySessionsView::Unanswered));
}

#[test]
fn a_loss_is_told_apart_from_a_sign_in() {
    let name_and_password = Event::LossReported {
        attempt: ATTEMPT,
        name: "maria".to_owned(),
        password: Secret::new("correct horse".to_owned()),
    };
    let asked = after(signed_out_at_zero(), name_and_password, 0);
    check(&asked, 0, &ScreenView::Asking { step: AskingStep::Loss, is_slow: false, fault: None });

    let awaiting = after(asked, challenge_of(CoreWanted::Totp, None), 0);
    let shown = screen(&awaiting, online(), ms_at(0), ms_at(0));
    assert!(matches!(shown, ScreenView::SecondFactor { is_loss: true, .. }), "{shown:?}");

    let answered = after(awaiting, code_submitted(), 0);
    let revoked = after(answered, Event::BadgesRevoked { attempt: ATTEMPT, count: 2 }, 0);
    let notice = Some(SignedOutNotice::BadgesRevoked { count: 2 });
    check(&revoked, 0, &ScreenView::SignedOut { notice, enrolment_offered_ms: None });
}

#[test]
fn a_badge_names_her_while_the_rest_is_asked() {
    let tapped = after(signed_out_at_zero(), tap(), 0);
    check(&tapped, 0, &ScreenView::Asking { step: AskingStep::Badge, is_slow: false, fault: None });

    let named = after(tapped, challenge_of(CoreWanted::Password, Some(maria())), 0);

    check(
        &named,
        0,
        &ScreenView::SecondFactor {
            wants: FactorWanted::Password,
            is_loss: false,
            display_name: Some("Maria O.".to_owned()),
            expires_in_ms: 120_000,
            tries_left: 5,
            is_refused: false,
        },
    );
}

#[test]
fn an_unknown_badge_is_offered_with_the_time_left() {
    let refused = Event::SignInRefused { attempt: ATTEMPT, refusal: Refusal::BadgeUnknown };
    let offering = after(after(signed_out_at_zero(), tap(), 0), refused, 1_000);

    let notice = Some(SignedOutNotice::Badge { line: BadgeLine::Unknown });
    check(&offering, 11_000, &ScreenView::SignedOut { notice, enrolment_offered_ms: Some(20_000) });
}

#[test]
fn the_warning_tells_both_how_long_it_was_and_how_long_it_still_is() {
    let expected = |signs_out_in_ms, inactive_for_ms| ScreenView::InactivityWarning {
        display_name: "Maria O.".to_owned(),
        role: "RN".to_owned(),
        signs_out_in_ms,
        inactive_for_ms,
        tap: NextTap::Stays,
        line: None,
    };
    check(&warned(12 * 60 * MINUTE), 14 * MINUTE + 1_000, &expected(59_000, 14 * MINUTE + 1_000));
    // Whichever limit is nearer.
    check(&warned(14 * MINUTE + 30_000), 14 * MINUTE, &expected(30_000, 14 * MINUTE));
}

#[test]
fn signing_out_names_her_and_the_cause() {
    let state = after(active(12 * 60 * MINUTE), Event::SignOutPressed, 1_000);
    let display_name = "Maria O.".to_owned();
    check(
        &state,
        1_000,
        &ScreenView::SigningOut { display_name, cause: EndCauseView::UserButton, apps: None },
    );
}

#[test]
fn failing_closed_says_what_since_when_and_when_it_tries_again() {
    let failed = Event::StartUpFailed(FailClosedCause::SpoolFull);
    let state = after(starting_at_zero(), failed, 5_000);
    let State::FailClosed(fail_closed) = &state else { panic!("{}", state.name()) };
    let retry_in_ms = u64::try_from(fail_closed.retry_at.since(ms_at(5_100)).as_millis()).unwrap();

    check(
        &state,
        5_100,
        &ScreenView::FailClosed { code: FailClosedCode::SpoolFull, since_ms: 100, retry_in_ms },
    );
}

#[test]
fn a_workstation_that_is_not_enrolled_has_a_screen_of_its_own() {
    let failed = Event::StartUpFailed(FailClosedCause::NotEnrolled);
    check(&after(starting_at_zero(), failed, 0), 0, &ScreenView::NotEnrolled);
}

#[test]
fn every_notice_of_the_core_has_its_words() {
    for (told, expected) in [
        (CoreNotice::Refused(Refusal::NameOrPassword), SignedOutNotice::Refused),
        (CoreNotice::Refused(Refusal::Code { tries_left: 0 }), SignedOutNotice::ChallengeOver),
        (CoreNotice::Refused(Refusal::ChallengeOver), SignedOutNotice::ChallengeOver),
        (CoreNotice::Refused(Refusal::Disabled), SignedOutNotice::Disabled),
        (CoreNotice::Refused(Refusal::Busy), SignedOutNotice::Busy),
        (CoreNotice::Refused(Refusal::Malformed), SignedOutNotice::Malformed),
        (
            CoreNotice::LockedOut { until: ms_at(30_000) },
            SignedOutNotice::LockedOut { retry_after_ms: 29_000 },
        ),
        (
            CoreNotice::Unanswered(ContactFault::Slow),
            SignedOutNotice::Unanswered { fault: ContactFaultView::Slow, is_retrying: false },
        ),
        (
            CoreNotice::NotPossibleNow(FailClosedCause::KeychainUnavailable),
            SignedOutNotice::NotPossibleNow { code: FailClosedCode::KeychainUnavailable },
        ),
        (
            CoreNotice::SessionEnded(EndCause::ContactLost),
            SignedOutNotice::SessionEnded { cause: EndCauseView::ContactLost },
        ),
    ] {
        assert_eq!(notice(told, ms_at(1_000)), expected);
    }
}

#[test]
fn told_from_the_same_instant_an_unchanged_screen_is_an_equal_one() {
    for state in [signed_out_at_zero(), awaiting_code(), active(12 * 60 * MINUTE), warned(12 * 60 * MINUTE)] {
        let (now, later) = (ms_at(14 * MINUTE), ms_at(14 * MINUTE + 5_000));
        assert_eq!(screen(&state, online(), now, now), screen(&state, online(), later, now));
    }
}

#[test]
fn nothing_typed_and_no_credential_is_ever_told() {
    for state in [asking_first_factor(), after(awaiting_code(), code_submitted(), 30_000), securing()] {
        let shown = screen(&state, online(), ms_at(31_000), ms_at(31_000));
        assert!(!format!("{shown:?}").contains(CANARY));
        assert!(!serde_json::to_string(&shown).unwrap().contains(CANARY));
    }
}

const fn online() -> Around {
    Around { contact: Contact::Online, reader: ReaderView::Ready }
}

#[track_caller]
fn check(state: &State, at_ms: u64, expected: &ScreenView) {
    assert_eq!(&screen(state, online(), ms_at(at_ms), ms_at(at_ms)), expected);
}

fn tap() -> Event {
    let badge =
        Badge { mark: BadgeMark([7; 16]), number: Secret::new(CANARY.to_owned()), grade: BadgeGrade::Uid };
    Event::BadgeTapped { attempt: ATTEMPT, badge }
}

fn challenge_of(wants: CoreWanted, user: Option<User>) -> Event {
    Event::ChallengeIssued {
        attempt: ATTEMPT,
        challenge: ChallengeId(Uuid::from_u128(3)),
        wants,
        user,
        expires_in: Duration::from_secs(120),
        tries_left: 5,
    }
}

fn maria() -> User {
    User { id: UserId(Uuid::from_u128(9)), display_name: "Maria O.".to_owned(), role: Some("RN".to_owned()) }
}

fn starting_at_zero() -> State {
    step::start(ms_at(0)).state
}

fn signed_out_at_zero() -> State {
    let covered = after(starting_at_zero(), Event::ScreenCovered { input_held: true }, 0);
    after(covered, Event::StartUpFinished, 0)
}

fn asking_first_factor() -> State {
    let name = CANARY.to_owned();
    let password = Secret::new(CANARY.to_owned());
    after(signed_out_at_zero(), Event::SignInSubmitted { attempt: ATTEMPT, name, password }, 0)
}

fn awaiting_code() -> State {
    let issued = Event::ChallengeIssued {
        attempt: ATTEMPT,
        challenge: ChallengeId(Uuid::from_u128(3)),
        wants: CoreWanted::Totp,
        user: None,
        expires_in: Duration::from_secs(120),
        tries_left: 5,
    };
    after(asking_first_factor(), issued, 0)
}

fn code_submitted() -> Event {
    Event::CodeSubmitted { attempt: ATTEMPT, code: Secret::new(CANARY.to_owned()) }
}

fn securing() -> State {
    securing_with(limits(12 * 60 * MINUTE))
}

fn securing_with(limits: Limits) -> State {
    let opened = Event::SessionOpened {
        attempt: ATTEMPT,
        session: SESSION,
        user: User {
            id: UserId(Uuid::from_u128(9)),
            display_name: "Maria O.".to_owned(),
            role: Some("RN".to_owned()),
        },
        credential: Secret::new(CANARY.to_owned()),
        limits,
    };
    after(asking_first_factor(), opened, 0)
}

fn active(absolute_ms: u64) -> State {
    active_with(limits(absolute_ms))
}

fn active_with(limits: Limits) -> State {
    let secured = after(securing_with(limits), Event::AuditStored(RecordKey::Login(SESSION)), 0);
    let uncovering = after(secured, Event::CredentialStored { session: SESSION }, 0);
    after(uncovering, Event::ScreenUncovered { session: SESSION }, 0)
}

fn warned(absolute_ms: u64) -> State {
    let measuring = after(active(absolute_ms), Event::DeadlineReached, 14 * MINUTE);
    after(measuring, Event::InputSeen { at: ms_at(0) }, 14 * MINUTE)
}

fn limits(absolute_ms: u64) -> Limits {
    Limits {
        inactivity: Duration::from_secs(15 * 60),
        warning: Duration::from_secs(60),
        absolute_remaining: Duration::from_millis(absolute_ms),
        heartbeat: Duration::from_secs(60),
        conceal_after: None,
        tap_out: TapOut::Cover,
    }
}

fn strip_of(signs_out_in_ms: Option<u64>, absolute_limit_in_ms: Option<u64>) -> ScreenView {
    ScreenView::Active {
        display_name: "Maria O.".to_owned(),
        role: "RN".to_owned(),
        signs_out_in_ms,
        absolute_limit_in_ms,
        tap: NextTap::Covers,
        line: None,
        offers_renewal: false,
        my_sessions: None,
    }
}

fn grace(remaining_ms: Option<u64>) -> Event {
    Event::GraceTold { session: SESSION, remaining: remaining_ms.map(Duration::from_millis) }
}

fn after(state: State, event: Event, at_ms: u64) -> State {
    step::step(state, event, ms_at(at_ms)).state
}

const fn ms_at(ms: u64) -> Instant {
    Instant::from_boot(Duration::from_millis(ms))
}
