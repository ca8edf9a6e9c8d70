//! Who types at a covered screen, and who could watch.

use expect_test::expect;

use super::*;
use crate::{
    event::{Event, RecordKey},
    state::State,
    states::{
        concealed::tests::{asking, concealed, recording, tap, uncovering},
        ward::{HERS, HIS, OTHER, SESSION, at, check, check_ignored},
    },
    step::step,
};

const MINUTE: u64 = 60_000;

#[test]
fn the_first_touch_of_a_covered_screen_freezes_her_apps_and_a_second_one_only_keeps_them_so() {
    let touched = step(concealed().into(), Event::Approached, at(MINUTE));
    assert_eq!(touched.commands, [Command::FreezeApps { session: SESSION }]);

    check(
        touched.state,
        Event::Approached,
        MINUTE + 30_000,
        expect!["→ Concealed(UserTap), apps frozen, at rest, last input 0ns, report at 3600s"],
    );
}

#[test]
fn a_minute_after_the_last_touch_they_go_on() {
    let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(MINUTE) }, ..concealed() };
    assert_eq!(frozen.deadline(), at(MINUTE));

    check(
        frozen,
        Event::DeadlineReached,
        MINUTE,
        expect![[r#"
            → Concealed(UserTap), at rest, last input 0ns, report at 3600s
            RunApps { session: SessionId(7), why: LeftAlone }"#]],
    );
}

#[test]
fn they_stay_frozen_as_long_as_something_is_asked_that_may_be_typed() {
    let mut colleague = step(concealed().into(), tap(HIS), at(0)).state;
    let State::Concealed(concealed) = &mut colleague else { panic!("{colleague:?}") };
    concealed.apps = AppsUnderCover::Frozen { until: at(1_000) };

    let later = step(colleague, Event::DeadlineReached, at(1_000));

    assert!(
        !later.commands.iter().any(|command| matches!(command, Command::RunApps { .. })),
        "{:?}",
        later.commands
    );
    let State::Concealed(concealed) = later.state else { panic!("{:?}", later.state) };
    assert_eq!(concealed.apps, AppsUnderCover::Frozen { until: at(1_000 + MINUTE) });
}

#[test]
fn they_go_on_when_the_screen_is_hers_again() {
    let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(MINUTE) }, ..uncovering() };

    let hers = step(frozen.into(), Event::ScreenUncovered { session: SESSION }, at(10));

    assert!(matches!(hers.state, State::Active(_)), "{:?}", hers.state);
    assert_eq!(
        hers.commands.first(),
        Some(&Command::RunApps { session: SESSION, why: RunReason::Uncovered })
    );
}

#[test]
fn a_touch_while_it_is_known_to_be_she_freezes_nothing() {
    check_ignored(recording(), Event::Approached, 10);
    check_ignored(uncovering(), Event::Approached, 10);
}

#[test]
fn a_touch_is_nobodys_activity() {
    let before = asking(HERS);

    let touched = step(before.clone().into(), Event::Approached, at(MINUTE));

    let State::Concealed(after) = touched.state else { panic!("{:?}", touched.state) };
    assert_eq!(after.in_use, before.in_use);
}

#[test]
fn where_they_cannot_be_frozen_while_somebody_is_there_her_session_ends_and_nothing_is_asked() {
    for before in [concealed(), asking(HERS), asking(HIS)] {
        let touched = step(before.into(), Event::Approached, at(MINUTE));

        let over = step(touched.state, Event::AppsNotFrozen { session: SESSION }, at(MINUTE + 1_000));
        let State::SigningOut(signing_out) = &over.state else { panic!("{:?}", over.state) };
        assert_eq!(signing_out.ending.cause, EndCause::FailClosed);

        let on_disk = step(over.state, Event::AuditStored(RecordKey::Logout(SESSION)), at(MINUTE + 1_000));
        assert!(
            on_disk.commands.contains(&Command::CloseApps { session: SESSION }),
            "{:?}",
            on_disk.commands
        );
    }
}

#[test]
fn that_they_are_not_frozen_ends_nothing_where_they_may_run() {
    check_ignored(concealed(), Event::AppsNotFrozen { session: SESSION }, MINUTE);
    let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(2 * MINUTE) }, ..concealed() };
    check_ignored(frozen.clone(), Event::AppsNotFrozen { session: OTHER }, MINUTE);
    check_ignored(frozen, Event::AppsNotThawed { session: SESSION }, MINUTE);
}

#[test]
fn where_they_were_not_frozen_while_she_came_back_they_are_at_the_first_touch_after_a_sleep() {
    for before in [recording(), uncovering()] {
        let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(2 * MINUTE) }, ..before };
        let told = step(frozen.into(), Event::AppsNotFrozen { session: SESSION }, at(MINUTE));
        assert!(matches!(told.state, State::Concealed(_)), "{:?}", told.state);
        assert_eq!(told.commands, []);

        let slept = step(told.state, Event::GoingToSleep, at(MINUTE)).state;
        let touched = step(slept, Event::Approached, at(MINUTE));

        assert_eq!(touched.commands, [Command::FreezeApps { session: SESSION }]);
    }
}

#[test]
fn a_session_whose_apps_are_frozen_ends_like_any_other() {
    let frozen = Concealed { apps: AppsUnderCover::Frozen { until: at(16 * MINUTE) }, ..concealed() };

    let over = step(frozen.into(), Event::DeadlineReached, at(15 * MINUTE));
    let on_disk = step(over.state, Event::AuditStored(RecordKey::Logout(SESSION)), at(15 * MINUTE));

    assert_eq!(on_disk.commands, [Command::CloseApps { session: SESSION }]);
}
