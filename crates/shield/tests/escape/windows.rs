//! Windows of other programs that want to be seen.

use anyhow::Result;
use x11rb::{
    CURRENT_TIME, NONE,
    protocol::xproto::{
        AtomEnum, Circulate, ClientMessageEvent, ConnectionExt as _, EventMask, InputFocus, PropMode,
    },
    wrapper::ConnectionExt as _,
};

use crate::{
    bed::rude::{MARKER_PIXEL, Rude},
    scene::{Attempt, BOTH, Scene, row},
};

/// Kinds of windows that a window manager keeps above others, or that mean to be.
const KINDS: [&str; 8] =
    ["DOCK", "NOTIFICATION", "TOOLTIP", "POPUP_MENU", "SPLASH", "DIALOG", "UTILITY", "DESKTOP"];
const STATES: [&str; 4] = ["ABOVE", "FULLSCREEN", "STICKY", "DEMANDS_ATTENTION"];

pub fn table() -> Vec<Attempt> {
    let mut rows = Vec::new();
    for kind in KINDS {
        rows.push(row(format!("a window of the type {kind}"), BOTH, move |scene| {
            with_atom(scene.rude()?, "_NET_WM_WINDOW_TYPE", &format!("_NET_WM_WINDOW_TYPE_{kind}"), false)
        }));
    }
    for state in STATES {
        rows.push(row(format!("a window that is {state}"), BOTH, move |scene| {
            with_atom(scene.rude()?, "_NET_WM_STATE", &format!("_NET_WM_STATE_{state}"), false)
        }));
    }
    rows.push(row("a notification that no window manager touches", BOTH, |scene| {
        with_atom(scene.rude()?, "_NET_WM_WINDOW_TYPE", "_NET_WM_WINDOW_TYPE_NOTIFICATION", true)
    }));
    rows.push(row("a window above all others", BOTH, |scene| scene.rude()?.pop_up(NONE, true).map(drop)));
    rows.push(row("an ordinary window", BOTH, |scene| scene.rude()?.pop_up(NONE, false).map(drop)));
    rows.push(row("a hundred windows", BOTH, |scene| {
        let rude = scene.rude()?;
        (0..100).try_for_each(|_| rude.pop_up(NONE, true).map(drop))
    }));
    rows.push(row("a window that keeps raising itself", BOTH, |scene| {
        let rude = scene.rude()?;
        let window = rude.pop_up(NONE, true)?;
        rude.keep_raising(window);
        wait_a_little(scene)
    }));
    rows.push(row("a window that blinks", BOTH, |scene| {
        let rude = scene.rude()?;
        let window = rude.pop_up(NONE, true)?;
        for _ in 0..50 {
            rude.unmap(window)?;
            rude.connection().map_window(window)?;
            rude.raise(window)?;
        }
        Ok(())
    }));
    rows.push(row("the app raised", BOTH, |scene| {
        let window = scene.bed.victim.window;
        scene.rude()?.raise(window)
    }));
    for command in ["windowraise", "windowactivate", "windowfocus", "windowmap", "windowsize"] {
        rows.push(row(format!("xdotool {command}"), BOTH, move |scene| {
            let window = scene.bed.victim.window.to_string();
            let more: &[&str] = if command == "windowsize" { &["2000", "2000"] } else { &[] };
            scene.xdotool(&[&[command, &window], more].concat())
        }));
    }
    rows.push(row("the app asks to be the active window", BOTH, ask_to_be_active));
    rows.push(row("the app takes the focus", BOTH, |scene| {
        let window = scene.bed.victim.window;
        scene.bed.victim.focus(window)?;
        // The cover takes it back before a person could type.
        crate::part::wait_for("the focus on the cover", crate::bed::SOON, || {
            (scene.bed.victim.focused().ok()? != window).then_some(())
        })
    }));
    rows.push(row("the windows are turned over", BOTH, |scene| {
        let rude = scene.rude()?;
        let root = rude.connection_root();
        for direction in [Circulate::RAISE_LOWEST, Circulate::LOWER_HIGHEST] {
            rude.connection().circulate_window(direction, root)?;
        }
        rude.sync()
    }));
    rows.push(row("a screen saver", BOTH, |scene| {
        let rude = scene.rude()?;
        rude.show_screen_saver(MARKER_PIXEL)?;
        rude.end_screen_saver()
    }));
    rows.push(row("the agent's window lowered", BOTH, |scene| {
        let window = scene.agent.ask("window", "window ")?.parse()?;
        scene.rude()?.lower(window)
    }));
    rows.push(row("the agent's window moved", BOTH, |scene| {
        let window = scene.agent.ask("window", "window ")?.parse()?;
        scene.rude()?.move_away(window)?;
        scene.agent.tell("place 0 0 1024 768")
    }));
    rows.push(row("a window in the overlay", BOTH, |scene| {
        wait_backstop(scene)?;
        let rude = scene.rude()?;
        let overlay = rude.overlay()?;
        rude.pop_up_with(overlay, true, |conn, window| {
            // Its own look is not what is asked for here, but what it bares.
            conn.change_window_attributes(
                window,
                &x11rb::protocol::xproto::ChangeWindowAttributesAux::new().background_pixel(0),
            )?;
            Ok(())
        })?;
        rude.shape_away(overlay)
    }));
    for (name, tamper) in tampering() {
        rows.push(row(name, BOTH, move |scene| {
            wait_backstop(scene)?;
            let rude = scene.rude()?;
            let overlay = rude.overlay()?;
            tamper(rude, overlay)
        }));
    }
    rows.push(row("the focus on nothing", BOTH, |scene| {
        let rude = scene.rude()?;
        rude.connection().set_input_focus(InputFocus::NONE, NONE, CURRENT_TIME)?;
        rude.sync()
    }));
    rows
}

/// Waits until what is behind the overlay is above all others again.
fn wait_backstop(scene: &mut Scene) -> Result<()> {
    use x11rb::connection::Connection as _;
    let (bed, rude) = (&scene.bed, scene.bed.rude()?);
    let base = |window: u32| window & !rude.connection().setup().resource_id_mask;
    crate::part::wait_for("the backstop above the others", crate::bed::SOON, || {
        let cover = rude.focused().ok()?;
        (base(*bed.victim.stack().ok()?.last()?) == base(cover)).then_some(())
    })
}

type Tampering = fn(&Rude, u32) -> Result<()>;

fn tampering() -> [(&'static str, Tampering); 6] {
    [
        ("the overlay shaped away", |rude, overlay| rude.shape_away(overlay)),
        ("the overlay unmapped", |rude, overlay| rude.unmap(overlay)),
        ("the overlay lowered", |rude, overlay| rude.lower(overlay)),
        ("the overlay moved", |rude, overlay| rude.move_away(overlay)),
        ("the cover shaped away", |rude, _| {
            let cover = rude.focused()?;
            rude.shape_away(cover)
        }),
        ("the cover unmapped", |rude, _| {
            let cover = rude.focused()?;
            rude.unmap(cover)
        }),
    ]
}

fn with_atom(rude: &Rude, property: &str, value: &str, is_override_redirect: bool) -> Result<()> {
    rude.pop_up_with(NONE, is_override_redirect, |conn, window| {
        let property = conn.intern_atom(false, property.as_bytes())?.reply()?.atom;
        let value = conn.intern_atom(false, value.as_bytes())?.reply()?.atom;
        conn.change_property32(PropMode::REPLACE, window, property, AtomEnum::ATOM, &[value])?;
        Ok(())
    })
    .map(drop)
}

fn ask_to_be_active(scene: &mut Scene) -> Result<()> {
    let window = scene.bed.victim.window;
    let rude = scene.rude()?;
    let active = rude.connection().intern_atom(false, b"_NET_ACTIVE_WINDOW")?.reply()?.atom;
    let ask = ClientMessageEvent::new(32, window, active, [2, 0, 0, 0, 0]);
    let mask = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
    rude.connection().send_event(false, rude.connection_root(), mask, ask)?;
    rude.sync()
}

/// Long enough for some hundreds of rounds of what goes on.
fn wait_a_little(scene: &mut Scene) -> Result<()> {
    for _ in 0..20 {
        scene.bed.witness.since(std::time::Instant::now())?;
    }
    Ok(())
}
