//! First things at start: what the environment may not do to us, and no memory image of us on disk.
//!
//! The shield starts the agent with an allow-listed environment; an agent started by hand must be as safe.

// Changing the environment is unsafe while other threads read it; this runs before there are any.
#![allow(unsafe_code, reason = "the environment is changed before any thread is started")]

use std::{env, ffi::OsString, path::Path};

use agent_platform::process::{keep_memory_private, share_one_heap};
use anyhow::Context as _;

/// Names and beginnings of names (ending in `*`) that let a third party in: automation, remote inspection,
/// modules loaded into the process, drawing by way of a debugger.
const REFUSED: &[&str] = &[
    "TAURI_*",
    "WEBKIT_INSPECTOR_*",
    "WEBKIT_EXEC_PATH",
    "WEBKIT_INJECTED_BUNDLE_PATH",
    "WEBKIT_DISABLE_SANDBOX*",
    "WEBKIT_DEBUG",
    "JSC_*",
    "GTK_MODULES",
    "GTK3_MODULES",
    "GTK_PATH",
    "GTK_EXE_PREFIX",
    "GTK_DATA_PREFIX",
    "GTK_DEBUG",
    "GDK_DEBUG",
    "G_DEBUG",
    "G_MESSAGES_DEBUG",
    "GIO_EXTRA_MODULES",
    "GIO_MODULE_DIR",
    "GDK_PIXBUF_MODULE_FILE",
    "LD_PRELOAD",
    "LD_LIBRARY_PATH",
    "LD_AUDIT",
];
/// What an end-to-end test needs of them.
const NEEDED_BY_E2E: &[&str] = &["TAURI_*", "WEBKIT_INSPECTOR_*"];
/// WebKit draws without the GPU: less memory, and no blank window where there is none.
const COMPOSITING_OFF: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";
/// WebKit does not look at the machine's memory every five seconds: one small page has nothing to give back.
const PRESSURE_MONITOR_OFF: &str = "WEBKIT_DISABLE_MEMORY_PRESSURE_MONITOR";
/// WebKit interprets the page: a page of one form gains nothing from compiled code, and whoever breaks into it finds
/// no memory that is both written and run.
const JIT: &str = "JSC_useJIT";
/// Under feature `e2e`: leave compositing as it is, because WebDriver's pictures hang without it.
const KEEP_COMPOSITING: &str = "TAPWARD_E2E_COMPOSITING";

/// Applies all of it. The first thing `main` does after it has its socket.
///
/// # Errors
/// When the process cannot be kept out of core files.
pub fn apply() -> anyhow::Result<()> {
    keep_memory_private().context("the process stays open to others")?;
    share_one_heap();
    let names = env::vars_os().map(|(name, _)| name);
    for name in to_be_removed(names, cfg!(feature = "e2e")) {
        // SAFETY: `main` has started no thread yet.
        unsafe { env::remove_var(name) };
    }
    // SAFETY: `main` has started no thread yet.
    unsafe { env::set_var(PRESSURE_MONITOR_OFF, "1") };
    // SAFETY: `main` has started no thread yet.
    unsafe { env::set_var(JIT, "false") };
    if cfg!(feature = "e2e") && env::var_os(KEEP_COMPOSITING).is_some() {
        // SAFETY: `main` has started no thread yet.
        unsafe { env::remove_var(COMPOSITING_OFF) };
    } else if !has_render_node(Path::new("/dev/dri")) {
        // SAFETY: `main` has started no thread yet.
        unsafe { env::set_var(COMPOSITING_OFF, "1") };
    }
    Ok(())
}

fn to_be_removed(names: impl Iterator<Item = OsString>, is_e2e: bool) -> Vec<OsString> {
    names
        .filter(|name| {
            let name = name.to_string_lossy();
            let is_needed = is_e2e && NEEDED_BY_E2E.iter().any(|pattern| is_named(&name, pattern));
            !is_needed && REFUSED.iter().any(|pattern| is_named(&name, pattern))
        })
        .collect()
}

fn is_named(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == pattern,
    }
}

fn has_render_node(devices: &Path) -> bool {
    let Ok(entries) = devices.read_dir() else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(names: &[&str], is_e2e: bool) -> Vec<String> {
        to_be_removed(names.iter().map(OsString::from), is_e2e)
            .into_iter()
            .map(|name| name.into_string().unwrap())
            .collect()
    }

    #[test]
    fn a_build_for_the_ward_refuses_webdriver_automation() {
        let automation = ["TAURI_AUTOMATION", "TAURI_WEBVIEW_AUTOMATION", "WEBKIT_INSPECTOR_SERVER"];

        assert_eq!(removed(&automation, false), automation);
    }

    #[test]
    fn an_end_to_end_build_may_be_driven() {
        assert!(removed(&["TAURI_AUTOMATION", "TAURI_WEBVIEW_AUTOMATION"], true).is_empty());
    }

    #[test]
    fn nothing_is_loaded_into_the_process_by_the_environment_in_any_build() {
        for name in ["GTK_MODULES", "LD_PRELOAD", "GIO_EXTRA_MODULES", "GTK_DEBUG", "G_DEBUG"] {
            assert_eq!(removed(&[name], false), [name]);
            assert_eq!(removed(&[name], true), [name]);
        }
    }

    #[test]
    fn what_the_agent_needs_stays() {
        let needed = ["DISPLAY", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "LANG", "HOME", "GTK_THEME"];

        assert!(removed(&needed, false).is_empty());
    }

    #[test]
    fn a_render_node_is_told_from_a_mere_display_node() {
        let devices = tempfile::tempdir().unwrap();
        std::fs::write(devices.path().join("card0"), "").unwrap();
        assert!(!has_render_node(devices.path()));

        std::fs::write(devices.path().join("renderD128"), "").unwrap();
        assert!(has_render_node(devices.path()));
        assert!(!has_render_node(&devices.path().join("missing")));
    }
}
