//! `tapward-server`: one binary, `serve`, and the administrator's commands.

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    keep_memory_private();
    // A dependency that brings a second provider would otherwise make the first handshake panic.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let cli = match <server::cli::args::Cli as clap::Parser>::try_parse() {
        Ok(cli) => cli,
        Err(error) => return server::cli::exit_for(error, std::env::args_os().any(|word| word == "--json")),
    };
    let is_json = cli.json;
    server::telemetry::start(cli.json);
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(server::cli::run(cli)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            server::cli::tell_failure(&error, is_json);
            ExitCode::FAILURE
        }
    }
}

/// Passwords and keys pass through this process's memory: no core file may hold them (one byte of one, see
/// `docs/SECURITY-PROPERTIES.md`), and no other process of the account may read them. A refusal is no reason to serve
/// nobody.
#[cfg(unix)]
fn keep_memory_private() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(1), maximum: Some(1) });
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    use std::io::Write as _;

    let _ = writeln!(std::io::stderr(), "tapward-server runs on Linux only");
    ExitCode::FAILURE
}
