//! `tapward-launch`: the program; what it does is in the library beside it.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    launch::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    use std::io::Write as _;

    let _ = writeln!(std::io::stderr(), "tapward-launch runs apps on Linux only");
    ExitCode::FAILURE
}
