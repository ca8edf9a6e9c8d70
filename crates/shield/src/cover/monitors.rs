//! Which pane covers which monitor, and what changes when the monitors do.

/// A rectangle of the X screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rect {
    pub(crate) x: i16,
    pub(crate) y: i16,
    pub(crate) width: u16,
    pub(crate) height: u16,
}

impl Rect {
    /// Whether `other` lies wholly within.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        let end = |at: i16, size: u16| i32::from(at) + i32::from(size);
        self.x <= other.x
            && self.y <= other.y
            && end(self.x, self.width) >= end(other.x, other.width)
            && end(self.y, self.height) >= end(other.y, other.height)
    }
}

/// What to do so that exactly the wanted rectangles are covered; whatever stays the same is not touched,
/// because a pane that is rebuilt shows what is under it for some milliseconds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) add: Vec<Rect>,
    pub(crate) remove: Vec<Rect>,
}

/// Compares; mirrored monitors count once.
pub(crate) fn change(present: &[Rect], wanted: &[Rect]) -> Change {
    let mut add: Vec<Rect> = wanted.iter().filter(|rect| !present.contains(rect)).copied().collect();
    add.sort_unstable();
    add.dedup();
    Change { add, remove: present.iter().filter(|rect| !wanted.contains(rect)).copied().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Rect = Rect { x: 0, y: 0, width: 1024, height: 768 };
    const RIGHT: Rect = Rect { x: 1024, y: 0, width: 800, height: 600 };

    #[test]
    fn a_second_monitor_gets_a_pane_and_the_first_keeps_its_own() {
        assert_eq!(change(&[LEFT], &[LEFT, RIGHT]), Change { add: vec![RIGHT], remove: vec![] });
    }

    #[test]
    fn a_monitor_that_is_gone_takes_its_pane_with_it() {
        assert_eq!(change(&[LEFT, RIGHT], &[LEFT]), Change { add: vec![], remove: vec![RIGHT] });
    }

    #[test]
    fn mirrored_monitors_share_a_pane() {
        assert_eq!(change(&[], &[LEFT, LEFT]), Change { add: vec![LEFT], remove: vec![] });
        assert_eq!(change(&[LEFT], &[LEFT, LEFT]), Change { add: vec![], remove: vec![] });
    }

    #[test]
    fn a_monitor_that_changed_its_size_is_covered_anew() {
        let larger = Rect { width: 1280, ..LEFT };

        assert_eq!(change(&[LEFT], &[larger]), Change { add: vec![larger], remove: vec![LEFT] });
    }

    #[test]
    fn a_rectangle_contains_itself_and_what_is_smaller_and_nothing_beside_it() {
        assert!(LEFT.contains(&LEFT));
        assert!(LEFT.contains(&Rect { x: 10, y: 10, width: 10, height: 10 }));
        assert!(!LEFT.contains(&RIGHT));
        assert!(!LEFT.contains(&Rect { x: 1020, y: 0, width: 10, height: 10 }));
        assert!(!LEFT.contains(&Rect { x: -1, y: 0, width: 10, height: 10 }));
        assert!(!RIGHT.contains(&Rect { x: i16::MAX, y: 0, width: u16::MAX, height: 10 }));
    }
}
