//! Pictures of a Wayland compositor's outputs, taken by `grim`.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::sway::Way;

/// A picture.
#[derive(Debug)]
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// Of one output, or of all of them where they stand.
    ///
    /// # Errors
    /// When `grim` is not installed, or there is no such output.
    pub fn take(way: &Way, output: Option<&str>) -> Result<Self> {
        // It waits for the next frame, which an output that is being switched off never has.
        let mut command = Command::new("timeout");
        command.args(["5", "grim", "-t", "ppm"]);
        if let Some(output) = output {
            command.args(["-o", output]);
        }
        way.reach(command.arg("-"));
        let taken = command.output().context("grim is not installed")?;
        ensure!(taken.status.success(), "grim: {}", String::from_utf8_lossy(&taken.stderr));
        Self::read(&taken.stdout)
    }

    /// A portable pixmap with 8 bits a channel.
    fn read(file: &[u8]) -> Result<Self> {
        let mut words = file.splitn(5, u8::is_ascii_whitespace);
        let mut word = || words.next().context("a short picture");
        ensure!(word()? == b"P6", "not a pixmap");
        let number = |word: &[u8]| -> Result<usize> { Ok(std::str::from_utf8(word)?.parse()?) };
        let (width, height) = (number(word()?)?, number(word()?)?);
        ensure!(word()? == b"255", "not 8 bits");
        let pixels = word()?.to_vec();
        ensure!(width * height * 3 == pixels.len() && !pixels.is_empty(), "a picture of another size");
        Ok(Self { width, height, pixels })
    }

    /// Whether it is nothing but this colour.
    #[must_use]
    pub fn is_all(&self, colour: [u8; 3]) -> bool {
        self.pixels.chunks(3).all(|pixel| pixel == colour)
    }

    /// Whether any pixel of it has exactly this colour.
    #[must_use]
    pub fn has(&self, colour: [u8; 3]) -> bool {
        self.count(colour) > 0
    }

    /// How many have.
    #[must_use]
    pub fn count(&self, colour: [u8; 3]) -> usize {
        self.pixels.chunks(3).filter(|pixel| *pixel == colour).count()
    }

    /// For somebody to look at.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let head = format!("P6\n{} {}\n255\n", self.width, self.height);
        Ok(std::fs::write(path, [head.as_bytes(), &self.pixels].concat())?)
    }

    /// Red, green and blue of each pixel, row by row.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.pixels
    }

    /// Red, green and blue of one pixel.
    #[must_use]
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        let at = 3 * (y * self.width + x);
        self.pixels.get(at..at + 3)?.try_into().ok()
    }
}
