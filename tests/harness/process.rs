//! Who is whose child among the machine's processes.

use std::fs;

/// Process ids of the direct children of `parent`.
#[must_use]
pub fn children(parent: u32) -> Vec<u32> {
    fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"))
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect()
}

/// Process ids of everything below `parent`, of whichever of its threads.
#[must_use]
pub fn descendants(parent: u32) -> Vec<u32> {
    let mut all = Vec::new();
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    for thread in threads {
        let text = fs::read_to_string(thread.path().join("children")).unwrap_or_default();
        for child in text.split_whitespace().filter_map(|pid| pid.parse().ok()) {
            all.push(child);
            all.extend(descendants(child));
        }
    }
    all
}

/// Whether this process draws pages for a web view.
#[must_use]
pub fn is_web_process(pid: &u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("WebKitWebPro"))
}
