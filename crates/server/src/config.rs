//! `DATA/server.toml` and `DATA/policy.toml`, parsed into what cannot hold nonsense.
//!
//! `packaging/server/server.toml` is the sample of the first, and tests keep the two alike.

pub mod database;

use std::{net::SocketAddr, path::Path};

use policy::Policy;
use serde::{Deserialize, Serialize};

use self::database::Database;
use crate::identity::password::HashCost;

/// Version of `server.toml`; a reader refuses another.
const FILE_VERSION: u32 = 1;
/// Where the server listens when nothing else is said.
pub const LISTEN_DEFAULT: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8_443);
/// Texts of the configuration have at most this many characters.
const TEXT_CHARACTERS_MAX: usize = 200;

/// How this server is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// For example `St. Example Hospital`.
    pub organisation: String,
    /// For example `5-1234`.
    pub help_line: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// What a password hash costs.
    pub hash_cost: HashCost,
    /// Password hashes at a time.
    pub hashes_at_once: usize,
    /// Which database.
    pub database: Database,
    /// Safeguards that the file weakens, in words; logged and recorded at each start.
    pub weakened: Vec<String>,
}

/// `server.toml` as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// Must be 1.
    pub version: Option<u32>,
    /// Name of the organisation, shown to people and in the authenticator app. Default: empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Whom to call, shown at the covered screen. Default: empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_line: Option<String>,
    /// Address and port. Default: `127.0.0.1:8443`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// Password hashes at a time, 1 to 64. Default: one per core.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hashes_at_once: Option<usize>,
    /// Memory of one hash in KiB, at least 19456. Default: 19456.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash_memory_kib: Option<u32>,
    /// Passes of one hash, at least 2. Default: 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash_passes: Option<u32>,
    /// Lets the two keys above go below their ranges. For tests only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub danger_allow_cheap_password_hashes: Option<bool>,
    /// Which database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<database::Table>,
}

/// What is wrong with the configuration, all of it at once.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file} cannot be read")]
    Io {
        /// Which.
        file: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file's values cannot be used.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
}

/// What the two files say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// `server.toml`.
    pub config: Config,
    /// `policy.toml`, or the built-in strict one where that was refused.
    pub policy: Policy,
    /// What was wrong with `policy.toml`.
    pub policy_refused: Option<String>,
}

/// Reads both files below `data`. A refused policy is replaced by the strict one: sign-in stays possible.
///
/// # Errors
/// [`ConfigError`].
pub fn load(data: &Path) -> Result<Loaded, ConfigError> {
    let config = Config::from_text(&read(&data.join("server.toml"), "version = 1")?)?;
    let text = read(&data.join("policy.toml"), "")?;
    let (policy, policy_refused) = match Policy::parse(&text) {
        Ok(policy) => (policy, None),
        Err(refused) => (Policy::strict(), Some(refused.to_string())),
    };
    Ok(Loaded { config, policy, policy_refused })
}

/// A file that is not there says nothing.
fn read(path: &Path, absent: &str) -> Result<String, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => Ok(absent.to_owned()),
        Err(source) => Err(ConfigError::Io { file: path.display().to_string(), source }),
    }
}

impl Config {
    /// Reads `server.toml`.
    ///
    /// # Errors
    /// [`ConfigError::Refused`] with every problem of the text.
    pub fn from_text(text: &str) -> Result<Self, ConfigError> {
        let file: File = toml::from_str(text)
            .map_err(|error| ConfigError::Refused(vec![format!("server.toml: {error}")]))?;
        let mut problems = Vec::new();
        if file.version != Some(FILE_VERSION) {
            problems.push(String::from("server.toml: version: must be 1"));
        }
        let organisation = text_of("organisation", file.organisation, &mut problems);
        let help_line = text_of("help_line", file.help_line, &mut problems);
        let listen = match file.listen.as_deref().map(str::parse) {
            None => LISTEN_DEFAULT,
            Some(Ok(listen)) => listen,
            Some(Err(_)) => {
                problems.push(String::from("server.toml: listen: must be ADDRESS:PORT, like 127.0.0.1:8443"));
                LISTEN_DEFAULT
            }
        };
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let hashes_at_once = file.hashes_at_once.unwrap_or(cores);
        if !(1..=64).contains(&hashes_at_once) {
            problems.push(String::from("server.toml: hashes_at_once: must be 1 to 64"));
        }
        let least = HashCost::default();
        let hash_cost = HashCost {
            memory_kib: file.hash_memory_kib.unwrap_or(least.memory_kib),
            passes: file.hash_passes.unwrap_or(least.passes),
        };
        let allows_cheap = file.danger_allow_cheap_password_hashes == Some(true);
        if !allows_cheap && hash_cost.memory_kib < least.memory_kib {
            problems.push(format!("server.toml: hash_memory_kib: must be at least {}", least.memory_kib));
        }
        if !allows_cheap && hash_cost.passes < least.passes {
            problems.push(format!("server.toml: hash_passes: must be at least {}", least.passes));
        }
        let database = Database::from_table(file.database, &mut problems);
        if !problems.is_empty() {
            return Err(ConfigError::Refused(problems));
        }
        let weakened = allows_cheap
            .then(|| String::from("`danger_allow_cheap_password_hashes` is set"))
            .into_iter()
            .collect();
        Ok(Self { organisation, help_line, listen, hash_cost, hashes_at_once, database, weakened })
    }
}

fn text_of(key: &str, text: Option<String>, problems: &mut Vec<String>) -> String {
    let text = text.unwrap_or_default();
    if text.chars().count() > TEXT_CHARACTERS_MAX || text.chars().any(char::is_control) {
        problems.push(format!(
            "server.toml: {key}: must have at most {TEXT_CHARACTERS_MAX} characters, none of them a control"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SAMPLE: &str = include_str!("../../../packaging/server/server.toml");

    /// The sample's tables and keys that are commented out, as `[table]` and `key = value`.
    fn offered() -> Vec<&'static str> {
        let is_offer = |line: &&str| name(line).is_some_and(|name| !name.contains(' '));
        SAMPLE.lines().filter_map(|line| line.strip_prefix("# ")).filter(is_offer).collect()
    }

    /// Of a table, or of the key that stands in a line.
    fn name(line: &str) -> Option<&str> {
        let is_table = line.starts_with('[') && line.ends_with(']');
        if is_table { Some(line) } else { Some(line.split_once(" = ")?.0) }
    }

    #[test]
    fn the_sample_file_offers_every_key_the_server_reads_and_no_other() {
        // Without `..`, so that a new key does not compile until it stands here, and then in the sample.
        let every = File {
            version: Some(FILE_VERSION),
            organisation: Some(String::new()),
            help_line: Some(String::new()),
            listen: Some(String::new()),
            hashes_at_once: Some(1),
            hash_memory_kib: Some(1),
            hash_passes: Some(1),
            danger_allow_cheap_password_hashes: Some(false),
            database: Some(database::Table {
                url: Some(String::new()),
                password_file: Some(std::path::PathBuf::new()),
            }),
        };
        let text = toml::to_string(&every).unwrap();
        let known: Vec<_> = text.lines().filter_map(name).collect();
        let keys = offered().into_iter().filter_map(name);

        assert_eq!(std::iter::once("version").chain(keys).collect::<Vec<_>>(), known);
    }

    #[test]
    fn the_sample_file_shows_the_defaults() {
        let default = Config::from_text("version = 1").unwrap();
        let uncommented = format!("version = 1\n{}", offered().join("\n"));
        let shown = Config::from_text(&uncommented).unwrap();

        assert_eq!(Config::from_text(SAMPLE).unwrap(), default);
        // One per core: no number in a file is that.
        assert_eq!(Config { hashes_at_once: default.hashes_at_once, ..shown }, default);
    }

    #[test]
    fn an_empty_file_gives_the_documented_defaults() {
        let config = Config::from_text("version = 1").unwrap();

        assert_eq!(config.listen, LISTEN_DEFAULT);
        assert_eq!(config.hash_cost, HashCost { memory_kib: 19_456, passes: 2 });
        assert!(config.weakened.is_empty());
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let text = "listen = \"nowhere\"\nhashes_at_once = 0\nhash_passes = 1\n";
        let ConfigError::Refused(problems) = Config::from_text(text).unwrap_err() else {
            panic!("the text is refused");
        };

        assert_eq!(problems.len(), 4, "{problems:?}");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(Config::from_text("version = 1\nlisten_on = \"x\"").is_err());
    }

    #[test]
    fn cheap_hashes_need_the_ugly_key_and_are_told() {
        assert!(Config::from_text("version = 1\nhash_memory_kib = 64").is_err());
        let text = "version = 1\nhash_memory_kib = 64\ndanger_allow_cheap_password_hashes = true";

        assert_eq!(Config::from_text(text).unwrap().weakened.len(), 1);
    }
}
