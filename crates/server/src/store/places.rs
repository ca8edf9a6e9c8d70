//! Places in the audit record: which server took an event up, and as its how many-eth.
//!
//! A server counts its own, so that no two of its transactions wait for each other, nor those of two servers. Numbers of a
//! transaction that was rolled back are given again where nobody has taken a later one; else they stay free.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The places that one server gives.
#[derive(Debug)]
pub(super) struct Places {
    node: i64,
    next: Mutex<i64>,
}

/// Where an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Number of the server.
    pub node: i64,
    /// Its how many-eth event, from 1.
    pub number: i64,
}

/// The places of one transaction.
#[derive(Debug)]
pub(super) struct Taken {
    places: Arc<Places>,
    numbers: Vec<i64>,
    is_kept: bool,
}

impl Places {
    /// Those of a server whose newest event has this number.
    pub(super) fn after(node: i64, newest: i64) -> Arc<Self> {
        Arc::new(Self { node, next: Mutex::new(newest + 1) })
    }

    /// Goes on after the event with this number: another process may have counted meanwhile.
    pub(super) fn go_on_after(&self, newest: i64) {
        let mut next = self.next();
        *next = (*next).max(newest + 1);
    }

    pub(super) const fn node(&self) -> i64 {
        self.node
    }

    pub(super) fn taken(self: &Arc<Self>) -> Taken {
        Taken { places: Arc::clone(self), numbers: Vec::new(), is_kept: false }
    }

    fn next(&self) -> MutexGuard<'_, i64> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    /// The next place.
    pub(super) fn take(&mut self) -> Place {
        let mut next = self.places.next();
        let place = Place { node: self.places.node, number: *next };
        *next += 1;
        self.numbers.push(place.number);
        place
    }

    /// They are not given again: the transaction is committed, or nobody knows whether it is.
    pub(super) fn keep(&mut self) {
        self.is_kept = true;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let mut next = self.places.next();
        while self.numbers.pop_if(|number| *number + 1 == *next).is_some() {
            *next -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(taken: &mut Taken, count: usize) -> Vec<i64> {
        (0..count).map(|_| taken.take().number).collect()
    }

    #[test]
    fn what_was_rolled_back_is_given_again_where_nobody_has_a_later_one() {
        let places = Places::after(3, 10);
        let mut first = places.taken();
        assert_eq!(numbers(&mut first, 2), [11, 12]);
        drop(first);
        let mut second = places.taken();
        let mut third = places.taken();
        assert_eq!(numbers(&mut second, 1), [11]);
        assert_eq!(numbers(&mut third, 1), [12]);
        drop(second);
        third.keep();
        drop(third);

        assert_eq!(places.taken().take(), Place { node: 3, number: 13 });
    }

    #[test]
    fn those_of_two_at_a_time_are_all_different() {
        let places = Places::after(1, 0);
        let (mut one, mut other) = (places.taken(), places.taken());
        let given = [one.take(), other.take(), one.take()].map(|place| place.number);
        drop(one);
        drop(other);

        assert_eq!(given, [1, 2, 3]);
        // 1 was not the last when it was given up, and stays free.
        assert_eq!(places.taken().take().number, 2);
    }
}
