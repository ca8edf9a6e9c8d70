//! One person, several workstations of one server: what becomes of the screen that she left, as policy says.
//!
//! At the first she signs in with name, password and code, at the others by a tap on a real card service.

use harness::{
    desktop::Button,
    ward::{Setup, short_policy},
};
use serde_json::Value;

use crate::bedside::{Bedside, SOON, events_of, has_code, logins_of, logouts, logouts_of};

const HERS: &str = "04a1b2c3d4e580";

#[test]
fn her_first_screen_is_covered_and_kept_when_she_signs_in_elsewhere_and_hers_again_when_she_is_back() {
    let here = signed_in(with_policy("elsewhere = \"follow\""));
    let there = here.beside("WS-08", with_policy("elsewhere = \"follow\""));

    let card = comes_to(&there);
    here.ward.wait_screen("concealed", SOON).unwrap();
    here.wait_covered();
    assert!(here.ward.has_session_credential().unwrap(), "her session is kept");
    drop(card);
    let card = comes_to(&here);
    there.ward.wait_screen("concealed", SOON).unwrap();
    there.wait_covered();
    assert!(there.ward.has_session_credential().unwrap(), "her session is kept");
    drop(card);

    assert_eq!(here.open_sessions(), 2);
    let sessions = [session_at(&here, "WS-07"), session_at(&here, "WS-08")];
    let record = here
        .ward
        .wait_audit(&here.token, "both screens covered", SOON, |record| {
            sessions.iter().all(|session| was_covered(record, session, "elsewhere"))
        })
        .unwrap();
    assert_eq!(logouts(&record), Vec::<String>::new());
}

#[test]
fn her_session_moves_with_her_where_policy_says_so() {
    let here = signed_in(with_policy("elsewhere = \"move\""));
    let there = here.beside("WS-08", with_policy("elsewhere = \"move\""));
    let left = session_at(&here, "WS-07");

    let _card = comes_to(&there);
    here.ward.wait_screen("signed_out", SOON).unwrap();
    here.wait_covered();

    assert!(!here.ward.has_session_credential().unwrap(), "a credential is left in the keychain");
    assert_eq!(here.open_sessions(), 1);
    let record = here
        .ward
        .wait_audit(&here.token, "her logout", SOON, |record| !logouts_of(record, &left).is_empty())
        .unwrap();
    assert_eq!(logouts(&record), ["moved"]);
    assert_eq!((logins_of(&record, &left).len(), logouts_of(&record, &left).len()), (1, 1));
    assert!(there.is_app_visible());
}

#[test]
fn she_works_at_two_where_policy_allows_it_and_a_third_covers_the_one_she_came_to_first() {
    let here = signed_in(with_policy("elsewhere = \"allow(2)\""));
    let there = here.beside("WS-08", with_policy("elsewhere = \"allow(2)\""));

    let _card = comes_to(&there);
    let yonder = here.beside("WS-09", with_policy("elsewhere = \"allow(2)\""));
    assert!(here.is_app_visible() && there.is_app_visible(), "she has not come to the third yet");
    let _other = comes_to(&yonder);
    here.ward.wait_screen("concealed", SOON).unwrap();
    here.wait_covered();

    assert!(there.is_app_visible() && yonder.is_app_visible());
    assert!(here.ward.has_session_credential().unwrap(), "her session is kept");
    assert_eq!(here.open_sessions(), 3);
}

#[test]
fn a_screen_out_of_contact_stays_hers_and_is_covered_once_it_can_be_told() {
    let here = signed_in(Setup { has_line: true, ..with_policy("") });
    let there = here.beside("WS-08", with_policy(""));

    here.ward.line().unwrap().cut();
    let _card = comes_to(&there);
    here.hand.type_text("on").unwrap();
    assert!(here.is_app_visible(), "nobody can tell it");
    here.ward.line().unwrap().mend();
    here.ward.wait_screen("concealed", SOON).unwrap();
    here.wait_covered();

    assert!(there.is_app_visible());
    assert_eq!(here.open_sessions(), 2);
    let sessions = [session_at(&here, "WS-07"), session_at(&here, "WS-08")];
    here.ward.end_all_sessions().unwrap();
    assert_one_login_and_logout(&here, &sessions, ["admin", "admin"]);
}

#[test]
fn a_screen_that_stays_out_of_contact_covers_by_its_own_clock_and_goes_on_once_it_is_back() {
    let there = Bedside::open(with_policy(""));
    let by_itself = Setup { has_line: true, ..with_policy("[conceal]\nafter = \"10s\"") };
    let here = there.beside("WS-08", by_itself);
    sign_in(&here);

    here.ward.line().unwrap().cut();
    let card = comes_to(&there);
    here.ward.wait_screen("concealed", SOON).unwrap();
    here.wait_covered();
    drop(card);
    here.ward.line().unwrap().mend();
    here.ward.wait_log("uncovered a screen elsewhere").unwrap();
    assert!(!here.is_app_visible());
    assert_eq!(here.open_sessions(), 2);
    let sessions = [session_at(&here, "WS-08"), session_at(&here, "WS-07")];
    let _card = comes_to(&here);
    there.ward.wait_screen("concealed", SOON).unwrap();
    there.wait_covered();
    let (x, y) = here.ward.button(Button::SignOut).unwrap();
    here.hand.click(x, y).unwrap();
    here.ward.wait_screen("signed_out", SOON).unwrap();
    there.ward.end_all_sessions().unwrap();

    let record = assert_one_login_and_logout(&here, &sessions, ["user-button", "admin"]);
    assert!(was_covered(&record, &sessions[0], "inactivity"), "{record:#?}");
}

/// The policy of each test, with these lines at its end, after those of `[session]`.
fn with_policy(lines: &str) -> Setup {
    let policy = format!("{}{lines}\n", short_policy("120s", "8s", "12h"));
    Setup { has_badge_reader: true, policy, ..Setup::default() }
}

/// A workstation where Maria has signed in with everything she has, which begins her grace period.
fn signed_in(setup: Setup) -> Bedside {
    let bedside = Bedside::open(setup);
    sign_in(&bedside);
    bedside
}

fn sign_in(bedside: &Bedside) {
    bedside.ward.admin(&["badge", "enrol", "maria"], &format!("uid:{HERS}")).unwrap();
    bedside.ward.sign_in(&bedside.maria).unwrap();
    bedside.wait_visible();
}

/// She taps there, which alone opens her session there or resumes it.
fn comes_to(bedside: &Bedside) -> harness::badge_reader::LyingCard {
    bedside.ward.wait_log("badge reader reads").unwrap();
    let card = bedside.tap(HERS);
    bedside.ward.wait_screen("active", SOON).unwrap();
    bedside.wait_visible();
    card
}

/// Her session at one workstation, as the server lists it.
fn session_at(bedside: &Bedside, workstation: &str) -> String {
    let sessions = bedside.ward.sessions().unwrap();
    let at: Vec<_> = sessions
        .iter()
        .filter(|session| session["workstation"] == workstation)
        .filter_map(|session| session["session_id"].as_str())
        .collect();
    assert_eq!(at.len(), 1, "{sessions:#?}");
    at[0].to_owned()
}

/// Whether it is on record that the screen of this session was covered for this cause.
fn was_covered(record: &[Value], session: &str, cause: &str) -> bool {
    events_of(record, session).iter().any(|event| has_code(event, "urn:tapward:conceal-cause", cause))
}

/// Waits until each session has its logout, and checks that there is one of each kind, for these causes.
fn assert_one_login_and_logout(bedside: &Bedside, sessions: &[String; 2], causes: [&str; 2]) -> Vec<Value> {
    let record = bedside
        .ward
        .wait_audit(&bedside.token, "both logouts", SOON, |record| {
            sessions.iter().all(|session| {
                !logins_of(record, session).is_empty() && !logouts_of(record, session).is_empty()
            })
        })
        .unwrap();
    for (session, cause) in sessions.iter().zip(causes) {
        let (logins, logouts) = (logins_of(&record, session), logouts_of(&record, session));
        assert_eq!((logins.len(), logouts.len()), (1, 1), "{record:#?}");
        assert!(has_code(logouts[0], "urn:tapward:logout-cause", cause), "{logouts:#?}");
    }
    record
}
