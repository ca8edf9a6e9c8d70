//! The database of a server, looked at and touched beside it.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Result;
use rusqlite::{Connection, types::ValueRef};
use uuid::Uuid;

use crate::postgres::Postgres;

/// Asked for in the environment of a run, servers keep their rows in PostgreSQL.
const DATABASE: &str = "TAPWARD_TEST_DATABASE";

/// Where a server keeps its rows.
#[derive(Debug, Clone)]
pub enum Rows {
    /// In this file.
    File(PathBuf),
    /// In a cluster of its own.
    Postgres(Arc<Postgres>),
}

impl Rows {
    /// What this run is for; a file, where nothing else is said.
    ///
    /// # Panics
    /// When something unknown is asked for, or PostgreSQL does not come up.
    #[must_use]
    pub fn of_this_run(file: PathBuf) -> Self {
        match std::env::var(DATABASE).as_deref() {
            Err(_) | Ok("sqlite") => Self::File(file),
            Ok("postgres") => Self::Postgres(Arc::new(Postgres::start().unwrap())),
            Ok(other) => panic!("{DATABASE} is {other}, neither sqlite nor postgres"),
        }
    }

    /// What `server.toml` says of it.
    #[must_use]
    pub fn configured(&self) -> String {
        match self {
            Self::File(_) => String::new(),
            Self::Postgres(postgres) => format!("\n[database]\nurl = \"{}\"\n", postgres.url()),
        }
    }

    /// The first column of each row of the answer.
    ///
    /// # Errors
    /// When the statement is refused.
    pub fn ask(&self, sql: &str) -> Result<Vec<String>> {
        match self {
            Self::File(file) => ask_file(file, sql),
            // No value of ours has a line end.
            Self::Postgres(postgres) => Ok(postgres.psql(sql)?.lines().map(str::to_owned).collect()),
        }
    }

    /// Runs statements that write.
    ///
    /// # Errors
    /// When one is refused.
    pub fn write(&self, sql: &str) -> Result<()> {
        match self {
            Self::File(file) => Ok(Connection::open(file)?.execute_batch(sql)?),
            Self::Postgres(postgres) => postgres.psql(sql).map(drop),
        }
    }

    /// All that stands there, to be compared.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn whole(&self) -> Result<Vec<u8>> {
        match self {
            Self::File(file) => {
                Connection::open(file)?.pragma_update(None, "wal_checkpoint", "TRUNCATE")?;
                Ok(std::fs::read(file)?)
            }
            Self::Postgres(postgres) => postgres.dump(),
        }
    }

    /// Keeps everybody from it until it is given back.
    ///
    /// # Errors
    /// When it is taken already.
    pub fn take_away(&self) -> Result<TakenAway> {
        match self {
            Self::File(file) => {
                let somebody_else = Connection::open(file)?;
                somebody_else.execute_batch("BEGIN IMMEDIATE")?;
                Ok(TakenAway::File(somebody_else))
            }
            Self::Postgres(postgres) => {
                postgres.kill()?;
                Ok(TakenAway::Postgres(Arc::clone(postgres)))
            }
        }
    }

    /// Where it is kept, if not in the server's own folder.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::File(_) => None,
            Self::Postgres(postgres) => Some(postgres.folder()),
        }
    }

    /// An id as a statement spells it.
    #[must_use]
    pub fn literal(&self, id: Uuid) -> String {
        match self {
            Self::File(_) => format!("X'{}'", id.simple()),
            Self::Postgres(_) => format!("'{id}'"),
        }
    }

    /// From now on no such change of a row is taken.
    ///
    /// # Errors
    /// When the statement is refused.
    pub fn forbid(&self, change: &str, table: &str, when: &str) -> Result<()> {
        match self {
            Self::File(_) => self.write(&format!(
                "CREATE TRIGGER forbidden BEFORE {change} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, 'no'); END"
            )),
            Self::Postgres(_) => self.write(&format!(
                "CREATE FUNCTION forbidden() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN IF {when} THEN RAISE EXCEPTION 'no'; END IF; \
                 RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END; END $$; \
                 CREATE TRIGGER forbidden BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION forbidden()"
            )),
        }
    }

    /// What was forbidden is taken again.
    ///
    /// # Errors
    /// When the statement is refused.
    pub fn allow(&self, table: &str) -> Result<()> {
        match self {
            Self::File(_) => self.write("DROP TRIGGER forbidden"),
            Self::Postgres(_) => {
                self.write(&format!("DROP TRIGGER forbidden ON {table}; DROP FUNCTION forbidden()"))
            }
        }
    }
}

/// A database that takes nothing: another program holds the lock of the file, or the cluster was killed.
#[derive(Debug)]
pub enum TakenAway {
    /// Whoever holds the lock.
    File(Connection),
    /// What was killed.
    Postgres(Arc<Postgres>),
}

impl TakenAway {
    /// Ends that.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub fn give_back(self) -> Result<()> {
        match self {
            Self::File(somebody_else) => Ok(somebody_else.execute_batch("ROLLBACK")?),
            Self::Postgres(postgres) => postgres.start_again(),
        }
    }
}

fn ask_file(file: &Path, sql: &str) -> Result<Vec<String>> {
    let database = Connection::open(file)?;
    let mut statement = database.prepare(sql)?;
    let rows = statement.query_map([], |row| {
        Ok(match row.get_ref(0)? {
            ValueRef::Null => String::new(),
            ValueRef::Integer(number) => number.to_string(),
            ValueRef::Real(number) => number.to_string(),
            ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}
