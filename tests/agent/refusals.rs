//! Everything that may not sign in, and the words for it.

use agent_core::{
    command::FailClosedCause,
    event::{ContactFault, Refusal},
};
use agent_runtime::{
    intent::{Intent, Typed},
    view::{
        AskingStep, Contact, ContactFaultView, FactorWanted, FailClosedCode, ScreenView, SignedOutNotice,
    },
};
use testkit::{bedside::Bedside, fake::Reach};

use crate::told::{MILLISECOND, MINUTE, SECOND, signed_out};

#[test]
fn an_unknown_name_and_a_wrong_password_get_the_same_words() {
    let mut with_wrong_name = Bedside::new();
    with_wrong_name.types_name_and_password("nobody", "correct horse");
    let mut with_wrong_password = Bedside::new();
    with_wrong_password.types_name_and_password("maria", "wrong");

    assert_eq!(with_wrong_name.view(), with_wrong_password.view());
    assert_eq!(with_wrong_name.shows(), signed_out(SignedOutNotice::Refused));
    assert_refused(&with_wrong_name);
}

#[test]
fn a_wrong_code_may_be_typed_again_and_the_tries_are_counted() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");
    bedside.pass(10 * SECOND);

    bedside.types_code("000000");

    assert_eq!(
        bedside.shows(),
        ScreenView::SecondFactor {
            wants: FactorWanted::Totp,
            is_loss: false,
            display_name: None,
            expires_in_ms: 110_000,
            tries_left: 4,
            is_refused: true
        }
    );
    bedside.types_code("123456");
    assert!(!bedside.screen.is_covered());
}

#[test]
fn five_wrong_codes_end_the_challenge() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");

    for _ in 0..5 {
        bedside.types_code("000000");
    }

    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::ChallengeOver));
    bedside.types_code("123456");
    assert_refused(&bedside);
}

#[test]
fn a_code_after_two_minutes_is_too_late() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");

    bedside.pass(2 * MINUTE);

    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::ChallengeOver));
    bedside.types_code("123456");
    assert_refused(&bedside);
}

#[test]
fn who_is_locked_out_is_told_until_when_and_the_notice_goes_by_itself() {
    let mut bedside = Bedside::new();
    bedside.session_server.refuses_everybody(Some(Refusal::LockedOut { retry_after: 30 * SECOND }));

    bedside.types_name_and_password("maria", "correct horse");

    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::LockedOut { retry_after_ms: 30_000 }));
    bedside.pass(30 * SECOND);
    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
    assert_refused(&bedside);
}

#[test]
fn every_refusal_of_the_server_has_its_own_words() {
    for (refusal, notice) in [
        (Refusal::Disabled, SignedOutNotice::Disabled),
        (Refusal::Busy, SignedOutNotice::Busy),
        (Refusal::Malformed, SignedOutNotice::Malformed),
    ] {
        let mut bedside = Bedside::new();
        bedside.session_server.refuses_everybody(Some(refusal));

        bedside.types_name_and_password("maria", "correct horse");

        assert_eq!(bedside.shows(), signed_out(notice));
        assert_refused(&bedside);
    }
}

#[test]
fn what_is_too_long_is_refused_here_and_never_sent() {
    for (name, password) in [
        ("maria".to_owned(), "p".repeat(10_000)),
        ("n".repeat(257), "correct horse".to_owned()),
        (String::new(), "correct horse".to_owned()),
        ("maria".to_owned(), String::new()),
        ("ma\0ria".to_owned(), "correct horse".to_owned()),
    ] {
        let mut bedside = Bedside::new();

        bedside.types_name_and_password(&name, &password);

        assert_eq!(bedside.shows(), signed_out(SignedOutNotice::Malformed));
        assert_eq!(bedside.session_server.asked(), [""; 0]);
    }
}

#[test]
fn the_words_for_something_too_long_go_with_the_next_try() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", &"p".repeat(10_000));

    bedside.maria_signs_in();
}

#[test]
fn what_is_no_code_is_refused_here_and_costs_no_try() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");

    for code in ["12345", "1234567", "12345a", "", "١٢٣٤٥٦"] {
        bedside.does(Intent::Code { code: Typed::new(code.to_owned()) });
    }

    assert_eq!(
        bedside.shows(),
        ScreenView::SecondFactor {
            wants: FactorWanted::Totp,
            is_loss: false,
            display_name: None,
            expires_in_ms: 120_000,
            tries_left: 5,
            is_refused: true
        }
    );
    assert_eq!(bedside.session_server.asked(), ["open_session"]);
    bedside.types_code("123456");
    assert!(!bedside.screen.is_covered());
}

#[test]
fn a_refused_code_leaves_no_stale_word_on_the_next_screen() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");
    bedside.types_code("12345");

    bedside.pass(2 * MINUTE);

    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::ChallengeOver));
}

#[test]
fn a_password_of_unusual_characters_arrives_as_it_was_typed() {
    let mut bedside = Bedside::new();
    let odd = "пароль 🙂\u{202e}gnol \t'\";--";
    let person = testkit::fake::Person { password: odd.to_owned(), ..testkit::fake::Person::maria() };
    bedside.session_server.knows(person);

    bedside.types_name_and_password("maria", odd);

    assert!(matches!(bedside.shows(), ScreenView::SecondFactor { .. }));
}

#[test]
fn a_server_that_is_not_reached_is_asked_again_by_itself_with_words_meanwhile() {
    let mut bedside = Bedside::new();
    bedside.session_server.is(Reach::Away(ContactFault::Unreachable));
    bedside.types_name_and_password("maria", "correct horse");

    bedside.pass(2 * SECOND);
    assert_eq!(
        bedside.shows(),
        ScreenView::Asking {
            step: AskingStep::FirstFactor,
            is_slow: true,
            fault: Some(ContactFaultView::Unreachable)
        }
    );
    assert_eq!(bedside.view().unwrap().contact, Contact::Away);

    bedside.session_server.is(Reach::Answers(SECOND / 10));
    bedside.pass(5 * SECOND);
    assert!(matches!(bedside.shows(), ScreenView::SecondFactor { .. }), "{:?}", bedside.shows());
}

#[test]
fn the_words_do_not_come_and_go_with_each_try() {
    let mut bedside = Bedside::new();
    bedside.session_server.is(Reach::Away(ContactFault::Unreachable));
    bedside.types_name_and_password("maria", "correct horse");
    bedside.pass(2 * SECOND);
    let revision = bedside.view().unwrap().revision;

    bedside.pass(MINUTE);

    assert_eq!(bedside.view().unwrap().revision, revision);
}

#[test]
fn after_two_minutes_without_an_answer_the_form_is_back_with_the_reason() {
    let mut bedside = Bedside::new();
    bedside.session_server.is(Reach::Away(ContactFault::Unreachable));
    bedside.types_name_and_password("maria", "correct horse");
    bedside.pass(MINUTE);
    assert!(matches!(bedside.shows(), ScreenView::Asking { .. }));

    bedside.pass(MINUTE + 10 * SECOND);

    assert_eq!(
        bedside.shows(),
        signed_out(SignedOutNotice::Unanswered { fault: ContactFaultView::Unreachable, is_retrying: false })
    );
    assert_refused(&bedside);
}

#[test]
fn a_password_is_not_offered_again_to_something_that_is_not_our_server() {
    for (fault, told) in [
        (ContactFault::NotOurServer, ContactFaultView::NotOurServer),
        (ContactFault::ClockWrong, ContactFaultView::ClockWrong),
    ] {
        let mut bedside = Bedside::new();
        bedside.session_server.is(Reach::Away(fault));
        bedside.types_name_and_password("maria", "correct horse");

        bedside.pass(MINUTE);

        let notice = SignedOutNotice::Unanswered { fault: told, is_retrying: false };
        assert_eq!(bedside.shows(), signed_out(notice));
        assert_eq!(bedside.session_server.asked(), ["open_session"]);
        assert_refused(&bedside);
    }
}

#[test]
fn who_has_no_answer_can_cancel() {
    let mut bedside = Bedside::new();
    bedside.session_server.is(Reach::Away(ContactFault::Slow));
    bedside.types_name_and_password("maria", "correct horse");
    bedside.pass(10 * SECOND);

    bedside.does(Intent::Cancel);
    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });

    let asked = bedside.session_server.asked().len();
    bedside.pass(5 * MINUTE);
    assert_eq!(bedside.session_server.asked().len(), asked, "nothing is asked for nobody");
}

#[test]
fn an_unknown_or_cloned_workstation_signs_nobody_in_and_says_its_name() {
    for (cause, code) in [
        (FailClosedCause::WorkstationUnknown, FailClosedCode::WorkstationUnknown),
        (FailClosedCause::WorkstationRevoked, FailClosedCode::WorkstationRevoked),
        (FailClosedCause::WorkstationCloned, FailClosedCode::WorkstationCloned),
    ] {
        let mut bedside = Bedside::new();
        bedside.session_server.refuses_workstation(cause);

        bedside.types_name_and_password("maria", "correct horse");

        let ScreenView::FailClosed { code: shown, .. } = bedside.shows() else {
            panic!("{:?}", bedside.shows())
        };
        assert_eq!(shown, code);
        let place = bedside.view().unwrap().place;
        assert_eq!((place.workstation.as_str(), place.workstation_id.as_str()), ("WS-07", "00000000"));
        assert_refused(&bedside);
    }
}

#[test]
fn a_cloned_workstation_lets_the_session_at_hand_be_finished() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.session_server.refuses_workstation(FailClosedCause::WorkstationCloned);
    bedside.settle();
    assert!(!bedside.screen.is_covered());

    bedside.does(Intent::SignOut);
    bedside.types_name_and_password("maria", "correct horse");
    bedside.pass(MILLISECOND);
    assert!(bedside.screen.is_covered());
}

#[track_caller]
fn assert_refused(bedside: &Bedside) {
    assert!(bedside.screen.is_covered());
    assert_eq!(bedside.session_server.sessions_not_over(), []);
    assert_eq!(bedside.keychain.holds(), None);
}
