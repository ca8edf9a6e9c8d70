//! How this workstation is set up, as far as it must be known before anything else runs.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use agent_platform::{apps::AppsSettings, durable_file};
use agent_runtime::{
    config::{Config, File as ConfigFile, LogLevel, PcscUse, Problem, ReadersConfig, key},
    language::Language,
    policy_file::PolicyInForce,
};
use tracing::{Level, error};

use crate::{
    logging,
    single_instance::{NotAcquired, SingleInstance},
};

/// The launcher of apps lies beside the agent.
const LAUNCHER: &str = "tapward-launch";
/// A larger file is no configuration.
const SIZE_BYTES_MAX: u64 = 64 * 1024;

/// Which apps `policy` lists, and how they are started; the defaults where a refused configuration does not tell.
#[must_use]
pub fn apps_settings(config: Option<&Config>, policy: &PolicyInForce) -> AppsSettings {
    let mut settings = AppsSettings { apps: policy.policy.apps().clone(), ..AppsSettings::default() };
    if let Some(config) = config {
        settings.account = config.apps_account;
        settings.socket.clone_from(&config.apps_socket);
    }
    if let Some(beside_us) = std::env::current_exe().ok().and_then(|us| Some(us.parent()?.join(LAUNCHER))) {
        settings.program = beside_us;
    }
    settings
}

/// What was found.
#[derive(Debug)]
pub enum SetUp {
    /// Good.
    Usable {
        /// As configured.
        config: Config,
        /// Held for the life of the process.
        instance: SingleInstance,
    },
    /// Not to be signed in with: the screen says so with its code, and is covered.
    Refused {
        /// Where the adapters may write meanwhile; nothing is kept there.
        state_folder: PathBuf,
    },
}

impl SetUp {
    /// Takes hold of the workstation as it is configured. Logs what is wrong.
    ///
    /// # Errors
    /// When another agent runs here, or there is not even a place for temporary files.
    pub fn of(config: Result<Config, Vec<Problem>>) -> anyhow::Result<Self> {
        let config = match config {
            Ok(config) => config,
            Err(problems) => {
                for problem in problems {
                    error!("The configuration is refused: {problem}");
                }
                return Self::refused();
            }
        };
        let folder = &config.state_directory;
        if let Err(fault) = durable_file::make_private_folder(folder) {
            error!(error = %fault, "The state directory `{}` cannot be used", folder.display());
            return Self::refused();
        }
        match SingleInstance::acquire(folder) {
            Ok(instance) => Ok(Self::Usable { config, instance }),
            Err(taken @ NotAcquired::Taken) => Err(taken.into()),
            // A disk that can only be read is said on screen, like any other settings that nobody can be signed in with.
            Err(unusable @ NotAcquired::Unusable(..)) => {
                error!("The state directory cannot be used: {unusable}");
                Self::refused()
            }
        }
    }

    fn refused() -> anyhow::Result<Self> {
        let state_folder = runtime_folder().join("refused");
        durable_file::make_private_folder(&state_folder)?;
        Ok(Self::Refused { state_folder })
    }

    /// Where the adapters keep their state.
    #[must_use]
    pub fn state_folder(&self) -> &Path {
        match self {
            Self::Usable { config, .. } => &config.state_directory,
            Self::Refused { state_folder } => state_folder,
        }
    }

    /// Where the policy stands.
    #[must_use]
    pub fn policy_file(&self) -> &Path {
        match self {
            Self::Usable { config, .. } => &config.policy_file,
            Self::Refused { .. } => Path::new(key::POLICY_FILE.default.unwrap_or_default()),
        }
    }

    /// Which badge readers there are; none are looked for where a refused configuration does not tell.
    #[must_use]
    pub fn readers(&self) -> ReadersConfig {
        match self {
            Self::Usable { config, .. } => config.readers.clone(),
            Self::Refused { .. } => ReadersConfig { pcsc: PcscUse::Off, wedges: Vec::new() },
        }
    }

    /// Which apps `policy` lists, and how they are started.
    #[must_use]
    pub fn apps(&self, policy: &PolicyInForce) -> AppsSettings {
        match self {
            Self::Usable { config, .. } => apps_settings(Some(config), policy),
            Self::Refused { .. } => apps_settings(None, policy),
        }
    }

    /// What the screen speaks where nobody chose another; the default where a refused configuration does not tell.
    #[must_use]
    pub fn language(&self) -> Language {
        match self {
            Self::Usable { config, .. } => config.language,
            Self::Refused { .. } => Language::default(),
        }
    }
}

/// Goes with the OS session, and nobody else reads it: for what must not be kept.
#[must_use]
pub fn runtime_folder() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR") {
        Some(folder) => PathBuf::from(folder).join("tapward-agent"),
        None => std::env::temp_dir().join(format!("tapward-agent-{}", std::process::id())),
    }
}

/// Reads the configuration file and the environment. A missing file is an empty one.
///
/// # Errors
/// Every problem there is.
pub fn read_config(path: &Path) -> Result<Config, Vec<Problem>> {
    let name = path.display().to_string();
    let text = read(path).map_err(|fault| {
        vec![Problem {
            origin: name.clone(),
            key: String::new(),
            value: fault.to_string(),
            accepted: format!("a readable text file of at most {SIZE_BYTES_MAX} bytes"),
        }]
    })?;
    let file = ConfigFile { path: &name, text: text.as_deref() };
    Config::from_sources(file, |name| std::env::var(name).ok()).map_err(|refused| refused.problems)
}

fn read(path: &Path) -> io::Result<Option<String>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(fault) if fault.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let mut text = String::new();
    file.take(SIZE_BYTES_MAX + 1).read_to_string(&mut text)?;
    if u64::try_from(text.len()).is_ok_and(|size| size > SIZE_BYTES_MAX) {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "too large"));
    }
    Ok(Some(text))
}

/// The configuration, with the log begun as it says.
///
/// # Errors
/// With every problem of the configuration, in words.
pub fn start(config_path: &Path, log_format: Option<logging::Format>) -> anyhow::Result<Config> {
    let config = read_config(config_path);
    logging::start(log_level(&config), log_format)?;
    config.map_err(|problems| {
        let lines: Vec<_> = problems.iter().map(Problem::to_string).collect();
        anyhow::anyhow!("the configuration is refused:\n{}", lines.join("\n"))
    })
}

/// How much is logged; what is said of a refused configuration is heard in any case.
#[must_use]
pub fn log_level(config: &Result<Config, Vec<Problem>>) -> Level {
    match config.as_ref().map_or(LogLevel::Info, |config| config.log_level) {
        LogLevel::Error => Level::ERROR,
        LogLevel::Warn => Level::WARN,
        LogLevel::Info => Level::INFO,
        LogLevel::Debug => Level::DEBUG,
        LogLevel::Trace => Level::TRACE,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        fs::write(folder.path().join("agent.toml"), text.replace("STATE", &state.display().to_string()))
            .unwrap();
        folder
    }

    const GOOD: &str = "[server]\nurl = \"https://tapward.example\"\n[state]\ndirectory = \"STATE\"";

    #[test]
    fn with_and_without_a_configuration_the_launcher_is_looked_for_in_one_place() {
        let folder = written(GOOD);
        let policy = PolicyInForce::look(&folder.path().join("policy.toml"), folder.path());
        let config = read_config(&folder.path().join("agent.toml")).unwrap();

        assert_eq!(apps_settings(Some(&config), &policy).socket, apps_settings(None, &policy).socket);
    }

    #[test]
    fn a_good_file_takes_hold_of_the_workstation() {
        let folder = written(GOOD);

        let set_up = SetUp::of(read_config(&folder.path().join("agent.toml"))).unwrap();

        assert!(matches!(set_up, SetUp::Usable { .. }));
        assert_eq!(set_up.state_folder(), folder.path().join("state"));
        assert_eq!(set_up.language(), Language::English);
    }

    #[test]
    fn the_screen_speaks_the_language_of_the_file() {
        let folder = written(&format!("{GOOD}\n[screen]\nlanguage = \"es\""));

        let set_up = SetUp::of(read_config(&folder.path().join("agent.toml"))).unwrap();

        assert_eq!(set_up.language(), Language::Spanish);
    }

    #[test]
    fn a_refused_file_still_covers_and_keeps_nothing() {
        let folder = written("[server]\nurl = \"http://tapward.example\"");

        let set_up = SetUp::of(read_config(&folder.path().join("agent.toml"))).unwrap();

        assert!(matches!(set_up, SetUp::Refused { .. }));
        fs::remove_dir_all(set_up.state_folder()).unwrap();
    }

    #[test]
    fn a_state_directory_that_cannot_be_made_still_covers() {
        let folder = written(GOOD);
        fs::write(folder.path().join("state"), "a file stands in its place").unwrap();

        let set_up = SetUp::of(read_config(&folder.path().join("agent.toml"))).unwrap();

        assert!(matches!(set_up, SetUp::Refused { .. }));
    }

    #[test]
    fn a_second_agent_on_the_same_workstation_does_not_run() {
        let folder = written(GOOD);
        let path = folder.path().join("agent.toml");
        let _first = SetUp::of(read_config(&path)).unwrap();

        assert!(SetUp::of(read_config(&path)).is_err());
    }

    #[test]
    fn a_file_that_is_not_there_names_what_is_missing() {
        let problems = read_config(Path::new("/nonexistent/agent.toml")).unwrap_err();

        assert!(problems[0].to_string().contains("server.url"), "{}", problems[0]);
    }

    #[test]
    fn a_huge_or_binary_file_is_refused_in_words() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.toml");
        for bytes in [vec![b'#'; 70_000], vec![0xff; 10]] {
            fs::write(&path, bytes).unwrap();

            let problems = read_config(&path).unwrap_err();

            assert!(problems[0].to_string().contains("a readable text file"), "{}", problems[0]);
        }
    }
}
