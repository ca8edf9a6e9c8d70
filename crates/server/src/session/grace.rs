//! How long after a strong sign-in a tap alone is enough. Fixed from that sign-in: no tap extends it.

use std::time::Duration;

use jiff::Timestamp;
use policy::Reach;
use protocol::v1::badge::BadgeGrade;

/// A person's last strong sign-in in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grace {
    /// When.
    pub began_at: Timestamp,
    /// Unit of the workstation where; may be empty.
    pub unit: String,
}

impl Grace {
    /// How long a tap with a badge of this grade is still enough at a workstation of `unit`; `None`: it is not. A
    /// workstation without a unit belongs to none.
    #[must_use]
    pub fn remaining(
        &self,
        grade: BadgeGrade,
        unit: &str,
        policy: &policy::Grace,
        now: Timestamp,
    ) -> Option<Duration> {
        let reaches = match policy.reach() {
            Reach::Unit => !unit.is_empty() && unit == self.unit,
            // There is one site and one tenant.
            Reach::Site | Reach::Tenant => true,
        };
        if !reaches {
            return None;
        }
        let period = match grade {
            BadgeGrade::Uid => policy.uid(),
            BadgeGrade::Cryptographic => policy.cryptographic(),
        };
        // A clock that stands before the sign-in gains nothing.
        let passed = Duration::try_from(now.duration_since(self.began_at)).ok()?;
        period.checked_sub(passed).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use policy::Policy;

    use super::*;

    fn remaining(policy: &str, grade: BadgeGrade, unit: &str, after_s: i64) -> Option<u64> {
        let began_at = Timestamp::from_second(1_800_000_000).unwrap();
        let now = Timestamp::from_second(1_800_000_000 + after_s).unwrap();
        let grace = Grace { began_at, unit: String::from("ICU-3") };
        let policy = Policy::parse(policy).unwrap();
        grace.remaining(grade, unit, policy.grace(), now).map(|left| left.as_secs())
    }

    #[test]
    fn it_lasts_twelve_hours_for_a_cryptographic_badge_and_eight_for_a_number() {
        let hour = 3_600;

        assert_eq!(remaining("", BadgeGrade::Uid, "", 0), Some(8 * 3_600));
        assert_eq!(remaining("", BadgeGrade::Uid, "", 8 * hour - 1), Some(1));
        assert_eq!(remaining("", BadgeGrade::Uid, "", 8 * hour), None);
        assert_eq!(remaining("", BadgeGrade::Cryptographic, "", 8 * hour), Some(4 * 3_600));
        assert_eq!(remaining("", BadgeGrade::Cryptographic, "", 12 * hour), None);
    }

    #[test]
    fn where_policy_gives_none_there_is_none() {
        assert_eq!(remaining("grace.period.uid = '0s'", BadgeGrade::Uid, "ICU-3", 0), None);
    }

    #[test]
    fn it_reaches_no_further_than_policy_says() {
        let unit = "grace.reach = 'unit'";

        assert_eq!(remaining(unit, BadgeGrade::Uid, "ICU-3", 60), Some(8 * 3_600 - 60));
        assert_eq!(remaining(unit, BadgeGrade::Uid, "ER-1", 60), None);
        assert_eq!(remaining(unit, BadgeGrade::Uid, "", 60), None);
        assert!(remaining("grace.reach = 'tenant'", BadgeGrade::Uid, "ER-1", 60).is_some());
    }

    #[test]
    fn a_clock_before_the_sign_in_gives_none() {
        assert_eq!(remaining("", BadgeGrade::Uid, "ICU-3", -1), None);
    }
}
