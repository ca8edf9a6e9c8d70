//! What most stories begin with: a ward, an app that must not be seen, and somebody to sign in.

use std::{path::PathBuf, time::Duration};

use harness::{
    app::{App, MARKER},
    badge_reader::{Card, LyingCard},
    hand::{Hand, Whose},
    nurse::Nurse,
    part::wait_for,
    picture::Eye,
    ward::{Setup, Ward},
};
use serde_json::Value;

/// Longer than anything here may take; a condition is waited for, not this.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// The promise: a usable sign-in, or a plain message, within this after any fault.
pub(crate) const USABLE_WITHIN: Duration = Duration::from_secs(10);

/// A workstation with the kiosk started and its sign-in on screen.
#[derive(Debug)]
pub(crate) struct Bedside {
    pub(crate) chart: App,
    pub(crate) eye: Eye,
    pub(crate) hand: Hand,
    pub(crate) maria: Nurse,
    pub(crate) token: String,
    pub(crate) ward: Ward,
}

impl Bedside {
    pub(crate) fn open(setup: Setup) -> Self {
        let ward = Ward::open(setup).unwrap();
        let maria = ward.add_nurse("maria", "Maria O.").unwrap();
        let token = ward.auditor_token("test").unwrap();
        Self::at(ward, maria, token)
    }

    /// Another workstation of this one's server, `name`, for the same people.
    pub(crate) fn beside(&self, name: &str, setup: Setup) -> Self {
        let ward = self.ward.open_beside(name, setup).unwrap();
        Self::at(ward, self.maria.clone(), self.token.clone())
    }

    /// The same with this program as the agent.
    pub(crate) fn open_with(setup: Setup, agent: impl FnOnce(&Ward) -> PathBuf) -> Self {
        let ward = Ward::open(setup).unwrap();
        let maria = ward.add_nurse("maria", "Maria O.").unwrap();
        let token = ward.auditor_token("test").unwrap();
        let agent = agent(&ward);
        Self::begun(ward, maria, token, |ward| ward.start_kiosk_with(&agent, &[]))
    }

    fn at(ward: Ward, maria: Nurse, token: String) -> Self {
        Self::begun(ward, maria, token, Ward::start_kiosk)
    }

    fn begun(
        mut ward: Ward,
        maria: Nurse,
        token: String,
        begin: impl FnOnce(&mut Ward) -> anyhow::Result<()>,
    ) -> Self {
        let chart = App::start(ward.display()).unwrap();
        begin(&mut ward).unwrap();
        ward.wait_sign_in_drawn().unwrap();
        let (eye, hand) = (ward.eye().unwrap(), ward.hand(Whose::Person).unwrap());
        Self { chart, eye, hand, maria, token, ward }
    }

    /// Signs Maria in and checks that her app can be seen.
    pub(crate) fn signed_in(setup: Setup) -> Self {
        let bedside = Self::open(setup);
        bedside.ward.sign_in(&bedside.maria).unwrap();
        bedside.wait_visible();
        bedside
    }

    pub(crate) fn is_app_visible(&self) -> bool {
        self.eye.sees(MARKER).unwrap()
    }

    pub(crate) fn wait_visible(&self) {
        wait_for("her app on screen", SOON, || self.is_app_visible().then_some(())).unwrap();
    }

    pub(crate) fn wait_covered(&self) {
        wait_for("a cover", SOON, || (!self.is_app_visible()).then_some(())).unwrap();
    }

    /// Waits for the ended session, and checks what every end owes: covered, no credential, nothing open at
    /// the server, one login and one logout on record, the logout with `cause`.
    pub(crate) fn assert_ended(&self, cause: &str) {
        self.assert_ended_by_one_of(&[cause]);
    }

    /// The same, where it cannot be known which of the causes came first.
    pub(crate) fn assert_ended_by_one_of(&self, causes: &[&str]) {
        self.wait_covered();
        self.ward.wait_screen("signed_out", SOON).unwrap();
        assert!(!self.ward.has_session_credential().unwrap(), "a credential is left in the keychain");
        wait_for("no open session at the server", SOON, || (self.open_sessions() == 0).then_some(()))
            .unwrap();
        let record = self
            .ward
            .wait_audit(&self.token, "login and logout", SOON, |record| {
                !logouts(record).is_empty() && !logins(record).is_empty()
            })
            .unwrap();
        assert_eq!(logins(&record).len(), 1, "{record:#?}");
        let logouts = logouts(&record);
        assert!(logouts.len() == 1 && causes.contains(&logouts[0].as_str()), "{logouts:?} in {record:#?}");
    }

    /// Puts a badge on the first reader; dropped, it is taken away.
    pub(crate) fn tap(&self, number: &str) -> LyingCard {
        self.ward.cards().unwrap().put(0, Card::with_uid(number)).unwrap()
    }

    pub(crate) fn open_sessions(&self) -> usize {
        let sessions = self.ward.sessions().unwrap();
        sessions.iter().filter(|session| session["state"] != "ended").count()
    }
}

/// Ids of the sessions with an accepted login on record.
pub(crate) fn logins(record: &[Value]) -> Vec<String> {
    record
        .iter()
        .filter(|event| event["subtype"][0]["code"] == "110122" && event["outcome"] == "0")
        .map(|event| event["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Causes of the logouts on record.
pub(crate) fn logouts(record: &[Value]) -> Vec<String> {
    record.iter().filter(|event| event["subtype"][0]["code"] == "110123").map(cause_of).collect()
}

/// The accepted logins of one session.
pub(crate) fn logins_of<'a>(record: &'a [Value], session: &str) -> Vec<&'a Value> {
    of_session(record, session, "110122").into_iter().filter(|event| event["outcome"] == "0").collect()
}

/// The logouts of one session.
pub(crate) fn logouts_of<'a>(record: &'a [Value], session: &str) -> Vec<&'a Value> {
    of_session(record, session, "110123")
}

fn of_session<'a>(record: &'a [Value], session: &str, code: &str) -> Vec<&'a Value> {
    events_of(record, session).into_iter().filter(|event| event["subtype"][0]["code"] == code).collect()
}

/// Everything on record of one session.
pub(crate) fn events_of<'a>(record: &'a [Value], session: &str) -> Vec<&'a Value> {
    let is_its = |event: &&Value| {
        let entities = event["entity"].as_array().map_or(&[][..], Vec::as_slice);
        entities.iter().any(|entity| {
            let identifier = &entity["what"]["identifier"];
            identifier["system"] == "urn:tapward:session" && identifier["value"] == session
        })
    };
    record.iter().filter(is_its).collect()
}

/// Whether a code of this system stands anywhere in an event.
pub(crate) fn has_code(event: &Value, system: &str, code: &str) -> bool {
    match event {
        Value::Object(fields) => {
            (fields.get("system").and_then(Value::as_str) == Some(system)
                && fields.get("code").and_then(Value::as_str) == Some(code))
                || fields.values().any(|field| has_code(field, system, code))
        }
        Value::Array(items) => items.iter().any(|item| has_code(item, system, code)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The coded cause of one logout, wherever in the event it stands.
fn cause_of(event: &Value) -> String {
    find_cause(event).unwrap_or_else(|| panic!("no cause in {event:#}"))
}

fn find_cause(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => {
            let is_cause = fields
                .get("system")
                .and_then(Value::as_str)
                .is_some_and(|system| system.contains("logout-cause"));
            if is_cause && let Some(code) = fields.get("code").and_then(Value::as_str) {
                return Some(code.to_owned());
            }
            fields.values().find_map(find_cause)
        }
        Value::Array(items) => items.iter().find_map(find_cause),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
