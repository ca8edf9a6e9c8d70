//! What would run, or be read, after the account's processes are gone: cron tables, `at` jobs, mail.
//!
//! These directories are root's or a daemon's; the app account cannot write to them, and its programs cannot gain the rights
//! of `crontab` and `at` (`no_new_privs`). Whatever is there of it is removed all the same, by name.

use std::{
    ffi::CString,
    fs, io,
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
    path::Path,
};

use super::files;
use crate::account::Account;

/// Where a file is the account's when it is called so or owned so.
const SPOOLS: [&str; 11] = [
    "/var/spool/cron",
    "/var/spool/cron/crontabs",
    "/var/spool/cron/tabs",
    "/var/spool/cron/atjobs",
    "/var/spool/cron/atspool",
    "/var/spool/at",
    "/var/spool/at/spool",
    "/var/spool/atjobs",
    "/var/mail",
    "/var/spool/mail",
    "/var/lib/systemd/linger",
];

/// Removes them; returns how much is left.
pub(super) fn remove(account: &Account) -> u32 {
    SPOOLS.iter().map(|spool| remove_in(Path::new(spool), account)).sum()
}

fn remove_in(spool: &Path, account: &Account) -> u32 {
    // `/var/spool/mail` is a link to `/var/mail` on many a system: looked at under its own name.
    let is_directory = fs::symlink_metadata(spool).is_ok_and(|facts| facts.is_dir());
    let Ok(entries) = fs::read_dir(spool) else { return u32::from(is_directory) };
    if !is_directory {
        return 0;
    }
    entries
        .map(|entry| u32::from(entry.is_err() || entry.is_ok_and(|entry| stays(spool, &entry, account))))
        .sum()
}

/// Whether something is the account's and cannot be removed; who cannot tell says so. A folder, which holds who knows whose, is
/// not looked into.
fn stays(spool: &Path, entry: &fs::DirEntry, account: &Account) -> bool {
    match fs::symlink_metadata(entry.path()) {
        Err(error) => error.kind() != io::ErrorKind::NotFound,
        Ok(facts) if facts.uid() != account.uid && entry.file_name() != account.name.as_str() => false,
        Ok(facts) => {
            facts.is_dir()
                || !CString::new(entry.file_name().as_bytes())
                    .is_ok_and(|name| files::remove_name(spool, &name))
        }
    }
}

#[cfg(test)]
mod tests {
    use launch_contract::Account as Kind;

    use super::*;

    #[test]
    fn a_table_called_like_the_account_goes_and_those_of_others_stay() {
        let spool = tempfile::tempdir().expect("a directory");
        for name in ["tapward-session", "root", "a\nb"] {
            fs::write(spool.path().join(name), "* * * * * x").expect("written");
        }
        std::os::unix::fs::symlink("/etc/passwd", spool.path().join("link")).expect("linked");
        let account = Account {
            kind: Kind::Separate,
            name: "tapward-session".to_owned(),
            uid: 61_000,
            gid: 61_000,
            groups: Vec::new(),
        };

        let left = remove_in(spool.path(), &account);

        assert_eq!(left, 0);
        assert!(!spool.path().join("tapward-session").exists());
        assert!(["root", "a\nb", "link"].iter().all(|name| spool.path().join(name).exists()));
        assert_eq!(remove_in(&spool.path().join("none"), &account), 0);
        fs::create_dir(spool.path().join("tapward-session")).expect("made");
        assert_eq!(remove_in(spool.path(), &account), 1, "a folder is said");
    }
}
