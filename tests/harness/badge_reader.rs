//! A private smart card service with two virtual readers, and cards to put on them.
//!
//! pcscd runs in a network namespace of its own, because the virtual readers listen on every address, and with a folder
//! of the test's as `/run`, so that several run side by side: a client finds it by `PCSCLITE_CSOCK_NAME`
//! ([`CardService::socket`]). Making namespaces takes root's rights.
//!
//! pcscd looks at its list of virtual readers only when it starts: one is plugged in or pulled out with a restart.
//! It asks a virtual reader every 400 ms what lies on it: a card is to lie there, or be away, for longer than that.

use std::{
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    os::fd::{AsFd, OwnedFd},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use agent_core::time_limits::{AWAY_MIN, HOLDER_IGNORED_AFTER_UNCOVER};
use anyhow::{Context, Result, ensure};
use rustix::{
    net::sockopt::set_tcp_quickack,
    process::Signal,
    thread::{LinkNameSpaceType, move_into_link_name_space},
};

use crate::part::{Part, READY_WITHIN, wait_for};

/// The environment variable by which a client finds its service.
pub const SOCKET_VARIABLE: &str = "PCSCLITE_CSOCK_NAME";
/// How often pcscd asks a virtual reader what lies on it.
pub const READER_POLL: Duration = Duration::from_millis(400);

/// The driver of the virtual readers, as its package names it.
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
/// The first reader's card connects here, the second's to the next.
const PORT: u16 = 0x8c7b;
/// Another device with two readers more.
const OTHER_PORT: u16 = 0x9c7b;
/// Answer to reset of a contactless reader with a MIFARE Classic card.
const ATR: [u8; 20] = [
    0x3b, 0x8f, 0x80, 0x01, 0x80, 0x4f, 0x0c, 0xa0, 0x00, 0x00, 0x03, 0x06, 0x03, 0x00, 0x01, 0x00, 0x00,
    0x00, 0x00, 0x6a,
];
/// vpcd: what a frame of one byte asks for.
const SEND_ATR: u8 = 0x04;

/// A private pcscd.
#[derive(Debug)]
pub struct CardService {
    folder: PathBuf,
    part: Part,
    /// Where its readers listen, for cards that lie there while it is started again.
    place: Place,
}

/// The network namespace that the readers are in.
type Place = Arc<Mutex<OwnedFd>>;

impl CardService {
    /// Starts one with two readers and waits until it answers.
    ///
    /// # Errors
    /// When pcscd or its virtual reader is not installed, or namespaces may not be made.
    pub fn start(folder: &Path) -> Result<Self> {
        ensure!(Path::new(DRIVER).exists(), "the package vsmartcard-vpcd is not installed");
        // pcscd leaves the folder it was started in.
        let folder = fs::canonicalize(folder)?.join("pcsc");
        fs::create_dir_all(folder.join("run"))?;
        fs::create_dir_all(folder.join("readers"))?;
        write_reader(&folder, "Bedside", PORT)?;
        let (part, place) = start(&folder)?;
        Ok(Self { folder, part, place: Arc::new(Mutex::new(place)) })
    }

    /// To be given to a client as [`SOCKET_VARIABLE`].
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        socket(&self.folder)
    }

    /// The process.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// Ends it as a crash would.
    ///
    /// # Errors
    /// When it does not end.
    pub fn kill(&mut self) -> Result<()> {
        self.part.signal(Signal::KILL);
        self.part.wait(Duration::from_secs(5))?;
        Ok(())
    }

    /// Starts it again after [`CardService::kill`]. Cards that lie on its readers lie there still.
    ///
    /// # Errors
    /// As [`CardService::start`].
    pub fn start_again(&mut self) -> Result<()> {
        let (part, place) = start(&self.folder)?;
        self.part = part;
        *lock(&self.place) = place;
        Ok(())
    }

    /// Plugs in another device, which has two readers more; seen by the service when it starts again.
    ///
    /// # Errors
    /// When its file cannot be written.
    pub fn plug_in_another(&self) -> Result<()> {
        write_reader(&self.folder, "Corridor", OTHER_PORT)
    }

    /// Pulls out the first device and its two readers; seen by the service when it starts again.
    ///
    /// # Errors
    /// When it was not plugged in.
    pub fn pull_out(&self) -> Result<()> {
        Ok(fs::remove_file(self.folder.join("readers/Bedside"))?)
    }

    /// Plugs the first device in again; seen by the service when it starts again.
    ///
    /// # Errors
    /// When its file cannot be written.
    pub fn plug_in(&self) -> Result<()> {
        write_reader(&self.folder, "Bedside", PORT)
    }

    /// Puts `card` on reader 0 or 1, until the answer is dropped.
    ///
    /// # Errors
    /// When the reader does not listen.
    pub fn put(&self, reader: u16, card: Card) -> Result<LyingCard> {
        LyingCard::on(Arc::clone(&self.place), PORT + reader, card)
    }

    /// Puts `card` on reader 0 or 1 while the service is killed; it lies there when the service starts again.
    #[must_use]
    pub fn put_while_away(&self, reader: u16, card: Card) -> LyingCard {
        LyingCard::lying(Arc::clone(&self.place), PORT + reader, card, None)
    }
}

fn start(folder: &Path) -> Result<(Part, OwnedFd)> {
    let _ = fs::remove_dir_all(folder.join("run/pcscd"));
    let mut command = Command::new("unshare");
    command.args(["--net", "--mount", "sh", "-c"]);
    command.arg("ip link set lo up && mount --bind \"$1\" /run && exec pcscd --foreground --info -c \"$2\"");
    command.arg("sh").arg(folder.join("run")).arg(folder.join("readers"));
    let mut part = Part::start("pcscd", &mut command, folder)?;
    let socket = socket(folder);
    wait_for("pcscd", READY_WITHIN, || {
        (UnixStream::connect(&socket).is_ok() || !part.is_running()).then_some(())
    })?;
    ensure!(part.is_running(), "pcscd does not start: {}", part.printed());
    let place = fs::File::open(format!("/proc/{}/ns/net", part.pid()))?;
    Ok((part, place.into()))
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("run/pcscd/pcscd.comm")
}

fn write_reader(folder: &Path, name: &str, port: u16) -> Result<()> {
    let text = format!(
        "FRIENDLYNAME \"{name}\"\nDEVICENAME /dev/null:{port:#x}\nLIBPATH {DRIVER}\nCHANNELID {port:#x}\n"
    );
    Ok(fs::write(folder.join("readers").join(name), text)?)
}

/// What a card does with a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Answers, status word included.
    Answer(Vec<u8>),
    /// Answers nothing, for ever.
    Silence,
    /// Is torn away in that moment.
    TornAway,
}

/// Waits until a badge counts again that was just taken away, or that has just uncovered its holder's screen.
#[expect(clippy::disallowed_methods, reason = "the rule is one of real time: nothing tells when it is over")]
pub fn wait_until_it_counts_again() {
    thread::sleep(HOLDER_IGNORED_AFTER_UNCOVER.max(AWAY_MIN) + 2 * READER_POLL);
}

/// A card's program.
pub struct Card(Program);

type Program = Box<dyn FnMut(&[u8]) -> Reply + Send>;

impl Card {
    /// A card with this serial number, in hexadecimal digits.
    ///
    /// # Panics
    /// When it is no such number.
    #[must_use]
    pub fn with_uid(uid: &str) -> Self {
        let mut answer: Vec<u8> = (0..uid.len() / 2)
            .map(|index| u8::from_str_radix(&uid[2 * index..2 * index + 2], 16).unwrap())
            .collect();
        answer.extend([0x90, 0x00]);
        Self::running(move |command| match command {
            [0xff, 0xca, 0x00, 0x00, 0x00] => Reply::Answer(answer.clone()),
            _ => Reply::Answer(vec![0x6d, 0x00]),
        })
    }

    /// A card that gives one reply to everything.
    #[must_use]
    pub fn that_always(reply: Reply) -> Self {
        Self::running(move |_| reply.clone())
    }

    /// A card that runs `program`.
    #[must_use]
    pub fn running(program: impl FnMut(&[u8]) -> Reply + Send + 'static) -> Self {
        Self(Box::new(program))
    }
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Card")
    }
}

/// A card on a reader. Dropped, it is taken away.
#[derive(Debug)]
pub struct LyingCard {
    link: Arc<Mutex<Link>>,
    seen: Arc<Seen>,
    program: Option<thread::JoinHandle<()>>,
}

/// What a card has seen of the service.
#[derive(Debug, Default)]
struct Seen {
    answers: AtomicUsize,
    noticed_at: OnceLock<SystemTime>,
}

#[derive(Debug)]
enum Link {
    Lying(TcpStream),
    ServiceAway,
    TakenAway,
}

impl LyingCard {
    fn on(place: Place, port: u16, card: Card) -> Result<Self> {
        let stream = connect(&place, port).context("the virtual reader does not listen")?;
        let other_end = stream.try_clone()?;
        Ok(Self::lying(place, port, card, Some((stream, other_end))))
    }

    /// On a reader that listens, or on one that will.
    fn lying(place: Place, port: u16, mut card: Card, stream: Option<(TcpStream, TcpStream)>) -> Self {
        let (mut stream, other_end) = stream.unzip();
        let link = Arc::new(Mutex::new(other_end.map_or(Link::ServiceAway, Link::Lying)));
        let seen = Arc::<Seen>::default();
        let (shared, sees) = (Arc::clone(&link), Arc::clone(&seen));
        let program = thread::spawn(move || {
            loop {
                if let Some(mut stream) = stream.take()
                    && serve(&mut stream, &mut card, &sees) == End::TornAway
                {
                    return;
                }
                // It lies there while the service is started again.
                let again = loop {
                    if matches!(*lock(&shared), Link::TakenAway) {
                        return;
                    }
                    match connect(&place, port) {
                        Ok(stream) => break stream,
                        Err(_) => thread::sleep(Duration::from_millis(20)),
                    }
                };
                let mut link = lock(&shared);
                if matches!(*link, Link::TakenAway) {
                    return;
                }
                *link = Link::Lying(again.try_clone().unwrap());
                stream = Some(again);
            }
        });
        Self { link, seen, program: Some(program) }
    }

    /// How many commands it has answered.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.seen.answers.load(Ordering::Relaxed)
    }

    /// When the service first asked it for anything, which it does at its next poll; by the wall clock, as logs tell time.
    #[must_use]
    pub fn noticed_at(&self) -> Option<SystemTime> {
        self.seen.noticed_at.get().copied()
    }
}

impl Drop for LyingCard {
    fn drop(&mut self) {
        let link = std::mem::replace(&mut *lock(&self.link), Link::TakenAway);
        if let Link::Lying(stream) = link {
            // It may have been torn away by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
        if let Some(program) = self.program.take() {
            let _ = program.join();
        }
    }
}

/// Connects from within the readers' network namespace.
fn connect(place: &Place, port: u16) -> std::io::Result<TcpStream> {
    let place = lock(place).try_clone()?;
    // Only this thread moves there; what it opens stays there.
    let connecting = thread::spawn(move || {
        move_into_link_name_space(place.as_fd(), Some(LinkNameSpaceType::Network))?;
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    });
    connecting.join().unwrap_or_else(|_| Err(std::io::Error::other("the thread that connects failed")))
}

/// Why a card answers no more.
#[derive(Debug, PartialEq, Eq)]
enum End {
    ServiceGone,
    TornAway,
}

/// vpcd's protocol: frames with a length of two bytes before them.
fn serve(stream: &mut TcpStream, card: &mut Card, seen: &Seen) -> End {
    loop {
        // It sends the length first and the rest once that is acknowledged, which takes 40 ms of each exchange unless we ask
        // for more haste; the kernel forgets that we did.
        let _ = set_tcp_quickack(&*stream, true);
        let mut length = [0; 2];
        if stream.read_exact(&mut length).is_err() {
            return End::ServiceGone;
        }
        seen.noticed_at.get_or_init(SystemTime::now);
        let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
        if stream.read_exact(&mut frame).is_err() {
            return End::ServiceGone;
        }
        let answer = match frame.as_slice() {
            [SEND_ATR] => ATR.to_vec(),
            [_] => continue,
            command => match (card.0)(command) {
                Reply::Answer(answer) => {
                    seen.answers.fetch_add(1, Ordering::Relaxed);
                    answer
                }
                Reply::Silence => continue,
                Reply::TornAway => {
                    let _ = stream.shutdown(Shutdown::Both);
                    return End::TornAway;
                }
            },
        };
        let length = u16::try_from(answer.len()).unwrap();
        if stream.write_all(&[&length.to_be_bytes()[..], &answer].concat()).is_err() {
            return End::ServiceGone;
        }
    }
}
