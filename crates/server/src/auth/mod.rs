//! Who is asking: a workstation by its proof, a person's session by its credential.

pub mod workstation;
