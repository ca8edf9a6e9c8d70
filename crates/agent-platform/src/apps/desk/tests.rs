//! What is said to the launcher, and what follows from its answers.

use agent_core::apps::{AppsProgress, CloseHow};
use launch_contract::{Account, App, CloseOutcome, Containment};
use uuid::Uuid;

use super::{
    freezing::{FREEZE_WITHIN, THAW_AGAIN_AFTER},
    *,
};

const SESSION: SessionId = SessionId(Uuid::from_u128(7));
const OTHER: SessionId = SessionId(Uuid::from_u128(8));

#[test]
fn her_apps_are_started_once_the_launcher_has_said_hello_and_not_twice() {
    let mut desk = desk();

    assert_eq!(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered))), [Output::Connect]);
    let said = said(desk.on(hello()));
    assert!(matches!(&said[..], [(1, Verb::Start { session, .. })] if *session == SESSION.0), "{said:?}");
    assert_eq!(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered))), []);
}

#[test]
fn apps_that_were_frozen_go_on_and_no_others_are_touched() {
    let mut desk = running();

    assert_eq!(said(desk.on(Input::Order(Order::Freeze(OTHER)))), []);
    let frozen = said(desk.on(Input::Order(Order::Freeze(SESSION))));
    assert!(matches!(frozen[..], [(_, Verb::Freeze { frozen: true, .. })]), "{frozen:?}");
    assert_eq!(desk.on(Input::Order(Order::Freeze(SESSION))), []);
    assert_eq!(
        desk.on(Input::Order(Order::Save(SESSION, SaveReason::Concealed))),
        [],
        "nobody can save while frozen"
    );
    let thawed = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered))));
    assert!(matches!(thawed[..], [(_, Verb::Freeze { frozen: false, .. })]), "{thawed:?}");
}

#[test]
fn what_each_app_says_of_saving_is_told_with_the_reason_it_was_asked_for() {
    let mut desk = running();
    let [(request, Verb::Save { within_ms, .. })] =
        &said(desk.on(Input::Order(Order::Save(SESSION, SaveReason::Warned))))[..]
    else {
        panic!("no save")
    };
    assert_eq!(within_ms.get(), 10_000);

    for (outcome, told) in [
        (SaveOutcome::Saved, Some(AppOutcome::Saved(SaveReason::Warned))),
        (SaveOutcome::Refused, Some(AppOutcome::SaveRefused(SaveReason::Warned))),
        (SaveOutcome::NoAnswer, Some(AppOutcome::SaveUnanswered(SaveReason::Warned))),
        (SaveOutcome::NoHook, None),
        (SaveOutcome::Gone, None),
    ] {
        let outputs = desk.on(answer(*request, Answer::AppSaved { app: records(), outcome }));
        assert_eq!(outputs, told.map(app_told).into_iter().collect::<Vec<_>>());
    }
    let late = answer(*request + 100, Answer::AppSaved { app: records(), outcome: SaveOutcome::Saved });
    assert_eq!(desk.on(late), []);
}

#[test]
fn they_save_then_close_and_when_all_is_wiped_they_are_gone() {
    let mut desk = running();

    let saving = desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked)));
    assert_eq!(saving[0], closing(0));
    let (save, _) = said(saving).pop().unwrap();
    assert_eq!(
        desk.on(answer(save, Answer::AppSaved { app: records(), outcome: SaveOutcome::Saved })),
        [app_told(AppOutcome::Saved(SaveReason::SigningOut))]
    );
    let close = said(desk.on(answer(save, Answer::Done { left: 0 })));
    assert!(matches!(close[..], [(_, Verb::Close { .. })]), "{close:?}");
    let closed = answer(close[0].0, Answer::AppClosed { app: records(), outcome: CloseOutcome::Closed });
    assert_eq!(desk.on(closed), [app_told(AppOutcome::Closed), closing(1)]);
    let killed = answer(close[0].0, Answer::AppClosed { app: notes(), outcome: CloseOutcome::Killed });
    assert_eq!(desk.on(killed)[1], closing(2));
    let wipe = said(desk.on(answer(close[0].0, Answer::Done { left: 0 })));
    assert!(matches!(wipe[..], [(_, Verb::Wipe {})]), "{wipe:?}");

    let gone = desk.on(answer(wipe[0].0, Answer::Wiped));
    assert_eq!(gone, [Output::Timer(None), Output::Tell(Event::AppsGone { session: SESSION })]);
    assert!(matches!(
        said(desk.on(Input::Order(Order::Run(OTHER, RunReason::Uncovered))))[..],
        [(_, Verb::Start { .. })]
    ));
}

#[test]
fn apps_that_are_frozen_are_thawed_so_that_they_can_save() {
    let mut desk = running();
    desk.on(Input::Order(Order::Freeze(SESSION)));

    let verbs = said(desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked))));

    assert!(
        matches!(verbs[..], [(_, Verb::Freeze { frozen: false, .. }), (_, Verb::Save { .. })]),
        "{verbs:?}"
    );
}

#[test]
fn apps_that_are_not_to_be_woken_are_ended_as_they_stand_still() {
    let mut desk = frozen();

    let verbs = said(desk.on(Input::Order(Order::Close(SESSION, CloseHow::Unwoken))));
    let [(close, Verb::Close { .. })] = verbs[..] else { panic!("{verbs:?}") };
    let killed = Answer::AppClosed { app: records(), outcome: CloseOutcome::Killed };
    assert_eq!(desk.on(answer(close, killed)), [app_told(AppOutcome::Killed), closing(1)]);
    let (wipe, verb) = said(desk.on(answer(close, Answer::Done { left: 0 }))).pop().unwrap();
    assert_eq!(verb, Verb::Wipe {});
    let gone = desk.on(answer(wipe, Answer::Wiped));
    assert_eq!(gone.last(), Some(&Output::Tell(Event::AppsGone { session: SESSION })));
}

#[test]
fn where_they_are_not_known_to_stand_still_nothing_but_a_wipe_ends_them_unwoken() {
    let mut asked = running();
    asked.on(Input::Order(Order::Freeze(SESSION)));
    let mut failed = running();
    failed.on(Input::Order(Order::Freeze(SESSION)));
    failed.on(Input::TimeUp);
    failed.on(Input::TimeUp);
    let mut unreached = frozen();
    unreached.on(Input::Lost);
    unreached.on(hello());

    for mut desk in [running(), asked, failed, unreached] {
        let verbs = said(desk.on(Input::Order(Order::Close(SESSION, CloseHow::Unwoken))));
        let [(wipe, Verb::Wipe {})] = verbs[..] else { panic!("{verbs:?}") };
        let gone = desk.on(answer(wipe, Answer::Wiped));
        assert!(gone.contains(&app_told(AppOutcome::Killed)), "{gone:?}");
    }
}

#[test]
fn apps_that_begin_anew_end_unwoken_and_start_once_nothing_of_them_is_left() {
    let mut desk = frozen();

    let verbs = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Anew))));
    let [(close, Verb::Close { .. })] = verbs[..] else { panic!("{verbs:?}") };
    assert_eq!(desk.on(Input::Order(Order::Save(SESSION, SaveReason::Warned))), []);
    assert_eq!(desk.on(Input::Order(Order::Run(SESSION, RunReason::Anew))), []);
    let killed = Answer::AppClosed { app: records(), outcome: CloseOutcome::Killed };
    assert_eq!(desk.on(answer(close, killed)), [app_told(AppOutcome::Killed)]);
    let (wipe, _) = said(desk.on(answer(close, Answer::Done { left: 0 }))).pop().unwrap();

    let anew = desk.on(answer(wipe, Answer::Wiped));
    assert!(anew.contains(&Output::Tell(Event::AppsGone { session: SESSION })), "{anew:?}");
    let [(start, Verb::Start { apps, .. })] = &said(anew)[..] else { panic!("no start") };
    assert_eq!(apps.as_slice().len(), 2);
    desk.on(answer(*start, Answer::Done { left: 0 }));
    let frozen = said(desk.on(Input::Order(Order::Freeze(SESSION))));
    assert!(matches!(frozen[..], [(_, Verb::Freeze { frozen: true, .. })]), "{frozen:?}");
}

#[test]
fn where_those_that_were_to_begin_anew_cannot_be_wiped_none_starts() {
    let mut desk = frozen();
    let (close, _) = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Anew)))).pop().unwrap();
    let (wipe, _) = said(desk.on(answer(close, Answer::Done { left: 0 }))).pop().unwrap();

    let left = desk.on(answer(wipe, Answer::Failed { code: Code::HomeLeft, left: 1 }));

    assert_eq!(left, [Output::Timer(None), Output::Tell(Event::AppsLeft { session: SESSION })]);
}

#[test]
fn where_she_has_gone_before_they_began_anew_they_start_when_she_is_back() {
    let mut desk = frozen();
    let (close, _) = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Anew)))).pop().unwrap();
    desk.on(Input::Order(Order::Save(SESSION, SaveReason::Concealed)));
    assert_eq!(desk.on(Input::Order(Order::Freeze(SESSION))), []);
    let (wipe, _) = said(desk.on(answer(close, Answer::Done { left: 0 }))).pop().unwrap();

    assert_eq!(said(desk.on(answer(wipe, Answer::Wiped))), []);

    let back = desk.on(Input::Order(Order::Run(SESSION, RunReason::Anew)));
    assert_eq!(back.first(), Some(&Output::Tell(Event::AppsGone { session: SESSION })));
    assert!(matches!(said(back)[..], [(_, Verb::Start { .. })]));
}

#[test]
fn a_session_that_ends_while_its_apps_begin_anew_starts_none() {
    for how in [CloseHow::Asked, CloseHow::Unwoken] {
        let mut desk = frozen();
        let (close, _) = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Anew)))).pop().unwrap();
        assert_eq!(desk.on(Input::Order(Order::Close(SESSION, how))), []);
        let (wipe, _) = said(desk.on(answer(close, Answer::Done { left: 0 }))).pop().unwrap();

        let gone = desk.on(answer(wipe, Answer::Wiped));

        assert_eq!(gone.last(), Some(&Output::Tell(Event::AppsGone { session: SESSION })));
    }
}

#[test]
fn a_launcher_that_dies_while_they_begin_anew_wipes_first_when_it_is_back() {
    let mut desk = frozen();
    desk.on(Input::Order(Order::Run(SESSION, RunReason::Anew)));

    desk.on(Input::Lost);
    let (wipe, verb) = said(desk.on(hello())).pop().unwrap();
    assert_eq!(verb, Verb::Wipe {});
    let anew = desk.on(answer(wipe, Answer::Wiped));

    assert!(anew.contains(&app_told(AppOutcome::Killed)), "{anew:?}");
    assert!(matches!(said(anew)[..], [(_, Verb::Start { .. })]));
}

#[test]
fn where_something_is_left_that_is_told_and_closing_again_wipes_again() {
    let mut desk = running();
    let (close, _) = said(closing_desk(&mut desk)).pop().unwrap();
    let (wipe, _) =
        said(desk.on(answer(close, Answer::Failed { code: Code::ProcessesLeft, left: 1 }))).pop().unwrap();

    let left = desk.on(answer(wipe, Answer::Failed { code: Code::FilesLeft, left: 3 }));
    assert_eq!(left, [Output::Timer(None), Output::Tell(Event::AppsLeft { session: SESSION })]);

    let again = said(desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked))));
    assert!(!again.is_empty(), "{again:?}");
}

#[test]
fn a_session_without_apps_of_its_own_is_wiped_all_the_same() {
    let mut desk = connected();

    let verbs = said(desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked))));
    assert!(matches!(verbs[..], [(_, Verb::Wipe {})]), "{verbs:?}");
    let gone = desk.on(answer(verbs[0].0, Answer::Wiped));
    assert_eq!(gone[1], Output::Tell(Event::AppsGone { session: SESSION }));
}

#[test]
fn a_launcher_that_dies_while_it_closes_them_is_asked_once_more_and_then_they_count_as_killed() {
    let mut desk = running();
    closing_desk(&mut desk);

    assert!(desk.on(Input::Lost).contains(&Output::Connect));
    let wipe = said(desk.on(hello()));
    assert!(matches!(wipe[..], [(_, Verb::Wipe {})]), "{wipe:?}");
    let gone = desk.on(answer(wipe[0].0, Answer::Wiped));

    assert!(gone.contains(&app_told(AppOutcome::Killed)), "{gone:?}");
    assert_eq!(gone.last(), Some(&Output::Tell(Event::AppsGone { session: SESSION })));
}

#[test]
fn a_launcher_that_cannot_be_reached_leaves_them() {
    let mut desk = desk();

    assert!(desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked))).contains(&Output::Connect));
    let lost = desk.on(Input::Lost);

    assert_eq!(lost.last(), Some(&Output::Tell(Event::AppsLeft { session: SESSION })));
}

#[test]
fn a_launcher_that_says_nothing_is_hung_up_on_and_asked_once_more() {
    let mut desk = running();
    let asked = desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked)));
    assert!(asked.contains(&Output::Timer(Some(Duration::from_secs(13)))), "{asked:?}");

    let up = desk.on(Input::TimeUp);
    assert_eq!(up[0], Output::HangUp);
    assert!(up.contains(&Output::Connect), "{up:?}");
    desk.on(hello());
    let again = desk.on(Input::TimeUp);

    assert_eq!(again.last(), Some(&Output::Tell(Event::AppsLeft { session: SESSION })));
}

#[test]
fn what_is_said_together_to_a_launcher_that_has_died_is_one_lost_connection() {
    let mut desk = frozen();
    let mut told = Vec::new();

    desk.work_off(Input::Order(Order::Close(SESSION, CloseHow::Asked)), |output| match output {
        Output::Say(_) => Some(Input::Lost),
        Output::Tell(event) => {
            told.push(event);
            None
        }
        Output::Connect | Output::HangUp | Output::Timer(_) => None,
    });

    assert!(!told.contains(&Event::AppsLeft { session: SESSION }), "{told:?}");
    let wipe = said(desk.on(hello()));
    assert!(matches!(wipe[..], [(_, Verb::Wipe {})]), "{wipe:?}");
}

#[test]
fn where_the_launcher_comes_back_during_her_session_her_apps_go_on() {
    let mut desk = running();

    assert!(desk.on(Input::Lost).contains(&Output::Connect));
    let verbs = said(desk.on(hello()));

    let [(thaw, Verb::Freeze { frozen: false, .. })] = verbs[..] else { panic!("{verbs:?}") };
    assert_eq!(desk.on(answer(thaw, Answer::Done { left: 0 })), [Output::Timer(None)]);
}

#[test]
fn where_another_launcher_comes_her_apps_are_on_record_as_lost_at_once_and_begin_anew() {
    let mut desk = running();
    let thaw = comes_back(&mut desk);

    let lost = desk.on(answer(thaw, wrong_session()));

    assert!(lost.contains(&app_told(AppOutcome::Lost)), "{lost:?}");
    let [(start, Verb::Start { session, .. })] = &said(lost)[..] else { panic!("no start") };
    assert_eq!(*session, SESSION.0);
    desk.on(answer(*start, Answer::Done { left: 0 }));

    let thaw = comes_back(&mut desk);
    let again = desk.on(answer(thaw, wrong_session()));
    assert!(again.contains(&app_told(AppOutcome::Lost)), "{again:?}");
    assert!(said(again).is_empty(), "a launcher that keeps ending is not driven on");
    assert!(matches!(
        said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered))))[..],
        [(_, Verb::Start { .. })]
    ));
}

#[test]
fn where_another_launcher_comes_under_the_cover_they_begin_anew_when_she_is_back() {
    let mut desk = running();
    desk.on(Input::Order(Order::Save(SESSION, SaveReason::Concealed)));
    let (freeze, _) = said(desk.on(Input::Order(Order::Freeze(SESSION)))).pop().unwrap();

    let lost = desk.on(answer(freeze, wrong_session()));

    assert!(lost.contains(&app_told(AppOutcome::Lost)), "{lost:?}");
    assert!(said(lost).is_empty());
    assert_eq!(desk.on(Input::Order(Order::Freeze(SESSION))), [], "nothing runs that could watch");
    assert!(matches!(
        said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered))))[..],
        [(_, Verb::Start { .. })]
    ));
}

#[test]
fn apps_that_go_on_because_nobody_is_there_begin_anew_when_she_is_back_and_not_before() {
    let mut desk = running();
    desk.on(Input::Order(Order::Save(SESSION, SaveReason::Concealed)));
    let (freeze, _) = said(desk.on(Input::Order(Order::Freeze(SESSION)))).pop().unwrap();
    desk.on(answer(freeze, Answer::Done { left: 0 }));
    let (thaw, verb) = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::LeftAlone)))).pop().unwrap();
    assert!(matches!(verb, Verb::Freeze { frozen: false, .. }), "{verb:?}");
    desk.on(answer(thaw, Answer::Done { left: 0 }));

    let thaw = comes_back(&mut desk);
    let lost = desk.on(answer(thaw, wrong_session()));

    assert!(lost.contains(&app_told(AppOutcome::Lost)), "{lost:?}");
    assert!(said(lost).is_empty(), "nobody is there");
    assert_eq!(desk.on(Input::Order(Order::Run(SESSION, RunReason::LeftAlone))), []);
    let back = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered))));
    assert!(matches!(back[..], [(_, Verb::Start { .. })]), "{back:?}");
}

#[test]
fn a_screen_that_she_left_for_another_before_it_was_hers_starts_nothing() {
    let mut desk = connected();

    assert_eq!(desk.on(Input::Order(Order::Run(SESSION, RunReason::LeftAlone))), []);

    let back = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered))));
    assert!(matches!(back[..], [(_, Verb::Start { .. })]), "{back:?}");
}

#[test]
fn a_freeze_that_fails_is_asked_for_once_more_and_then_told_and_again_at_the_next_touch() {
    let mut desk = running();
    let (first, _) = said(desk.on(Input::Order(Order::Freeze(SESSION)))).pop().unwrap();

    let (second, verb) = said(desk.on(answer(first, freeze_failed()))).pop().unwrap();
    assert!(matches!(verb, Verb::Freeze { frozen: true, .. }), "{verb:?}");
    let told = desk.on(answer(second, freeze_failed()));
    assert_eq!(told, [Output::Timer(None), Output::Tell(Event::AppsNotFrozen { session: SESSION })]);

    let touched = said(desk.on(Input::Order(Order::Freeze(SESSION))));
    let [(third, Verb::Freeze { frozen: true, .. })] = touched[..] else { panic!("{touched:?}") };
    assert_eq!(desk.on(answer(third, Answer::Done { left: 0 })), [Output::Timer(None)]);
    assert_eq!(desk.on(Input::Order(Order::Freeze(SESSION))), []);
}

#[test]
fn a_freeze_that_is_not_answered_counts_as_none_within_two_seconds() {
    let mut desk = running();
    let asked = desk.on(Input::Order(Order::Freeze(SESSION)));
    assert!(asked.contains(&Output::Timer(Some(FREEZE_WITHIN))), "{asked:?}");

    let again = desk.on(Input::TimeUp);
    assert!(again.contains(&Output::Timer(Some(FREEZE_WITHIN))), "{again:?}");
    assert!(matches!(said(again)[..], [(_, Verb::Freeze { frozen: true, .. })]));

    let told = desk.on(Input::TimeUp);
    assert_eq!(told, [Output::Timer(None), Output::Tell(Event::AppsNotFrozen { session: SESSION })]);
    assert_eq!(desk.on(Input::TimeUp), [], "it is told once");
}

#[test]
fn a_freeze_whose_launcher_is_gone_is_told_as_soon_as_nobody_can_be_reached() {
    let mut desk = running();
    desk.on(Input::Order(Order::Freeze(SESSION)));

    assert!(desk.on(Input::Lost).contains(&Output::Connect));
    let lost = desk.on(Input::Lost);

    assert_eq!(lost.last(), Some(&Output::Tell(Event::AppsNotFrozen { session: SESSION })));
}

#[test]
fn a_thaw_that_fails_is_asked_for_once_more_then_told_and_then_tried_on_and_on() {
    let mut desk = running();
    let (freeze, _) = said(desk.on(Input::Order(Order::Freeze(SESSION)))).pop().unwrap();
    desk.on(answer(freeze, Answer::Done { left: 0 }));
    let (first, _) = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered)))).pop().unwrap();

    let (second, verb) = said(desk.on(answer(first, freeze_failed()))).pop().unwrap();
    assert!(matches!(verb, Verb::Freeze { frozen: false, .. }), "{verb:?}");
    let told = desk.on(answer(second, freeze_failed()));
    let not_thawed =
        [Output::Timer(Some(THAW_AGAIN_AFTER)), Output::Tell(Event::AppsNotThawed { session: SESSION })];
    assert_eq!(told, not_thawed);

    let mut asked = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered))));
    for _ in 0..3 {
        let (third, _) = asked.pop().unwrap();
        let (fourth, verb) = said(desk.on(answer(third, freeze_failed()))).pop().unwrap();
        assert!(matches!(verb, Verb::Freeze { frozen: false, .. }), "{verb:?}");
        assert_eq!(desk.on(answer(fourth, freeze_failed())), not_thawed);
        asked = said(desk.on(Input::TimeUp));
    }
    let (last, _) = asked.pop().unwrap();
    assert_eq!(desk.on(answer(last, Answer::Done { left: 0 })), [Output::Timer(None)]);
}

#[test]
fn a_freeze_that_failed_is_not_asked_for_by_itself() {
    let mut desk = running();
    let (first, _) = said(desk.on(Input::Order(Order::Freeze(SESSION)))).pop().unwrap();
    let (second, _) = said(desk.on(answer(first, freeze_failed()))).pop().unwrap();

    let told = desk.on(answer(second, freeze_failed()));

    assert_eq!(told, [Output::Timer(None), Output::Tell(Event::AppsNotFrozen { session: SESSION })]);
}

#[test]
fn while_they_are_closed_it_is_closing_that_is_waited_for() {
    let mut desk = running();
    desk.on(Input::Order(Order::Freeze(SESSION)));
    desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked)));

    assert_eq!(desk.on(Input::Order(Order::Freeze(SESSION))), []);
    assert_eq!(desk.on(Input::TimeUp)[0], Output::HangUp);
}

#[test]
fn a_save_that_a_later_one_has_ended_is_told_with_its_own_reason() {
    for later in [
        Order::Save(SESSION, SaveReason::Warned),
        Order::Freeze(SESSION),
        Order::Close(SESSION, CloseHow::Asked),
    ] {
        let mut desk = running();
        let (first, _) =
            said(desk.on(Input::Order(Order::Save(SESSION, SaveReason::Concealed)))).pop().unwrap();
        desk.on(Input::Order(later));

        let ended = answer(first, Answer::AppSaved { app: records(), outcome: SaveOutcome::NoAnswer });
        assert_eq!(desk.on(ended), [app_told(AppOutcome::SaveUnanswered(SaveReason::Concealed))]);
        assert_eq!(desk.on(answer(first, Answer::Done { left: 0 })), []);
    }
}

#[test]
fn an_app_that_could_not_be_started_is_told_so_and_counted_while_the_others_are_closed_already() {
    let mut desk = connected();
    let (start, _) = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered)))).pop().unwrap();
    let (save, _) = said(desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked)))).pop().unwrap();

    let not_started = Answer::AppNotStarted { app: records(), because: Code::ProgramMissing };
    assert_eq!(desk.on(answer(start, not_started)), [app_told(AppOutcome::NotStarted), closing(1)]);
    desk.on(answer(start, Answer::Done { left: 0 }));
    let (close, _) = said(desk.on(answer(save, Answer::Done { left: 0 }))).pop().unwrap();
    let closed = answer(close, Answer::AppClosed { app: notes(), outcome: CloseOutcome::Closed });
    assert_eq!(desk.on(closed)[1], closing(2));
    let (wipe, _) = said(desk.on(answer(close, Answer::Done { left: 0 }))).pop().unwrap();

    let gone = desk.on(answer(wipe, Answer::Wiped));
    assert_eq!(gone, [Output::Timer(None), Output::Tell(Event::AppsGone { session: SESSION })]);
}

#[test]
fn where_the_connection_is_lost_while_they_start_it_is_asked_whether_they_run() {
    for (said_by_launcher, told) in
        [(Answer::Done { left: 0 }, None), (wrong_session(), Some(AppOutcome::NotStarted))]
    {
        let mut desk = connected();
        desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered)));

        let lost = desk.on(Input::Lost);
        assert!(!lost.iter().any(|output| matches!(output, Output::Tell(_))), "{lost:?}");
        let (thaw, verb) = said(desk.on(hello())).pop().unwrap();
        assert!(matches!(verb, Verb::Freeze { frozen: false, .. }), "{verb:?}");

        let known = desk.on(answer(thaw, said_by_launcher));
        assert_eq!(known.contains(&app_told(AppOutcome::NotStarted)), told.is_some(), "{known:?}");
        let run = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered))));
        assert_eq!(matches!(run[..], [(_, Verb::Start { .. })]), told.is_some(), "{run:?}");
    }
}

#[test]
fn apps_that_cannot_be_started_are_told_each() {
    let mut desk = connected();
    let (start, _) = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered)))).pop().unwrap();

    let one = desk.on(answer(start, Answer::AppNotStarted { app: records(), because: Code::ProgramMissing }));
    assert_eq!(one, [app_told(AppOutcome::NotStarted)]);
    let rest = desk.on(answer(start, Answer::Failed { code: Code::HomeUnfit, left: 0 }));
    assert!(
        matches!(&rest[..], [Output::Tell(Event::AppTold { app, outcome: AppOutcome::NotStarted, .. })] if app.0 == "notes")
    );
}

#[test]
fn start_up_has_everything_wiped_and_hears_whether_it_was() {
    for (said_by_launcher, is_clean) in
        [(Answer::Wiped, true), (Answer::Failed { code: Code::HomeLeft, left: 1 }, false)]
    {
        let mut desk = connected();
        let (reply, mut cleared) = oneshot::channel();
        let (wipe, _) = said(desk.on(Input::Order(Order::Clear(reply)))).pop().unwrap();

        desk.on(answer(wipe, said_by_launcher));

        assert_eq!(cleared.try_recv().unwrap().is_ok(), is_clean);
    }
}

#[test]
fn start_up_hears_that_the_launcher_cannot_be_reached() {
    let mut desk = desk();
    let (reply, mut cleared) = oneshot::channel();
    desk.on(Input::Order(Order::Clear(reply)));

    desk.on(Input::Lost);

    assert_eq!(cleared.try_recv().unwrap(), Err(NotCleared));
}

#[test]
fn a_launcher_of_another_version_is_hung_up_on() {
    let mut desk = desk();
    desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked)));
    let Input::Heard(LauncherMessage::Hello(hello)) = hello() else { unreachable!() };

    let outputs = desk.on(Input::Heard(LauncherMessage::Hello(Hello { version: 2, ..hello })));

    assert_eq!(outputs[0], Output::HangUp);
    assert_eq!(outputs.last(), Some(&Output::Tell(Event::AppsLeft { session: SESSION })));
}

/// The connection is lost, and made anew.
fn comes_back(desk: &mut Desk) -> u64 {
    desk.on(Input::Lost);
    let (thaw, verb) = said(desk.on(hello())).pop().unwrap();
    assert!(matches!(verb, Verb::Freeze { frozen: false, .. }), "{verb:?}");
    thaw
}

const fn wrong_session() -> Answer {
    Answer::Failed { code: Code::WrongSession, left: 0 }
}

const fn freeze_failed() -> Answer {
    Answer::Failed { code: Code::FreezeFailed, left: 0 }
}

fn records() -> launch_contract::AppId {
    "records".parse().unwrap()
}

fn notes() -> launch_contract::AppId {
    "notes".parse().unwrap()
}

fn desk() -> Desk {
    let app = |id| App {
        id,
        argv: vec!["/usr/bin/app".to_owned()].try_into().unwrap(),
        save: None,
        contract: true,
    };
    let apps = Apps::try_from(vec![app(records()), app(notes())]).unwrap();
    let display = Display { name: ":0".parse().unwrap(), xauthority: None };
    Desk::new(apps, display, Duration::from_secs(10))
}

fn connected() -> Desk {
    let mut desk = desk();
    let (reply, _) = oneshot::channel();
    desk.on(Input::Order(Order::Clear(reply)));
    let (wipe, _) = said(desk.on(hello())).pop().unwrap();
    desk.on(answer(wipe, Answer::Wiped));
    desk
}

fn running() -> Desk {
    let mut desk = connected();
    let (start, _) = said(desk.on(Input::Order(Order::Run(SESSION, RunReason::Uncovered)))).pop().unwrap();
    desk.on(answer(start, Answer::Done { left: 0 }));
    desk
}

/// They are known to stand still, under the cover.
fn frozen() -> Desk {
    let mut desk = running();
    desk.on(Input::Order(Order::Save(SESSION, SaveReason::Concealed)));
    let (freeze, _) = said(desk.on(Input::Order(Order::Freeze(SESSION)))).pop().unwrap();
    desk.on(answer(freeze, Answer::Done { left: 0 }));
    desk
}

/// Has saved, and is closing.
fn closing_desk(desk: &mut Desk) -> Vec<Output> {
    let (save, _) = said(desk.on(Input::Order(Order::Close(SESSION, CloseHow::Asked)))).pop().unwrap();
    desk.on(answer(save, Answer::Done { left: 0 }))
}

fn hello() -> Input {
    Input::Heard(LauncherMessage::Hello(Hello {
        version: VERSION,
        account: Account::Separate,
        containment: Containment::Cgroup,
        can_freeze: true,
        problem: None,
    }))
}

fn answer(request: u64, answer: Answer) -> Input {
    Input::Heard(LauncherMessage::Answer { request, answer })
}

fn said(outputs: Vec<Output>) -> Vec<(u64, Verb)> {
    outputs
        .into_iter()
        .filter_map(|output| match output {
            Output::Say(message) => Some((message.request, message.verb)),
            _ => None,
        })
        .collect()
}

fn app_told(outcome: AppOutcome) -> Output {
    Output::Tell(Event::AppTold { session: SESSION, app: AppId("records".to_owned()), outcome })
}

fn closing(gone: u32) -> Output {
    Output::Tell(Event::AppsClosing { session: SESSION, progress: AppsProgress { gone, of: 2 } })
}
