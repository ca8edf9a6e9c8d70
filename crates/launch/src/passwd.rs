//! The account database of the system (NSS).
#![expect(unsafe_code, reason = "the account database has no safe interface in rustix")]

use std::{
    ffi::{CStr, CString},
    mem::MaybeUninit,
    ptr,
};

/// The longest entry that is read.
const ENTRY_BYTES_MAX: usize = 64 * 1024;
/// Groups of one account.
const GROUPS_MAX: usize = 256;

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// By name.
pub(crate) fn by_name(name: &str) -> Option<Entry> {
    let name = CString::new(name).ok()?;
    // SAFETY: all pointers are valid for the call, and the buffer's length is its own.
    read(|entry, buffer, length, result| unsafe {
        libc::getpwnam_r(name.as_ptr(), entry, buffer, length, result)
    })
}

/// By number.
pub(crate) fn by_uid(uid: u32) -> Option<Entry> {
    // SAFETY: all pointers are valid for the call, and the buffer's length is its own.
    read(|entry, buffer, length, result| unsafe { libc::getpwuid_r(uid, entry, buffer, length, result) })
}

fn read(
    call: impl FnOnce(*mut libc::passwd, *mut libc::c_char, usize, *mut *mut libc::passwd) -> libc::c_int,
) -> Option<Entry> {
    let mut entry = MaybeUninit::<libc::passwd>::uninit();
    let mut buffer = vec![0; ENTRY_BYTES_MAX];
    let mut result = ptr::null_mut();
    let failed = call(entry.as_mut_ptr(), buffer.as_mut_ptr(), buffer.len(), &raw mut result);
    if failed != 0 || result.is_null() {
        return None;
    }
    // SAFETY: with a result the call has filled the entry, whose strings lie in the buffer.
    let (entry, name) = unsafe {
        let entry = entry.assume_init();
        (entry, CStr::from_ptr(entry.pw_name))
    };
    Some(Entry { name: name.to_str().ok()?.to_owned(), uid: entry.pw_uid, gid: entry.pw_gid })
}

/// The groups of an account, its own among them; none when there are too many to read.
pub(crate) fn groups(name: &str, gid: u32) -> Option<Vec<u32>> {
    let name = CString::new(name).ok()?;
    let mut groups = vec![0; GROUPS_MAX];
    let mut count = i32::try_from(GROUPS_MAX).ok()?;
    // SAFETY: the list has as many places as the count says.
    let got = unsafe { libc::getgrouplist(name.as_ptr(), gid, groups.as_mut_ptr(), &raw mut count) };
    groups.truncate(usize::try_from(count).ok()?);
    (got >= 0).then_some(groups)
}
