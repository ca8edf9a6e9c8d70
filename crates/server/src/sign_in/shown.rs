//! What a set of shown factors is called on record and on the wire.

use audit::record::Factors;
use policy::Factor;
use protocol::v1::session::{ResumeMethod, SecondFactorKind};

/// For the login record.
#[must_use]
pub fn factors(shown: &[Factor]) -> Factors {
    let has = |factor| shown.contains(&factor);
    match (has(Factor::Badge), has(Factor::Password), has(Factor::Totp), has(Factor::Pin)) {
        (false, _, true, _) => Factors::PasswordTotp,
        (false, _, false, _) => Factors::Password,
        (true, true, true, _) => Factors::BadgePasswordTotp,
        (true, true, false, _) => Factors::BadgePassword,
        (true, false, true, _) => Factors::BadgeTotp,
        (true, false, false, true) => Factors::BadgePin,
        (true, false, false, false) => Factors::Badge,
    }
}

/// For the answer to a resume; a code alone never resumes.
#[must_use]
pub fn resume_method(shown: &[Factor]) -> ResumeMethod {
    match factors(shown) {
        Factors::Badge => ResumeMethod::Badge,
        Factors::BadgePin => ResumeMethod::BadgePin,
        Factors::BadgePassword | Factors::BadgeTotp => ResumeMethod::BadgePassword,
        Factors::BadgePasswordTotp => ResumeMethod::BadgePasswordTotp,
        Factors::Password => ResumeMethod::Password,
        Factors::PasswordTotp => ResumeMethod::PasswordTotp,
    }
}

/// As a challenge tells it; a badge is never a second factor.
#[must_use]
pub const fn second_factor(factor: Factor) -> Option<SecondFactorKind> {
    match factor {
        Factor::Badge => None,
        Factor::Pin => Some(SecondFactorKind::Pin),
        Factor::Password => Some(SecondFactorKind::Password),
        Factor::Totp => Some(SecondFactorKind::Totp),
    }
}
