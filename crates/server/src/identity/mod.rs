//! People: their names, passwords and one-time codes, and what happens when these are wrong.

pub mod badge;
pub mod lanes;
pub mod lockout;
pub mod name;
pub mod password;
pub mod sealing;
pub mod totp;
pub mod unknown_badges;
