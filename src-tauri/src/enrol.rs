//! Binding this workstation to a session server, at the command line. No window, no cover.

use std::{
    fs::File,
    io::{self, Read, Write as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
    sync::Arc,
};

use agent_platform::{
    enrolment::{self, CODE_SIZE_BYTES_MAX, Enrolling, EnrolmentCode},
    keychain::Vault,
};
use agent_runtime::clock::SystemClock;
use anyhow::{Context as _, ensure};
use protocol::v1::workstation::DeviceFacts;
use tauri::Url;
use tokio::runtime::Runtime;
use zeroize::Zeroizing;

use crate::{logging, set_up, wiring};

/// Facts are at most this long (`protocol::v1::workstation::DeviceFacts`).
const FACT_CHARS_MAX: usize = 64;

/// Binds this workstation to a session server.
///
/// # Errors
/// With words for the administrator; then nothing has changed.
pub fn enrol(
    config_path: &Path,
    log_format: Option<logging::Format>,
    server: Option<&str>,
    code_file: Option<&Path>,
) -> anyhow::Result<()> {
    let config = set_up::start(config_path, log_format)?;
    let server = server.unwrap_or_else(|| config.server_url.as_str());
    let server: Url = server.parse().with_context(|| format!("`{server}` is no address"))?;
    ensure!(server.scheme() == "https", "the server's address must begin with https://");
    let code = EnrolmentCode::parse(&read_code(code_file)?)?;

    wiring::secure_transport()?;
    let enrolled = Runtime::new()?.block_on(async {
        let vault = Vault::of_this_system();
        let enrolling = Enrolling {
            server,
            code: &code,
            facts: facts(),
            state_folder: &config.state_directory,
            vault: &vault,
        };
        enrolment::enrol(enrolling, Arc::new(SystemClock::new())).await
    })?;
    let workstation = enrolled.enrolment().workstation;
    writeln!(io::stdout(), "Enrolled as {} ({})", workstation.name, workstation.id)?;
    Ok(())
}

/// From standard input, or from a file that nobody else can read.
fn read_code(file: Option<&Path>) -> anyhow::Result<Zeroizing<String>> {
    let Some(path) = file else { return read_bounded(io::stdin()) };
    let name = path.display();
    let file = File::open(path).with_context(|| format!("`{name}` cannot be read"))?;
    let mode = file.metadata()?.mode();
    ensure!(mode & 0o077 == 0, "`{name}` can be read by others: `chmod 600` it and ask for a new code");
    read_bounded(file)
}

fn read_bounded(mut source: impl Read) -> anyhow::Result<Zeroizing<String>> {
    // Room for a line's end, and one byte more, so that too much shows.
    const SIZE_BYTES_MAX: usize = CODE_SIZE_BYTES_MAX + 3;
    let mut bytes = Zeroizing::new([0; SIZE_BYTES_MAX]);
    let mut size = 0;
    while let Some(room) = bytes.get_mut(size..).filter(|room| !room.is_empty()) {
        match source.read(room).context("the enrolment code cannot be read")? {
            0 => break,
            read => size += read,
        }
    }
    ensure!(size < SIZE_BYTES_MAX, "this is longer than any enrolment code");
    let text = bytes.get(..size).and_then(|bytes| std::str::from_utf8(bytes).ok());
    Ok(Zeroizing::new(text.context("this is no enrolment code")?.to_owned()))
}

fn facts() -> DeviceFacts {
    let host_name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let os_release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    DeviceFacts {
        host_name: shortened(&host_name),
        os: shortened(&pretty_name(&os_release)),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

fn pretty_name(os_release: &str) -> String {
    let line = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    line.unwrap_or("Linux").trim_matches('"').to_owned()
}

fn shortened(fact: &str) -> String {
    fact.chars().filter(|c| !c.is_control()).take(FACT_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    fn code_file(mode: u32) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("code");
        fs::write(&path, "TW1-AAAA-BBBB\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    #[test]
    fn a_private_code_file_is_read() {
        let (_folder, path) = code_file(0o600);

        assert_eq!(read_code(Some(&path)).unwrap().as_str(), "TW1-AAAA-BBBB\n");
    }

    #[test]
    fn a_code_file_that_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o644] {
            let (_folder, path) = code_file(mode);

            let refusal = read_code(Some(&path)).unwrap_err().to_string();

            assert!(refusal.contains("can be read by others"), "{refusal}");
        }
    }

    #[test]
    fn what_is_longer_than_any_code_is_refused_unread() {
        let refusal = read_bounded(io::repeat(b'A')).unwrap_err().to_string();

        assert!(refusal.contains("longer than any"), "{refusal}");
    }

    #[test]
    fn the_longest_code_with_its_line_end_is_taken() {
        let line = format!("{}\r\n", "A".repeat(CODE_SIZE_BYTES_MAX));

        assert_eq!(read_bounded(line.as_bytes()).unwrap().as_str(), line);
    }

    #[test]
    fn facts_about_the_device_are_short_and_plain() {
        assert_eq!(pretty_name("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 12\"\n"), "Debian GNU/Linux 12");
        assert_eq!(pretty_name(""), "Linux");
        assert_eq!(shortened(&"é\u{7}".repeat(100)).chars().count(), FACT_CHARS_MAX);
    }
}
