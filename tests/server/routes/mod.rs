//! One file per route and verb.

mod badges;
mod challenges;
mod events;
mod fhir;
mod health;
mod openapi;
mod recovery;
mod session;
mod sessions;
mod workstations;
