//! Identifiers and names, each its own type.

use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// One person's use of one workstation.
    SessionId
);
id!(
    /// A person.
    UserId
);
id!(
    /// This workstation, as the server named it.
    WorkstationId
);
id!(
    /// One sign-in, or one answer to a challenge; makes the request idempotent.
    AttemptId
);
id!(
    /// A second factor that the server asks for.
    ChallengeId
);

impl AttemptId {
    /// The id of a further request that follows from the same act of a person, where the answer to this one asks for it.
    #[must_use]
    pub const fn following(self) -> Self {
        Self(Uuid::from_u128(self.0.as_u128().wrapping_add(1)))
    }
}

/// The person, as the screen may show her.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Opaque id.
    pub id: UserId,
    /// As policy formats it.
    pub display_name: String,
    /// For example `RN`.
    pub role: Option<String>,
}
