//! The network goes in the middle of a session, and comes back.

use agent_core::{command::EndCause, event::ContactFault};
use agent_runtime::{
    intent::Intent,
    view::{Contact, EndCauseView},
};
use testkit::{
    bedside::Bedside,
    fake::{Reach, ServerSession},
};

use crate::told::{LOGIN, MINUTE, SECOND, assert_ended, is_active, session_ended, sessions_on_record};

const AWAY: Reach = Reach::Away(ContactFault::Unreachable);
const BACK: Reach = Reach::Answers(std::time::Duration::ZERO);

#[test]
fn her_work_goes_on_and_the_strip_says_that_the_server_is_away() {
    let mut bedside = Bedside::with_maria_signed_in();

    bedside.session_server.is(AWAY);
    work(&mut bedside, 20 * MINUTE);

    assert!(is_active(&bedside));
    assert!(!bedside.screen.is_covered());
    assert_eq!(bedside.view().unwrap().contact, Contact::Away);
}

#[test]
fn a_session_the_server_holds_as_lapsed_is_adopted_with_a_fresh_credential() {
    let mut bedside = Bedside::with_maria_signed_in();
    let first = bedside.keychain.credential();
    bedside.session_server.is(AWAY);
    work(&mut bedside, 30 * MINUTE);
    assert_eq!(bedside.session_server.session(bedside.session()), Some(ServerSession::Lapsed));

    bedside.session_server.is(BACK);
    bedside.pass(MINUTE + SECOND);

    assert_eq!(bedside.session_server.session(bedside.session()), Some(ServerSession::Open));
    assert!(is_active(&bedside));
    assert_ne!(bedside.keychain.credential(), first);
    assert_eq!(bedside.view().unwrap().contact, Contact::Online);
    assert_eq!(sessions_on_record(&bedside), [LOGIN]);
}

#[test]
fn the_limit_holds_while_the_server_is_away_and_the_end_reaches_it_later() {
    let mut bedside = Bedside::with_maria_signed_in();
    let session = bedside.session();
    bedside.session_server.is(AWAY);

    bedside.pass(15 * MINUTE + SECOND);
    assert_eq!(bedside.shows(), session_ended(EndCauseView::Inactivity));
    assert_eq!(bedside.session_server.outbox(), [(session, EndCause::Inactivity)]);

    bedside.session_server.is(BACK);
    assert_ended(&bedside, EndCause::Inactivity, "inactivity");
    assert_eq!(bedside.session_server.outbox(), []);
}

#[test]
fn a_session_ended_meanwhile_is_ended_here_with_the_servers_cause() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.session_server.is(AWAY);
    work(&mut bedside, 3 * MINUTE);
    bedside.session_server.ends(bedside.session(), EndCause::Disabled);

    bedside.session_server.is(BACK);
    bedside.pass(MINUTE + SECOND);

    assert_ended(&bedside, EndCause::Disabled, "disabled");
}

#[test]
fn signing_out_needs_no_server() {
    let mut bedside = Bedside::with_maria_signed_in();
    bedside.session_server.is(AWAY);

    bedside.does(Intent::SignOut);

    assert_eq!(bedside.shows(), session_ended(EndCauseView::UserButton));
    assert_eq!(bedside.keychain.holds(), None);
}

#[test]
fn something_that_answers_in_the_servers_place_is_named_as_such() {
    for (fault, contact) in
        [(ContactFault::NotOurServer, Contact::NotOurServer), (ContactFault::ClockWrong, Contact::ClockWrong)]
    {
        let mut bedside = Bedside::with_maria_signed_in();
        bedside.session_server.is(Reach::Away(fault));

        work(&mut bedside, 2 * MINUTE);

        assert_eq!(bedside.view().unwrap().contact, contact);
        assert!(is_active(&bedside));
    }
}

fn work(bedside: &mut Bedside, time: std::time::Duration) {
    let mut left = time;
    while !left.is_zero() {
        bedside.types();
        bedside.pass(MINUTE);
        left = left.saturating_sub(MINUTE);
    }
}
