//! `[database]`: which database the server keeps its rows in.

use std::{net::Ipv4Addr, path::PathBuf};

use serde::{Deserialize, Serialize};
use url::Url;

/// The SQLite file in the data folder, as it is named in the file.
const IN_THE_DATA_FOLDER: &str = "sqlite:tapward.db";

/// Which database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Database {
    /// A SQLite file in the data folder, for one server.
    #[default]
    File,
    /// PostgreSQL, for any number of servers.
    Postgres {
        /// Where, and as whom. It holds no password.
        url: String,
        /// Whether the connection is encrypted and the other end has to prove who it is.
        is_over_network: bool,
        /// What holds the password, where one is asked for.
        password_file: Option<PathBuf>,
    },
}

/// The table as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// `sqlite:tapward.db` or `postgres://USER@HOST:PORT/DATABASE`. Default: `sqlite:tapward.db`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// A file of mode 0600 with the password and nothing else. Default: empty, for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password_file: Option<PathBuf>,
}

impl Database {
    pub(super) fn from_table(table: Option<Table>, problems: &mut Vec<String>) -> Self {
        let Table { url, password_file } = table.unwrap_or_default();
        let password_file = password_file.filter(|path| !path.as_os_str().is_empty());
        let Some(url) = url.filter(|url| url != IN_THE_DATA_FOLDER) else {
            if password_file.is_some() {
                problems
                    .push(String::from("server.toml: database.password_file: a SQLite file has no password"));
            }
            return Self::File;
        };
        match is_over_network(&url) {
            Ok(is_over_network) => Self::Postgres { url, is_over_network, password_file },
            Err(expected) => {
                problems.push(format!("server.toml: database.url: {expected}"));
                Self::File
            }
        }
    }
}

/// Whether the address is one of ours, and whether it leads over a network.
///
/// Nothing of it is left to the environment or to what a library makes of a word that stands there twice: user and database
/// are named, and of what may follow `?` only `host` (the folder of a socket) and `sslrootcert` is taken, each once.
fn is_over_network(text: &str) -> Result<bool, &'static str> {
    let form = "must be sqlite:tapward.db or like postgres://tapward@db.example.org/tapward";
    let url = Url::parse(text).map_err(|_| form)?;
    if url.password().is_some() || text.contains("password=") {
        return Err("must hold no password; put it into a file and name that as database.password_file");
    }
    let is_named = !url.username().is_empty() && url.path().len() > 1 && url.fragment().is_none();
    if !matches!(url.scheme(), "postgres" | "postgresql") || !is_named {
        return Err(form);
    }
    let mut socket = None;
    let mut authority = None;
    for (key, value) in url.query_pairs() {
        let taken = match key.as_ref() {
            "host" => &mut socket,
            "sslrootcert" => &mut authority,
            _ => return Err("takes only host and sslrootcert after the question mark"),
        };
        if taken.replace(value.into_owned()).is_some() {
            return Err("names one thing twice after the question mark");
        }
    }
    let host = url.host_str().unwrap_or_default();
    match socket {
        Some(folder) if !folder.starts_with('/') => {
            Err("host= takes the folder of a socket, like /run/postgresql")
        }
        Some(_) if host != "localhost" => Err("with host= the server is localhost"),
        Some(_) => Ok(false),
        // As a name: a literal of IPv6 is looked up with its brackets, and found nowhere.
        None if host.is_empty() || host.starts_with('[') => Err(form),
        None => {
            Ok(!(host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn only_what_stays_on_this_machine_is_not_over_a_network() {
        for local in [
            "postgres://tapward@localhost/tapward",
            "postgres://tapward@127.0.0.1:5433/tapward",
            "postgresql://tapward@localhost/tapward?host=/run/postgresql",
        ] {
            assert_eq!(is_over_network(local), Ok(false), "{local}");
        }
        for remote in [
            "postgres://tapward@db.example.org/tapward",
            "postgres://tapward@192.0.2.7:5433/tapward?sslrootcert=/etc/tapward/db.pem",
            "postgres://tapward@localhost.example.org/tapward",
            "postgres://tapward@127.0.0.1.example.org/tapward",
        ] {
            assert_eq!(is_over_network(remote), Ok(true), "{remote}");
        }
    }

    #[test]
    fn an_address_with_a_password_or_with_anything_that_a_library_may_read_otherwise_is_refused() {
        for refused in [
            "postgres://tapward:secret@localhost/tapward",
            "postgres://tapward@localhost/tapward?password=secret",
            "postgres://tapward@localhost/tapward?passwd=secret",
            "postgres://tapward@db.example.org/tapward?sslmode=verify-full",
            "postgres://tapward@db.example.org/tapward?sslmode=verify-full&sslmode=disable",
            "postgres://tapward@db.example.org/tapward?ssl-mode=disable",
            "postgres://tapward@localhost/tapward?hostaddr=203.0.113.9",
            "postgres://tapward@localhost/tapward?host=db.example.org",
            "postgres://tapward@localhost/tapward?host=/run/postgresql&host=db.example.org",
            "postgres://tapward@db.example.org/tapward?host=/run/postgresql",
            "postgres://localhost/tapward",
            "postgres://tapward@localhost",
            "postgres:///tapward",
            "postgres:/tapward",
            "postgres://tapward@[::1]/tapward",
            "mysql://tapward@localhost/tapward",
            "/var/lib/tapward/tapward.db",
            "",
        ] {
            let told = is_over_network(refused).unwrap_err();

            assert!(!told.contains("secret"), "{told}");
        }
    }
}
