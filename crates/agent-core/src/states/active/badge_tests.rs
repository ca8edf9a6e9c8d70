//! What a badge leads to on an uncovered screen, and when it covers itself.

use std::time::Duration;

use expect_test::expect;

use super::*;
use crate::{
    badge::BadgeFault,
    event::Whose,
    ids::AttemptId,
    state::State,
    states::ward::{
        ATTEMPT, HERS, HIS, OLD_ATTEMPT, OTHER, SESSION, UNKNOWN, active, at, badge, check, check_ignored,
        in_use, warning,
    },
    step::step,
};

const MINUTE: u64 = 60_000;

#[test]
fn her_own_badge_covers_at_once_without_asking_anybody() {
    check(
        hers(),
        tap(ATTEMPT, HERS),
        MINUTE / 2,
        expect![[r#"
            → Concealed(UserTap), covering, at rest, last input 30s, report at 60s
            CoverScreen
            AppendAudit(Concealed, 7, UserTap)
            TellConcealed { session: SessionId(7), cause: UserTap }
            SaveApps { session: SessionId(7), why: Concealed }"#]],
    );
}

#[test]
fn the_badge_that_has_just_uncovered_the_screen_is_still_in_her_hand() {
    check_ignored(hers(), tap(ATTEMPT, HERS), 4_999);
    assert_eq!(step(hers().into(), tap(ATTEMPT, HERS), at(5_000)).state.name(), "Concealed");
}

#[test]
fn of_any_other_badge_the_server_is_asked_whose_it_is() {
    check(
        hers(),
        tap(ATTEMPT, HIS),
        MINUTE / 2,
        expect![[r#"
        → Active, last input 0ns, report at 60s, asking whose badge
        IdentifyBadge { attempt: AttemptId(1), session: SessionId(7), badge: Badge { mark: BadgeMark(…), number: Secret(…), grade: Uid } }"#]],
    );
    check(
        asking(HIS),
        identified(Whose::Other),
        MINUTE / 2,
        expect![[r#"
            → Concealed(OtherBadge), covering, taken over: SigningIn, by badge, first factor, Waiting { asked_at: Instant(30s), is_slow: false }, last input 0ns, report at 60s
            CoverScreen
            AppendAudit(Concealed, 7, OtherBadge)
            TellConcealed { session: SessionId(7), cause: OtherBadge }
            SaveApps { session: SessionId(7), why: Concealed }
            OpenSessionByBadge { attempt: AttemptId(1), badge: Badge { mark: BadgeMark(…), number: Secret(…), grade: Uid } }"#]],
    );
    check(
        asking(UNKNOWN),
        identified(Whose::Unknown),
        MINUTE / 2,
        expect!["→ Active, last input 0ns, report at 60s, telling Badge(Unknown)"],
    );
    check(
        asking(HIS),
        identified(Whose::Refused),
        MINUTE / 2,
        expect!["→ Active, last input 0ns, report at 60s, telling Badge(Refused)"],
    );
    check(
        asking(UNKNOWN),
        identified(Whose::Holder),
        MINUTE / 2,
        expect![[r#"
            → Concealed(UserTap), covering, at rest, last input 30s, report at 60s
            CoverScreen
            AppendAudit(Concealed, 7, UserTap)
            TellConcealed { session: SessionId(7), cause: UserTap }
            SaveApps { session: SessionId(7), why: Concealed }"#]],
    );
}

#[test]
fn an_answer_that_does_not_come_is_given_up_in_words() {
    let asking = asking(HIS);
    assert_eq!(State::from(asking.clone()).deadline(), Some(at(18_000)));

    let step = step(asking.into(), Event::DeadlineReached, at(18_000));
    let State::Active(active) = step.state else { panic!("{}", step.state.name()) };
    assert_eq!(active.in_use.identifying, None);
    assert_eq!(
        active.in_use.session.told.map(|told| told.line),
        Some(crate::session::BadgeLine::ServerAway.into())
    );
}

#[test]
fn apps_that_do_not_go_on_are_said_on_the_strip_while_that_is_tried() {
    let line = |session, after_ms: u64| {
        let step = step(active().into(), Event::AppsNotThawed { session }, at(10));
        let State::Active(active) = step.state else { panic!("{}", step.state.name()) };
        let told = active.in_use.session.told.filter(|told| at(10 + after_ms) < told.until);
        (told.map(|told| told.line), step.commands)
    };

    // It is told anew within eight seconds while it lasts.
    assert_eq!(line(SESSION, 7_500), (Some(crate::session::StripLine::AppsStandStill), vec![]));
    assert_eq!(line(SESSION, 8_500), (None, vec![]));
    assert_eq!(line(OTHER, 0), (None, vec![]));
}

#[test]
fn a_badge_that_opens_nothing_takes_her_grace_from_her_only_where_it_was_hers() {
    for (shown, is_tap_enough) in [(HERS, true), (HIS, false)] {
        let mut state = asking(HIS);
        state.in_use.session.was_shown(badge(shown).mark);
        state.in_use.session.grace_until = Some(at(60 * MINUTE));
        let step = step(state.into(), identified(Whose::Refused), at(MINUTE / 2));
        let State::Active(active) = step.state else { panic!("{}", step.state.name()) };
        assert_eq!(active.in_use.session.is_tap_enough(at(MINUTE)), is_tap_enough);
        assert_eq!(active.in_use.session.shown.is_some(), is_tap_enough);
    }
}

#[test]
fn an_answer_about_an_earlier_badge_says_nothing_about_this_one() {
    let event = Event::BadgeIdentified { attempt: OLD_ATTEMPT, whose: Some(Whose::Other) };

    check_ignored(asking(UNKNOWN), event, 11_000);
}

#[test]
fn where_policy_says_so_her_tap_signs_out_after_a_moment() {
    let mut signs_out = hers();
    signs_out.in_use.session.tap_out = TapOut::SignOut;

    check(
        signs_out,
        tap(ATTEMPT, HERS),
        MINUTE / 2,
        expect![[r#"
            → Concealed(UserTap), covering, at rest, signs out at 38s, last input 30s, report at 60s
            CoverScreen
            AppendAudit(Concealed, 7, UserTap)
            TellConcealed { session: SessionId(7), cause: UserTap }
            SaveApps { session: SessionId(7), why: Concealed }"#]],
    );
}

#[test]
fn what_cannot_be_read_is_said_on_the_strip_and_nothing_else() {
    check(
        hers(),
        Event::BadgeNotRead(BadgeFault::TwoAtOnce),
        MINUTE / 2,
        expect!["→ Active, last input 0ns, report at 60s, telling Badge(TwoAtOnce)"],
    );
}

#[test]
fn in_the_warning_her_tap_keeps_her_signed_in() {
    let mut warned = warning();
    warned.in_use.session.badges.push(badge(HERS).mark);

    check(
        warned.clone(),
        tap(ATTEMPT, HERS),
        14 * MINUTE + 30_000,
        expect![[r#"
        → Active, last input 870s, report at 930s
        ReportActivity { session: SessionId(7), idle: 0ns }
        UnwatchInput
        WithdrawNotice"#]],
    );
    let late = step(warned.into(), tap(ATTEMPT, HERS), at(15 * MINUTE));
    assert_eq!(late.state.name(), "InactivityWarning", "the last look decides");
}

#[test]
fn a_screen_left_alone_covers_itself_and_the_session_is_kept() {
    let mut left = hers();
    left.in_use.session.conceal_after = Some(Duration::from_secs(5 * 60));
    left.in_use.heartbeat_at = at(60 * MINUTE);
    assert_eq!(left.deadline(), at(5 * MINUTE));

    let asked = step(left.into(), Event::DeadlineReached, at(5 * MINUTE)).state;
    check(
        asked.clone(),
        Event::InputSeen { at: at(0) },
        5 * MINUTE + 1,
        expect![[r#"
            → Concealed(Inactivity), covering, at rest, telling Inactivity, last input 0ns, report at 3600s
            CoverScreen
            AppendAudit(Concealed, 7, Inactivity)
            TellConcealed { session: SessionId(7), cause: Inactivity }
            SaveApps { session: SessionId(7), why: Concealed }"#]],
    );
    let typed = step(asked, Event::InputSeen { at: at(MINUTE) }, at(5 * MINUTE + 1)).state;
    assert_eq!(typed.name(), "Active");
    assert_eq!(typed.deadline(), Some(at(6 * MINUTE)));
}

#[test]
fn where_the_warning_comes_first_nothing_covers_itself() {
    let mut in_use = in_use();
    in_use.session.conceal_after = Some(in_use.session.inactivity);

    assert_eq!(in_use.conceal_at(), None);
}

#[test]
fn the_strip_and_the_server_cover_too_and_only_her_own_session() {
    check(
        hers(),
        Event::ConcealPressed,
        MINUTE / 2,
        expect![[r#"
            → Concealed(UserButton), covering, at rest, last input 0ns, report at 60s
            CoverScreen
            AppendAudit(Concealed, 7, UserButton)
            TellConcealed { session: SessionId(7), cause: UserButton }
            SaveApps { session: SessionId(7), why: Concealed }"#]],
    );
    check(
        hers(),
        Event::CoveredElsewhere { session: SESSION },
        MINUTE / 2,
        expect![[r#"
            → Concealed(Elsewhere), covering, at rest, telling Elsewhere, last input 0ns, report at 60s
            CoverScreen
            AppendAudit(Concealed, 7, Elsewhere)
            TellConcealed { session: SessionId(7), cause: Elsewhere }
            SaveApps { session: SessionId(7), why: Concealed }"#]],
    );
    check_ignored(hers(), Event::CoveredElsewhere { session: OTHER }, MINUTE / 2);
}

/// Signed in by [`HERS`] at 0.
fn hers() -> Active {
    let mut active = active();
    active.in_use.session.badges.push(badge(HERS).mark);
    active
}

/// Asked at 10 s.
fn asking(which: u8) -> Active {
    let State::Active(asking) = step(hers().into(), tap(ATTEMPT, which), at(10_000)).state else {
        panic!("not active")
    };
    asking
}

fn tap(attempt: AttemptId, which: u8) -> Event {
    Event::BadgeTapped { attempt, badge: badge(which) }
}

fn identified(whose: Whose) -> Event {
    Event::BadgeIdentified { attempt: ATTEMPT, whose: Some(whose) }
}
