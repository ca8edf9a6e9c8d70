//! One password at a time per workstation.
//!
//! Hashing is the one costly thing that a workstation can ask for, and the queue for it is shared by the
//! whole hospital. Each workstation therefore has a lane of its own before that queue: one of its sign-ins
//! is in the queue or being hashed, a few more wait in the lane, and beyond that the answer is
//! `server.busy`. A nurse whose agent repeats a request meets her own first one in the lane and gets its
//! answer; a machine gone wild fills its own lane and nobody else's.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::password::HashError;

/// Sign-ins that may wait in one lane: more than an agent repeats, far less than would be felt.
pub const WAITING_MAX: usize = 8;

/// The lanes in which somebody is.
#[derive(Debug, Clone, Default)]
pub struct Lanes(Arc<Mutex<HashMap<Uuid, Lane>>>);

#[derive(Debug)]
struct Lane {
    first: Arc<Semaphore>,
    inside: usize,
}

/// The first place of a lane. Clones share it: a hash holds one too, so that a client that goes away does
/// not free its lane before the hash is done.
#[derive(Debug, Clone)]
pub struct FirstPlace {
    _permit: Arc<OwnedSemaphorePermit>,
    _inside: Arc<Inside>,
}

/// Somebody in a lane; the last to leave takes the lane away.
#[derive(Debug)]
struct Inside {
    lanes: Lanes,
    workstation_id: Uuid,
}

impl Lanes {
    /// Waits until it is this sign-in's turn among those of its workstation.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait there.
    pub async fn first_place(&self, workstation_id: Uuid) -> Result<FirstPlace, HashError> {
        let (first, inside) = self.enter(workstation_id)?;
        let permit = first.acquire_owned().await.map_err(|_| HashError::Busy)?;
        Ok(FirstPlace { _permit: Arc::new(permit), _inside: Arc::new(inside) })
    }

    /// How many sign-ins of a workstation are under way or wait.
    #[must_use]
    pub fn inside(&self, workstation_id: Uuid) -> usize {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&workstation_id)
            .map_or(0, |lane| lane.inside)
    }

    fn enter(&self, workstation_id: Uuid) -> Result<(Arc<Semaphore>, Inside), HashError> {
        let mut lanes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lane = lanes
            .entry(workstation_id)
            .or_insert_with(|| Lane { first: Arc::new(Semaphore::new(1)), inside: 0 });
        if lane.inside > WAITING_MAX {
            return Err(HashError::Busy);
        }
        lane.inside += 1;
        Ok((Arc::clone(&lane.first), Inside { lanes: self.clone(), workstation_id }))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let mut lanes = self.lanes.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get_mut(&self.workstation_id) {
            lane.inside = lane.inside.saturating_sub(1);
            if lane.inside == 0 {
                lanes.remove(&self.workstation_id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const HERE: Uuid = Uuid::from_u128(1);
    const THERE: Uuid = Uuid::from_u128(2);

    #[tokio::test]
    async fn a_workstation_waits_for_itself_and_for_nobody_else() {
        let lanes = Lanes::default();
        let held = lanes.first_place(HERE).await.unwrap();
        let mut second = Box::pin(lanes.first_place(HERE));

        assert!(futures_util::poll!(&mut second).is_pending());
        assert!(lanes.first_place(THERE).await.is_ok());
        drop(held);
        assert!(second.await.is_ok());
    }

    #[tokio::test]
    async fn a_full_lane_is_told_to_come_back_and_an_empty_one_is_forgotten() {
        let lanes = Lanes::default();
        let held = lanes.first_place(HERE).await.unwrap();
        let mut queue = Vec::new();
        for _ in 0..WAITING_MAX {
            let mut waiting = Box::pin(lanes.first_place(HERE));
            assert!(futures_util::poll!(&mut waiting).is_pending());
            queue.push(waiting);
        }

        assert_eq!(lanes.first_place(HERE).await.unwrap_err(), HashError::Busy);
        assert!(lanes.first_place(THERE).await.is_ok());
        drop((queue, held));
        assert!(lanes.0.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_hash_that_goes_on_after_its_client_went_away_still_holds_the_lane() {
        let lanes = Lanes::default();
        let clients = lanes.first_place(HERE).await.unwrap();
        let hashs = clients.clone();
        drop(clients);
        let mut next = Box::pin(lanes.first_place(HERE));

        assert!(futures_util::poll!(&mut next).is_pending());
        drop(hashs);
        assert!(next.await.is_ok());
    }
}
