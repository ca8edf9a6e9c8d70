//! Badges that nobody has, presented at one workstation: whoever has what a workstation takes for its reader can try
//! numbers there. Pure; the numbers are `policy::lockout`'s.
//!
//! Different numbers are counted: a person who taps her new card again and again tries nothing. From the 20th within ten
//! minutes on, such badges wait there, 30 s doubling to 15 min, and are then refused uncounted. A badge that somebody
//! has never waits: nobody locks a colleague out of her ward.

use std::time::Duration;

use jiff::Timestamp;
use policy::lockout::{UNKNOWN_BADGES_MAX, UNKNOWN_BADGES_WITHIN, wait_of_unknown_badges};

use super::badge::NumberIndex;

/// What was presented at one workstation of late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// When the first of them was.
    pub since: Timestamp,
    /// How many there were, each different from the one before.
    pub count: u32,
    /// The last one.
    pub last: NumberIndex,
    /// When that was.
    pub last_at: Timestamp,
    /// Until then such badges are refused uncounted; in the past where they are not.
    pub locked_until: Timestamp,
}

impl Tried {
    /// How much longer a badge that nobody has is refused uncounted.
    #[must_use]
    pub fn locked_for(&self, now: Timestamp) -> Option<Duration> {
        Duration::try_from(self.locked_until.duration_since(now)).ok().filter(|left| !left.is_zero())
    }

    /// One more was presented.
    #[must_use]
    pub fn next(before: Option<Self>, number: NumberIndex, now: Timestamp) -> Self {
        let Some(before) = before.filter(|before| !before.is_over(now)) else {
            return Self { since: now, count: 1, last: number, last_at: now, locked_until: now };
        };
        if before.last == number {
            return Self { last_at: now, ..before };
        }
        let count = before.count.saturating_add(1);
        let locked_until = wait_of_unknown_badges(count)
            .map_or(before.locked_until, |wait| now.saturating_add(wait).unwrap_or(Timestamp::MAX));
        Self { count, last: number, last_at: now, locked_until, ..before }
    }

    /// Whether an officer should hear of it: this one locked, and the one before did not.
    #[must_use]
    pub fn is_alarm(&self, before: Option<&Self>) -> bool {
        self.count == UNKNOWN_BADGES_MAX && before.is_none_or(|before| before.count != self.count)
    }

    /// Whether counting begins anew.
    fn is_over(&self, now: Timestamp) -> bool {
        let since =
            if self.count < UNKNOWN_BADGES_MAX { self.since } else { self.last_at.max(self.locked_until) };
        now >= since.saturating_add(UNKNOWN_BADGES_WITHIN).unwrap_or(Timestamp::MAX)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap().saturating_add(Duration::from_secs(seconds)).unwrap()
    }

    /// A number each, at these seconds.
    fn presented(seconds: impl IntoIterator<Item = u64>) -> Tried {
        let mut tried = None;
        for (number, second) in (0..).zip(seconds) {
            tried = Some(Tried::next(tried, NumberIndex([number; 32]), at(second)));
        }
        tried.unwrap()
    }

    #[test]
    fn the_twentieth_within_ten_minutes_waits_half_a_minute_and_each_more_twice_as_long() {
        for (count, wait) in [(19, None), (20, Some(30)), (21, Some(60)), (23, Some(240)), (40, Some(900))] {
            let left = presented((0..count).map(|_| 0)).locked_for(at(0));

            assert_eq!(left, wait.map(Duration::from_secs), "{count}");
        }
    }

    #[test]
    fn now_and_then_one_that_nobody_has_is_no_guessing() {
        let tried = presented((0..60).map(|number| number * 40));

        assert_eq!(tried.locked_for(at(59 * 40)), None, "{tried:?}");
    }

    #[test]
    fn one_card_tapped_again_and_again_is_one() {
        let mut tried = presented([0]);
        for second in 1..100 {
            tried = Tried::next(Some(tried), tried.last, at(second));
        }

        assert_eq!((tried.count, tried.locked_for(at(100))), (1, None));
    }

    #[test]
    fn the_alarm_is_raised_once_until_it_was_quiet_for_ten_minutes() {
        let number = |number| NumberIndex([number; 32]);
        let before = presented((0..19).map(|_| 0));
        let alarmed = Tried::next(Some(before), number(200), at(1));
        let again = Tried::next(Some(alarmed), number(200), at(2));
        let more = Tried::next(Some(again), number(201), at(60));

        assert!(alarmed.is_alarm(Some(&before)));
        assert!(!again.is_alarm(Some(&alarmed)) && !more.is_alarm(Some(&again)));
        // Its minute of waiting, and ten more.
        let end = 60 + 60 + 600;
        assert_eq!(Tried::next(Some(more), number(202), at(end - 1)).count, 22);
        assert_eq!(Tried::next(Some(more), number(202), at(end)).count, 1);
    }
}
