//! `tapward-server`: one binary, `serve`, and the administrator's commands.

fn main() {}
