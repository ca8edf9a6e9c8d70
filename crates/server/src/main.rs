//! `tapward-server`: one binary, `serve`, and the administrator's commands.

use std::{io::Write as _, process::ExitCode};

use clap::Parser as _;
use server::cli::{self, args::Cli};

fn main() -> ExitCode {
    // A dependency that brings a second provider would otherwise make the first handshake panic.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let cli = Cli::parse();
    server::telemetry::start(cli.json);
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(cli::run(cli)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tapward-server: {error:#}");
            ExitCode::FAILURE
        }
    }
}
