//! Pictures of the whole screen, taken from the X root window or by a Wayland compositor, and single pixels of it.

use std::{ops::Range, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result, bail};
use x11rb::{
    connection::Connection,
    protocol::xproto::{ConnectionExt as _, ImageFormat},
    rust_connection::RustConnection,
};

use crate::{part::wait_for, pixmap::Picture, sway::Way};

/// A caret is smaller.
const CARET_PIXELS: usize = 400;

/// What nobody sees of a channel's 256 steps.
const SHADE: u8 = 24;

/// What a screen looked like at one moment.
#[derive(Clone, PartialEq, Eq)]
pub struct Look(Vec<u8>);

impl Look {
    /// Whether it is the same as `other` to a person, in whatever these rows of a screen so wide look like. The edges of what
    /// was drawn anew differ by a shade.
    #[must_use]
    pub fn is_like(&self, other: &Self, but: Range<usize>, width: u16) -> bool {
        let row = usize::from(width) * 4;
        let same_shade =
            |now: &[u8], then: &[u8]| now.iter().zip(then).all(|(now, then)| now.abs_diff(*then) < SHADE);
        let mut rows = self.0.chunks(row).zip(other.0.chunks(row)).enumerate();
        self.0.len() == other.0.len()
            && rows.all(|(at, (now, then))| but.contains(&at) || now == then || same_shade(now, then))
    }

    /// Where it first looks other than `other`, from this row of a screen so wide on.
    #[must_use]
    pub fn first_other(&self, other: &Self, from: usize, width: u16) -> Option<(i16, i16)> {
        let (skip, width) = (from * usize::from(width), usize::from(width));
        let mut pixels = self.0.chunks_exact(4).zip(other.0.chunks_exact(4)).skip(skip);
        let at = skip + pixels.position(|(now, then)| now != then)?;
        Some((i16::try_from(at % width).ok()?, i16::try_from(at / width).ok()?))
    }
}

impl std::fmt::Debug for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Look({} bytes)", self.0.len())
    }
}

/// Looks at one display.
#[derive(Debug)]
pub struct Eye(Screen);

#[derive(Debug)]
enum Screen {
    X { connection: Box<RustConnection>, root: u32, display: String },
    Sway(Way),
}

impl Eye {
    /// An eye on `display`.
    ///
    /// # Errors
    /// When the display does not answer.
    pub fn on(display: &str) -> Result<Self> {
        let (connection, screen) = RustConnection::connect(Some(display))?;
        let root = connection.setup().roots[screen].root;
        Ok(Self(Screen::X { connection: Box::new(connection), root, display: display.to_owned() }))
    }

    /// An eye on all outputs of a compositor.
    #[must_use]
    pub fn on_sway(way: Way) -> Self {
        Self(Screen::Sway(way))
    }

    /// Keeps a picture of the whole screen as PNG.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub fn keep(&self, file: &Path) -> Result<()> {
        let mut command = match &self.0 {
            Screen::X { display, .. } => {
                let mut command = Command::new("import");
                command.args(["-display", display, "-window", "root"]);
                command
            }
            Screen::Sway(way) => {
                let mut command = Command::new("grim");
                way.reach(&mut command);
                command
            }
        };
        let output =
            command.arg(file).output().context("`import` (ImageMagick) or `grim` is needed for pictures")?;
        if !output.status.success() {
            bail!("no picture: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(())
    }

    /// Waits until the screen looks other than `before`, a look of [`Eye::look`]; gives up silently, because
    /// not every step of a story changes what is drawn.
    pub fn wait_other_than(&self, before: &Look) {
        let _ = wait_for("another look", Duration::from_secs(3), || {
            self.look().ok().filter(|look| look != before).map(drop)
        });
    }

    /// What the screen looks like now.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn look(&self) -> Result<Look> {
        self.bytes().map(Look)
    }

    /// Waits until the screen stands still: the same pixels several times in a row.
    ///
    /// # Errors
    /// When it still moves after ten seconds, or the display is gone.
    pub fn wait_still(&self) -> Result<()> {
        // Half a blink of a caret is longer than these looks take together on X. A compositor's pictures take longer, so
        // there a caret's pixels may change.
        let (looks, may_change) = match &self.0 {
            Screen::X { .. } => (5, 0),
            Screen::Sway(_) => (2, CARET_PIXELS),
        };
        let (mut last, mut same) = (self.bytes()?, 0);
        wait_for("a screen that stands still", Duration::from_secs(10), || {
            std::thread::sleep(Duration::from_millis(20));
            let pixels = self.bytes().ok()?;
            let is_same = pixels.len() == last.len() && changed_pixels(&pixels, &last) <= may_change;
            same = if is_same { same + 1 } else { 0 };
            last = pixels;
            (same == looks).then_some(())
        })
    }

    /// Red, green and blue of one pixel.
    ///
    /// # Errors
    /// When it is outside the screen or the display is gone.
    pub fn pixel(&self, x: i16, y: i16) -> Result<[u8; 3]> {
        match &self.0 {
            Screen::X { connection, root, .. } => {
                let image = connection.get_image(ImageFormat::Z_PIXMAP, *root, x, y, 1, 1, !0)?.reply()?;
                match image.data[..] {
                    [blue, green, red, ..] => Ok([red, green, blue]),
                    _ => bail!("the X server gave no pixel"),
                }
            }
            Screen::Sway(way) => {
                let (x, y) = (usize::try_from(x)?, usize::try_from(y)?);
                Picture::take(way, None)?.pixel(x, y).context("outside the screen")
            }
        }
    }

    /// Every pixel of the screen, as red, green and blue, row by row.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn pixels(&self) -> Result<Vec<[u8; 3]>> {
        let bytes = self.bytes()?;
        Ok(match &self.0 {
            Screen::X { .. } => bytes.chunks_exact(4).map(|it| [it[2], it[1], it[0]]).collect(),
            Screen::Sway(_) => bytes.chunks_exact(3).map(|it| [it[0], it[1], it[2]]).collect(),
        })
    }

    /// Whether any pixel of the screen has exactly this colour.
    ///
    /// # Errors
    /// When the display is gone.
    pub fn sees(&self, [red, green, blue]: [u8; 3]) -> Result<bool> {
        let bytes = self.bytes()?;
        Ok(match &self.0 {
            Screen::X { .. } => bytes.chunks_exact(4).any(|it| it[..3] == [blue, green, red]),
            Screen::Sway(_) => bytes.chunks_exact(3).any(|it| *it == [red, green, blue]),
        })
    }

    /// Blue, green, red and one byte more for each pixel of an X server; red, green, blue of a compositor.
    fn bytes(&self) -> Result<Vec<u8>> {
        match &self.0 {
            Screen::X { connection, root, .. } => {
                let size = connection.get_geometry(*root)?.reply()?;
                let (width, height) = (size.width, size.height);
                let image =
                    connection.get_image(ImageFormat::Z_PIXMAP, *root, 0, 0, width, height, !0)?.reply()?;
                Ok(image.data)
            }
            Screen::Sway(way) => Ok(Picture::take(way, None)?.into_bytes()),
        }
    }
}

/// How many pixels differ, at most: three bytes are one.
fn changed_pixels(one: &[u8], other: &[u8]) -> usize {
    const ROWS: usize = 3 * 1024;
    // Most of a screen stands still, and is compared at once.
    let differing = one.chunks(ROWS).zip(other.chunks(ROWS)).filter(|(one, other)| one != other);
    differing
        .map(|(one, other)| one.chunks(3).zip(other.chunks(3)).filter(|(one, other)| one != other).count())
        .sum()
}
