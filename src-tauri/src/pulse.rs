//! Whether the page lives: asked when somebody touches it and now and then, restarted when it does not answer. Pure.
//!
//! ```text
//! Loading ── painted ──► Alive ── touched, or 65 s without a drawing ──► Asked ── answer ──► Alive
//!    │ 5 s, or its process died                                            │ 2 s, or its process died
//!    └─────────────────────────────► loaded anew ◄─────────────────────────┘
//! ```
//! A page that painted nothing five times in a row is given up: another agent may have one that does.
//! Nobody waits 10 s for a page that hangs (PRODUCT.md, promise 3): 2 s from her first touch until it is noticed, the
//! rest to load. Where nobody is, a page that draws the minute is not asked besides: each question wakes the machine
//! some thirty times.

use std::time::Duration;

const LOADING_TICK: Duration = Duration::from_secs(1);
const LOADING_TICKS_MAX: u32 = 5;
/// From this tick on, words stand in for the page.
const LOADING_TICKS_SILENT: u32 = 2;
/// A little more than the minute after which a page draws the time of day.
const UNDRAWN_TICK: Duration = Duration::from_secs(65);
/// So many loads in a row may paint nothing.
const FAILURES_MAX: u32 = 5;
const ANSWER_TICK: Duration = Duration::from_secs(2);

/// The page's health.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    state: State,
    /// Loads in a row that painted nothing.
    failures: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Loading {
        ticks: u32,
    },
    /// Its process died while loading: loaded anew with the next tick, so that a page that always dies
    /// does not keep the machine busy.
    Gone,
    Alive,
    Asked,
}

/// What to do to the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Nothing.
    Wait,
    /// Have it run a script and say so.
    Ask,
    /// Load it anew.
    Load,
    /// End its process; [`Pulse::process_gone`] follows.
    Kill,
    /// End the agent, where somebody may be waiting for the page; else load it anew.
    GiveUp,
}

/// What stands in for a page that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandIn {
    /// It is taking long.
    Starting,
    /// It failed to come up.
    Missing,
}

impl Pulse {
    /// A page that has just begun to load.
    #[must_use]
    pub fn loading() -> Self {
        Self { state: State::Loading { ticks: 0 }, failures: 0 }
    }

    /// The page has painted.
    pub fn painted(&mut self) {
        *self = Self { state: State::Alive, failures: 0 };
    }

    /// The page has drawn something. Whether its next question waits anew: one who was asked has to answer, because
    /// the window is also drawn when something beside it moves.
    #[must_use]
    pub fn drawn(&self) -> bool {
        self.state == State::Alive
    }

    /// The page answered.
    pub fn answered(&mut self) {
        if self.state == State::Asked {
            self.state = State::Alive;
        }
    }

    /// Somebody touched the keyboard, the pointer or the screen.
    pub fn touched(&mut self) -> Act {
        if self.state == State::Alive {
            self.state = State::Asked;
            return Act::Ask;
        }
        Act::Wait
    }

    /// The page's process died or was ended.
    pub fn process_gone(&mut self) -> Act {
        match self.state {
            State::Alive | State::Asked => {
                self.state = State::Loading { ticks: 0 };
                Act::Load
            }
            State::Loading { .. } => {
                self.state = State::Gone;
                self.failures += 1;
                Act::Wait
            }
            State::Gone => Act::Wait,
        }
    }

    /// [`Pulse::next_tick`] has passed.
    pub fn tick(&mut self) -> Act {
        match self.state {
            State::Loading { ticks } if ticks + 1 >= LOADING_TICKS_MAX => {
                self.state = State::Loading { ticks: 0 };
                Act::Kill
            }
            State::Loading { ticks } => {
                self.state = State::Loading { ticks: ticks + 1 };
                Act::Wait
            }
            State::Gone => {
                self.state = State::Loading { ticks: 0 };
                if self.failures < FAILURES_MAX { Act::Load } else { Act::GiveUp }
            }
            State::Alive => {
                self.state = State::Asked;
                Act::Ask
            }
            State::Asked => Act::Kill,
        }
    }

    /// When to call [`Pulse::tick`] next, from now.
    #[must_use]
    pub fn next_tick(&self) -> Duration {
        match self.state {
            State::Loading { .. } | State::Gone => LOADING_TICK,
            State::Alive => UNDRAWN_TICK,
            State::Asked => ANSWER_TICK,
        }
    }

    /// Words in place of the page, if any are due: a blank screen is an outage.
    #[must_use]
    pub fn stand_in(&self) -> Option<StandIn> {
        match self.state {
            State::Loading { .. } | State::Gone if self.failures > 0 => Some(StandIn::Missing),
            State::Loading { ticks } if ticks >= LOADING_TICKS_SILENT => Some(StandIn::Starting),
            State::Loading { .. } | State::Gone | State::Alive | State::Asked => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alive() -> Pulse {
        let mut pulse = Pulse::loading();
        pulse.painted();
        pulse
    }

    /// Ticks until there is something to do; tells what, and the time that took.
    fn until_act(pulse: &mut Pulse) -> (Act, Duration) {
        let mut waited = Duration::ZERO;
        for _ in 0..100 {
            waited += pulse.next_tick();
            let act = pulse.tick();
            if act != Act::Wait {
                return (act, waited);
            }
        }
        panic!("nothing was ever done: {pulse:?}");
    }

    #[test]
    fn a_page_that_answers_is_left_alone() {
        let mut pulse = alive();
        for _ in 0..1000 {
            assert_eq!(until_act(&mut pulse), (Act::Ask, UNDRAWN_TICK));
            pulse.answered();
        }
        assert_eq!(pulse.stand_in(), None);
    }

    #[test]
    fn a_page_that_hangs_under_a_hand_is_ended_within_two_seconds_and_loaded_anew_at_once() {
        let mut pulse = alive();

        assert_eq!(pulse.touched(), Act::Ask);
        assert_eq!(pulse.touched(), Act::Wait, "it is being asked already");
        assert_eq!(until_act(&mut pulse), (Act::Kill, Duration::from_secs(2)));
        assert_eq!(pulse.process_gone(), Act::Load);
    }

    #[test]
    fn a_page_that_hangs_where_nobody_is_is_noticed_too() {
        let mut pulse = alive();

        assert_eq!(until_act(&mut pulse), (Act::Ask, UNDRAWN_TICK));
        assert_eq!(until_act(&mut pulse), (Act::Kill, Duration::from_secs(2)));
    }

    #[test]
    fn only_a_page_that_was_not_asked_shows_by_drawing_that_it_lives() {
        let mut pulse = alive();
        assert!(pulse.drawn());

        assert_eq!(pulse.touched(), Act::Ask);
        assert!(!pulse.drawn());
        assert!(!Pulse::loading().drawn());
    }

    #[test]
    fn a_touch_hurries_no_page_that_loads() {
        let mut pulse = Pulse::loading();

        assert_eq!(pulse.touched(), Act::Wait);
        assert_eq!(pulse, Pulse::loading());
    }

    #[test]
    fn a_killed_page_process_is_loaded_anew_at_once() {
        assert_eq!(alive().process_gone(), Act::Load);
    }

    #[test]
    fn a_page_that_dies_while_loading_is_tried_each_second_and_words_stand_in() {
        let mut pulse = alive();
        pulse.process_gone();

        for _ in 0..4 {
            assert_eq!(pulse.process_gone(), Act::Wait);
            assert_eq!(pulse.stand_in(), Some(StandIn::Missing));
            assert_eq!(until_act(&mut pulse), (Act::Load, Duration::from_secs(1)));
        }
        for _ in 0..2 {
            assert_eq!(pulse.process_gone(), Act::Wait);
            assert_eq!(pulse.stand_in(), Some(StandIn::Missing));
            assert_eq!(until_act(&mut pulse), (Act::GiveUp, Duration::from_secs(1)));
        }
    }

    #[test]
    fn a_page_that_never_paints_is_started_again_after_five_seconds() {
        let mut pulse = Pulse::loading();

        assert_eq!(until_act(&mut pulse), (Act::Kill, Duration::from_secs(5)));
        assert_eq!(pulse.process_gone(), Act::Wait);
        assert_eq!(pulse.stand_in(), Some(StandIn::Missing));
        assert_eq!(until_act(&mut pulse), (Act::Load, Duration::from_secs(1)));
    }

    #[test]
    fn loads_that_painted_nothing_are_forgotten_with_the_first_that_did() {
        let mut pulse = Pulse::loading();
        for _ in 0..3 {
            for _ in 0..4 {
                pulse.process_gone();
                assert_eq!(until_act(&mut pulse).0, Act::Load);
            }
            pulse.painted();
            assert_eq!(pulse.process_gone(), Act::Load);
        }
    }

    #[test]
    fn a_slow_start_is_told_after_two_seconds() {
        let mut pulse = Pulse::loading();
        assert_eq!(pulse.stand_in(), None);
        pulse.tick();
        assert_eq!(pulse.stand_in(), None);
        pulse.tick();
        assert_eq!(pulse.stand_in(), Some(StandIn::Starting));
    }

    #[test]
    fn words_go_once_the_page_has_painted() {
        let mut pulse = Pulse::loading();
        pulse.process_gone();
        pulse.tick();
        pulse.painted();

        assert_eq!(pulse.stand_in(), None);
    }

    #[test]
    fn a_late_answer_changes_nothing_of_a_page_that_loads() {
        let mut pulse = Pulse::loading();
        pulse.answered();

        assert_eq!(pulse, Pulse::loading());
    }
}
