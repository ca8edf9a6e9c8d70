//! What may happen to the world, in any order.

use std::time::Duration;

use agent_core::{
    command::{EndCause, FailClosedCause},
    event::Event,
};
use proptest::prelude::*;

use crate::world::{Answer, PORTS, Port, World};

#[derive(Debug, Clone)]
pub(crate) enum Action {
    Submit,
    Code,
    Password,
    Tap(u8),
    Conceal,
    Renew,
    ReportLoss,
    MySessions(u8),
    CoveredElsewhere,
    Approach,
    Cancel,
    SignOut,
    Stay,
    StayByAProgram,
    Type,
    WorkOff(Port, usize, Answer),
    WorkOffAll,
    WorkOffBut(Port),
    Advance(u64),
    Sleep { ms: u64, is_announced: bool, is_told: bool },
    WakeEarly,
    WallClockJump,
    ShutDown,
    Break(Port),
    Mend(Port),
    CoverByItself,
    ServerEnds(EndCause),
    ServerLapses,
    RefuseWorkstation(FailClosedCause),
    Echo(usize),
}

impl Action {
    pub(crate) fn apply(self, world: &mut World) {
        match self {
            Self::Submit => world.submit(),
            Self::Code => world.code(),
            Self::Password => world.password(),
            Self::Tap(badge) => world.tap(badge),
            Self::Conceal => world.tell(Event::ConcealPressed),
            Self::Renew => world.tell(Event::RenewPressed),
            Self::ReportLoss => world.report_loss(),
            Self::MySessions(wish) => world.my_sessions(wish),
            Self::CoveredElsewhere => world.covered_elsewhere(),
            Self::Approach => world.tell(Event::Approached),
            Self::Cancel => world.tell(Event::SignInCancelled),
            Self::SignOut => world.tell(Event::SignOutPressed),
            Self::Stay => world.stay(),
            Self::StayByAProgram => world.tell(Event::StayPressed),
            Self::Type => world.types(),
            Self::WorkOff(port, which, answer) => world.work_off(port, which, answer),
            Self::WorkOffAll => world.work_off_all(),
            Self::WorkOffBut(port) => world.work_off_but(Some(port)),
            Self::Advance(ms) => world.advance(Duration::from_millis(ms)),
            Self::Sleep { ms, is_announced, is_told } => {
                if is_announced {
                    world.tell(Event::GoingToSleep);
                }
                world.jump(Duration::from_millis(ms));
                if is_told {
                    world.tell(Event::WokeUp);
                }
                // The loop's timer has run out meanwhile.
                world.advance(Duration::ZERO);
            }
            Self::WakeEarly => world.tell(Event::DeadlineReached),
            Self::WallClockJump => world.tell(Event::WallClockJumped),
            Self::ShutDown => world.tell(Event::ShuttingDown),
            Self::Break(port) => world.set_broken(port, true),
            Self::Mend(port) => world.set_broken(port, false),
            Self::CoverByItself => world.cover_by_itself(),
            Self::ServerEnds(cause) => world.server_ends(cause),
            Self::ServerLapses => world.server_lapses(),
            Self::RefuseWorkstation(cause) => world.refuse_workstation(cause),
            Self::Echo(which) => world.echo(which),
        }
    }
}

pub(crate) fn actions() -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(action(), 0..80)
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        8 => Just(Action::Submit),
        5 => Just(Action::Code),
        2 => Just(Action::Password),
        10 => (0..6_u8).prop_map(Action::Tap),
        2 => Just(Action::Conceal),
        1 => Just(Action::Renew),
        2 => Just(Action::ReportLoss),
        2 => (0..4_u8).prop_map(Action::MySessions),
        1 => Just(Action::CoveredElsewhere),
        3 => Just(Action::Approach),
        1 => Just(Action::Cancel),
        1 => Just(Action::SignOut),
        2 => Just(Action::Stay),
        2 => Just(Action::StayByAProgram),
        4 => Just(Action::Type),
        10 => (port(), any::<usize>(), answer()).prop_map(|(port, which, answer)| Action::WorkOff(port, which, answer)),
        20 => Just(Action::WorkOffAll),
        8 => (0..400_000_u64).prop_map(Action::Advance),
        8 => port().prop_map(Action::WorkOffBut),
        6 => (0..10_000_u64).prop_map(Action::Advance),
        // The instants at which something is due, and those beside them.
        6 => prop::sample::select(vec![1, 100, 999, 1_000, 60_000, 239_999, 240_000, 299_999, 300_000, 300_100])
            .prop_map(Action::Advance),
        3 => (sleep_ms(), any::<bool>(), any::<bool>())
            .prop_map(|(ms, is_announced, is_told)| Action::Sleep { ms, is_announced, is_told }),
        1 => Just(Action::WakeEarly),
        1 => Just(Action::WallClockJump),
        1 => Just(Action::ShutDown),
        3 => port().prop_map(Action::Break),
        4 => port().prop_map(Action::Mend),
        2 => Just(Action::CoverByItself),
        1 => prop_oneof![Just(EndCause::Admin), Just(EndCause::Disabled), Just(EndCause::Moved)].prop_map(Action::ServerEnds),
        2 => Just(Action::ServerLapses),
        1 => prop_oneof![
            Just(FailClosedCause::WorkstationRevoked),
            Just(FailClosedCause::WorkstationUnknown),
            Just(FailClosedCause::WorkstationCloned)
        ]
        .prop_map(Action::RefuseWorkstation),
        3 => any::<usize>().prop_map(Action::Echo),
    ]
}

fn sleep_ms() -> impl Strategy<Value = u64> {
    prop_oneof![
        0..1_000_000_u64,
        prop::sample::select(vec![60_000, 240_000, 299_999, 300_000, 300_100, 301_000])
    ]
}

fn port() -> impl Strategy<Value = Port> {
    prop::sample::select(PORTS.to_vec())
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![4 => Just(Answer::Told), 1 => Just(Answer::ToldTwice), 1 => Just(Answer::Lost)]
}
