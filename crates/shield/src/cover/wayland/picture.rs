//! What a pane shows: black, or the words on black, as a file that the compositor reads.
//!
//! The file is written and never mapped, so that a screenful of pixels is no memory of the shield's; what
//! is not written of it is black by itself.

use std::os::fd::OwnedFd;

use rustix::{
    fs::{MemfdFlags, ftruncate, memfd_create},
    io::pwrite,
};

use super::glyphs::{GLYPH_HEIGHT, GLYPH_WIDTH, glyph};

/// The largest side of an output: far beyond any, and its square still fits the protocol's numbers.
const SIDE_MAX: u32 = 16_384;
/// An output is as wide as this many characters.
const CHARACTERS_ACROSS: u32 = 60;
/// One pixel (`xrgb8888`).
pub(super) const PIXEL_SIZE_BYTES: u32 = 4;

/// The size of an output in pixels, within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Size {
    /// `None` for one that no output has.
    pub(super) fn new(width: u32, height: u32) -> Option<Self> {
        let is_sound = |side| (1..=SIDE_MAX).contains(&side);
        (is_sound(width) && is_sound(height)).then_some(Self { width, height })
    }

    /// Of the whole picture.
    pub(super) fn bytes(self) -> u32 {
        self.width * self.height * PIXEL_SIZE_BYTES
    }
}

/// A file of this size with these lines of words in its middle; black all over with none.
pub(super) fn draw(size: Size, lines: &[String]) -> rustix::io::Result<OwnedFd> {
    let file = memfd_create(c"tapward-shield", MemfdFlags::CLOEXEC)?;
    ftruncate(&file, u64::from(size.bytes()))?;
    let unit = (size.width / (CHARACTERS_ACROSS * GLYPH_WIDTH)).max(1);
    let line_height = GLYPH_HEIGHT * 3 / 2;
    let block_height = u32::try_from(lines.len()).unwrap_or(0) * line_height * unit;
    let top = size.height.saturating_sub(block_height) / 2;
    for (line, above) in lines.iter().zip((0..).step_by((line_height * unit) as usize)) {
        for row in 0..GLYPH_HEIGHT {
            let pixels = row_of(line, row, unit, size.width);
            if pixels.iter().all(|&byte| byte == 0) {
                continue;
            }
            for y in (0..unit).map(|step| top + above + row * unit + step).filter(|&y| y < size.height) {
                pwrite(&file, &pixels, u64::from(y) * u64::from(size.width * PIXEL_SIZE_BYTES))?;
            }
        }
    }
    Ok(file)
}

/// One row of pixels of a line of words, from edge to edge.
fn row_of(line: &str, row: u32, unit: u32, width: u32) -> Vec<u8> {
    let characters = u32::try_from(line.chars().count()).unwrap_or(u32::MAX);
    let left = width.saturating_sub(characters.saturating_mul(GLYPH_WIDTH * unit)) / 2;
    let mut pixels = vec![0; (width * PIXEL_SIZE_BYTES) as usize];
    for (character, at) in line.chars().zip((left..width).step_by((GLYPH_WIDTH * unit) as usize)) {
        let bits = glyph(character)[row as usize];
        for column in (0..GLYPH_WIDTH).filter(|column| bits >> (7 - column) & 1 == 1) {
            for x in (0..unit).map(|step| at + column * unit + step).filter(|&x| x < width) {
                let at = (x * PIXEL_SIZE_BYTES) as usize;
                pixels[at..at + PIXEL_SIZE_BYTES as usize].fill(0xff);
            }
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Read};

    use proptest::prelude::*;

    use super::*;

    fn white(size: Size, lines: &[&str]) -> Vec<(u32, u32)> {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let mut bytes = Vec::new();
        let mut file = File::from(draw(size, &lines).expect("a file"));
        std::io::Seek::rewind(&mut file).expect("its beginning");
        file.read_to_end(&mut bytes).expect("its content");
        assert_eq!(bytes.len() as u32, size.bytes());
        let pixels = bytes.chunks(PIXEL_SIZE_BYTES as usize).zip(0..);
        pixels.filter(|(pixel, _)| pixel[0] != 0).map(|(_, at)| (at % size.width, at / size.width)).collect()
    }

    #[test]
    fn without_words_it_is_black() {
        assert_eq!(white(Size { width: 640, height: 480 }, &[]), []);
    }

    #[test]
    fn words_stand_in_the_middle() {
        let seen = white(Size { width: 1024, height: 768 }, &["Please wait a moment."]);

        assert!(seen.len() > 500, "{}", seen.len());
        assert!(seen.iter().all(|&(x, y)| (300..724).contains(&x) && (350..418).contains(&y)), "{seen:?}");
    }

    #[test]
    fn a_size_that_no_output_has_is_refused() {
        assert_eq!(Size::new(0, 600), None);
        assert_eq!(Size::new(800, SIDE_MAX + 1), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_words_and_no_output_are_too_small_or_too_large(
            width in 1u32..400, height in 1u32..300, lines in proptest::collection::vec(any::<String>(), 0..6)
        ) {
            let drawn = draw(Size { width, height }, &lines);
            prop_assert!(drawn.is_ok());
        }
    }
}
