//! What the page may call: each deserializes, hands over, returns. `capabilities/lock.json` lists them.

use agent_runtime::{event_loop::Remote, intent::Intent, view::ViewModel};
use tauri::State;

use crate::{events::Views, page};

/// The person did something on the covered screen. What only the buttons of the uncovered one may say, and say
/// by themselves, falls away.
#[tauri::command]
pub fn intent(intent: Intent, remote: State<'_, Remote>) {
    if let Some(intent) = of_the_covered_screen(intent) {
        remote.send(intent);
    }
}

fn of_the_covered_screen(intent: Intent) -> Option<Intent> {
    match intent {
        Intent::SignOut
        | Intent::Stay
        | Intent::Conceal
        | Intent::Renew
        | Intent::MySessions
        | Intent::CloseMySessions
        | Intent::EndElsewhere { .. }
        | Intent::EndEverywhereElse => None,
        intent @ (Intent::SignIn { .. }
        | Intent::Code { .. }
        | Intent::Password { .. }
        | Intent::Pin { .. }
        | Intent::LostBadge { .. }
        | Intent::Cancel
        | Intent::ChooseLanguage { .. }) => Some(intent),
    }
}

/// The page has just been loaded, or waited for a view in vain.
#[tauri::command]
pub fn current_view(views: State<'_, Views>) -> ViewModel {
    views.current()
}

/// The page has painted.
#[tauri::command]
pub fn page_ready() {
    page::painted();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_can_neither_keep_anybody_signed_in_nor_sign_her_out() {
        for said in [
            r#"{"kind":"stay"}"#,
            r#"{"kind":"sign_out"}"#,
            r#"{"kind":"conceal"}"#,
            r#"{"kind":"renew"}"#,
            r#"{"kind":"my_sessions"}"#,
            r#"{"kind":"close_my_sessions"}"#,
            r#"{"kind":"end_elsewhere","session":"00000000-0000-0000-0000-000000000007"}"#,
            r#"{"kind":"end_everywhere_else"}"#,
        ] {
            assert!(of_the_covered_screen(page_says(said)).is_none(), "{said}");
        }
    }

    #[test]
    fn what_the_covered_screen_offers_reaches_the_agent() {
        for said in [
            r#"{"kind":"sign_in","name":"maria","password":"correct horse"}"#,
            r#"{"kind":"code","code":"123456"}"#,
            r#"{"kind":"password","password":"correct horse"}"#,
            r#"{"kind":"pin","pin":"123456"}"#,
            r#"{"kind":"lost_badge","name":"maria","password":"correct horse"}"#,
            r#"{"kind":"cancel"}"#,
            r#"{"kind":"choose_language","language":"es"}"#,
        ] {
            assert!(of_the_covered_screen(page_says(said)).is_some(), "{said}");
        }
    }

    fn page_says(json: &str) -> Intent {
        serde_json::from_str(json).unwrap()
    }
}
