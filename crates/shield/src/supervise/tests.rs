//! Tables of what is decided, by subject, and what holds whatever happens.

use shield_contract::{BEAT_COVERED_MS, LEASE_MS};

use super::{failures::RESTART_DELAY_MAX, *};

mod agent;
mod invariants;
mod screen;
mod words;

const SESSION: [u8; 16] = [7; 16];
const WINDOW: u32 = 42;
/// Of itself.
const GONE: Event = Event::Exited { of_itself: true };
const LEAVING_MS: u64 = LEAVING.as_millis() as u64;
/// By the shield, or by whoever else kills.
const KILLED: Event = Event::Exited { of_itself: false };

const fn at(ms: u64) -> Moment {
    let time = Duration::from_millis(ms);
    Moment { boot: time, awake: time }
}

/// A supervisor and the time, so that a test reads as a history.
struct History {
    supervisor: Supervisor,
    now_ms: u64,
}

impl History {
    fn begun() -> Self {
        let mut history = Self { supervisor: Supervisor::new(), now_ms: 1_000 };
        let actions = history.on(Event::Begun);
        assert_eq!(actions, [Action::Cover, Action::HoldInput, Action::StartAgent]);
        history
    }

    fn started() -> Self {
        let mut history = Self::begun();
        assert_eq!(history.on(Event::Enforcement(Enforcement::ALWAYS)), []);
        history.on(Event::InputHeld(true));
        history.on(Event::Started);
        history
    }

    fn ready() -> Self {
        let mut history = Self::started();
        let actions = history.said(AgentMessage::Ready { window: WINDOW });
        assert_eq!(
            actions,
            [
                Action::Log(Word::AgentReady),
                Action::KeepAbove(WINDOW),
                Action::Say(ShieldMessage::Enforcement(Enforcement::ALWAYS)),
                Action::Say(ShieldMessage::Covered { seq: 0, input_held: true }),
            ]
        );
        history
    }

    fn agent_holds() -> Self {
        let mut history = Self::ready();
        let actions = history.said(AgentMessage::TakeInput);
        assert_eq!(actions, [Action::ReleaseInput, Action::Say(ShieldMessage::InputReleased)]);
        assert_eq!(history.said(AgentMessage::Holding), []);
        history
    }

    fn uncovered() -> Self {
        let mut history = Self::ready();
        let actions = history.said(uncover(1));
        assert_eq!(
            actions,
            [
                Action::ForgetPerson,
                Action::Uncover,
                Action::Say(ShieldMessage::Uncovered { seq: 1 }),
                Action::Log(Word::UncoveredAsAsked),
            ]
        );
        history
    }

    fn on(&mut self, event: Event) -> Vec<Action> {
        self.supervisor.on(event, at(self.now_ms))
    }

    fn said(&mut self, message: AgentMessage) -> Vec<Action> {
        self.on(Event::Said(message))
    }

    fn after(&mut self, ms: u64) -> Vec<Action> {
        self.now_ms += ms;
        self.on(Event::Tick)
    }
}

const fn uncover(seq: u64) -> AgentMessage {
    AgentMessage::Uncover { session: SESSION, seq, lease_ms: LEASE_MS }
}

fn covers(actions: &[Action]) -> bool {
    let cover = actions.iter().position(|action| *action == Action::Cover);
    let hold = actions.iter().position(|action| *action == Action::HoldInput);
    cover.is_some_and(|cover| hold.is_some_and(|hold| cover < hold))
}

fn ends_agent(actions: &[Action]) -> bool {
    actions.iter().any(|action| matches!(action, Action::EndAgent { .. }))
}
