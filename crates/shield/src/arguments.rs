//! The command line.

use std::ffi::OsString;

use crate::agent::Launch;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
tapward-shield: covers every monitor, holds the input, and runs the agent

Usage: tapward-shield --agent PROGRAM [--env NAME]... [-- ARGUMENTS...]
       tapward-shield --check | --version | --help

  --agent PROGRAM   the agent to start and supervise
  --env NAME        let the agent inherit this variable too (for tests; may be repeated)
  --check           print the monitors and whether the input can be held, then leave
  --version         print the version
  --help            print this

Leads the kiosk session: when it ends, that OS session is to end. Needs DISPLAY.
Ends with 0 when asked to (SIGTERM), 1 when --check found the input taken, 64 on a wrong
command line, 69 when there is no X server to cover, 70 when the X server went away.
";

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Task {
    /// Hold the screen.
    Run(Launch),
    /// `--check`
    Check,
    /// `--version`
    Version,
    /// `--help`
    Help,
}

/// Reads the arguments, the program's name left out; the error says what is wrong.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, String> {
    let mut arguments = arguments.into_iter();
    let mut launch = Launch::default();
    let mut is_agent_given = false;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--check") => return Ok(Task::Check),
            Some("--version") => return Ok(Task::Version),
            Some("--help") => return Ok(Task::Help),
            Some("--agent") => {
                launch.program = arguments.next().ok_or("--agent needs a program")?.into();
                is_agent_given = true;
            }
            Some("--env") => launch.environment.push(arguments.next().ok_or("--env needs a name")?),
            Some("--") => {
                launch.arguments.extend(arguments.by_ref());
            }
            Some(_) | None => return Err(format!("unknown argument {}", argument.display())),
        }
    }
    if is_agent_given { Ok(Task::Run(launch)) } else { Err("--agent PROGRAM is missing".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn everything_after_the_dashes_is_the_agents() {
        let task = read("--agent /usr/bin/tapward-agent --env A --env B -- --config x --env C");

        let Ok(Task::Run(launch)) = task else { panic!("{task:?}") };
        assert_eq!(launch.program.as_os_str(), "/usr/bin/tapward-agent");
        assert_eq!(launch.environment, ["A", "B"]);
        assert_eq!(launch.arguments, ["--config", "x", "--env", "C"]);
    }

    #[test]
    fn what_is_missing_or_unknown_is_said() {
        for (line, said) in [
            ("", "--agent PROGRAM is missing"),
            ("-- --agent x", "--agent PROGRAM is missing"),
            ("--agent", "--agent needs a program"),
            ("--agent x --env", "--env needs a name"),
            ("--agent x y", "unknown argument y"),
            ("--agnet x", "unknown argument --agnet"),
        ] {
            assert_eq!(read(line).err().as_deref(), Some(said), "{line}");
        }
    }
}
