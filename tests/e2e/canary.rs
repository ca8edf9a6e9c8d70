//! After the story, what was secret in it is looked for in everything it left behind.

use std::{
    fs,
    path::{Path, PathBuf},
};

use harness::ward::{Setup, short_policy};
use rustix::process::Signal;

use crate::bedside::{Bedside, SOON};

#[test]
fn no_password_code_secret_or_credential_is_left_in_any_file_or_argument() {
    let mut bedside =
        Bedside::signed_in(Setup { policy: short_policy("12s", "6s", "12h"), ..Setup::default() });
    let credential = bedside.ward.session_credential().unwrap();
    let secrets = [
        ("password", bedside.maria.password().to_owned()),
        ("one-time-code secret", bedside.maria.totp_secret()),
        ("session credential", credential),
    ];
    let arguments = all_arguments();
    bedside.ward.wait_screen("signed_out", SOON * 2).unwrap();
    bedside.assert_ended("inactivity");
    bedside.ward.stop_kiosk(Signal::TERM).unwrap();
    bedside.ward.stop_server(Signal::TERM).unwrap();

    let files = files_below(bedside.ward.path());

    assert!(files.iter().any(|file| file.ends_with("kiosk.log")), "the log was looked at");
    assert!(files.iter().any(|file| file.to_string_lossy().contains("data/")), "the database was looked at");
    for (what, secret) in &secrets {
        assert!(secret.len() >= 16, "too short to be found only where it leaked: {what}");
        assert!(!contains(&arguments, secret.as_bytes()), "the {what} is in a process's arguments");
        for file in &files {
            let content = fs::read(file).unwrap_or_default();
            assert!(!contains(&content, secret.as_bytes()), "the {what} is in {}", file.display());
        }
    }
}

/// Every process's arguments and, where it may be read, environment.
fn all_arguments() -> Vec<u8> {
    let mut all = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        for file in ["cmdline", "environ"] {
            all.extend(fs::read(process.path().join(file)).unwrap_or_default());
        }
    }
    all
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files.extend(files_below(&entry.path()));
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    files
}

fn contains(content: &[u8], secret: &[u8]) -> bool {
    content.windows(secret.len()).any(|window| window == secret)
}
