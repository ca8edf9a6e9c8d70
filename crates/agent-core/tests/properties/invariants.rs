//! The numbered invariants, checked after every single event.

use std::time::Duration;

use agent_core::{
    apps::{AppsUnderCover, CloseHow, RunReason},
    command::{Command, OwedRecord},
    event::Event,
    ids::SessionId,
    session::InUse,
    state::{AfterSignOut, Concealed, ConcealedStage, SignInBadge, SigningIn, Stage, State},
    time_limits::{BACK_OFF_MAX, GIVE_UP_AFTER, MEASURE_LIMIT},
};
use proptest::prelude::*;

use crate::{
    action::actions,
    world::{ABSOLUTE, INACTIVITY, Port, World},
};

proptest! {
    #![proptest_config(crate::config())]

    #[test]
    fn whatever_happens_the_invariants_hold(needs_code: bool, conceals: bool, actions in actions()) {
        let mut world = World::new(needs_code, conceals);

        for action in actions {
            action.apply(&mut world);
        }
    }

    #[test]
    fn when_the_world_is_healthy_again_a_sign_in_is_possible_soon(
        needs_code: bool,
        conceals: bool,
        actions in actions()
    ) {
        let mut world = World::new(needs_code, conceals);
        for action in actions {
            action.apply(&mut world);
        }

        world.heal();
        let healed_at = world.now;
        while !is_usable(&world) && world.now.since(healed_at) < GIVE_UP_AFTER + BACK_OFF_MAX + Duration::from_secs(30) {
            world.work_off_all();
            let next = world.state.deadline().map_or(Duration::ZERO, |deadline| deadline.since(world.now));
            world.advance(next.clamp(Duration::from_millis(1), Duration::from_secs(1)));
        }

        prop_assert!(is_usable(&world), "{:?}", world.state);
        check_books_closed(&mut world);
    }
}

fn is_usable(world: &World) -> bool {
    let is_possible = match &world.state {
        State::SignedOut(_) | State::Active(_) => true,
        State::Concealed(concealed) => matches!(concealed.stage, ConcealedStage::AtRest),
        State::Starting(_)
        | State::SigningIn(_)
        | State::InactivityWarning(_)
        | State::SigningOut(_)
        | State::FailClosed(_) => false,
    };
    is_possible && world.is_idle()
}

/// 4, 6: with everybody signed out and nothing under way, every login has its one logout, every session that
/// the core took up is ended at the server, and the keychain is empty.
fn check_books_closed(world: &mut World) {
    if matches!(world.state, State::Active(_)) {
        world.tell(Event::SignOutPressed);
        world.work_off_all();
    }
    if matches!(world.state, State::Concealed(_)) {
        world.advance(INACTIVITY + MEASURE_LIMIT);
        world.work_off_all();
    }
    assert!(matches!(world.state, State::SignedOut(_)), "{:?}", world.state);
    assert!(world.logins.keys().eq(world.logouts.keys()), "4: {:?} {:?}", world.logins, world.logouts);
    assert_eq!(world.keychain, None, "6");
    assert_eq!(world.screen, None, "1");
    for session in &world.known {
        assert!(world.sessions[session].ended.is_some(), "6: {session} is still open at the server");
    }
}

/// What must hold of a single step.
pub(crate) fn check_step(world: &World, before: &State, event: &Event, commands: &[Command]) {
    for command in commands {
        check_not_woken(world, command);
        match command {
            Command::UncoverScreen { session } => {
                assert!(world.logins.contains_key(session), "2: uncovered without a durable login");
                assert!(!world.logouts.contains_key(session), "1: uncovered for a session that is over");
                assert_eq!(world.keychain, Some(*session), "2: uncovered without the credential in place");
                assert_eq!(world.state.session().map(|ours| ours.id), Some(*session), "1");
            }
            Command::OpenSession { .. } | Command::OpenSessionByBadge { .. } => {
                // Over a concealed session somebody may prove who he is; hers ends when he has.
                let is_over_hers = matches!(world.state, State::Concealed(_));
                assert!(
                    is_over_hers || matches!(world.state, State::SigningIn(_)),
                    "4: a sign-in begins while something else is owed"
                );
                assert!(
                    is_over_hers || world.logins.keys().eq(world.logouts.keys()),
                    "4: a sign-in begins before the logout is on disk"
                );
            }
            Command::CloseApps { session, how: _ } => {
                assert!(world.logouts.contains_key(session), "11: apps touched before the logout is on disk");
                assert_eq!(world.screen, None, "11: apps closed on a screen that is not covered");
            }
            Command::FreezeApps { .. } => assert!(matches!(world.state, State::Concealed(_)), "11"),
            Command::RunApps { session, why } => {
                assert_eq!(world.state.session().map(|ours| ours.id), Some(*session), "11");
                let is_covered = matches!(world.state, State::Concealed(_));
                assert_eq!(*why == RunReason::LeftAlone, is_covered, "11: started under the cover");
            }
            Command::ResumeSession { session, .. } => {
                assert_eq!(world.state.session().map(|ours| ours.id), Some(*session), "6");
            }
            Command::StartUp => {
                assert!(world.state.ending().is_none(), "7: start-up while an ending is owed")
            }
            Command::AppendAudit { owed: OwedRecord::Logout { session, .. }, at } => {
                let owed = world.state.ending().map(|ending| (ending.session, ending.ended_at));
                assert_eq!(owed, Some((*session, *at)), "4: it tells when the session ended");
            }
            _ => {}
        }
    }
    if is_uncovered(before) && !is_uncovered(&world.state) {
        assert_eq!(commands.first(), Some(&Command::CoverScreen), "8: covering comes first");
        let is_concealed = matches!(world.state, State::Concealed(_));
        assert!(
            commands.iter().any(|command| match command {
                Command::AppendAudit { owed: OwedRecord::Logout { .. }, .. } => !is_concealed,
                Command::AppendAudit { owed: OwedRecord::Concealed { .. }, .. } => is_concealed,
                _ => false,
            }),
            "4: a session left without its record"
        );
    }
    if before.session().is_none() && world.state.session().is_some() {
        let logins = commands
            .iter()
            .filter(|c| matches!(c, Command::AppendAudit { owed: OwedRecord::Login { .. }, .. }))
            .count();
        assert_eq!(logins, 1, "4: a session entered without its record");
        // Over hers, his begins when hers has ended.
        assert!(matches!(event, Event::SessionOpened { .. }) || matches!(before, State::SigningOut(_)));
    }
    if let (Some(ours), None) = (before.session(), world.state.session()) {
        let ending = world.state.ending().expect("a session ends by its ending alone");
        assert_eq!((ending.session, ending.ended_at), (ours.id, world.now), "4");
    }
    if let (Some(ending), None) = (before.ending(), world.state.ending()) {
        assert_eq!(world.logouts.get(&ending.session).map(|causes| causes.len()), Some(1), "7: {ending:?}");
        assert!(world.sessions[&ending.session].ended.is_some(), "7: {ending:?}");
        assert_ne!(world.keychain, Some(ending.session), "7: {ending:?}");
    }
    if let Event::SessionOpened { session, .. } = event {
        let is_ours = world.state.session().is_some_and(|ours| ours.id == *session)
            || world.state.ending().is_some_and(|ending| ending.session == *session)
            || next(&world.state) == Some(*session);
        let is_ended = commands
            .iter()
            .any(|c| matches!(c, Command::EndSession { session: ended, .. } if ended == session));
        // A copy of the answer that led here can come as its limit does.
        let was_ours = before.session().is_some_and(|ours| ours.id == *session);
        assert!(
            was_ours || is_ours != is_ended,
            "6: a session opened for nobody is ended at once, and no other"
        );
    }
    if matches!(before, State::FailClosed(_)) && !matches!(world.state, State::FailClosed(_)) {
        let records = &world.failures_on_record;
        for cause in world.failed_closed.iter().chain(records) {
            let count = records.iter().filter(|recorded| *recorded == cause).count();
            assert_eq!(count, 1, "4: each safeguard that failed is on record once: {cause:?} in {records:?}");
        }
    }
    if let (Event::Approached, State::Concealed(concealed)) = (event, before) {
        check_frozen(world, concealed);
    }
    check_secrets(before, &world.state);
    // 9: nothing is asked of people while nothing is due.
    if matches!(event, Event::DeadlineReached) && before == &world.state {
        assert!(commands.is_empty(), "{commands:?}");
    }
}

/// 5: what was typed exists only while the server is asked. `Secret` hides its text but not that it is there.
fn check_secrets(before: &State, state: &State) {
    let is_asked = |signing_in: &SigningIn| {
        matches!(signing_in.badge, Some(SignInBadge::ToEnrol(_)))
            || matches!(signing_in.stage, Stage::AskingFirstFactor { .. } | Stage::AskingSecondFactor { .. })
    };
    let holds_badge = |in_use: &InUse| in_use.identifying.is_some() || in_use.session.to_enrol.is_some();
    let asks = |state: &State| match state {
        State::SigningIn(signing_in) => {
            is_asked(signing_in) || state.session().is_some_and(|session| session.to_enrol.is_some())
        }
        State::SignedOut(signed_out) => signed_out.offered.is_some(),
        State::Active(active) => holds_badge(&active.in_use),
        State::InactivityWarning(warning) => holds_badge(&warning.in_use),
        State::Concealed(concealed) => {
            concealed.offered.is_some()
                || match &concealed.stage {
                    ConcealedStage::Asking { .. } => true,
                    ConcealedStage::TakenOver { signing_in, .. } => is_asked(signing_in),
                    ConcealedStage::AtRest
                    | ConcealedStage::AwaitingFactor { .. }
                    | ConcealedStage::Recording { .. }
                    | ConcealedStage::Uncovering { .. } => false,
                }
        }
        State::SigningOut(signing_out) => signing_out.tapped.is_some() || next(state).is_some(),
        State::Starting(_) | State::FailClosed(_) => false,
    };
    // Printing is slow: only where something can have changed.
    if asks(before) || asks(state) || std::mem::discriminant(before) != std::mem::discriminant(state) {
        let holds_secret = format!("{state:?}").contains("Secret(");
        assert_eq!(holds_secret, asks(state), "5: {state:?}");
    }
}

/// What must hold of the world between two events.
pub(crate) fn check_world(world: &World) {
    match &world.state {
        State::Starting(_) | State::SignedOut(_) => assert_eq!(world.screen, None, "1: {:?}", world.state),
        State::SigningIn(SigningIn { stage, .. }) => {
            if world.screen.is_some() {
                assert!(matches!(stage, Stage::Uncovering { .. }), "1: {stage:?}");
            }
        }
        State::Active(active) => check_in_use(world, active.in_use.over_at()),
        State::InactivityWarning(warning) => check_in_use(world, warning.in_use.over_at()),
        State::Concealed(concealed) => {
            assert!(
                world.screen.is_none()
                    || concealed.covering_since.is_some()
                    || matches!(concealed.stage, ConcealedStage::Uncovering { .. }),
                "1: bare and not asked to cover"
            );
            check_kept(world, concealed);
        }
        State::SigningOut(signing_out) => {
            assert!(world.screen.is_none() || signing_out.owes_cover, "1: bare and not asked to cover");
        }
        State::FailClosed(fail_closed) => {
            assert!(world.screen.is_none() || fail_closed.owes_cover, "1: bare and not asked to cover");
        }
    }

    if let Some((session, _)) = world.apps
        && world.is_queue_empty(Port::Apps)
    {
        let ours = world.state.session().map(|ours| ours.id);
        let ending = world.state.ending().map(|ending| ending.session);
        assert!(ours == Some(session) || ending == Some(session), "11: apps of a session that is over");
        assert!(
            world.screen.is_none_or(|seen| seen == session),
            "11: apps of a session before on her screen"
        );
    }
    if matches!(world.state, State::SignedOut(_)) && world.is_queue_empty(Port::Keychain) {
        assert_eq!(world.keychain, None, "6: a credential without a session");
    }
    for (session, causes) in &world.logouts {
        assert_eq!(causes.len(), 1, "4: two causes for {session}");
    }
    let open = world.logins.keys().filter(|session| !world.logouts.contains_key(session)).count();
    assert!(open <= 1, "6: two sessions open here");
}

/// 3: what nobody but its holder can prolong.
fn check_kept(world: &World, concealed: &Concealed) {
    let session = &concealed.in_use.session;
    assert!(world.now < session.absolute_end, "3: kept past the absolute limit");
    assert!(
        world.now < world.last_counted + INACTIVITY + MEASURE_LIMIT,
        "3: kept {:?} after the last thing its holder did",
        world.now.since(world.last_counted)
    );
    // 2: what uncovers is on disk first.
    let (recorded, uncovered) = (world.resumes.get(&session.id), world.resumed.get(&session.id));
    assert!(recorded >= uncovered, "2: uncovered {uncovered:?} times, {recorded:?} on record");
}

/// 11: whoever touches a concealed screen is watched by no app from then on.
fn check_frozen(world: &World, before: &Concealed) {
    let State::Concealed(after) = &world.state else { return };
    if !matches!(before.stage, ConcealedStage::Recording { .. } | ConcealedStage::Uncovering { .. }) {
        assert!(matches!(after.apps, AppsUnderCover::Frozen { .. }), "11: touched, and her apps run");
    }
}

/// 11: apps over whose screen somebody else typed a secret read it never.
fn check_not_woken(world: &World, command: &Command) {
    let is_woken = match command {
        Command::RunApps { session, why: RunReason::Uncovered | RunReason::LeftAlone }
        | Command::SaveApps { session, .. }
        | Command::CloseApps { session, how: CloseHow::Asked } => world.overheard.contains(session),
        _ => false,
    };
    assert!(!is_woken, "11: woken with somebody else's secret to read: {command:?}");
}

/// Who is signed in once this session has ended.
fn next(state: &State) -> Option<SessionId> {
    let State::SigningOut(signing_out) = state else { return None };
    match &signing_out.next {
        AfterSignOut::SignIn(opened) => Some(opened.session.id),
        AfterSignOut::SignedOut(_) | AfterSignOut::FailClosed(_) => None,
    }
}

fn check_in_use(world: &World, over_at: agent_core::instant::Instant) {
    assert!(world.now < over_at + MEASURE_LIMIT, "3: in use past its limit");
    assert!(
        world.now < world.last_counted + INACTIVITY + MEASURE_LIMIT,
        "3: in use {:?} after the last input",
        world.now.since(world.last_counted)
    );
    assert!(world.now < world.opened_at + ABSOLUTE, "3: in use past the absolute limit");
}

const fn is_uncovered(state: &State) -> bool {
    matches!(state, State::Active(_) | State::InactivityWarning(_))
}
