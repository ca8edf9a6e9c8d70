//! The server of a ward: its own, or that of the ward beside it; and the line to it.

use std::path::PathBuf;

use anyhow::Result;

use super::Ward;
use crate::{line::Line, part::Part, server_process::ServerProcess};

/// The server that a ward's workstation is enrolled at.
#[derive(Debug)]
pub(super) enum Server {
    Own(Box<ServerProcess>),
    /// Of the ward beside this one.
    Beside {
        data: PathBuf,
        address: String,
    },
}

impl Server {
    fn own(&mut self) -> &mut ServerProcess {
        match self {
            Self::Own(server) => server,
            Self::Beside { .. } => panic!("this ward's server is that of the ward beside it"),
        }
    }
}

impl Ward {
    /// The server's data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        match &self.server {
            Server::Own(server) => server.data(),
            Server::Beside { data, .. } => data.clone(),
        }
    }

    /// `HOST:PORT` of the server.
    #[must_use]
    pub fn address(&self) -> &str {
        match &self.server {
            Server::Own(server) => server.address(),
            Server::Beside { address, .. } => address,
        }
    }

    /// The line by which its workstation reaches the server.
    #[must_use]
    pub fn line(&self) -> Option<&Line> {
        self.line.as_ref()
    }

    /// Starts the server again, on the address it had.
    ///
    /// # Errors
    /// When it does not come up.
    ///
    /// # Panics
    /// When it is that of the ward beside this one.
    pub fn start_server(&mut self) -> Result<()> {
        self.server.own().start()
    }

    /// The server's process.
    ///
    /// # Panics
    /// When it does not run, or is that of the ward beside this one.
    pub fn server(&mut self) -> &mut Part {
        self.server.own().part()
    }

    /// Ends the server with `signal` and waits for its end.
    ///
    /// # Errors
    /// When it does not end.
    ///
    /// # Panics
    /// When it is that of the ward beside this one.
    pub fn stop_server(&mut self, signal: rustix::process::Signal) -> Result<()> {
        self.server.own().stop(signal)
    }
}
