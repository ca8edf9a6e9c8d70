//! What the launcher did, as plain lines for the journal, which adds the time. No names of people, no session, no
//! command lines, nothing an app wrote.

use std::io::Write;

/// One line. A log that cannot be written is no reason to end.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "tapward-launch: {text}");
}
