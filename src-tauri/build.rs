//! Declares the commands a page may call, and embeds the built UI.

use std::path::Path;

/// Every command there is. A page may call those that its window's capability lists, and no other.
const COMMANDS: &[&str] = &["intent", "current_view", "page_ready"];

fn main() {
    let page = Path::new("../ui/dist/lock.html");
    println!("cargo:rerun-if-changed={}", page.display());
    if !page.is_file() {
        println!(
            "cargo:error=The covered screen is not built: `ui/dist/lock.html` is missing. Run `cargo xtask ui`."
        );
        return;
    }

    let attributes =
        tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(COMMANDS));
    if let Err(error) = tauri_build::try_build(attributes) {
        println!("cargo:error=tauri-build: {}", format!("{error:#}").replace('\n', " "));
    }
}
