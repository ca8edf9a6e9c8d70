//! What one person left on the display is gone when the next one gets it.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection,
    protocol::{
        xkb::{self, ConnectionExt as _},
        xproto::{Atom, AtomEnum, ConnectionExt as _, ModMask, PropMode},
    },
    rust_connection::RustConnection,
    wrapper::ConnectionExt as _,
};

use crate::{
    bed::{Bed, MARKER, SOON, Shield, agent::Agent},
    part::wait_for,
    x_server::Monitors,
};

struct Display {
    bed: Bed,
    _shield: Shield,
    agent: Agent,
    conn: RustConnection,
    root: u32,
    seq: u64,
}

impl Display {
    /// The first person has it.
    fn of_the_first_person() -> Result<Self> {
        let bed = Bed::with(Monitors::One(1024, 768))?;
        let shield = bed.shield()?;
        let agent = shield.ready_agent()?;
        let (conn, screen) = x11rb::connect(Some(bed.x.display()))?;
        let root = conn.setup().roots[screen].root;
        let mut display = Self { bed, _shield: shield, agent, conn, root, seq: 0 };
        display.uncover_for(7)?;
        Ok(display)
    }

    fn uncover_for(&mut self, whose: u8) -> Result<()> {
        self.seq += 1;
        self.agent.tell("quiet")?;
        self.agent.tell(&format!("uncover {} 5000 {whose}", self.seq))?;
        self.agent.hear(&format!("uncovered {}", self.seq))?;
        self.bed.witness.wait_all(MARKER, "the app")?;
        Ok(())
    }

    fn hand_over(&mut self, to: u8) -> Result<()> {
        self.seq += 1;
        self.agent.cover(self.seq)?;
        self.uncover_for(to)
    }

    fn atom(&self, name: &str) -> Result<Atom> {
        Ok(self.conn.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }

    fn property(&self, name: Atom) -> Result<Vec<u8>> {
        Ok(self.conn.get_property(false, self.root, name, AtomEnum::ANY, 0, 1_000)?.reply()?.value)
    }

    /// What each key types, in the first two groups; the server repeats them in further ones as it likes.
    fn keys(&self) -> Result<Vec<Vec<u32>>> {
        let (first, last) = (self.conn.setup().min_keycode, self.conn.setup().max_keycode);
        let keys = self.conn.get_keyboard_mapping(first, last - first + 1)?.reply()?;
        let of_a_key = keys.keysyms.chunks(usize::from(keys.keysyms_per_keycode));
        Ok(of_a_key.map(|symbols| symbols[..4].to_vec()).collect())
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new(program)
            .env("DISPLAY", self.bed.x.display())
            .args(arguments)
            .stdin(Stdio::null())
            .output()?;
        ensure!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(String::from_utf8(output.stdout)?)
    }
}

#[test]
fn what_was_copied_marked_or_dragged_can_be_pasted_by_nobody_else() -> Result<()> {
    let mut display = Display::of_the_first_person()?;
    let window = display.conn.generate_id()?;
    display.conn.create_window(
        0,
        window,
        display.root,
        0,
        0,
        1,
        1,
        0,
        Default::default(),
        0,
        &Default::default(),
    )?;
    let names = ["PRIMARY", "SECONDARY", "CLIPBOARD", "XdndSelection"];
    for name in names {
        let name = display.atom(name)?;
        display.conn.set_selection_owner(window, name, CURRENT_TIME)?;
        assert_eq!(display.conn.get_selection_owner(name)?.reply()?.owner, window);
    }
    let buffers: Vec<Atom> = (9..=16_u32).collect();
    for &buffer in &buffers {
        display.conn.change_property8(
            PropMode::REPLACE,
            display.root,
            buffer,
            AtomEnum::STRING,
            b"potassium 6.9",
        )?;
    }
    display.conn.sync()?;

    // She comes back to what she copied.
    display.hand_over(7)?;
    assert_eq!(display.property(buffers[0])?, b"potassium 6.9");
    display.hand_over(8)?;

    for name in names {
        assert_eq!(display.conn.get_selection_owner(display.atom(name)?)?.reply()?.owner, NONE, "{name}");
    }
    for buffer in buffers {
        assert_eq!(display.property(buffer)?, b"", "cut buffer {buffer}");
    }
    Ok(())
}

#[test]
fn what_programs_read_at_their_start_is_as_it_was() -> Result<()> {
    let bed = Bed::with(Monitors::One(1024, 768))?;
    let (conn, screen) = x11rb::connect(Some(bed.x.display()))?;
    let root = conn.setup().roots[screen].root;
    let resources = AtomEnum::RESOURCE_MANAGER;
    conn.change_property8(PropMode::REPLACE, root, resources, AtomEnum::STRING, b"Xft.dpi: 96\n")?;
    conn.sync()?;
    let shield = bed.shield()?;
    let agent = shield.ready_agent()?;
    let mut display = Display { bed, _shield: shield, agent, conn, root, seq: 0 };
    display.uncover_for(7)?;
    let evil = b"XTerm*VT100.translations: #override <Key>a: exec-formatted()\n";
    display.conn.change_property8(PropMode::REPLACE, root, resources, AtomEnum::STRING, evil)?;
    let screen = display.atom("SCREEN_RESOURCES")?;
    display.conn.change_property8(PropMode::REPLACE, root, screen, AtomEnum::STRING, evil)?;
    display.conn.sync()?;

    display.hand_over(8)?;

    assert_eq!(display.property(resources.into())?, b"Xft.dpi: 96\n");
    assert_eq!(display.property(screen)?, b"");
    Ok(())
}

#[test]
fn caps_lock_and_exchanged_keys_and_buttons_are_as_they_were() -> Result<()> {
    let mut display = Display::of_the_first_person()?;
    display.conn.xkb_use_extension(1, 0)?.reply()?;
    let keys = display.keys()?;
    let modifiers = display.run("xmodmap", &["-pm"])?;
    let buttons = display.run("xmodmap", &["-pp"])?;
    let device = xkb::ID::USE_CORE_KBD.into();
    let (caps, none) = (ModMask::LOCK, ModMask::from(0_u8));
    display.conn.xkb_latch_lock_state(device, caps, caps, false, xkb::Group::M1, none, false, 0)?;
    let locked = |display: &Display| -> Result<ModMask> {
        Ok(display.conn.xkb_get_state(xkb::ID::USE_CORE_KBD.into())?.reply()?.locked_mods)
    };
    assert_eq!(locked(&display)?, caps);
    display.run(
        "xmodmap",
        &["-e", "keycode 38 = b B", "-e", "remove lock = Caps_Lock", "-e", "pointer = 3 2 1"],
    )?;
    assert_ne!(display.keys()?, keys);

    display.hand_over(8)?;

    assert_eq!(locked(&display)?, none);
    assert_eq!(display.keys()?, keys);
    assert_eq!(display.run("xmodmap", &["-pm"])?, modifiers);
    assert_eq!(display.run("xmodmap", &["-pp"])?, buttons);
    Ok(())
}

#[test]
fn whoever_types_at_the_covered_screen_types_with_the_keys_of_the_workstation() -> Result<()> {
    let mut display = Display::of_the_first_person()?;
    display.conn.xkb_use_extension(1, 0)?.reply()?;
    let keys = display.keys()?;
    let device = xkb::ID::USE_CORE_KBD.into();
    let (caps, none) = (ModMask::LOCK, ModMask::from(0_u8));
    display.conn.xkb_latch_lock_state(device, caps, caps, false, xkb::Group::M1, none, false, 0)?;
    display.run("xmodmap", &["-e", "keycode 38 = b B"])?;
    assert_ne!(display.keys()?, keys);

    display.seq += 1;
    display.agent.cover(display.seq)?;

    assert_eq!(display.conn.xkb_get_state(device)?.reply()?.locked_mods, none);
    assert_eq!(display.keys()?, keys);
    Ok(())
}

#[test]
fn a_modifier_that_was_exchanged_is_as_it_was_once_no_key_is_down() -> Result<()> {
    let mut display = Display::of_the_first_person()?;
    let modifiers = display.run("xmodmap", &["-pm"])?;
    display.run("xmodmap", &["-e", "remove lock = Caps_Lock"])?;
    assert_ne!(display.run("xmodmap", &["-pm"])?, modifiers);
    // The X server changes no modifier while one is down.
    display.run("xdotool", &["keydown", "Shift_L"])?;
    display.seq += 1;
    display.agent.cover(display.seq)?;

    display.run("xdotool", &["keyup", "Shift_L"])?;

    wait_for("the modifiers as they were", SOON, || {
        (display.run("xmodmap", &["-pm"]).ok()? == modifiers).then_some(())
    })
}

#[test]
fn repeat_bell_pointer_speed_and_screen_saver_are_as_they_were() -> Result<()> {
    let mut display = Display::of_the_first_person()?;
    let before = display.run("xset", &["q"])?;
    for setting in [["r", "off"], ["b", "off"], ["s", "1"], ["m", "9"]] {
        display.run("xset", &setting)?;
    }
    assert_ne!(display.run("xset", &["q"])?, before);

    display.hand_over(8)?;

    assert_eq!(display.run("xset", &["q"])?, before);
    Ok(())
}

#[test]
fn who_may_connect_is_as_it_was() -> Result<()> {
    let mut display = Display::of_the_first_person()?;
    let before = display.conn.list_hosts()?.reply()?;
    // 127.0.0.9, as `xhost +127.0.0.9` does it, and then everybody.
    let (insert, family) =
        (x11rb::protocol::xproto::HostMode::INSERT, x11rb::protocol::xproto::Family::INTERNET);
    display.conn.change_hosts(insert, family, &[127, 0, 0, 9])?.check().context("xhost")?;
    let open = x11rb::protocol::xproto::AccessControl::DISABLE;
    display.conn.set_access_control(open)?.check().context("xhost +")?;

    display.hand_over(8)?;

    let after = display.conn.list_hosts()?.reply()?;
    assert_eq!(after.mode, before.mode);
    assert_eq!(after.hosts.len(), before.hosts.len());
    Ok(())
}

/// Maps a window over the whole screen that is to outlive its program, which ends then.
const LEAVES_A_WINDOW: &str = "
from ctypes import *
x = CDLL('libX11.so.6')
x.XOpenDisplay.restype = x.XDefaultRootWindow.restype = x.XCreateSimpleWindow.restype = c_ulong
display = c_void_p(x.XOpenDisplay(None))
root = c_ulong(x.XDefaultRootWindow(display))
window = c_ulong(x.XCreateSimpleWindow(display, root, 0, 0, 1024, 768, 0, c_ulong(0), c_ulong(0xffff00)))
unmanaged = (c_ulong * 14)()
unmanaged[11] = 1
x.XChangeWindowAttributes(display, window, c_ulong(1 << 9), byref(unmanaged))
x.XMapRaised(display, window)
x.XSetCloseDownMode(display, 1)
x.XSync(display, 0)
print(window.value, flush=True)
";

#[test]
fn a_window_that_outlives_its_program_is_gone() -> Result<()> {
    let mut display = Display::of_the_first_person()?;
    let mut program = Command::new("python3");
    let output = program.args(["-c", LEAVES_A_WINDOW]).env("DISPLAY", display.bed.x.display()).output()?;
    let window: u32 =
        String::from_utf8(output.stdout)?.trim().parse().context("python3 and libX11 (else NOT RUN)")?;
    let is_there = |display: &Display| -> Result<bool> {
        Ok(display.conn.query_tree(display.root)?.reply()?.children.contains(&window))
    };
    assert!(is_there(&display)?, "it is what is tried here");

    display.hand_over(9)?;

    assert!(!is_there(&display)?);
    Ok(())
}
