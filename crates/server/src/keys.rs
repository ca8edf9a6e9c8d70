//! The server's key store: `DATA/keys.toml`, mode 0600, made once by `init`, never in the database.

use std::{
    fmt, fs,
    io::Write as _,
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

use audit_spool::RecoveryKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize as _, Zeroizing};

/// Version of the file; a reader refuses another.
const FILE_VERSION: u32 = 1;

/// One 256-bit key. `Debug` hides it and its memory is wiped on drop.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Wraps key bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A new key.
    #[must_use]
    pub fn generate() -> Self {
        Self::new(random())
    }

    /// The bytes, for the one primitive that needs them.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA-256 over `parts`, each with its length before it, so that no two lists are one text.
    #[must_use]
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, self.bytes());
        let mut context = aws_lc_rs::hmac::Context::with_key(&key);
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        mac
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// Every key the server holds but those of TLS.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Mixed into every password hash (Argon2's secret input).
    pub pepper: Key,
    /// Authenticates the nonces of proofs.
    pub nonce: Key,
    /// Seals columns (TOTP secrets).
    pub field: Key,
    /// Blind indexes and look-ups.
    pub index: Key,
    /// Opens the spools of workstations whose keychain was lost.
    pub recovery: RecoveryKey,
}

/// Why the key store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// It cannot be read or written; often another user owns it.
    #[error("the file cannot be read or written")]
    Io(#[from] std::io::Error),
    /// Others may read it; `chmod 600` it and ask who did.
    #[error("the file is readable by others (mode {0:o}); make it 600")]
    Exposed(u32),
    /// It is damaged or of another version.
    #[error("the key store is damaged or of another version")]
    Unreadable,
    /// An earlier program made it; this one completes it as it begins to serve.
    #[error("the key store lacks the recovery key: `tapward-server serve` makes it as it starts")]
    Incomplete,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    pepper: String,
    nonce: String,
    field: String,
    index: String,
    /// Absent where an earlier program made the file, until [`Keys::complete`].
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery: Option<String>,
}

impl Drop for File {
    fn drop(&mut self) {
        for text in [&mut self.pepper, &mut self.nonce, &mut self.field, &mut self.index] {
            text.zeroize();
        }
        self.recovery.zeroize();
    }
}

impl Keys {
    /// New keys.
    ///
    /// # Panics
    /// Without random numbers, see [`random`].
    #[must_use]
    pub fn generate() -> Self {
        Self {
            pepper: Key::generate(),
            nonce: Key::generate(),
            field: Key::generate(),
            index: Key::generate(),
            recovery: RecoveryKey::generate().expect("a server without random numbers must not go on"),
        }
    }

    /// Writes the keys to a file that must not exist yet.
    ///
    /// # Errors
    /// [`KeysError::Io`], also when the file exists.
    pub fn write_new(&self, path: &Path) -> Result<(), KeysError> {
        let file = File {
            version: FILE_VERSION,
            pepper: text(self.pepper.bytes()),
            nonce: text(self.nonce.bytes()),
            field: text(self.field.bytes()),
            index: text(self.index.bytes()),
            recovery: Some(text(self.recovery.expose())),
        };
        Ok(write_new_private(path, file.content()?.as_bytes())?)
    }

    /// Reads the keys; refuses a file that others may read.
    ///
    /// # Errors
    /// [`KeysError`].
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let file = File::read(path)?;
        let recovery = bytes(file.recovery.as_ref().ok_or(KeysError::Incomplete)?)?;
        Ok(Self {
            pepper: key(&file.pepper)?,
            nonce: key(&file.nonce)?,
            field: key(&file.field)?,
            index: key(&file.index)?,
            recovery: RecoveryKey::new(*recovery).map_err(|_| KeysError::Unreadable)?,
        })
    }

    /// By which servers know that they have the same keys: each name, and what only its key makes.
    #[must_use]
    pub fn checks(&self) -> [(&'static str, [u8; 32]); 5] {
        let check = |key: &Key| key.mac(&[b"tapward key check v1"]);
        [
            ("pepper", check(&self.pepper)),
            ("nonce", check(&self.nonce)),
            ("field", check(&self.field)),
            ("index", check(&self.index)),
            ("recovery", check(&Key::new(*self.recovery.expose()))),
        ]
    }

    /// Adds what a file of an earlier program lacks; whoever calls holds the folder's lock. Whether it did.
    ///
    /// # Errors
    /// [`KeysError`]; then the file is as it was.
    pub fn complete(path: &Path) -> Result<bool, KeysError> {
        let mut file = File::read(path)?;
        if file.recovery.is_some() {
            return Ok(false);
        }
        let recovery = RecoveryKey::generate().map_err(|_| KeysError::Unreadable)?;
        file.recovery = Some(text(recovery.expose()));
        replace_private(path, file.content()?.as_bytes())?;
        Ok(true)
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, KeysError> {
        let content = read_private(path)?;
        let file: Self = toml::from_str(&content).map_err(|_| KeysError::Unreadable)?;
        if file.version == FILE_VERSION { Ok(file) } else { Err(KeysError::Unreadable) }
    }

    fn content(&self) -> Result<Zeroizing<String>, KeysError> {
        toml::to_string(self).map(Zeroizing::new).map_err(|_| KeysError::Unreadable)
    }
}

/// What a file holds that nobody else may read.
///
/// # Errors
/// [`KeysError::Exposed`] where others may, and [`KeysError::Io`].
pub fn read_private(path: &Path) -> Result<Zeroizing<String>, KeysError> {
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeysError::Exposed(mode));
    }
    Ok(Zeroizing::new(fs::read_to_string(path)?))
}

/// Makes a file of mode 0600 that did not exist, durably.
///
/// # Errors
/// When it exists or cannot be written.
pub fn write_new_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Replaces a file by one of mode 0600, in one step and durably: after a crash there is the one or the other.
///
/// # Errors
/// When it cannot be written; the file that was there stays.
pub fn replace_private(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let fresh = path.with_added_extension("new");
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    write_new_private(&fresh, content)?;
    fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
}

/// Bytes of the operating system's generator, by way of aws-lc.
///
/// # Panics
/// When there is none: nothing can be kept secret then.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("a server without random numbers must not go on");
    bytes
}

fn text(bytes: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Result<Zeroizing<[u8; 32]>, KeysError> {
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(|_| KeysError::Unreadable)?);
    bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| KeysError::Unreadable)
}

fn key(text: &str) -> Result<Key, KeysError> {
    Ok(Key(bytes(text)?))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn keys_are_read_back_as_they_were_written_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let keys = Keys::generate();
        keys.write_new(&path).unwrap();

        assert_eq!(Keys::read(&path).unwrap().pepper.bytes(), keys.pepper.bytes());
        assert_eq!(Keys::read(&path).unwrap().recovery.public(), keys.recovery.public());
        assert!(matches!(Keys::generate().write_new(&path), Err(KeysError::Io(_))));
    }

    #[test]
    fn a_key_store_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        Keys::generate().write_new(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();

        assert!(matches!(Keys::read(&path), Err(KeysError::Exposed(0o640))));
    }

    #[test]
    fn a_key_store_of_an_earlier_program_is_completed_once_and_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.toml");
        let keys = Keys::generate();
        keys.write_new(&path).unwrap();
        let content = fs::read_to_string(&path).unwrap();
        let earlier: String =
            content.lines().filter(|line| !line.starts_with("recovery")).collect::<Vec<_>>().join("\n");
        replace_private(&path, earlier.as_bytes()).unwrap();
        assert!(matches!(Keys::read(&path), Err(KeysError::Incomplete)));

        assert!(Keys::complete(&path).unwrap());
        assert!(!Keys::complete(&path).unwrap());

        let completed = Keys::read(&path).unwrap();
        assert_eq!(completed.index.bytes(), keys.index.bytes());
        assert_eq!(completed.recovery.public(), Keys::read(&path).unwrap().recovery.public());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn debug_shows_no_key() {
        let text = format!("{:?}", Keys::generate());

        let expected =
            "Keys { pepper: Key(…), nonce: Key(…), field: Key(…), index: Key(…), recovery: RecoveryKey(…) }";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_mac_tells_where_one_part_ends() {
        let key = Key::new([3; 32]);

        assert_ne!(key.mac(&[b"ab", b"c"]), key.mac(&[b"a", b"bc"]));
    }
}
