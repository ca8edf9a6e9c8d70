//! The words of a screen without an agent ([`crate::words`]), drawn with nothing but the X server's own font.
//!
//! That font (`fixed`, always there) is a few pixels high, and the words must be read at two metres: they are
//! rendered once into a bitmap, and each of its pixels is drawn as a square.

use x11rb::{
    connection::Connection,
    errors::ReplyOrIdError,
    protocol::xproto::{ConnectionExt, CreateGCAux, Drawable, ImageFormat, Rectangle},
    rust_connection::RustConnection,
};

use super::monitors::Rect;

/// A monitor is as wide as this many characters.
const CHARACTERS_ACROSS: u16 = 60;

/// The words as squares of one unit.
#[derive(Debug)]
pub(crate) struct Notice {
    pixels: Vec<(u16, u16)>,
    width: u16,
    height: u16,
    character_width: u16,
}

impl Notice {
    /// Renders the words, in Latin-1 as the font has them; a few round trips.
    pub(crate) fn render(
        conn: &RustConnection,
        root: Drawable,
        lines: &[String],
    ) -> Result<Self, ReplyOrIdError> {
        let lines: Vec<Vec<u8>> = lines
            .iter()
            .map(|line| line.chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect())
            .collect();
        let font = conn.generate_id()?;
        conn.open_font(font, b"fixed")?.check()?;
        let metrics = conn.query_font(font)?.reply()?;
        let character_width = u16::try_from(metrics.max_bounds.character_width).unwrap_or(6).max(1);
        let ascent = metrics.font_ascent.max(1);
        let line_height = u16::try_from(ascent + metrics.font_descent).unwrap_or(13).max(1) * 3 / 2;
        let columns = lines.iter().map(Vec::len).max().and_then(|c| u16::try_from(c).ok()).unwrap_or(1);
        let width = columns.max(1) * character_width;
        let height = u16::try_from(lines.len()).unwrap_or(1).max(1) * line_height;

        let bitmap = conn.generate_id()?;
        conn.create_pixmap(1, bitmap, root, width, height)?;
        let pen = conn.generate_id()?;
        conn.create_gc(pen, bitmap, &CreateGCAux::new().foreground(0).background(0).font(font))?;
        conn.poly_fill_rectangle(bitmap, pen, &[Rectangle { x: 0, y: 0, width, height }])?;
        conn.change_gc(pen, &x11rb::protocol::xproto::ChangeGCAux::new().foreground(1))?;
        for (line, top) in lines.iter().zip((0i16..).step_by(usize::from(line_height))) {
            let indent = (width - u16::try_from(line.len()).unwrap_or(0) * character_width) / 2;
            conn.image_text8(bitmap, pen, i16::try_from(indent).unwrap_or(0), top + ascent, line)?;
        }
        let image = conn.get_image(ImageFormat::Z_PIXMAP, bitmap, 0, 0, width, height, 1)?.reply();
        conn.free_gc(pen)?;
        conn.free_pixmap(bitmap)?;
        conn.close_font(font)?;
        let pixels = pixels(conn, &image?.data, width, height);
        Ok(Self { pixels, width, height, character_width })
    }

    /// Draws the words in the middle of `pane`, whose rectangle is `on`.
    pub(crate) fn draw(
        &self,
        conn: &RustConnection,
        pane: Drawable,
        on: Rect,
        white: u32,
    ) -> Result<(), ReplyOrIdError> {
        let wide = on.width / (CHARACTERS_ACROSS * self.character_width);
        let high = on.height / self.height;
        let unit = wide.min(high).max(1);
        let middle = |of: u16, size: u16| i16::try_from(of.saturating_sub(size * unit) / 2).unwrap_or(0);
        let (left, top) = (middle(on.width, self.width), middle(on.height, self.height));
        let squares: Vec<Rectangle> = self
            .pixels
            .iter()
            .map(|&(x, y)| Rectangle {
                x: left.saturating_add_unsigned(x * unit),
                y: top.saturating_add_unsigned(y * unit),
                width: unit,
                height: unit,
            })
            .collect();
        let pen = conn.generate_id()?;
        conn.create_gc(pen, pane, &CreateGCAux::new().foreground(white))?;
        // Far below the server's limit on the length of a request.
        for some in squares.chunks(1_000) {
            conn.poly_fill_rectangle(pane, pen, some)?;
        }
        conn.free_gc(pen)?;
        Ok(())
    }
}

/// The set pixels of a bitmap of depth 1, in the server's own order of bits and padding.
fn pixels(conn: &RustConnection, data: &[u8], width: u16, height: u16) -> Vec<(u16, u16)> {
    let setup = conn.setup();
    let pad = setup
        .pixmap_formats
        .iter()
        .find(|format| format.depth == 1)
        .map_or(32, |format| usize::from(format.scanline_pad).max(8));
    let stride = usize::from(width).div_ceil(pad) * pad / 8;
    let is_least_first = setup.bitmap_format_bit_order == x11rb::protocol::xproto::ImageOrder::LSB_FIRST;
    let is_set = |x: u16, y: u16| {
        let byte = data.get(usize::from(y) * stride + usize::from(x) / 8).copied().unwrap_or(0);
        let bit = if is_least_first { x % 8 } else { 7 - x % 8 };
        byte >> bit & 1 == 1
    };
    (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).filter(|&(x, y)| is_set(x, y)).collect()
}
