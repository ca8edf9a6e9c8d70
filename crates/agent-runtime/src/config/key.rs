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

/// In whose OS account the apps of a session run.
pub const APPS_ACCOUNT: Key = Key {
    name: "apps.account",
    environment: "TAPWARD_APPS_ACCOUNT",
    default: Some("separate"),
    accepted: "separate or shared",
};

/// Where the launcher of apps listens.
pub const APPS_SOCKET: Key = Key {
    name: "apps.socket",
    environment: "TAPWARD_APPS_SOCKET",
    default: Some("/run/tapward/launch.sock"),
    accepted: "an absolute path",
};

/// Whether PC/SC badge readers are used.
pub const READERS_PCSC: Key = Key {
    name: "readers.pcsc",
    environment: "TAPWARD_READERS_PCSC",
    default: Some("when-present"),
    accepted: "when-present, required or off",
};

/// Keyboard-wedge badge readers: no text, but one table for each.
pub const READERS_WEDGE: Key = Key {
    name: "readers.wedge",
    environment: "TAPWARD_READERS_WEDGE",
    default: Some("[]"),
    accepted: "up to 16 tables [[readers.wedge]], in the environment [{ vendor = \"0x…\", product = \"0x…\" }]",
};

/// Every key that holds text.
pub const KEYS: [Key; 8] = [
    SERVER_URL,
    STATE_DIRECTORY,
    POLICY_FILE,
    SCREEN_LANGUAGE,
    LOG_LEVEL,
    READERS_PCSC,
    APPS_ACCOUNT,
    APPS_SOCKET,
];

/// One key of a table `[[readers.wedge]]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WedgeKey {
    /// Within the table.
    pub name: &'static str,
    /// Holds where nothing is said; `None` where something must be.
    pub default: Option<&'static str>,
    /// For messages.
    pub accepted: &'static str,
}

/// USB vendor of the reader.
pub const READERS_WEDGE_VENDOR: WedgeKey =
    WedgeKey { name: "vendor", default: None, accepted: "0x and four hexadecimal digits" };

/// USB product of the reader.
pub const READERS_WEDGE_PRODUCT: WedgeKey =
    WedgeKey { name: "product", default: None, accepted: "0x and four hexadecimal digits" };

/// Where it is plugged in.
pub const READERS_WEDGE_PORT: WedgeKey = WedgeKey {
    name: "port",
    default: Some(""),
    accepted: "what the kernel calls `phys`, or a device node where through is x11; empty for anywhere",
};

/// How it is taken from everybody else.
pub const READERS_WEDGE_THROUGH: WedgeKey =
    WedgeKey { name: "through", default: Some("evdev"), accepted: "evdev or x11" };

/// Every key of a table `[[readers.wedge]]`.
pub const WEDGE_KEYS: [WedgeKey; 4] =
    [READERS_WEDGE_VENDOR, READERS_WEDGE_PRODUCT, READERS_WEDGE_PORT, READERS_WEDGE_THROUGH];
