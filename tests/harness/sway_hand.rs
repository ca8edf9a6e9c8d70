//! A hand on a private Wayland compositor: a mouse by `wlr-virtual-pointer-v1`, and keys by `wtype`.
//!
//! A compositor without hardware has no device at all. The hand therefore plugs in both: the mouse is this process's, the
//! keyboard is a `wtype` that does nothing. Without it each typist's keyboard would be new to the apps, and its first keys
//! lost to them.

use std::{
    os::unix::net::UnixStream,
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use wayland_client::{
    Connection, Dispatch, EventQueue, Proxy, QueueHandle, delegate_noop,
    protocol::{
        wl_pointer::ButtonState,
        wl_registry::{self, WlRegistry},
    },
};
use wayland_protocols_wlr::virtual_pointer::v1::client::{
    zwlr_virtual_pointer_manager_v1::ZwlrVirtualPointerManagerV1,
    zwlr_virtual_pointer_v1::ZwlrVirtualPointerV1,
};

use crate::{
    part::Part,
    sway::{Sway, Way},
};

/// `BTN_LEFT` of the kernel.
const LEFT: u32 = 0x110;
/// Time between two keys or clicks of a quick person.
const BETWEEN: &str = "8";
const BETWEEN_CLICKS: Duration = Duration::from_millis(8);

/// Keyboard and mouse of a compositor, for as long as it lives; hands share them.
#[derive(Debug)]
pub struct Devices {
    way: Way,
    mouse: Arc<Mutex<Mouse>>,
    _keyboard: Part,
}

/// Types and clicks.
#[derive(Debug)]
pub struct SwayHand {
    way: Way,
    mouse: Arc<Mutex<Mouse>>,
}

#[derive(Debug)]
struct Mouse {
    queue: EventQueue<Plug>,
    plug: Plug,
    pointer: ZwlrVirtualPointerV1,
    /// Of all outputs together.
    extent: (u32, u32),
}

#[derive(Debug, Default)]
struct Plug {
    manager: Option<ZwlrVirtualPointerManagerV1>,
}

impl Devices {
    /// Plugs both in; `extent` is the size of all outputs together.
    ///
    /// # Errors
    /// When the compositor knows no such mouse, or `wtype` is not installed.
    pub fn plug_in(sway: &Sway, extent: (u32, u32), folder: &std::path::Path) -> Result<Self> {
        let way = sway.way();
        let connection = Connection::from_socket(UnixStream::connect(way.socket())?)?;
        let mut queue = connection.new_event_queue();
        connection.display().get_registry(&queue.handle(), ());
        let mut plug = Plug::default();
        queue.roundtrip(&mut plug)?;
        let manager = plug.manager.as_ref().context("the compositor has no virtual pointers")?;
        let pointer = manager.create_virtual_pointer(None, &queue.handle(), ());
        queue.roundtrip(&mut plug)?;
        let mouse = Mouse { queue, plug, pointer, extent };
        let mut command = Command::new("wtype");
        way.reach(command.args(["-s", "100000000", "-k", "Shift_L"]));
        let keyboard = Part::start("keyboard", &mut command, folder)?;
        Ok(Self { way, mouse: Arc::new(Mutex::new(mouse)), _keyboard: keyboard })
    }

    /// A hand on them.
    #[must_use]
    pub fn hand(&self) -> SwayHand {
        SwayHand { way: self.way.clone(), mouse: Arc::clone(&self.mouse) }
    }
}

impl SwayHand {
    pub(crate) fn type_text(&self, text: &str) -> Result<()> {
        self.wtype(&["-d", BETWEEN, "--", text])
    }

    pub(crate) fn press(&self, name: &str) -> Result<()> {
        self.wtype(&["-k", name])
    }

    pub(crate) fn click(&self, x: i16, y: i16) -> Result<()> {
        self.move_to(x, y)?;
        let mut mouse = self.mouse();
        mouse.button(ButtonState::Pressed)?;
        thread::sleep(BETWEEN_CLICKS);
        mouse.button(ButtonState::Released)
    }

    pub(crate) fn move_to(&self, x: i16, y: i16) -> Result<()> {
        self.mouse().move_to(u32::from(x.cast_unsigned()), u32::from(y.cast_unsigned()))
    }

    fn mouse(&self) -> MutexGuard<'_, Mouse> {
        self.mouse.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wtype(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("wtype");
        self.way.reach(command.args(arguments));
        let typed = command.output().context("wtype is not installed")?;
        ensure!(typed.status.success(), "wtype: {}", String::from_utf8_lossy(&typed.stderr));
        Ok(())
    }
}

impl Mouse {
    fn move_to(&mut self, x: u32, y: u32) -> Result<()> {
        self.pointer.motion_absolute(0, x, y, self.extent.0, self.extent.1);
        self.done()
    }

    fn button(&mut self, state: ButtonState) -> Result<()> {
        self.pointer.button(0, LEFT, state);
        self.done()
    }

    fn done(&mut self) -> Result<()> {
        self.pointer.frame();
        self.queue.roundtrip(&mut self.plug)?;
        Ok(())
    }
}

impl Dispatch<WlRegistry, ()> for Plug {
    fn event(
        plug: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        if let wl_registry::Event::Global { name, interface, .. } = event
            && interface == ZwlrVirtualPointerManagerV1::interface().name
        {
            plug.manager = Some(registry.bind(name, 1, handle, ()));
        }
    }
}

delegate_noop!(Plug: ZwlrVirtualPointerManagerV1);
delegate_noop!(Plug: ZwlrVirtualPointerV1);
