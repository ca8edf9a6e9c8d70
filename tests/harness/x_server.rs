//! A private X server: Xvfb with one monitor, or Xorg with the dummy driver and two.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context, Result};

use crate::part::{Part, READY_WITHIN, wait_for};

/// How a private X server is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Monitors {
    /// Xvfb, one monitor of this size. Its own keyboard and mouse can be moved by [`crate::hand::Hand`].
    One(u16, u16),
    /// Xorg with the dummy driver: 1024×768 and, right of it, 800×600; only XTEST devices.
    Two,
}

/// A private X server.
#[derive(Debug)]
pub struct XServer {
    part: Part,
    display: String,
}

impl XServer {
    /// Starts one on a free display number and waits until it answers.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub fn start(monitors: Monitors, folder: &Path) -> Result<Self> {
        Self::start_with(monitors, folder, &[])
    }

    /// The same with more arguments, for example without an extension.
    ///
    /// # Errors
    /// When it is not installed or does not come up.
    pub fn start_with(monitors: Monitors, folder: &Path, arguments: &[&str]) -> Result<Self> {
        let number = folder.join("display-number");
        let _ = fs::remove_file(&number);
        let mut command = match monitors {
            Monitors::One(width, height) => {
                let mut command = shell_with_display_fd("Xvfb", &number);
                command.args(["-screen", "0", &format!("{width}x{height}x24")]);
                command
            }
            Monitors::Two => {
                let config = folder.join("xorg.conf");
                fs::write(&config, DUMMY_CONFIG)?;
                let mut command = shell_with_display_fd("Xorg", &number);
                command.arg("-config").arg(&config).arg("-novtswitch");
                command.arg("-logfile").arg(folder.join("xorg-server.log"));
                command
            }
        };
        // Without `-noreset` the server forgets its monitors with its last client.
        command.args(["-nolisten", "tcp", "-noreset"]).args(arguments);
        let part = Part::start("x-server", &mut command, folder)?;
        let display = wait_for("an X server", READY_WITHIN, || {
            let text = fs::read_to_string(&number).ok()?;
            text.ends_with('\n').then(|| format!(":{}", text.trim()))
        })
        .with_context(|| part.printed())?;
        let server = Self { part, display };
        wait_for("the X server's answer", READY_WITHIN, || {
            x11rb::connect(Some(&server.display)).is_ok().then_some(())
        })?;
        if monitors == Monitors::Two {
            server.set_second_monitor(true)?;
        }
        Ok(server)
    }

    /// For example `:101`.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// The process.
    #[must_use]
    pub fn part(&self) -> &Part {
        &self.part
    }

    /// Plugs the second monitor of [`Monitors::Two`] in or out.
    ///
    /// # Errors
    /// When `xrandr` fails.
    pub fn set_second_monitor(&self, is_plugged_in: bool) -> Result<()> {
        // The mode is known to the output after the first call; adding it again is refused and harmless.
        let _ = self.xrandr(&["--addmode", "DUMMY1", "800x600"]);
        if is_plugged_in {
            self.xrandr(&[
                "--output", "DUMMY0", "--mode", "1024x768", "--pos", "0x0", "--output", "DUMMY1", "--mode",
                "800x600", "--pos", "1024x0",
            ])
        } else {
            self.xrandr(&["--output", "DUMMY1", "--off"])
        }
    }

    fn xrandr(&self, arguments: &[&str]) -> Result<()> {
        let output = Command::new("xrandr").args(["-d", &self.display]).args(arguments).output()?;
        anyhow::ensure!(output.status.success(), "xrandr: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    /// Ends it as a power cut would.
    pub fn kill(&mut self) {
        self.part.signal(rustix::process::Signal::KILL);
        let _ = self.part.wait(Duration::from_secs(5));
    }
}

/// `-displayfd 3` with descriptor 3 open on `number`, so that a free display number is chosen by the server.
fn shell_with_display_fd(program: &str, number: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "exec 3>\"$1\"; program=$2; shift 2; exec \"$program\" -displayfd 3 \"$@\"", "sh"]);
    command.arg(number).arg(program);
    command
}

const DUMMY_CONFIG: &str = r#"
Section "ServerFlags"
    Option "AutoAddDevices" "false"
    Option "DontVTSwitch" "true"
EndSection
Section "Device"
    Identifier "dummy"
    Driver "dummy"
    VideoRam 256000
EndSection
Section "Screen"
    Identifier "screen"
    Device "dummy"
    DefaultDepth 24
    SubSection "Display"
        Depth 24
        Modes "1024x768" "800x600"
        Virtual 2560 1440
    EndSubSection
EndSection
"#;
