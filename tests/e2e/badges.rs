//! A real card service, a virtual reader, cards, and the kiosk: enrolled, tapped in, covered, resumed, taken over.

use harness::{
    badge_reader::wait_until_it_counts_again,
    nurse::Nurse,
    part::wait_for,
    ward::{Setup, short_policy},
};

use crate::bedside::{Bedside, SOON, has_code, logouts};

const HERS: &str = "04a1b2c3d4e580";
const HIS: &str = "04ffeeddccbb80";

#[test]
fn she_enrols_a_badge_in_seconds_covers_with_it_and_comes_back_with_it() {
    let mut bedside = Bedside::open(with_a_reader());
    bedside.ward.wait_log("badge reader reads").unwrap();
    let card = bedside.tap(HERS);
    bedside.ward.wait_log("badge.unknown").unwrap();
    drop(card);
    bedside.ward.sign_in(&bedside.maria).unwrap();
    bedside.wait_visible();
    wait_until_it_counts_again();
    let card = bedside.tap(HERS);
    wait_for("her badge at the server", SOON, || (badges_of(&bedside, "maria") == 1).then_some(())).unwrap();
    drop(card);

    wait_until_it_counts_again();
    let card = bedside.tap(HERS);
    bedside.ward.wait_screen("concealed", SOON).unwrap();
    bedside.wait_covered();
    drop(card);
    let before = bedside.chart.received();
    bedside.hand.type_text("not for her app").unwrap();
    wait_until_it_counts_again();
    assert_eq!(bedside.chart.received(), before, "typed on a covered screen");
    assert!(bedside.ward.has_session_credential().unwrap(), "her session is kept");

    let card = bedside.tap(HERS);
    bedside.ward.wait_screen("active", SOON).unwrap();
    bedside.wait_visible();
    drop(card);
    let record = bedside
        .ward
        .wait_audit(&bedside.token, "concealed and resumed", SOON, |record| {
            record.iter().any(|event| has_code(event, "urn:tapward:conceal-cause", "user-tap"))
                && record.iter().any(|event| has_code(event, "urn:tapward:resume-method", "badge"))
        })
        .unwrap();
    assert_eq!(logouts(&record), Vec::<String>::new());
    assert_eq!(bedside.open_sessions(), 1);
    let number = format!("uid:{HERS}");
    assert!(!bedside.ward.kiosk_log().contains(HERS), "a badge number in the log");
    assert!(!serde_json::to_string(&record).unwrap().contains(&number), "a badge number in the record");
    bedside.ward.kiosk().signal(rustix::process::Signal::TERM);
}

#[test]
fn a_colleague_taps_over_sees_nothing_of_hers_and_her_session_ends_when_his_has_begun() {
    let bedside = Bedside::open(with_a_reader());
    let john = bedside.ward.add_nurse("john", "John B.").unwrap();
    for (name, number) in [("maria", HERS), ("john", HIS)] {
        bedside.ward.admin(&["badge", "enrol", name], &format!("uid:{number}")).unwrap();
    }
    bedside.ward.wait_log("badge reader reads").unwrap();
    bedside.ward.sign_in(&bedside.maria).unwrap();
    bedside.wait_visible();

    let card = bedside.tap(HIS);
    bedside.ward.wait_screen("second_factor", SOON).unwrap();
    bedside.wait_covered();
    drop(card);
    assert_eq!(bedside.open_sessions(), 1, "hers goes on until he has signed in");
    prove(&bedside, &john);
    bedside.ward.wait_screen("active", SOON).unwrap();

    let record = bedside
        .ward
        .wait_audit(&bedside.token, "her logout", SOON, |record| !logouts(record).is_empty())
        .unwrap();
    assert_eq!(logouts(&record), ["tap-over"]);
    let sessions = bedside.ward.sessions().unwrap();
    let open: Vec<_> = sessions.iter().filter(|session| session["state"] == "open").collect();
    assert_eq!(open.len(), 1, "{sessions:?}");
    assert!(open[0].to_string().contains("john"), "{open:?}");
}

#[test]
fn a_colleague_who_is_refused_leaves_her_covered_screen_as_it_was() {
    let bedside = Bedside::open(with_a_reader());
    bedside.ward.add_nurse("john", "John B.").unwrap();
    for (name, number) in [("maria", HERS), ("john", HIS)] {
        bedside.ward.admin(&["badge", "enrol", name], &format!("uid:{number}")).unwrap();
    }
    bedside.ward.wait_log("badge reader reads").unwrap();
    bedside.ward.sign_in(&bedside.maria).unwrap();
    bedside.wait_visible();

    let card = bedside.tap(HIS);
    bedside.ward.wait_screen("second_factor", SOON).unwrap();
    bedside.wait_covered();
    drop(card);
    bedside.eye.wait_still().unwrap();
    bedside.hand.press("Escape").unwrap();
    bedside.ward.wait_screen("concealed", SOON).unwrap();
    assert!(!bedside.is_app_visible());
    wait_until_it_counts_again();
    let _card = bedside.tap(HERS);

    bedside.ward.wait_screen("active", SOON).unwrap();
    bedside.wait_visible();
    assert_eq!(bedside.open_sessions(), 1);
}

fn with_a_reader() -> Setup {
    Setup { has_badge_reader: true, policy: short_policy("120s", "8s", "12h"), ..Setup::default() }
}

/// Password and one-time code, as they are asked one after the other of whom a badge names.
pub(crate) fn prove(bedside: &Bedside, nurse: &Nurse) {
    bedside.eye.wait_still().unwrap();
    bedside.hand.type_text(nurse.password()).unwrap();
    let asked = bedside.ward.log_mark();
    bedside.hand.press("Return").unwrap();
    wait_for("the code asked", SOON, || {
        bedside.ward.kiosk_log()[asked..].contains("The screen shows `second_factor`").then_some(())
    })
    .unwrap();
    bedside.eye.wait_still().unwrap();
    bedside.eye.wait_still().unwrap();
    bedside.hand.type_text(&nurse.code().unwrap()).unwrap();
}

fn badges_of(bedside: &Bedside, name: &str) -> usize {
    let badges = bedside.ward.admin(&["badge", "list"], "").unwrap();
    badges.to_string().matches(&format!("\"{name}\"")).count()
}
