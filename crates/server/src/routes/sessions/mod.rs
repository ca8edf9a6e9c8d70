//! `/v1/sessions`: open, adopt, end.

pub mod adopt;
pub mod end;
pub mod end_others;
pub mod list;
pub mod open;
