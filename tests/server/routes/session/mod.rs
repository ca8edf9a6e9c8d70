mod activity;
mod conceal;
mod grace;
mod identify;
mod resume;
mod status;
