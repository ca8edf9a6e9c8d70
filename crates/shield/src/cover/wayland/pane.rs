//! A surface over one output, and what is drawn on it.

use std::os::fd::AsFd;

use wayland_client::{
    Proxy, QueueHandle,
    protocol::{
        wl_buffer::WlBuffer, wl_compositor::WlCompositor, wl_shm, wl_shm::WlShm, wl_surface::WlSurface,
    },
};
use wayland_protocols::ext::session_lock::v1::client::ext_session_lock_surface_v1::ExtSessionLockSurfaceV1;
use wayland_protocols_wlr::layer_shell::v1::client::zwlr_layer_surface_v1::ZwlrLayerSurfaceV1;

use super::{
    desk::Desk,
    picture::{self, PIXEL_SIZE_BYTES, Size},
};
use crate::log;

/// What it takes to draw.
#[derive(Debug)]
pub(super) struct Brush<'a> {
    pub(super) compositor: &'a WlCompositor,
    pub(super) shm: &'a WlShm,
    pub(super) handle: &'a QueueHandle<Desk>,
    pub(super) words: &'a [String],
}

impl Brush<'_> {
    /// A surface that is none's yet.
    pub(super) fn surface(&self) -> WlSurface {
        self.compositor.create_surface(self.handle, ())
    }
}

/// A surface with the role that puts it over an output; gone from there when dropped.
#[derive(Debug)]
pub(super) struct Pane<R: Role> {
    pub(super) surface: WlSurface,
    pub(super) role: R,
    size: Option<Size>,
    buffer: Option<WlBuffer>,
}

/// What a surface is for.
pub(super) trait Role: Proxy {
    /// Ends it; the surface stays.
    fn end(&self);
}

impl Role for ZwlrLayerSurfaceV1 {
    fn end(&self) {
        self.destroy();
    }
}

impl Role for ExtSessionLockSurfaceV1 {
    fn end(&self) {
        self.destroy();
    }
}

impl<R: Role> Pane<R> {
    /// Nothing is drawn before the compositor has told the size.
    pub(super) fn new(surface: WlSurface, role: R) -> Self {
        Self { surface, role, size: None, buffer: None }
    }

    /// Whether the compositor has a picture of it.
    pub(super) fn is_drawn(&self) -> bool {
        self.buffer.is_some()
    }

    /// Draws in this size.
    pub(super) fn draw(&mut self, brush: &Brush<'_>, size: Size) {
        self.size = Some(size);
        let file = match picture::draw(size, brush.words) {
            Ok(file) => file,
            // A session lock is black without us. A pane stays as it was, and is not counted as drawn if it never was.
            Err(error) => return log::line(&format!("no memory for a picture: {error}")),
        };
        let Ok(size_bytes) = i32::try_from(size.bytes()) else { return };
        let side = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
        let pool = brush.shm.create_pool(file.as_fd(), size_bytes, brush.handle, ());
        let stride = side(size.width * PIXEL_SIZE_BYTES);
        let format = wl_shm::Format::Xrgb8888;
        let buffer =
            pool.create_buffer(0, side(size.width), side(size.height), stride, format, brush.handle, ());
        pool.destroy();
        self.surface.attach(Some(&buffer), 0, 0);
        self.surface.damage(0, 0, i32::MAX, i32::MAX);
        self.surface.commit();
        if let Some(old) = self.buffer.replace(buffer) {
            old.destroy();
        }
    }

    /// Draws anew, because the words have changed.
    pub(super) fn draw_again(&mut self, brush: &Brush<'_>) {
        if let Some(size) = self.size {
            self.draw(brush, size);
        }
    }
}

impl<R: Role> Drop for Pane<R> {
    fn drop(&mut self) {
        self.role.end();
        self.surface.destroy();
        if let Some(buffer) = self.buffer.take() {
            buffer.destroy();
        }
    }
}
