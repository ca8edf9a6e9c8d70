//! What happens on the display while it is covered: whoever comes above, takes the focus or tampers is put back.

use std::time::Duration;

use x11rb::{
    NONE,
    connection::Connection as _,
    protocol::{
        Event, screensaver,
        xinput::HierarchyMask,
        xproto::{
            ConfigureWindowAux, ConnectionExt as _, NotifyDetail, NotifyMode, ScreenSaver, StackMode,
            Visibility, Window,
        },
    },
};

use super::{AgentWindow, Cover, CoverError, Remap, clients, saver::Saver, spared};
use crate::{cover::monitors::Rect, log};

impl Cover {
    /// Does what this event asks for.
    pub(super) fn on_event(&mut self, event: &Event, now: Duration) -> Result<(), CoverError> {
        #[expect(
            clippy::wildcard_enum_match_arm,
            reason = "of X's many events these are the ones we selected"
        )]
        match event {
            Event::FocusOut(out) if self.is_covering && out.event == self.stage.cover => {
                let is_grab = out.mode == NotifyMode::GRAB || out.mode == NotifyMode::UNGRAB;
                if !is_grab && out.detail != NotifyDetail::POINTER {
                    self.focus_again(now)?;
                }
            }
            Event::VisibilityNotify(seen)
                if self.is_covering && self.is_intruded(seen.window, seen.state) =>
            {
                self.restack(now)?;
            }
            Event::MapNotify(map) if self.is_agents(map.window) => self.on_agent_mapped()?,
            Event::UnmapNotify(unmap) if self.is_agents(unmap.window) => {
                self.on_agent_unmapped(now)?;
                self.agent = self.agent.map(|agent| AgentWindow { is_mapped: false, ..agent });
            }
            Event::ConfigureNotify(at) if self.is_agents(at.window) => {
                let on = Rect { x: at.x, y: at.y, width: at.width, height: at.height };
                self.agent = self.agent.map(|agent| AgentWindow { on, ..agent });
            }
            Event::DestroyNotify(destroy) if self.is_agents(destroy.window) => self.agent = None,
            Event::ReparentNotify(moved) if self.is_agents(moved.window) => {
                self.on_agent_moved(moved.parent, now)?;
            }
            Event::CreateNotify(made) => self.on_neighbour(made.parent, made.window, now)?,
            Event::MapNotify(map) => self.on_neighbour(map.event, map.window, now)?,
            Event::ReparentNotify(moved) => self.on_neighbour(moved.parent, moved.window, now)?,
            Event::UnmapNotify(unmap) if self.is_covering && self.is_stages(unmap.window) => {
                self.restack(now)?;
            }
            Event::ConfigureNotify(at) if at.window == self.stage.cover && (at.x, at.y) != (0, 0) => {
                self.restack(now)?;
            }
            Event::ConfigureNotify(at) if at.event == self.stage.root => {
                self.on_neighbour(at.event, at.window, now)?;
            }
            Event::ShapeNotify(shape) if self.is_covering && shape.shaped => self.restack(now)?,
            Event::DestroyNotify(destroy) if self.stage.owns(destroy.window) => self.rebuild(now)?,
            Event::DestroyNotify(destroy) => {
                let before = self.panes.len();
                self.panes.retain(|pane| pane.window != destroy.window);
                if self.panes.len() < before {
                    self.fit_monitors()?;
                }
            }
            Event::RandrScreenChangeNotify(_) | Event::RandrNotify(_) => self.fit_monitors()?,
            Event::XfixesSelectionNotify(owned) if owned.selection == self.stage.compositor => {
                self.owed.compositor = true;
            }
            Event::XinputHierarchy(change) => {
                let removed = u32::from(HierarchyMask::SLAVE_REMOVED);
                for info in change.infos.iter().filter(|info| u32::from(info.flags) & removed != 0) {
                    // The next device may have its number.
                    self.input.devices().note_reader(info.deviceid, false);
                }
                self.owed.devices = true;
            }
            Event::ScreensaverNotify(saver)
                if self.saver != Saver::Ours && saver.state == screensaver::State::ON =>
            {
                self.conn.force_screen_saver(ScreenSaver::RESET)?;
            }
            Event::Expose(expose) if expose.count == 0 => self.draw_notice(Some(expose.window))?,
            _ => {}
        }
        Ok(())
    }

    /// Does what takes an answer of the X server, once for however many events asked for it: a program that makes many of them
    /// keeps us from nothing else.
    pub(super) fn pay_owed(&mut self, now: Duration) -> Result<(), CoverError> {
        let owed = std::mem::take(&mut self.owed);
        if owed.compositor {
            self.on_compositor()?;
        }
        if owed.devices {
            if self.is_covering {
                self.input.look(&self.conn, now)?;
            }
            // Told only when it is lost; that it is ours again is told in its time.
            self.is_input_lost |= !self.input.on_devices_changed(&self.conn, now)?;
        }
        Ok(())
    }

    /// A window beside the cover, or within it, that is neither ours nor the agent's.
    fn on_neighbour(&mut self, parent: Window, window: Window, now: Duration) -> Result<(), CoverError> {
        let is_beside = self.stage.overlay() == Some(parent);
        let is_known = self.is_stages(window)
            || self.is_agents(window)
            || self.unmet.is_some_and(|unmet| unmet.window == window)
            || self.panes.iter().any(|pane| pane.window == window);
        if !is_known && self.is_covering && parent == self.stage.root {
            if self.stage.is_cover_beside(parent) {
                return self.restack(now);
            }
            return self.raise_backstop(now);
        }
        if is_known || !(is_beside || parent == self.stage.cover) {
            return Ok(());
        }
        log::line("another program put a window where the cover is; it is taken out");
        self.stage.expel(&self.conn, window)
    }

    /// What is behind the overlay above all that is beside it. Nobody sees it, so that whoever goes on is left alone.
    pub(super) fn raise_backstop(&mut self, now: Duration) -> Result<(), CoverError> {
        match self.backstops.spend(now) {
            Ok(()) => self.stage.raise_backstop(&self.conn),
            Err(later) => {
                self.backstop_put_off = Some(later);
                Ok(())
            }
        }
    }

    fn is_stages(&self, window: Window) -> bool {
        self.stage.owns(window) || self.stage.overlay() == Some(window)
    }

    /// Somebody destroyed a window of ours.
    fn rebuild(&mut self, now: Duration) -> Result<(), CoverError> {
        log::line("another program destroyed a window of the cover; it is made anew");
        self.stage.create_windows(&self.conn)?;
        self.input.set_ours(self.stage.cover);
        // They went with it, as did the agent's window.
        self.panes.clear();
        self.fit_monitors()?;
        if self.is_covering {
            self.stage.show(&self.conn)?;
            self.input.take_focus(&self.conn)?;
        }
        self.restack(now)
    }

    /// Somebody paints the screen from now on, or nobody does. Once a person had the screen, nobody gets the overlay while it is
    /// covered: whoever paints it then shows what is below.
    fn on_compositor(&mut self) -> Result<(), CoverError> {
        // Asked once: who is told of may have been followed by another since.
        let owner = self.stage.composer(&self.conn)?;
        if owner == NONE || !self.is_covering || !self.was_uncovered || self.stage.overlay().is_none() {
            return self.follow_compositor(owner != NONE);
        }
        let spared = spared(self.agent, self.agent_process);
        if let Some(intruder) = clients::owner_of(&self.conn, self.stage.root, owner, &spared)? {
            log::line(&format!(
                "another program says while the screen is covered that it composes it; ended is {}",
                intruder.describe()
            ));
            intruder.end(&self.conn)?;
        }
        Ok(())
    }

    fn follow_compositor(&mut self, is_composited: bool) -> Result<(), CoverError> {
        if self.stage.follow_compositor(&self.conn, is_composited, self.is_covering)? {
            match self.stage.shortcoming() {
                Some(shortcoming) => log::line(shortcoming),
                None => log::line("the compositor is gone; nothing can come above the cover"),
            }
            if self.is_covering {
                self.raise_agent()?;
                self.input.take_focus(&self.conn)?;
            }
            self.conn.flush()?;
        }
        Ok(())
    }

    /// Whether this visibility means that a stranger is above something of ours.
    fn is_intruded(&self, window: Window, state: Visibility) -> bool {
        if state == Visibility::UNOBSCURED {
            return false;
        }
        if self.is_agents(window) {
            return true;
        }
        let Some(pane) = self.panes.iter().find(|pane| pane.window == window) else { return false };
        // The pane under the agent's window is meant to be out of sight.
        !self.agent.is_some_and(|agent| agent.hides(pane))
    }

    /// Everything of ours above everything else, in one flush.
    pub(super) fn restack(&mut self, now: Duration) -> Result<(), CoverError> {
        if !self.is_covering {
            return Ok(());
        }
        if let Err(later) = self.restacks.spend(now) {
            self.is_fought = true;
            self.put_off = Some(later);
            return Ok(());
        }
        self.stage.show(&self.conn)?;
        self.raise_agent()?;
        self.conn.flush()?;
        Ok(())
    }

    /// Whoever comes above the cover as often as we can push it back never gives up by itself.
    pub(super) fn end_fighter(&self) -> Result<(), CoverError> {
        if !self.is_covering {
            return Ok(());
        }
        let spared = spared(self.agent, self.agent_process);
        let above =
            clients::topmost_above(&self.conn, self.stage.root, |ours| self.stage.owns(ours), &spared)?;
        if let Some(fighter) = above {
            log::line(&format!(
                "another program fights for the top of the screen; ended is {}",
                fighter.describe()
            ));
            fighter.end(&self.conn)?;
        }
        Ok(())
    }

    pub(super) fn raise_agent(&self) -> Result<(), CoverError> {
        if let Some(agent) = self.agent {
            let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
            self.conn.configure_window(agent.window, &above)?;
        }
        Ok(())
    }

    pub(super) fn is_agents(&self, window: Window) -> bool {
        self.agent.is_some_and(|agent| agent.window == window)
    }

    /// Somebody took it out of the cover, or we put it there.
    fn on_agent_moved(&mut self, parent: Window, now: Duration) -> Result<(), CoverError> {
        match self.agent {
            Some(agent) if parent != self.stage.cover => self.keep_above(agent.window, now),
            Some(_) | None => Ok(()),
        }
    }

    /// With its window went the agent's grabs, unless it was its own doing: that it does only once it has given the input back.
    fn on_agent_unmapped(&mut self, now: Duration) -> Result<(), CoverError> {
        if self.is_covering && self.input.is_for_agent() && self.remap == Remap::No {
            log::line("another program took the agent's window away; it is put back");
            self.remap = Remap::Freeing;
            self.input.free(now);
        }
        Ok(())
    }

    /// The agent's window comes back when nobody has taken its input meanwhile. Until then it stays away whoever maps it, so
    /// that the agent cannot be the one who has the input.
    pub(super) fn before_remap(&self) -> Result<(), CoverError> {
        if let (Some(agent), Remap::Freeing) = (self.agent, self.remap) {
            self.conn.unmap_window(agent.window)?;
        }
        Ok(())
    }

    /// See [`Cover::before_remap`]. The agent, which tries all the time, has the input then.
    pub(super) fn after_remap(&mut self) -> Result<(), CoverError> {
        if self.remap != Remap::Freeing || (self.is_covering && !self.input.is_passed_on()) {
            return Ok(());
        }
        self.remap = Remap::No;
        if let Some(agent) = self.agent.filter(|_| self.is_covering) {
            self.remap = Remap::Mapping;
            self.input.release(&self.conn)?;
            self.conn.map_window(agent.window)?;
            self.conn.flush()?;
        }
        Ok(())
    }

    fn on_agent_mapped(&mut self) -> Result<(), CoverError> {
        self.agent = self.agent.map(|agent| AgentWindow { is_mapped: true, ..agent });
        if self.remap == Remap::Mapping {
            self.remap = Remap::No;
        }
        if self.is_covering {
            self.raise_agent()?;
            self.conn.flush()?;
        }
        Ok(())
    }

    /// Another window got the focus: it may have it when the screen is uncovered.
    fn focus_again(&mut self, now: Duration) -> Result<(), CoverError> {
        if let Err(later) = self.restacks.spend(now) {
            self.is_fought = true;
            self.put_off = Some(later);
            return Ok(());
        }
        self.input.take_focus(&self.conn)
    }
}
