//! `[database]`: which database the server keeps its rows in.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::{Host, Url};

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
        match checked(&url) {
            Ok(url) => Self::Postgres { url, password_file },
            Err(expected) => {
                problems.push(format!("server.toml: database.url: {expected}"));
                Self::File
            }
        }
    }
}

/// The address as it is used: over a network the connection is encrypted, and the other end proves who it is.
fn checked(text: &str) -> Result<String, &'static str> {
    let form = "must be sqlite:tapward.db or like postgres://tapward@db.example.org/tapward";
    let mut url = Url::parse(text).map_err(|_| form)?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(form);
    }
    let given =
        |url: &Url, key: &str| url.query_pairs().find(|(k, _)| k == key).map(|(_, value)| value.into_owned());
    if url.password().is_some() || given(&url, "password").is_some() {
        return Err("must hold no password; put it into a file and name that as database.password_file");
    }
    let is_socket = given(&url, "host").is_some_and(|host| host.starts_with('/'));
    let is_this_machine = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => true,
    };
    if is_socket || (is_this_machine && given(&url, "host").is_none()) {
        return Ok(url.into());
    }
    match given(&url, "sslmode").as_deref() {
        Some("verify-full") => {}
        Some(_) => return Err("over a network sslmode must be verify-full"),
        None => {
            url.query_pairs_mut().append_pair("sslmode", "verify-full");
        }
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn over_a_network_the_other_end_proves_who_it_is() {
        for local in [
            "postgres://tapward@localhost/tapward",
            "postgres://tapward@127.0.0.1:5433/tapward",
            "postgres://tapward@[::1]/tapward",
            "postgresql://tapward@localhost/tapward?host=/run/postgresql",
        ] {
            assert_eq!(checked(local).as_deref(), Ok(local));
        }
        let full = "postgres://tapward@db.example.org/tapward?sslmode=verify-full";
        assert_eq!(checked("postgres://tapward@db.example.org/tapward").as_deref(), Ok(full));
        assert_eq!(checked(full).as_deref(), Ok(full));
        for weak in ["disable", "allow", "prefer", "require", "verify-ca"] {
            assert!(
                checked(&format!("postgres://tapward@db.example.org/tapward?sslmode={weak}")).is_err(),
                "{weak}"
            );
        }
        let aside = "postgres://tapward@localhost/tapward?host=db.example.org";
        assert!(checked(aside).is_ok_and(|url| url.ends_with("sslmode=verify-full")));
    }

    #[test]
    fn an_address_with_a_password_or_of_another_kind_is_refused() {
        for refused in [
            "postgres://tapward:secret@localhost/tapward",
            "postgres://tapward@localhost/tapward?password=secret",
            "mysql://tapward@localhost/tapward",
            "/var/lib/tapward/tapward.db",
            "",
        ] {
            let told = checked(refused).unwrap_err();

            assert!(!told.contains("secret"), "{told}");
        }
    }
}
