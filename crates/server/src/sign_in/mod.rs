//! What the factors of a sign-in, and of a resume, share.

pub mod answers;
pub mod by_badge;
pub mod by_name;
pub mod grace;
pub mod losing;
pub mod next;
pub mod opening;
pub mod presenting;
pub mod proving;
pub mod refusals;
pub mod rehash;
pub mod resuming;
pub mod shown;
