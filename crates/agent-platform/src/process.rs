//! The memory of the agent's process: kept from others of the same account and out of core files, and small.

/// Makes this process not dumpable (no core file, no attaching, no reading of its memory by another
/// process of this account) and limits core files to one byte, for it and its children: see
/// `docs/SECURITY-PROPERTIES.md` for why not to none. The first thing `main` does.
///
/// # Platform-specific behavior
/// Linux only; elsewhere it does nothing.
///
/// # Errors
/// When the system refuses, which it does to nobody.
#[cfg(target_os = "linux")]
pub fn keep_memory_private() -> std::io::Result<()> {
    use rustix::{
        io::Errno,
        process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit},
    };

    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    match setrlimit(Resource::Core, Rlimit { current: Some(1), maximum: Some(1) }) {
        // The machine allows none already, and only root may raise that.
        Err(Errno::PERM) => Ok(()),
        is_limited => Ok(is_limited?),
    }
}

/// Has all threads take memory from one heap: the C library would make one for each that is busy beside another, and
/// most of ours sleep. The first thing `main` does.
///
/// # Platform-specific behavior
/// Linux with the GNU C library only; elsewhere it does nothing.
pub fn share_one_heap() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "the C library has no safe way to be told")]
    // SAFETY: a number to the allocator, which checks it; where it refuses, memory is as it was.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1);
    }
}

/// Does nothing here.
///
/// # Errors
/// Never.
#[cfg(not(target_os = "linux"))]
pub fn keep_memory_private() -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::{
        process::{DumpableBehavior, Resource, Rlimit, dumpable_behavior, getrlimit, setrlimit},
        thread::{CapabilitySet, capabilities, set_capabilities},
    };

    #[test]
    fn no_core_file_can_hold_a_password() {
        super::keep_memory_private().unwrap();

        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core), Rlimit { current: Some(1), maximum: Some(1) });
    }

    #[test]
    fn where_the_machine_allows_no_core_files_already_the_agent_starts_all_the_same() {
        let none = || Rlimit { current: Some(0), maximum: Some(0) };
        setrlimit(Resource::Core, none()).unwrap();
        let mut ours = capabilities(None).unwrap();
        ours.effective.remove(CapabilitySet::SYS_RESOURCE);
        set_capabilities(None, ours).unwrap();

        super::keep_memory_private().unwrap();

        assert_eq!(getrlimit(Resource::Core), none());
    }
}
