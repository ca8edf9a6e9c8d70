//! What is to be asked of the compositor's session lock next: answers and wishes in, steps out. No connection.
//!
//! The protocol makes three things errors that end the connection, and with it the shield: to unlock before `locked` came, to
//! drop a lock that is locked, and to ask twice with one object. A wish that comes while an answer is
//! under way therefore waits for it.

use std::time::Duration;

/// A lock that was refused (another program locks) is asked for again this often.
const ASK_AGAIN_EVERY: Duration = Duration::from_secs(1);

/// The compositor's session lock, as far as it has answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lock {
    phase: Phase,
    is_wanted: bool,
    /// What came of the last question that was answered.
    was_granted: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    Asked,
    Locked,
    Refused { again: Duration },
}

/// What to do with the lock object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Make one, with a surface on each output.
    Ask,
    /// `unlock_and_destroy`
    Unlock,
    /// `destroy`
    Drop,
}

impl Lock {
    /// Nothing is locked by us.
    pub(super) const fn new() -> Self {
        Self { phase: Phase::Open, is_wanted: false, was_granted: None }
    }

    /// The session is to be locked.
    pub(super) fn want(&mut self) -> Option<Step> {
        self.is_wanted = true;
        match self.phase {
            Phase::Open => self.ask(),
            Phase::Asked | Phase::Locked | Phase::Refused { .. } => None,
        }
    }

    /// The session is to be open.
    pub(super) fn let_go(&mut self) -> Option<Step> {
        self.is_wanted = false;
        match self.phase {
            Phase::Locked => {
                self.phase = Phase::Open;
                Some(Step::Unlock)
            }
            Phase::Refused { .. } => {
                self.phase = Phase::Open;
                None
            }
            Phase::Open | Phase::Asked => None,
        }
    }

    /// The compositor said `locked`.
    pub(super) fn on_locked(&mut self) -> Option<Step> {
        self.was_granted = Some(true);
        self.phase = Phase::Locked;
        if self.is_wanted { None } else { self.let_go() }
    }

    /// The compositor said `finished`: it refuses, or has opened the lock by itself.
    pub(super) fn on_finished(&mut self, now: Duration) -> Step {
        let step = if self.phase == Phase::Locked { Step::Unlock } else { Step::Drop };
        self.was_granted = Some(false);
        self.phase =
            if self.is_wanted { Phase::Refused { again: now + ASK_AGAIN_EVERY } } else { Phase::Open };
        step
    }

    /// Asks again when that is due.
    pub(super) fn on_time(&mut self, now: Duration) -> Option<Step> {
        self.ask_again_at().is_some_and(|again| again <= now).then(|| self.ask()).flatten()
    }

    /// When [`Lock::on_time`] is due.
    pub(super) fn ask_again_at(&self) -> Option<Duration> {
        match self.phase {
            Phase::Refused { again } => Some(again),
            Phase::Open | Phase::Asked | Phase::Locked => None,
        }
    }

    /// Whether the session is locked by us.
    pub(super) fn is_locked(&self) -> bool {
        self.phase == Phase::Locked
    }

    /// Whether there is a lock object to which surfaces belong.
    pub(super) fn has_object(&self) -> bool {
        matches!(self.phase, Phase::Asked | Phase::Locked)
    }

    /// Whether the compositor locked when it was asked last; `None` before its first answer.
    pub(super) fn was_granted(&self) -> Option<bool> {
        self.was_granted
    }

    fn ask(&mut self) -> Option<Step> {
        self.phase = Phase::Asked;
        Some(Step::Ask)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    #[test]
    fn asked_locked_opened_and_locked_again() {
        let mut lock = Lock::new();

        assert_eq!(lock.want(), Some(Step::Ask));
        assert!(!lock.is_locked(), "asking is not having");
        assert_eq!(lock.on_locked(), None);
        assert!(lock.is_locked());
        assert_eq!(lock.let_go(), Some(Step::Unlock));
        assert!(!lock.is_locked());
        assert_eq!(lock.want(), Some(Step::Ask));
    }

    #[test]
    fn a_lock_that_is_no_longer_wanted_is_opened_when_it_comes_and_not_before() {
        let mut lock = Lock::new();
        lock.want();

        assert_eq!(lock.let_go(), None);
        assert_eq!(lock.on_locked(), Some(Step::Unlock));
    }

    #[test]
    fn a_lock_that_is_wanted_again_before_it_came_stays() {
        let mut lock = Lock::new();
        lock.want();
        lock.let_go();

        assert_eq!(lock.want(), None);
        assert_eq!(lock.on_locked(), None);
        assert!(lock.is_locked());
    }

    #[test]
    fn a_refusal_is_known_and_asked_again_a_second_later() {
        let mut lock = Lock::new();
        lock.want();

        assert_eq!(lock.on_finished(NOW), Step::Drop);
        assert_eq!(lock.was_granted(), Some(false));
        assert_eq!(lock.on_time(NOW), None);
        assert_eq!(lock.on_time(NOW + ASK_AGAIN_EVERY), Some(Step::Ask));
        assert_eq!(lock.on_locked(), None);
        assert_eq!(lock.was_granted(), Some(true));
    }

    #[test]
    fn a_compositor_that_opens_the_lock_by_itself_is_asked_again() {
        let mut lock = Lock::new();
        lock.want();
        lock.on_locked();

        assert_eq!(lock.on_finished(NOW), Step::Unlock);
        assert!(!lock.is_locked());
        assert_eq!(lock.on_time(NOW + ASK_AGAIN_EVERY), Some(Step::Ask));
    }

    #[derive(Debug, Clone, Copy)]
    enum Input {
        Want,
        LetGo,
        Answer(bool),
        Finish,
        Time,
    }

    proptest! {
        /// A compositor that counts: one object at a time, unlocked only when locked, dropped only when not.
        #[test]
        fn no_step_is_ever_a_protocol_error(
            inputs in proptest::collection::vec(
                prop_oneof![
                    Just(Input::Want), Just(Input::LetGo), Just(Input::Time), Just(Input::Finish),
                    any::<bool>().prop_map(Input::Answer),
                ],
                0..60,
            )
        ) {
            let (mut lock, mut now) = (Lock::new(), NOW);
            // The compositor's side: no object, one that waits for its answer, one that is locked.
            let (mut has_object, mut is_locked, mut is_wanted) = (false, false, false);
            for input in inputs {
                let step = match input {
                    Input::Want => { is_wanted = true; lock.want() }
                    Input::LetGo => { is_wanted = false; lock.let_go() }
                    Input::Time => { now += ASK_AGAIN_EVERY; lock.on_time(now) }
                    Input::Answer(true) if has_object && !is_locked => { is_locked = true; lock.on_locked() }
                    Input::Answer(false) if has_object && !is_locked => Some(lock.on_finished(now)),
                    Input::Finish if is_locked => Some(lock.on_finished(now)),
                    Input::Answer(_) | Input::Finish => None,
                };
                match step {
                    Some(Step::Ask) => { prop_assert!(!has_object); has_object = true; }
                    Some(Step::Unlock) => { prop_assert!(is_locked); has_object = false; is_locked = false; }
                    Some(Step::Drop) => {
                        prop_assert!(has_object && !is_locked);
                        has_object = false;
                    }
                    None => {}
                }
                prop_assert_eq!(lock.is_locked(), is_locked);
                prop_assert!(!is_locked || is_wanted, "locked against everybody's wish");
                let waits = lock.ask_again_at().is_some();
                prop_assert!(!is_wanted || has_object || waits, "wanted, and nobody asks");
            }
        }
    }
}
