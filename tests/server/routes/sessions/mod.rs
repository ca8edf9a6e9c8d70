mod adopt;
mod by_badge;
mod elsewhere;
mod end;
mod mine;
mod open;
