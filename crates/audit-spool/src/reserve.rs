//! The reserve: a file that keeps room on the disk until the session at hand needs it.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

const CHUNK_SIZE_BYTES: usize = 64 * 1024;

/// The reserve beside a spool.
#[derive(Debug)]
pub(crate) struct Reserve {
    path: PathBuf,
    size_bytes: u64,
}

impl Reserve {
    pub(crate) fn beside(spool: &Path, size_bytes: u64) -> Self {
        let mut name = spool.file_name().unwrap_or_default().to_owned();
        name.push(".reserve");
        Self { path: spool.with_file_name(name), size_bytes }
    }

    /// Whether the whole of it is on the disk.
    pub(crate) fn is_held(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|metadata| metadata.len() == self.size_bytes)
    }

    /// Takes the room, durably; takes nothing when there is not all of it.
    pub(crate) fn hold(&self) -> io::Result<()> {
        if self.is_held() {
            return Ok(());
        }
        let written = self.write();
        if written.is_err() {
            self.release()?;
        }
        written
    }

    /// Gives the room back; nothing to do when there is none.
    pub(crate) fn release(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn write(&self) -> io::Result<()> {
        let mut file = File::create(&self.path)?;
        let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
        let mut chunk = vec![0; CHUNK_SIZE_BYTES];
        let mut left = self.size_bytes;
        while left > 0 {
            noise.fill(&mut chunk);
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(CHUNK_SIZE_BYTES);
            file.write_all(&chunk[..size])?;
            left -= size as u64;
        }
        file.sync_all()
    }
}

/// Bytes that no file system compresses, so that the room is really taken (xorshift64).
struct Noise(u64);

impl Noise {
    fn fill(&mut self, chunk: &mut [u8]) {
        for word in chunk.chunks_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            word.copy_from_slice(&self.0.to_le_bytes()[..word.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_reserve_is_held_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::beside(&folder.path().join("spool.db"), 200_001);

        reserve.hold().unwrap();
        assert!(reserve.is_held());
        assert_eq!(fs::metadata(folder.path().join("spool.db.reserve")).unwrap().len(), 200_001);

        File::options().write(true).open(&reserve.path).unwrap().set_len(100).unwrap();
        assert!(!reserve.is_held(), "cut short");
        reserve.hold().unwrap();
        assert!(reserve.is_held());

        reserve.release().unwrap();
        reserve.release().unwrap();
        assert!(!reserve.is_held());
    }
}
