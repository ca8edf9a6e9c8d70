//! What the compositor gave us and told us: outputs, panes, shutters and the lock object.

use std::time::Duration;

use wayland_client::{
    Connection, Dispatch, Proxy, QueueHandle, delegate_noop,
    protocol::{
        wl_buffer::WlBuffer,
        wl_compositor::WlCompositor,
        wl_output::{self, WlOutput},
        wl_registry::{self, WlRegistry},
        wl_shm::WlShm,
        wl_shm_pool::WlShmPool,
        wl_surface::WlSurface,
    },
};
use wayland_protocols::ext::session_lock::v1::client::{
    ext_session_lock_manager_v1::ExtSessionLockManagerV1,
    ext_session_lock_surface_v1::{self, ExtSessionLockSurfaceV1},
    ext_session_lock_v1::{self, ExtSessionLockV1},
};
use wayland_protocols_wlr::layer_shell::v1::client::{
    zwlr_layer_shell_v1::{Layer, ZwlrLayerShellV1},
    zwlr_layer_surface_v1::{self, Anchor, KeyboardInteractivity, ZwlrLayerSurfaceV1},
};

use super::{
    lock::{Lock, Step},
    pane::{Brush, Pane},
    picture::Size,
};
use crate::log;

/// Outputs beyond this many are left to the session lock, which blanks them by itself.
const OUTPUTS_MAX: usize = 64;
/// A surface can change its layer from this version on.
const LAYER_SHELL_VERSION_MIN: u32 = 2;

/// The dispatcher's state.
#[derive(Debug)]
pub(super) struct Desk {
    handle: QueueHandle<Self>,
    compositor: Option<WlCompositor>,
    shm: Option<WlShm>,
    layer_shell: Option<ZwlrLayerShellV1>,
    lock_manager: Option<ExtSessionLockManagerV1>,
    outputs: Vec<Output>,
    is_covering: bool,
    /// Whether the panes want the keyboard; else it is the agent's.
    takes_keyboard: bool,
    lock: Lock,
    lock_object: Option<ExtSessionLockV1>,
    words: Vec<String>,
    now: Duration,
}

/// Where a pane stands. Within one layer no order is promised, so what is to be above must be in a layer above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// The shield has the input: above everything, with the keyboard.
    Above,
    /// The agent has it, and shows itself on another output.
    Beside,
    /// The agent has it, and its surface fills this output, a layer above.
    Under,
}

#[derive(Debug)]
struct Output {
    name: u32,
    output: WlOutput,
    size: (i32, i32),
    stand: Stand,
    pane: Option<Pane<ZwlrLayerSurfaceV1>>,
    shutter: Option<Pane<ExtSessionLockSurfaceV1>>,
}

impl Desk {
    pub(super) fn new(handle: QueueHandle<Self>) -> Self {
        Self {
            handle,
            compositor: None,
            shm: None,
            layer_shell: None,
            lock_manager: None,
            outputs: Vec::new(),
            is_covering: false,
            takes_keyboard: true,
            lock: Lock::new(),
            lock_object: None,
            words: Vec::new(),
            now: Duration::ZERO,
        }
    }

    pub(super) fn can_draw(&self) -> bool {
        self.compositor.is_some() && self.shm.is_some()
    }

    pub(super) fn can_lock(&self) -> bool {
        self.lock_manager.is_some()
    }

    pub(super) fn can_lay(&self) -> bool {
        self.layer_shell.is_some()
    }

    /// The time of what is told next.
    pub(super) fn at(&mut self, now: Duration) {
        self.now = now;
    }

    pub(super) fn outputs(&self) -> Vec<(i32, i32)> {
        self.outputs.iter().map(|output| output.size).collect()
    }

    /// Whether nothing else is to be seen: locked, or drawn over where the lock was refused or does not exist.
    pub(super) fn is_held(&self) -> bool {
        let is_open = !self.can_lock() || self.lock.was_granted() == Some(false);
        self.lock.is_locked() || (is_open && self.is_drawn_over())
    }

    fn is_drawn_over(&self) -> bool {
        self.can_lay()
            && self.is_covering
            && self.outputs.iter().all(|output| output.pane.as_ref().is_some_and(Pane::is_drawn))
    }

    pub(super) fn was_lock_granted(&self) -> bool {
        self.lock.was_granted() == Some(true)
    }

    pub(super) fn lay_panes(&mut self) {
        self.is_covering = true;
        self.complete();
    }

    pub(super) fn take_panes_away(&mut self) {
        self.is_covering = false;
        for output in &mut self.outputs {
            output.pane = None;
        }
    }

    /// The keyboard is the panes', or the agent's, who shows itself on the first output.
    pub(super) fn take_keyboard(&mut self, takes_keyboard: bool) {
        self.takes_keyboard = takes_keyboard;
        self.place_panes();
    }

    fn place_panes(&mut self) {
        let can_lock = self.can_lock();
        for (at, output) in self.outputs.iter_mut().enumerate() {
            let stand = Stand::of(at, self.takes_keyboard, can_lock);
            let before = std::mem::replace(&mut output.stand, stand);
            if let Some(pane) = output.pane.as_ref().filter(|_| before != stand) {
                // Putting a surface where it is would bring it to the top of its layer on some compositors.
                if before.layer() != stand.layer() {
                    pane.role.set_layer(stand.layer());
                }
                pane.role.set_keyboard_interactivity(stand.keyboard());
                pane.surface.commit();
            }
        }
    }

    pub(super) fn close_lock(&mut self) {
        if self.can_lock() {
            let step = self.lock.want();
            self.take(step);
        }
    }

    pub(super) fn open_lock(&mut self) {
        let step = self.lock.let_go();
        self.take(step);
    }

    pub(super) fn ask_again(&mut self, now: Duration) {
        let step = self.lock.on_time(now);
        self.take(step);
    }

    pub(super) fn ask_again_at(&self) -> Option<Duration> {
        self.lock.ask_again_at()
    }

    /// These words on every output; none with none.
    pub(super) fn say(&mut self, words: Vec<String>) {
        self.words = words;
        let Some(brush) = brush(&self.compositor, &self.shm, &self.handle, &self.words) else { return };
        for output in &mut self.outputs {
            output.pane.iter_mut().for_each(|pane| pane.draw_again(&brush));
            output.shutter.iter_mut().for_each(|shutter| shutter.draw_again(&brush));
        }
    }

    fn take(&mut self, step: Option<Step>) {
        match step {
            None => return,
            Some(Step::Ask) => {
                self.lock_object = self.lock_manager.as_ref().map(|manager| manager.lock(&self.handle, ()));
                self.complete();
                return;
            }
            Some(Step::Unlock) => {
                if let Some(lock) = self.lock_object.take() {
                    lock.unlock_and_destroy();
                }
            }
            Some(Step::Drop) => {
                if let Some(lock) = self.lock_object.take() {
                    lock.destroy();
                }
            }
        }
        for output in &mut self.outputs {
            output.shutter = None;
        }
    }

    /// Each output gets what it lacks: a pane while covering, a shutter while there is a lock.
    fn complete(&mut self) {
        let Some(brush) = brush(&self.compositor, &self.shm, &self.handle, &self.words) else { return };
        for (at, output) in self.outputs.iter_mut().enumerate() {
            if output.pane.is_none()
                && self.is_covering
                && let Some(shell) = &self.layer_shell
            {
                let surface = brush.surface();
                let name = "tapward-shield".to_owned();
                let on = Some(&output.output);
                output.stand = Stand::of(at, self.takes_keyboard, self.lock_manager.is_some());
                let layer = output.stand.layer();
                let role = shell.get_layer_surface(&surface, on, layer, name, &self.handle, output.name);
                role.set_anchor(Anchor::all());
                // Nobody's panel keeps a strip for itself.
                role.set_exclusive_zone(-1);
                role.set_keyboard_interactivity(output.stand.keyboard());
                // The compositor answers with the size, and only then may something be drawn.
                surface.commit();
                output.pane = Some(Pane::new(surface, role));
            }
            if output.shutter.is_none()
                && self.lock.has_object()
                && let Some(lock) = &self.lock_object
            {
                let surface = brush.surface();
                let role = lock.get_lock_surface(&surface, &output.output, &self.handle, output.name);
                output.shutter = Some(Pane::new(surface, role));
            }
        }
    }

    fn on_global(&mut self, registry: &WlRegistry, name: u32, interface: &str, version: u32) {
        let handle = self.handle.clone();
        if interface == WlCompositor::interface().name {
            self.compositor = Some(registry.bind(name, version.min(4), &handle, ()));
        } else if interface == WlShm::interface().name {
            self.shm = Some(registry.bind(name, 1, &handle, ()));
        } else if interface == ZwlrLayerShellV1::interface().name && version >= LAYER_SHELL_VERSION_MIN {
            self.layer_shell = Some(registry.bind(name, version.min(3), &handle, ()));
        } else if interface == ExtSessionLockManagerV1::interface().name {
            self.lock_manager = Some(registry.bind(name, 1, &handle, ()));
        } else if interface == WlOutput::interface().name && self.outputs.len() < OUTPUTS_MAX {
            let output = registry.bind(name, version.min(3), &handle, name);
            let stand = Stand::of(self.outputs.len(), self.takes_keyboard, self.can_lock());
            self.outputs.push(Output { name, output, size: (0, 0), stand, pane: None, shutter: None });
            self.complete();
        }
    }

    fn output(&mut self, name: u32) -> Option<&mut Output> {
        self.outputs.iter_mut().find(|output| output.name == name)
    }
}

impl Stand {
    fn of(at: usize, takes_keyboard: bool, can_lock: bool) -> Self {
        match at {
            _ if takes_keyboard => Self::Above,
            0 if !can_lock => Self::Under,
            _ => Self::Beside,
        }
    }

    fn layer(self) -> Layer {
        match self {
            Self::Above | Self::Beside => Layer::Overlay,
            Self::Under => Layer::Top,
        }
    }

    fn keyboard(self) -> KeyboardInteractivity {
        match self {
            Self::Above => KeyboardInteractivity::Exclusive,
            Self::Beside | Self::Under => KeyboardInteractivity::None,
        }
    }
}

fn brush<'a>(
    compositor: &'a Option<WlCompositor>,
    shm: &'a Option<WlShm>,
    handle: &'a QueueHandle<Desk>,
    words: &'a [String],
) -> Option<Brush<'a>> {
    let (compositor, shm) = (compositor.as_ref()?, shm.as_ref()?);
    Some(Brush { compositor, shm, handle, words })
}

impl Dispatch<WlRegistry, ()> for Desk {
    fn event(
        desk: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let wl_registry::Event::Global { name, interface, version } = event {
            desk.on_global(registry, name, &interface, version);
        } else if let wl_registry::Event::GlobalRemove { name } = event {
            // Dropped with its surfaces.
            desk.outputs.retain(|output| output.name != name);
            // Another one may be the first now.
            desk.place_panes();
        }
    }
}

impl Dispatch<WlOutput, u32> for Desk {
    fn event(
        desk: &mut Self,
        _: &WlOutput,
        event: wl_output::Event,
        &name: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let Some(output) = desk.output(name) else { return };
        if let wl_output::Event::Mode { flags, width, height, .. } = event
            && flags.into_result().is_ok_and(|flags| flags.contains(wl_output::Mode::Current))
        {
            output.size = (width, height);
        }
    }
}

impl Dispatch<ZwlrLayerSurfaceV1, u32> for Desk {
    fn event(
        desk: &mut Self,
        role: &ZwlrLayerSurfaceV1,
        event: zwlr_layer_surface_v1::Event,
        &name: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let brush = brush(&desk.compositor, &desk.shm, &desk.handle, &desk.words);
        let output = desk.outputs.iter_mut().find(|output| output.name == name);
        let Some((output, brush)) = output.zip(brush) else { return };
        if output.pane.as_ref().is_none_or(|pane| pane.role != *role) {
            return;
        }
        if let zwlr_layer_surface_v1::Event::Configure { serial, width, height } = event {
            role.ack_configure(serial);
            if let Some((pane, size)) = output.pane.as_mut().zip(Size::new(width, height)) {
                pane.draw(&brush, size);
            }
        } else if let zwlr_layer_surface_v1::Event::Closed = event {
            output.pane = None;
        }
    }
}

impl Dispatch<ExtSessionLockSurfaceV1, u32> for Desk {
    fn event(
        desk: &mut Self,
        role: &ExtSessionLockSurfaceV1,
        event: ext_session_lock_surface_v1::Event,
        &name: &u32,
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        let brush = brush(&desk.compositor, &desk.shm, &desk.handle, &desk.words);
        let output = desk.outputs.iter_mut().find(|output| output.name == name);
        let Some((output, brush)) = output.zip(brush) else { return };
        if let ext_session_lock_surface_v1::Event::Configure { serial, width, height } = event
            && let Some(shutter) = output.shutter.as_mut().filter(|shutter| shutter.role == *role)
        {
            role.ack_configure(serial);
            if let Some(size) = Size::new(width, height) {
                shutter.draw(&brush, size);
            }
        }
    }
}

impl Dispatch<ExtSessionLockV1, ()> for Desk {
    fn event(
        desk: &mut Self,
        lock: &ExtSessionLockV1,
        event: ext_session_lock_v1::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if desk.lock_object.as_ref() != Some(lock) {
            return;
        }
        if let ext_session_lock_v1::Event::Locked = event {
            let step = desk.lock.on_locked();
            desk.take(step);
        } else if let ext_session_lock_v1::Event::Finished = event {
            if desk.lock.was_granted() != Some(false) {
                log::line("the compositor refuses the session lock; the screen is drawn over, not held");
            }
            let step = desk.lock.on_finished(desk.now);
            desk.take(Some(step));
        }
    }
}

delegate_noop!(Desk: WlCompositor);
delegate_noop!(Desk: WlShmPool);
delegate_noop!(Desk: ZwlrLayerShellV1);
delegate_noop!(Desk: ExtSessionLockManagerV1);
delegate_noop!(Desk: ignore WlShm);
delegate_noop!(Desk: ignore WlBuffer);
delegate_noop!(Desk: ignore WlSurface);
