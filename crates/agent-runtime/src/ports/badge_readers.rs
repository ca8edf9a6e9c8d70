//! Badge readers.

/// Watches every reader there is, however many, and tells of each
/// ([`agent_core::event::Event::ReaderTold`]): what technologies there are is the adapter's.
///
/// A reader that fails is told as `Faulty` within 5 s and heals by itself: the adapter goes on trying, with back-off, and
/// tells `Ready` when it reads again. A badge that lies there all the while is not told again. No adapter polls while
/// nothing happens.
///
/// What lies on a reader before that is told as `Ready`, because it was just plugged in or has healed, is nobody's tap: it is
/// told as `Presented` before `Ready`, or not at all where it was told before the fault. A keyboard-wedge reader is claimed by its device alone, and what it types reaches no app; a keyboard or
/// barcode scanner that is not claimed is never looked at.
pub trait BadgeReaders: Send + 'static {
    /// From now on; idempotent. Each reader that is there is told as `Ready` or `Faulty` within 5 s.
    fn watch(&self);
}
