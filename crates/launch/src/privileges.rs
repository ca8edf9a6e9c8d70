//! Which rights the launcher keeps, and how it works with none but the app account's.

use std::{io, sync::mpsc, time::Duration};

use rustix::{
    process::{DumpableBehavior, Gid, Resource, Rlimit, Uid, set_dumpable_behavior, setrlimit, umask},
    thread::{
        CapabilitySet, CapabilitySets, set_capabilities, set_keep_capabilities, set_thread_groups,
        set_thread_res_gid, set_thread_res_uid,
    },
};

use crate::account::Account;

/// What a wait for work done as the apps' account is interrupted for, to say that we live.
const BEAT: Duration = Duration::from_secs(1);
/// The highest capability that kernels know or may come to know.
const CAPABILITIES: u32 = 64;

/// What is needed as root; see the crate's documentation.
fn needed() -> CapabilitySet {
    CapabilitySet::CHOWN
        | CapabilitySet::DAC_OVERRIDE
        | CapabilitySet::DAC_READ_SEARCH
        | CapabilitySet::FOWNER
        | CapabilitySet::KILL
        | CapabilitySet::SETGID
        | CapabilitySet::SETUID
        | CapabilitySet::SETPCAP
}

/// Gives up what is not needed, for us and whatever we start. Nothing of ours is dumped, and nothing we make is another's to read.
pub(crate) fn drop_unneeded() -> io::Result<()> {
    umask(rustix::fs::Mode::from_raw_mode(0o077));
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    // One byte, not none: `docs/SECURITY-PROPERTIES.md`. Refused where the machine allows none already.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(1), maximum: Some(1) });
    if !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    drop_bounds(needed());
    let had = rustix::thread::capabilities(None)?.permitted;
    let kept = had & needed();
    set_capabilities(
        None,
        CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() },
    )?;
    Ok(())
}

/// Takes all but `kept` out of what programs started from here could ever have. Allocates nothing.
pub(crate) fn drop_bounds(kept: CapabilitySet) {
    for number in 0..CAPABILITIES {
        let one = CapabilitySet::from_bits_retain(1 << number);
        if !kept.contains(one) {
            // A number the kernel does not know is refused, and is nothing that could be had.
            let _ = rustix::thread::remove_capability_from_bounding_set(one);
        }
    }
}

/// Does `work` in a thread that is the apps' account, with one capability left: to read directories. `beat` is called
/// about every second meanwhile.
///
/// Only while nothing of the account runs, because whoever is the account may end such a thread, and us with it. With a
/// shared account the work is simply done.
pub(crate) fn as_account<T: Send>(
    account: &Account,
    beat: &dyn Fn(),
    work: impl FnOnce() -> T + Send,
) -> io::Result<T> {
    if !account.is_separate() {
        return Ok(work());
    }
    let (done, is_done) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let _ = done.send(become_account(account).map(|()| work()));
        });
        loop {
            match is_done.recv_timeout(BEAT) {
                Ok(result) => return result,
                Err(mpsc::RecvTimeoutError::Timeout) => beat(),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    return Err(io::Error::other("the work panicked"));
                }
            }
        }
    })
}

/// Reads a file as the account may, which other threads of ours may be doing while its processes run: what signals could be sent
/// to is still root.
#[expect(unsafe_code, reason = "rustix has no word for whose files a thread may read")]
pub(crate) fn read_as_account(account: &Account, path: &str) -> io::Result<Vec<u8>> {
    if !account.is_separate() {
        return std::fs::read(path);
    }
    let read = || {
        // SAFETY: system calls on numbers, which change this thread alone; it ends with what it read. They tell no
        // failure: then it reads as whoever it was, and may read less.
        unsafe {
            libc::syscall(libc::SYS_setfsgid, account.gid);
            libc::syscall(libc::SYS_setfsuid, account.uid);
        }
        std::fs::read(path)
    };
    std::thread::scope(|scope| scope.spawn(read).join()).map_err(|_| io::Error::other("the work panicked"))?
}

/// This thread, and no other, is the account from here on.
fn become_account(account: &Account) -> io::Result<()> {
    let groups: Vec<Gid> = account.groups.iter().map(|group| Gid::from_raw(*group)).collect();
    let (gid, uid) = (Gid::from_raw(account.gid), Uid::from_raw(account.uid));
    set_thread_groups(&groups)?;
    set_thread_res_gid(gid, gid, gid)?;
    set_keep_capabilities(true)?;
    set_thread_res_uid(uid, uid, uid)?;
    let kept = CapabilitySet::DAC_READ_SEARCH & rustix::thread::capabilities(None)?.permitted;
    set_capabilities(
        None,
        CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() },
    )?;
    Ok(())
}
