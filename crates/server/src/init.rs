//! `tapward-server init`: the folder a server lives in.

use std::{
    fs::{self, DirBuilder},
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::Path,
};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::{
    config,
    keys::{Keys, write_new_private},
    serve::KEYS_FILE,
    tls,
};

/// Hosts a certificate is made for when none is named.
const HOSTS_DEFAULT: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

const SERVER: &str =
    "# How this server is set up. Every key has a default; see packaging/server/server.toml.\n";
const POLICY: &str = "# Policy of this site. Every key has a default; see packaging/policy/policy.toml.\n";

/// What the administrator says of the new server.
#[derive(Debug, Default)]
pub struct Site<'a> {
    /// The folder of a server of the same database: this one is another of them.
    pub beside: Option<&'a Path>,
    /// For example `St. Example Hospital`.
    pub organisation: Option<String>,
    /// For example `5-1234`.
    pub help_line: Option<String>,
    /// Names and addresses that workstations reach it by.
    pub hosts: Vec<String>,
}

/// Makes keys, authority, certificate and configuration below `data`; of a server beside another all but the certificate
/// are that one's. Overwrites nothing.
///
/// # Errors
/// When anything of it exists or cannot be written.
pub fn init(data: &Path, site: Site<'_>, now: Timestamp) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("{} cannot be made", data.display()))?;
    for name in [KEYS_FILE, tls::AUTHORITY_KEY_FILE, tls::CERTIFICATE_KEY_FILE] {
        if data.join(name).exists() {
            bail!("{} is a server's folder already; nothing was changed", data.display());
        }
    }
    fs::set_permissions(data, fs::Permissions::from_mode(0o700))?;
    let hosts: Vec<String> =
        if site.hosts.is_empty() { HOSTS_DEFAULT.map(String::from).to_vec() } else { site.hosts };
    if let Some(beside) = site.beside {
        tls::check_hosts(&hosts)?;
        let config = config::load(beside)?.config;
        if config.database == config::database::Database::File {
            bail!(
                "the server in {} keeps its rows in a file, which is for one server: name a PostgreSQL database in its \
                 server.toml first",
                beside.display()
            );
        }
        for name in ["server.toml", "policy.toml", tls::AUTHORITY_KEY_FILE, tls::AUTHORITY_FILE] {
            if beside.join(name).exists() || name != "policy.toml" {
                copy_new(beside, data, name)?;
            }
        }
        tls::certify(data, &hosts, now)?;
        // Last: a folder with keys is a whole one.
        return copy_new(beside, data, KEYS_FILE);
    }
    let file = config::File {
        version: Some(1),
        organisation: site.organisation,
        help_line: site.help_line,
        ..config::File::default()
    };
    let text = format!("{SERVER}{}", toml::to_string(&file)?);
    let config = config::Config::from_text(&text)?;
    tls::create(data, &config.organisation, &hosts, now)?;
    for (name, content) in [("server.toml", text.as_str()), ("policy.toml", POLICY)] {
        if !data.join(name).exists() {
            write_new_private(&data.join(name), content.as_bytes())?;
        }
    }
    // Last: a folder with keys is a whole one.
    Keys::generate().write_new(&data.join(KEYS_FILE))?;
    Ok(())
}

fn copy_new(from: &Path, to: &Path, name: &str) -> Result<()> {
    let source = from.join(name);
    let content = fs::read(&source)
        .map(Zeroizing::new)
        .with_context(|| format!("{} cannot be copied", source.display()))?;
    let copy = to.join(name);
    write_new_private(&copy, &content).with_context(|| format!("{} cannot be written", copy.display()))
}
