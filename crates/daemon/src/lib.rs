//! What the shield and the launcher share as services of an OS: signals as something to wait for, what they tell the
//! service manager that started them, lines of a log, and who belongs to whom among the machine's processes.
//!
//! Both are small programs of one thread that poll descriptors, and neither may hang on whoever listens to it.
#![cfg(target_os = "linux")]

pub mod log;
pub mod processes;
pub mod service_manager;
pub mod signals;
