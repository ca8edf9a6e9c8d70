//! What may be typed.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use protocol::v1::badge::BadgeGrade;
use uuid::Uuid;

/// The Tapward session server.
#[derive(Debug, Parser)]
#[command(name = "tapward-server", version, about, long_about = None, after_help = "\
Examples:
  tapward-server init --data /var/lib/tapward-server --organisation 'St. Example Hospital' --host tapward.example.org
  tapward-server serve --data /var/lib/tapward-server
  tapward-server user add maria --display-name 'Maria O.' --role RN
  tapward-server workstation code --name WS-07 --unit ICU-3

Exit codes:
  0  done, or it was so already
  1  not done: the reason is on standard error
  2  the command line cannot be read
With --json the reason is one object there: `message`, and `code` where it has a stable one.")]
pub struct Cli {
    /// Folder of the server.
    #[arg(long, global = true, default_value = "/var/lib/tapward-server")]
    pub data: PathBuf,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Make the folder of a new server: keys, certificates, configuration. Overwrites nothing.
    #[command(
        after_help = "Examples:\n  tapward-server init --data DIR --organisation 'St. Example Hospital' --help-line 5-1234 --host tapward.example.org --host 192.0.2.7\n  tapward-server init --data DIR --beside /mnt/first --host tapward-2.example.org"
    )]
    Init(Init),
    /// Run the server until SIGTERM or Ctrl-C.
    Serve(Serve),
    /// People.
    #[command(subcommand)]
    User(User),
    /// Badges. A badge names a person; it is no secret.
    #[command(subcommand)]
    Badge(Badge),
    /// Workstations and the codes they enrol with.
    #[command(subcommand)]
    Workstation(Workstation),
    /// Sessions.
    #[command(subcommand)]
    Session(Session),
    /// Tokens that read the audit record.
    #[command(subcommand)]
    Auditor(Auditor),
    /// Files of waiting records that a workstation set aside.
    #[command(subcommand)]
    Spool(Spool),
    /// Print a completion script for a shell.
    Completions {
        /// Which.
        shell: Shell,
    },
    /// Print the manual page, or write one for each command into a folder.
    #[command(
        after_help = "Examples:\n  tapward-server man | man -l -\n  tapward-server man --to /usr/local/share/man/man1"
    )]
    Man {
        /// Write the pages of all commands here instead.
        #[arg(long, value_name = "FOLDER")]
        to: Option<PathBuf>,
    },
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// Name of the organisation, shown at workstations and in authenticator apps.
    #[arg(long)]
    pub organisation: Option<String>,
    /// Whom to call, shown at the covered screen.
    #[arg(long)]
    pub help_line: Option<String>,
    /// Name or address that workstations reach the server by; may be repeated. [default: this machine alone]
    #[arg(long = "host", value_name = "NAME|ADDRESS")]
    pub hosts: Vec<String>,
    /// Make one more server of the same PostgreSQL database: with keys, authority and configuration of the one whose folder
    /// this is, or a copy of it, and a certificate of its own.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["organisation", "help_line"])]
    pub beside: Option<PathBuf>,
}

/// `serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Address and port, instead of the configured ones; port 0 takes a free one. The bound address is
    /// printed, and written to `listen.addr` in the folder.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
}

/// `user …`
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a person. Prints her password (unless given on standard input) and the URL for her
    /// authenticator app, once.
    #[command(
        after_help = "Examples:\n  tapward-server user add maria --display-name 'Maria O.' --role RN\n  tapward-server user add maria --display-name 'Maria O.' --password-stdin < password.txt"
    )]
    Add {
        /// What she types; upper and lower case are the same.
        name: String,
        /// What the screen shows.
        #[arg(long)]
        display_name: String,
        /// For example RN.
        #[arg(long)]
        role: Option<String>,
        /// Refuse unless the first line of standard input holds the password. [default: take that line if
        /// it is there, else make a password and print it]
        #[arg(long)]
        password_stdin: bool,
    },
    /// List all.
    List,
    /// Sign nobody in under this name, and end the sessions at once.
    Disable {
        /// Whom.
        name: String,
    },
    /// Undo `disable`.
    Enable {
        /// Whom.
        name: String,
    },
    /// Make a new secret for one-time codes and print its URL, once. Ends the sessions.
    Totp {
        /// Whose.
        name: String,
    },
    /// Set the PIN that goes with her badge, 6 digits or more, read from standard input; forgets failures of the one
    /// before. Asked for only where policy says badge + PIN.
    #[command(after_help = "Example:\n  tapward-server user pin maria < pin.txt")]
    Pin {
        /// Whose.
        name: String,
    },
    /// Set a new password and forget failures, after a lockout or a lost password. Ends the sessions.
    Reset {
        /// Whose.
        name: String,
        /// Refuse unless the first line of standard input holds the password. [default: take that line if
        /// it is there, else make a password and print it]
        #[arg(long)]
        password_stdin: bool,
    },
}

/// `badge …`
#[derive(Debug, Subcommand)]
pub enum Badge {
    /// Give a person a badge. Its number is read from standard input, never from the command line: `uid:` and the serial
    /// number in hexadecimal (8, 14, 16 or 20 digits), or `wedge:` and what the reader types (4 to 64 characters). Upper
    /// case becomes lower case, as readers tell it.
    #[command(
        after_help = "Examples:\n  tapward-server badge enrol maria < number.txt\n  tapward-server badge enrol maria --grade cryptographic < number.txt"
    )]
    Enrol {
        /// Whose.
        name: String,
        /// What it proves.
        #[arg(long, value_enum, default_value_t = Grade::Uid)]
        grade: Grade,
    },
    /// Say whose badge this is: holder, id, grade, whether it is revoked. Its number is read from standard input, as for
    /// `enrol`. Exit code 1 where nobody has it.
    #[command(
        after_help = "Examples:\n  tapward-server badge find < number.txt\n  tapward-server badge find --json < number.txt"
    )]
    Find,
    /// Let a badge open nothing any more, and end its holder's grace period. Her sessions go on.
    #[command(
        override_usage = "tapward-server badge revoke <BADGE>\n       tapward-server badge revoke --of <NAME>",
        after_help = "Examples:\n  tapward-server badge revoke 7e6c8f3d-2b4a-4f10-b0c9-6a5d4e3f2a1b\n  tapward-server badge revoke --of maria"
    )]
    Revoke {
        /// Id of the badge, as `list` shows it.
        #[arg(required_unless_present = "of", conflicts_with = "of", value_parser = badge_id)]
        badge: Option<Uuid>,
        /// All badges of this person.
        #[arg(long, value_name = "NAME")]
        of: Option<String>,
    },
    /// List all, or those of one person: id, holder, grade, when enrolled and last seen. Numbers are kept nowhere.
    #[command(
        after_help = "Examples:\n  tapward-server badge list\n  tapward-server badge list --of maria --json"
    )]
    List {
        /// Of this person alone.
        #[arg(long, value_name = "NAME")]
        of: Option<String>,
    },
    /// Give badges to people by a list: one a line, `name,number,grade`, with or without that heading. Bad rows are
    /// listed with their line and reason. A badge that is hers already is no error, so a list may be imported again.
    /// Numbers are written as for `enrol`; upper case becomes lower case. Exit code 1 where nothing was imported.
    ///
    /// A list has at most 200000 rows. All or none, it is taken over in one transaction at the end, for which people who
    /// sign in wait: a second or so for 50000 rows, longer for more. The good ones are imported 1000 at a time.
    #[command(
        after_help = "Examples:\n  tapward-server badge import badges.csv --all-or-none\n  tapward-server badge import badges.csv --good-ones --json"
    )]
    Import {
        /// The list.
        file: PathBuf,
        /// What becomes of bad rows.
        #[command(flatten)]
        how: How,
    },
}

/// What becomes of a list with bad rows.
#[derive(Debug, Clone, Copy, Args)]
#[group(required = true, multiple = false)]
pub struct How {
    /// One bad row leaves all as it was. People who sign in wait for a moment at the end.
    #[arg(long)]
    pub all_or_none: bool,
    /// The good rows are imported, batch by batch; sign-ins go on between them.
    #[arg(long)]
    pub good_ones: bool,
}

/// What a badge proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Grade {
    /// Its number is read, and whoever copied the number presents the same.
    Uid,
    /// It answers a challenge with a key of its own: its number alone is refused from then on. No reader that asks for
    /// that proof is shipped yet.
    Cryptographic,
}

impl From<Grade> for BadgeGrade {
    fn from(grade: Grade) -> Self {
        match grade {
            Grade::Uid => Self::Uid,
            Grade::Cryptographic => Self::Cryptographic,
        }
    }
}

/// `workstation …`
#[derive(Debug, Subcommand)]
pub enum Workstation {
    /// Make an enrolment code and print it, once.
    #[command(
        after_help = "Examples:\n  tapward-server workstation code --name WS-07 --unit ICU-3\n  tapward-server workstation code --uses 40 --expires 8h --unit ER"
    )]
    Code {
        /// How many workstations it enrols, 1 to 1000.
        #[arg(long, default_value_t = crate::enrolment::USES_DEFAULT)]
        uses: u32,
        /// For how long, for example 30min or 8h; at most 30d.
        #[arg(long, default_value = "24h", value_parser = duration)]
        expires: std::time::Duration,
        /// Name of the workstation. [default: the server names it]
        #[arg(long)]
        name: Option<String>,
        /// Unit of the workstation.
        #[arg(long)]
        unit: Option<String>,
    },
    /// List the codes that still enrol. What they read is shown once, by `code`, and kept nowhere.
    #[command(
        after_help = "Examples:\n  tapward-server workstation codes\n  tapward-server workstation codes --json"
    )]
    Codes,
    /// Make a code enrol nothing any more: it was lost, or is not needed. Workstations that it enrolled stay.
    #[command(
        after_help = "Example:\n  tapward-server workstation withdraw-code 7e6c8f3d-2b4a-4f10-b0c9-6a5d4e3f2a1b"
    )]
    WithdrawCode {
        /// Id of the code, as `codes` lists it.
        code: Uuid,
    },
    /// List all.
    List,
    /// Sign nobody in at this workstation any more, and end its session at once.
    Revoke {
        /// Name or id.
        workstation: String,
    },
}

/// `session …`
#[derive(Debug, Subcommand)]
pub enum Session {
    /// List all that are open or lapsed.
    List,
    /// End one at once.
    End {
        /// Which.
        session: Uuid,
    },
}

/// `auditor …`
#[derive(Debug, Subcommand)]
pub enum Auditor {
    /// Make a token and print it, once.
    Token {
        /// Who will hold it.
        name: String,
        /// For how long, for example 8h or 90d; at most 366d.
        #[arg(long, default_value = "90d", value_parser = duration)]
        expires: std::time::Duration,
    },
    /// List all.
    List,
    /// End one.
    Revoke {
        /// Whose.
        name: String,
    },
}

/// `spool …`
#[derive(Debug, Subcommand)]
pub enum Spool {
    /// Put on record what waits in a spool file that a workstation set aside: its keychain was lost, or the file was
    /// damaged. Copy the file here first, with what begins with its name: its sealed key (.key.sealed) and, if it is
    /// there, its log (-wal). The file is not changed, and nothing is stored twice.
    #[command(
        after_help = "Examples:\n  tapward-server spool recover spool.sqlite.aside-1790000000000\n  tapward-server spool recover ws-07.sqlite --key ws-07.key --json"
    )]
    Recover {
        /// The file that was set aside.
        file: PathBuf,
        /// Its sealed key. [default: beside the file, under the file's name and .key.sealed]
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
}

fn badge_id(text: &str) -> Result<Uuid, &'static str> {
    text.parse().map_err(
        |_| "this is no id of a badge; `badge list` shows them, and `--of NAME` means all of a person's",
    )
}

fn duration(text: &str) -> Result<std::time::Duration, String> {
    policy::duration::parse(text).ok_or_else(|| String::from("a whole number with a unit: s, min, h or d"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_command_takes_a_password_pin_or_badge_number_as_an_argument() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments() {
                let takes_text = argument.get_action().takes_values();
                let is_secret = ["password", "pin", "number"]
                    .iter()
                    .any(|what| argument.get_id().as_str().contains(what));
                assert!(!(takes_text && is_secret), "{command}");
            }
            command.get_subcommands().for_each(check);
        }

        check(&Cli::command());
    }
}
