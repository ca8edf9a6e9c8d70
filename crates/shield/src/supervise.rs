//! Every decision of the shield: events and the time in, actions out. No X, no processes, no clock.
//!
//! The invariants, each tested at the foot or in `tests`:
//!
//! 1. The screen is uncovered only between an accepted `Uncover` and the first of: its lease's end, a `Cover`, a protocol
//!    error, end of file, silence, the agent's death, our own end.
//! 2. One `Uncover` is good for one uncovering: its `seq` never uncovers again.
//! 3. While covered, somebody holds the input or is being made to: the shield wants it, or the agent was given it.
//! 4. An agent that does not run is started again, for ever.

use std::time::Duration;

use shield_contract::{
    AgentMessage, Enforcement, LEASE_MS_MAX, SILENCE_COVERED_MS, SILENCE_UNCOVERED_MS, START_MS,
    ShieldMessage,
};

use self::failures::Failures;
pub(crate) use self::vocabulary::{Action, Event, Moment, Word};
use crate::words::{Cause, Trouble};

mod failures;
mod vocabulary;

/// Without a usable agent for this long, the screen says so in words.
pub(crate) const NOTICE_AFTER: Duration = Duration::from_secs(3);
/// An agent that was usable for this long owes nothing to its predecessors' failures.
const FAILURES_FORGOTTEN_AFTER: Duration = Duration::from_secs(2);
/// An agent that was given the input has it within this time, or somebody else was quicker.
const HAND_OVER: Duration = Duration::from_secs(3);
/// If it was still heard so long after it was given it: one that hangs may have it and not say so.
const HAND_OVER_ALIVE: Duration = Duration::from_secs(1);
/// So often the input is freed for an agent that then does not take it; one that still does not is of no use.
const FREEINGS_MAX: u32 = 4;
/// An agent that is asked to end has this long to put its record on disk, and to have the apps of a session save and close; it
/// ends by itself as soon as that is done.
const LAST_WORDS: Duration = Duration::from_secs(15);
/// One that closed its end before it was ready has this long to end by itself.
const LEAVING: Duration = Duration::from_millis(500);

/// The shield's state.
#[derive(Debug, Clone)]
pub(crate) struct Supervisor {
    screen: Screen,
    agent: Agent,
    /// Of the last `Cover` or `Uncover`.
    seq: u64,
    /// Whether the shield has the input it wants; `None` until the first try has been answered.
    input_held: Option<bool>,
    /// What this agent was last told of it, since the last cover.
    told_held: Option<bool>,
    /// What the cover is worth; nothing, until the display server answered.
    enforcement: Enforcement,
    failures: Failures,
    /// Since when there is no usable agent.
    unusable_since: Option<Duration>,
    /// Why the last one was none.
    cause: Cause,
    /// What the screen says.
    notice: Option<Trouble>,
    /// How many times the input that the agent was given has been freed for it, and it did not have it.
    freeings: u32,
    /// Whose session was uncovered last.
    person: Option<[u8; 16]>,
    ending: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Screen {
    Covered(Holder),
    Uncovered { lease_ends: Duration },
}

/// Whose the input is while covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holder {
    Shield,
    /// As [`Holder::Shield`], and the agent waits to hear that it was taken back.
    ShieldForAgent,
    /// It was passed to the agent, which says whether it has it.
    Agent {
        has_it: bool,
        /// Since when it was given and it does not have it.
        since: Duration,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Agent {
    /// Not running; the next start is due then.
    Down { start_at: Duration },
    /// Being started by the shell of this machine.
    Starting,
    /// Running and not ready yet.
    Raw { since: Duration },
    /// Ready.
    Ready { window: u32, since: Duration, heard: Duration },
    /// Closed its end before it was ready, as one does that ends for a reason of its own: it may say which until then.
    Leaving { end_at: Duration },
    /// Being ended by force.
    Ending,
}

impl Supervisor {
    /// Before [`Event::Begun`].
    pub(crate) fn new() -> Self {
        Self {
            screen: Screen::Covered(Holder::Shield),
            agent: Agent::Down { start_at: Duration::ZERO },
            seq: 0,
            input_held: None,
            told_held: None,
            enforcement: Enforcement::default(),
            failures: Failures::default(),
            unusable_since: None,
            cause: Cause::Starting,
            notice: None,
            freeings: 0,
            person: None,
            ending: None,
        }
    }

    /// Whether the screen is to be covered.
    pub(crate) fn is_covered(&self) -> bool {
        matches!(self.screen, Screen::Covered(_))
    }

    /// The only function that changes the state. Deadlines that have come are always dealt with first: nothing
    /// an agent says late can outrun the end of its lease.
    pub(crate) fn on(&mut self, event: Event, now: Moment) -> Vec<Action> {
        let mut actions = Vec::new();
        if event != Event::Begun {
            self.expire(now, &mut actions);
        }
        match event {
            Event::Begun => self.on_begun(now, &mut actions),
            Event::Started => self.on_started(now),
            Event::NotStarted => self.on_not_started(now, &mut actions),
            Event::Said(message) => self.on_said(message, now, &mut actions),
            Event::Garbled => self.break_contract(&mut actions),
            Event::Closed => self.on_closed(now, &mut actions),
            Event::Exited { of_itself } => self.on_exited(of_itself, now, &mut actions),
            Event::InputHeld(held) => self.on_input(held, &mut actions),
            Event::Enforcement(enforcement) => self.on_enforcement(enforcement, &mut actions),
            Event::EndAsked => self.on_end_asked(now, &mut actions),
            Event::Tick => {}
        }
        // One that is being ended to be replaced is of no use either, however long it takes to die.
        if self.agent == Agent::Ending && self.ending.is_none() {
            self.unusable_since = self.unusable_since.or(Some(now.awake));
        }
        actions
    }

    /// When the lease of an uncovered screen ends, on the clock that counts machine sleep.
    pub(crate) fn lease_ends(&self) -> Option<Duration> {
        match self.screen {
            Screen::Uncovered { lease_ends } => Some(lease_ends),
            Screen::Covered(_) => None,
        }
    }

    /// The next instant, on the clock without machine sleep, at which a [`Event::Tick`] would do something.
    pub(crate) fn deadline(&self) -> Option<Duration> {
        let agent = match self.agent {
            Agent::Down { start_at } if self.ending.is_none() => Some(start_at),
            Agent::Raw { since } => Some(since + Duration::from_millis(START_MS)),
            Agent::Ready { heard, .. } => Some(heard + self.patience()),
            Agent::Leaving { end_at } => Some(end_at),
            Agent::Down { .. } | Agent::Starting | Agent::Ending => None,
        };
        let notice = self.unusable_since.filter(|_| self.notice.is_none()).map(|since| since + NOTICE_AFTER);
        let hand_over = self.unfinished_hand_over().map(|since| since + HAND_OVER);
        [agent, notice, hand_over, self.ending].into_iter().flatten().min()
    }

    fn expire(&mut self, now: Moment, actions: &mut Vec<Action>) {
        let is_lease_over = self.lease_ends().is_some_and(|lease_ends| lease_ends <= now.boot);
        // Asked before covering, because a covered agent may be silent for longer.
        let is_silent = match self.agent {
            Agent::Ready { heard, .. } => heard + self.patience() <= now.awake,
            Agent::Raw { since } => since + Duration::from_millis(START_MS) <= now.awake,
            Agent::Down { .. } | Agent::Starting | Agent::Leaving { .. } | Agent::Ending => false,
        };
        if matches!(self.agent, Agent::Leaving { end_at } if end_at <= now.awake) {
            self.end_agent(actions);
        }
        if is_lease_over {
            self.cover(actions);
            actions.push(Action::Log(Word::LeaseEnded));
        }
        if is_silent {
            self.distrust(Word::AgentSilent, actions);
        }
        if self.unfinished_hand_over().is_some_and(|since| since + HAND_OVER <= now.awake) {
            self.free_input(now, actions);
        }
        if self.ending.is_some_and(|end| end <= now.awake) {
            self.ending = Some(Duration::MAX);
            self.end_agent(actions);
        }
        if let Agent::Down { start_at } = self.agent
            && start_at <= now.awake
            && self.ending.is_none()
            && self.unusable_since.is_some()
        {
            self.agent = Agent::Starting;
            actions.push(Action::StartAgent);
        }
        self.tell_trouble(now, actions);
    }

    /// Shows the words when they are due, and others when there is something else to say.
    fn tell_trouble(&mut self, now: Moment, actions: &mut Vec<Action>) {
        let Some(since) = self.unusable_since else { return };
        let is_lasting = self.failures.are_lasting(now);
        if since + NOTICE_AFTER > now.awake && !is_lasting {
            return;
        }
        let since = if is_lasting { self.failures.first().unwrap_or(since) } else { since };
        let trouble = Trouble {
            cause: self.cause,
            is_lasting,
            since: since.min(self.notice.map_or(since, |told| told.since)),
        };
        // Once lasting, it is so until an agent is usable.
        let trouble =
            Trouble { is_lasting: is_lasting || self.notice.is_some_and(|told| told.is_lasting), ..trouble };
        if self.notice != Some(trouble) {
            self.notice = Some(trouble);
            actions.push(Action::ShowNotice(trouble));
        }
    }

    /// Since when an agent that lives was given the input and does not have it.
    fn unfinished_hand_over(&self) -> Option<Duration> {
        match (self.screen, self.agent) {
            (Screen::Covered(Holder::Agent { has_it: false, since }), Agent::Ready { heard, .. })
                if heard >= since + HAND_OVER_ALIVE =>
            {
                Some(since)
            }
            (_, _) => None,
        }
    }

    fn free_input(&mut self, now: Moment, actions: &mut Vec<Action>) {
        if self.freeings == FREEINGS_MAX {
            return self.distrust(Word::AgentDeaf, actions);
        }
        self.freeings += 1;
        self.screen = Screen::Covered(Holder::Agent { has_it: false, since: now.awake });
        actions.push(Action::FreeInput);
    }

    /// What the screen says, if it says anything.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.notice
    }

    fn on_begun(&mut self, now: Moment, actions: &mut Vec<Action>) {
        self.unusable_since = Some(now.awake);
        self.agent = Agent::Starting;
        actions.extend([Action::Cover, Action::HoldInput, Action::StartAgent]);
    }

    fn on_started(&mut self, now: Moment) {
        if self.agent == Agent::Starting {
            self.agent = Agent::Raw { since: now.awake };
            (self.seq, self.freeings) = (0, 0);
            self.told_held = None;
        }
    }

    fn on_not_started(&mut self, now: Moment, actions: &mut Vec<Action>) {
        actions.push(Action::Log(Word::AgentNotStarted));
        if self.ending.is_some() {
            self.agent = Agent::Down { start_at: Duration::MAX };
            actions.push(Action::Exit);
            return;
        }
        self.cause = Cause::NotStarted;
        self.failures.count(now);
        self.go_down(now, actions);
    }

    fn on_said(&mut self, message: AgentMessage, now: Moment, actions: &mut Vec<Action>) {
        let is_ready = match &mut self.agent {
            Agent::Ready { heard, .. } => {
                *heard = now.awake;
                true
            }
            Agent::Raw { .. } => false,
            // What was still in the socket of an agent that is being ended counts for nothing.
            Agent::Down { .. } | Agent::Starting | Agent::Leaving { .. } | Agent::Ending => return,
        };
        match message {
            AgentMessage::Ready { window } => self.on_ready(window, now, actions),
            // It may beat while its window is being made; that does not make it ready.
            AgentMessage::Beat { seq: 0, lease_ms: 0 } if !is_ready => {}
            _ if !is_ready => self.break_contract(actions),
            AgentMessage::TakeInput => self.on_take_input(now, actions),
            AgentMessage::Holding => self.on_holding(actions),
            AgentMessage::GiveBack => self.on_give_back(actions),
            AgentMessage::Uncover { session, seq, lease_ms } => {
                self.on_uncover(session, seq, lease_ms, now, actions);
            }
            AgentMessage::Cover { seq } => self.on_cover(seq, actions),
            AgentMessage::Beat { seq, lease_ms } => self.on_beat(seq, lease_ms, now, actions),
            AgentMessage::Reader { device, is_taken } => actions.push(Action::Reader { device, is_taken }),
        }
    }

    fn on_ready(&mut self, window: u32, now: Moment, actions: &mut Vec<Action>) {
        let since = match self.agent {
            Agent::Ready { since, .. } => since,
            Agent::Raw { .. }
            | Agent::Down { .. }
            | Agent::Starting
            | Agent::Leaving { .. }
            | Agent::Ending => {
                actions.push(Action::Log(Word::AgentReady));
                now.awake
            }
        };
        self.agent = Agent::Ready { window, since, heard: now.awake };
        self.unusable_since = None;
        self.cause = Cause::Gone;
        if self.notice.take().is_some() {
            actions.push(Action::HideNotice);
        }
        actions.push(Action::KeepAbove(window));
        actions.push(Action::Say(ShieldMessage::Enforcement(self.enforcement)));
        self.told_held = None;
        self.tell_covered(actions);
    }

    fn on_take_input(&mut self, now: Moment, actions: &mut Vec<Action>) {
        match self.screen {
            Screen::Covered(holder) => {
                let is_taken_away =
                    matches!(holder, Holder::Agent { has_it, .. } if has_it || self.freeings > 0);
                self.screen = Screen::Covered(Holder::Agent { has_it: false, since: now.awake });
                if is_taken_away {
                    // Whoever has it keeps it no longer than from us.
                    self.freeings = self.freeings.max(1);
                    actions.push(Action::FreeInput);
                } else {
                    actions.push(Action::ReleaseInput);
                }
                actions.push(Action::Say(ShieldMessage::InputReleased));
            }
            Screen::Uncovered { .. } => self.break_contract(actions),
        }
    }

    fn on_holding(&mut self, actions: &mut Vec<Action>) {
        match &mut self.screen {
            Screen::Covered(Holder::Agent { has_it, .. }) => {
                *has_it = true;
                if std::mem::take(&mut self.freeings) > 0 {
                    actions.push(Action::ReleaseInput);
                }
            }
            // It was late: the shield has covered by itself and wants the input, and the agent was told.
            Screen::Covered(Holder::Shield | Holder::ShieldForAgent) => {}
            Screen::Uncovered { .. } => self.break_contract(actions),
        }
    }

    fn on_give_back(&mut self, actions: &mut Vec<Action>) {
        match self.screen {
            Screen::Covered(Holder::Agent { .. }) => {
                self.screen = Screen::Covered(Holder::ShieldForAgent);
                (self.input_held, self.freeings) = (None, 0);
                actions.push(Action::HoldInput);
            }
            Screen::Covered(Holder::Shield) if self.input_held == Some(true) => {
                actions.push(Action::Say(ShieldMessage::InputTaken));
            }
            Screen::Covered(Holder::Shield | Holder::ShieldForAgent) => {
                self.screen = Screen::Covered(Holder::ShieldForAgent);
            }
            Screen::Uncovered { .. } => self.break_contract(actions),
        }
    }

    fn on_uncover(
        &mut self,
        session: [u8; 16],
        seq: u64,
        lease_ms: u64,
        now: Moment,
        actions: &mut Vec<Action>,
    ) {
        if seq <= self.seq {
            return;
        }
        let is_sound = (1..=LEASE_MS_MAX).contains(&lease_ms) && session != [0; 16];
        match self.screen {
            Screen::Covered(Holder::Shield) if is_sound && self.ending.is_none() => {
                self.seq = seq;
                self.screen = Screen::Uncovered { lease_ends: now.boot + Duration::from_millis(lease_ms) };
                if self.person.replace(session) != Some(session) {
                    actions.push(Action::ForgetPerson);
                }
                actions.extend([
                    Action::Uncover,
                    Action::Say(ShieldMessage::Uncovered { seq }),
                    Action::Log(Word::UncoveredAsAsked),
                ]);
            }
            // We are about to end; the screen stays covered, whatever the agent has not heard of that yet.
            Screen::Covered(_) if self.ending.is_some() => {}
            Screen::Covered(_) | Screen::Uncovered { .. } => self.break_contract(actions),
        }
    }

    fn on_cover(&mut self, seq: u64, actions: &mut Vec<Action>) {
        self.seq = self.seq.max(seq);
        self.told_held = None;
        if self.is_covered() {
            self.tell_covered(actions);
        } else {
            self.cover(actions);
            actions.push(Action::Log(Word::CoveredAsAsked));
        }
    }

    fn on_beat(&mut self, seq: u64, lease_ms: u64, now: Moment, actions: &mut Vec<Action>) {
        if seq > self.seq || lease_ms > LEASE_MS_MAX {
            return self.break_contract(actions);
        }
        if seq < self.seq {
            return;
        }
        if let Screen::Covered(Holder::Agent { has_it: true, .. }) = self.screen {
            actions.push(Action::LookAtInput);
        }
        if let Screen::Uncovered { lease_ends } = &mut self.screen {
            *lease_ends = now.boot + Duration::from_millis(lease_ms);
            if lease_ms == 0 {
                self.expire(now, actions);
            }
        }
    }

    fn on_input(&mut self, held: bool, actions: &mut Vec<Action>) {
        match self.screen {
            Screen::Covered(Holder::Shield) => {
                self.input_held = Some(held);
                self.tell_covered(actions);
            }
            Screen::Covered(Holder::ShieldForAgent) => {
                self.input_held = Some(held);
                if held {
                    self.screen = Screen::Covered(Holder::Shield);
                    self.told_held = Some(true);
                    actions.push(Action::Say(ShieldMessage::InputTaken));
                }
            }
            // A report about a hold that has been given up since.
            Screen::Covered(Holder::Agent { .. }) | Screen::Uncovered { .. } => {}
        }
    }

    fn on_enforcement(&mut self, enforcement: Enforcement, actions: &mut Vec<Action>) {
        let is_news = self.enforcement != enforcement;
        self.enforcement = enforcement;
        if is_news && matches!(self.agent, Agent::Ready { .. }) {
            actions.push(Action::Say(ShieldMessage::Enforcement(enforcement)));
        }
    }

    fn on_exited(&mut self, of_itself: bool, now: Moment, actions: &mut Vec<Action>) {
        self.cover_for_lost_agent(actions);
        let was_ended = self.agent == Agent::Ending;
        match self.agent {
            Agent::Ready { since, .. } if since + FAILURES_FORGOTTEN_AFTER <= now.awake => {
                self.failures.are_made_up_for()
            }
            Agent::Ready { .. }
            | Agent::Raw { .. }
            | Agent::Starting
            | Agent::Leaving { .. }
            | Agent::Ending => {}
            Agent::Down { .. } => return,
        }
        actions.push(Action::Log(Word::AgentGone));
        if self.ending.is_some() {
            self.agent = Agent::Down { start_at: Duration::MAX };
            actions.push(Action::Exit);
            return;
        }
        if !was_ended || (of_itself && self.cause == Cause::Closed) {
            self.cause = Cause::Gone;
        }
        let delay = self.failures.delay();
        self.failures.count(now);
        self.go_down_for(delay, now, actions);
    }

    fn on_end_asked(&mut self, now: Moment, actions: &mut Vec<Action>) {
        if self.ending.is_some() {
            return;
        }
        actions.push(Action::Log(Word::Ending));
        self.ending = Some(now.awake + LAST_WORDS);
        if !self.is_covered() {
            self.cover(actions);
        }
        match self.agent {
            Agent::Down { .. } => actions.push(Action::Exit),
            Agent::Starting | Agent::Raw { .. } | Agent::Ready { .. } => actions.push(Action::AskAgentToEnd),
            Agent::Leaving { .. } | Agent::Ending => {}
        }
    }

    fn go_down(&mut self, now: Moment, actions: &mut Vec<Action>) {
        self.go_down_for(self.failures.delay(), now, actions);
    }

    /// Down, and up again after this time.
    fn go_down_for(&mut self, delay: Duration, now: Moment, actions: &mut Vec<Action>) {
        self.agent = Agent::Down { start_at: now.awake + delay };
        self.unusable_since = self.unusable_since.or(Some(now.awake));
        self.expire(now, actions);
    }

    /// With an agent that ends its end of the socket closes, and is often heard of first.
    fn on_closed(&mut self, now: Moment, actions: &mut Vec<Action>) {
        if let Agent::Raw { .. } = self.agent {
            actions.push(Action::Log(Word::AgentClosed));
            self.cause = Cause::Closed;
            self.agent = Agent::Leaving { end_at: now.awake + LEAVING };
        } else {
            self.distrust(Word::AgentClosed, actions);
        }
    }

    /// The agent said what it may not say.
    fn break_contract(&mut self, actions: &mut Vec<Action>) {
        self.distrust(Word::ContractBroken, actions);
    }

    /// On doubt, covered: nothing of this agent counts any more, and it is ended.
    fn distrust(&mut self, why: Word, actions: &mut Vec<Action>) {
        if matches!(self.agent, Agent::Down { .. } | Agent::Leaving { .. } | Agent::Ending) {
            return;
        }
        self.cause = match (why, self.agent) {
            (Word::AgentSilent, Agent::Ready { .. }) => Cause::Silent,
            (Word::AgentSilent, _) => Cause::NeverReady,
            (Word::AgentClosed, _) => Cause::Closed,
            (Word::AgentDeaf, _) => Cause::Deaf,
            (_, _) => Cause::ContractBroken,
        };
        actions.push(Action::Log(why));
        self.end_agent(actions);
    }

    fn end_agent(&mut self, actions: &mut Vec<Action>) {
        let window = match self.agent {
            Agent::Ready { window, .. } => Some(window),
            Agent::Raw { .. } | Agent::Starting | Agent::Leaving { .. } => None,
            Agent::Down { .. } | Agent::Ending => return,
        };
        let was_covered = self.is_covered();
        if !was_covered {
            actions.push(Action::Cover);
        }
        // Its X client goes before we ask for the input, which is why that comes second.
        actions.push(Action::EndAgent { window });
        self.agent = Agent::Ending;
        self.screen = Screen::Covered(Holder::Shield);
        (self.input_held, self.freeings) = (None, 0);
        actions.push(Action::HoldInput);
        if !was_covered {
            actions.push(Action::PutKeysBack);
        }
    }

    /// The process is gone, and with it its windows and grabs.
    fn cover_for_lost_agent(&mut self, actions: &mut Vec<Action>) {
        match self.screen {
            Screen::Uncovered { .. } => self.cover(actions),
            Screen::Covered(Holder::Agent { .. } | Holder::ShieldForAgent) => {
                self.screen = Screen::Covered(Holder::Shield);
                self.input_held = None;
                actions.push(Action::HoldInput);
            }
            Screen::Covered(Holder::Shield) => {}
        }
    }

    fn cover(&mut self, actions: &mut Vec<Action>) {
        self.screen = Screen::Covered(Holder::Shield);
        (self.input_held, self.freeings) = (None, 0);
        self.told_held = None;
        actions.extend([Action::Cover, Action::HoldInput, Action::PutKeysBack]);
    }

    /// Tells a ready agent that it is covered, and who has the input, unless it knows or the first try is under way.
    fn tell_covered(&mut self, actions: &mut Vec<Action>) {
        let input_held = match self.screen {
            Screen::Covered(Holder::Agent { has_it, .. }) => Some(has_it),
            Screen::Covered(Holder::Shield | Holder::ShieldForAgent) => self.input_held,
            Screen::Uncovered { .. } => None,
        };
        let Some(held) = input_held else { return };
        if matches!(self.agent, Agent::Ready { .. }) && self.told_held != input_held {
            self.told_held = input_held;
            actions.push(Action::Say(ShieldMessage::Covered { seq: self.seq, input_held: held }));
        }
    }

    /// How long a ready agent may say nothing.
    fn patience(&self) -> Duration {
        Duration::from_millis(if self.is_covered() { SILENCE_COVERED_MS } else { SILENCE_UNCOVERED_MS })
    }
}

#[cfg(test)]
mod tests;
