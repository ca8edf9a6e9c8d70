//! One person, one uncovered desktop (policy `session.elsewhere`): she uncovers one, and what becomes of her others.
//!
//! A workstation in contact is told at once. One that is not is told as soon as its stream is open again: that it is to
//! cover stands with the session until it says that it did, or she is back there. Screens that are thought covered are
//! told too: she may have uncovered one out of contact, or the word that it is covered may have come late. Where it is
//! covered, being told changes nothing.

use jiff::Timestamp;
use policy::Elsewhere;
use protocol::v1::{event::ServerEvent, session::EndCause};
use uuid::Uuid;

use crate::{
    app::App,
    ending::{self, Ended},
    store::{
        Connection, StoreError,
        screens::{self, Screen},
    },
};

/// Sessions of one person that are looked at; she has far fewer.
const SCREENS_MAX: i64 = 1_000;

/// What other workstations are to be told.
#[derive(Debug, Default, PartialEq, Eq)]
#[must_use = "the workstations are to be told after the commit"]
pub struct Others {
    covered: Vec<(Uuid, Uuid)>,
    ended: Vec<Ended>,
}

impl Others {
    /// Sessions that ended, and nothing else.
    pub fn ended(ended: impl IntoIterator<Item = Ended>) -> Self {
        Self { covered: Vec::new(), ended: ended.into_iter().collect() }
    }

    /// Tells the workstations; only after the commit.
    pub fn tell(self, app: &App) {
        for (workstation_id, session_id) in self.covered {
            app.events.tell(workstation_id, &ServerEvent::CoveredElsewhere { session_id });
        }
        self.ended.into_iter().for_each(|ended| ended.tell(app));
    }
}

/// What becomes of her other screens, where that of session `uncovered` was just uncovered.
///
/// # Errors
/// [`StoreError`].
pub async fn follow(
    app: &App,
    connection: &mut Connection,
    user_id: Uuid,
    uncovered: Uuid,
    now: Timestamp,
) -> Result<Others, StoreError> {
    let screens = screens::of(connection, user_id, SCREENS_MAX).await?;
    let here =
        screens.iter().find(|screen| screen.row.id == uncovered).map(|screen| screen.row.workstation_id);
    // What was left open at this very workstation is its own to tell of.
    let is_elsewhere = |screen: &Screen| Some(screen.row.workstation_id) != here;
    let mut others: Vec<Screen> = screens.into_iter().filter(is_elsewhere).collect();
    let mut told = Others::default();
    match app.policy.elsewhere() {
        Elsewhere::Move => {
            for other in others {
                told.ended.extend(ending::end(connection, &other.row, EndCause::Moved, now).await?);
            }
            return Ok(told);
        }
        Elsewhere::Follow => {}
        Elsewhere::Allow(count) => {
            let is_uncovered = |screen: &Screen| !screen.is_concealed() && !screen.is_cover_asked;
            // Longest ago first, and the one just uncovered counts.
            let kept = usize::try_from(count).unwrap_or(usize::MAX).saturating_sub(1);
            let mut too_many = others.iter().filter(|other| is_uncovered(other)).count().saturating_sub(kept);
            others.retain(|other| {
                let is_told = !is_uncovered(other) || too_many > 0;
                if is_uncovered(other) {
                    too_many = too_many.saturating_sub(1);
                }
                is_told
            });
        }
    }
    for other in others {
        screens::ask_to_cover(connection, other.row.id, now).await?;
        told.covered.push((other.row.workstation_id, other.row.id));
    }
    Ok(told)
}
