//! The same day's work on a Wayland compositor: real shield, agent and page on sway, once with a session lock and once with
//! layer-shell alone.

use harness::{
    app::MARKER,
    desktop::Button,
    hand::{Hand, Whose},
    nurse::Nurse,
    part::{kill, wait_for},
    picture::Eye,
    sway::Kind,
    sway_app::SwayApps,
    ward::{Setup, Ward},
};

use crate::bedside::{SOON, logins, logouts};

/// A workstation with the kiosk started and its sign-in on screen.
struct Desk {
    chart: SwayApps,
    eye: Eye,
    hand: Hand,
    maria: Nurse,
    jonas: Nurse,
    token: String,
    ward: Ward,
}

impl Desk {
    fn open(kind: Kind) -> Self {
        let mut ward = Ward::open(Setup { compositor: Some(kind), ..Setup::default() }).unwrap();
        let maria = ward.add_nurse("maria", "Maria O.").unwrap();
        let jonas = ward.add_nurse("jonas", "Jonas K.").unwrap();
        let token = ward.auditor_token("test").unwrap();
        let chart = SwayApps::start(ward.screen().sway(), ward.path()).unwrap();
        let (eye, hand) = (ward.eye().unwrap(), ward.hand(Whose::Person).unwrap());
        assert!(eye.sees(MARKER).unwrap(), "what must not be seen can be seen");
        ward.start_kiosk().unwrap();
        ward.wait_sign_in_drawn().unwrap();
        Self { chart, eye, hand, maria, jonas, token, ward }
    }

    fn signed_in(kind: Kind) -> Self {
        let desk = Self::open(kind);
        desk.ward.sign_in(&desk.maria).unwrap();
        desk.wait_visible();
        desk
    }

    fn wait_visible(&self) {
        wait_for("her app on screen", SOON, || self.eye.sees(MARKER).ok().filter(|is_seen| *is_seen))
            .unwrap();
        self.keep("uncovered");
    }

    /// On no output, in many pictures.
    fn assert_covered(&self) {
        for _ in 0..10 {
            assert!(!self.eye.sees(MARKER).unwrap(), "the app is to be seen");
        }
    }

    fn wait_typed_arrives(&self) {
        // Sway focuses the other output's empty part when the pointer passes over a strip there.
        self.hand.click(640, 400).unwrap();
        let before = self.chart.keys();
        wait_for("a key in her app", SOON, || {
            self.hand.type_text("a").ok()?;
            (self.chart.keys() > before).then_some(())
        })
        .unwrap();
    }

    /// For somebody to look at.
    fn keep(&self, name: &str) {
        if let Some(folder) = std::env::var_os("TAPWARD_KEEP_PICTURES") {
            let kind = self.ward.screen().sway().kind();
            let file = std::path::Path::new(&folder).join(format!("{kind:?}-{name}.png"));
            self.eye.keep(&file).unwrap();
        }
    }

    fn press(&self, button: Button) {
        let (x, y) = self.ward.button(button).unwrap();
        self.hand.click(x, y).unwrap();
    }
}

fn nothing_typed_arrives(kind: Kind) {
    let desk = Desk::open(kind);
    desk.keep("sign-in");
    let before = desk.chart.keys();

    desk.hand.type_text("somebody\ttypes all the time\n").unwrap();
    desk.ward.wait_log("sign_in.refused").unwrap();

    assert_eq!(desk.chart.keys(), before);
    desk.assert_covered();
}

#[test]
fn the_sign_in_is_typed_into_and_no_app_is_under_a_session_lock() {
    nothing_typed_arrives(Kind::SessionLock);
}

#[test]
fn the_sign_in_is_typed_into_and_no_app_is_under_layer_shell() {
    nothing_typed_arrives(Kind::LayerShell);
}

fn a_days_work(kind: Kind) {
    let desk = Desk::signed_in(kind);
    desk.wait_typed_arrives();

    desk.press(Button::Cover);
    desk.ward.wait_screen("concealed", SOON).unwrap();
    desk.eye.wait_still().unwrap();
    desk.keep("concealed");
    desk.assert_covered();
    let before = desk.chart.keys();
    desk.ward.resume(&desk.maria).unwrap();
    assert_eq!(desk.chart.keys(), before, "her password reached her app");
    desk.wait_visible();
    desk.wait_typed_arrives();

    desk.press(Button::SignOut);
    desk.ward.wait_screen("signed_out", SOON).unwrap();
    desk.eye.wait_still().unwrap();
    desk.assert_covered();
    desk.keep("signed-out");
    assert!(!desk.ward.has_session_credential().unwrap(), "a credential is left in the keychain");
    let record = desk
        .ward
        .wait_audit(&desk.token, "login and logout", SOON, |record| {
            !logouts(record).is_empty() && !logins(record).is_empty()
        })
        .unwrap();
    assert_eq!(logouts(&record), ["user-button"]);
}

#[test]
fn she_signs_in_works_covers_resumes_and_signs_out_under_a_session_lock() {
    a_days_work(Kind::SessionLock);
}

#[test]
fn she_signs_in_works_covers_resumes_and_signs_out_under_layer_shell() {
    a_days_work(Kind::LayerShell);
}

/// What nobody touches is known to be untouched.
fn walks_away(kind: Kind) {
    let desk = Desk::signed_in(kind);

    desk.ward.wait_screen("inactivity_warning", SOON).unwrap();
    desk.eye.wait_still().unwrap();
    desk.keep("warning");
    desk.hand.type_text("a").unwrap();
    desk.ward.wait_screen("active", SOON).unwrap();

    desk.ward.wait_screen("signed_out", 2 * SOON).unwrap();
    desk.assert_covered();
    let record =
        desk.ward.wait_audit(&desk.token, "a logout", SOON, |record| !logouts(record).is_empty()).unwrap();
    assert_eq!(logouts(&record), ["inactivity"]);
}

#[test]
fn she_is_warned_when_she_walks_away_a_key_keeps_her_and_then_she_is_signed_out_under_a_session_lock() {
    walks_away(Kind::SessionLock);
}

#[test]
fn she_is_warned_when_she_walks_away_a_key_keeps_her_and_then_she_is_signed_out_under_layer_shell() {
    walks_away(Kind::LayerShell);
}

fn killed(kind: Kind) {
    let desk = Desk::signed_in(kind);
    let agent = desk.ward.agent_pid().unwrap();
    let mark = desk.ward.log_mark();

    kill(agent);
    desk.ward.wait_other_agent(agent).unwrap();

    wait_for("the sign-in", SOON, || {
        (desk.ward.screen_since(mark).as_deref() == Some("signed_out")).then_some(())
    })
    .unwrap();
    desk.assert_covered();
    // Maria's code of this half minute is used.
    desk.ward.sign_in(&desk.jonas).unwrap();
    desk.wait_visible();
}

#[test]
fn after_the_agents_death_it_is_covered_and_she_signs_in_again_under_a_session_lock() {
    killed(Kind::SessionLock);
}

#[test]
fn after_the_agents_death_it_is_covered_and_she_signs_in_again_under_layer_shell() {
    killed(Kind::LayerShell);
}
