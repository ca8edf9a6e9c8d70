//! One workstation of a ward: the real runtime on fakes, and the people in front of it.
//!
//! The loop is polled by hand: no thread, no executor, no waiting. What is due happens when the test lets
//! time pass, in order, and everything that follows from it has happened before the test goes on.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use agent_core::{badge::ReaderId, event::Event, ids::SessionId};
use agent_runtime::{
    clock::{Jumps, Readings},
    event_loop::{EventLoop, Remote},
    intent::{Intent, Typed},
    language::Language,
    policy_file::PolicyInForce,
    ports::{Clock, EventSink, Ports},
    view::{ScreenView, ViewModel},
};
use jiff::Timestamp;
use policy::Policy;

use crate::{
    clock::ManualClock,
    fake::{
        FakeApps, FakeAuditTrail, FakeBadgeReaders, FakeIdle, FakeKeychain, FakeNotifier, FakePower,
        FakeScreen, FakeSessionServer, FakeStartUp, Line, On,
    },
};

/// Rounds of "poll, then do what is due" after which a loop that never comes to rest is a bug.
const ROUNDS_MAX: usize = 10_000;

/// The reader that [`Bedside::taps`] taps at, once one is plugged in.
const FIRST_READER: ReaderId = ReaderId(1);
/// A badge lies this long on the reader.
const TAP: Duration = Duration::from_millis(300);

/// A workstation, its fakes in reach.
#[derive(Debug)]
pub struct Bedside {
    /// Time.
    pub clock: ManualClock,
    /// The screen.
    pub screen: FakeScreen,
    /// Keyboard and mouse.
    pub idle: FakeIdle,
    /// The keychain.
    pub keychain: FakeKeychain,
    /// The spool.
    pub audit_trail: FakeAuditTrail,
    /// The session server.
    pub session_server: FakeSessionServer,
    /// The desktop's notifications.
    pub notifier: FakeNotifier,
    /// Lid and power button.
    pub power: FakePower,
    /// Start-up.
    pub start_up: FakeStartUp,
    /// Badge readers; none at first.
    pub readers: FakeBadgeReaders,
    /// Her apps.
    pub apps: FakeApps,
    line: Line,
    policy: PolicyInForce,
    language: Language,
    jumps: Jumps,
    agent: Option<Agent>,
}

struct Agent {
    running: Pin<Box<dyn Future<Output = ()> + Send>>,
    remote: Remote,
    is_woken: Arc<Woken>,
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Agent").field("remote", &self.remote).finish_non_exhaustive()
    }
}

#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Bedside {
    /// Switched off: set the fakes up, then [`Bedside::switch_on`].
    #[must_use]
    pub fn switched_off() -> Self {
        let clock = ManualClock::new();
        let (nobody, _) = EventSink::channel();
        let line = Line::new(clock.clone(), nobody);
        let keychain = FakeKeychain::new(line.clone());
        let audit_trail = FakeAuditTrail::new(line.clone());
        let session_server = FakeSessionServer::new(line.clone());
        let idle = FakeIdle::new(line.clone());
        let apps = FakeApps::new(line.clone());
        let on = On {
            keychain: keychain.clone(),
            audit_trail: audit_trail.clone(),
            session_server: session_server.clone(),
            idle: idle.clone(),
            apps: apps.clone(),
        };
        Self {
            screen: FakeScreen::new(line.clone()),
            idle,
            notifier: FakeNotifier::default(),
            power: FakePower::new(line.clone()),
            readers: FakeBadgeReaders::new(line.clone()),
            apps,
            start_up: FakeStartUp::new(line.clone(), on),
            keychain,
            audit_trail,
            session_server,
            jumps: Jumps::since(readings(&clock)),
            clock,
            line,
            policy: never_concealing().into(),
            language: Language::English,
            agent: None,
        }
    }

    /// Switched on, enrolled, everything well: the signed-out screen.
    #[must_use]
    pub fn new() -> Self {
        let mut bedside = Self::switched_off();
        bedside.switch_on();
        bedside
    }

    /// Signed in: Maria's strip.
    #[must_use]
    pub fn with_maria_signed_in() -> Self {
        let mut bedside = Self::new();
        bedside.maria_signs_in();
        bedside
    }

    /// The policy an agent started from now on finds.
    pub fn has_policy(&mut self, policy: impl Into<PolicyInForce>) {
        self.policy = policy.into();
    }

    /// The default policy, by which a screen covers itself.
    pub fn has_the_default_policy(&mut self) {
        self.has_policy(Policy::default());
    }

    /// The workstation's own language, as an agent started from now on finds it.
    pub const fn has_language(&mut self, language: Language) {
        self.language = language;
    }

    /// Starts the agent, as the shield does.
    pub fn switch_on(&mut self) {
        let (sink, events) = EventSink::channel();
        self.line.reconnect(sink.clone());
        self.jumps = Jumps::since(readings(&self.clock));
        let ports = Ports {
            clock: Arc::new(self.clock.clone()),
            start_up: Box::new(self.start_up.clone()),
            screen: Box::new(self.screen.clone()),
            idle: Box::new(self.idle.clone()),
            keychain: Box::new(self.keychain.clone()),
            audit_trail: Box::new(self.audit_trail.clone()),
            session_server: Box::new(self.session_server.clone()),
            notifier: Box::new(self.notifier.clone()),
            power: Box::new(self.power.clone()),
            badge_readers: Box::new(self.readers.clone()),
            apps: Box::new(self.apps.clone()),
        };
        let (event_loop, remote) = EventLoop::new(ports, (sink, events), self.policy.clone(), self.language);
        let is_woken = Arc::new(Woken(AtomicBool::new(true)));
        self.agent = Some(Agent { running: Box::pin(event_loop.run()), remote, is_woken });
        self.settle();
    }

    /// The agent is gone in the middle of whatever it did; the shield covers.
    pub fn agent_is_killed(&mut self) {
        self.agent = None;
        self.line.disconnect();
        self.session_server_forgets_credential();
        self.screen.covers_by_itself();
        self.settle();
    }

    /// Whether the agent still runs.
    #[must_use]
    pub const fn is_running(&self) -> bool {
        self.agent.is_some()
    }

    /// Name, password, code: uncovered.
    ///
    /// # Panics
    /// If that does not uncover the screen.
    pub fn maria_signs_in(&mut self) {
        self.types_name_and_password("maria", "correct horse");
        self.types_code("123456");
        assert!(!self.screen.is_covered(), "Maria is not signed in: {:?}", self.view());
    }

    /// At the covered screen, and then Enter.
    pub fn types_name_and_password(&mut self, name: &str, password: &str) {
        self.does(Intent::SignIn { name: typed(name), password: typed(password) });
    }

    /// At the covered screen.
    pub fn types_code(&mut self, code: &str) {
        self.does(Intent::Code { code: typed(code) });
    }

    /// A badge is put on the first reader and taken away again, as a tap does.
    pub fn taps(&mut self, number: &str) {
        self.readers.present(FIRST_READER, number);
        self.settle();
        self.pass(TAP);
        self.readers.take_away(FIRST_READER);
        self.settle();
    }

    /// The person does something with our own buttons.
    pub fn does(&mut self, intent: Intent) {
        if let Some(agent) = &self.agent {
            agent.remote.send(intent);
        }
        self.settle();
    }

    /// Somebody, whoever it is, touches the keyboard or the pointer of a covered screen.
    pub fn somebody_touches_the_covered_screen(&mut self) {
        self.line.tell(Event::Approached);
        self.settle();
    }

    /// The person types, clicks or touches something in her apps.
    pub fn types(&mut self) {
        self.idle.input();
        self.settle();
    }

    /// Time passes, and everything due in it happens when it is due.
    pub fn pass(&mut self, time: Duration) {
        let target = self.clock.now() + time;
        self.settle();
        while self.clock.step_towards(target) {
            self.settle();
        }
    }

    /// The lid closes, time passes unseen, the lid opens. What was due meanwhile is late.
    pub fn machine_sleeps(&mut self, time: Duration) {
        self.power.goes_to_sleep();
        self.settle();
        self.machine_is_frozen(time);
        self.power.wakes();
        self.settle();
    }

    /// The machine stands still without having said so.
    pub fn machine_is_frozen(&mut self, time: Duration) {
        self.clock.jump(time);
        self.settle();
    }

    /// Somebody sets the wall clock; whether that is a jump, the runtime decides.
    pub fn wall_clock_is_set(&mut self, wall: Timestamp) {
        self.clock.set_wall(wall);
        if self.jumps.has_jumped(readings(&self.clock)) {
            self.line.tell(Event::WallClockJumped);
        }
        self.settle();
    }

    /// Lets everything happen that is due now.
    ///
    /// # Panics
    /// If the loop never comes to rest.
    pub fn settle(&mut self) {
        for _ in 0..ROUNDS_MAX {
            let was_polled = self.poll();
            let was_due = self.clock.do_what_is_due();
            if !was_polled && !was_due {
                return;
            }
        }
        panic!("the loop never comes to rest: {:?}", self.view());
    }

    /// What is on screen, if an agent runs.
    #[must_use]
    pub fn view(&self) -> Option<ViewModel> {
        self.agent.as_ref().map(|agent| agent.remote.views().borrow().clone())
    }

    /// The language of what is on screen.
    ///
    /// # Panics
    /// If no agent runs.
    #[must_use]
    pub fn speaks(&self) -> Language {
        self.view().unwrap().language
    }

    /// What is on screen.
    ///
    /// # Panics
    /// If no agent runs.
    #[must_use]
    pub fn shows(&self) -> ScreenView {
        self.view().unwrap().screen
    }

    /// The session whose login came last.
    ///
    /// # Panics
    /// If nobody ever signed in.
    #[must_use]
    pub fn session(&self) -> SessionId {
        SessionId(self.audit_trail.last_session().unwrap())
    }

    fn session_server_forgets_credential(&self) {
        agent_runtime::ports::SessionServer::forget_credential(&self.session_server);
    }

    /// Polls the loop if it was woken.
    fn poll(&mut self) -> bool {
        let Some(agent) = &mut self.agent else { return false };
        if !agent.is_woken.0.swap(false, Ordering::SeqCst) {
            return false;
        }
        let waker = Waker::from(Arc::clone(&agent.is_woken));
        if let Poll::Ready(()) = agent.running.as_mut().poll(&mut Context::from_waker(&waker)) {
            self.agent = None;
        }
        true
    }
}

impl Default for Bedside {
    fn default() -> Self {
        Self::new()
    }
}

/// The default, but that no screen covers itself: most stories are of what comes after.
fn never_concealing() -> Policy {
    let text = "[conceal]\nafter = \"off\"\nreason = \"for the stories of the warning\"\n";
    Policy::parse(text).expect("the text is a policy")
}

fn readings(clock: &ManualClock) -> Readings {
    Readings { boot: clock.now().since_boot(), wall: clock.wall() }
}

fn typed(text: &str) -> Typed {
    Typed::new(text.to_owned())
}
