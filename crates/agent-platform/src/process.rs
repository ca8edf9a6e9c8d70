//! What the agent's process keeps from others of the same account: its memory and its core files.

/// Makes this process not dumpable (no core file, no attaching, no reading of its memory by another
/// process of this account) and forbids core files to it and its children. The first thing `main` does.
///
/// # Platform-specific behavior
/// Linux only; elsewhere it does nothing.
///
/// # Errors
/// When the system refuses, which it does to nobody.
#[cfg(target_os = "linux")]
pub fn keep_memory_private() -> std::io::Result<()> {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    Ok(())
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
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn no_core_file_can_hold_a_password() {
        super::keep_memory_private().unwrap();

        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(getrlimit(Resource::Core).maximum, Some(0));
    }
}
