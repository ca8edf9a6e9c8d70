//! She chooses her language at the covered screen; it goes with her session, and the next person finds the
//! workstation's own.

use agent_core::command::FailClosedCause;
use agent_runtime::{
    intent::{Intent, Typed},
    language::Language::{self, English, Spanish},
    view::{EndCauseView, FactorWanted, ScreenView, SignedOutNotice},
};
use testkit::bedside::Bedside;

use crate::told::{MILLISECOND, MINUTE, SECOND, is_active, is_warning, session_ended, signed_out};

fn choose(bedside: &mut Bedside, language: Language) {
    bedside.does(Intent::ChooseLanguage { language });
}

#[test]
fn until_somebody_chooses_the_screen_speaks_the_workstations_own_language() {
    let bedside = Bedside::new();
    assert_eq!(bedside.speaks(), English);

    let mut bedside = Bedside::switched_off();
    bedside.has_language(Spanish);
    bedside.switch_on();
    assert_eq!(bedside.speaks(), Spanish);
}

#[test]
fn the_signed_out_screen_speaks_what_was_chosen_at_once_and_asks_nothing_of_anybody() {
    let mut bedside = Bedside::new();
    let before = bedside.view().unwrap();
    let asked = bedside.session_server.asked();

    choose(&mut bedside, Spanish);

    let view = bedside.view().unwrap();
    assert_eq!(view.language, Spanish);
    assert_eq!(view.screen, before.screen);
    assert_eq!(view.revision, before.revision + 1);
    assert_eq!(bedside.session_server.asked(), asked);
}

#[test]
fn choosing_what_is_spoken_already_draws_nothing_anew() {
    let mut bedside = Bedside::new();
    let before = bedside.view();

    choose(&mut bedside, English);

    assert_eq!(bedside.view(), before);
}

#[test]
fn it_may_be_chosen_while_the_code_is_asked_for_and_takes_neither_time_nor_tries() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");
    let ScreenView::SecondFactor { expires_in_ms, tries_left, .. } = bedside.shows() else {
        panic!("{:?}", bedside.shows())
    };
    bedside.pass(10 * SECOND);

    choose(&mut bedside, Spanish);

    assert_eq!(bedside.speaks(), Spanish);
    let left = ScreenView::SecondFactor {
        wants: FactorWanted::Totp,
        is_loss: false,
        display_name: None,
        expires_in_ms: expires_in_ms - 10_000,
        tries_left,
        is_refused: false,
    };
    assert_eq!(bedside.shows(), left);
    bedside.types_code("123456");
    assert!(is_active(&bedside));
    assert_eq!(bedside.speaks(), Spanish);
}

#[test]
fn it_may_be_chosen_where_nobody_can_sign_in_and_outlives_what_was_mended() {
    let mut bedside = Bedside::switched_off();
    bedside.start_up.fails(Some(FailClosedCause::SpoolFull));
    bedside.switch_on();

    choose(&mut bedside, Spanish);
    assert_eq!(bedside.speaks(), Spanish);
    bedside.start_up.fails(None);
    bedside.pass(MINUTE);

    assert_eq!(bedside.shows(), ScreenView::SignedOut { notice: None, enrolment_offered_ms: None });
    assert_eq!(bedside.speaks(), Spanish);
}

#[test]
fn a_refusal_is_said_in_it_and_does_not_end_it() {
    let mut bedside = Bedside::new();
    choose(&mut bedside, Spanish);

    bedside.types_name_and_password("maria", "wrong");

    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::Refused));
    assert_eq!(bedside.speaks(), Spanish);
}

#[test]
fn what_cannot_be_sent_is_still_said_after_the_language_was_chosen() {
    let mut bedside = Bedside::new();
    bedside.does(Intent::SignIn { name: Typed::new("n".repeat(10_000)), password: Typed::new("p".into()) });
    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::Malformed));

    choose(&mut bedside, Spanish);

    assert_eq!(bedside.shows(), signed_out(SignedOutNotice::Malformed));
    assert_eq!(bedside.speaks(), Spanish);
}

#[test]
fn her_strip_her_warning_and_her_notification_speak_it() {
    let mut bedside = Bedside::new();
    choose(&mut bedside, Spanish);
    bedside.maria_signs_in();
    assert_eq!(bedside.speaks(), Spanish);

    bedside.pass(14 * MINUTE);

    assert!(is_warning(&bedside));
    assert_eq!(bedside.speaks(), Spanish);
    assert_eq!(bedside.notifier.shown_in(), Some(Spanish));
}

#[test]
fn where_nobody_chose_the_notification_speaks_the_workstations_own() {
    for own in Language::ALL {
        let mut bedside = Bedside::switched_off();
        bedside.has_language(own);
        bedside.switch_on();
        bedside.maria_signs_in();

        bedside.pass(14 * MINUTE);

        assert_eq!(bedside.notifier.shown_in(), Some(own));
    }
}

#[test]
fn after_her_session_the_workstation_speaks_its_own_again_also_where_that_is_spanish() {
    for (own, chosen) in [(English, Spanish), (Spanish, English)] {
        let mut bedside = Bedside::switched_off();
        bedside.has_language(own);
        bedside.switch_on();
        choose(&mut bedside, chosen);
        bedside.maria_signs_in();

        bedside.does(Intent::SignOut);

        assert_eq!(bedside.shows(), session_ended(EndCauseView::UserButton));
        assert_eq!(bedside.speaks(), own);
    }
}

#[test]
fn while_her_work_is_saved_the_screen_still_speaks_to_her() {
    let mut bedside = Bedside::new();
    choose(&mut bedside, Spanish);
    bedside.maria_signs_in();
    bedside.audit_trail.takes(2 * SECOND);

    bedside.does(Intent::SignOut);
    assert!(matches!(bedside.shows(), ScreenView::SigningOut { .. }));
    assert_eq!(bedside.speaks(), Spanish);
    bedside.pass(2 * SECOND + MILLISECOND);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::UserButton));
    assert_eq!(bedside.speaks(), English);
}

#[test]
fn who_waits_for_the_session_before_to_end_keeps_what_she_chose_meanwhile() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.audit_trail.takes(2 * SECOND);
    bedside.does(Intent::SignOut);
    assert!(matches!(bedside.shows(), ScreenView::SigningOut { .. }));

    choose(&mut bedside, Spanish);
    bedside.pass(2 * SECOND + MILLISECOND);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::UserButton));
    assert_eq!(bedside.speaks(), Spanish);
}

#[test]
fn her_choice_is_not_the_next_persons() {
    let mut bedside = Bedside::new();
    choose(&mut bedside, Spanish);
    bedside.maria_signs_in();
    bedside.pass(15 * MINUTE + SECOND);
    assert_eq!(bedside.shows(), session_ended(EndCauseView::Inactivity));

    bedside.maria_signs_in();

    assert_eq!(bedside.speaks(), English);
}

#[test]
fn a_screen_that_covered_by_itself_and_was_uncovered_again_goes_on_in_her_language() {
    let mut bedside = Bedside::new();
    choose(&mut bedside, Spanish);
    bedside.maria_signs_in();

    bedside.screen.covers_by_itself();
    bedside.settle();

    assert!(is_active(&bedside));
    assert_eq!(bedside.speaks(), Spanish);
}

#[test]
fn nothing_is_chosen_on_a_screen_that_is_hers() {
    let mut bedside = Bedside::with_maria_signed_in();
    choose(&mut bedside, Spanish);
    assert_eq!(bedside.speaks(), English);

    bedside.pass(14 * MINUTE);
    assert!(is_warning(&bedside));
    choose(&mut bedside, Spanish);

    assert_eq!(bedside.speaks(), English);
}

#[test]
fn choosing_a_language_is_no_input_and_keeps_nobody_signed_in() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(14 * MINUTE + 30 * SECOND);

    choose(&mut bedside, Spanish);
    bedside.pass(30 * SECOND);

    assert!(bedside.screen.is_covered());
    assert_eq!(bedside.shows(), session_ended(EndCauseView::Inactivity));
}

#[test]
fn an_agent_that_starts_anew_speaks_the_workstations_own() {
    let mut bedside = Bedside::new();
    choose(&mut bedside, Spanish);

    bedside.agent_is_killed();
    bedside.switch_on();

    assert_eq!(bedside.speaks(), English);
}
