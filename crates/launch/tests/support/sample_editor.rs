//! An editor for tests. What is written to the FIFO `keys` in its home is typed into it; it keeps that in memory and
//! writes it to `saved` when it is told to, by the line of `docs/APPS.md` or, where it was started without one, by its command
//! `launch-sample-editor save`. Started with `hang` it never saves, and minds no SIGTERM; with `to DIRECTORY` it saves there.
#![cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "signals, and a descriptor it was started with")
)]

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    linux::main()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::{
        fs::{self, File, OpenOptions},
        io::{self, Read},
        os::{
            fd::{AsFd, BorrowedFd, FromRawFd, OwnedFd},
            unix::fs::OpenOptionsExt,
        },
        path::{Path, PathBuf},
    };

    use rustix::{
        event::{PollFd, PollFlags, Timespec, poll},
        fs::{CWD, FileType, Mode, mknodat},
        net::{RecvFlags, SendFlags, recv, send},
    };

    const WANTED: &str = "save-wanted";

    pub(super) fn main() -> io::Result<()> {
        let home = PathBuf::from(std::env::var_os("HOME").ok_or(io::ErrorKind::NotFound)?);
        let word = std::env::args().nth(1).unwrap_or_default();
        let to = std::env::args_os().nth(2).map_or_else(|| home.clone(), PathBuf::from);
        if word == "save" { ask_to_save(&home) } else { edit(&home, &to, word == "hang") }
    }

    /// The `save` command: has the editor save, and waits until it has.
    fn ask_to_save(home: &Path) -> io::Result<()> {
        let wanted = home.join(WANTED);
        File::create(&wanted)?;
        while wanted.exists() {
            wait(&[])?;
        }
        Ok(())
    }

    fn edit(home: &Path, to: &Path, is_hanging: bool) -> io::Result<()> {
        if is_hanging {
            // SAFETY: ignoring a signal installs no handler.
            unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
        }
        let line = std::env::var("TAPWARD_APP_FD").ok().and_then(|fd| fd.parse().ok()).map(|fd| {
            // SAFETY: the launcher says that this descriptor is ours.
            unsafe { OwnedFd::from_raw_fd(fd) }
        });
        let keys = home.join("keys");
        mknodat(CWD, &keys, FileType::Fifo, Mode::RWXU, 0)?;
        // For both, so that it never ends.
        let mut keys = OpenOptions::new().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(keys)?;
        let mut text = Vec::new();
        if let Some(line) = &line {
            say(line, "ready")?;
        }
        loop {
            wait(
                &[Some(keys.as_fd()), line.as_ref().map(AsFd::as_fd)]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>(),
            )?;
            if is_hanging {
                continue;
            }
            read(&mut keys, &mut text)?;
            if home.join(WANTED).exists() {
                save(to, &text)?;
                fs::remove_file(home.join(WANTED))?;
            }
            let Some(line) = &line else { continue };
            let mut packet = [0; 64];
            let Ok((length, _)) = recv(line, &mut packet[..], RecvFlags::DONTWAIT) else { continue };
            match std::str::from_utf8(&packet[..length]).unwrap_or_default().split_whitespace().next() {
                Some("save") => {
                    say(line, "saving 50")?;
                    read(&mut keys, &mut text)?;
                    save(to, &text)?;
                    say(line, "saved")?;
                }
                Some("close") | None => return Ok(()),
                Some(_) => {}
            }
        }
    }

    fn read(keys: &mut File, text: &mut Vec<u8>) -> io::Result<()> {
        let mut some = [0; 4096];
        loop {
            match keys.read(&mut some) {
                Ok(0) => return Ok(()),
                Ok(length) => text.extend_from_slice(&some[..length]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn save(to: &Path, text: &[u8]) -> io::Result<()> {
        fs::write(to.join("saved.part"), text)?;
        fs::rename(to.join("saved.part"), to.join("saved"))
    }

    fn say(line: &OwnedFd, word: &str) -> io::Result<()> {
        send(line, word.as_bytes(), SendFlags::NOSIGNAL)?;
        Ok(())
    }

    fn wait(on: &[BorrowedFd<'_>]) -> io::Result<()> {
        let mut on: Vec<_> = on.iter().map(|fd| PollFd::from_borrowed_fd(*fd, PollFlags::IN)).collect();
        poll(&mut on, Some(&Timespec { tv_sec: 0, tv_nsec: 2_000_000 }))?;
        Ok(())
    }
}
