//! `tapward-shield`: the program; what it does is in the library beside it.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    shield::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    use std::io::Write as _;

    let _ = writeln!(std::io::stderr(), "tapward-shield holds X11 screens only; this system has none");
    ExitCode::FAILURE
}
