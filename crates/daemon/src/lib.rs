//! What the shield and the launcher share as services of an OS: signals as something to wait for, and what they tell the
//! service manager that started them.
//!
//! Both are small programs of one thread that poll descriptors, and neither may hang on whoever listens to it.
#![cfg(target_os = "linux")]

pub mod manager;
pub mod signals;
