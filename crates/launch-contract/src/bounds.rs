//! The fields that have bounds, as types that cannot be beyond them.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::App;

/// Apps of one session.
pub const APPS_MAX: usize = 32;
/// Words of one command line, the program among them.
pub const ARGUMENTS_MAX: usize = 64;
/// Length of each of them.
pub const ARGUMENT_BYTES_MAX: usize = 1024;
/// The apps of one session as they stand in a packet: what else is in it always fits beside them.
pub const APPS_BYTES_MAX: usize = 24 * 1024;
/// Length of an X authority file.
pub const COOKIE_BYTES_MAX: usize = 4096;
/// The longest time that apps can be given to save or to close.
pub const WITHIN_MS_MAX: u64 = 600_000;
const APP_ID_BYTES_MAX: usize = 40;

/// A field that is not what it may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutOfBounds {
    /// Not `[a-z0-9-]{1,40}`.
    #[error("an app's id is 1 to 40 of a-z, 0-9 and -")]
    AppId,
    /// Two apps of one id.
    #[error("two apps have the same id")]
    AppTwice,
    /// More than [`APPS_MAX`].
    #[error("a session has at most {APPS_MAX} apps")]
    Apps,
    /// More than [`APPS_BYTES_MAX`].
    #[error("the apps of a session are at most {APPS_BYTES_MAX} bytes")]
    AppsSize,
    /// Not 1 to [`ARGUMENTS_MAX`] words of up to [`ARGUMENT_BYTES_MAX`] bytes.
    #[error("a command has 1 to {ARGUMENTS_MAX} words of up to {ARGUMENT_BYTES_MAX} bytes without NUL")]
    Argv,
    /// Not an absolute path without `..` and without `/` at its end.
    #[error("a program is an absolute path without .. and without / at its end")]
    Program,
    /// Not a display of this machine.
    #[error("a display is like :0 or :0.0")]
    Display,
    /// Not base64, or more than [`COOKIE_BYTES_MAX`] bytes of it.
    #[error("an X authority file is base64 of at most {COOKIE_BYTES_MAX} bytes")]
    Cookie,
    /// Longer than [`WITHIN_MS_MAX`].
    #[error("apps are given at most {WITHIN_MS_MAX} ms")]
    Within,
}

/// Names an app within its session; it becomes the name of a control group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AppId(String);

impl AppId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for AppId {
    type Error = OutOfBounds;

    fn try_from(id: String) -> Result<Self, OutOfBounds> {
        let is_good = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=APP_ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(is_good) {
            Ok(Self(id))
        } else {
            Err(OutOfBounds::AppId)
        }
    }
}

impl FromStr for AppId {
    type Err = OutOfBounds;

    fn from_str(id: &str) -> Result<Self, OutOfBounds> {
        id.to_owned().try_into()
    }
}

impl From<AppId> for String {
    fn from(id: AppId) -> Self {
        id.0
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A command: an absolute program and its arguments. They stay out of `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Argv(Vec<String>);

impl Argv {
    /// The program and what it is given.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.0
    }

    /// The program.
    #[must_use]
    pub fn program(&self) -> &str {
        &self.0[0]
    }

    /// What it is given.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.0[1..]
    }
}

impl TryFrom<Vec<String>> for Argv {
    type Error = OutOfBounds;

    fn try_from(words: Vec<String>) -> Result<Self, OutOfBounds> {
        let is_good = |word: &String| word.len() <= ARGUMENT_BYTES_MAX && !word.contains('\0');
        if !(1..=ARGUMENTS_MAX).contains(&words.len()) || !words.iter().all(is_good) {
            return Err(OutOfBounds::Argv);
        }
        let program = &words[0];
        if !program.starts_with('/') || program.ends_with('/') || program.split('/').any(|part| part == "..")
        {
            return Err(OutOfBounds::Program);
        }
        Ok(Self(words))
    }
}

impl From<Argv> for Vec<String> {
    fn from(argv: Argv) -> Self {
        argv.0
    }
}

impl fmt::Debug for Argv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Argv({}, {} arguments)", self.program(), self.arguments().len())
    }
}

/// The apps of a session, each id once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<App>", into = "Vec<App>")]
pub struct Apps(Vec<App>);

impl Apps {
    /// In their order.
    #[must_use]
    pub fn as_slice(&self) -> &[App] {
        &self.0
    }
}

impl TryFrom<Vec<App>> for Apps {
    type Error = OutOfBounds;

    fn try_from(apps: Vec<App>) -> Result<Self, OutOfBounds> {
        if apps.len() > APPS_MAX {
            return Err(OutOfBounds::Apps);
        }
        let ids: std::collections::BTreeSet<_> = apps.iter().map(|app| &app.id).collect();
        if ids.len() < apps.len() {
            return Err(OutOfBounds::AppTwice);
        }
        let size_bytes = serde_json::to_vec(&apps).map_err(|_| OutOfBounds::AppsSize)?.len();
        if size_bytes <= APPS_BYTES_MAX { Ok(Self(apps)) } else { Err(OutOfBounds::AppsSize) }
    }
}

impl From<Apps> for Vec<App> {
    fn from(apps: Apps) -> Self {
        apps.0
    }
}

/// An X display of this machine, `:0` or `:0.0`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DisplayName(String);

impl DisplayName {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DisplayName {
    type Error = OutOfBounds;

    fn try_from(name: String) -> Result<Self, OutOfBounds> {
        let is_number =
            |text: &str| (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_good = name.strip_prefix(':').is_some_and(|rest| match rest.split_once('.') {
            Some((display, screen)) => is_number(display) && is_number(screen),
            None => is_number(rest),
        });
        if is_good { Ok(Self(name)) } else { Err(OutOfBounds::Display) }
    }
}

impl FromStr for DisplayName {
    type Err = OutOfBounds;

    fn from_str(name: &str) -> Result<Self, OutOfBounds> {
        name.to_owned().try_into()
    }
}

impl From<DisplayName> for String {
    fn from(name: DisplayName) -> Self {
        name.0
    }
}

/// The X authority file for the apps, base64 on the wire. Whoever has it can use the display.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cookie(Vec<u8>);

impl Cookie {
    /// From the file's bytes.
    ///
    /// # Errors
    /// [`OutOfBounds::Cookie`] when there are more than [`COOKIE_BYTES_MAX`].
    pub fn new(file: Vec<u8>) -> Result<Self, OutOfBounds> {
        if file.len() > COOKIE_BYTES_MAX { Err(OutOfBounds::Cookie) } else { Ok(Self(file)) }
    }

    /// The file's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for Cookie {
    type Error = OutOfBounds;

    fn try_from(text: String) -> Result<Self, OutOfBounds> {
        Self::new(STANDARD.decode(text).map_err(|_| OutOfBounds::Cookie)?)
    }
}

impl From<Cookie> for String {
    fn from(cookie: Cookie) -> Self {
        STANDARD.encode(cookie.0)
    }
}

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie(…)")
    }
}

/// How long apps are given, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct WithinMs(u64);

impl WithinMs {
    /// In milliseconds.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for WithinMs {
    type Error = OutOfBounds;

    fn try_from(ms: u64) -> Result<Self, OutOfBounds> {
        if ms <= WITHIN_MS_MAX { Ok(Self(ms)) } else { Err(OutOfBounds::Within) }
    }
}

impl From<WithinMs> for u64 {
    fn from(within: WithinMs) -> Self {
        within.0
    }
}
