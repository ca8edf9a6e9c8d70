//! What the strip's buttons lead to: "My sessions" and "Renew".

use std::time::Duration;

use expect_test::expect;

use super::*;
use crate::{
    ids::SessionId,
    my_sessions::{Asked, Elsewhere, MySessions, MySessionsWish, SessionElsewhere},
    state::State,
    states::ward::{ATTEMPT, OLD_ATTEMPT, OTHER, SESSION, active, at, check, check_ignored, in_use, warning},
    step::step,
};

#[test]
fn my_sessions_are_asked_for_and_shown() {
    check(
        active(),
        wish(MySessionsWish::Show),
        10,
        expect![[r#"
            → Active, last input 0ns, report at 60s, my sessions Asked { asked: Asked { attempt: AttemptId(1), since: Instant(10ms) } }
            ListMySessions { attempt: AttemptId(1), session: SessionId(7) }"#]],
    );
    check(
        showing(MySessions::Asked { asked: asked(10) }),
        told(Some(vec![row()])),
        20,
        expect![[
            r#"→ Active, last input 0ns, report at 60s, my sessions Told { elsewhere: [SessionElsewhere { session: SessionId(8), workstation: "WS-08", unit: "ICU-3", opened_ago: 60s, is_covered: true }], ending: None }"#
        ]],
    );
}

#[test]
fn pressed_again_they_are_closed() {
    check(listed(), wish(MySessionsWish::Show), 10, expect!["→ Active, last input 0ns, report at 60s"]);
    check(listed(), wish(MySessionsWish::Close), 10, expect!["→ Active, last input 0ns, report at 60s"]);
}

#[test]
fn the_server_is_asked_to_sign_her_out_where_she_says_and_only_of_what_she_has_seen() {
    check(
        listed(),
        wish(MySessionsWish::End(Elsewhere::At(OTHER))),
        10,
        expect![[r#"
            → Active, last input 0ns, report at 60s, my sessions Told { elsewhere: [SessionElsewhere { session: SessionId(8), workstation: "WS-08", unit: "ICU-3", opened_ago: 60s, is_covered: true }], ending: Some(Asked { attempt: AttemptId(1), since: Instant(10ms) }) }
            EndElsewhere { attempt: AttemptId(1), session: SessionId(7), which: At(SessionId(8)) }"#]],
    );
    check(
        listed(),
        wish(MySessionsWish::End(Elsewhere::Everywhere)),
        10,
        expect![[r#"
            → Active, last input 0ns, report at 60s, my sessions Told { elsewhere: [SessionElsewhere { session: SessionId(8), workstation: "WS-08", unit: "ICU-3", opened_ago: 60s, is_covered: true }], ending: Some(Asked { attempt: AttemptId(1), since: Instant(10ms) }) }
            EndElsewhere { attempt: AttemptId(1), session: SessionId(7), which: Everywhere }"#]],
    );
    check_ignored(listed(), wish(MySessionsWish::End(Elsewhere::At(SESSION))), 10);
    let everywhere = || wish(MySessionsWish::End(Elsewhere::Everywhere));
    check_ignored(active(), everywhere(), 10);
    check_ignored(showing(MySessions::Unanswered), everywhere(), 10);
    check_ignored(showing(MySessions::Asked { asked: asked(0) }), everywhere(), 10);
    check_ignored(showing(MySessions::Told { elsewhere: Vec::new(), ending: None }), everywhere(), 10);
}

#[test]
fn one_press_at_a_time_ends_anything() {
    let ending = showing(MySessions::Told { elsewhere: vec![row()], ending: Some(asked(0)) });
    check_ignored(ending, wish(MySessionsWish::End(Elsewhere::At(OTHER))), 10);
}

#[test]
fn a_server_that_does_not_say_is_taken_for_silent_after_a_while() {
    for shown in [
        MySessions::Asked { asked: asked(0) },
        MySessions::Told { elsewhere: vec![row()], ending: Some(asked(0)) },
    ] {
        let state = showing(shown);
        assert_eq!(state.deadline(), at(8_000));
        check(
            state,
            Event::DeadlineReached,
            8_000,
            expect!["→ Active, last input 0ns, report at 60s, my sessions Unanswered"],
        );
    }
}

#[test]
fn an_answer_that_nobody_waits_for_shows_nothing() {
    check_ignored(active(), told(Some(vec![row()])), 10);
    check_ignored(listed(), told(Some(Vec::new())), 10);
    let of_another = Event::MySessionsTold { attempt: ATTEMPT, session: OTHER, elsewhere: Some(vec![row()]) };
    check_ignored(showing(MySessions::Asked { asked: asked(5) }), of_another, 10);
    let of_before =
        Event::MySessionsTold { attempt: OLD_ATTEMPT, session: SESSION, elsewhere: Some(vec![row()]) };
    check_ignored(showing(MySessions::Asked { asked: asked(5) }), of_before, 10);
}

#[test]
fn whatever_covers_the_screen_or_warns_on_it_takes_her_sessions_away() {
    let covered = step(listed().into(), Event::ConcealPressed, at(10)).state;
    let State::Concealed(covered) = covered else { panic!("{}", covered.name()) };
    assert_eq!(covered.in_use.my_sessions, None);

    let in_use = InUse { my_sessions: Some(MySessions::Unanswered), ..in_use() };
    let warned = InactivityWarning::begin(in_use, at(14 * 60_000)).state;
    let State::InactivityWarning(warned) = warned else { panic!("{}", warned.name()) };
    assert_eq!(warned.in_use.my_sessions, None);
    check_ignored(warning(), wish(MySessionsWish::Show), 14 * 60_000 + 10);
}

#[test]
fn to_renew_the_screen_is_covered_and_she_is_asked_to_prove_herself() {
    check(
        active(),
        Event::RenewPressed,
        10,
        expect![[r#"
            → Concealed(UserButton), covering, at rest, renewing, last input 0ns, report at 60s
            CoverScreen
            AppendAudit(Concealed, 7, UserButton)
            TellConcealed { session: SessionId(7), cause: UserButton }
            SaveApps { session: SessionId(7), why: Concealed }"#]],
    );
    let warned = step(warning().into(), Event::RenewPressed, at(14 * 60_000 + 10));
    assert!(matches!(warned.state, State::Concealed(Concealed { renews_grace: true, .. })));
    assert!(
        warned.commands.contains(&Command::UnwatchInput)
            && warned.commands.contains(&Command::WithdrawNotice)
    );
}

fn wish(wish: MySessionsWish) -> Event {
    Event::MySessionsPressed { attempt: ATTEMPT, wish }
}

fn told(elsewhere: Option<Vec<SessionElsewhere>>) -> Event {
    Event::MySessionsTold { attempt: ATTEMPT, session: SESSION, elsewhere }
}

fn asked(at_ms: u64) -> Asked {
    Asked { attempt: ATTEMPT, since: at(at_ms) }
}

fn row() -> SessionElsewhere {
    SessionElsewhere {
        session: SessionId(OTHER.0),
        workstation: "WS-08".to_owned(),
        unit: "ICU-3".to_owned(),
        opened_ago: Duration::from_secs(60),
        is_covered: true,
    }
}

fn showing(shown: MySessions) -> Active {
    Active::resume(InUse { my_sessions: Some(shown), ..in_use() })
}

fn listed() -> Active {
    showing(MySessions::Told { elsewhere: vec![row()], ending: None })
}
