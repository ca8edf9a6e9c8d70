//! What was found, as lines for people or one JSON object for machines.

use std::io::{self, Write as _};

use anyhow::ensure;
use serde::Serialize;

/// How it is with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    /// People can sign in all the same.
    LookAt,
    /// Nobody can sign in.
    Missing,
}

impl State {
    /// As wide as the widest.
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok     ",
            Self::LookAt => "LOOK AT",
            Self::Missing => "MISSING",
        }
    }
}

#[derive(Debug, Serialize)]
struct Finding {
    state: State,
    what: String,
    found: String,
}

/// One finding for each thing that was looked at.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
}

#[derive(Serialize)]
struct Whole<'a> {
    can_sign_in: bool,
    findings: &'a [Finding],
}

impl Report {
    pub(super) fn good(&mut self, what: &str, found: &str) {
        self.find(State::Ok, what, found.to_owned());
    }

    /// People can sign in all the same.
    pub(super) fn look_at(&mut self, what: &str, found: &str) {
        self.find(State::LookAt, what, found.to_owned());
    }

    /// Nobody can sign in where it fails.
    pub(super) fn of(&mut self, what: &str, found: anyhow::Result<String>) {
        match found {
            Ok(found) => self.good(what, &found),
            Err(fault) => self.find(State::Missing, what, format!("{fault:#}")),
        }
    }

    fn find(&mut self, state: State, what: &str, found: String) {
        self.findings.push(Finding { state, what: what.to_owned(), found });
    }

    pub(super) fn faults(&self) -> usize {
        self.findings.iter().filter(|finding| finding.state == State::Missing).count()
    }

    /// For people.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |Finding { state, what, found }: &Finding| format!("{}  {what}: {found}", state.word());
        self.findings.iter().map(line).collect()
    }

    fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(&Whole { can_sign_in: self.faults() == 0, findings: &self.findings })
    }

    /// Prints it.
    ///
    /// # Errors
    /// When something is missing without which nobody can sign in.
    pub(super) fn tell(&self, is_json: bool) -> anyhow::Result<()> {
        let told = if is_json { self.json()? } else { self.lines().join("\n") };
        writeln!(io::stdout(), "{told}")?;
        ensure!(self.faults() == 0, "nobody can sign in here until what is missing is there");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_read_the_same_as_people() {
        let mut report = Report::default();
        report.good("policy", "/etc/tapward/policy.toml");
        report.look_at("apps", "not enforced");
        assert_eq!(
            report.json().unwrap(),
            r#"{"can_sign_in":true,"findings":[{"state":"ok","what":"policy","found":"/etc/tapward/policy.toml"},{"state":"look_at","what":"apps","found":"not enforced"}]}"#
        );

        report.of("keychain", Err(anyhow::anyhow!("locked")));
        assert!(report.json().unwrap().starts_with(r#"{"can_sign_in":false,"#));
        assert_eq!(
            report.lines(),
            [
                "ok       policy: /etc/tapward/policy.toml",
                "LOOK AT  apps: not enforced",
                "MISSING  keychain: locked"
            ]
        );
    }
}
