//! The command line.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use launch_contract::{Containment, ORPHAN_MS};

use crate::{
    containment::KEEPER,
    wipe::{PLACES, Spooler},
};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
tapward-launch: runs the clinical apps of a session, and leaves nothing of them

Usage: tapward-launch [OPTIONS]
       tapward-launch --inherited [OPTIONS]
       tapward-launch --check [--json] [--inherited] [OPTIONS]
       tapward-launch --version | --help

  --user USER          the apps' account (default tapward-session)
  --agent-user USER    who may ask, besides root (default tapward)
  --home DIR           their home, made anew for each session (default /var/lib/tapward-session)
  --runtime DIR        their runtime directory (default /run/tapward-session)
  --skeleton DIR       what is in a new home (default /etc/tapward/skel)
  --place DIR          searched for what they left, instead of /tmp, /var/tmp, /dev/shm,
                       /run/lock, /dev/mqueue and /var/crash (may be repeated: name them all)
  --cups SOCKET        where it is, something prints (default /run/cups/cups.sock)
  --cancel PROGRAM     ends print jobs there (default /usr/bin/cancel)
  --containment KIND   systemd-scope, cgroup or subreaper (default: the first that can be had)
  --orphan-ms MS       how long apps stay frozen without an agent (default 30000)
  --inherited          serve the agent at descriptor 3, as its own account: not enforced
  --check              say account, containment, freezing and what cannot be wiped, then leave
  --json               the same for programs
  --version            print the version
  --help               print this

A root service, started by tapward-launch.socket. Only with --inherited it is not root's.
Ends with 0 when asked to (SIGTERM); 64 on a wrong command line, 69 when there is no
socket, 70 when the system refused. --check ends with 0 when all is as it should be, 1
when apps run but are not kept apart or cannot be frozen, 2 when none can be started.
";

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Task {
    /// Serve.
    Run(Options),
    /// `--check`
    Check(Options, Form),
    /// Do nothing until standard input ends.
    Keep,
    /// `--version`
    Version,
    /// `--help`
    Help,
}

/// How `--check` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Text,
    Json,
}

/// The options that are not tasks.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) user: String,
    pub(crate) agent_user: String,
    /// Where not given, it depends on whose account the apps have.
    pub(crate) home: Option<PathBuf>,
    pub(crate) runtime: Option<PathBuf>,
    pub(crate) skeleton: PathBuf,
    pub(crate) places: Vec<PathBuf>,
    pub(crate) spooler: Spooler,
    pub(crate) containment: Option<Containment>,
    pub(crate) orphan_after: Duration,
    pub(crate) is_inherited: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user: "tapward-session".to_owned(),
            agent_user: "tapward".to_owned(),
            home: None,
            runtime: None,
            skeleton: "/etc/tapward/skel".into(),
            places: Vec::new(),
            spooler: Spooler { socket: "/run/cups/cups.sock".into(), cancel: "/usr/bin/cancel".into() },
            containment: None,
            orphan_after: Duration::from_millis(ORPHAN_MS),
            is_inherited: false,
        }
    }
}

/// Reads the arguments, the program's name left out; the error says what is wrong.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let mut arguments = arguments.into_iter();
    let mut options = Options::default();
    let (mut is_check, mut form) = (false, Form::Text);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{} needs a value", argument.display()));
        match argument.to_str() {
            Some("--version") => return Ok(Task::Version),
            Some("--help") => return Ok(Task::Help),
            Some(KEEPER) => return Ok(Task::Keep),
            Some("--check") => is_check = true,
            Some("--json") => form = Form::Json,
            Some("--inherited") => options.is_inherited = true,
            Some("--user") => options.user = text(value()?)?,
            Some("--agent-user") => options.agent_user = text(value()?)?,
            Some("--home") => options.home = Some(value()?.into()),
            Some("--runtime") => options.runtime = Some(value()?.into()),
            Some("--skeleton") => options.skeleton = value()?.into(),
            Some("--place") => options.places.push(value()?.into()),
            Some("--cups") => options.spooler.socket = value()?.into(),
            Some("--cancel") => options.spooler.cancel = value()?.into(),
            Some("--containment") => options.containment = Some(containment(&text(value()?)?)?),
            Some("--orphan-ms") => {
                let ms = text(value()?)?.parse().map_err(|_| "--orphan-ms is a number".to_owned())?;
                options.orphan_after = Duration::from_millis(ms);
            }
            Some(_) | None => return Err(format!("unknown argument {}", argument.display())),
        }
    }
    if options.places.is_empty() {
        options.places = PLACES.map(PathBuf::from).to_vec();
    }
    match (is_check, form) {
        (true, form) => Ok(Task::Check(options, form)),
        (false, Form::Text) => Ok(Task::Run(options)),
        (false, Form::Json) => Err("--json goes with --check".to_owned()),
    }
}

fn text(value: OsString) -> Result<String, String> {
    value.into_string().map_err(|value| format!("{} is no text", value.display()))
}

fn containment(name: &str) -> Result<Containment, String> {
    match name {
        "systemd-scope" => Ok(Containment::SystemdScope),
        "cgroup" => Ok(Containment::Cgroup),
        "subreaper" => Ok(Containment::Subreaper),
        other => Err(format!("--containment is systemd-scope, cgroup or subreaper, not {other}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn without_a_word_it_serves_the_packaged_account_in_the_packaged_places() {
        let Ok(Task::Run(options)) = read("") else { panic!("a task") };

        assert_eq!((options.user.as_str(), options.agent_user.as_str()), ("tapward-session", "tapward"));
        assert_eq!(options.places.len(), 6);
        assert_eq!(options.orphan_after, Duration::from_secs(30));
        assert!(!options.is_inherited && options.home.is_none() && options.containment.is_none());
    }

    #[test]
    fn places_that_are_named_are_all_there_are() {
        let Ok(Task::Check(options, Form::Json)) = read("--check --json --place /a --place /b") else {
            panic!("a check")
        };

        assert_eq!(options.places, [PathBuf::from("/a"), PathBuf::from("/b")]);
    }

    #[test]
    fn what_is_missing_or_unknown_is_said() {
        for (line, said) in [
            ("--user", "--user needs a value"),
            ("--json", "--json goes with --check"),
            ("--containment docker", "--containment is systemd-scope, cgroup or subreaper, not docker"),
            ("--orphan-ms soon", "--orphan-ms is a number"),
            ("--usr x", "unknown argument --usr"),
            ("x", "unknown argument x"),
        ] {
            assert_eq!(read(line).err().as_deref(), Some(said), "{line}");
        }
    }
}
