//! Section `screen`.

use crate::language::Language;

pub(super) fn from_text(text: &str) -> Option<Language> {
    Language::ALL.into_iter().find(|language| language.tag() == text)
}
