//! A PostgreSQL of one test's own: a copy of a cluster that is made once, on a socket in a folder.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    part::{Part, READY_WITHIN, wait_for},
    program::{output, output_with, program_path},
};

/// Who owns the cluster and may do everything in it.
const SUPERUSER: &str = "postgres";
/// Where Debian keeps each version.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A running cluster with an empty database `tapward`.
#[derive(Debug)]
pub struct Postgres {
    folder: TempDir,
    part: Mutex<Option<Part>>,
}

impl Postgres {
    /// Starts one.
    ///
    /// # Errors
    /// When PostgreSQL is not installed or does not come up.
    pub fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("tapward-pg-").tempdir()?;
        own(folder.path())?;
        let template = template()?;
        copy(&template, &folder.path().join("data"))?;
        let postgres = Self { folder, part: Mutex::new(None) };
        postgres.start_again()?;
        Ok(postgres)
    }

    /// Starts it where it was, after it was ended.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_again(&self) -> Result<()> {
        let folder = self.folder.path();
        let mut command = program("postgres")?;
        command.arg("-D").arg(folder.join("data")).arg("-k").arg(folder).args(["-c", "listen_addresses="]);
        let part = Part::start("postgres", &mut command, folder)?;
        *self.part.lock().unwrap_or_else(PoisonError::into_inner) = Some(part);
        wait_for("PostgreSQL", READY_WITHIN, || {
            let mut ready = program("pg_isready").ok()?;
            ready.arg("-q").arg("-h").arg(folder);
            ready.status().ok()?.success().then_some(())
        })
    }

    /// Ends it as a power cut does.
    ///
    /// # Errors
    /// When it goes on.
    pub fn kill(&self) -> Result<()> {
        if let Some(mut part) = self.part.lock().unwrap_or_else(PoisonError::into_inner).take() {
            part.signal(Signal::QUIT);
            part.wait(READY_WITHIN)?;
        }
        Ok(())
    }

    /// Where the cluster is kept.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where a server finds its database, as in `database.url`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://{SUPERUSER}@localhost/tapward?host={}", self.folder.path().display())
    }

    /// What `psql` prints for a statement, a line a row, columns separated by `|`.
    ///
    /// # Errors
    /// When the statement is refused; what it said is in the error.
    pub fn psql(&self, sql: &str) -> Result<String> {
        let mut command = program("psql")?;
        command.args([
            "-X",
            "-q",
            "-A",
            "-t",
            "-U",
            SUPERUSER,
            "-d",
            "tapward",
            "-v",
            "ON_ERROR_STOP=1",
            "-c",
            sql,
        ]);
        Ok(output(command.arg("-h").arg(self.folder.path()))?.trim_end().to_owned())
    }
}

impl Postgres {
    /// All that stands in the database.
    ///
    /// # Errors
    /// When `pg_dump` fails.
    pub fn dump(&self) -> Result<Vec<u8>> {
        let mut command = program("pg_dump")?;
        command.args(["--inserts", "-U", SUPERUSER, "-d", "tapward"]).arg("-h").arg(self.folder.path());
        // The newest versions write a key that differs each time.
        let is_content = |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
        Ok(output(&mut command)?.lines().filter(is_content).collect::<Vec<_>>().join("\n").into_bytes())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

/// A cluster to be copied, made by the first who needs one.
fn template() -> Result<PathBuf> {
    let template = program_path("postgres-template");
    let lock = File::create(template.with_extension("lock"))?;
    lock.lock()?;
    if template.exists() {
        return Ok(template);
    }
    let folder = tempfile::Builder::new().prefix("tapward-pg-").tempdir()?;
    own(folder.path())?;
    let data = folder.path().join("data");
    let mut initdb = program("initdb")?;
    initdb.arg("-D").arg(&data).args(["-U", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--locale=C"]);
    output(initdb.args(["--wal-segsize=1", "--no-sync"]))?;
    let mut settings = File::options().append(true).open(data.join("postgresql.conf"))?;
    settings.write_all(
        b"shared_buffers = 32MB\nmin_wal_size = 8MB\nmax_wal_size = 64MB\nmax_connections = 200\n",
    )?;
    let mut single = program("postgres")?;
    output_with(single.arg("--single").arg("-D").arg(&data).arg("postgres"), "CREATE DATABASE tapward;\n")?;
    let fresh = template.with_extension("new");
    let _ = fs::remove_dir_all(&fresh);
    copy(&data, &fresh)?;
    fs::rename(&fresh, &template)?;
    Ok(template)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    output(Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(to)).map(drop)
}

/// One of its programs, as the user whom a cluster may belong to: PostgreSQL does not run as root.
fn program(name: &str) -> Result<Command> {
    let versions = fs::read_dir(VERSIONS).with_context(|| format!("{VERSIONS}: is PostgreSQL installed?"))?;
    let newest = versions.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok()).max();
    let newest = newest.with_context(|| format!("no version in {VERSIONS}"))?;
    let mut command = Command::new(Path::new(VERSIONS).join(newest.to_string()).join("bin").join(name));
    command.current_dir("/").env_clear();
    if let Some((user, group)) = owner()? {
        command.uid(user).gid(group);
    }
    Ok(command)
}

/// Gives a folder to that user.
fn own(folder: &Path) -> Result<()> {
    if let Some((user, group)) = owner()? {
        std::os::unix::fs::chown(folder, Some(user), Some(group))?;
    }
    Ok(fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?)
}

/// Whoever runs the test, unless that is root.
fn owner() -> Result<Option<(u32, u32)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let accounts = fs::read_to_string("/etc/passwd")?;
    let line = accounts.lines().find(|line| line.starts_with("postgres:")).context("no user postgres")?;
    let mut ids = line.split(':').skip(2).map(str::parse);
    let (Some(Ok(user)), Some(Ok(group))) = (ids.next(), ids.next()) else {
        bail!("the user postgres has no ids");
    };
    Ok(Some((user, group)))
}
