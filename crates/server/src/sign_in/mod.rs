//! What both factors of a sign-in share.

pub mod answers;
pub mod opening;
pub mod refusals;
pub mod rehash;
