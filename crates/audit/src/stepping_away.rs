//! Why a screen was covered whose session goes on, and how its holder came back: codes of our own, for DICOM knows
//! login and logout only.

use serde::{Deserialize, Serialize};

use crate::codes::{CONCEAL_CAUSE, Code, RESUME_METHOD, RequestedBy};

/// Why a screen was covered, the session kept; the code system is [`CONCEAL_CAUSE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConcealCause {
    /// Her tap.
    UserTap,
    /// The strip.
    UserButton,
    /// `conceal.after` without input.
    Inactivity,
    /// She uncovered a screen elsewhere.
    Elsewhere,
    /// Another person's badge was presented.
    OtherBadge,
    /// Its machine went to sleep, or woke from a sleep it had not announced.
    Suspend,
}

impl ConcealCause {
    /// Every cause.
    pub const ALL: [Self; 6] =
        [Self::UserTap, Self::UserButton, Self::Inactivity, Self::Elsewhere, Self::OtherBadge, Self::Suspend];

    /// Its code and text.
    #[must_use]
    pub const fn code(self) -> Code {
        let (code, display) = match self {
            Self::UserTap => ("user-tap", "Covered by the user's badge"),
            Self::UserButton => ("user-button", "Covered by the user"),
            Self::Inactivity => ("inactivity", "Covered after inactivity"),
            Self::Elsewhere => ("elsewhere", "Covered because the user uncovered another workstation"),
            Self::OtherBadge => ("other-badge", "Covered because another badge was presented"),
            Self::Suspend => ("suspend", "Covered because the workstation slept"),
        };
        Code { system: CONCEAL_CAUSE, code, display }
    }

    /// Who brought it about.
    #[must_use]
    pub const fn requested_by(self) -> RequestedBy {
        match self {
            Self::UserTap | Self::UserButton | Self::Elsewhere => RequestedBy::User,
            Self::Inactivity | Self::OtherBadge | Self::Suspend => RequestedBy::Workstation,
        }
    }
}

/// How the holder of a covered session proved herself; the code system is [`RESUME_METHOD`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResumeMethod {
    /// A tap within her grace period.
    Badge,
    /// Badge and PIN.
    BadgePin,
    /// Badge and password.
    BadgePassword,
    /// Badge, password and one-time code.
    BadgePasswordTotp,
    /// Password.
    Password,
    /// Password and one-time code.
    PasswordTotp,
}

impl ResumeMethod {
    /// Every method.
    pub const ALL: [Self; 6] = [
        Self::Badge,
        Self::BadgePin,
        Self::BadgePassword,
        Self::BadgePasswordTotp,
        Self::Password,
        Self::PasswordTotp,
    ];

    /// Its code and text.
    #[must_use]
    pub const fn code(self) -> Code {
        let (code, display) = match self {
            Self::Badge => ("badge", "Badge within the grace period"),
            Self::BadgePin => ("badge-pin", "Badge and PIN"),
            Self::BadgePassword => ("badge-password", "Badge and password"),
            Self::BadgePasswordTotp => ("badge-password-totp", "Badge, password and one-time code"),
            Self::Password => ("password", "Password"),
            Self::PasswordTotp => ("password-totp", "Password and one-time code"),
        };
        Code { system: RESUME_METHOD, code, display }
    }
}
