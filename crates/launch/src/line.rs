//! The few words that an app can have with us (`docs/APPS.md`). Whatever else it says is dropped unread.

use std::{
    io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
};

use launch_contract::SaveWhy;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};

/// Tells an app which descriptor its line is.
pub(crate) const LINE_ENV: &str = "TAPWARD_APP_FD";
/// No word is longer.
const WORD_BYTES_MAX: usize = 32;
/// What an app may say without being told anything.
const WORDS_MAX: u32 = 1_000;
/// Words taken in one go; then the others have their turn.
const WORDS_AT_ONCE_MAX: usize = 16;

/// What an app can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// It listens.
    Ready,
    /// It is at it.
    Saving(u8),
    /// It has saved.
    Saved,
    /// It has not.
    Refused,
}

/// Our end.
#[derive(Debug)]
pub(crate) struct Line {
    socket: OwnedFd,
    /// Packets it may still send until it is told something: an app cannot keep us busy.
    budget: u32,
}

impl Line {
    /// Ours, and the app's.
    pub(crate) fn pair() -> io::Result<(Self, OwnedFd)> {
        let flags = SocketFlags::CLOEXEC;
        let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
        Ok((Self { socket: ours, budget: WORDS_MAX }, theirs))
    }

    /// Whether it could be said.
    pub(crate) fn save(&mut self, why: SaveWhy, within_ms: u64) -> bool {
        self.budget = WORDS_MAX;
        self.say(&format!("save {} {within_ms}\n", why.as_str()))
    }

    /// Whether it could be said.
    pub(crate) fn close(&self, within_ms: u64) -> bool {
        self.say(&format!("close {within_ms}\n"))
    }

    fn say(&self, text: &str) -> bool {
        send(&self.socket, text.as_bytes(), SendFlags::DONTWAIT | SendFlags::NOSIGNAL).is_ok()
    }

    /// What has arrived, and whether the line still stands. It does not once more was said than anybody has to say.
    pub(crate) fn hear(&mut self) -> (Vec<Word>, bool) {
        let mut words = Vec::new();
        for _ in 0..WORDS_AT_ONCE_MAX {
            let mut packet = [0; WORD_BYTES_MAX + 1];
            match recv(&self.socket, &mut packet[..], RecvFlags::DONTWAIT | RecvFlags::TRUNC) {
                Ok((_, 0)) => return (words, false),
                Ok((_, length)) => {
                    let Some(budget) = self.budget.checked_sub(1) else { return (words, false) };
                    self.budget = budget;
                    words.extend(packet.get(..length).and_then(parse));
                }
                Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => break,
                Err(_) => return (words, false),
            }
        }
        (words, true)
    }
}

impl AsFd for Line {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

fn parse(packet: &[u8]) -> Option<Word> {
    match std::str::from_utf8(packet).ok()?.trim_end_matches('\n') {
        "ready" => Some(Word::Ready),
        "saved" => Some(Word::Saved),
        "refused" => Some(Word::Refused),
        other => {
            let percent = other.strip_prefix("saving ")?;
            let is_number = percent.bytes().all(|byte| byte.is_ascii_digit());
            percent.parse().ok().filter(|percent| is_number && *percent <= 100).map(Word::Saving)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_words_are_heard_and_nothing_about_a_patient_can_pass() {
        for (said, heard) in [
            ("ready\n", Some(Word::Ready)),
            ("saved", Some(Word::Saved)),
            ("refused\n", Some(Word::Refused)),
            ("saving 0", Some(Word::Saving(0))),
            ("saving 100\n", Some(Word::Saving(100))),
            ("saving 101", None),
            ("saving +5", None),
            ("saving", None),
            ("saved Jane Doe, potassium 6.9", None),
            ("SAVED", None),
            ("ready\nsaved", None),
            ("", None),
        ] {
            assert_eq!(parse(said.as_bytes()), heard, "{said:?}");
        }
        assert_eq!(parse(b"\xff\xfe"), None);
    }

    #[test]
    fn a_packet_that_is_too_long_is_dropped_and_the_next_one_heard() {
        let (mut line, app) = Line::pair().expect("a socketpair");
        for packet in [&[b'x'; 40_000][..], &[b'y'; 33][..], b"saved"] {
            send(&app, packet, SendFlags::empty()).expect("room");
        }

        assert_eq!(line.hear(), (vec![Word::Saved], true));
    }

    #[test]
    fn an_app_that_floods_its_line_is_read_a_few_words_at_a_time_and_then_no_more() {
        let (mut line, app) = Line::pair().expect("a socketpair");
        let flood = || while send(&app, b"saving 1", SendFlags::DONTWAIT).is_ok() {};
        flood();
        assert_eq!(line.hear().0.len(), WORDS_AT_ONCE_MAX);

        let mut heard = WORDS_AT_ONCE_MAX;
        loop {
            flood();
            let (words, stands) = line.hear();
            heard += words.len();
            if !stands {
                break;
            }
        }
        assert_eq!(heard, usize::try_from(WORDS_MAX).expect("a number"), "then it is heard no more");
    }

    #[test]
    fn the_end_of_an_app_is_the_end_of_its_line() {
        let (mut line, app) = Line::pair().expect("a socketpair");
        drop(app);

        assert_eq!(line.hear(), (Vec::new(), false));
        assert!(!line.close(10));
    }
}
