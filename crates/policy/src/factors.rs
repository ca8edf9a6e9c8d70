//! What a sign-in and a resume ask for.

use std::collections::BTreeSet;

/// One thing a person shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factor {
    /// Her badge, which names her and proves nothing.
    Badge,
    /// The PIN that goes with it.
    Pin,
    /// Her password.
    Password,
    /// A one-time code.
    Totp,
}

/// What completes a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignInMethod {
    /// Name and password.
    Password,
    /// Name, password and a one-time code (permitted at AAL2, NIST SP 800-63B-4).
    PasswordTotp,
    /// Badge and PIN.
    BadgePin,
    /// Badge and password.
    BadgePassword,
    /// Badge and a one-time code.
    BadgeTotp,
}

impl SignInMethod {
    /// Every method.
    pub const ALL: [Self; 5] =
        [Self::Password, Self::PasswordTotp, Self::BadgePin, Self::BadgePassword, Self::BadgeTotp];

    /// What is shown for it, in the order in which it is asked for.
    #[must_use]
    pub const fn factors(self) -> &'static [Factor] {
        match self {
            Self::Password => &[Factor::Password],
            Self::PasswordTotp => &[Factor::Password, Factor::Totp],
            Self::BadgePin => &[Factor::Badge, Factor::Pin],
            Self::BadgePassword => &[Factor::Badge, Factor::Password],
            Self::BadgeTotp => &[Factor::Badge, Factor::Totp],
        }
    }

    /// As the policy file writes it.
    #[must_use]
    pub const fn written(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::PasswordTotp => "password+totp",
            Self::BadgePin => "badge+pin",
            Self::BadgePassword => "badge+password",
            Self::BadgeTotp => "badge+totp",
        }
    }
}

/// The methods of which any one completes a sign-in. Password and one-time code always do: it is how a badge is
/// enrolled, and how one gets in without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignInFactors(BTreeSet<SignInMethod>);

/// What a sign-in still lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lacking {
    /// Nothing.
    Nothing,
    /// Any one of these brings it further; the nearest to completion first.
    AnyOf(Vec<Factor>),
}

impl SignInFactors {
    pub(crate) fn new(methods: impl IntoIterator<Item = SignInMethod>) -> Self {
        Self(methods.into_iter().chain([SignInMethod::PasswordTotp]).collect())
    }

    /// Whether this method completes a sign-in.
    #[must_use]
    pub fn allow(&self, method: SignInMethod) -> bool {
        self.0.contains(&method)
    }

    /// What is lacking where `shown` was shown. A badge beside what a method asks for does no harm; a password where
    /// only the PIN is asked for leads on to the code.
    #[must_use]
    pub fn lacking(&self, shown: &[Factor]) -> Lacking {
        let is_shown = |factor: &Factor| shown.contains(factor);
        let mut ways: Vec<(usize, Factor)> = Vec::new();
        for method in &self.0 {
            let factors = method.factors();
            let is_on_its_way = shown.iter().all(|one| *one == Factor::Badge || factors.contains(one));
            if !is_on_its_way || (factors.contains(&Factor::Badge) && !is_shown(&Factor::Badge)) {
                continue;
            }
            let mut missing = factors.iter().filter(|factor| !is_shown(factor));
            match missing.next() {
                None => return Lacking::Nothing,
                Some(next) => ways.push((missing.count(), *next)),
            }
        }
        ways.sort_by_key(|(left, factor)| (*left, *factor));
        let mut next: Vec<Factor> = Vec::new();
        for (_, factor) in ways {
            if !next.contains(&factor) {
                next.push(factor);
            }
        }
        Lacking::AnyOf(next)
    }
}

impl Default for SignInFactors {
    fn default() -> Self {
        Self::new([])
    }
}

/// What resumes a covered session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResumeMethod {
    /// A tap within the grace period.
    Badge,
    /// Badge and PIN, whatever the grace period.
    BadgePin,
    /// The password, with or without a badge.
    Password,
}

impl ResumeMethod {
    /// Every method.
    pub const ALL: [Self; 3] = [Self::Badge, Self::BadgePin, Self::Password];

    /// As the policy file writes it.
    #[must_use]
    pub const fn written(self) -> &'static str {
        match self {
            Self::Badge => "badge",
            Self::BadgePin => "badge+pin",
            Self::Password => "password",
        }
    }
}

/// The methods of which any one resumes a covered session. Password and one-time code always do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResumeFactors(BTreeSet<ResumeMethod>);

impl ResumeFactors {
    pub(crate) fn new(methods: impl IntoIterator<Item = ResumeMethod>) -> Self {
        Self(methods.into_iter().collect())
    }

    /// What completes a resume where a tap alone does not: policy's methods beyond the grace period.
    #[must_use]
    pub fn beyond_grace(&self) -> SignInFactors {
        SignInFactors::new(self.0.iter().filter_map(|method| match method {
            ResumeMethod::Badge => None,
            ResumeMethod::BadgePin => Some(SignInMethod::BadgePin),
            ResumeMethod::Password => Some(SignInMethod::Password),
        }))
    }

    /// Whether this method resumes.
    #[must_use]
    pub fn allow(&self, method: ResumeMethod) -> bool {
        self.0.contains(&method)
    }
}

impl Default for ResumeFactors {
    fn default() -> Self {
        Self::new([ResumeMethod::Badge, ResumeMethod::Password])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use Factor::{Badge, Password, Pin, Totp};

    fn lacking(methods: &[SignInMethod], shown: &[Factor]) -> Vec<Factor> {
        match SignInFactors::new(methods.iter().copied()).lacking(shown) {
            Lacking::Nothing => Vec::new(),
            Lacking::AnyOf(factors) => factors,
        }
    }

    #[test]
    fn a_badge_is_asked_for_the_password_and_then_for_the_code() {
        assert_eq!(lacking(&[], &[Badge]), [Password]);
        assert_eq!(lacking(&[], &[Badge, Password]), [Totp]);
        assert_eq!(lacking(&[], &[Badge, Password, Totp]), []);
    }

    #[test]
    fn only_what_is_missing_is_asked_and_the_shortest_way_stands_first() {
        use SignInMethod::{BadgePassword, BadgePin, BadgeTotp};

        assert_eq!(lacking(&[BadgePin], &[Badge]), [Pin, Password]);
        assert_eq!(lacking(&[BadgePin], &[Badge, Pin]), []);
        assert_eq!(lacking(&[BadgePin], &[Badge, Password]), [Totp]);
        assert_eq!(lacking(&[BadgePassword], &[Badge, Password]), []);
        assert_eq!(lacking(&[BadgeTotp], &[Badge]), [Totp, Password]);
        assert_eq!(lacking(&[SignInMethod::Password], &[Badge, Password]), []);
    }

    #[test]
    fn without_a_badge_no_way_through_one_is_open() {
        assert_eq!(lacking(&SignInMethod::ALL[2..], &[Password]), [Totp]);
        assert_eq!(lacking(&SignInMethod::ALL[2..], &[]), [Password]);
    }

    proptest! {
        #[test]
        fn whatever_policy_says_giving_what_is_asked_signs_in(
            methods in proptest::sample::subsequence(SignInMethod::ALL.to_vec(), 0..=5),
            has_badge in any::<bool>(),
            choices in proptest::collection::vec(0..4_usize, 4),
        ) {
            let factors = SignInFactors::new(methods);
            let mut shown = if has_badge { vec![Badge] } else { Vec::new() };
            for choice in choices {
                match factors.lacking(&shown) {
                    Lacking::Nothing => break,
                    Lacking::AnyOf(next) => {
                        prop_assert!(!next.is_empty() && next.iter().all(|factor| !shown.contains(factor)));
                        shown.push(next[choice % next.len()]);
                    }
                }
            }
            prop_assert_eq!(factors.lacking(&shown), Lacking::Nothing);
            prop_assert!(shown.iter().any(|factor| *factor != Badge), "a badge alone proves nothing");
        }
    }
}
