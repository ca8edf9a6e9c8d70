//! Whatever people and machines do at a bedside, in whatever order: what must hold, holds.
//!
//! `PROPTEST_CASES` sets how many stories are told; `cargo xtask soak` tells many more than a test run.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, time::Duration};

use agent_core::{
    command::{EndCause, FailClosedCause},
    event::ContactFault,
    ids::SessionId,
};
use agent_runtime::{intent::Intent, ports::Clock, view::ScreenView};
use audit::record::What;
use proptest::prelude::*;
use testkit::{
    bedside::Bedside,
    fake::{Reach, ServerSession},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
/// Inactivity by the default policy.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// Something that happens.
#[derive(Debug, Clone, Copy)]
enum Act {
    NameAndPassword,
    WrongPassword,
    Code,
    WrongCode,
    Cancel,
    Type,
    Stay,
    SignOut,
    TimePasses(Duration),
    MachineSleeps(Duration),
    MachineIsFrozen(Duration),
    WallClockIsSet,
    ServerGoes(ContactFault),
    ServerIsSlow,
    ServerIsBack,
    ServerEndsSession,
    ServerRefusesWorkstation,
    KeychainIsLocked,
    KeychainFallsSilent,
    KeychainWorks,
    SpoolIsFull,
    SpoolIsSlow,
    SpoolWorks,
    ScreenBreaks,
    ScreenFallsSilent,
    ScreenIsSlow,
    ScreenWorks,
    ScreenCoversByItself,
    InputIsUnknown,
    InputIsKnown,
    AppsAreStuck,
    AppsAreSlow,
    AppsWork,
    SomebodyTouchesTheCoveredScreen,
    AgentIsKilled,
    MachineShutsDown,
}

proptest! {
    #[test]
    fn nothing_is_lost_doubled_left_behind_or_left_open(acts in prop::collection::vec(act(), 1..60)) {
        let mut story = Story::new();

        for act in acts {
            story.happens(act);
            story.assert_what_must_hold();
        }

        story.assert_a_good_end();
    }
}

struct Story {
    bedside: Bedside,
    /// The screen has done at once all that it was asked since it was last covered for certain.
    is_screen_sound: bool,
    last_touched: agent_core::instant::Instant,
}

impl Story {
    fn new() -> Self {
        let bedside = Bedside::new();
        let last_touched = bedside.clock.now();
        Self { bedside, is_screen_sound: true, last_touched }
    }

    fn happens(&mut self, act: Act) {
        let bedside = &mut self.bedside;
        match act {
            Act::NameAndPassword => {
                self.last_touched = bedside.clock.now();
                bedside.types_name_and_password("maria", "correct horse");
            }
            Act::WrongPassword => bedside.types_name_and_password("maria", "wrong"),
            Act::Code => {
                self.last_touched = bedside.clock.now();
                bedside.types_code("123456");
            }
            Act::WrongCode => bedside.types_code("000000"),
            Act::Cancel => bedside.does(Intent::Cancel),
            Act::Type => {
                self.last_touched = bedside.clock.now();
                bedside.types();
            }
            Act::Stay => {
                self.last_touched = bedside.clock.now();
                bedside.does(Intent::Stay);
            }
            Act::SignOut => bedside.does(Intent::SignOut),
            Act::TimePasses(time) => bedside.pass(time),
            Act::MachineSleeps(time) => bedside.machine_sleeps(time),
            Act::MachineIsFrozen(time) => bedside.machine_is_frozen(time),
            Act::WallClockIsSet => bedside.wall_clock_is_set(jiff::Timestamp::UNIX_EPOCH),
            Act::ServerGoes(fault) => bedside.session_server.is(Reach::Away(fault)),
            Act::ServerIsSlow => bedside.session_server.is(Reach::Answers(3 * SECOND)),
            Act::ServerIsBack => {
                bedside.session_server.takes_workstation_back();
                bedside.session_server.is(Reach::Answers(Duration::ZERO));
            }
            Act::ServerEndsSession => {
                for session in bedside.session_server.sessions_not_over() {
                    bedside.session_server.ends(session, EndCause::Admin);
                }
            }
            Act::ServerRefusesWorkstation => {
                bedside.session_server.refuses_workstation(FailClosedCause::WorkstationRevoked);
            }
            Act::KeychainIsLocked => bedside.keychain.is_locked(),
            Act::KeychainFallsSilent => bedside.keychain.falls_silent(),
            Act::KeychainWorks => bedside.keychain.is_unlocked(),
            Act::SpoolIsFull => bedside.audit_trail.refuses(FailClosedCause::SpoolFull),
            Act::SpoolIsSlow => bedside.audit_trail.takes(2 * SECOND),
            Act::SpoolWorks => {
                bedside.audit_trail.takes(Duration::ZERO);
                bedside.audit_trail.mends();
            }
            Act::ScreenBreaks => {
                self.is_screen_sound = false;
                bedside.screen.breaks();
            }
            Act::ScreenFallsSilent => {
                self.is_screen_sound = false;
                bedside.screen.falls_silent();
            }
            Act::ScreenIsSlow => {
                self.is_screen_sound = false;
                bedside.screen.takes(SECOND);
            }
            Act::ScreenWorks => {
                bedside.screen.takes(Duration::ZERO);
                bedside.screen.mends();
            }
            Act::ScreenCoversByItself => bedside.screen.covers_by_itself(),
            Act::InputIsUnknown => bedside.idle.goes_blind(),
            Act::InputIsKnown => bedside.idle.sees_again(),
            Act::AppsAreStuck => bedside.apps.works(false),
            Act::AppsAreSlow => bedside.apps.closing_takes(8 * SECOND),
            Act::AppsWork => {
                bedside.apps.works(true);
                bedside.apps.closing_takes(Duration::ZERO);
            }
            Act::SomebodyTouchesTheCoveredScreen => {
                if bedside.screen.is_covered() {
                    bedside.somebody_touches_the_covered_screen();
                }
            }
            Act::AgentIsKilled => {
                bedside.agent_is_killed();
                bedside.switch_on();
            }
            Act::MachineShutsDown => {
                bedside.power.shuts_down();
                bedside.pass(10 * SECOND);
            }
        }
        bedside.settle();
        // Once all is paid an agent that was told to stop does so, and the next boot starts one.
        if !bedside.is_running() {
            bedside.agent_is_killed();
            bedside.switch_on();
        }
    }

    fn assert_what_must_hold(&self) {
        let bedside = &self.bedside;
        let told = Told::of(bedside);
        told.assert_paired();
        if !self.is_screen_sound || bedside.screen.is_covered() {
            return;
        }
        let now = bedside.clock.now();
        let shows = bedside.shows();
        assert!(
            matches!(shows, ScreenView::Active { .. } | ScreenView::InactivityWarning { .. }),
            "uncovered while the screen shows {shows:?}"
        );
        assert_eq!(told.open, Some(bedside.session()), "uncovered without a login on disk");
        assert_eq!(bedside.keychain.holds(), told.open, "uncovered without its credential");
        assert!(
            bedside.apps.running().is_none_or(|whose| told.open == Some(whose)),
            "another person's apps run"
        );
        assert!(!bedside.apps.are_frozen() || bedside.apps.running().is_none(), "her apps stand still");
        // The sign-in itself is the first touch, counted from when the server answered.
        let told_at = bedside.session_server.told_at(bedside.session()).unwrap();
        let untouched = now.since(self.last_touched.max(told_at));
        assert!(untouched < LIMIT, "uncovered {untouched:?} after the last touch");
    }

    /// Everything works again: within minutes there is a sign-in, and nothing is left of what was.
    fn assert_a_good_end(mut self) {
        for act in [
            Act::ScreenWorks,
            Act::KeychainWorks,
            Act::SpoolWorks,
            Act::InputIsKnown,
            Act::AppsWork,
            Act::ServerIsBack,
            Act::TimePasses(3 * MINUTE),
            Act::SignOut,
            Act::Cancel,
            Act::TimePasses(3 * MINUTE),
        ] {
            self.happens(act);
        }
        let bedside = &mut self.bedside;
        assert!(
            matches!(bedside.shows(), ScreenView::SignedOut { .. }),
            "no usable sign-in: {:?}",
            bedside.shows()
        );
        assert!(bedside.screen.is_covered());
        assert_eq!(bedside.keychain.holds(), None);
        assert!(!bedside.session_server.holds_credential());
        assert_eq!(bedside.apps.running(), None);
        assert_eq!(bedside.session_server.outbox(), []);
        let told = Told::of(bedside);
        told.assert_paired();
        assert_eq!(told.open, None, "a login without a logout");
        for session in told.sessions {
            let held = bedside.session_server.session(session);
            assert!(matches!(held, Some(ServerSession::Ended(_))), "{session} is {held:?} at the server");
        }

        bedside.maria_signs_in();
        assert_eq!(bedside.session_server.sessions_not_over(), [bedside.session()]);
    }
}

/// What the record tells.
struct Told {
    sessions: Vec<SessionId>,
    open: Option<SessionId>,
    times: BTreeMap<(SessionId, &'static str), usize>,
}

impl Told {
    fn of(bedside: &Bedside) -> Self {
        let mut told = Self { sessions: Vec::new(), open: None, times: BTreeMap::new() };
        for record in bedside.audit_trail.records() {
            let Some(session) = record.session_id.map(SessionId) else { continue };
            if let What::Login { .. } = record.what {
                assert_eq!(told.open, None, "a login while another session is open");
                told.sessions.push(session);
                told.open = Some(session);
                *told.times.entry((session, "login")).or_default() += 1;
            } else if let What::Logout { .. } = record.what {
                assert_eq!(told.open, Some(session), "a logout of a session that is not open");
                told.open = None;
                *told.times.entry((session, "logout")).or_default() += 1;
            } else {
                assert!(
                    told.sessions.contains(&session),
                    "{:?} of a session that nobody signed in to",
                    record.what
                );
            }
        }
        told
    }

    fn assert_paired(&self) {
        assert!(self.times.values().all(|times| *times == 1), "doubled: {:?}", self.times);
    }
}

fn act() -> impl Strategy<Value = Act> {
    // People do more than breaks.
    prop_oneof![
        4 => prop::sample::select(vec![Act::NameAndPassword, Act::Code]),
        1 => prop::sample::select(vec![Act::WrongPassword, Act::WrongCode, Act::Cancel]),
        3 => prop::sample::select(vec![Act::Type, Act::Stay, Act::SignOut]),
        4 => (0..20 * 60 * 1_000_u64).prop_map(|ms| Act::TimePasses(Duration::from_millis(ms))),
        2 => (0..5_000_u64).prop_map(|ms| Act::TimePasses(Duration::from_millis(ms))),
        1 => (0..7_200_u64).prop_map(|s| Act::MachineSleeps(Duration::from_secs(s))),
        1 => (0..7_200_u64).prop_map(|s| Act::MachineIsFrozen(Duration::from_secs(s))),
        2 => prop::sample::select(vec![
            Act::ServerGoes(ContactFault::Unreachable),
            Act::ServerGoes(ContactFault::Slow),
            Act::ServerGoes(ContactFault::NotOurServer),
            Act::ServerIsSlow,
            Act::ServerIsBack,
            Act::ServerIsBack,
            Act::ServerEndsSession,
            Act::ServerRefusesWorkstation,
        ]),
        2 => prop::sample::select(vec![
            Act::KeychainIsLocked,
            Act::KeychainFallsSilent,
            Act::KeychainWorks,
            Act::KeychainWorks,
            Act::SpoolIsFull,
            Act::SpoolIsSlow,
            Act::SpoolWorks,
            Act::SpoolWorks,
        ]),
        1 => prop::sample::select(vec![
            Act::ScreenBreaks,
            Act::ScreenFallsSilent,
            Act::ScreenIsSlow,
            Act::ScreenWorks,
            Act::ScreenWorks,
            Act::ScreenCoversByItself,
        ]),
        1 => prop::sample::select(vec![
            Act::InputIsUnknown,
            Act::InputIsKnown,
            Act::WallClockIsSet,
            Act::AppsAreStuck,
            Act::AppsAreSlow,
            Act::AppsWork,
            Act::AppsWork,
            Act::SomebodyTouchesTheCoveredScreen,
            Act::AgentIsKilled,
            Act::MachineShutsDown,
        ]),
    ]
}
