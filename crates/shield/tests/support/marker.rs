//! A full-screen Wayland window of one colour (`shield-marker RRGGBB`), one that is the compositor's to place
//! (`shield-marker RRGGBB window`), or a surface of the overlay layer over the first
//! output that takes the keyboard (`shield-marker RRGGBB overlay`). Says `shown` when the compositor has its picture, and
//! `key N` with each key that reaches it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test's part fails by panicking and reports by printing"
)]

use std::os::fd::AsFd;

use wayland_client::{
    Connection, Dispatch, Proxy, QueueHandle, WEnum, delegate_noop,
    protocol::{
        wl_buffer::WlBuffer,
        wl_compositor::WlCompositor,
        wl_keyboard::{self, KeyState, WlKeyboard},
        wl_output::WlOutput,
        wl_registry::{self, WlRegistry},
        wl_seat::{self, Capability, WlSeat},
        wl_shm::{self, WlShm},
        wl_shm_pool::WlShmPool,
        wl_surface::WlSurface,
    },
};
use wayland_protocols::xdg::shell::client::{
    xdg_surface::{self, XdgSurface},
    xdg_toplevel::{self, XdgToplevel},
    xdg_wm_base::{self, XdgWmBase},
};
use wayland_protocols_wlr::layer_shell::v1::client::{
    zwlr_layer_shell_v1::{Layer, ZwlrLayerShellV1},
    zwlr_layer_surface_v1::{self, Anchor, KeyboardInteractivity, ZwlrLayerSurfaceV1},
};

#[derive(Default)]
struct Marker {
    colour: [u8; 4],
    compositor: Option<WlCompositor>,
    shm: Option<WlShm>,
    base: Option<XdgWmBase>,
    shell: Option<ZwlrLayerShellV1>,
    output: Option<WlOutput>,
    surface: Option<WlSurface>,
    keyboard: Option<WlKeyboard>,
    size: (i32, i32),
    keys: u64,
}

fn main() {
    let colour = u32::from_str_radix(&std::env::args().nth(1).unwrap(), 16).unwrap();
    let mut marker = Marker { colour: colour.to_le_bytes(), ..Marker::default() };
    let conn = Connection::connect_to_env().unwrap();
    let mut queue = conn.new_event_queue();
    let handle = queue.handle();
    conn.display().get_registry(&handle, ());
    queue.roundtrip(&mut marker).unwrap();
    let surface = marker.compositor.as_ref().unwrap().create_surface(&handle, ());
    if std::env::args().nth(2).as_deref() == Some("overlay") {
        let shell = marker.shell.as_ref().unwrap();
        let role = shell.get_layer_surface(&surface, None, Layer::Overlay, "marker".to_owned(), &handle, ());
        role.set_anchor(Anchor::all());
        role.set_keyboard_interactivity(KeyboardInteractivity::Exclusive);
    } else {
        let role = marker.base.as_ref().unwrap().get_xdg_surface(&surface, &handle, ());
        let window = role.get_toplevel(&handle, ());
        window.set_title("marker".to_owned());
        if std::env::args().nth(2).as_deref() != Some("window") {
            window.set_fullscreen(None);
        }
    }
    surface.commit();
    marker.surface = Some(surface);
    while queue.blocking_dispatch(&mut marker).is_ok() {}
}

impl Marker {
    fn draw(&self, handle: &QueueHandle<Self>) {
        let ((width, height), shm) = (self.size, self.shm.as_ref().unwrap());
        let pixels = self.colour.repeat(usize::try_from(width * height).unwrap());
        let file = rustix::fs::memfd_create(c"marker", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        let mut rest = &pixels[..];
        while !rest.is_empty() {
            rest = &rest[rustix::io::write(&file, rest).unwrap()..];
        }
        let pool = shm.create_pool(file.as_fd(), width * height * 4, handle, ());
        let buffer = pool.create_buffer(0, width, height, width * 4, wl_shm::Format::Xrgb8888, handle, ());
        pool.destroy();
        let surface = self.surface.as_ref().unwrap();
        surface.attach(Some(&buffer), 0, 0);
        surface.damage(0, 0, i32::MAX, i32::MAX);
        surface.commit();
        println!("shown");
    }
}

impl Dispatch<WlRegistry, ()> for Marker {
    fn event(
        marker: &mut Self,
        registry: &WlRegistry,
        event: wl_registry::Event,
        (): &(),
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        let wl_registry::Event::Global { name, interface, .. } = event else { return };
        if interface == WlCompositor::interface().name {
            marker.compositor = Some(registry.bind(name, 4, handle, ()));
        } else if interface == WlShm::interface().name {
            marker.shm = Some(registry.bind(name, 1, handle, ()));
        } else if interface == XdgWmBase::interface().name {
            marker.base = Some(registry.bind(name, 1, handle, ()));
        } else if interface == ZwlrLayerShellV1::interface().name {
            marker.shell = Some(registry.bind(name, 1, handle, ()));
        } else if interface == WlOutput::interface().name && marker.output.is_none() {
            marker.output = Some(registry.bind(name, 1, handle, ()));
        } else if interface == WlSeat::interface().name {
            registry.bind::<WlSeat, _, _>(name, 1, handle, ());
        }
    }
}

impl Dispatch<WlSeat, ()> for Marker {
    fn event(
        marker: &mut Self,
        seat: &WlSeat,
        event: wl_seat::Event,
        (): &(),
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        // A seat has a keyboard only while somebody types with one.
        if let wl_seat::Event::Capabilities { capabilities: WEnum::Value(capabilities) } = event {
            let has_keyboard = capabilities.contains(Capability::Keyboard);
            marker.keyboard = has_keyboard.then(|| seat.get_keyboard(handle, ()));
        }
    }
}

impl Dispatch<WlKeyboard, ()> for Marker {
    fn event(
        marker: &mut Self,
        _: &WlKeyboard,
        event: wl_keyboard::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let wl_keyboard::Event::Key { state: WEnum::Value(KeyState::Pressed), .. } = event {
            marker.keys += 1;
            println!("key {}", marker.keys);
        }
    }
}

impl Dispatch<XdgWmBase, ()> for Marker {
    fn event(
        _: &mut Self,
        base: &XdgWmBase,
        event: xdg_wm_base::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_wm_base::Event::Ping { serial } = event {
            base.pong(serial);
        }
    }
}

impl Dispatch<XdgSurface, ()> for Marker {
    fn event(
        marker: &mut Self,
        role: &XdgSurface,
        event: xdg_surface::Event,
        (): &(),
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        if let xdg_surface::Event::Configure { serial } = event {
            role.ack_configure(serial);
            marker.draw(handle);
        }
    }
}

impl Dispatch<XdgToplevel, ()> for Marker {
    fn event(
        marker: &mut Self,
        _: &XdgToplevel,
        event: xdg_toplevel::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Self>,
    ) {
        if let xdg_toplevel::Event::Configure { width, height, .. } = event {
            // The first size is ours to choose; the whole screen's comes with the next.
            marker.size = if width > 0 { (width, height) } else { (640, 480) };
        }
    }
}

impl Dispatch<ZwlrLayerSurfaceV1, ()> for Marker {
    fn event(
        marker: &mut Self,
        role: &ZwlrLayerSurfaceV1,
        event: zwlr_layer_surface_v1::Event,
        (): &(),
        _: &Connection,
        handle: &QueueHandle<Self>,
    ) {
        if let zwlr_layer_surface_v1::Event::Configure { serial, width, height } = event {
            role.ack_configure(serial);
            marker.size = (width.cast_signed(), height.cast_signed());
            marker.draw(handle);
        }
    }
}

delegate_noop!(Marker: WlCompositor);
delegate_noop!(Marker: ZwlrLayerShellV1);
delegate_noop!(Marker: WlShmPool);
delegate_noop!(Marker: ignore WlOutput);
delegate_noop!(Marker: ignore WlShm);
delegate_noop!(Marker: ignore WlBuffer);
delegate_noop!(Marker: ignore WlSurface);
