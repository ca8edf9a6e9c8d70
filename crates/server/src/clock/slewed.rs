//! The server's time, made of two clocks that each know half of it; pure.
//!
//! The boot clock counts evenly through sleep and nobody can set it, but it knows no date. The wall clock
//! knows the date, and a failing time service, a virtual machine's host or a hand can set it to any other.
//! The server's time therefore counts with the boot clock and only *leans* towards the wall clock: while
//! they are apart it runs a twentieth faster or slower. So it never goes back, a wall clock that is wrong
//! for an hour moves it by three minutes at most and is forgotten again, and a limit of 15 minutes is never
//! off by more than 45 seconds, whatever the wall clock does.
//!
//! What neither clock knows is a pause of a virtual machine: its boot clock stands still, and its wall clock,
//! set right afterwards, looks like any that was set ahead. The two are not told apart here.
//!
//! Jumps of the wall clock against the boot clock are kept until somebody takes them, for the record.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The wall clock may move by this much against the boot clock without being told.
pub const JUMP_MIN: SignedDuration = SignedDuration::from_mins(2);
/// Jumps kept until they are taken; of a wall clock that jumps more often, the first ones are enough.
pub const JUMPS_MAX: usize = 16;
/// While the clocks are apart, the server's time runs faster or slower by one part in this many.
const SLEW_PARTS: i32 = 20;

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readings {
    /// Time since boot; sleep of the machine counts.
    pub boot: Duration,
    /// What the wall clock says.
    pub wall: Timestamp,
}

/// The server's time between two readings.
#[derive(Debug)]
pub struct Slewed {
    told: Timestamp,
    told_at_boot: Duration,
    baseline: Readings,
    jumps: Vec<SignedDuration>,
}

impl Slewed {
    /// Begins with the wall clock, but not before `floor`. A wall clock far below the floor was set back
    /// while nobody looked: that is a jump too.
    #[must_use]
    pub fn starting(readings: Readings, floor: Timestamp) -> Self {
        let told = readings.wall.max(floor);
        let set_back = readings.wall.duration_since(told);
        Self {
            told,
            told_at_boot: readings.boot,
            baseline: readings,
            jumps: (set_back.abs() > JUMP_MIN).then_some(set_back).into_iter().collect(),
        }
    }

    /// The server's time at these readings; never before what was told last.
    pub fn tell(&mut self, readings: Readings) -> Timestamp {
        self.note_jump(readings);
        let elapsed = elapsed(self.told_at_boot, readings.boot);
        let counted = self.told.saturating_add(elapsed).unwrap_or(self.told);
        let lean_max = elapsed / SLEW_PARTS;
        let lean = readings.wall.duration_since(counted).clamp(-lean_max, lean_max);
        self.told = counted.saturating_add(lean).unwrap_or(counted);
        // Readings may come out of order where threads share a clock.
        self.told_at_boot = self.told_at_boot.max(readings.boot);
        self.told
    }

    /// How long to wait by the boot clock until the server's time is `until`, or a little less: as long as it
    /// takes where that time runs faster, which it may begin to do at any moment.
    #[must_use]
    pub fn wait(&self, until: Timestamp) -> Duration {
        let wait: Duration = until.duration_since(self.told).try_into().unwrap_or(Duration::ZERO);
        let parts = SLEW_PARTS.unsigned_abs();
        wait / (parts + 1) * parts
    }

    /// By how much the wall clock jumped each time that was not taken yet, oldest first.
    pub fn take_jumps(&mut self) -> Vec<SignedDuration> {
        std::mem::take(&mut self.jumps)
    }

    /// Slewing and leap seconds are no jumps; many small settings that add up are one.
    fn note_jump(&mut self, readings: Readings) {
        let by_boot = elapsed(self.baseline.boot, readings.boot);
        let moved = readings.wall.duration_since(self.baseline.wall).saturating_sub(by_boot);
        if moved.abs() > JUMP_MIN {
            if self.jumps.len() < JUMPS_MAX {
                self.jumps.push(moved);
            }
            self.baseline = readings;
        }
    }
}

fn elapsed(from: Duration, to: Duration) -> SignedDuration {
    SignedDuration::try_from(to.saturating_sub(from)).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HOUR: u64 = 3_600;
    const YEAR: i64 = 366 * 86_400;
    const START: i64 = 1_800_000_000;

    fn at(boot: u64, wall: i64) -> Readings {
        Readings { boot: Duration::from_secs(boot), wall: Timestamp::from_second(wall).unwrap() }
    }

    /// What it tells after `boot` seconds while the wall clock is `off` seconds off.
    fn told(slewed: &mut Slewed, boot: u64, off: i64) -> i64 {
        slewed.tell(at(boot, START + i64::try_from(boot).unwrap() + off)).as_second() - START
    }

    fn started() -> Slewed {
        Slewed::starting(at(0, START), Timestamp::MIN)
    }

    #[test]
    fn it_is_the_wall_clock_while_nothing_is_wrong_and_a_night_asleep_counts() {
        let mut slewed = started();

        assert_eq!(told(&mut slewed, 1, 0), 1);
        assert_eq!(told(&mut slewed, 9 * HOUR, 0), 32_400);
        assert_eq!(slewed.take_jumps(), []);
    }

    #[test]
    fn a_glitch_of_a_year_moves_it_by_a_twentieth_and_is_forgotten_again() {
        let mut slewed = started();
        told(&mut slewed, 100, 0);

        assert_eq!(told(&mut slewed, 101, YEAR), 101);
        assert_eq!(told(&mut slewed, 100 + HOUR, YEAR), 100 + 3_600 + 180);
        assert_eq!(told(&mut slewed, 100 + 2 * HOUR, 0), 100 + 7_200);
        assert_eq!(told(&mut slewed, 100 + 3 * HOUR, 0), 100 + 10_800);
    }

    #[test]
    fn a_wall_clock_set_right_is_reached_in_either_direction() {
        for off in [1_200, -1_200] {
            let mut slewed = started();

            assert_eq!(told(&mut slewed, HOUR, off), 3_600 + off.signum() * 180);
            assert_eq!(told(&mut slewed, 10 * HOUR, off), 36_000 + off);
        }
    }

    #[test]
    fn it_never_goes_back_even_when_the_wall_clock_stands_in_1970_or_readings_come_out_of_order() {
        let mut slewed = started();
        let mut last = slewed.tell(at(10, START + 10));
        for readings in
            [at(11, 0), at(500, 0), at(400, START + 400), at(501, START + 501), at(501, i64::from(i32::MAX))]
        {
            let now = slewed.tell(readings);

            assert!(now >= last, "{readings:?}");
            last = now;
        }
    }

    #[test]
    fn a_jump_over_two_minutes_is_told_once_in_either_direction() {
        for (off, is_jump) in [(120, false), (121, true), (-120, false), (-121, true), (YEAR, true)] {
            let mut slewed = started();
            told(&mut slewed, HOUR, off);

            let expected: Vec<_> = is_jump.then_some(SignedDuration::from_secs(off)).into_iter().collect();
            assert_eq!(slewed.take_jumps(), expected, "{off}");
            told(&mut slewed, HOUR + 1, off);
            assert_eq!(slewed.take_jumps(), [], "{off}");
        }
    }

    #[test]
    fn a_jump_and_the_jump_back_are_two_and_however_many_there_are_some_are_kept() {
        let mut slewed = started();
        told(&mut slewed, 1, YEAR);
        told(&mut slewed, 2, 0);
        let year = SignedDuration::from_secs(YEAR);
        assert_eq!(slewed.take_jumps(), [year, -year]);
        for second in 3..1_000 {
            told(&mut slewed, second, if second % 2 == 0 { YEAR } else { -YEAR });
        }

        assert_eq!(slewed.take_jumps().len(), JUMPS_MAX);
    }

    #[test]
    fn small_settings_that_add_up_are_a_jump() {
        let mut slewed = started();
        let jumps = (1..=5).filter(|number| {
            told(&mut slewed, HOUR, number * 100);
            !slewed.take_jumps().is_empty()
        });

        assert_eq!(jumps.collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn it_does_not_start_before_what_the_store_knows_and_says_that_the_clock_was_set_back() {
        let floor = Timestamp::from_second(START + 3_600).unwrap();
        let mut slewed = Slewed::starting(at(0, START), floor);

        assert_eq!(slewed.tell(at(0, START)), floor);
        assert_eq!(slewed.take_jumps(), [SignedDuration::from_hours(-1)]);
        assert_eq!(told(&mut slewed, 20 * HOUR, 0), 72_000);
    }

    #[test]
    fn a_wait_ends_when_the_time_has_come_or_before_wherever_the_wall_clock_is_set_meanwhile() {
        for (before, meanwhile) in [(YEAR, YEAR), (0, 0), (-YEAR, -YEAR), (0, YEAR), (-YEAR, YEAR), (YEAR, 0)]
        {
            let mut slewed = started();
            told(&mut slewed, 1, before);
            let until = Timestamp::from_second(START + 1_001).unwrap();
            let wait = slewed.wait(until);

            assert!(told(&mut slewed, 1 + wait.as_secs(), meanwhile) <= 1_001, "{before} {meanwhile}");
            assert!(wait >= Duration::from_secs(950), "{before} {meanwhile}");
        }
    }
}
