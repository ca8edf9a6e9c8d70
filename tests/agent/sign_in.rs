//! Name, password, code: and what must be true before she sees anything.

use agent_core::event::{Limits, TapOut};
use agent_runtime::{
    intent::Intent,
    view::{AskingStep, Contact, FactorWanted, NextTap, Place, ScreenView},
};
use testkit::{
    bedside::Bedside,
    fake::{Person, Reach, ScreenAsk},
};

use crate::told::{HOUR, MILLISECOND, MINUTE, SECOND, is_active, sessions_on_record};

#[test]
fn name_password_and_code_uncover_the_screen() {
    let mut bedside = Bedside::new();
    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });

    bedside.types_name_and_password("maria", "correct horse");
    assert_eq!(
        bedside.shows(),
        ScreenView::SecondFactor {
            wants: FactorWanted::Totp,
            is_loss: false,
            display_name: None,
            expires_in_ms: 120_000,
            tries_left: 5,
            is_refused: false
        }
    );
    assert!(bedside.screen.is_covered());

    bedside.types_code("123 456");
    assert_eq!(
        bedside.shows(),
        ScreenView::Active {
            display_name: "Maria O.".to_owned(),
            role: "RN".to_owned(),
            signs_out_in_ms: None,
            absolute_limit_in_ms: None,
            tap: NextTap::None,
            line: None,
            offers_renewal: false,
            my_sessions: None,
        }
    );
    assert!(!bedside.screen.is_covered());
    assert_eq!(bedside.keychain.holds(), Some(bedside.session()));
}

#[test]
fn the_corners_of_the_screen_name_the_place() {
    let bedside = Bedside::new();

    let view = bedside.view().unwrap();

    assert_eq!(
        view.place,
        Place {
            organisation: "St. Example Hospital".to_owned(),
            unit: "ICU-3".to_owned(),
            workstation: "WS-07".to_owned(),
            workstation_id: "00000000".to_owned(),
            help_line: "5-1234".to_owned(),
        }
    );
    assert!(view.is_enforced);
    assert_eq!(view.policy_notice, None);
}

#[test]
fn a_screen_that_nothing_holds_says_so() {
    let mut bedside = Bedside::switched_off();
    bedside.screen.is_not_enforced();

    bedside.switch_on();

    assert!(!bedside.view().unwrap().is_enforced);
}

#[test]
fn nothing_is_uncovered_before_the_login_is_on_disk() {
    let mut bedside = Bedside::new();
    bedside.audit_trail.takes(3 * SECOND);
    bedside.types_name_and_password("maria", "correct horse");
    bedside.types_code("123456");

    bedside.pass(3 * SECOND - MILLISECOND);
    assert_eq!(bedside.shows(), ScreenView::Opening { display_name: "Maria O.".to_owned() });
    assert!(bedside.screen.is_covered());
    assert!(!bedside.screen.asked().iter().any(|ask| matches!(ask, ScreenAsk::Uncover(_))));

    bedside.pass(MILLISECOND);
    assert!(is_active(&bedside));
}

#[test]
fn where_policy_asks_for_no_code_the_password_suffices_and_the_record_says_so() {
    let mut bedside = Bedside::new();
    bedside.session_server.knows(Person { code: None, ..Person::maria() });

    bedside.types_name_and_password("maria", "correct horse");

    assert!(is_active(&bedside));
    assert_eq!(sessions_on_record(&bedside), ["login of Maria O. by Password"]);
}

#[test]
fn every_wait_is_explained_after_two_seconds() {
    let mut bedside = Bedside::new();
    bedside.session_server.is(Reach::Answers(4 * SECOND));
    bedside.types_name_and_password("maria", "correct horse");

    let asking = |is_slow| ScreenView::Asking { step: AskingStep::FirstFactor, is_slow, fault: None };
    bedside.pass(2 * SECOND - MILLISECOND);
    assert_eq!(bedside.shows(), asking(false));

    bedside.pass(MILLISECOND);
    assert_eq!(bedside.shows(), asking(true));

    bedside.pass(2 * SECOND);
    assert!(matches!(bedside.shows(), ScreenView::SecondFactor { .. }));
}

#[test]
fn escape_at_the_code_gives_the_form_back() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");

    bedside.does(Intent::Cancel);

    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
    assert!(bedside.screen.is_covered());
}

#[test]
fn a_session_that_opens_after_she_gave_up_is_ended_and_never_uncovers() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");
    bedside.session_server.is(Reach::Answers(3 * SECOND));
    bedside.types_code("123456");
    bedside.pass(SECOND);
    bedside.does(Intent::Cancel);

    bedside.pass(MINUTE);

    assert!(bedside.screen.is_covered());
    assert_eq!(bedside.session_server.sessions_not_over(), []);
    assert_eq!(bedside.keychain.holds(), None);
}

#[test]
fn a_double_click_on_sign_in_asks_the_server_once() {
    let mut bedside = Bedside::new();
    bedside.session_server.is(Reach::Answers(SECOND));

    bedside.types_name_and_password("maria", "correct horse");
    bedside.types_name_and_password("maria", "correct horse");
    bedside.pass(2 * SECOND);

    let asked = bedside.session_server.asked();
    assert_eq!(asked.iter().filter(|call| **call == "open_session").count(), 1);
}

#[test]
fn the_screen_knows_that_the_server_answers_once_it_has() {
    let mut bedside = Bedside::new();
    assert_eq!(bedside.view().unwrap().contact, Contact::Unknown);

    bedside.types_name_and_password("maria", "wrong");

    assert_eq!(bedside.view().unwrap().contact, Contact::Online);
}

#[test]
fn a_server_that_gives_a_session_no_time_is_not_believed_to_give_some() {
    let mut bedside = Bedside::new();
    bedside.session_server.limits(Limits {
        inactivity: MINUTE,
        warning: 10 * MINUTE,
        absolute_remaining: HOUR,
        heartbeat: MINUTE,
        conceal_after: None,
        tap_out: TapOut::Cover,
    });

    bedside.maria_signs_in();
    bedside.pass(30 * SECOND);

    // The warning is never longer than half of the limit.
    assert!(matches!(bedside.shows(), ScreenView::InactivityWarning { signs_out_in_ms: 30_000, .. }));
}
