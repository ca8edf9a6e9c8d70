//! What an administrator asks when something is wrong: what is set up here, and what is missing.

mod apps;
mod report;

use std::{os::unix::fs::MetadataExt as _, path::Path, sync::Arc};

use agent_platform::{
    badge_readers::fault_record::{self, READERS_FILE, ReaderRecord},
    enrolment::{self, STATE_FILE},
    idle::{Counting, SyntheticInput, SystemIdle},
    keychain::{Entry, KeychainError, Vault},
    spool::{SET_ASIDE_MAX, SPOOL_FILE, SpoolFiles},
};
use agent_runtime::{
    clock::SystemClock,
    config::{Config, PcscUse, ReadersConfig},
    policy_file::{PolicyInForce, PolicyOrigin},
    ports::EventSink,
};
use anyhow::{Context as _, bail, ensure};
use tokio::runtime::Runtime;

use self::report::Report;
use crate::{logging, set_up};

/// What is looked at, and how it is told.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Options {
    /// Leave out what only a session has: keychain, display and input.
    #[arg(long)]
    before_session: bool,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
}

/// Says what is set up and what is missing.
///
/// # Errors
/// When something is missing without which nobody can sign in.
pub fn doctor(
    config_path: &Path,
    log_format: Option<logging::Format>,
    options: Options,
) -> anyhow::Result<()> {
    let config = set_up::start(config_path, log_format)?;
    let mut report = Report::default();
    report.good("configuration", &format!("{}", config_path.display()));
    report.of("state directory", state_directory(&config.state_directory));
    report.of("enrolment", enrolled_as(&config));
    report_policy(&mut report, &config.policy_file, &config.state_directory);
    report_spool(&mut report, &config.state_directory);
    report_readers(&mut report, &config.readers, &config.state_directory);
    if options.before_session {
        report.good("keychain, display, inactivity", "not looked at before there is a session");
    } else {
        let runtime = Runtime::new()?;
        report.of("keychain", runtime.block_on(keychain()));
        report.of("display", display());
        report.of("inactivity", runtime.block_on(inactivity(&config)));
    }
    apps::report(&mut report, &config);
    report.tell(options.json)
}

fn state_directory(path: &Path) -> anyhow::Result<String> {
    let metadata = path.metadata().with_context(|| format!("`{}`", path.display()))?;
    ensure!(metadata.is_dir(), "`{}` is no directory", path.display());
    ensure!(metadata.mode() & 0o077 == 0, "`{}` can be read by others: `chmod 700` it", path.display());
    Ok(path.display().to_string())
}

fn enrolled_as(config: &Config) -> anyhow::Result<String> {
    let Some(state) = enrolment::read_state(&config.state_directory)? else {
        bail!("this workstation is not enrolled: run `tapward-agent enrol`");
    };
    let workstation = state.enrolment().workstation;
    Ok(format!("{} ({})", workstation.name, workstation.id))
}

async fn keychain() -> anyhow::Result<String> {
    let lost = Vault::of_this_system().lost_keys().await.map_err(|fault| match fault {
        KeychainError::Absent(_) => anyhow::Error::new(fault)
            .context("none answers here: ask as the kiosk's user, within its session"),
        KeychainError::Locked | KeychainError::Refused(_) | KeychainError::Mute | KeychainError::Crowded => {
            fault.into()
        }
    })?;
    let lost: Vec<_> = lost.into_iter().map(Entry::name).collect();
    ensure!(lost.is_empty(), "it does not hold `{}`: run `tapward-agent enrol`", lost.join("` and `"));
    Ok("holds this workstation's keys".to_owned())
}

fn display() -> anyhow::Result<String> {
    let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    let Some(display) = named("DISPLAY") else {
        let compositor = named("WAYLAND_DISPLAY");
        let compositor =
            compositor.context("neither DISPLAY nor WAYLAND_DISPLAY is set: there is nothing to cover")?;
        return Ok(format!(
            "{compositor}: drawn, and not held while the agent is shown (`tapward-shield --check`)"
        ));
    };
    let session = named("XDG_SESSION_TYPE").unwrap_or_default();
    ensure!(
        session != "wayland",
        "this X display is a Wayland session's: have the shield told `--display-server wayland`, and take DISPLAY away here"
    );
    Ok(display)
}

async fn inactivity(config: &Config) -> anyhow::Result<String> {
    let (sink, _events) = EventSink::channel();
    let counting = Counting::of(SyntheticInput::default(), &config.readers);
    let idle = SystemIdle::start(None, counting, Arc::new(SystemClock::new()), sink)?;
    ensure!(idle.gauge().works().await, "no keyboard, mouse or other device tells when it was last touched");
    Ok("input can be told".to_owned())
}

/// Looked at only: the policy in force is the one the agent began with.
fn report_policy(report: &mut Report, file: &Path, state_directory: &Path) {
    let name = file.display();
    match PolicyInForce::look(file, state_directory).origin {
        PolicyOrigin::File => report.good("policy", &format!("{name}")),
        PolicyOrigin::Defaults => {
            report.good("policy", &format!("there is no `{name}`: the documented defaults hold"));
        }
        PolicyOrigin::LastGood => report.look_at(
            "policy",
            &format!("`{name}` is refused or gone, the log says why: the last good one holds"),
        ),
        PolicyOrigin::BuiltInStrict => report.look_at(
            "policy",
            &format!("`{name}` is refused, the log says why, and there is no last good one: the built-in strict one holds"),
        ),
    }
}

/// Looked at from outside: the agent may have it open.
fn report_spool(report: &mut Report, state_directory: &Path) {
    match SpoolFiles::in_folder(state_directory) {
        Ok(SpoolFiles { size_bytes, is_key_sealed, set_aside }) => {
            let found = size_bytes.map_or("none yet".to_owned(), |bytes| format!("{} KiB", bytes / 1024));
            report.good("waiting records", &found);
            if is_key_sealed {
                report.good("sealed key", "lies beside the waiting records");
            } else if state_directory.join(STATE_FILE).exists() {
                report.look_at(
                    "sealed key",
                    "none lies beside the waiting records: should this keychain be lost, they are lost with it. Only \
                     enrolling again makes one: KNOWN-ISSUES says how",
                );
            }
            if set_aside > 0 {
                report.look_at(
                    "waiting records",
                    &format!(
                        "{set_aside} of at most {SET_ASIDE_MAX} files were set aside as `{SPOOL_FILE}.aside-…`, damaged, \
                         of a lost key, or of the workstation that this one was before: copy each, with what begins \
                         with its name, to the server and run `tapward-server spool recover` there, then move them away"
                    ),
                );
            }
        }
        Err(error) => report.of("waiting records", Err(error.into())),
    }
}

/// As the agent that runs, or ran last, has seen them: only it claims a reader.
fn report_readers(report: &mut Report, configured: &ReadersConfig, state_directory: &Path) {
    const WHAT: &str = "badge readers";
    let wished = readers_wished(configured);
    let readers = match fault_record::read(state_directory) {
        Ok(Some(readers)) => readers,
        Ok(None) => {
            return match wished {
                Some(wished) => report.look_at(
                    WHAT,
                    &format!(
                        "the configuration asks for {wished}; whether it is there shows once the agent runs"
                    ),
                ),
                None => {
                    report.good(WHAT, "none has to be there; what is plugged in shows once the agent runs")
                }
            };
        }
        Err(error) => return report.look_at(WHAT, &format!("`{READERS_FILE}`: {error}")),
    };
    let failed: Vec<_> = readers.iter().filter(|reader| reader.faults > 0).map(reader_words).collect();
    match (wished, readers.len()) {
        (Some(wished), 0) => {
            report
                .look_at(WHAT, &format!("the configuration asks for {wished}, and the agent has seen none"));
        }
        (_, seen) if failed.is_empty() => {
            report.good(WHAT, &format!("{seen} seen, none failed since the agent started"));
        }
        _ => report.look_at(WHAT, &failed.join("; ")),
    }
}

/// What must be there; `None` where nothing must.
fn readers_wished(configured: &ReadersConfig) -> Option<String> {
    let pcsc = (configured.pcsc == PcscUse::Required).then(|| "a PC/SC reader".to_owned());
    let wedges = match configured.wedges.len() {
        0 => None,
        1 => Some("one that types like a keyboard".to_owned()),
        count => Some(format!("{count} that type like keyboards")),
    };
    match (pcsc, wedges) {
        (Some(pcsc), Some(wedges)) => Some(format!("{pcsc} and {wedges}")),
        (one, other) => one.or(other),
    }
}

fn reader_words(reader: &ReaderRecord) -> String {
    let now = if reader.reads { "reads again" } else { "does not read" };
    let times = if reader.faults == 1 { "once".to_owned() } else { format!("{} times", reader.faults) };
    let last = reader.last_fault.as_deref().unwrap_or("unknown");
    format!("reader {} {now}, failed {times} since the agent started, last: {last}", reader.reader)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use agent_platform::durable_file;
    use agent_runtime::config::{WedgeClaim, WedgeThrough};

    use super::*;

    fn told_of_spool(folder: &Path) -> Vec<String> {
        let mut report = Report::default();
        report_spool(&mut report, folder);
        assert_eq!(report.faults(), 0, "people can sign in");
        report.lines()
    }

    #[test]
    fn the_doctor_tells_of_waiting_records_and_of_files_set_aside_without_touching_them() {
        let folder = tempfile::tempdir().unwrap();
        let lines = || told_of_spool(folder.path());
        fs::write(folder.path().join("spool.sqlite.key.sealed"), "").unwrap();
        let sealed = "ok       sealed key: lies beside the waiting records";
        assert_eq!(lines(), ["ok       waiting records: none yet", sealed]);

        fs::write(folder.path().join("spool.sqlite"), [0; 2048]).unwrap();
        assert_eq!(lines(), ["ok       waiting records: 2 KiB", sealed]);

        for name in ["spool.sqlite.aside-1", "spool.sqlite.aside-1-wal", "spool.sqlite.aside-2"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let found = lines();
        assert!(
            found[2].starts_with("LOOK AT  waiting records: 2 of at most 8 files were set aside"),
            "{found:?}"
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5);
    }

    #[test]
    fn the_doctor_says_that_waiting_records_without_a_sealed_key_are_lost_with_the_keychain() {
        let folder = tempfile::tempdir().unwrap();
        let lines = || told_of_spool(folder.path());
        assert_eq!(lines(), ["ok       waiting records: none yet"], "it is not enrolled yet");

        fs::write(folder.path().join(STATE_FILE), "{}").unwrap();
        let found = lines();
        assert!(found[1].starts_with("LOOK AT  sealed key: none lies beside"), "{found:?}");
    }

    #[test]
    fn the_doctor_tells_of_a_policy_that_is_refused_and_makes_none_the_last_good_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("policy.toml");
        let line = || {
            let mut report = Report::default();
            report_policy(&mut report, &file, folder.path());
            assert_eq!(report.faults(), 0, "people can sign in");
            report.lines().remove(0)
        };
        assert!(line().starts_with("ok       policy: there is no"), "{}", line());

        let good = "[automatic_logoff]\nafter = \"10 min\"\n";
        fs::write(&file, good).unwrap();
        assert_eq!(line(), format!("ok       policy: {}", file.display()));

        fs::write(&file, "nonsense").unwrap();
        let strict = line();
        assert!(strict.starts_with("LOOK AT  policy: ") && strict.contains("built-in strict"), "{strict}");

        fs::write(&file, good).unwrap();
        let _ = PolicyInForce::load(&file, folder.path());
        fs::write(&file, "nonsense").unwrap();
        let last_good = line();
        assert!(last_good.starts_with("LOOK AT  policy: ") && last_good.contains("last good"), "{last_good}");
    }

    #[test]
    fn the_doctor_tells_which_readers_must_be_there_before_the_agent_has_seen_any() {
        let folder = tempfile::tempdir().unwrap();
        let line = |configured: &ReadersConfig| {
            let mut report = Report::default();
            report_readers(&mut report, configured, folder.path());
            assert_eq!(report.faults(), 0, "people can sign in");
            report.lines().remove(0)
        };
        let wedge =
            WedgeClaim { vendor: 0x09d8, product: 0x0420, port: None, through: WedgeThrough::default() };
        let required = ReadersConfig { pcsc: PcscUse::Required, wedges: vec![wedge.clone()] };
        assert_eq!(
            line(&ReadersConfig::default()),
            "ok       badge readers: none has to be there; what is plugged in shows once the agent runs"
        );
        assert_eq!(
            line(&required),
            "LOOK AT  badge readers: the configuration asks for a PC/SC reader and one that types like a keyboard; \
             whether it is there shows once the agent runs"
        );

        durable_file::write_atomically(&folder.path().join(READERS_FILE), b"[]").unwrap();
        let two = ReadersConfig { pcsc: PcscUse::Off, wedges: vec![wedge.clone(), wedge] };
        assert_eq!(
            line(&two),
            "LOOK AT  badge readers: the configuration asks for 2 that type like keyboards, and the agent has seen none"
        );
        assert_eq!(
            line(&ReadersConfig::default()),
            "ok       badge readers: 0 seen, none failed since the agent started"
        );
    }

    #[test]
    fn the_doctor_tells_how_often_each_reader_failed_and_whether_it_reads() {
        let folder = tempfile::tempdir().unwrap();
        let lines = |text: &str| {
            durable_file::write_atomically(&folder.path().join(READERS_FILE), text.as_bytes()).unwrap();
            let mut report = Report::default();
            report_readers(&mut report, &ReadersConfig::default(), folder.path());
            assert_eq!(report.faults(), 0, "people can sign in");
            report.lines()
        };

        let well = r#"[{"reader":1,"reads":true,"faults":0}]"#;
        assert_eq!(lines(well), ["ok       badge readers: 1 seen, none failed since the agent started"]);

        let ill = r#"[{"reader":1,"reads":true,"faults":3,"last_fault":"mute"},{"reader":2,"reads":true,"faults":0},
            {"reader":3,"reads":false,"faults":1,"last_fault":"unplugged"}]"#;
        assert_eq!(
            lines(ill),
            [
                "LOOK AT  badge readers: reader 1 reads again, failed 3 times since the agent started, last: mute; \
              reader 3 does not read, failed once since the agent started, last: unplugged"
            ]
        );

        let strange = lines("nonsense");
        assert!(strange[0].starts_with("LOOK AT  badge readers: `readers.json`: "), "{strange:?}");
    }
}
