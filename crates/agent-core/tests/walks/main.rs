//! Two workstations, three people, five badges, one server, and people who walk about at random.
//!
//! Whatever they do: no person has two uncovered desktops while both workstations are in contact, nobody sees another
//! person's screen, and no tap alone loses a session.
#![allow(
    clippy::unwrap_used,
    clippy::unwrap_in_result,
    clippy::wildcard_enum_match_arm,
    reason = "a model picks out the few commands it is about, and a test may fail by panicking"
)]

mod server;
mod ward;

use std::time::Duration;

use proptest::prelude::*;

use crate::ward::{DESKS, Ward};

/// One thing that somebody does, or that happens.
#[derive(Debug, Clone, Copy)]
enum Action {
    /// A badge is put on a reader and taken away.
    Tap {
        desk: usize,
        badge: u8,
    },
    /// A badge is left lying.
    Leave {
        desk: usize,
        badge: u8,
    },
    Lift {
        desk: usize,
    },
    SignIn {
        desk: usize,
        person: u8,
    },
    Code {
        desk: usize,
        person: u8,
    },
    Password {
        desk: usize,
        person: u8,
    },
    Cancel {
        desk: usize,
    },
    Cover {
        desk: usize,
    },
    Renew {
        desk: usize,
    },
    SignOut {
        desk: usize,
    },
    Type {
        desk: usize,
    },
    Contact {
        desk: usize,
        is_in_contact: bool,
    },
    Wait {
        ms: u64,
    },
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_walks_where_one_person_has_one_desktop_nobody_sees_anothers_and_no_tap_loses_a_session(
        needs_code: bool,
        actions in prop::collection::vec(action(), 1..60)
    ) {
        let mut ward = Ward::new(needs_code);
        for action in actions {
            let before = ward.sessions();
            match action {
                Action::Tap { desk, badge } => ward.tap(desk, badge),
                Action::Leave { desk, badge } => ward.leave(desk, badge),
                Action::Lift { desk } => ward.lift(desk),
                Action::SignIn { desk, person } => ward.sign_in(desk, person),
                Action::Code { desk, person } => ward.code(desk, person),
                Action::Password { desk, person } => ward.password(desk, person),
                Action::Cancel { desk } => ward.cancel(desk),
                Action::Cover { desk } => ward.cover(desk),
                Action::Renew { desk } => ward.renew(desk),
                Action::SignOut { desk } => ward.sign_out(desk),
                Action::Type { desk } => ward.types(desk),
                Action::Contact { desk, is_in_contact } => ward.contact(desk, is_in_contact),
                Action::Wait { ms } => ward.wait(Duration::from_millis(ms)),
            }
            ward.check_one_desktop_each();
            if matches!(action, Action::Tap { .. } | Action::Leave { .. }) {
                ward.check_nothing_lost_by_a_tap(&before);
            }
        }
    }
}

/// 10 000 walks; a tenth of it can be asked for, and a hundred times as many.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(10_000)
}

fn action() -> impl Strategy<Value = Action> {
    let desk = || 0..DESKS;
    let badge = || 0..5_u8;
    let person = || 0..3_u8;
    prop_oneof![
        12 => (desk(), badge()).prop_map(|(desk, badge)| Action::Tap { desk, badge }),
        1 => (desk(), badge()).prop_map(|(desk, badge)| Action::Leave { desk, badge }),
        1 => desk().prop_map(|desk| Action::Lift { desk }),
        5 => (desk(), person()).prop_map(|(desk, person)| Action::SignIn { desk, person }),
        6 => (desk(), person()).prop_map(|(desk, person)| Action::Code { desk, person }),
        3 => (desk(), person()).prop_map(|(desk, person)| Action::Password { desk, person }),
        1 => desk().prop_map(|desk| Action::Cancel { desk }),
        1 => desk().prop_map(|desk| Action::Cover { desk }),
        1 => desk().prop_map(|desk| Action::Renew { desk }),
        1 => desk().prop_map(|desk| Action::SignOut { desk }),
        3 => desk().prop_map(|desk| Action::Type { desk }),
        2 => (desk(), any::<bool>()).prop_map(|(desk, is_in_contact)| Action::Contact { desk, is_in_contact }),
        6 => prop::sample::select(vec![100_u64, 2_600, 5_100, 21_000, 60_000, 300_000, 800_000])
            .prop_map(|ms| Action::Wait { ms }),
    ]
}
