//! The loop around [`Supervisor`]: one thread that waits for the display, the agent, signals and time.

use std::{collections::VecDeque, io, os::fd::OwnedFd, time::Duration};

use daemon::{
    service_manager::ServiceManager,
    signals::{Signal, Signals},
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime},
};
use shield_contract::Enforcement;

use crate::{
    agent::{Agent, Heard, Launch, MESSAGES_AT_ONCE_MAX},
    clock,
    cover::{Cover, CoverError},
    log, processes,
    supervise::{Action, Event, Supervisor},
    watchdog,
    words::{Place, Trouble},
};

/// Why the shield ended before it was asked to.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The display is gone, or was never there.
    Cover(CoverError),
    /// The operating system refused something.
    System(io::Error),
}

/// Everything the shield holds.
pub(crate) struct Shell {
    cover: Cover,
    supervisor: Supervisor,
    signals: Signals,
    /// Runs on the clock that counts machine sleep: `poll` does not.
    lease_timer: OwnedFd,
    lease_ends: Option<Duration>,
    launch: Launch,
    agent: Option<Agent>,
    /// What the supervisor knows of it.
    enforcement: Enforcement,
    events: VecDeque<Event>,
    manager: ServiceManager,
    is_done: bool,
}

impl Shell {
    /// Covers at once, then starts the agent, and returns when it is asked to end or cannot go on.
    pub(crate) fn run(cover: Cover, signals: Signals, launch: Launch) -> Result<(), Fault> {
        processes::adopt_orphans()?;
        let lease_timer =
            timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK)?;
        let mut shell = Self {
            cover,
            supervisor: Supervisor::new(),
            signals,
            lease_timer,
            lease_ends: None,
            launch,
            agent: None,
            enforcement: Enforcement::default(),
            events: VecDeque::from([Event::Begun]),
            manager: ServiceManager::from_environment(),
            is_done: false,
        };
        shell.work_off()?;
        shell.manager.is_ready();
        while !shell.is_done {
            shell.report();
            shell.wait()?;
            shell.work_off()?;
        }
        shell.manager.is_stopping();
        Ok(())
    }

    fn work_off(&mut self) -> Result<(), Fault> {
        loop {
            while let Some(event) = self.events.pop_front() {
                for action in self.supervisor.on(event, clock::now()) {
                    self.perform(action)?;
                }
            }
            // Last, because the replies read above may have brought events that no poll will show.
            if self.cover.on_events(clock::now().awake)? {
                log::line(
                    "another program keeps coming above the cover or takes the focus; it is pushed back",
                );
            }
            if self.cover.take_lost() {
                self.events.push_back(Event::InputHeld(false));
            }
            let enforcement = self.cover.enforcement();
            if enforcement != self.enforcement {
                self.enforcement = enforcement;
                self.events.push_back(Event::Enforcement(enforcement));
            }
            if self.events.is_empty() {
                return Ok(());
            }
        }
    }

    fn perform(&mut self, action: Action) -> Result<(), Fault> {
        match action {
            Action::Cover => self.cover.cover()?,
            Action::HoldInput => {
                let held = self.cover.hold_input(clock::now().awake)?;
                self.events.push_back(Event::InputHeld(held));
            }
            Action::ReleaseInput => self.cover.release_input()?,
            Action::LookAtInput => self.cover.look_at_input(clock::now().awake)?,
            Action::FreeInput => self.cover.free_input(clock::now().awake),
            Action::PutKeysBack => self.cover.put_keys_back(clock::now().awake)?,
            Action::Reader { device, is_taken } => self.cover.note_reader(device, is_taken),
            Action::ForgetPerson => self.cover.forget_person()?,
            Action::Uncover => self.cover.uncover()?,
            Action::KeepAbove(window) => self.cover.keep_above(window, clock::now().awake)?,
            Action::Say(message) => {
                if self.agent.as_ref().is_some_and(|agent| !agent.say(message)) {
                    self.events.push_back(Event::Closed);
                }
            }
            Action::StartAgent => self.start_agent(),
            Action::AskAgentToEnd => {
                if let Some(agent) = &self.agent {
                    agent.ask_to_end();
                }
            }
            Action::EndAgent { window } => {
                if let Some(window) = window {
                    self.cover.kill_client(window)?;
                }
                self.cover.forget_agent();
                if let Some(agent) = &mut self.agent {
                    agent.end();
                }
            }
            Action::ShowNotice(trouble) => self.show_notice(trouble)?,
            Action::HideNotice => self.cover.hide_notice()?,
            Action::Log(word) => log::word(word),
            Action::Exit => self.is_done = true,
        }
        Ok(())
    }

    fn show_notice(&mut self, trouble: Trouble) -> Result<(), Fault> {
        let ago = clock::now().awake.saturating_sub(trouble.since);
        log::line(&format!("no usable agent: {}, {}", trouble.cause.code(), trouble.cause.words()));
        let place = Place::read(self.launch.notice_file.as_deref());
        self.cover.show_notice(&place.lines(trouble, &clock::time_of_day(ago)))?;
        Ok(())
    }

    /// What the service manager shows of us.
    fn report(&mut self) {
        let status = match (self.supervisor.trouble(), self.supervisor.is_covered()) {
            (Some(trouble), _) => format!("covered; {}: {}", trouble.cause.code(), trouble.cause.words()),
            (None, true) => "covered".to_owned(),
            (None, false) => "uncovered for a session".to_owned(),
        };
        self.manager.status(&status);
    }

    fn start_agent(&mut self) {
        match self.launch.start() {
            Ok(agent) => {
                self.cover.agent_started(agent.pid());
                self.agent = Some(agent);
                self.events.push_back(Event::Started);
            }
            Err(error) => {
                log::line(&format!("the agent cannot be started: {error}"));
                self.events.push_back(Event::NotStarted);
            }
        }
    }

    /// Waits until something happened, and takes it down as events.
    fn wait(&mut self) -> Result<(), Fault> {
        self.set_lease_timer()?;
        let now = clock::now().awake;
        let due = [self.cover.deadline(), self.supervisor.deadline(), self.manager.deadline()];
        let due = due.into_iter().flatten().min();
        let timeout = due.map(|due| timespec(due.saturating_sub(now)));
        let socket = self.agent.as_ref().and_then(Agent::socket);
        let has_spoken = {
            let cover = self.cover.fd();
            let mut fds = vec![
                PollFd::new(&cover, PollFlags::IN),
                PollFd::new(&self.signals, PollFlags::IN),
                PollFd::new(&self.lease_timer, PollFlags::IN),
            ];
            fds.extend(socket.as_ref().map(|socket| PollFd::new(socket, PollFlags::IN)));
            watchdog::clear_alarm();
            let polled = poll(&mut fds, timeout.as_ref());
            watchdog::set_alarm();
            match polled {
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(errno.into()),
            }
            fds.get(3).is_some_and(|socket| !socket.revents().is_empty())
        };
        if has_spoken {
            self.hear();
        }
        while let Some(signal) = self.signals.next() {
            match signal {
                Signal::Child => self.bury(),
                Signal::End => self.events.push_back(Event::EndAsked),
            }
        }
        let mut expirations = [0; 8];
        // Nothing to read means that the timer was not what woke us.
        let _ = rustix::io::read(&self.lease_timer, &mut expirations);
        if let Some(held) = self.cover.on_time(clock::now().awake)? {
            self.events.push_back(Event::InputHeld(held));
        }
        if self.manager.is_due(clock::now().awake) {
            // A display that does not answer is no sign of life of ours.
            self.cover.wait_for_answer()?;
            self.manager.beat();
        }
        self.events.push_back(Event::Tick);
        Ok(())
    }

    fn hear(&mut self) {
        let Some(agent) = &mut self.agent else { return };
        for _ in 0..MESSAGES_AT_ONCE_MAX {
            self.events.push_back(match agent.hear() {
                Heard::Message(message) => Event::Said(message),
                Heard::Garbled => Event::Garbled,
                Heard::Closed => Event::Closed,
                Heard::Nothing => return,
            });
        }
    }

    fn bury(&mut self) {
        if let Some(of_itself) = self.agent.as_mut().and_then(Agent::bury_if_dead) {
            self.agent = None;
            self.cover.forget_agent();
            self.events.push_back(Event::Exited { of_itself });
        }
        processes::bury_all_but(self.agent.as_ref().map(Agent::pid));
    }

    fn set_lease_timer(&mut self) -> Result<(), Fault> {
        let lease_ends = self.supervisor.lease_ends();
        if lease_ends != self.lease_ends {
            self.lease_ends = lease_ends;
            let never = Timespec { tv_sec: 0, tv_nsec: 0 };
            let it_value = lease_ends.map_or(never, timespec);
            let once = Itimerspec { it_interval: never, it_value };
            timerfd_settime(&self.lease_timer, TimerfdTimerFlags::ABSTIME, &once)?;
        }
        Ok(())
    }
}

fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cover(error) => write!(f, "{error}"),
            Self::System(error) => write!(f, "the system refused: {error}"),
        }
    }
}

impl From<CoverError> for Fault {
    fn from(error: CoverError) -> Self {
        Self::Cover(error)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<Errno> for Fault {
    fn from(errno: Errno) -> Self {
        Self::System(errno.into())
    }
}
