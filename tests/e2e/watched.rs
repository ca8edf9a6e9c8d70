//! The page of a real agent, looked into through WebDriver while a person's keys and clicks arrive through X.

use fantoccini::Client;
use harness::{
    badge_reader::SOCKET_VARIABLE,
    browser::{Driver, evaluate},
    hand::Whose,
    part::wait_for,
    program::program_path,
    ward::{Setup, Ward},
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::bedside::SOON;

/// What a person who looks or listens gets from the page, and what lies in it besides.
const LOOK: &str = r"
    const text = (query) => [...document.querySelectorAll(query)].map((found) => found.textContent.trim());
    const field = document.activeElement;
    return {
        spoken: text('[aria-live=polite]')[0],
        title: text('h1')[0],
        words: document.body.innerText,
        focused: field.labels?.[0]?.textContent.trim() ?? '',
        values: [...document.querySelectorAll('input')].map((input) => input.value),
        kept: JSON.stringify([{...window.localStorage}, {...window.sessionStorage}, document.cookie]),
        markup: document.documentElement.outerHTML,
    };
";

/// A kiosk as packaged, except that WebDriver may look into its page.
pub(crate) struct Watched {
    page: Client,
    runtime: Runtime,
    // Ended in this order: the kiosk before what it stands on.
    _driver: Driver,
    pub(crate) ward: Ward,
}

impl Watched {
    pub(crate) fn open() -> Self {
        Self::open_with(Setup::default())
    }

    pub(crate) fn open_with(setup: Setup) -> Self {
        let ward = Ward::open(setup).unwrap();
        let driver = Driver::start("kiosk", ward.display(), ward.bus(), ward.path(), ward.cards()).unwrap();
        let runtime = Runtime::new().unwrap();
        let mut arguments: Vec<String> = Vec::new();
        for key in [
            "WEBKIT_INSPECTOR_SERVER",
            "TAURI_AUTOMATION",
            "TAURI_WEBVIEW_AUTOMATION",
            "TAPWARD_LOG_LEVEL",
            SOCKET_VARIABLE,
        ] {
            arguments.extend(["--env".to_owned(), key.to_owned()]);
        }
        let agent = program_path("tapward-agent-e2e");
        arguments.extend(["--agent".to_owned(), agent.display().to_string(), "--".to_owned()]);
        arguments.extend(["--config".to_owned(), ward.config().display().to_string(), "run".to_owned()]);
        let page = runtime.block_on(driver.drive(&program_path("tapward-shield"), &arguments)).unwrap();
        ward.wait_screen("signed_out", SOON).unwrap();
        Self { page, runtime, _driver: driver, ward }
    }

    pub(crate) fn evaluate(&self, script: &str) -> Value {
        self.runtime.block_on(evaluate(&self.page, script)).unwrap()
    }

    pub(crate) fn look(&self) -> Value {
        self.evaluate(LOOK)
    }

    /// Looks until the page says `words`.
    pub(crate) fn wait_words(&self, words: &str) -> Value {
        self.wait_look(words, |look| look["words"].as_str().is_some_and(|shown| shown.contains(words)))
    }

    /// Looks until a look is as wanted: keys that were sent reach the page behind WebDriver's back, later than a look
    /// on a busy machine.
    pub(crate) fn wait_look(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        wait_for(what, SOON, || {
            last = self.look();
            wanted(&last).then_some(())
        })
        .unwrap_or_else(|error| panic!("{error}: {last:#}"));
        last
    }

    /// A person clicks on the button that begins with `label`.
    pub(crate) fn click(&self, label: &str) {
        let mut middle = Value::Null;
        wait_for(label, SOON, || {
            middle = self.evaluate(&format!(
                "const button = [...document.querySelectorAll('button')].find((it) => it.innerText.trim().startsWith({})); \
                 const box = button?.getBoundingClientRect(); \
                 return box ? [(box.left + box.right) / 2, (box.top + box.bottom) / 2].map(Math.round) : null;",
                json!(label)
            ));
            (!middle.is_null()).then_some(())
        })
        .unwrap();
        let [x, y] = [0, 1].map(|at| i16::try_from(middle[at].as_i64().unwrap()).unwrap());
        self.ward.hand(Whose::Person).unwrap().click(x, y).unwrap();
    }

    /// What the agent answers to a page that calls `command` with `arguments`: `taken`, or the refusal.
    pub(crate) fn call(&self, command: &str, arguments: &Value) -> String {
        let script = "const [command, given, done] = arguments; \
             window.__TAURI_INTERNALS__.invoke(command, given) \
                 .then(() => done('taken'), (refusal) => done(`refused: ${refusal}`));";
        let arguments = vec![json!(command), arguments.clone()];
        self.answer(script, arguments).as_str().unwrap().to_owned()
    }

    /// What `script` hands to its last argument.
    pub(crate) fn answer(&self, script: &str, arguments: Vec<Value>) -> Value {
        self.runtime.block_on(self.page.execute_async(script, arguments)).unwrap()
    }
}
