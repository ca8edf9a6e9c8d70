//! A nurse: a name, a password, and the secret of her one-time codes.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::Value;
use totp_rs::Totp;

/// Somebody who can sign in.
#[derive(Clone)]
pub struct Nurse {
    name: String,
    password: String,
    totp: Totp,
}

impl std::fmt::Debug for Nurse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Nurse").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Nurse {
    /// From the answer of `tapward-server user add`.
    ///
    /// # Errors
    /// When that has no usable `otpauth` address.
    pub fn new(name: &str, password: &str, answer: &Value) -> Result<Self> {
        let url = answer["otpauth_url"].as_str().context("the answer of `user add` has no `otpauth_url`")?;
        let totp =
            Totp::from_url(url).map_err(|fault| anyhow::anyhow!("the address of her codes: {fault}"))?;
        Ok(Self { name: name.to_owned(), password: password.to_owned(), totp })
    }

    /// Her user name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Her password.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The base32 text of her secret, for looking whether it leaked.
    #[must_use]
    pub fn totp_secret(&self) -> String {
        self.totp.secret().to_base32()
    }

    /// The bytes of her secret, for the same.
    #[must_use]
    pub fn totp_secret_bytes(&self) -> Vec<u8> {
        self.totp.secret().as_bytes().to_vec()
    }

    /// What her telephone shows now.
    ///
    /// # Errors
    /// When the clock is before 1970.
    pub fn code(&self) -> Result<String> {
        self.code_in(0)
    }

    /// What her telephone shows next, which a server already takes: for a second sign-in within half a minute,
    /// because a code is accepted once.
    ///
    /// # Errors
    /// When the clock is before 1970.
    pub fn next_code(&self) -> Result<String> {
        self.code_in(30)
    }

    fn code_in(&self, seconds: u64) -> Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        Ok(self.totp.generate(now + seconds).to_string())
    }
}
