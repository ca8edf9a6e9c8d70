//! What is done, and when, about another program that keeps the keyboard or the pointer from us.

use std::time::Duration;

/// The polite steps: an open menu goes with the focus or with Escape, most full-screen programs with the focus.
const STEPS: [(Duration, Step); 5] = [
    (Duration::from_millis(150), Step::DetachDevices),
    (Duration::from_millis(200), Step::PressEscape),
    (Duration::from_millis(300), Step::PressEscape),
    (Duration::from_millis(400), Step::PressEscape),
    (Duration::from_millis(500), Step::PressEscape),
];
/// From then on other programs are ended, one at a time.
const KILL_AFTER: Duration = Duration::from_millis(700);
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
    done: usize,
    kills: u32,
}

impl Escalation {
    /// Somebody else has the input since `now`.
    pub(super) const fn begin(now: Duration) -> Self {
        Self { since: now, done: 0, kills: 0 }
    }

    /// The next step that is due. Each is told once.
    pub(super) fn next(&mut self, now: Duration) -> Option<Step> {
        let passed = now.saturating_sub(self.since);
        if let Some(&(after, step)) = STEPS.get(self.done) {
            if passed < after {
                return None;
            }
            self.done += 1;
            return Some(step);
        }
        if passed < KILL_AFTER + KILL_EVERY * self.kills {
            return None;
        }
        self.kills = self.kills.saturating_add(1);
        Some(Step::KillOne)
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
    fn after_a_stall_no_step_is_left_out() {
        let mut escalation = Escalation::begin(Duration::ZERO);
        let late = Duration::from_millis(700);

        let steps: Vec<_> = std::iter::from_fn(|| escalation.next(late)).collect();

        assert_eq!(steps.len(), 6);
        assert_eq!(steps[0], Step::DetachDevices);
        assert_eq!(steps[5], Step::KillOne);
    }
}
