//! Units and drop-ins of systemd, read as far as the checks need it.

/// Settings in the order in which they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    settings: Vec<Setting>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Setting {
    section: String,
    key: String,
    value: String,
}

impl Unit {
    /// Reads it. What systemd would ignore (a line without `=`) is left out; `systemd-analyze verify` tells of that.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut section = String::new();
        let mut settings = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with(['#', ';']) {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let Some((key, value)) = line.split_once('=') {
                let (key, value) = (key.trim().to_owned(), value.trim().to_owned());
                settings.push(Setting { section: section.clone(), key, value });
            }
        }
        Self { settings }
    }

    /// What is given for a key, line by line; nothing where it is not given.
    #[must_use]
    pub fn all(&self, section: &str, key: &str) -> Vec<&str> {
        let is_asked = |setting: &&Setting| setting.section == section && setting.key == key;
        self.settings.iter().filter(is_asked).map(|setting| setting.value.as_str()).collect()
    }

    /// The last line that gives a key, which is the one that counts where there is one value.
    #[must_use]
    pub fn last(&self, section: &str, key: &str) -> Option<&str> {
        self.all(section, key).pop()
    }

    /// The same unit without a key.
    #[must_use]
    pub fn without(&self, section: &str, key: &str) -> Self {
        let settings =
            self.settings.iter().filter(|setting| setting.section != section || setting.key != key);
        Self { settings: settings.cloned().collect() }
    }

    /// The same unit with one more line.
    #[must_use]
    pub fn with(&self, section: &str, key: &str, value: &str) -> Self {
        let mut unit = self.clone();
        unit.settings.push(Setting {
            section: section.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
        });
        unit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_its_own_section_and_not_in_a_comment() {
        let unit = Unit::parse("# Restart=no\n[Unit]\nAfter=a b\nAfter = c\n[Service]\nRestart=always\n");

        assert_eq!(unit.all("Unit", "After"), ["a b", "c"]);
        assert_eq!(unit.last("Service", "Restart"), Some("always"));
        assert_eq!(unit.last("Unit", "Restart"), None);
        assert_eq!(unit.without("Service", "Restart").last("Service", "Restart"), None);
        assert_eq!(unit.with("Service", "Restart", "no").last("Service", "Restart"), Some("no"));
    }
}
