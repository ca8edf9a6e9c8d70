//! Her programs: when they are started, told to save, frozen, closed, and what of it is on record.

use agent_core::{
    apps::{RunReason, SaveReason},
    command::FailClosedCause,
};
use agent_runtime::{
    intent::{Intent, Typed},
    view::{AppsProgress, FailClosedCode, ScreenView},
};
use testkit::{
    bedside::Bedside,
    fake::{AppsAsk, SaveAnswer},
};

use crate::told::{MINUTE, SECOND};

#[test]
fn her_programs_start_when_the_screen_is_hers_and_not_before() {
    let mut bedside = Bedside::new();
    bedside.types_name_and_password("maria", "correct horse");
    assert_eq!(bedside.apps.asked(), []);

    bedside.types_code("123456");

    let [AppsAsk::Run(session, RunReason::Uncovered)] = bedside.apps.asked()[..] else {
        panic!("{:?}", bedside.apps.asked())
    };
    assert_eq!(bedside.apps.running(), Some(session));
}

#[test]
fn they_save_as_she_leaves_and_go_on_under_the_cover() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(6 * SECOND);

    bedside.does(Intent::Conceal);
    bedside.pass(SECOND);

    assert!(bedside.screen.is_covered());
    assert!(bedside.apps.running().is_some() && !bedside.apps.are_frozen());
    assert_eq!(apps_on_record(&bedside), ["app records: saved-at-conceal"]);
}

#[test]
fn while_somebody_is_at_her_covered_screen_none_of_them_watches() {
    let mut bedside = concealed();

    bedside.somebody_touches_the_covered_screen();
    assert!(bedside.apps.are_frozen());
    bedside.pass(59 * SECOND);
    assert!(bedside.apps.are_frozen());

    bedside.pass(2 * SECOND);
    assert!(!bedside.apps.are_frozen(), "nobody is there any more");
}

#[test]
fn where_they_cannot_be_frozen_her_session_ends_before_anybody_types_there() {
    let mut bedside = concealed();
    bedside.apps.freezes(false);

    bedside.somebody_touches_the_covered_screen();
    bedside.pass(SECOND);

    assert!(bedside.screen.is_covered());
    assert!(matches!(bedside.shows(), ScreenView::SignedOut { .. }), "{:?}", bedside.shows());
    assert_eq!(bedside.apps.running(), None);
}

#[test]
fn they_go_on_when_she_is_back() {
    let mut bedside = concealed();
    bedside.somebody_touches_the_covered_screen();

    bedside.does(Intent::Password { password: Typed::new("correct horse".to_owned()) });
    bedside.pass(SECOND);

    assert!(matches!(bedside.shows(), ScreenView::Active { .. }), "{:?}", bedside.shows());
    assert!(!bedside.apps.are_frozen());
}

#[test]
fn what_a_colleague_typed_at_her_covered_screen_none_of_them_wakes_to_read() {
    let mut bedside = concealed();
    bedside.somebody_touches_the_covered_screen();
    bedside.types_name_and_password("john", "battery staple");
    bedside.does(Intent::Cancel);

    bedside.pass(2 * MINUTE);
    assert!(bedside.apps.are_frozen(), "nobody is there any more, and they are not let run");
    bedside.pass(16 * MINUTE);

    assert_eq!(bedside.apps.running(), None);
    assert_eq!(apps_on_record(&bedside), ["app records: saved-at-conceal", "app records: killed"]);
}

#[test]
fn where_a_colleague_typed_there_they_end_unwoken_and_begin_anew_as_she_comes_back() {
    let mut bedside = concealed();
    bedside.somebody_touches_the_covered_screen();
    bedside.types_name_and_password("john", "battery staple");
    bedside.does(Intent::Cancel);

    bedside.does(Intent::Password { password: Typed::new("correct horse".to_owned()) });
    bedside.pass(SECOND);

    assert!(matches!(bedside.shows(), ScreenView::Active { .. }), "{:?}", bedside.shows());
    assert!(bedside.apps.running().is_some() && !bedside.apps.are_frozen());
    assert!(matches!(bedside.apps.asked().last(), Some(AppsAsk::Run(_, RunReason::Anew))));
    assert_eq!(apps_on_record(&bedside), ["app records: saved-at-conceal", "app records: killed"]);
}

#[test]
fn they_save_before_automatic_logoff_and_once_more_as_it_comes() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.pass(16 * MINUTE);

    assert_eq!(
        apps_on_record(&bedside),
        ["app records: saved-at-warning", "app records: saved-at-sign-out", "app records: closed"]
    );
    assert_eq!(bedside.apps.running(), None);
}

#[test]
fn the_cover_and_the_record_come_before_any_of_them_is_closed() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.screen.takes(SECOND);

    bedside.does(Intent::SignOut);
    assert!(!bedside.apps.asked().iter().any(|ask| matches!(ask, AppsAsk::Close(..))));
    bedside.pass(2 * SECOND);

    assert!(bedside.apps.asked().iter().any(|ask| matches!(ask, AppsAsk::Close(..))));
    let story = bedside.audit_trail.story();
    let at = |what: &str| story.iter().position(|record| record.starts_with(what)).unwrap();
    assert!(at("logout of Maria O.") < at("app records: saved-at-sign-out"), "{story:?}");
}

#[test]
fn the_screen_says_how_far_closing_them_has_got_and_nobody_comes_in_before() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.apps.closing_takes(8 * SECOND);

    bedside.does(Intent::SignOut);
    bedside.pass(SECOND);
    let ScreenView::SigningOut { apps, .. } = bedside.shows() else { panic!("{:?}", bedside.shows()) };
    assert_eq!(apps, Some(AppsProgress { closed: 0, of: 1 }));
    bedside.types_name_and_password("john", "battery staple");
    assert!(matches!(bedside.shows(), ScreenView::SigningOut { .. }), "{:?}", bedside.shows());

    bedside.pass(8 * SECOND);
    assert!(matches!(bedside.shows(), ScreenView::SignedOut { .. }), "{:?}", bedside.shows());
}

#[test]
fn one_that_says_nothing_is_ended_by_force_and_that_is_on_record() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.apps.answers_saving(SaveAnswer::IsMute);

    bedside.does(Intent::SignOut);
    bedside.pass(SECOND);

    assert_eq!(apps_on_record(&bedside), ["app records: save-unanswered-at-sign-out", "app records: killed"]);
}

#[test]
fn one_that_cannot_save_says_so_on_record() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.apps.answers_saving(SaveAnswer::Refuses);
    bedside.pass(6 * SECOND);

    bedside.does(Intent::Conceal);
    bedside.pass(SECOND);

    assert_eq!(apps_on_record(&bedside), ["app records: save-refused-at-conceal"]);
}

#[test]
fn what_cannot_be_closed_lets_nobody_in_until_it_can() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.apps.works(false);

    bedside.does(Intent::SignOut);
    bedside.pass(SECOND);
    let ScreenView::FailClosed { code, .. } = bedside.shows() else { panic!("{:?}", bedside.shows()) };
    assert_eq!(code, FailClosedCode::AppsLeft);
    assert!(bedside.screen.is_covered());

    bedside.apps.works(true);
    bedside.pass(30 * SECOND);
    assert!(matches!(bedside.shows(), ScreenView::SignedOut { .. }), "{:?}", bedside.shows());
    assert_eq!(bedside.apps.running(), None);
    bedside.maria_signs_in();
}

#[test]
fn an_agent_that_comes_back_has_what_was_left_taken_away_before_anybody_signs_in() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.agent_is_killed();
    assert!(bedside.apps.running().is_some());
    bedside.apps.works(false);
    bedside.switch_on();
    bedside.pass(SECOND);
    let ScreenView::FailClosed { code, .. } = bedside.shows() else { panic!("{:?}", bedside.shows()) };
    assert_eq!(code, FailClosedCode::AppsLeft);

    bedside.apps.works(true);
    bedside.pass(30 * SECOND);
    assert_eq!(bedside.apps.running(), None);
    bedside.maria_signs_in();
}

#[test]
fn a_launcher_that_is_gone_starts_nothing_and_that_is_on_record() {
    let mut bedside = Bedside::new();
    bedside.apps.works(false);

    bedside.maria_signs_in();
    bedside.pass(SECOND);

    assert_eq!(apps_on_record(&bedside), ["app records: not-started"]);
    assert!(
        !bedside
            .audit_trail
            .story()
            .iter()
            .any(|record| record.contains(&format!("{:?}", FailClosedCause::AppsLeft)))
    );
}

#[test]
fn they_are_told_to_save_why_each_time() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.has_the_default_policy();
    bedside.pass(15 * MINUTE);

    let reasons: Vec<_> = bedside
        .apps
        .asked()
        .into_iter()
        .filter_map(|ask| match ask {
            AppsAsk::Save(_, why) => Some(why),
            AppsAsk::Run(..) | AppsAsk::Freeze(_) | AppsAsk::Close(..) => None,
        })
        .collect();
    assert_eq!(reasons, [SaveReason::Warned]);
}

fn concealed() -> Bedside {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.pass(6 * SECOND);
    bedside.does(Intent::Conceal);
    bedside.pass(SECOND);
    bedside
}

fn apps_on_record(bedside: &Bedside) -> Vec<String> {
    bedside.audit_trail.story().into_iter().filter(|record| record.starts_with("app ")).collect()
}
