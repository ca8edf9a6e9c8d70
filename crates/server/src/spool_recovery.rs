//! The administrator's side of `spool recover`: opens the file, hands what waits in it to the running server.

use std::{
    fmt,
    fs::{File, TryLockError},
    io::Read as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use audit_spool::{
    SEALED_KEY_SIZE_BYTES, Salvage, SealedKey, SealedKeyError, SpoolError, SpoolKey, sealed_key_beside,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use protocol::dpop::PublicJwk;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    admin::{
        message::{Answer, Command},
        socket,
        spool::BATCH_RECORDS_MAX,
    },
    auth::proof::thumbprint,
    keys::Keys,
    serve::KEYS_FILE,
};

/// What an administrator brought from a workstation.
#[derive(Debug, Clone)]
pub struct Brought {
    /// The spool's file that was set aside.
    pub file: PathBuf,
    /// Its sealed key, where that is not beside it under its own name.
    pub key: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// Whose records they are.
    pub workstation_id: Uuid,
    /// Waiting records that could be read.
    pub read: u64,
    /// Of these: stored now.
    pub stored: u64,
    /// Of these: the record had them, or another under their id that stands.
    pub already_there: u64,
    /// Of these: refused, as they would have been from the workstation; the server's log says why.
    pub refused: u64,
    /// Records that are gone or could not be read.
    pub unreadable: u64,
    /// Whether the file is damaged: then more may be missing than is counted.
    pub is_damaged: bool,
}

/// Reads what waits in a spool's file and has the server that runs on `data` store it. The file is not changed; a
/// second run finds everything there.
///
/// # Errors
/// In words for the administrator. What was stored before a failure stays.
pub async fn recover(data: &Path, brought: &Brought) -> Result<Recovered> {
    let file = &brought.file;
    ensure!(file.is_file(), "there is no file `{}`", file.display());
    let Unsealed { workstation_id, key_thumbprint, key } = unsealed(data, brought)?;
    let lock = lock(data)?;
    ensure!(
        lock.is_some(),
        "another `spool recover` is at work in {}: wait until it is done",
        data.display()
    );
    remove_left(data);
    let mut salvage = Salvage::open(file, data, &key).map_err(|error| in_words(error, file))?;
    let mut recovered = Recovered {
        workstation_id,
        read: 0,
        stored: 0,
        already_there: 0,
        refused: 0,
        unreadable: 0,
        is_damaged: false,
    };
    let mut is_first = true;
    loop {
        let records = salvage.next_batch(BATCH_RECORDS_MAX);
        // Also where nothing waits: that somebody looked is on record.
        if records.is_empty() && !is_first {
            break;
        }
        let read = records.len() as u64;
        let command = Command::SpoolRecover {
            workstation_id,
            key_thumbprint: key_thumbprint.clone(),
            is_first,
            records,
        };
        let answer = socket::ask(data, &command).await;
        let answer = if is_first { answer } else { answer.context(BROKEN_OFF) };
        let Answer::SpoolBatch { stored, already_there, refused } = answer? else {
            bail!("the answer is of another version");
        };
        recovered.read += read;
        recovered.stored += stored;
        recovered.already_there += already_there;
        recovered.refused += refused;
        is_first = false;
    }
    recovered.unreadable = salvage.unreadable();
    recovered.is_damaged = salvage.is_damaged();
    Ok(recovered)
}

const BROKEN_OFF: &str = "broken off; run it again: what is stored already is not stored twice";

/// Removes the copies that runs which were interrupted left in the server's folder, unless a run is going on.
pub(crate) fn tidy(data: &Path) {
    match lock(data) {
        Ok(Some(_alone)) => remove_left(data),
        Ok(None) => {}
        Err(error) => tracing::warn!("{error:#}"),
    }
}

/// Of the folder itself, which root may have open as well as the server's own user, and which leaves no file. `None`
/// while another has it.
fn lock(data: &Path) -> Result<Option<File>> {
    let folder = File::open(data).with_context(|| format!("{} cannot be opened", data.display()))?;
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("{} cannot be locked", data.display()))
        }
    }
}

/// Another user's stays until that one runs `spool recover` again; it is as sealed as the file that it is a copy of.
fn remove_left(data: &Path) {
    if let Err(error) = Salvage::remove_left_copies(data) {
        tracing::warn!("A copy that an interrupted `spool recover` left cannot be removed: {error}");
    }
}

/// Whose spool a key is of, by whose signature.
struct Unsealed {
    workstation_id: Uuid,
    key_thumbprint: String,
    key: SpoolKey,
}

fn unsealed(data: &Path, brought: &Brought) -> Result<Unsealed> {
    let path = brought.key.clone().unwrap_or_else(|| sealed_key_beside(&brought.file));
    let shown = path.display();
    let file = File::open(&path).with_context(|| {
        format!(
            "the file's sealed key cannot be read: `{shown}`.\nCopy it from beside the file at the workstation, or \
             name it with --key. Without it nobody can read the file"
        )
    })?;
    let mut bytes = Vec::new();
    let size_bytes_max = u64::try_from(SEALED_KEY_SIZE_BYTES + 1)?;
    file.take(size_bytes_max).read_to_end(&mut bytes).with_context(|| format!("`{shown}`"))?;
    let keys = Keys::read(&data.join(KEYS_FILE))
        .with_context(|| format!("the keys of the server in {} cannot be used", data.display()))?;
    let opened = SealedKey::from_bytes(&bytes).and_then(|sealed| {
        Ok(Unsealed {
            workstation_id: sealed.workstation(),
            key_thumbprint: thumbprint(&PublicJwk {
                kty: String::from("OKP"),
                crv: String::from("Ed25519"),
                x: URL_SAFE_NO_PAD.encode(sealed.signer()),
            }),
            key: sealed.open(&keys.recovery)?,
        })
    });
    opened.map_err(|error| match error {
        SealedKeyError::AnotherServer => anyhow!(
            "{error}, or before this server's keys.toml was made anew: run the command there, or with that file put \
             back"
        ),
        SealedKeyError::NoKey
        | SealedKeyError::NoSealedKey
        | SealedKeyError::Damaged
        | SealedKeyError::Cryptography => anyhow!("`{shown}`: {error}"),
    })
}

fn in_words(error: SpoolError, file: &Path) -> anyhow::Error {
    let shown = file.display();
    match error {
        SpoolError::WrongKey => {
            anyhow!("this sealed key is not the one of `{shown}`: take the one that was set aside with it")
        }
        SpoolError::Corrupt(fault) => anyhow::Error::new(fault)
            .context(format!("`{shown}` is no spool, or so damaged that nothing of it can be read")),
        error @ (SpoolError::Full
        | SpoolError::Unavailable(_)
        | SpoolError::InUse
        | SpoolError::NewerFormat { .. }
        | SpoolError::Record(_)
        | SpoolError::Bound(_)) => anyhow::Error::new(error).context(format!("`{shown}` cannot be read")),
    }
}

impl fmt::Display for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read, stored, already_there, refused, unreadable, .. } = self;
        writeln!(f, "Read           {read}")?;
        writeln!(f, "Stored         {stored}")?;
        writeln!(f, "Already there  {already_there}")?;
        if *refused > 0 {
            writeln!(f, "Refused        {refused}; the server's log says why")?;
        }
        write!(f, "Unreadable     {unreadable}")?;
        if self.is_damaged {
            write!(f, "\nThe file is damaged: what could be read of it was taken, and more may be missing.")?;
        }
        Ok(())
    }
}
