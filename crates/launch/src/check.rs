//! `--check`: what this machine can do for the apps, for administrators and `tapward-agent doctor`.

use std::fmt::Write as _;

use launch_contract::{Account as Kind, Code, Containment};
use serde::Serialize;

use crate::arguments::Form;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Report {
    pub(crate) account: Kind,
    /// Name of the apps' account.
    pub(crate) user: String,
    /// None when there is no such account.
    pub(crate) uid: Option<u32>,
    pub(crate) containment: Containment,
    pub(crate) can_freeze: bool,
    /// Why no app can be started.
    pub(crate) problem: Option<Code>,
    /// What a wipe here cannot find out or remove.
    pub(crate) cannot_wipe: Vec<Code>,
}

/// What cannot be told apart from the agent's own.
pub(crate) const SHARED_CANNOT_WIPE: [Code; 5] =
    [Code::FilesLeft, Code::IpcLeft, Code::KeysLeft, Code::JobsLeft, Code::PrintJobsLeft];

impl Report {
    /// The exit code.
    pub(crate) fn verdict(&self) -> u8 {
        if self.problem.is_some() {
            2
        } else {
            u8::from(self.account == Kind::Shared || !self.can_freeze || !self.cannot_wipe.is_empty())
        }
    }

    pub(crate) fn print(&self, form: Form) -> String {
        match form {
            Form::Json => serde_json::to_string(self).unwrap_or_default() + "\n",
            Form::Text => self.text(),
        }
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let kind = match self.account {
            Kind::Separate => "separate from the agent's",
            Kind::Shared => "the agent's own: NOT ENFORCED",
        };
        let containment = match self.containment {
            Containment::SystemdScope => "a scope of systemd",
            Containment::Cgroup => "control groups",
            Containment::Subreaper => "descent (subreaper)",
        };
        let _ = writeln!(text, "account      {} ({kind})", self.user);
        let _ = writeln!(text, "containment  {containment}");
        let _ = writeln!(text, "can freeze   {}", if self.can_freeze { "yes" } else { "no" });
        for code in &self.cannot_wipe {
            let _ = writeln!(text, "cannot wipe  {}", code.as_str());
        }
        if let Some(problem) = self.problem {
            let _ = writeln!(text, "problem      {}", problem.as_str());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            account: Kind::Separate,
            user: "tapward-session".to_owned(),
            uid: Some(981),
            containment: Containment::Cgroup,
            can_freeze: true,
            problem: None,
            cannot_wipe: Vec::new(),
        }
    }

    #[test]
    fn one_account_for_all_is_said_to_be_not_enforced() {
        let shared = Report { account: Kind::Shared, cannot_wipe: SHARED_CANNOT_WIPE.to_vec(), ..report() };

        assert_eq!((report().verdict(), shared.verdict()), (0, 1));
        assert!(shared.text().contains("NOT ENFORCED") && shared.text().contains("cannot wipe  keys-left"));
        assert!(!report().text().contains("NOT"));
    }

    #[test]
    fn programs_read_the_words_of_the_contract() {
        let broken = Report { problem: Some(Code::AccountUnfit), uid: None, ..report() };

        assert_eq!(broken.verdict(), 2);
        assert_eq!(
            broken.print(Form::Json),
            "{\"account\":\"separate\",\"user\":\"tapward-session\",\"uid\":null,\"containment\":\"cgroup\",\
             \"can_freeze\":true,\"problem\":\"account-unfit\",\"cannot_wipe\":[]}\n"
        );
    }
}
