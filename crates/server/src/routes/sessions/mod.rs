//! `/v1/sessions`: open, adopt, end.

pub mod adopt;
pub mod end;
pub mod open;
