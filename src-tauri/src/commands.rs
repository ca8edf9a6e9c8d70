//! What the page may call: each deserializes, hands over, returns. `capabilities/lock.json` lists them.

use agent_runtime::{event_loop::Remote, intent::Intent, view::ViewModel};
use tauri::State;

use crate::{events::Views, page};

/// The person did something on the covered screen. What only the buttons of the uncovered one may say, and say
/// by themselves, falls away.
#[tauri::command]
pub fn intent(intent: Intent, remote: State<'_, Remote>) {
    match intent {
        Intent::SignOut | Intent::Stay => {}
        intent @ (Intent::SignIn { .. } | Intent::Code { .. } | Intent::Cancel) => remote.send(intent),
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
