//! What `xdotool` does on the scene, and where.

use std::process::{Child, Command};

use anyhow::Result;
use harness::{part::wait_for, program::output, x_server::Monitors};

use super::{CLOCK_ROWS, Scene};
use crate::bedside::SOON;

impl Scene {
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> Result<()> {
        output(Command::new("xdotool").env("DISPLAY", self.bedside.ward.display()).args(arguments)).map(drop)
    }

    /// The same, meanwhile.
    pub(crate) fn begin_xdotool(&self, arguments: &[&str]) -> Result<Child> {
        let display = self.bedside.ward.display();
        Ok(Command::new("xdotool").env("DISPLAY", display).args(arguments).spawn()?)
    }

    /// What `xdotool` does, there; in hundredths of the first monitor.
    pub(crate) fn xdotool_at(&self, place: (i16, i16), arguments: &[&str]) -> Result<()> {
        let (x, y) = self.at(place);
        self.xdotool(&[&["mousemove", &x.to_string(), &y.to_string()], arguments].concat())
    }

    /// Drags with `button`, in hundredths of the first monitor.
    pub(crate) fn drag(
        &self,
        modifier: Option<&str>,
        button: &str,
        from: (i16, i16),
        to: (i16, i16),
    ) -> Result<()> {
        let places = [self.at(from), self.at((50, 40)), self.at(to)];
        let [from, over, to] = places.map(|(x, y)| [x.to_string(), y.to_string()]);
        let mut acts: Vec<&str> = Vec::new();
        acts.extend(modifier.into_iter().flat_map(|modifier| ["keydown", modifier]));
        acts.extend(["mousemove", &from[0], &from[1], "mousedown", button]);
        for place in [&over, &to] {
            acts.extend(["mousemove", &place[0], &place[1]]);
        }
        acts.extend(["mouseup", button]);
        acts.extend(modifier.into_iter().flat_map(|modifier| ["keyup", modifier]));
        self.xdotool(&acts)
    }

    /// Drags from a point of the screen to a place in hundredths of the first monitor.
    pub(crate) fn drag_from(&self, (x, y): (i16, i16), to: (i16, i16)) -> Result<()> {
        let from = [x.to_string(), y.to_string()];
        let over = [(x + 20).to_string(), (y + 4).to_string()];
        let to = self.at(to);
        let to = [to.0.to_string(), to.1.to_string()];
        self.xdotool(&["mousemove", &from[0], &from[1], "mousedown", "1", "mousemove", &over[0], &over[1]])?;
        self.xdotool(&["mousemove", &to[0], &to[1], "mouseup", "1"])
    }

    fn at(&self, (across, down): (i16, i16)) -> (i16, i16) {
        let (width, height) = match self.monitors {
            Monitors::One(width, height) => (width.cast_signed(), height.cast_signed()),
            Monitors::Two => (1024, 768),
        };
        let share = |of: i16, size: i16| (of * (size / 100)).min(size - 1);
        (share(across, width), share(down, height))
    }

    /// A point in the field into which something was just typed: it alone looks other than at rest.
    pub(crate) fn field(&self) -> Result<(i16, i16)> {
        wait_for("what was typed on screen", SOON, || {
            let other =
                self.bedside.eye.look().ok()?.first_other(&self.rest, CLOCK_ROWS.end, self.width())?;
            // Its frame, and what was typed below that.
            Some((other.0 + 30, other.1 + 30))
        })
    }
}
