//! Where the strip and the warning go. Pure; in GDK's units (pixels divided by the scale factor).

/// One monitor, or the place of one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    /// Left edge on the X screen.
    pub x: i32,
    /// Upper edge on the X screen.
    pub y: i32,
    /// Width.
    pub width: i32,
    /// Height.
    pub height: i32,
}

impl Rect {
    fn shares_columns_with(self, other: Self) -> bool {
        self.x < other.x + other.width && other.x < self.x + self.width
    }

    /// The place of a window of this size in the middle of the monitor; it never begins outside of it.
    #[must_use]
    pub fn centred(self, width: i32, height: i32) -> Self {
        Self {
            x: self.x + ((self.width - width) / 2).max(0),
            y: self.y + ((self.height - height) / 2).max(0),
            width,
            height,
        }
    }
}

/// The value of `_NET_WM_STRUT_PARTIAL` (EWMH) for a strip of `strip_height` along the upper edge of
/// `monitor`, in device pixels.
///
/// `None` where another monitor lies above: a strut is counted from the edge of the X screen, and would
/// take away from that one.
#[must_use]
pub fn strut_partial(monitor: Rect, others: &[Rect], strip_height: i32, scale: i32) -> Option<[u32; 12]> {
    let is_below_another =
        others.iter().any(|other| other.y < monitor.y && other.shares_columns_with(monitor));
    if is_below_another {
        return None;
    }
    let device = |units: i32| u32::try_from(units.saturating_mul(scale)).unwrap_or(0);
    let top = device(monitor.y + strip_height);
    let (start, end) = (device(monitor.x), device(monitor.x + monitor.width).saturating_sub(1));
    // left, right, top, bottom, then start and end of each in the same order.
    Some([0, 0, top, 0, 0, 0, 0, 0, start, end, 0, 0])
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEFT: Rect = Rect { x: 0, y: 0, width: 1024, height: 768 };
    const RIGHT: Rect = Rect { x: 1024, y: 0, width: 800, height: 600 };
    const BELOW: Rect = Rect { x: 512, y: 768, width: 1280, height: 800 };

    #[test]
    fn the_strip_reserves_its_own_height_and_only_its_own_monitor() {
        assert_eq!(strut_partial(RIGHT, &[LEFT], 56, 1), Some([0, 0, 56, 0, 0, 0, 0, 0, 1024, 1823, 0, 0]));
    }

    #[test]
    fn struts_are_told_in_device_pixels() {
        assert_eq!(strut_partial(LEFT, &[RIGHT], 56, 2), Some([0, 0, 112, 0, 0, 0, 0, 0, 0, 2047, 0, 0]));
    }

    #[test]
    fn a_monitor_below_another_reserves_nothing_of_the_one_above() {
        assert_eq!(strut_partial(BELOW, &[LEFT, RIGHT], 56, 1), None);
    }

    #[test]
    fn the_warning_stands_in_the_middle_of_its_monitor() {
        assert_eq!(RIGHT.centred(400, 200), Rect { x: 1224, y: 200, width: 400, height: 200 });
    }

    #[test]
    fn a_warning_larger_than_its_monitor_begins_at_the_corner() {
        assert_eq!(RIGHT.centred(900, 700), Rect { x: 1024, y: 0, width: 900, height: 700 });
    }
}
