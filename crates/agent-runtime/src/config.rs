//! How this agent is set up: `agent.toml` and the environment, as values that cannot hold nonsense.
//!
//! What an organisation decides about its people is policy, not config (`policy` crate). No key here is a
//! secret. Precedence, highest first: environment › file › default. [`key::KEYS`] lists every key;
//! `packaging/linux/agent.toml` is the sample file, and a test keeps the two alike.

mod apps;
pub mod key;
mod log;
mod readers;
mod screen;
mod server;
mod state;

use std::{fmt, path::PathBuf};

pub use apps::AppsAccount;
pub use log::LogLevel;
pub use readers::{PcscUse, ReadersConfig, WEDGES_MAX, WedgeClaim, WedgeThrough};
pub use server::ServerUrl;

use key::{KEYS, Key, READERS_WEDGE};

use crate::language::Language;

/// A value is repeated in a message up to this many characters.
const VALUE_CHARS_MAX: usize = 60;

/// How this agent is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The session server.
    pub server_url: ServerUrl,
    /// Where the agent keeps what must outlive it: enrolment, spool, last good policy.
    pub state_directory: PathBuf,
    /// The policy file.
    pub policy_file: PathBuf,
    /// What the screen speaks where nobody chose another.
    pub language: Language,
    /// How much is logged.
    pub log_level: LogLevel,
    /// Its badge readers.
    pub readers: ReadersConfig,
    /// In whose OS account the apps of a session run.
    pub apps_account: AppsAccount,
    /// Where the launcher of apps in an account of their own listens.
    pub apps_socket: PathBuf,
}

/// The file as it was read.
#[derive(Debug, Clone, Copy)]
pub struct File<'a> {
    /// Named in messages.
    pub path: &'a str,
    /// Its text, if it is there.
    pub text: Option<&'a str>,
}

/// One thing to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's path, or `environment`.
    pub origin: String,
    /// As it is written there; empty where a file is no TOML at all.
    pub key: String,
    /// As it is written there, shortened; empty when it is missing.
    pub value: String,
    /// What would be accepted.
    pub accepted: String,
}

/// The configuration is refused: every problem at once, so that it takes one round to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n"))]
pub struct Refused {
    /// At least one.
    pub problems: Vec<Problem>,
}

impl Config {
    /// Puts environment, file and defaults together.
    ///
    /// # Errors
    /// Every problem there is, each with where it stands, key, value and what would be accepted.
    pub fn from_sources(
        file: File<'_>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Refused> {
        let table = match read_table(file) {
            Ok(table) => table,
            // What it says cannot be known: nothing is missing yet.
            Err(problem) => return Err(Refused { problems: vec![problem] }),
        };
        let mut found = Found { file, table: &table, environment: &environment, problems: Vec::new() };
        found.refuse_unknown_keys();

        let server_url = found.value(key::SERVER_URL, server::from_text);
        let state_directory = found.value(key::STATE_DIRECTORY, state::from_text);
        let policy_file = found.value(key::POLICY_FILE, state::from_text);
        let language = found.value(key::SCREEN_LANGUAGE, screen::from_text);
        let log_level = found.value(key::LOG_LEVEL, log::from_text);
        let pcsc = found.value(key::READERS_PCSC, readers::pcsc_from_text);
        let wedges = found.wedges();
        let apps_account = found.value(key::APPS_ACCOUNT, apps::account_from_text);
        let apps_socket = found.value(key::APPS_SOCKET, state::from_text);
        let config = server_url.and_then(|server_url| {
            Some(Self {
                server_url,
                state_directory: state_directory?,
                policy_file: policy_file?,
                language: language?,
                log_level: log_level?,
                readers: ReadersConfig { pcsc: pcsc?, wedges: wedges? },
                apps_account: apps_account?,
                apps_socket: apps_socket?,
            })
        });
        config.filter(|_| found.problems.is_empty()).ok_or(Refused { problems: found.problems })
    }
}

/// The two sources, and what was wrong with them up to now.
struct Found<'a, E> {
    file: File<'a>,
    table: &'a toml::Table,
    environment: &'a E,
    problems: Vec<Problem>,
}

impl<E: Fn(&str) -> Option<String>> Found<'_, E> {
    /// The value of `key`, or a problem.
    fn value<T>(&mut self, key: Key, from_text: impl Fn(&str) -> Option<T>) -> Option<T> {
        let (origin, name, text) = if let Some(text) = (self.environment)(key.environment) {
            ("environment".to_owned(), key.environment, Some(text))
        } else if let Some(value) = self.in_file(key.name) {
            let text = value.as_str().map_or_else(|| Err(value.to_string()), |text| Ok(text.to_owned()));
            match text {
                Ok(text) => (self.origin(), key.name, Some(text)),
                Err(text) => {
                    self.refuse(self.origin(), key.name, &text, key.accepted);
                    return None;
                }
            }
        } else {
            (self.origin(), key.name, key.default.map(str::to_owned))
        };
        let text = text.unwrap_or_default();
        let value = from_text(&text);
        if value.is_none() {
            self.refuse(origin, name, &text, key.accepted);
        }
        value
    }

    /// The keyboard-wedge readers, or a problem for each key of theirs that is wrong.
    fn wedges(&mut self) -> Option<Vec<WedgeClaim>> {
        let (origin, value) = if let Some(text) = (self.environment)(READERS_WEDGE.environment) {
            let table: Result<toml::Table, _> = format!("wedge = {text}").parse();
            let value = table.ok().and_then(|mut table| table.remove("wedge"));
            ("environment".to_owned(), value.unwrap_or(toml::Value::String(text)))
        } else if let Some(value) = self.in_file(READERS_WEDGE.name) {
            (self.origin(), value.clone())
        } else {
            return Some(Vec::new());
        };
        match readers::wedges_from_value(&value) {
            Ok(wedges) => Some(wedges),
            Err(wrong) => {
                for wrong in wrong {
                    self.refuse(origin.clone(), &wrong.name, &wrong.value, wrong.accepted);
                }
                None
            }
        }
    }

    fn in_file(&self, name: &str) -> Option<&toml::Value> {
        let (section, key) = name.split_once('.')?;
        self.table.get(section)?.as_table()?.get(key)
    }

    fn refuse_unknown_keys(&mut self) {
        let names: Vec<_> = KEYS.iter().chain([&READERS_WEDGE]).map(|key| key.name).collect();
        let unknown: Vec<_> = self
            .table
            .iter()
            .flat_map(|(section, value)| match value.as_table() {
                Some(keys) => keys
                    .iter()
                    .map(|(key, value)| (format!("{section}.{key}"), value.to_string()))
                    .collect::<Vec<_>>(),
                // A bare key: every key of ours stands in a section.
                None => vec![(section.clone(), value.to_string())],
            })
            .filter(|(name, _)| !names.contains(&name.as_str()))
            .collect();
        let known = names.join(", ");
        for (name, value) in unknown {
            self.refuse(self.origin(), &name, &value, &format!("one of the keys {known}"));
        }
    }

    fn refuse(&mut self, origin: String, key: &str, value: &str, accepted: &str) {
        self.problems.push(Problem {
            origin,
            key: shorten(key),
            value: shorten(value),
            accepted: accepted.to_owned(),
        });
    }

    fn origin(&self) -> String {
        match self.file.text {
            Some(_) => self.file.path.to_owned(),
            None => format!("{} (which is not there)", self.file.path),
        }
    }
}

fn read_table(file: File<'_>) -> Result<toml::Table, Problem> {
    let Some(text) = file.text else { return Ok(toml::Table::new()) };
    text.parse().map_err(|error: toml::de::Error| {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map(|before| before.matches('\n').count() + 1);
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        Problem {
            origin: file.path.to_owned(),
            key: String::new(),
            value: place + &shorten(error.message()),
            accepted: "TOML".to_owned(),
        }
    })
}

fn shorten(text: &str) -> String {
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let shortened: String = characters.by_ref().take(VALUE_CHARS_MAX).collect();
    if characters.next().is_some() { shortened + "…" } else { shortened }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, key, value, accepted } = self;
        match (key.is_empty(), value.is_empty()) {
            (true, _) => write!(f, "{origin}: {value}; accepted is {accepted}"),
            (false, true) => write!(f, "{origin}: `{key}` is missing; accepted is {accepted}"),
            (false, false) => {
                write!(f, "{origin}: `{key} = {value}` is refused; accepted is {accepted}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{key::WEDGE_KEYS, *};

    const PATH: &str = "/etc/tapward/agent.toml";

    fn check(text: &str, environment: &[(&str, &str)]) -> Result<Config, Vec<String>> {
        let environment = |name: &str| {
            environment.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        Config::from_sources(File { path: PATH, text: Some(text) }, environment)
            .map_err(|refused| refused.problems.iter().map(Problem::to_string).collect())
    }

    #[test]
    fn a_server_is_all_that_must_be_said() {
        let config = check("[server]\nurl = \"https://tapward.hospital.example:8443/\"", &[]).unwrap();

        assert_eq!(config.server_url.as_str(), "https://tapward.hospital.example:8443");
        assert_eq!(config.state_directory, PathBuf::from("/var/lib/tapward"));
        assert_eq!(config.policy_file, PathBuf::from("/etc/tapward/policy.toml"));
        assert_eq!(config.language, Language::English);
        assert_eq!(config.log_level, LogLevel::Info);
        assert_eq!(config.readers, ReadersConfig { pcsc: PcscUse::WhenPresent, wedges: Vec::new() });
    }

    #[test]
    fn a_keyboard_wedge_reader_is_claimed_by_its_device_and_by_its_port_where_that_is_said() {
        let server = "[server]\nurl = \"https://a.example\"\n";
        let file = "[readers]\npcsc = \"off\"\n[[readers.wedge]]\nvendor = \"0x0c27\"\nproduct = \"0x3BFA\"\n\
                    [[readers.wedge]]\nvendor = \"0x1234\"\nproduct = \"0x5678\"\nport = \"usb-0000:00:14.0-2/input0\"\n\
                    through = \"x11\"\n";
        let anywhere =
            WedgeClaim { vendor: 0x0c27, product: 0x3bfa, port: None, through: WedgeThrough::Evdev };
        let there = WedgeClaim {
            vendor: 0x1234,
            product: 0x5678,
            port: Some("usb-0000:00:14.0-2/input0".to_owned()),
            through: WedgeThrough::X11,
        };

        let readers = check(&format!("{server}{file}"), &[]).unwrap().readers;
        assert_eq!(readers, ReadersConfig { pcsc: PcscUse::Off, wedges: vec![anywhere.clone(), there] });

        let environment = "[{ vendor = \"0x0c27\", product = \"0x3bfa\" }]";
        let readers = check(
            &format!("{server}{file}"),
            &[("TAPWARD_READERS_WEDGE", environment), ("TAPWARD_READERS_PCSC", "required")],
        );
        assert_eq!(
            readers.unwrap().readers,
            ReadersConfig { pcsc: PcscUse::Required, wedges: vec![anywhere] }
        );
    }

    #[test]
    fn every_wrong_key_of_every_reader_is_told_at_once() {
        let file = "[server]\nurl = \"https://a.example\"\n[readers]\npcsc = \"yes\"\n\
                    [[readers.wedge]]\nvendor = \"0c27\"\nserial = 1\n\
                    [[readers.wedge]]\nvendor = \"0x+123\"\nproduct = 22136\nport = \"a b\"\nthrough = \"magic\"\n";

        let problems = check(file, &[]).unwrap_err();

        let told = problems.join("\n");
        assert_eq!(problems.len(), 8, "{told}");
        for part in [
            "`readers.pcsc = yes` is refused; accepted is when-present, required or off",
            "`readers.wedge[0].serial = 1` is refused; accepted is vendor, product, port and through",
            "`readers.wedge[0].vendor = \"0c27\"` is refused; accepted is 0x and four hexadecimal digits",
            "`readers.wedge[0].product` is missing; accepted is 0x and four hexadecimal digits",
            "`readers.wedge[1].vendor = \"0x+123\"` is refused",
            "`readers.wedge[1].product = 22136` is refused",
            "`readers.wedge[1].port = \"a b\"` is refused",
            "`readers.wedge[1].through = \"magic\"` is refused; accepted is evdev or x11",
        ] {
            assert!(told.contains(part), "{part}\nnot in\n{told}");
        }
    }

    #[test]
    fn readers_that_are_no_tables_or_too_many_are_refused() {
        let server = "[server]\nurl = \"https://a.example\"\n";
        let table = "{ vendor = \"0x0c27\", product = \"0x3bfa\" }";
        let many = |count: usize| format!("[{}]", vec![table; count].join(","));
        for wrong in ["7", "\"0c27:3bfa\"", "[7]", "{", "", table, &many(WEDGES_MAX + 1)] {
            let problems = check(server, &[("TAPWARD_READERS_WEDGE", wrong)]).unwrap_err();
            assert!(
                problems.len() == 1 && problems[0].starts_with("environment: `readers.wedge"),
                "{wrong}: {problems:?}"
            );
        }
        let most = check(server, &[("TAPWARD_READERS_WEDGE", &many(WEDGES_MAX))]).unwrap();
        assert_eq!(most.readers.wedges.len(), WEDGES_MAX);
    }

    #[test]
    fn a_workstation_speaks_the_language_it_is_set_to_and_no_unknown_one() {
        let speaking = |language: &str| {
            let server = "[server]\nurl = \"https://a.example\"\n";
            check(&format!("{server}[screen]\nlanguage = \"{language}\""), &[])
        };

        assert_eq!(speaking("es").unwrap().language, Language::Spanish);
        assert_eq!(speaking("en").unwrap().language, Language::English);
        for unknown in ["", "ES", "es-US", "fr", "spanish"] {
            let problems = speaking(unknown).unwrap_err();
            assert!(
                problems[0].contains("screen.language") && problems[0].ends_with("accepted is en or es"),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn the_environment_is_above_the_file_and_the_file_above_the_default() {
        let file = "[server]\nurl = \"https://a.example\"\n[log]\nlevel = \"warn\"";

        let config = check(file, &[("TAPWARD_SERVER_URL", "https://b.example")]).unwrap();

        assert_eq!(config.server_url.as_str(), "https://b.example");
        assert_eq!(config.log_level, LogLevel::Warn);
    }

    #[test]
    fn every_problem_is_told_at_once_with_where_it_stands_and_what_would_be_accepted() {
        let file = "[server]\nurl = \"http://a.example\"\ntoken = \"x\"\n[state]\ndirectory = 7\n[lgo]\nlevel = \"info\"";

        let problems = check(file, &[("TAPWARD_LOG_LEVEL", "loud")]).unwrap_err();

        let told = problems.join("\n");
        assert_eq!(problems.len(), 5, "{told}");
        for part in [
            "/etc/tapward/agent.toml: `server.token = \"x\"` is refused",
            "/etc/tapward/agent.toml: `lgo.level = \"info\"` is refused",
            "/etc/tapward/agent.toml: `server.url = http://a.example` is refused; accepted is https://",
            "/etc/tapward/agent.toml: `state.directory = 7` is refused; accepted is an absolute path",
            "environment: `TAPWARD_LOG_LEVEL = loud` is refused; accepted is error, warn",
        ] {
            assert!(told.contains(part), "{part}\nnot in\n{told}");
        }
    }

    #[test]
    fn without_a_server_it_says_that_one_is_missing() {
        let problems = check("", &[]).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].contains("`server.url` is missing"), "{}", problems[0]);
    }

    #[test]
    fn a_file_that_is_no_toml_is_refused_in_words() {
        let problems = check("[server]\nurl = = 1", &[]).unwrap_err();
        assert_eq!(problems.len(), 1, "what it says cannot be known: {problems:?}");
        assert!(problems[0].starts_with("/etc/tapward/agent.toml: line 2: "), "{}", problems[0]);
        assert!(problems[0].ends_with("accepted is TOML"), "{}", problems[0]);
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let refused = Config::from_sources(File { path: PATH, text: None }, |_| None).unwrap_err();
        let told = refused.to_string();
        assert!(
            told.starts_with("/etc/tapward/agent.toml (which is not there): `server.url` is missing"),
            "{told}"
        );
    }

    #[test]
    fn a_misspelt_key_is_told_with_every_key_there_is() {
        let problems = check("[readers]\nwedges = []", &[]).unwrap_err();
        assert!(
            problems[0].contains("readers.pcsc") && problems[0].contains("readers.wedge"),
            "{}",
            problems[0]
        );
    }

    #[test]
    fn a_huge_or_binary_value_does_not_flood_the_message() {
        let url = "x\u{1}".repeat(100_000);
        let problems = check("", &[("TAPWARD_SERVER_URL", &url)]).unwrap_err();
        assert!(problems[0].len() < 400, "{}", problems[0].len());
        assert!(!problems[0].contains('\u{1}'));
    }

    #[test]
    fn the_sample_file_says_everything_the_agent_reads() {
        let sample = include_str!("../../../packaging/linux/agent.toml");

        for key in KEYS {
            let (section, name) = key.name.split_once('.').unwrap();
            assert!(sample.contains(&format!("[{section}]")), "[{section}] is missing");
            assert!(
                sample.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{name} = "))),
                "{} is missing",
                key.name
            );
            assert!(sample.contains(key.environment), "{} is missing", key.environment);
            if let Some(default) = key.default {
                assert!(sample.contains(&format!("{name} = \"{default}\"")), "default of {}", key.name);
            }
        }
        assert!(sample.contains(READERS_WEDGE.environment));
        for key in WEDGE_KEYS {
            let text = key.default.map_or_else(String::new, |default| format!("\"{default}\""));
            let is_said = |line: &str| line.starts_with(&format!("# {} = {text}", key.name));
            assert!(sample.lines().any(is_said), "{} is missing", key.name);
        }
        check(sample, &[]).unwrap();
    }

    #[test]
    fn the_sample_file_with_every_key_uncommented_is_still_good() {
        let sample: String = include_str!("../../../packaging/linux/agent.toml")
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(key) if KEYS.iter().any(|known| key.starts_with(&format!("{} = ", known.key()))) => key,
                Some(key)
                    if WEDGE_KEYS.iter().any(|known| key.starts_with(&format!("{} = ", known.name))) =>
                {
                    key
                }
                Some("[[readers.wedge]]") => "[[readers.wedge]]",
                _ => line,
            })
            .flat_map(|line| [line, "\n"])
            .collect();

        assert_eq!(check(&sample, &[]).unwrap().readers.wedges.len(), 1);
    }
}
