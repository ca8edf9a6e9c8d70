//! The administrator's and the auditor's part of a ward: commands at the server, and the record.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::Ward;
use crate::{nurse::Nurse, server_process};

impl Ward {
    /// One of the administrator's commands, answered in JSON.
    ///
    /// # Errors
    /// When it fails; its words are in the error.
    pub fn admin(&self, arguments: &[&str], input: &str) -> Result<Value> {
        server_process::admin(&self.data(), arguments, input)
    }

    /// Adds a nurse who can sign in.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn add_nurse(&self, name: &str, display_name: &str) -> Result<Nurse> {
        let password = format!("correct horse {name} staple");
        let answer =
            self.admin(&["user", "add", name, "--display-name", display_name, "--role", "RN"], &password)?;
        Nurse::new(name, &password, &answer)
    }

    /// The sessions as the server lists them.
    ///
    /// # Errors
    /// When the server does not answer.
    pub fn sessions(&self) -> Result<Vec<Value>> {
        let mut answer = self.admin(&["session", "list"], "")?;
        serde_json::from_value(answer["sessions"].take()).context("no list of sessions")
    }

    /// Ends every session that is not ended, as an administrator would.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn end_all_sessions(&self) -> Result<()> {
        for session in self.sessions()?.iter().filter(|session| session["state"] != "ended") {
            let id = session["session_id"].as_str().context("a session's id")?;
            self.admin(&["session", "end", id], "")?;
        }
        Ok(())
    }

    /// The audit record as the server stored it, oldest first, read with an auditor's token.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn audit_record(&self, token: &str) -> Result<Vec<Value>> {
        crate::auditor::read_all(self.address(), &self.data(), token)
    }

    /// A new auditor's token.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn auditor_token(&self, name: &str) -> Result<String> {
        let answer = self.admin(&["auditor", "token", name], "")?;
        Ok(answer["token"].as_str().context("the auditor's token")?.to_owned())
    }

    /// Waits until the record satisfies `is_enough`, and returns it.
    ///
    /// # Errors
    /// When it does not within `bound`.
    pub fn wait_audit(
        &self,
        token: &str,
        what: &str,
        bound: Duration,
        is_enough: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>> {
        let start = Instant::now();
        loop {
            let record = self.audit_record(token)?;
            if is_enough(&record) {
                return Ok(record);
            }
            if start.elapsed() > bound {
                bail!("waited {} s in vain for {what}; the record is {record:#?}", bound.as_secs());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
