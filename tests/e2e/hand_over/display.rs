//! What can be left on the display itself.

use std::process::{Command, Stdio};

use harness::program::output;
use x11rb::{
    CURRENT_TIME,
    connection::Connection as _,
    protocol::{
        xkb::{self, ConnectionExt as _},
        xproto::{AtomEnum, ConnectionExt as _, ModMask, PropMode},
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

/// One kind of trace.
#[derive(Debug, Clone, Copy)]
pub(super) enum Trace {
    /// Something was marked, copied or dragged.
    Selection(&'static str),
    /// Text of a selection that the server keeps.
    CutBuffer(u32),
    /// What programs read at their start.
    Property(&'static str),
    CapsLock,
    /// `xmodmap`: what is changed, and what tells.
    Keys(&'static str, &'static str),
    /// `xset`.
    Setting([&'static str; 2]),
    /// `xhost +`: everybody may connect.
    Hosts,
}

pub(super) const DISPLAY_TRACES: [Trace; 18] = [
    Trace::Selection("PRIMARY"),
    Trace::Selection("SECONDARY"),
    Trace::Selection("CLIPBOARD"),
    Trace::Selection("XdndSelection"),
    Trace::CutBuffer(9),
    Trace::CutBuffer(16),
    Trace::Property("RESOURCE_MANAGER"),
    Trace::Property("SCREEN_RESOURCES"),
    Trace::Property("_XKB_RULES_NAMES"),
    Trace::CapsLock,
    Trace::Keys("keycode 38 = b B", "-pke"),
    Trace::Keys("remove lock = Caps_Lock", "-pm"),
    Trace::Keys("pointer = 1 3 2", "-pp"),
    Trace::Setting(["r", "off"]),
    Trace::Setting(["b", "off"]),
    Trace::Setting(["s", "77"]),
    Trace::Setting(["m", "9"]),
    Trace::Hosts,
];

/// A program of whoever has the display.
pub(super) struct Display {
    name: String,
    conn: RustConnection,
    root: u32,
    window: u32,
}

impl Display {
    pub(super) fn on(name: &str) -> Self {
        let (conn, screen) = x11rb::connect(Some(name)).unwrap();
        let root = conn.setup().roots[screen].root;
        let window = conn.generate_id().unwrap();
        let (class, look) = (Default::default(), Default::default());
        conn.create_window(0, window, root, 0, 0, 1, 1, 0, class, 0, &look).unwrap();
        conn.xkb_use_extension(1, 0).unwrap().reply().unwrap();
        Self { name: name.to_owned(), conn, root, window }
    }

    /// How each of them looks now.
    pub(super) fn looks(&self) -> Vec<(String, String)> {
        DISPLAY_TRACES.iter().map(|trace| (format!("{trace:?}"), self.look(*trace))).collect()
    }

    /// Leaves each of them; the look at it tells that it is there.
    pub(super) fn plant(&self) {
        for trace in DISPLAY_TRACES {
            let before = self.look(trace);
            self.leave(trace);
            self.conn.sync().unwrap();
            assert_ne!(self.look(trace), before, "{trace:?} cannot be seen");
        }
    }

    fn leave(&self, trace: Trace) {
        match trace {
            Trace::Selection(name) => {
                self.conn.set_selection_owner(self.window, self.atom(name), CURRENT_TIME).unwrap();
            }
            Trace::CutBuffer(buffer) => self.write(buffer, b"potassium 6.9"),
            Trace::Property(name) => self.write(self.atom(name), b"hers"),
            Trace::CapsLock => {
                let (caps, none) = (ModMask::LOCK, ModMask::from(0_u8));
                let device = xkb::ID::USE_CORE_KBD.into();
                self.conn
                    .xkb_latch_lock_state(device, caps, caps, false, xkb::Group::M1, none, false, 0)
                    .unwrap();
            }
            Trace::Keys(change, _) => drop(self.run("xmodmap", &["-e", change])),
            Trace::Setting(setting) => drop(self.run("xset", &setting)),
            Trace::Hosts => drop(self.run("xhost", &["+"])),
        }
    }

    fn look(&self, trace: Trace) -> String {
        match trace {
            Trace::Selection(name) => {
                let owner = self.conn.get_selection_owner(self.atom(name)).unwrap().reply().unwrap().owner;
                (owner == self.window).to_string()
            }
            Trace::CutBuffer(buffer) => self.read(buffer),
            Trace::Property(name) => self.read(self.atom(name)),
            Trace::CapsLock => {
                let state = self.conn.xkb_get_state(xkb::ID::USE_CORE_KBD.into()).unwrap().reply().unwrap();
                format!("{:?}", state.locked_mods)
            }
            Trace::Keys(_, look) => first_group(&self.run("xmodmap", &[look])),
            Trace::Setting(_) => self.run("xset", &["q"]),
            Trace::Hosts => self.run("xhost", &[]),
        }
    }

    fn atom(&self, name: &str) -> u32 {
        self.conn.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }

    fn write(&self, property: u32, text: &[u8]) {
        self.conn.change_property8(PropMode::REPLACE, self.root, property, AtomEnum::STRING, text).unwrap();
    }

    fn read(&self, property: u32) -> String {
        let found = self.conn.get_property(false, self.root, property, AtomEnum::ANY, 0, 1_000);
        format!("{:?}", found.unwrap().reply().unwrap().value)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let mut command = Command::new(program);
        output(command.args(arguments).env("DISPLAY", &self.name).stderr(Stdio::null())).unwrap()
    }
}

/// What each key types: in further groups the server repeats that as it likes.
fn first_group(table: &str) -> String {
    let words = |line: &str| line.split_whitespace().take(5).collect::<Vec<_>>().join(" ");
    table.lines().map(words).collect::<Vec<_>>().join("\n")
}
