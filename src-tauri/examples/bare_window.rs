//! A Tauri window that does nothing: what the agent's memory is held against in `cargo xtask bench`.

use std::process::ExitCode;

fn main() -> ExitCode {
    // The agent turns compositing off where there is no GPU; so must what it is compared with.
    // SAFETY: no other thread runs yet.
    #[expect(unsafe_code, reason = "a variable for WebKit's own processes, set before any of them starts")]
    unsafe {
        std::env::set_var("WEBKIT_DISABLE_COMPOSITING_MODE", "1");
    }
    let built = tauri::Builder::default()
        // WebKit starts no process for a page that is not loaded from anywhere.
        .register_uri_scheme_protocol("bare", |_, _| tauri::http::Response::new(b"<p>Bare</p>".to_vec()))
        .setup(|app| {
            tauri::WebviewWindowBuilder::new(
                app,
                "bare",
                tauri::WebviewUrl::CustomProtocol("bare://page".parse()?),
            )
            .build()?;
            Ok(())
        })
        .run(tauri::generate_context!());
    if built.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
