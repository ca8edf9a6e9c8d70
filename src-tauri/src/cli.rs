//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use clap_complete::Shell;

use crate::{doctor, logging::Format};

const EXAMPLES: &str = "Examples:
  tapward-agent enrol < code.txt
  tapward-agent doctor
  tapward-agent doctor --before-session --json
  tapward-agent --config /etc/tapward/agent.toml --log-format text run
  tapward-agent completions bash > /usr/share/bash-completion/completions/tapward-agent
  tapward-agent man --to /usr/share/man/man1";

/// Login agent for shared clinical workstations.
#[derive(Debug, Parser)]
#[command(name = "tapward-agent", version, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    /// The configuration file.
    #[arg(long, value_name = "PATH", global = true, default_value = "/etc/tapward/agent.toml")]
    pub config: PathBuf,
    /// How the log is written to standard error; by default text on a terminal, else JSON.
    #[arg(long, value_enum, value_name = "FORMAT", global = true)]
    pub log_format: Option<Format>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Cover the screen and let people sign in. Started by tapward-shield.
    Run,
    /// Bind this workstation to a session server. The enrolment code is read from standard input.
    Enrol {
        /// The session server, for example `https://tapward.hospital.example`; by default the configured one.
        #[arg(long, value_name = "URL")]
        server: Option<String>,
        /// Read the enrolment code from this file instead; nobody else may be able to read it.
        #[arg(long, value_name = "FILE")]
        code_file: Option<PathBuf>,
    },
    /// Say what is set up and what is missing, without covering anything.
    Doctor(doctor::Options),
    /// Print shell completions.
    Completions {
        /// For which shell.
        shell: Shell,
    },
    /// Print the manual page, or write those of every command.
    Man {
        /// Write a page for each command into this folder, which is there already.
        #[arg(long, value_name = "FOLDER")]
        to: Option<PathBuf>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_enrolment_code_is_no_argument() {
        assert!(
            Cli::try_parse_from(["tapward-agent", "enrol", "--server", "https://a", "TW1-code"]).is_err()
        );
        assert!(
            Cli::try_parse_from(["tapward-agent", "enrol", "--server", "https://a", "--code", "TW1"])
                .is_err()
        );
    }

    #[test]
    fn every_page_that_the_manual_names_is_written() {
        let folder = tempfile::tempdir().unwrap();
        clap_mangen::generate_to(Cli::command(), folder.path()).unwrap();
        let page = std::fs::read_to_string(folder.path().join("tapward-agent.1")).unwrap();
        let named: Vec<_> = Cli::command().get_subcommands().map(|one| one.get_name().to_owned()).collect();
        for name in named {
            assert!(page.contains(&format!("tapward\\-agent\\-{name}(1)")), "{name} in {page}");
            assert!(folder.path().join(format!("tapward-agent-{name}.1")).exists(), "{name}");
        }
    }

    #[test]
    fn nothing_is_done_unasked() {
        assert!(Cli::try_parse_from(["tapward-agent"]).is_err());
    }
}
