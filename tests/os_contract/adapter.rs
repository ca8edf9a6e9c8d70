//! Adapters in a process of their own, so that a test can give them a bus. Told what to do by the lines of
//! their standard input; what happened is printed, a line each.
//!
//! `adapter` alone obeys and prints events; `adapter --readers` watches badge readers and prints what they tell;
//! `adapter FOLDER` keeps the workstation of that folder and tries the ports' contracts on it.

#![allow(clippy::print_stdout, reason = "its output is what the test reads")]

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use agent_core::{command::Notice, ids::SessionId, secret::Secret};
use agent_platform::{
    audit_trail::SpooledTrail,
    badge_readers::{ReaderSettings, SystemBadgeReaders, pcsc::card::UidReading},
    enrolment::{Enrolling, EnrolmentCode, enrol},
    idle::{Counting, SyntheticInput, SystemIdle},
    keychain::{Entry, SystemKeychain, Vault},
    notifier::DesktopNotifier,
    session_server::HttpSessionServer,
    start_up::{Needs, WorkstationStartUp},
    workstation::Workstation,
};
use agent_runtime::{
    clock::SystemClock,
    config::{Config, File},
    language::Language,
    ports::{BadgeReaders, Clock, EventSink, Keychain, Notifier},
};
use anyhow::{Context, Result, bail};
use harness::reader_lines;
use protocol::v1::workstation::DeviceFacts;
use testkit::contract::{self, Live, session_server::Credentials};
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// Lines of the standard input, read on a thread of their own.
struct Input(mpsc::UnboundedReceiver<String>);

impl Input {
    fn standard() -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in std::io::stdin().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self(receiver)
    }

    async fn next_line(&mut self) -> Result<Option<String>> {
        Ok(self.0.recv().await)
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let lines = Input::standard();
    match std::env::args_os().nth(1) {
        None => obey(lines).await,
        Some(readers) if readers == "--readers" => watch_readers(lines).await,
        Some(folder) => Kept::new(folder.into()).serve(lines).await,
    }
}

/// Badge readers as the environment says. Cards that answer the challenge of [`reader_lines::Challenge`] prove themselves.
async fn watch_readers(mut lines: Input) -> Result<()> {
    let (sink, mut events) = EventSink::channel();
    let text = "[server]\nurl = \"https://nobody.example\"";
    let file = File { path: "here", text: Some(text) };
    let config = Config::from_sources(file, |name| std::env::var(name).ok())?.readers;
    let settings = ReaderSettings {
        readings: vec![Box::new(reader_lines::Challenge), Box::new(UidReading)],
        synthetic_input: SyntheticInput::Counted,
        ..ReaderSettings::of(config)
    };
    let readers = SystemBadgeReaders::new(settings, Arc::new(SystemClock::new()), sink)?;
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            println!("{}", reader_lines::to_line(&event));
        }
    });
    println!("ready");
    while let Some(line) = lines.next_line().await? {
        match line.as_str() {
            "watch" => readers.watch(),
            _ => bail!("`{line}` means nothing here"),
        }
    }
    Ok(())
}

async fn obey(mut lines: Input) -> Result<()> {
    let (sink, mut events) = EventSink::channel();
    let vault = Vault::of_this_system();
    let keychain = SystemKeychain::new(vault.clone(), sink);
    let notifier = DesktopNotifier::start()?;
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            println!("{event:?}");
        }
    });
    println!("ready");
    while let Some(line) = lines.next_line().await? {
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            ["store", session, text] => {
                keychain.store(SessionId(session.parse()?), Secret::new((*text).to_owned()));
            }
            ["delete", session] => keychain.delete(SessionId(session.parse()?)),
            ["put", name, text] => match vault.put(entry(name)?, Zeroizing::new((*text).to_owned())).await {
                Ok(()) => println!("put"),
                Err(error) => println!("refused: {error}"),
            },
            ["look-up", name] => match vault.look_up(entry(name)?).await {
                Ok(text) => println!("found {:?}", text.as_ref().map(|text| text.as_str())),
                Err(error) => println!("refused: {error}"),
            },
            ["warn", seconds] => {
                let remaining = Duration::from_secs(seconds.parse()?);
                notifier.show(Notice::InactivityWarning { remaining }, Language::English);
                println!("asked");
            }
            ["withdraw"] => {
                notifier.withdraw();
                println!("asked");
            }
            _ => bail!("`{line}` means nothing here"),
        }
    }
    Ok(())
}

/// One workstation's ports.
struct Kept {
    folder: PathBuf,
    vault: Vault,
    clock: Arc<dyn Clock>,
    told: Live,
    keychain: SystemKeychain,
    notifier: DesktopNotifier,
    start_up: WorkstationStartUp,
    workstation: Workstation,
    sink: EventSink,
    trail: SpooledTrail,
    server: HttpSessionServer,
}

impl Kept {
    fn new(folder: PathBuf) -> Self {
        let (sink, events) = EventSink::channel();
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
        let vault = Vault::of_this_system();
        let workstation = Workstation::default();
        Self {
            told: Live(events),
            keychain: SystemKeychain::new(vault.clone(), sink.clone()),
            notifier: DesktopNotifier::start().expect("a thread"),
            start_up: WorkstationStartUp::new(
                folder.clone(),
                Needs { vault: vault.clone(), workstation: workstation.clone(), gauge: None, apps: None },
                Arc::clone(&clock),
                sink.clone(),
            ),
            workstation: workstation.clone(),
            sink: sink.clone(),
            trail: SpooledTrail::start(workstation.clone(), sink.clone()),
            server: HttpSessionServer::start(workstation, sink),
            folder,
            vault,
            clock,
        }
    }

    async fn serve(mut self, mut lines: Input) -> Result<()> {
        println!("ready");
        while let Some(line) = lines.next_line().await? {
            match self.keep(&line, &mut lines).await {
                Ok(()) => println!("kept"),
                Err(error) => println!("broken: {error:#}"),
            }
        }
        Ok(())
    }

    async fn keep(&mut self, line: &str, lines: &mut Input) -> Result<()> {
        let words: Vec<_> = line.split(' ').collect();
        match words.as_slice() {
            ["enrol", server, code] => self.enrol(server, code).await,
            ["forget", name] => Ok(self.vault.delete(entry(name)?).await?),
            ["keychain"] => {
                self.vault.put(Entry::WorkstationKey, Zeroizing::new("key".to_owned())).await?;
                contract::keychain::stores_replaces_and_deletes(&self.keychain, &mut self.told, async || {
                    let search = ["search", "--all", "service", "tapward", "username", "session-credential"];
                    Command::new("secret-tool")
                        .args(search)
                        .output()
                        .is_ok_and(|said| !said.stdout.is_empty() || !said.stderr.is_empty())
                })
                .await?;
                contract::keychain::deletes_what_is_not_there(&self.keychain, &mut self.told).await
            }
            ["keychain-fails"] => {
                contract::keychain::says_that_it_fails(&self.keychain, &mut self.told).await
            }
            ["notifier", display] => {
                contract::notifier::shows_at_most_one(&self.notifier, &mut self.told, || {
                    let count = Command::new("dunstctl")
                        .args(["count", "displayed"])
                        .env("DISPLAY", display)
                        .output();
                    count
                        .ok()
                        .and_then(|said| String::from_utf8_lossy(&said.stdout).trim().parse().ok())
                        .unwrap_or(usize::MAX)
                })
                .await
            }
            ["start-up"] => {
                contract::start_up::finishes_as_often_as_asked(&self.start_up, &mut self.told).await
            }
            ["start-up-on", display] => {
                let (idle, start_up) = self.start_up_on(display)?;
                let kept = contract::start_up::finishes_as_often_as_asked(&start_up, &mut self.told).await;
                drop(idle);
                kept
            }
            ["start-up-on-fails", display] => {
                let (idle, start_up) = self.start_up_on(display)?;
                let cause = agent_core::command::FailClosedCause::InactivityUnknown;
                let kept = contract::start_up::says_why_it_fails(&start_up, &mut self.told, cause).await;
                drop(idle);
                kept
            }
            ["start-up-fails", why] => {
                use agent_core::command::FailClosedCause as Cause;
                let causes = [
                    Cause::NotEnrolled,
                    Cause::ConfigInvalid,
                    Cause::KeychainUnavailable,
                    Cause::SpoolUnavailable,
                    Cause::WorkstationRevoked,
                    Cause::WorkstationUnknown,
                    Cause::WorkstationCloned,
                ];
                let cause = causes.into_iter().find(|cause| format!("{cause:?}") == **why);
                let cause = cause.context("no such cause")?;
                contract::start_up::says_why_it_fails(&self.start_up, &mut self.told, cause).await
            }
            ["audit"] => {
                contract::audit_trail::answers_in_order(&self.trail, &mut self.told, self.clock.wall()).await
            }
            ["backlog", count] => {
                let fit = self.workstation.fit().context("start up first")?;
                let who = (fit.enrolment.workstation.clone(), self.clock.wall());
                contract::audit_trail::takes_a_backlog(&self.trail, &mut self.told, who, count.parse()?).await
            }
            ["server", name, password] => self.server(name, password, lines).await,
            ["server-away"] => {
                contract::session_server::says_that_it_is_away(&self.server, &mut self.told).await
            }
            _ => bail!("`{line}` means nothing here"),
        }
    }

    /// Start-up of the same workstation, where inactivity is measured on `display`.
    fn start_up_on(&self, display: &str) -> Result<(SystemIdle, WorkstationStartUp)> {
        let (nobody, _) = EventSink::channel();
        let display = Some(display.to_owned());
        let idle = SystemIdle::start(display, Counting::default(), Arc::clone(&self.clock), nobody)?;
        let needs = Needs {
            vault: self.vault.clone(),
            workstation: self.workstation.clone(),
            gauge: Some(idle.gauge()),
            apps: None,
        };
        let start_up =
            WorkstationStartUp::new(self.folder.clone(), needs, Arc::clone(&self.clock), self.sink.clone());
        Ok((idle, start_up))
    }

    async fn enrol(&self, server: &str, code: &str) -> Result<()> {
        let code = EnrolmentCode::parse(code)?;
        let facts = DeviceFacts {
            host_name: "ws-07".into(),
            os: "Debian GNU/Linux 12".into(),
            agent_version: "0.1.0".into(),
        };
        let enrolling = Enrolling {
            server: server.parse()?,
            code: &code,
            facts,
            state_folder: &self.folder,
            vault: &self.vault,
        };
        enrol(enrolling, Arc::clone(&self.clock)).await?;
        Ok(())
    }

    async fn server(&mut self, name: &str, password: &str, lines: &mut Input) -> Result<()> {
        let mut who = Credentials {
            name: name.to_owned(),
            password: password.to_owned(),
            code: async || {
                println!("code?");
                lines.next_line().await.ok().flatten().unwrap_or_default()
            },
        };
        contract::session_server::refuses_what_is_wrong(&self.server, &mut self.told, &who).await?;
        contract::session_server::a_repeated_question_gets_the_same_answer(
            &self.server,
            &mut self.told,
            &who,
        )
        .await?;
        contract::session_server::opens_keeps_and_ends_a_session(&self.server, &mut self.told, &mut who).await
    }
}

fn entry(name: &str) -> Result<Entry> {
    [Entry::SessionCredential, Entry::WorkstationKey, Entry::SpoolKey]
        .into_iter()
        .find(|entry| entry.name() == name)
        .context("no such entry")
}
