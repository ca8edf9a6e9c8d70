//! Badges that nobody has, presented at one workstation: whoever has what a workstation takes for its reader can try
//! numbers there. Pure; the numbers are `policy::lockout`'s.
//!
//! Different numbers of the last ten minutes are counted: a person who taps her new card again and again tries nothing,
//! nor does a desk where one new card after the other is enrolled, which takes each back. With the 20th such badges wait
//! there, 30 s, and with each other one twice as long up to 15 min, and are then refused uncounted. A badge that somebody
//! has never waits: nobody locks a colleague out of her ward.

use std::time::Duration;

use jiff::Timestamp;
use policy::lockout::{UNKNOWN_BADGES_MAX, UNKNOWN_BADGES_WITHIN, wait_of_unknown_badges};

use super::badge::NumberIndex;

/// What was presented at one workstation of late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// The different ones of the last ten minutes and when each was last presented, the newest last; at most
    /// [`UNKNOWN_BADGES_MAX`].
    pub numbers: Vec<(NumberIndex, Timestamp)>,
    /// How often such badges were made to wait since it was last quiet.
    pub waits: u32,
    /// When the last one was presented that counted.
    pub last_at: Timestamp,
    /// Until then such badges are refused uncounted; in the past where they are not.
    pub locked_until: Timestamp,
    /// Whether one that was refused so is on record: those after it are not, or a device that types numbers fills it.
    pub is_wait_recorded: bool,
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
        let before = before.filter(|before| !before.is_over(now));
        let mut tried = before.unwrap_or(Self {
            numbers: Vec::new(),
            waits: 0,
            last_at: now,
            locked_until: now,
            is_wait_recorded: false,
        });
        tried.numbers.retain(|(_, at)| now < after_quiet(*at));
        let is_new = tried.numbers.iter().all(|(known, _)| *known != number);
        tried.numbers.retain(|(known, _)| *known != number);
        tried.numbers.push((number, now));
        tried.last_at = now;
        let max = usize::try_from(UNKNOWN_BADGES_MAX).unwrap_or(usize::MAX);
        if is_new && (tried.waits > 0 || tried.numbers.len() >= max) {
            let wait = wait_of_unknown_badges(UNKNOWN_BADGES_MAX.saturating_add(tried.waits));
            tried.locked_until = now.saturating_add(wait.unwrap_or_default()).unwrap_or(Timestamp::MAX);
            tried.waits = tried.waits.saturating_add(1);
            tried.is_wait_recorded = false;
            // As many tell whether the next one is another.
            tried.numbers.drain(..tried.numbers.len().saturating_sub(max));
        }
        tried
    }

    /// The same without a badge that was enrolled there since, by whoever had it in hand: it was no guess, and made
    /// nothing wait. `None` where it was not among them.
    #[must_use]
    pub fn without(mut self, number: NumberIndex, now: Timestamp) -> Option<Self> {
        let count = self.numbers.len();
        self.numbers.retain(|(known, _)| *known != number);
        if self.numbers.len() == count {
            return None;
        }
        if self.waits > 0 {
            self.waits -= 1;
            if self.waits == 0 {
                self.locked_until = self.locked_until.min(now);
            }
        }
        Some(self)
    }

    /// Whether an officer should hear of it: this one made such badges wait, and the one before did not.
    #[must_use]
    pub fn is_alarm(&self, before: Option<&Self>) -> bool {
        self.waits == 1 && before.is_none_or(|before| before.waits == 0)
    }

    /// Whether counting begins anew, after waits: it was quiet since.
    fn is_over(&self, now: Timestamp) -> bool {
        self.waits > 0 && now >= after_quiet(self.last_at.max(self.locked_until))
    }
}

fn after_quiet(at: Timestamp) -> Timestamp {
    at.saturating_add(UNKNOWN_BADGES_WITHIN).unwrap_or(Timestamp::MAX)
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
            tried = Tried::next(Some(tried), NumberIndex([0; 32]), at(second));
        }

        assert_eq!((tried.numbers.len(), tried.locked_for(at(100))), (1, None));
    }

    #[test]
    fn two_cards_tapped_in_turn_are_two() {
        let mut tried = None;
        for second in 0..100 {
            let number = if second % 2 == 0 { 1 } else { 2 };
            tried = Some(Tried::next(tried, NumberIndex([number; 32]), at(second)));
        }
        let tried = tried.unwrap();

        assert_eq!((tried.numbers.len(), tried.locked_for(at(100))), (2, None));
    }

    #[test]
    fn twenty_within_any_ten_minutes_wait_however_many_came_slowly_before() {
        let tried = presented([0, 550, 560].into_iter().chain(599..617));

        assert_eq!(tried.waits, 1, "three, then eighteen, of which one is too old: {tried:?}");
        assert_eq!(presented([0, 550, 560].into_iter().chain(599..616)).waits, 0);
    }

    #[test]
    fn a_desk_that_enrols_each_new_card_makes_none_wait() {
        let mut tried = presented((0..18).map(|_| 0));
        for card in 100..200 {
            let number = NumberIndex([card; 32]);
            tried = Tried::next(Some(tried), number, at(1)).without(number, at(1)).unwrap();
        }
        assert_eq!((tried.numbers.len(), tried.waits), (18, 0));
        let twentieth = presented((0..20).map(|_| 0));
        assert!(twentieth.locked_for(at(0)).is_some());

        let enrolled = twentieth.clone().without(NumberIndex([19; 32]), at(0)).unwrap();
        assert_eq!(enrolled.locked_for(at(0)), None, "it was the twentieth, and no guess");
        assert_eq!(twentieth.without(NumberIndex([77; 32]), at(0)), None, "it was none of them");
        let guessed = presented((0..22).map(|_| 0));
        let enrolled = guessed.clone().without(NumberIndex([21; 32]), at(0)).unwrap();
        assert_eq!(enrolled.locked_for(at(0)), guessed.locked_for(at(0)), "many others were");
    }

    #[test]
    fn the_alarm_is_raised_once_until_it_was_quiet_for_ten_minutes() {
        let number = |number| NumberIndex([number; 32]);
        let before = presented((0..19).map(|_| 0));
        let alarmed = Tried::next(Some(before.clone()), number(200), at(1));
        let again = Tried::next(Some(alarmed.clone()), number(200), at(2));
        let more = Tried::next(Some(again.clone()), number(201), at(60));

        assert!(alarmed.is_alarm(Some(&before)));
        assert!(!again.is_alarm(Some(&alarmed)) && !more.is_alarm(Some(&again)));
        // Its minute of waiting, and ten more.
        let end = 60 + 60 + 600;
        assert_eq!(Tried::next(Some(more.clone()), number(202), at(end - 1)).waits, 3);
        assert_eq!(Tried::next(Some(more), number(202), at(end)).waits, 0);
    }
}
