//! Section `state`, and every other key that is a path.

use std::path::PathBuf;

/// Relative paths are refused: they would depend on where the shield happened to start us.
pub(super) fn from_text(text: &str) -> Option<PathBuf> {
    let path = PathBuf::from(text);
    (path.is_absolute() && !text.contains('\0')).then_some(path)
}
