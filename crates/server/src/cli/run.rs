//! Does what was typed.

use std::{
    io::{BufRead as _, IsTerminal as _, Read as _, Write as _},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use clap::CommandFactory as _;
use protocol::{secret::WireSecret, v1::session::PASSWORD_SIZE_BYTES_MAX};
use tokio::signal::unix::{SignalKind, signal};

use super::{
    args::{Auditor, Cli, Init, Serve, Session, Spool, User, Verb, Workstation},
    badge_list, badges,
    show::show,
};
use crate::{
    admin::{
        message::{Answer, Command},
        socket,
    },
    clock::{Clock as _, SystemClock},
    init::{Site, init},
    serve,
    spool_recovery::{Brought, recover},
};

/// Runs one command line.
///
/// # Errors
/// In words for whoever typed it.
pub async fn run(cli: Cli) -> Result<()> {
    let command = match cli.verb {
        Verb::Init(arguments) => return make(&cli.data, arguments, cli.json),
        Verb::Serve(arguments) => return serve_until_told(&cli.data, &arguments, cli.json).await,
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "tapward-server", &mut script);
            return write(&script);
        }
        Verb::Man { to: None } => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page)?;
            return write(&page);
        }
        Verb::Man { to: Some(folder) } => return pages(&folder),
        Verb::User(verb) => user(verb)?,
        Verb::Badge(verb) => {
            let answer = badges::ask(&cli.data, verb).await?;
            tell(&answer, cli.json)?;
            if let Answer::BadgesImported(told) = answer
                && let Some(failure) = badge_list::failure(&told)
            {
                bail!(failure);
            }
            return Ok(());
        }
        Verb::Workstation(verb) => workstation(verb),
        Verb::Session(Session::List) => Command::SessionList,
        Verb::Session(Session::End { session }) => Command::SessionEnd { session_id: session },
        Verb::Auditor(verb) => auditor(verb),
        Verb::Spool(Spool::Recover { file, key }) => {
            let recovered = recover(&cli.data, &Brought { file, key }).await?;
            return tell(&Answer::Recovered(recovered), cli.json);
        }
    };
    tell(&socket::ask(&cli.data, &command).await?, cli.json)
}

fn tell(answer: &Answer, is_json: bool) -> Result<()> {
    say(&if is_json { serde_json::to_string_pretty(answer)? } else { show(answer) })
}

fn make(data: &Path, arguments: Init, is_json: bool) -> Result<()> {
    let site = Site {
        beside: arguments.beside.as_deref(),
        organisation: arguments.organisation,
        help_line: arguments.help_line,
        hosts: arguments.hosts,
    };
    init(data, site, SystemClock::not_before(jiff::Timestamp::MIN).wall())?;
    if is_json {
        return say(&serde_json::json!({ "answer": "made", "data": data }).to_string());
    }
    say(&format!(
        "Made {}.\nIt holds the server's keys: back it up where nobody else reads.\nNext: tapward-server serve --data {}",
        data.display(),
        data.display()
    ))
}

async fn serve_until_told(data: &Path, arguments: &Serve, is_json: bool) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let options = serve::Options { listen: arguments.listen, clock: None };
    let running = serve::start(data, options).await?;
    let address = running.address;
    say(&if is_json {
        serde_json::json!({ "answer": "listening", "address": address }).to_string()
    } else {
        format!("Listening on https://{address}")
    })?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    running.drain().await
}

fn user(verb: User) -> Result<Command> {
    Ok(match verb {
        User::Add { name, display_name, role, password_stdin } => {
            Command::UserAdd { name, display_name, role, password: password(password_stdin)? }
        }
        User::List => Command::UserList,
        User::Disable { name } => Command::UserDisable { name, is_disabled: true },
        User::Enable { name } => Command::UserDisable { name, is_disabled: false },
        User::Totp { name } => Command::UserTotp { name },
        User::Pin { name } => {
            let pin = first_line(PASSWORD_SIZE_BYTES_MAX)?;
            let pin = pin.context(
                "standard input holds no PIN in its first line. Type it there, or put it into a file that only you can \
                 read: tapward-server user pin NAME < pin.txt",
            )?;
            Command::UserPin { name, pin }
        }
        User::Reset { name, password_stdin } => {
            Command::UserReset { name, password: password(password_stdin)? }
        }
    })
}

fn workstation(verb: Workstation) -> Command {
    match verb {
        Workstation::Code { uses, expires, name, unit } => {
            Command::WorkstationCode { uses, expires_in_s: expires.as_secs(), name, unit }
        }
        Workstation::Codes => Command::WorkstationCodes,
        Workstation::WithdrawCode { code } => Command::WorkstationWithdrawCode { code_id: code },
        Workstation::List => Command::WorkstationList,
        Workstation::Revoke { workstation } => Command::WorkstationRevoke { workstation },
    }
}

fn auditor(verb: Auditor) -> Command {
    match verb {
        Auditor::Token { name, expires } => Command::AuditorToken { name, expires_in_s: expires.as_secs() },
        Auditor::List => Command::AuditorList,
        Auditor::Revoke { name } => Command::AuditorRevoke { name },
    }
}

/// The first line of standard input, without its end. Unless it `must` be there, nothing (or a person at
/// a terminal) means that one is to be made.
fn password(must: bool) -> Result<Option<WireSecret>> {
    if !must && std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let password = first_line(PASSWORD_SIZE_BYTES_MAX)?;
    if password.is_none() && must {
        bail!("standard input holds no password in its first line");
    }
    Ok(password)
}

/// The first line of standard input, without its end; nothing where it is empty.
pub(super) fn first_line(size_bytes_max: usize) -> Result<Option<WireSecret>> {
    // A longer one is not cut to a right one: its end is missing then, and the server sees that it is too long.
    let mut line = zeroize::Zeroizing::new(String::with_capacity(size_bytes_max + 3));
    let bound = u64::try_from(size_bytes_max + 3)?;
    std::io::stdin().lock().take(bound).read_line(&mut line).context("standard input cannot be read")?;
    let text = line.trim_end_matches(['\r', '\n']);
    Ok((!text.is_empty()).then(|| WireSecret::new(text.to_owned())))
}

/// A manual page for the program and for each of its commands.
fn pages(folder: &Path) -> Result<()> {
    let context = || format!("manual pages cannot be written to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(context)?;
    clap_mangen::generate_to(Cli::command(), folder).with_context(context)
}

fn say(text: &str) -> Result<()> {
    write(format!("{text}\n").as_bytes())
}

/// Whoever reads it may have read enough (`| head`): that is no fault.
fn write(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => Ok(outcome?),
    }
}
