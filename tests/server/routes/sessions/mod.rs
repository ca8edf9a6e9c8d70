mod adopt;
mod end;
mod open;
