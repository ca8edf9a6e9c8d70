//! The kernel's keyrings that outlive their processes: the user's, the user's session's and the persistent one.
#![expect(unsafe_code, reason = "keyrings have no safe interface in rustix")]

use std::{io, ptr};

// keyctl(2)
const GET_PERSISTENT: libc::c_int = 22;
const CLEAR: libc::c_int = 7;
const LINK: libc::c_int = 8;
const READ: libc::c_int = 11;
const THREAD_KEYRING: libc::c_long = -1;
const USER_KEYRING: libc::c_long = -4;
const USER_SESSION_KEYRING: libc::c_long = -5;

/// Empties the keyrings of the account that this thread is; returns how many could not be, or are not empty.
pub(super) fn clear(uid: u32) -> u32 {
    let persistent = match get_persistent(uid) {
        Ok(keyring) => Some(Ok(keyring)),
        // A kernel without them.
        Err(error) if matches!(error.raw_os_error(), Some(libc::ENOSYS | libc::EOPNOTSUPP)) => None,
        Err(error) => Some(Err(error)),
    };
    let keyrings = [Some(Ok(USER_SESSION_KEYRING)), Some(Ok(USER_KEYRING)), persistent];
    let failed = keyrings.into_iter().flatten().filter(|keyring| match keyring {
        Ok(keyring) => !is_cleared(*keyring),
        Err(_) => true,
    });
    let failed = failed.count();
    // As the kernel makes it, so that whoever comes next finds the user's own keys by it.
    let _ = call(LINK, USER_KEYRING, USER_SESSION_KEYRING);
    u32::try_from(failed).unwrap_or(u32::MAX)
}

fn is_cleared(keyring: libc::c_long) -> bool {
    match call(CLEAR, keyring, 0) {
        Ok(_) => call(READ, keyring, 0).is_ok_and(|length| length == 0),
        // None of that name, or a kernel without keyrings.
        Err(error) => matches!(error.raw_os_error(), Some(libc::ENOKEY | libc::ENOSYS)),
    }
}

fn get_persistent(uid: u32) -> io::Result<libc::c_long> {
    call(GET_PERSISTENT, libc::c_long::from(uid), THREAD_KEYRING)
}

fn call(operation: libc::c_int, first: libc::c_long, second: libc::c_long) -> io::Result<libc::c_long> {
    // `READ` is given no buffer: it tells the length.
    // SAFETY: the operations above take numbers, and null with length 0 for what they could fill.
    let result = unsafe { libc::syscall(libc::SYS_keyctl, operation, first, second, 0, ptr::null::<u8>()) };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}
