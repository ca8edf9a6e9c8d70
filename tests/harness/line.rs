//! The line between one workstation and the server: it can be cut, slowed down and mended while both go on.

use std::{
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use anyhow::Result;

/// A line. What listens ends with the process; what goes through ends with the line.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    is_cut: bool,
    /// How long each piece is under way.
    takes: Duration,
    /// Both ends of each connection that goes through.
    open: Vec<TcpStream>,
}

impl Line {
    /// A line to `server`, which is `HOST:PORT`.
    ///
    /// # Errors
    /// When nothing can be listened on.
    pub fn to(server: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::<Mutex<Shared>>::default();
        let (server, theirs) = (server.to_owned(), Arc::clone(&shared));
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                // Without the server there is no connection: as where the line is cut.
                let _ = join(near, &server, &theirs);
            }
        });
        Ok(Self { address, shared })
    }

    /// `HOST:PORT` of its near end.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Cuts it: what goes through breaks off, and nothing new goes through.
    pub fn cut(&self) {
        let mut shared = lock(&self.shared);
        shared.is_cut = true;
        for stream in shared.open.drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// From now on each piece that goes through is under way for this long.
    pub fn slow_down(&self, takes: Duration) {
        lock(&self.shared).takes = takes;
    }

    /// Mends it.
    pub fn mend(&self) {
        let mut shared = lock(&self.shared);
        shared.is_cut = false;
        shared.takes = Duration::ZERO;
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.cut();
    }
}

fn join(near: TcpStream, server: &str, all: &Arc<Mutex<Shared>>) -> std::io::Result<()> {
    let mut shared = lock(all);
    if shared.is_cut {
        return near.shutdown(Shutdown::Both);
    }
    let far = TcpStream::connect(server)?;
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
        shared.open.push(stream.try_clone()?);
    }
    drop(shared);
    for (from, to) in [(near.try_clone()?, far.try_clone()?), (far, near)] {
        let all = Arc::clone(all);
        thread::spawn(move || pass(from, to, &all));
    }
    Ok(())
}

/// Until either end is closed.
fn pass(mut from: TcpStream, mut to: TcpStream, shared: &Mutex<Shared>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let takes = lock(shared).takes;
        thread::sleep(takes);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
