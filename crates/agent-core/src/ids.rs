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
