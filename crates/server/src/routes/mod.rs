//! One file per resource.

pub mod badges;
pub mod body;
pub mod challenges;
pub mod events;
pub mod fhir;
pub mod health;
pub mod openapi;
pub mod recovery;
pub mod session;
pub mod sessions;
pub mod workstations;
