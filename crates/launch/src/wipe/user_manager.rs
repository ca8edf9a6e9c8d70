//! The account's user manager of systemd, which logind ends.

use std::path::Path;

use super::system_program::{AT_MOST, run};
use crate::{account::Account, clock};

const LOGINCTL: &str = "/usr/bin/loginctl";

/// Has logind end what it holds for the account; 1 when it still holds something.
pub(super) fn end(account: &Account, beat: &dyn Fn()) -> u32 {
    let held = Path::new("/run/systemd/users").join(account.uid.to_string());
    if !held.exists() {
        return 0;
    }
    // That it had nothing to end is no failure; what counts is what is held afterwards.
    let _ = run(Path::new(LOGINCTL), &["terminate-user", &account.uid.to_string()], beat);
    u32::from(!clock::wait(AT_MOST, || !held.exists()))
}
