//! Who is asking: a workstation by its proof, a person's session by its credential.

pub mod alerts;
pub mod credential;
pub mod nonce;
pub mod proof;
pub mod replay;
pub mod workstation;
