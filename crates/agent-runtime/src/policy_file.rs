//! Which policy holds: the file's, else the last good one, else the built-in strict one.
//!
//! A refused file never becomes a lax policy and never keeps anybody from signing in. A good file is kept
//! as a copy in the state directory; it stays in force, without an expiry of its own, until another good
//! one replaces it. Where there is no file and never was one, nothing was decided and the documented defaults hold.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
};

use policy::{Policy, Refused, Weakened};
use tracing::{error, info, warn};

use crate::view::PolicyNotice;

/// A larger file is refused unread.
const SIZE_BYTES_MAX: u64 = 64 * 1024;
/// The copy's name in the state directory.
const LAST_GOOD: &str = "policy.last-good.toml";

/// The policy that holds, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyInForce {
    /// What holds.
    pub policy: Policy,
    /// Where it comes from.
    pub origin: PolicyOrigin,
}

/// Where the policy in force comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyOrigin {
    /// The policy file.
    File,
    /// There is no policy file and never was one: the documented defaults.
    Defaults,
    /// The file was refused or is gone: the copy of the last good one.
    LastGood,
    /// The file was refused and there never was a good one: the built-in strict one.
    BuiltInStrict,
}

/// Why a file gives no policy.
#[derive(Debug, thiserror::Error)]
enum FileError {
    /// There is none.
    #[error("the file is not there")]
    Missing,
    /// Usual cause: its owner or mode.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
    /// No policy is that long.
    #[error("the file is larger than {SIZE_BYTES_MAX} bytes")]
    TooLarge,
    /// Usual cause: a value out of range.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl PolicyInForce {
    /// Finds the policy that holds, keeps a copy of a good file, and logs what an administrator must know.
    /// Reads and writes files.
    #[must_use]
    pub fn load(file: &Path, state_directory: &Path) -> Self {
        let last_good = state_directory.join(LAST_GOOD);
        let (in_force, text) = find(file, &last_good);
        if let Some(text) = text
            && let Err(error) = keep(&last_good, &text)
        {
            warn!(%error, "The policy is in force, but no copy of it could be kept");
        }
        in_force
    }

    /// Like [`Self::load`], for somebody who only asks: keeps no copy, so that a policy under which nobody worked yet
    /// becomes no last good one.
    #[must_use]
    pub fn look(file: &Path, state_directory: &Path) -> Self {
        find(file, &state_directory.join(LAST_GOOD)).0
    }

    /// What the screen says of it.
    #[must_use]
    pub const fn notice(&self) -> Option<PolicyNotice> {
        match self.origin {
            PolicyOrigin::File => None,
            PolicyOrigin::Defaults => None,
            PolicyOrigin::LastGood => Some(PolicyNotice::LastGood),
            PolicyOrigin::BuiltInStrict => Some(PolicyNotice::BuiltInStrict),
        }
    }

    /// Whether it holds because the file was refused or is gone.
    #[must_use]
    pub const fn is_fallback(&self) -> bool {
        matches!(self.origin, PolicyOrigin::LastGood | PolicyOrigin::BuiltInStrict)
    }

    /// Every safeguard it weakens.
    #[must_use]
    pub fn weakened(&self) -> Vec<Weakened> {
        self.policy.weakened()
    }
}

impl From<Policy> for PolicyInForce {
    fn from(policy: Policy) -> Self {
        Self { policy, origin: PolicyOrigin::File }
    }
}

/// The policy that holds, and the text of a good file.
fn find(file: &Path, last_good: &Path) -> (PolicyInForce, Option<String>) {
    let (in_force, text) = match read(file) {
        Ok((policy, text)) => (PolicyInForce::from(policy), Some(text)),
        Err(refused) => (fall_back(file, last_good, &refused), None),
    };
    for weakened in in_force.policy.weakened() {
        warn!("The policy weakens a safeguard: {weakened}");
    }
    (in_force, text)
}

fn fall_back(file: &Path, last_good: &Path, refused: &FileError) -> PolicyInForce {
    let file = file.display();
    match read(last_good) {
        Ok((policy, _)) => {
            error!("Policy `{file}` is not in force; the last good one stays: {refused}");
            PolicyInForce { policy, origin: PolicyOrigin::LastGood }
        }
        Err(FileError::Missing) if matches!(refused, FileError::Missing) => {
            info!("There is no policy `{file}`; the documented defaults hold");
            PolicyInForce { policy: Policy::default(), origin: PolicyOrigin::Defaults }
        }
        Err(nor_last_good) => {
            error!(
                "Policy `{file}` is not in force, and there is no last good one ({nor_last_good}); the \
                 built-in strict one holds: {refused}"
            );
            PolicyInForce { policy: Policy::strict(), origin: PolicyOrigin::BuiltInStrict }
        }
    }
}

fn read(path: &Path) -> Result<(Policy, String), FileError> {
    let file = File::open(path).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            FileError::Missing
        } else {
            FileError::Unreadable(error)
        }
    })?;
    let mut text = String::new();
    let size = file.take(SIZE_BYTES_MAX + 1).read_to_string(&mut text).map_err(FileError::Unreadable)?;
    if u64::try_from(size).is_ok_and(|size| size > SIZE_BYTES_MAX) {
        return Err(FileError::TooLarge);
    }
    Ok((Policy::parse(&text)?, text))
}

/// Whole or not at all, also through a power cut.
fn keep(last_good: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(last_good).is_ok_and(|kept| kept == text) {
        return Ok(());
    }
    let beside = last_good.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, last_good)?;
    match last_good.parent() {
        Some(directory) => File::open(directory)?.sync_all(),
        None => Ok(()),
    }
}
