//! Words of the native parts (strip, warning, and the page's stand-in), by key. The webview has its own.

use std::{fmt, time::Duration};

use agent_runtime::{
    language::Language,
    view::{BadgeLine, StripLine},
};

use crate::countdown::clock_face;

/// One language.
#[derive(Debug, PartialEq, Eq)]
pub struct Texts {
    /// Strip button.
    pub sign_out: &'static str,
    /// Warning button.
    pub stay: &'static str,
    /// Strip, while the server does not answer.
    pub server_away: &'static str,
    /// Strip button.
    pub cover: &'static str,
    /// Strip, what the next tap does.
    pub tap_to_cover: &'static str,
    /// The same, where a tap signs out.
    pub tap_to_sign_out: &'static str,
    /// Strip button: she proves herself anew, so that a tap alone is enough for longer.
    pub renew: &'static str,
    /// Strip button, and the head of what it opens.
    pub my_sessions: &'static str,
    /// Strip, what the next tap does while the warning stands.
    pub tap_to_stay: &'static str,
    /// "My sessions": not known yet.
    pub sessions_asking: &'static str,
    /// "My sessions": not known.
    pub sessions_unanswered: &'static str,
    /// "My sessions": none.
    pub sessions_none: &'static str,
    /// "My sessions", on each.
    pub sign_out_there: &'static str,
    /// "My sessions", for all of them.
    pub sign_out_everywhere: &'static str,
    /// "My sessions", what that brings besides.
    pub sign_out_everywhere_why: &'static str,
    /// "My sessions".
    pub close: &'static str,
    /// Strip, while none of the badge readers reads.
    pub reader_faulty: &'static str,
    /// Strip, while another one does.
    pub reader_some_faulty: &'static str,
    /// Strip, without a shield.
    pub not_enforced: &'static str,
    /// In place of a page that is not there yet.
    pub page_starting: &'static str,
    /// In place of a page that does not come.
    pub page_missing: &'static str,
    signs_out_in: &'static str,
    absolute_limit_in: &'static str,
    inactive_one_minute: &'static str,
    inactive_minutes: &'static str,
    inactive_one_second: &'static str,
    inactive_seconds: &'static str,
    spoken: &'static str,
    help_code: &'static str,
    help_code_line: &'static str,
    apps_stand_still: &'static str,
    badge_unknown: &'static str,
    badge_unlisted: &'static str,
    badge_wait: &'static str,
    badge_refused: &'static str,
    badge_unusable: &'static str,
    badge_not_read: &'static str,
    badge_two_at_once: &'static str,
    badge_server_away: &'static str,
    badge_tap_again: &'static str,
    badge_enrolled: &'static str,
    badge_taken: &'static str,
    badge_too_many: &'static str,
    badge_not_enrolled: &'static str,
    session_in_use: &'static str,
    session_covered: &'static str,
    under_a_minute: &'static str,
    minutes: &'static str,
    hours_minutes: &'static str,
}

/// English.
static EN: Texts = Texts {
    sign_out: "Sign out",
    stay: "I'm still here",
    server_away: "Server away, your work goes on",
    not_enforced: "Screen not enforced",
    page_starting: "Starting…",
    page_missing: "The sign-in screen does not come up. It is being tried again. If this stays, call the help desk.",
    signs_out_in: "Signs out in {}",
    absolute_limit_in: "Your session ends in {} and cannot be extended",
    inactive_one_minute: "You will be signed out because nothing was typed or touched for 1 minute.",
    inactive_minutes: "You will be signed out because nothing was typed or touched for {} minutes.",
    inactive_one_second: "You will be signed out because nothing was typed or touched for 1 second.",
    inactive_seconds: "You will be signed out because nothing was typed or touched for {} seconds.",
    spoken: "Signing out in {} seconds. Press any key to stay signed in.",
    help_code: "Code {}",
    help_code_line: "Code {} · Help {}",
    cover: "Cover",
    tap_to_cover: "Tap to cover",
    tap_to_sign_out: "Tap to sign out",
    reader_faulty: "Badge reader does not answer",
    reader_some_faulty: "One badge reader does not answer; use the other",
    apps_stand_still: "Your apps do not respond yet. Trying again.",
    badge_unknown: "This badge is not known here",
    badge_unlisted: "This badge is not known here. The help desk can add it",
    badge_wait: "Too many unknown badges here. Wait a few minutes",
    badge_refused: "This badge cannot be used. Ask the help desk",
    badge_unusable: "This kind of badge cannot be used here",
    badge_not_read: "The badge was not read. Hold it still and tap again",
    badge_two_at_once: "Two badges at once. Tap with one",
    badge_server_away: "The badge cannot be checked: server away",
    badge_tap_again: "Tap your new badge once more to make it yours",
    badge_enrolled: "The badge is yours now",
    badge_taken: "This badge is already another person's",
    badge_too_many: "You have three badges already. Ask the help desk",
    badge_not_enrolled: "The badge was not enrolled. Ask the help desk",
    renew: "Renew",
    my_sessions: "My sessions",
    tap_to_stay: "Tap or press any key to stay signed in",
    sessions_asking: "Asking the server…",
    sessions_unanswered: "The server does not answer. Try again in a moment.",
    sessions_none: "You are signed in nowhere else.",
    sign_out_there: "Sign out there",
    sign_out_everywhere: "Sign out everywhere else",
    sign_out_everywhere_why: "Your next sign-in will ask for your password and a code.",
    close: "Close",
    session_in_use: "{} · signed in {} ago",
    session_covered: "{} · covered · signed in {} ago",
    under_a_minute: "less than a minute",
    minutes: "{} min",
    hours_minutes: "{} h {} min",
};

/// Spanish, with *usted*.
static ES: Texts = Texts {
    sign_out: "Cerrar sesión",
    stay: "Sigo aquí",
    server_away: "Sin servidor; su trabajo continúa",
    not_enforced: "Pantalla sin protección",
    page_starting: "Iniciando…",
    page_missing: "La pantalla de inicio de sesión no aparece. Se está intentando de nuevo. Si esto continúa, llame a soporte técnico.",
    signs_out_in: "La sesión se cierra en {}",
    absolute_limit_in: "Su sesión termina en {} y no se puede prolongar",
    inactive_one_minute: "Su sesión se cerrará porque no se escribió ni se tocó nada durante 1 minuto.",
    inactive_minutes: "Su sesión se cerrará porque no se escribió ni se tocó nada durante {} minutos.",
    inactive_one_second: "Su sesión se cerrará porque no se escribió ni se tocó nada durante 1 segundo.",
    inactive_seconds: "Su sesión se cerrará porque no se escribió ni se tocó nada durante {} segundos.",
    spoken: "La sesión se cerrará en {} segundos. Presione cualquier tecla para continuar.",
    help_code: "Código {}",
    help_code_line: "Código {} · Ayuda {}",
    cover: "Cubrir",
    tap_to_cover: "Acerque la tarjeta para cubrir",
    tap_to_sign_out: "Acerque la tarjeta para salir",
    reader_faulty: "El lector de tarjetas no responde",
    reader_some_faulty: "Un lector de tarjetas no responde; use el otro",
    apps_stand_still: "Sus aplicaciones aún no responden. Reintentando.",
    badge_unknown: "Esta tarjeta no se conoce aquí",
    badge_unlisted: "Esta tarjeta no se conoce aquí. Soporte técnico puede añadirla",
    badge_wait: "Demasiadas tarjetas desconocidas. Espere unos minutos",
    badge_refused: "Esta tarjeta no se puede usar. Consulte a soporte técnico",
    badge_unusable: "Este tipo de tarjeta no se puede usar aquí",
    badge_not_read: "No se leyó la tarjeta. Acérquela otra vez sin moverla",
    badge_two_at_once: "Dos tarjetas a la vez. Acerque solo una",
    badge_server_away: "No se puede comprobar la tarjeta: sin servidor",
    badge_tap_again: "Acerque otra vez su tarjeta nueva para registrarla",
    badge_enrolled: "La tarjeta ya es suya",
    badge_taken: "Esta tarjeta ya es de otra persona",
    badge_too_many: "Ya tiene tres tarjetas. Consulte a soporte técnico",
    badge_not_enrolled: "La tarjeta no se registró. Consulte a soporte técnico",
    renew: "Renovar",
    my_sessions: "Mis sesiones",
    tap_to_stay: "Acerque su tarjeta o presione una tecla para seguir",
    sessions_asking: "Consultando al servidor…",
    sessions_unanswered: "El servidor no responde. Inténtelo de nuevo en un momento.",
    sessions_none: "No tiene ninguna sesión en otro lugar.",
    sign_out_there: "Cerrar esa sesión",
    sign_out_everywhere: "Cerrar todas las demás",
    sign_out_everywhere_why: "Su próximo inicio de sesión pedirá contraseña y código.",
    close: "Cerrar",
    session_in_use: "{} · sesión abierta hace {}",
    session_covered: "{} · pantalla cubierta · sesión abierta hace {}",
    under_a_minute: "menos de un minuto",
    minutes: "{} minutos",
    hours_minutes: "{} h y {} min",
};

impl Texts {
    /// The words of `language`.
    #[must_use]
    pub const fn of(language: Language) -> &'static Self {
        match language {
            Language::English => &EN,
            Language::Spanish => &ES,
        }
    }

    /// Strip: the limit is near.
    #[must_use]
    pub fn signs_out_in(&self, seconds: u64) -> String {
        fill(self.signs_out_in, &[&clock_face(seconds)])
    }

    /// Strip: the absolute limit is near.
    #[must_use]
    pub fn absolute_limit_in(&self, seconds: u64) -> String {
        fill(self.absolute_limit_in, &[&clock_face(seconds)])
    }

    /// Strip: what has just happened.
    #[must_use]
    pub const fn strip_line(&self, line: StripLine) -> &'static str {
        match line {
            StripLine::Badge { line } => self.badge(line),
            StripLine::AppsStandStill => self.apps_stand_still,
        }
    }

    const fn badge(&self, line: BadgeLine) -> &'static str {
        match line {
            BadgeLine::Unknown => self.badge_unknown,
            BadgeLine::Unlisted => self.badge_unlisted,
            BadgeLine::Wait => self.badge_wait,
            BadgeLine::Refused => self.badge_refused,
            BadgeLine::Unusable => self.badge_unusable,
            BadgeLine::NotRead => self.badge_not_read,
            BadgeLine::TwoAtOnce => self.badge_two_at_once,
            BadgeLine::ServerAway => self.badge_server_away,
            BadgeLine::TapAgainToEnrol => self.badge_tap_again,
            BadgeLine::Enrolled => self.badge_enrolled,
            BadgeLine::Taken => self.badge_taken,
            BadgeLine::TooMany => self.badge_too_many,
            BadgeLine::NotEnrolled => self.badge_not_enrolled,
        }
    }

    /// "My sessions": where one is, and since when.
    #[must_use]
    pub fn session(&self, workstation: &str, unit: &str, is_covered: bool, opened_ago: Duration) -> String {
        let place =
            [workstation, unit].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        let template = if is_covered { self.session_covered } else { self.session_in_use };
        fill(template, &[&place, &self.for_how_long(opened_ago)])
    }

    fn for_how_long(&self, duration: Duration) -> String {
        let minutes = duration.as_secs() / 60;
        match (minutes / 60, minutes % 60) {
            (0, 0) => self.under_a_minute.to_owned(),
            (0, minutes) => fill(self.minutes, &[&minutes]),
            (hours, minutes) => fill(self.hours_minutes, &[&hours, &minutes]),
        }
    }

    /// Warning: why. Minutes are rounded to the nearest; under one minute it says seconds.
    #[must_use]
    pub fn inactive_for(&self, inactive: Duration) -> String {
        let seconds = inactive.as_secs();
        match (seconds, (seconds + 30) / 60) {
            (1, _) => self.inactive_one_second.to_owned(),
            (0..60, _) => fill(self.inactive_seconds, &[&seconds]),
            (_, 1) => self.inactive_one_minute.to_owned(),
            (_, minutes) => fill(self.inactive_minutes, &[&minutes]),
        }
    }

    /// Warning: to a screen reader.
    #[must_use]
    pub fn spoken(&self, left: Duration) -> String {
        fill(self.spoken, &[&left.as_secs()])
    }

    /// Small print for the help desk.
    #[must_use]
    pub fn help_code(&self, code: &str, help_line: &str) -> String {
        if help_line.is_empty() {
            fill(self.help_code, &[&code])
        } else {
            fill(self.help_code_line, &[&code, &help_line])
        }
    }
}

/// Puts the values into the places marked `{}`, in order.
fn fill(template: &str, values: &[&dyn fmt::Display]) -> String {
    let mut values = values.iter();
    let mut parts = template.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if let Some(value) = values.next() {
            filled.push_str(&value.to_string());
        }
        filled.push_str(part);
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strip_counts_in_minutes_and_seconds() {
        assert_eq!(EN.signs_out_in(105), "Signs out in 1:45");
    }

    #[test]
    fn the_absolute_limit_says_that_it_cannot_be_extended() {
        assert_eq!(EN.absolute_limit_in(299), "Your session ends in 4:59 and cannot be extended");
    }

    #[test]
    fn the_warning_says_for_how_long_nothing_was_typed() {
        let why = |seconds| {
            let text = EN.inactive_for(Duration::from_secs(seconds));
            text.split("touched for ").nth(1).unwrap().split('.').next().unwrap().to_owned()
        };

        assert_eq!(why(1), "1 second");
        assert_eq!(why(20), "20 seconds");
        assert_eq!(why(60), "1 minute");
        assert_eq!(why(89), "1 minute");
        assert_eq!(why(14 * 60), "14 minutes");
    }

    #[test]
    fn a_screen_reader_hears_the_seconds_and_what_to_do() {
        assert_eq!(
            EN.spoken(Duration::from_secs(30)),
            "Signing out in 30 seconds. Press any key to stay signed in."
        );
    }

    #[test]
    fn a_session_elsewhere_is_told_by_its_place_and_its_age() {
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes + 59);

        assert_eq!(
            EN.session("WS-08", "ICU-3", false, minutes(130)),
            "WS-08 · ICU-3 · signed in 2 h 10 min ago"
        );
        assert_eq!(EN.session("WS-08", "", true, minutes(5)), "WS-08 · covered · signed in 5 min ago");
        assert_eq!(EN.session("WS-08", "", false, minutes(0)), "WS-08 · signed in less than a minute ago");
    }

    #[test]
    fn the_help_line_is_told_where_there_is_one() {
        assert_eq!(EN.help_code("screen.page", ""), "Code screen.page");
        assert_eq!(EN.help_code("screen.page", "5-1234"), "Code screen.page · Help 5-1234");
    }

    #[test]
    fn spanish_has_a_word_of_its_own_for_everything_and_a_place_for_every_value() {
        for (english, spanish) in templates(&EN).into_iter().zip(templates(&ES)) {
            assert_ne!(english, spanish);
            assert!(!spanish.trim().is_empty());
            assert_eq!(english.matches("{}").count(), spanish.matches("{}").count(), "{spanish}");
        }
    }

    #[test]
    fn spanish_counts_one_as_one() {
        let why = |seconds| {
            let text = ES.inactive_for(Duration::from_secs(seconds));
            text.split("durante ").nth(1).unwrap().to_owned()
        };

        assert_eq!(why(1), "1 segundo.");
        assert_eq!(why(20), "20 segundos.");
        assert_eq!(why(60), "1 minuto.");
        assert_eq!(why(14 * 60), "14 minutos.");
    }

    /// Taken apart by name: a text that is added is missed here by the compiler.
    fn templates(texts: &Texts) -> Vec<&'static str> {
        let Texts {
            sign_out,
            stay,
            server_away,
            not_enforced,
            page_starting,
            page_missing,
            signs_out_in,
            absolute_limit_in,
            inactive_one_minute,
            inactive_minutes,
            inactive_one_second,
            inactive_seconds,
            spoken,
            help_code,
            help_code_line,
            cover,
            tap_to_cover,
            tap_to_sign_out,
            reader_faulty,
            reader_some_faulty,
            apps_stand_still,
            badge_unknown,
            badge_unlisted,
            badge_wait,
            badge_refused,
            badge_unusable,
            badge_not_read,
            badge_two_at_once,
            badge_server_away,
            badge_tap_again,
            badge_enrolled,
            badge_taken,
            badge_too_many,
            badge_not_enrolled,
            renew,
            my_sessions,
            tap_to_stay,
            sessions_asking,
            sessions_unanswered,
            sessions_none,
            sign_out_there,
            sign_out_everywhere,
            sign_out_everywhere_why,
            close,
            session_in_use,
            session_covered,
            under_a_minute,
            minutes,
            hours_minutes,
        } = texts;
        vec![
            sign_out,
            stay,
            server_away,
            not_enforced,
            page_starting,
            page_missing,
            signs_out_in,
            absolute_limit_in,
            inactive_one_minute,
            inactive_minutes,
            inactive_one_second,
            inactive_seconds,
            spoken,
            help_code,
            help_code_line,
            cover,
            tap_to_cover,
            tap_to_sign_out,
            reader_faulty,
            reader_some_faulty,
            apps_stand_still,
            badge_unknown,
            badge_unlisted,
            badge_wait,
            badge_refused,
            badge_unusable,
            badge_not_read,
            badge_two_at_once,
            badge_server_away,
            badge_tap_again,
            badge_enrolled,
            badge_taken,
            badge_too_many,
            badge_not_enrolled,
            renew,
            my_sessions,
            tap_to_stay,
            sessions_asking,
            sessions_unanswered,
            sessions_none,
            sign_out_there,
            sign_out_everywhere,
            sign_out_everywhere_why,
            close,
            session_in_use,
            session_covered,
            under_a_minute,
            minutes,
            hours_minutes,
        ]
    }
}
