//! What is done, and when, about another program that keeps the keyboard or the pointer from us.

use std::time::Duration;

/// The polite steps, each so long after the one before it: an open menu goes with the focus or with Escape, most full-screen
/// programs with the focus. Counted from when a step was really done, so that whoever is asked late has as long to answer.
const STEPS: [(Duration, Step); 5] = [
    (Duration::from_millis(150), Step::DetachDevices),
    (Duration::from_millis(50), Step::PressEscape),
    (Duration::from_millis(100), Step::PressEscape),
    (Duration::from_millis(100), Step::PressEscape),
    (Duration::from_millis(100), Step::PressEscape),
];
/// So long after the last of them other programs are ended, one at a time.
const KILL_AFTER: Duration = Duration::from_millis(200);
/// Time for the X server to free what the last one held.
const KILL_EVERY: Duration = Duration::from_millis(20);

/// One thing to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing that is typed reaches anybody.
    DetachDevices,
    /// As a person closes a menu.
    PressEscape,
    /// End the next program that may have it.
    KillOne,
}

/// How far it has come.
#[derive(Debug, Clone, Copy)]
pub(super) struct Escalation {
    since: Duration,
    /// When the last step was done.
    last: Duration,
    done: usize,
}

impl Escalation {
    /// Somebody else has the input since `now`.
    pub(super) const fn begin(now: Duration) -> Self {
        Self { since: now, last: now, done: 0 }
    }

    /// The step that is due, if one is: the next is due some time after this one.
    pub(super) fn next(&mut self, now: Duration) -> Option<Step> {
        let (after, step) = match self.done.checked_sub(STEPS.len()) {
            None => STEPS[self.done],
            Some(0) => (KILL_AFTER, Step::KillOne),
            Some(_) => (KILL_EVERY, Step::KillOne),
        };
        if now.saturating_sub(self.last) < after {
            return None;
        }
        (self.last, self.done) = (now, self.done.saturating_add(1));
        Some(step)
    }

    /// How long it has lasted.
    pub(super) fn lasted(&self, now: Duration) -> Duration {
        now.saturating_sub(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_is_asked_before_anything_is_ended() {
        let mut escalation = Escalation::begin(Duration::from_secs(5));
        let mut steps = Vec::new();
        for ms in 0..800 {
            while let Some(step) = escalation.next(Duration::from_millis(5_000 + ms)) {
                steps.push((ms, step));
            }
        }

        let kinds: Vec<_> = steps.iter().take(6).copied().collect();
        assert_eq!(
            kinds,
            [
                (150, Step::DetachDevices),
                (200, Step::PressEscape),
                (300, Step::PressEscape),
                (400, Step::PressEscape),
                (500, Step::PressEscape),
                (700, Step::KillOne),
            ]
        );
    }

    #[test]
    fn forty_programs_are_ended_within_a_second_and_a_half() {
        let mut escalation = Escalation::begin(Duration::ZERO);

        let kills = (0..1_500)
            .flat_map(|ms| escalation.next(Duration::from_millis(ms)))
            .filter(|step| *step == Step::KillOne)
            .count();

        assert_eq!(kills, 40);
    }

    #[test]
    fn after_a_stall_no_step_is_left_out_and_each_has_its_time() {
        let mut escalation = Escalation::begin(Duration::ZERO);
        let mut steps = Vec::new();
        for ms in 700..1_300 {
            steps.extend(escalation.next(Duration::from_millis(ms)).map(|step| (ms, step)));
        }

        assert_eq!(
            steps[..6],
            [
                (700, Step::DetachDevices),
                (750, Step::PressEscape),
                (850, Step::PressEscape),
                (950, Step::PressEscape),
                (1_050, Step::PressEscape),
                (1_250, Step::KillOne),
            ]
        );
    }
}
