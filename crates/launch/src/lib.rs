//! The launcher: runs the clinical apps of a session as an OS user of their own, and leaves nothing of them.
//!
//! A root service with no network. The agent, which may not become another user, asks it over one socket
//! (`launch-contract`) to start, save, freeze, close and wipe; apps that can do better than a `save` command speak
//! [`mod@line`]'s few words (`docs/APPS.md`).
//!
//! # What root does, and what it does not
//! - It runs programs as one account only, chosen by the unit's command line and [`account`]'s rules; the agent
//!   names programs and arguments, no user and no path that is written or deleted.
//! - **Whatever is destroyed is destroyed with the app account's own rights**: what is left of its processes is killed by
//!   a process that *is* that account ([`spawn::end_all_of`]), its files, keys and memory removed by a thread that is it and
//!   keeps one capability, to read directories ([`privileges::as_account`]). A file swapped under it can at worst have it remove what the account could
//!   have removed anyhow. Root itself removes empty directories in directories of root's, and spool entries.
//! - [`engine`] decides what is done next and answers; [`shell`] waits and does.
//!
//! # What its unit must allow
//! - Capabilities `CAP_SETUID CAP_SETGID CAP_KILL CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER
//!   CAP_SETPCAP`; it gives up all others by itself. No `User=`.
//! - Writing to the parent of `--home` (`/var/lib`), to `/run`, `/tmp`, `/var/tmp`, `/dev/shm`, `/dev/mqueue`,
//!   `/var/crash`, `/var/spool/cron`, `/var/spool/at`, `/var/mail`, and to `/sys/fs/cgroup` unless systemd makes the scope. Apps live
//!   in the same mount namespace: no `PrivateTmp`, `ProtectHome`, `PrivateDevices`, `PrivateIPC`, and no `ProtectSystem` that they
//!   could not work under; no `NoNewPrivileges` is needed, because each app gets it.
//! - `Delegate=yes` where it is to use control groups without systemd's scopes, and then `OOMPolicy=continue`, or an app that
//!   is killed for want of memory ends the service; system calls `keyctl` and those of `@ipc`.
//! - What is set for the service, apps inherit (`RestrictAddressFamilies=`, `SystemCallFilter=`, `NoNewPrivileges=`), and
//!   without a scope of systemd's its limits too (`IPAddressDeny=`, `MemoryMax=`). For itself it needs `AF_UNIX` alone.
//! - It says `READY=1` and beats the watchdog (`Type=notify`, `WatchdogSec=` of 20 s or more).
//!
//! # One shared account
//! Started by the agent with `--inherited`, everything runs as the agent's own account. Then `Wipe` ends the processes it
//! started and removes home and runtime directory, and nothing is enforced: `Hello` says so.

#![cfg(target_os = "linux")]

mod account;
mod arguments;
mod check;
mod clock;
mod containment;
mod conversation;
mod engine;
mod home;
mod line;
mod log;
mod passwd;
mod privileges;
mod program;
mod saving;
mod shell;
mod spawn;
mod wipe;

pub use program::main;
