//! What `--check` says, and what is said where nothing can be covered.

use std::{
    io::{Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    process::{Command, Output},
    thread,
};

use anyhow::Result;

use crate::{
    bed::{Bed, SOON, program},
    sway::Kind,
};

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn check_tells_outputs_protocol_and_what_is_held_under_a_session_lock() -> Result<()> {
    let bed = Bed::with(Kind::SessionLock)?;

    let (code, out, _) = said(&bed.command().arg("--check").output()?);

    assert_eq!(code, Some(0));
    assert_eq!(
        out,
        "output 1280x720\noutput 1280x720\nprotocol ext-session-lock-v1\n\
         held by the compositor while the agent is not shown\ndrawn, not held while the agent is shown\n"
    );
    // Asking has covered nothing.
    bed.wait_typed_arrives()
}

#[test]
fn check_tells_that_nothing_is_held_under_layer_shell() -> Result<()> {
    let bed = Bed::with(Kind::LayerShell)?;

    let (code, out, _) = said(&bed.command().args(["--display-server", "wayland", "--check"]).output()?);

    assert_eq!(code, Some(0));
    assert!(out.ends_with("protocol wlr-layer-shell-v1\ndrawn, not held\n"), "{out}");
    Ok(())
}

#[test]
fn a_compositor_that_goes_away_ends_the_shield_with_plain_words() -> Result<()> {
    let mut bed = Bed::with(Kind::SessionLock)?;
    let mut shield = bed.shield()?;
    let _agent = shield.ready_agent(Kind::SessionLock.enforcement())?;

    bed.sway.kill()?;

    assert_eq!(shield.part.wait(SOON)?.code(), Some(70));
    assert!(shield.part.printed().contains("the Wayland compositor went away"), "{}", shield.part.printed());
    Ok(())
}

#[test]
fn without_a_compositor_there_is_nothing_to_cover() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(program("tapward-shield"));
    command.env_remove("DISPLAY").env("XDG_RUNTIME_DIR", folder.path()).env("WAYLAND_DISPLAY", "wayland-9");

    let (code, _, err) = said(&command.arg("--check").output()?);

    assert_eq!(code, Some(69));
    assert!(err.contains("no Wayland compositor to cover"), "{err}");
    Ok(())
}

#[test]
fn a_compositor_with_neither_protocol_is_refused_in_plain_words() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("wayland-poor");
    let door = UnixListener::bind(&path)?;
    let compositor = thread::spawn(move || poor_compositor(door.accept()?.0));
    let mut command = Command::new(program("tapward-shield"));
    command.env_remove("DISPLAY").env("WAYLAND_DISPLAY", &path);

    let (code, _, err) = said(&command.args(["--agent", "/nonexistent/agent"]).output()?);

    assert_eq!(code, Some(69));
    let expected = "this Wayland compositor lacks ext-session-lock-v1 and wlr-layer-shell-v1: \
                    nothing can be covered here";
    assert!(err.contains(expected), "{err}");
    // It may have written after the shield had left.
    let _ = compositor.join().unwrap();
    Ok(())
}

/// Speaks as much of the protocol as there is to say: it can draw, and has no way to cover. `wl_display` is object 1; its
/// requests are `sync` (0) and `get_registry` (1), each with one new id.
fn poor_compositor(mut client: UnixStream) -> std::io::Result<()> {
    let mut head = [0; 8];
    while client.read_exact(&mut head).is_ok() {
        let word = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap());
        let (object, opcode, size_bytes) = (word(0), word(4) & 0xffff, word(4) >> 16);
        let mut body = vec![0; size_bytes as usize - head.len()];
        client.read_exact(&mut body)?;
        if object != 1 {
            continue;
        }
        let id = u32::from_ne_bytes(body[..4].try_into().unwrap());
        if opcode == 0 {
            client.write_all(&message(id, 0, &0u32.to_ne_bytes()))?;
            client.write_all(&message(1, 1, &id.to_ne_bytes()))?;
        } else {
            for (name, interface) in [(1u32, "wl_compositor"), (2, "wl_shm")] {
                let mut global = name.to_ne_bytes().to_vec();
                let length = interface.len() + 1;
                global.extend(u32::try_from(length).unwrap().to_ne_bytes());
                global.extend(interface.as_bytes());
                global.resize(8 + length.next_multiple_of(4), 0);
                global.extend(1u32.to_ne_bytes());
                client.write_all(&message(id, 0, &global))?;
            }
        }
    }
    Ok(())
}

fn message(object: u32, opcode: u32, body: &[u8]) -> Vec<u8> {
    let size_bytes = u32::try_from(8 + body.len()).unwrap();
    [&object.to_ne_bytes()[..], &(size_bytes << 16 | opcode).to_ne_bytes(), body].concat()
}
