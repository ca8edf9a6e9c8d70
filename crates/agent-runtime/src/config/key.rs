//! Every key: name, environment variable, default, what is accepted.

/// One key of `agent.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// With its section.
    pub name: &'static str,
    /// Stands above the file.
    pub environment: &'static str,
    /// Holds where nothing is said; `None` where something must be.
    pub default: Option<&'static str>,
    /// For messages.
    pub accepted: &'static str,
}

impl Key {
    /// Without its section.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, key)| key)
    }
}

/// Where the session server is.
pub const SERVER_URL: Key = Key {
    name: "server.url",
    environment: "TAPWARD_SERVER_URL",
    default: None,
    accepted: "https://HOST or https://HOST:PORT, without a path",
};

/// Where the agent keeps what must outlive it.
pub const STATE_DIRECTORY: Key = Key {
    name: "state.directory",
    environment: "TAPWARD_STATE_DIRECTORY",
    default: Some("/var/lib/tapward"),
    accepted: "an absolute path",
};

/// The policy file.
pub const POLICY_FILE: Key = Key {
    name: "policy.file",
    environment: "TAPWARD_POLICY_FILE",
    default: Some("/etc/tapward/policy.toml"),
    accepted: "an absolute path",
};

/// What the covered screen speaks until somebody chooses another language, and again after her session.
pub const SCREEN_LANGUAGE: Key = Key {
    name: "screen.language",
    environment: "TAPWARD_SCREEN_LANGUAGE",
    default: Some("en"),
    accepted: "en or es",
};

/// How much is logged.
pub const LOG_LEVEL: Key = Key {
    name: "log.level",
    environment: "TAPWARD_LOG_LEVEL",
    default: Some("info"),
    accepted: "error, warn, info, debug or trace",
};

/// Every key.
pub const KEYS: [Key; 5] = [SERVER_URL, STATE_DIRECTORY, POLICY_FILE, SCREEN_LANGUAGE, LOG_LEVEL];
