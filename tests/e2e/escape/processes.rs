//! Processes that end.

use super::scene::{ASKING, Attempt, SIGNED_OUT, row};

pub(crate) fn table() -> Vec<Attempt> {
    vec![
        row("the page's process killed", ASKING, |scene| scene.end(scene.web_process()?)),
        row("the page's process killed under a window that keeps raising itself", ASKING, |scene| {
            scene.rude("raising")?;
            scene.end(scene.web_process()?)
        }),
        row("the page's process killed while somebody types", ASKING, |scene| {
            let mut typing = scene.begin_xdotool(&["type", "--delay", "10", "mmmmmmmmmmmmmmmmmmmm"])?;
            scene.end(scene.web_process()?)?;
            typing.wait()?;
            Ok(())
        }),
        row("the agent killed", SIGNED_OUT, |scene| scene.end(scene.bedside.ward.agent_pid()?)),
        row("the agent killed while somebody types", SIGNED_OUT, |scene| {
            let mut typing = scene.begin_xdotool(&["type", "--delay", "10", "mmmmmmmmmmmmmmmmmmmm"])?;
            scene.end(scene.bedside.ward.agent_pid()?)?;
            typing.wait()?;
            Ok(())
        }),
        row("the agent killed under a window above all others", SIGNED_OUT, |scene| {
            scene.rude("menu")?;
            scene.end(scene.bedside.ward.agent_pid()?)
        }),
        // It ends the agent, and so would the session.
        row("the session bus killed", SIGNED_OUT, |scene| scene.end_bus()),
        row("the session bus killed under a window that keeps raising itself", SIGNED_OUT, |scene| {
            scene.rude("raising")?;
            scene.end_bus()
        }),
        row("the window manager killed", ASKING, |scene| {
            scene.end_window_manager();
            Ok(())
        }),
    ]
}
