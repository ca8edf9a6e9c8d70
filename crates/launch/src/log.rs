//! What the launcher did, as plain lines for the journal, which adds the time. No names of people, no session, no
//! command lines, nothing an app wrote.

/// One line. A log that cannot be written is no reason to end.
pub(crate) fn line(text: &str) {
    daemon::log::line("tapward-launch", text);
}
