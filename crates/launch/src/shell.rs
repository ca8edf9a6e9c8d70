//! The loop: waits for agent, apps, children and time, and has the engine act.

use std::{io, os::fd::AsFd, time::Duration};

use daemon::{
    service_manager::ServiceManager,
    signals::{Signal, Signals},
};
use launch_contract::{Account, AgentMessage, Answer, Code, Containment, Hello, LauncherMessage, VERSION};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    process::{WaitOptions, wait},
};

use crate::{
    clock,
    conversation::{Conversation, Heard, Listener},
    engine::Engine,
    log,
};

/// Messages of the agent taken in one go; then the others have their turn.
const MESSAGES_AT_ONCE_MAX: usize = 16;

/// Who does what is asked for.
#[derive(Debug)]
pub(crate) enum Desk {
    /// Apps can be run.
    Open(Box<Engine>),
    /// There is no account for them: each request is answered with that. Whoever started us is told that we live all the same.
    Closed(ServiceManager),
}

impl Desk {
    fn service_manager(&self) -> &ServiceManager {
        match self {
            Self::Open(engine) => &engine.service_manager,
            Self::Closed(service_manager) => service_manager,
        }
    }
}

/// Where agents come from.
#[derive(Debug)]
pub(crate) enum Door {
    /// Whoever connects and has this user id, or is root.
    Listener(Listener, u32),
    /// The agent that started us; when it is gone we go too.
    Inherited,
}

/// The loop and what it waits for.
#[derive(Debug)]
pub(crate) struct Shell {
    pub(crate) desk: Desk,
    pub(crate) door: Door,
    pub(crate) agent: Option<Conversation>,
    pub(crate) signals: Signals,
}

/// What is there to be read.
struct Readable {
    agent: bool,
    door: bool,
    signals: bool,
    lines: Vec<usize>,
}

impl Shell {
    /// Until somebody asks us to end, or the agent that started us is gone and its apps wiped.
    pub(crate) fn run(mut self) -> io::Result<()> {
        if self.agent.is_some() {
            self.greet();
        }
        loop {
            self.desk.service_manager().beat();
            let readable = self.wait()?;
            let is_to_end = readable.signals && self.is_asked_to_end();
            self.reap();
            for line in readable.lines {
                if let Desk::Open(engine) = &mut self.desk {
                    engine.line_is_readable(line, clock::now());
                }
            }
            if readable.agent {
                self.hear();
            }
            if let Desk::Open(engine) = &mut self.desk {
                engine.passed(clock::now());
            }
            self.answer();
            if readable.door {
                self.admit();
            }
            if is_to_end || self.is_left_alone() {
                if let Desk::Open(engine) = &mut self.desk
                    && engine.has_something()
                {
                    engine.end();
                }
                return Ok(());
            }
        }
    }

    fn wait(&self) -> io::Result<Readable> {
        let mut waited = vec![PollFd::new(&self.signals, PollFlags::IN)];
        let agent = self.agent.as_ref().map(|agent| {
            waited.push(PollFd::new(agent, PollFlags::IN));
            waited.len() - 1
        });
        let door = match &self.door {
            Door::Listener(listener, _) => {
                waited.push(PollFd::from_borrowed_fd(listener.as_fd(), PollFlags::IN));
                Some(waited.len() - 1)
            }
            Door::Inherited => None,
        };
        let lines: Vec<(usize, usize)> = match &self.desk {
            Desk::Open(engine) => engine
                .lines()
                .map(|(app, line)| {
                    waited.push(PollFd::from_borrowed_fd(line.as_fd(), PollFlags::IN));
                    (waited.len() - 1, app)
                })
                .collect(),
            Desk::Closed(_) => Vec::new(),
        };
        let at_most = self.next_look().map(|time| Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(time.subsec_nanos()),
        });
        match poll(&mut waited, at_most.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let is_ready = |at: usize| !waited[at].revents().is_empty();
        Ok(Readable {
            agent: agent.is_some_and(is_ready),
            door: door.is_some_and(is_ready),
            signals: is_ready(0),
            lines: lines.into_iter().filter(|(at, _)| is_ready(*at)).map(|(_, app)| app).collect(),
        })
    }

    fn next_look(&self) -> Option<Duration> {
        let look = match &self.desk {
            Desk::Open(engine) => engine.next_look(clock::now()),
            Desk::Closed(_) => None,
        };
        look.into_iter().chain(self.desk.service_manager().beat_every()).min()
    }

    /// Takes the signals that have arrived; those of children only woke us.
    fn is_asked_to_end(&self) -> bool {
        std::iter::from_fn(|| self.signals.next())
            .fold(false, |is_asked, signal| is_asked | (signal == Signal::End))
    }

    /// Whoever ended, orphans of the apps among them.
    fn reap(&mut self) {
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            if let Desk::Open(engine) = &mut self.desk {
                engine.child_ended(pid, status, clock::now());
            }
        }
    }

    fn hear(&mut self) {
        for _ in 0..MESSAGES_AT_ONCE_MAX {
            let Some(agent) = &self.agent else { return };
            match agent.hear() {
                Heard::Message(message) => self.act(*message),
                Heard::Nothing => return,
                Heard::Garbled => {
                    log::line("the agent broke the contract");
                    self.hang_up();
                }
                Heard::Closed => self.hang_up(),
            }
        }
    }

    fn act(&mut self, message: AgentMessage) {
        match &mut self.desk {
            Desk::Open(engine) => engine.asked(message, clock::now()),
            Desk::Closed(_) => {
                let answer = Answer::Failed { code: Code::AccountUnfit, left: 0 };
                let answer = LauncherMessage::Answer { request: message.request, answer };
                if !self.agent.as_ref().is_some_and(|agent| agent.say(&answer)) {
                    self.hang_up();
                }
            }
        }
        self.answer();
    }

    fn answer(&mut self) {
        let Desk::Open(engine) = &mut self.desk else { return };
        let said = engine.take_said();
        let Some(agent) = &self.agent else { return };
        if !said.iter().all(|message| agent.say(message)) {
            log::line("the agent does not read");
            self.hang_up();
        }
    }

    fn hang_up(&mut self) {
        self.agent = None;
        if let Desk::Open(engine) = &mut self.desk {
            engine.orphaned(clock::now());
        }
    }

    fn admit(&mut self) {
        let Door::Listener(listener, agent_uid) = &self.door else { return };
        let Some(who) = listener.accept(*agent_uid) else { return };
        if self.agent.is_some() {
            // One agent at a time. Whoever else asks (`tapward-agent doctor`) hears what we are, and no more.
            let _ = who.say(&self.hello());
            return;
        }
        self.agent = Some(who);
        self.greet();
    }

    fn greet(&mut self) {
        if let Desk::Open(engine) = &mut self.desk {
            engine.greet();
            return self.answer();
        }
        let hello = self.hello();
        if !self.agent.as_ref().is_some_and(|agent| agent.say(&hello)) {
            self.hang_up();
        }
    }

    fn hello(&self) -> LauncherMessage {
        match &self.desk {
            Desk::Open(engine) => engine.hello(),
            Desk::Closed(_) => LauncherMessage::Hello(Hello {
                version: VERSION,
                account: Account::Separate,
                containment: Containment::Subreaper,
                can_freeze: false,
                problem: Some(Code::AccountUnfit),
            }),
        }
    }

    /// Nobody can come any more, and nobody is awaited.
    fn is_left_alone(&self) -> bool {
        matches!(self.door, Door::Inherited) && self.agent.is_none()
    }
}
