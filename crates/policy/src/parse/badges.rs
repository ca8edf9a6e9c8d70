//! What the file says of factors, badges, and screens left behind.

use std::{collections::BTreeSet, time::Duration};

use toml::de::DeValue;

use super::Reader;
use crate::{
    BadgeEnrolment, Elsewhere, Grace, Policy, Reach, ResumeFactors, ResumeMethod, SignInFactors,
    SignInMethod,
    badges::{GRACE_MAX, GRACE_UID_WITHOUT_REASON_MAX},
    key,
    value::{ALLOWED_AT_ONCE_RANGE, Range},
};

/// Each value legal alone.
#[derive(Debug, Default)]
pub(super) struct RawBadges {
    elsewhere: Option<Elsewhere>,
    sign_in: Option<SignInFactors>,
    resume: Option<ResumeFactors>,
    cryptographic: Option<Duration>,
    uid: Option<Duration>,
    reach: Option<Reach>,
    grace_reason: Option<String>,
    enrolment: Option<BadgeEnrolment>,
}

impl RawBadges {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let grace_reason = reader.reason(key::GRACE_REASON);
        let up_to = |max| Range { min: Duration::ZERO, max, min_in_danger: Duration::ZERO };
        let uid_max = if grace_reason.is_some() { GRACE_MAX } else { GRACE_UID_WITHOUT_REASON_MAX };
        Self {
            elsewhere: reader.take(key::SESSION_ELSEWHERE, |value| elsewhere(value.as_str()?)),
            sign_in: reader.take(key::FACTORS_SIGN_IN, |value| {
                set(value, &SignInMethod::ALL, SignInMethod::written).map(SignInFactors::new)
            }),
            resume: reader.take(key::FACTORS_RESUME, |value| {
                set(value, &ResumeMethod::ALL, ResumeMethod::written).map(ResumeFactors::new)
            }),
            cryptographic: reader.duration(key::GRACE_PERIOD_CRYPTOGRAPHIC, up_to(GRACE_MAX), false),
            uid: reader.duration(key::GRACE_PERIOD_UID, up_to(uid_max), false),
            reach: reader.take(key::GRACE_REACH, |value| match value.as_str()? {
                "unit" => Some(Reach::Unit),
                "site" => Some(Reach::Site),
                "tenant" => Some(Reach::Tenant),
                _ => None,
            }),
            grace_reason,
            enrolment: reader.take(key::BADGES_ENROLMENT, |value| match value.as_str()? {
                "self" => Some(BadgeEnrolment::SelfService),
                "listed" => Some(BadgeEnrolment::Listed),
                "supervised" => Some(BadgeEnrolment::Supervised),
                _ => None,
            }),
        }
    }

    pub(super) fn resolve_into(self, policy: &mut Policy) {
        let default = Grace::default();
        policy.grace = Grace {
            cryptographic: self.cryptographic.unwrap_or(default.cryptographic),
            uid: self.uid.unwrap_or(default.uid),
            reach: self.reach.unwrap_or(default.reach),
            reason: self.grace_reason,
        };
        policy.elsewhere = self.elsewhere.unwrap_or_default();
        policy.sign_in = self.sign_in.unwrap_or_default();
        policy.resume = self.resume.unwrap_or_default();
        policy.badge_enrolment = self.enrolment.unwrap_or_default();
    }
}

fn elsewhere(text: &str) -> Option<Elsewhere> {
    match text {
        "follow" => Some(Elsewhere::Follow),
        "move" => Some(Elsewhere::Move),
        _ => {
            let count = text.strip_prefix("allow(")?.strip_suffix(')')?;
            let count: u32 = count.parse().ok()?;
            ALLOWED_AT_ONCE_RANGE.contains(&count).then_some(Elsewhere::Allow(count))
        }
    }
}

/// One text, or a list of at least one; each once.
fn set<T: Copy + Ord>(value: &DeValue<'_>, all: &[T], written: fn(T) -> &'static str) -> Option<BTreeSet<T>> {
    let one = |text: &str| all.iter().copied().find(|member| written(*member) == text);
    if let Some(text) = value.as_str() {
        return Some(BTreeSet::from([one(text)?]));
    }
    let DeValue::Array(members) = value else { return None };
    let mut found = BTreeSet::new();
    for member in members {
        if !found.insert(one(member.get_ref().as_str()?)?) {
            return None;
        }
    }
    (!found.is_empty()).then_some(found)
}
