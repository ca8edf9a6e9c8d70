//! What is shipped refuses to be driven by WebDriver.

use std::time::Duration;

use harness::{
    browser::Driver,
    part::wait_for,
    program::program_path,
    ward::{Setup, Ward},
};
use tokio::{runtime::Runtime, time::timeout};

/// Longer than it takes to drive an agent that lets itself be driven.
const REFUSED_AFTER: Duration = Duration::from_secs(15);

/// Asks a private WebKitWebDriver to start `agent` and drive it.
fn drive(agent: &str) -> Driven {
    let ward = Ward::open(Setup::default()).unwrap();
    let driver = Driver::start("webdriver", ward.display(), ward.bus(), ward.path(), None).unwrap();
    let arguments = ["--config".to_owned(), ward.config().display().to_string(), "run".to_owned()];
    let runtime = Runtime::new().unwrap();
    let page = runtime
        .block_on(async { timeout(REFUSED_AFTER, driver.drive(&program_path(agent), &arguments)).await });
    let came_up = wait_for("a sign-in", Duration::from_secs(20), || {
        driver.printed().contains("\"screen\":\"signed_out\"").then_some(())
    })
    .is_ok();
    Driven { is_driven: matches!(page, Ok(Ok(_))), came_up }
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
struct Driven {
    is_driven: bool,
    came_up: bool,
}

#[test]
fn the_shipped_agent_refuses_webdriver_and_the_one_for_tests_takes_it() {
    let (driven, refused) =
        (Driven { is_driven: true, came_up: true }, Driven { is_driven: false, came_up: true });

    assert_eq!(drive("tapward-agent-e2e"), driven, "the refusal below would prove nothing");
    assert_eq!(drive("tapward-agent"), refused);
}
