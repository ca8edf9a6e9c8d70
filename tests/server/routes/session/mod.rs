mod activity;
mod status;
