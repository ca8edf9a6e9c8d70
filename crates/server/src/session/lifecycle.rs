//! What a report, an adoption and an end do to a session.

use std::time::Duration;

use jiff::Timestamp;
use protocol::v1::session::EndCause;

use super::expiry;

/// What the rules know of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Where it stands.
    pub state: State,
    /// Fixed when it was opened.
    pub limits: SessionLimits,
    /// Not extended by anything.
    pub absolute_until: Timestamp,
    /// The newest input that the workstation has told of.
    pub last_input_at: Timestamp,
    /// When the workstation last said something about it.
    pub last_heard_at: Timestamp,
    /// Since when its screen is covered, as far as is known here.
    pub concealed_at: Option<Timestamp>,
}

/// Where a session stands. `Ended` carries the cause that came first; it stands for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// In use.
    Open,
    /// Its limit passed while its workstation was not heard: opens nothing, is not ended.
    Lapsed {
        /// Since when.
        since: Timestamp,
    },
    /// Over.
    Ended {
        /// Why.
        cause: EndCause,
    },
}

/// The limits of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    /// Automatic logoff after this much inactivity.
    pub inactivity: Duration,
    /// The warning begins this long before it.
    pub warning: Duration,
    /// Activity is reported at least this often.
    pub heartbeat: Duration,
}

/// What the workstation measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inactivity {
    /// Time since the last input now.
    pub current: Duration,
    /// The longest since the server last answered.
    pub longest: Duration,
}

/// What becomes of a session after its workstation has said something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is open, with this last input.
    Open {
        /// Never earlier than the one before.
        last_input_at: Timestamp,
    },
    /// It is lapsed: adopt it or end it.
    Lapsed,
    /// It ends here and now.
    Ends(EndCause),
    /// It had ended before.
    HadEnded(EndCause),
}

impl Session {
    /// A session that opens now.
    #[must_use]
    pub fn opened(now: Timestamp, limits: SessionLimits, absolute_limit: Duration) -> Self {
        Self {
            state: State::Open,
            limits,
            absolute_until: after(now, absolute_limit),
            last_input_at: now,
            last_heard_at: now,
            concealed_at: None,
        }
    }

    /// When inactivity reaches its limit if no more input is told of.
    #[must_use]
    pub fn inactive_at(&self) -> Timestamp {
        after(self.last_input_at, self.limits.inactivity)
    }

    /// A report of activity, which only an open session takes. What happens at a covered screen is nobody's activity:
    /// whatever is reported, there was none after the moment of covering.
    #[must_use]
    pub fn on_activity(&self, idle: Duration, now: Timestamp) -> Outcome {
        match self.state {
            State::Ended { cause } => Outcome::HadEnded(cause),
            State::Lapsed { .. } => Outcome::Lapsed,
            State::Open if expiry::is_over_absolute_limit(self, now) => {
                Outcome::Ends(EndCause::AbsoluteLimit)
            }
            State::Open if expiry::due(self, now).is_some() => Outcome::Lapsed,
            State::Open if idle >= self.limits.inactivity => Outcome::Ends(EndCause::Inactivity),
            State::Open => {
                let told = self.input_at(idle, now);
                Outcome::Open { last_input_at: self.at_covered_screen(told) }
            }
        }
    }

    /// Its holder is back at the covered screen, which is activity.
    #[must_use]
    pub fn on_resume(&self, now: Timestamp) -> Outcome {
        Self { concealed_at: None, ..*self }.on_activity(Duration::ZERO, now)
    }

    /// The workstation is back and tells what the inactivity really was. A session that never lapsed
    /// is adopted by the same rule: its workstation may know better than we do.
    #[must_use]
    pub fn on_adopt(&self, inactivity: Inactivity, now: Timestamp) -> Outcome {
        if let State::Ended { cause } = self.state {
            return Outcome::HadEnded(cause);
        }
        if inactivity.longest.max(inactivity.current) >= self.limits.inactivity {
            return Outcome::Ends(EndCause::Inactivity);
        }
        if expiry::is_over_absolute_limit(self, now) {
            return Outcome::Ends(EndCause::AbsoluteLimit);
        }
        let told = self.input_at(inactivity.current, now);
        let was_uncovered = self.was_uncovered_by(told);
        Outcome::Open { last_input_at: if was_uncovered { told } else { self.at_covered_screen(told) } }
    }

    /// Whether input that a workstation back in contact tells of means that its screen was uncovered there meanwhile. The
    /// word that it was covered may have taken a while, and so may this one.
    #[must_use]
    pub fn was_uncovered_by(&self, input_at: Timestamp) -> bool {
        self.concealed_at.is_some_and(|at| input_at > after(at, expiry::GRACE))
    }

    /// The cause that is on record after an end for `cause`: the first one stands.
    #[must_use]
    pub fn on_end(&self, cause: EndCause) -> Outcome {
        match self.state {
            State::Ended { cause } => Outcome::HadEnded(cause),
            State::Open | State::Lapsed { .. } => Outcome::Ends(cause),
        }
    }

    /// A report that arrives late or out of order takes no activity back, and none can lie ahead.
    fn input_at(&self, idle: Duration, now: Timestamp) -> Timestamp {
        now.saturating_sub(idle).unwrap_or(Timestamp::MIN).max(self.last_input_at).min(now)
    }

    /// Nor does it take any back that was before the covering.
    fn at_covered_screen(&self, told: Timestamp) -> Timestamp {
        self.concealed_at.map_or(told, |covered| told.min(covered).max(self.last_input_at))
    }
}

/// `at` and `by` later, bounded.
pub(super) fn after(at: Timestamp, by: Duration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    const LIMITS: SessionLimits = SessionLimits {
        inactivity: Duration::from_secs(900),
        warning: Duration::from_secs(60),
        heartbeat: Duration::from_secs(60),
    };

    fn start() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn session() -> Session {
        Session::opened(start(), LIMITS, Duration::from_secs(12 * 3_600))
    }

    fn at(seconds: u64) -> Timestamp {
        after(start(), Duration::from_secs(seconds))
    }

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_report_moves_the_last_input_to_when_it_really_was() {
        assert_eq!(session().on_activity(seconds(40), at(100)), Outcome::Open { last_input_at: at(60) });
    }

    #[test]
    fn a_late_report_takes_no_activity_back() {
        let session = Session { last_input_at: at(90), ..session() };

        assert_eq!(session.on_activity(seconds(50), at(100)), Outcome::Open { last_input_at: at(90) });
    }

    #[test]
    fn at_a_covered_screen_there_was_no_input_after_the_covering_whatever_is_reported() {
        let session = Session { last_input_at: at(60), concealed_at: Some(at(100)), ..session() };

        for (idle, now, input) in [(0, 700, 100), (30, 120, 90), (610, 700, 90), (700, 700, 60)] {
            let open = Outcome::Open { last_input_at: at(input) };
            assert_eq!(session.on_activity(seconds(idle), at(now)), open, "{idle} s before {now}");
        }
        assert_eq!(session.on_resume(at(700)), Outcome::Open { last_input_at: at(700) });
    }

    #[test]
    fn an_adoption_that_tells_of_input_after_the_covering_says_that_she_came_back_out_of_contact() {
        let covered = Session { concealed_at: Some(at(100)), ..session() };
        let adopt = |current, now| {
            let truth = Inactivity { current: seconds(current), longest: seconds(current.max(300)) };
            covered.on_adopt(truth, at(now))
        };

        assert_eq!(adopt(10, 1_500), Outcome::Open { last_input_at: at(1_490) });
        assert!(covered.was_uncovered_by(at(1_490)) && !covered.was_uncovered_by(at(105)));
        assert_eq!(adopt(596, 700), Outcome::Open { last_input_at: at(100) }, "the word took a while");
    }

    #[test]
    fn a_report_of_the_whole_limit_ends_for_inactivity() {
        assert_eq!(session().on_activity(seconds(900), at(900)), Outcome::Ends(EndCause::Inactivity));
    }

    #[test]
    fn a_key_pressed_at_the_last_moment_counts_within_five_seconds() {
        assert_eq!(session().on_activity(seconds(5), at(904)), Outcome::Open { last_input_at: at(899) });
        assert_eq!(session().on_activity(seconds(5), at(905)), Outcome::Lapsed);
    }

    #[test]
    fn a_lapsed_session_takes_no_report_and_is_adopted_with_the_truth() {
        let session = Session { state: State::Lapsed { since: at(905) }, ..session() };
        let truth = Inactivity { current: seconds(10), longest: seconds(300) };

        assert_eq!(session.on_activity(seconds(1), at(1_000)), Outcome::Lapsed);
        assert_eq!(session.on_adopt(truth, at(1_000)), Outcome::Open { last_input_at: at(990) });
    }

    #[test]
    fn an_adoption_that_admits_inactivity_ends_truthfully() {
        let session = Session { state: State::Lapsed { since: at(905) }, ..session() };
        let truth = Inactivity { current: seconds(2), longest: seconds(900) };

        assert_eq!(session.on_adopt(truth, at(2_000)), Outcome::Ends(EndCause::Inactivity));
    }

    #[test]
    fn the_absolute_limit_is_not_extended_by_activity_or_adoption() {
        let day = 12 * 3_600;
        let session = Session { last_input_at: at(day), last_heard_at: at(day), ..session() };
        let truth = Inactivity { current: seconds(1), longest: seconds(1) };

        assert_eq!(session.on_activity(seconds(0), at(day + 5)), Outcome::Ends(EndCause::AbsoluteLimit));
        assert_eq!(session.on_adopt(truth, at(day + 5)), Outcome::Ends(EndCause::AbsoluteLimit));
    }

    proptest! {
        #[test]
        fn ended_is_final_and_its_first_cause_stands(idle in 0u64..100_000, later in 0u64..1_000_000) {
            let session = Session { state: State::Ended { cause: EndCause::UserButton }, ..session() };
            let inactivity = Inactivity { current: seconds(idle), longest: seconds(idle) };
            let stands = Outcome::HadEnded(EndCause::UserButton);

            prop_assert_eq!(session.on_activity(seconds(idle), at(later)), stands);
            prop_assert_eq!(session.on_adopt(inactivity, at(later)), stands);
            prop_assert_eq!(session.on_end(EndCause::Admin), stands);
            prop_assert_eq!(expiry::due(&session, at(later)), None);
        }

        #[test]
        fn whatever_is_reported_no_input_lies_ahead_or_goes_back(
            reports in proptest::collection::vec((0u64..2_000, 0u64..2_000), 1..40)
        ) {
            let mut session = session();
            let mut now = 0;
            for (wait, idle) in reports {
                now += wait;
                if let Outcome::Open { last_input_at } = session.on_activity(seconds(idle), at(now)) {
                    prop_assert!(last_input_at >= session.last_input_at && last_input_at <= at(now));
                    prop_assert!(at(now) < after(session.inactive_at(), expiry::GRACE));
                    session.last_input_at = last_input_at;
                    session.last_heard_at = at(now);
                }
            }
        }
    }
}
