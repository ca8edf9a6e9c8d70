//! Model, faults and every known corruption by name.
#![allow(clippy::unwrap_used, clippy::unwrap_in_result)]

mod alarm;
mod aside;
mod bedside;
mod full;
mod known_errors;
mod model;
mod promises;
mod salvage;
mod succession;
