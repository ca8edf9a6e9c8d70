//! How the native parts look: the page's tokens (`ui/src/lib/styles/tokens.css`), for GTK.

use gtk::{gdk, prelude::*};

/// Widget name of the covered window, where it is none of Tauri's.
pub const COVER: &str = "tapward-cover";
/// Widget name of the strip.
pub const STRIP: &str = "tapward-strip";
/// Widget name of the warning.
pub const WARNING: &str = "tapward-warning";
/// Widget name of the words that stand in for the page.
pub const STAND_IN: &str = "tapward-stand-in";
/// Widget name of "My sessions".
pub const MY_SESSIONS: &str = "tapward-my-sessions";
/// Style class: a head.
pub const TITLE: &str = "title";
/// Style class: the limit is near.
pub const URGENT: &str = "urgent";
/// Style class: small print.
pub const QUIET: &str = "quiet";
/// Style class: the sentence under it.
pub const WHY: &str = "why";
/// Style class: the large countdown.
pub const COUNTDOWN: &str = "countdown";
/// Targets are at least this large (UX.md).
pub const TARGET_SIZE: i32 = 48;

/// The tokens of one theme, each `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    name: &'static str,
    ground: &'static str,
    surface: &'static str,
    text: &'static str,
    text_quiet: &'static str,
    line: &'static str,
    accent: &'static str,
    on_accent: &'static str,
    warn: &'static str,
}

const LIGHT: Theme = Theme {
    name: "light",
    ground: "#edf1f4",
    surface: "#ffffff",
    text: "#14202b",
    text_quiet: "#43515c",
    line: "#66757f",
    accent: "#0b5cad",
    on_accent: "#ffffff",
    warn: "#7d4400",
};
const DARK: Theme = Theme {
    name: "dark",
    ground: "#0f1519",
    surface: "#1a242b",
    text: "#e6ecf0",
    text_quiet: "#aebbc4",
    line: "#83929d",
    accent: "#86bdf7",
    on_accent: "#0a2038",
    warn: "#eab25f",
};
const CONTRAST: Theme = Theme {
    name: "contrast",
    ground: "#000000",
    surface: "#000000",
    text: "#ffffff",
    text_quiet: "#ffffff",
    line: "#ffffff",
    accent: "#ffe14d",
    on_accent: "#000000",
    warn: "#ffd35c",
};

/// `{token}` stands for the theme's colour of that name.
const SHEET: &str = r"
#tapward-cover { background-color: {ground}; }
#tapward-strip, #tapward-warning, #tapward-stand-in, #tapward-my-sessions {
    background-color: {surface}; color: {text}; font-size: 18px;
}
#tapward-strip { padding: 0 16px; border-bottom: 2px solid {line}; }
#tapward-strip .quiet, #tapward-my-sessions .quiet { color: {text-quiet}; }
#tapward-strip .urgent { color: {warn}; font-weight: bold; }
#tapward-warning { border: 4px solid {warn}; padding: 32px 32px 24px; }
#tapward-warning .countdown { font-size: 72px; font-weight: bold; }
#tapward-warning .why { font-size: 24px; }
#tapward-stand-in { padding: 32px; font-size: 24px; }
#tapward-my-sessions { border: 2px solid {line}; padding: 24px; }
#tapward-my-sessions .title { font-size: 24px; font-weight: bold; }
#tapward-my-sessions button:disabled { color: {text-quiet}; }
#tapward-strip button, #tapward-warning button, #tapward-my-sessions button {
    background-image: none; box-shadow: none; text-shadow: none;
    background-color: {surface}; color: {text}; border: 2px solid {line}; border-radius: 8px;
    padding: 0 24px; min-height: 44px; font-size: 18px;
}
#tapward-strip button { padding: 0 16px; }
#tapward-warning button {
    background-color: {accent}; color: {on-accent}; border-color: {accent};
    min-height: 64px; font-size: 24px; font-weight: bold;
}
#tapward-strip button:hover, #tapward-strip button:focus, #tapward-my-sessions button:hover {
    background-color: {accent}; color: {on-accent}; border-color: {accent};
}
#tapward-warning button:hover, #tapward-warning button:focus { border-color: {text}; }
";

impl Theme {
    /// What the system asks for, as the page reads it (`ui/src/lib/theme.ts`).
    #[must_use]
    pub fn of_the_system() -> Self {
        let Some(settings) = gtk::Settings::default() else { return LIGHT };
        let name = settings.gtk_theme_name().map(String::from).unwrap_or_default();
        Self::named(&name, settings.is_gtk_application_prefer_dark_theme())
    }

    fn named(gtk_theme: &str, prefers_dark: bool) -> Self {
        if gtk_theme.starts_with("HighContrast") {
            CONTRAST
        } else if prefers_dark || gtk_theme.to_lowercase().ends_with("dark") {
            DARK
        } else {
            LIGHT
        }
    }

    /// The covered screen's background: nothing flashes before the page has painted.
    #[must_use]
    pub fn ground_rgb(self) -> (u8, u8, u8) {
        let channel = |at: usize| {
            self.ground.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok()).unwrap_or(0)
        };
        (channel(1), channel(3), channel(5))
    }

    fn sheet(self) -> String {
        self.tokens()
            .iter()
            .fold(SHEET.to_owned(), |sheet, (token, colour)| sheet.replace(&format!("{{{token}}}"), colour))
    }

    fn tokens(self) -> [(&'static str, &'static str); 8] {
        [
            ("ground", self.ground),
            ("surface", self.surface),
            ("text", self.text),
            ("text-quiet", self.text_quiet),
            ("line", self.line),
            ("accent", self.accent),
            ("on-accent", self.on_accent),
            ("warn", self.warn),
        ]
    }
}

/// Applies the theme to every native window of ours.
pub fn apply(theme: Theme, display: &gdk::Display) {
    let provider = gtk::CssProvider::new();
    // GTK takes what it can read of the sheet.
    if let Err(error) = provider.load_from_data(theme.sheet().as_bytes()) {
        tracing::warn!(%error, "The {} theme of the native parts is not as meant", theme.name);
    }
    gtk::StyleContext::add_provider_for_screen(
        &display.default_screen(),
        &provider,
        gtk::STYLE_PROVIDER_PRIORITY_APPLICATION,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn native_parts_and_page_have_the_same_colours() {
        let tokens = include_str!("../../ui/src/lib/styles/tokens.css");

        for theme in [LIGHT, DARK, CONTRAST] {
            let start = tokens.find(&format!("data-theme='{}'", theme.name)).unwrap();
            let block = tokens[start..].split('}').next().unwrap();
            for (token, colour) in theme.tokens() {
                let line = format!("--{token}: {colour};");
                assert!(block.contains(&line), "`{line}` is not in the page's theme `{}`", theme.name);
            }
        }
    }

    #[test]
    fn every_place_in_the_sheet_is_filled() {
        for theme in [LIGHT, DARK, CONTRAST] {
            let sheet = theme.sheet();
            for line in sheet.lines() {
                let open = line.matches('{').count();
                assert!(open <= 1 || line.matches('}').count() == open, "{line}");
            }
            for (token, _) in theme.tokens() {
                assert!(!sheet.contains(&format!("{{{token}}}")), "{token}");
            }
        }
    }

    #[test]
    fn the_system_chooses_the_theme() {
        assert_eq!(Theme::named("Adwaita", false), LIGHT);
        assert_eq!(Theme::named("Adwaita", true), DARK);
        assert_eq!(Theme::named("Adwaita-dark", false), DARK);
        assert_eq!(Theme::named("HighContrast", false), CONTRAST);
        assert_eq!(Theme::named("HighContrastInverse", true), CONTRAST);
    }

    #[test]
    fn the_ground_is_read_from_its_token() {
        assert_eq!(DARK.ground_rgb(), (0x0f, 0x15, 0x19));
    }
}
