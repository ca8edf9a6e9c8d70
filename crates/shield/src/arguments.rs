//! The command line.

use std::ffi::OsString;

use crate::{agent::Launch, cover::DisplayServer};

/// What `--help` prints.
pub(crate) const HELP: &str = "\
tapward-shield: covers every monitor, holds the input, and runs the agent

Usage: tapward-shield [--display-server NAME] --agent PROGRAM [--notice-file FILE]
                      [--env NAME]... [-- ARGUMENTS...]
       tapward-shield [--display-server NAME] --check
       tapward-shield --version | --help

  --agent PROGRAM   the agent to start and supervise
  --notice-file FILE
                    what to say of this workstation while the agent does not run: lines
                    `workstation = ...`, `help-line = ...`, `language = en | es`
  --env NAME        let the agent inherit this variable too (for tests; may be repeated)
  --display-server x11|wayland
                    what draws the screen; otherwise Wayland where WAYLAND_DISPLAY is set and
                    DISPLAY is not, and X11 where it is not so
  --check           print the monitors, what this display cannot hold, and whether the input can
                    be held or the screen only drawn over, then leave
  --version         print the version
  --help            print this

Leads the kiosk session: when it ends, that OS session is to end. Needs DISPLAY or WAYLAND_DISPLAY.
Ends with 0 when asked to (SIGTERM), 1 when --check found the input taken, 64 on a wrong
command line, 69 when there is nothing to cover (no X server, no Wayland compositor, or one that
has neither ext-session-lock-v1 nor wlr-layer-shell-v1), 70 when the display server went away
or has not answered for 5 s.
";

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Task {
    /// Hold the screen.
    Run {
        /// With this agent.
        launch: Launch,
        /// Of this display server, where it was named.
        server: Option<DisplayServer>,
    },
    /// `--check`
    Check {
        /// This display server, where it was named.
        server: Option<DisplayServer>,
    },
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
    let mut server = None;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--check") => return Ok(Task::Check { server }),
            Some("--display-server") => {
                server = Some(match arguments.next().as_ref().and_then(|name| name.to_str()) {
                    Some("x11") => DisplayServer::X11,
                    Some("wayland") => DisplayServer::Wayland,
                    Some(_) | None => return Err("--display-server needs x11 or wayland".to_owned()),
                });
            }
            Some("--version") => return Ok(Task::Version),
            Some("--help") => return Ok(Task::Help),
            Some("--agent") => {
                launch.program = arguments.next().ok_or("--agent needs a program")?.into();
                is_agent_given = true;
            }
            Some("--notice-file") => {
                launch.notice_file = Some(arguments.next().ok_or("--notice-file needs a file")?.into());
            }
            Some("--env") => launch.environment.push(arguments.next().ok_or("--env needs a name")?),
            Some("--") => {
                launch.arguments.extend(arguments.by_ref());
            }
            Some(_) | None => return Err(format!("unknown argument {}", argument.display())),
        }
    }
    if is_agent_given {
        Ok(Task::Run { launch, server })
    } else {
        Err("--agent PROGRAM is missing".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Task, String> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn everything_after_the_dashes_is_the_agents() {
        let task =
            read("--agent /usr/bin/tapward-agent --notice-file /n --env A --env B -- --config x --env C");

        let Ok(Task::Run { launch, server: None }) = task else { panic!("{task:?}") };
        assert_eq!(launch.program.as_os_str(), "/usr/bin/tapward-agent");
        assert_eq!(launch.environment, ["A", "B"]);
        assert_eq!(launch.notice_file.as_deref(), Some(std::path::Path::new("/n")));
        assert_eq!(launch.arguments, ["--config", "x", "--env", "C"]);
    }

    #[test]
    fn the_display_server_can_be_named() {
        let task = read("--display-server wayland --check");
        assert!(matches!(task, Ok(Task::Check { server: Some(DisplayServer::Wayland) })), "{task:?}");
        let task = read("--display-server x11 --agent a");
        assert!(matches!(task, Ok(Task::Run { server: Some(DisplayServer::X11), .. })), "{task:?}");
    }

    #[test]
    fn what_is_missing_or_unknown_is_said() {
        for (line, said) in [
            ("", "--agent PROGRAM is missing"),
            ("-- --agent x", "--agent PROGRAM is missing"),
            ("--agent", "--agent needs a program"),
            ("--agent x --env", "--env needs a name"),
            ("--agent x --notice-file", "--notice-file needs a file"),
            ("--agent x y", "unknown argument y"),
            ("--agnet x", "unknown argument --agnet"),
            ("--display-server", "--display-server needs x11 or wayland"),
            ("--display-server mir --check", "--display-server needs x11 or wayland"),
        ] {
            assert_eq!(read(line).err().as_deref(), Some(said), "{line}");
        }
    }
}
