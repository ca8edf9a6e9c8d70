mod activity;
mod conceal;
mod identify;
mod resume;
mod status;
