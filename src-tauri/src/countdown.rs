//! Counting down to an instant: what is shown, when it changes, and what a screen reader hears. Pure.

use std::time::Duration;

use agent_core::instant::Instant;

/// A screen reader hears the countdown as these moments pass, not every second.
const SPOKEN_AT: [Duration; 3] = [Duration::from_secs(60), Duration::from_secs(30), Duration::from_secs(10)];

/// Time until a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Countdown {
    ends_at: Instant,
}

impl Countdown {
    /// Ends `left` after `now`.
    #[must_use]
    pub fn ending_in(left: Duration, now: Instant) -> Self {
        Self { ends_at: now + left }
    }

    /// Whole seconds left, rounded up: it shows 0 only when the time is over.
    #[must_use]
    pub fn seconds_left(self, now: Instant) -> u64 {
        let left = self.left(now);
        left.as_secs() + u64::from(left.subsec_nanos() > 0)
    }

    /// When the shown seconds change next; `None` once it is over.
    #[must_use]
    pub fn next_change_in(self, now: Instant) -> Option<Duration> {
        let seconds_left = self.seconds_left(now);
        (seconds_left > 0).then(|| self.left(now) - Duration::from_secs(seconds_left - 1))
    }

    /// The shortest spoken moment that lies between `before` and `now`, if any.
    #[must_use]
    pub fn spoken_between(self, before: Instant, now: Instant) -> Option<Duration> {
        let (left_before, left_now) = (self.left(before), self.left(now));
        SPOKEN_AT.into_iter().rev().find(|moment| left_before > *moment && left_now <= *moment)
    }

    fn left(self, now: Instant) -> Duration {
        self.ends_at.since(now)
    }
}

/// `1:45`, or `1:02:03` from an hour on.
#[must_use]
pub fn clock_face(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_boot(Duration::from_millis(1_000_000 + ms))
    }

    fn one_minute() -> Countdown {
        Countdown::ending_in(Duration::from_secs(60), at(0))
    }

    #[test]
    fn zero_is_shown_only_when_the_time_is_over() {
        for (ms, shown) in [(0, 60), (1, 60), (1_000, 59), (59_000, 1), (59_999, 1), (60_000, 0), (90_000, 0)]
        {
            assert_eq!(one_minute().seconds_left(at(ms)), shown, "{ms} ms after the start");
        }
    }

    #[test]
    fn it_changes_on_the_second_and_then_never_again() {
        assert_eq!(one_minute().next_change_in(at(0)), Some(Duration::from_secs(1)));
        assert_eq!(one_minute().next_change_in(at(250)), Some(Duration::from_millis(750)));
        assert_eq!(one_minute().next_change_in(at(59_999)), Some(Duration::from_millis(1)));
        assert_eq!(one_minute().next_change_in(at(60_000)), None);
    }

    #[test]
    fn following_the_changes_visits_every_second_once() {
        let (mut now, mut shown) = (at(333), Vec::new());
        while let Some(wait) = one_minute().next_change_in(now) {
            shown.push(one_minute().seconds_left(now));
            now = now + wait;
        }

        assert_eq!(shown, (1..=60).rev().collect::<Vec<_>>());
    }

    #[test]
    fn a_screen_reader_hears_sixty_thirty_and_ten_and_nothing_between() {
        let two_minutes = Countdown::ending_in(Duration::from_secs(120), at(0));
        let heard: Vec<_> = (0..120)
            .filter_map(|second| two_minutes.spoken_between(at(second * 1000), at((second + 1) * 1000)))
            .map(|moment| moment.as_secs())
            .collect();

        assert_eq!(heard, [60, 30, 10]);
    }

    #[test]
    fn after_a_jump_over_several_moments_only_the_last_is_spoken() {
        assert_eq!(one_minute().spoken_between(at(0), at(52_000)), Some(Duration::from_secs(10)));
    }

    #[test]
    fn nothing_is_spoken_twice() {
        assert_eq!(one_minute().spoken_between(at(30_000), at(30_500)), None);
    }

    #[test]
    fn clock_faces() {
        for (seconds, face) in [(0, "0:00"), (9, "0:09"), (60, "1:00"), (105, "1:45"), (3_723, "1:02:03")] {
            assert_eq!(clock_face(seconds), face);
        }
    }
}
