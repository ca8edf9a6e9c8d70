//! The page in WebKitGTK itself, read through WebDriver while a person's keys arrive through X; and a page that has
//! turned against the agent.

use std::fs;

use harness::{badge_reader::Card, desktop::Button, hand::Whose, nurse::Nurse, ward::Setup};
use serde_json::{Value, json};

use crate::{
    bedside::{Bedside, SOON},
    watched::Watched,
};

#[test]
fn each_step_says_what_it_is_and_what_to_do_and_keeps_nothing_that_was_typed() {
    let watched = Watched::open();
    let ward = &watched.ward;
    let maria = ward.add_nurse("maria", "Maria O.").unwrap();
    let hand = ward.hand(Whose::Person).unwrap();
    let before = watched.wait_words("Type your user name and password");
    assert_eq!(before["title"], "Sign in");
    assert_eq!(before["spoken"], "Type your user name and password");

    ward.wait_sign_in_drawn().unwrap();
    hand.type_text(maria.name()).unwrap();
    let named = watched.wait_look("her name whole", |look| look["values"] == json!(["maria", ""]));
    assert_eq!(named["focused"], "User name", "the first key goes where it belongs");
    hand.press("Tab").unwrap();
    hand.type_text("a wrong password").unwrap();
    let typed = watched.wait_look("the password whole", |look| look["values"][1] == "a wrong password");
    assert_eq!(typed["focused"], "Password");
    hand.press("Return").unwrap();
    let refused = watched.wait_words("That name and password do not match. Type them again.");
    assert_eq!(refused["spoken"], "That name and password do not match. Type them again.");
    assert_eq!(refused["values"], json!(["maria", ""]), "her name stays, what was wrong is gone");
    assert_eq!(refused["focused"], "Password");
    assert_nowhere(&refused, "a wrong password");

    hand.type_text(maria.password()).unwrap();
    hand.press("Return").unwrap();
    ward.wait_screen("second_factor", SOON).unwrap();
    let asked = watched.wait_words("Your six-digit code");
    assert_eq!(asked["spoken"], "Type the code that your authenticator app shows now");
    assert_nowhere(&asked, maria.password());

    hand.type_text("000000").unwrap();
    let again = watched.wait_words("That code was not accepted.");
    assert!(again["spoken"].as_str().unwrap().contains("tries left"), "{again:#}");
    ward.eye().unwrap().wait_still().unwrap();
    let code = maria.next_code().unwrap();
    hand.type_text(&code).unwrap();
    ward.wait_screen("active", SOON).unwrap();
    let covered = watched.look();
    assert_eq!(covered["values"], json!([]));
    assert_nowhere(&covered, maria.password());
    assert_nowhere(&covered, &code);
}

#[test]
fn the_page_speaks_spanish_to_whoever_chose_it_and_english_to_the_next_person() {
    let watched = Watched::open();
    let ward = &watched.ward;
    let maria = ward.add_nurse("maria", "Maria O.").unwrap();
    let hand = ward.hand(Whose::Person).unwrap();
    watched.wait_words("Type your user name and password");
    ward.wait_sign_in_drawn().unwrap();

    // Name, password, its eye, "Sign in", help, the keyboard on screen, and then the language.
    for _ in 0..7 {
        hand.press("Tab").unwrap();
    }
    hand.press("Return").unwrap();
    let chosen = watched.wait_words("Escriba su nombre de usuario y su contraseña");
    assert_eq!(chosen["spoken"], "Escriba su nombre de usuario y su contraseña");
    assert_eq!(watched.evaluate("return document.documentElement.lang;"), "es");
    ward.sign_in(&maria).unwrap();
    let (x, y) = ward.button(Button::SignOut).unwrap();
    hand.click(x, y).unwrap();

    watched.wait_words("Signed out.");
    assert_eq!(watched.evaluate("return document.documentElement.lang;"), "en");
}

#[test]
fn a_lost_badge_is_revoked_at_the_covered_screen_and_nobody_is_signed_in() {
    let watched = Watched::open_with(Setup { has_badge_reader: true, ..Setup::default() });
    let ward = &watched.ward;
    let maria = ward.add_nurse("maria", "Maria O.").unwrap();
    ward.admin(&["badge", "enrol", "maria"], "uid:04a1b2c3d4e580").unwrap();
    ward.wait_sign_in_drawn().unwrap();
    ward.wait_log("badge reader reads").unwrap();
    let hand = ward.hand(Whose::Person).unwrap();
    let eye = ward.eye().unwrap();

    eye.wait_still().unwrap();
    watched.click("Can't use your badge or phone?");
    eye.wait_still().unwrap();
    watched.click("I lost my badge");
    let asked = watched.wait_words("All your badges stop working at once.");
    assert_eq!(asked["title"], "I lost my badge");
    eye.wait_still().unwrap();
    hand.type_text(maria.name()).unwrap();
    watched.wait_look("her name whole", |look| look["values"] == json!(["maria", ""]));
    hand.press("Tab").unwrap();
    hand.type_text(maria.password()).unwrap();
    watched.wait_look("her password whole", |look| look["values"] == json!(["maria", maria.password()]));
    hand.press("Return").unwrap();
    let code = watched.wait_words("Your code to revoke your badges");
    assert_nowhere(&code, maria.password());
    eye.wait_still().unwrap();
    hand.type_text(&maria.code().unwrap()).unwrap();

    watched.wait_words("Your badge is revoked. Ask the help desk for a new one.");
    assert_eq!(ward.sessions().unwrap(), Vec::<Value>::new(), "nobody is signed in by it");
    let _card = ward.cards().unwrap().put(0, Card::with_uid("04a1b2c3d4e580")).unwrap();
    ward.wait_log("badge.refused").unwrap();
    assert!(!ward.kiosk_log().contains(maria.password()));
}

#[test]
fn a_click_on_the_language_takes_neither_the_caret_nor_what_was_typed() {
    let watched = Watched::open();
    let hand = watched.ward.hand(Whose::Person).unwrap();
    watched.ward.wait_sign_in_drawn().unwrap();
    hand.type_text("mar").unwrap();
    let middle = watched.evaluate(
        "const box = document.querySelector('footer button[lang]').getBoundingClientRect(); \
         return [(box.left + box.right) / 2, (box.top + box.bottom) / 2].map(Math.round);",
    );
    let [x, y] = [0, 1].map(|at| i16::try_from(middle[at].as_i64().unwrap()).unwrap());

    hand.click(x, y).unwrap();
    watched.wait_words("Escriba su nombre de usuario y su contraseña");
    hand.type_text("ia").unwrap();

    let look = watched.wait_look("the name whole", |look| look["values"] == json!(["maria", ""]));
    assert_eq!(look["focused"], "Nombre de usuario");
}

#[test]
fn a_page_that_turned_against_the_agent_gets_nothing_and_leaves_nothing() {
    let watched = Watched::open();
    let here = watched.evaluate("return location.href;");

    assert_eq!(watched.evaluate("return typeof window.__TAURI__;"), "undefined");
    assert_eq!(watched.evaluate("return window.open('https://example.org/') === null;"), true);
    watched.evaluate("location.href = 'https://example.org/'; return true;");
    watched.evaluate("location.href = 'file:///etc/passwd'; return true;");
    assert_eq!(watched.evaluate("return location.href;"), here);
    let refused_by = watched.answer(
        "const done = arguments[0]; \
         document.addEventListener('securitypolicyviolation', (refusal) => done(refusal.effectiveDirective)); \
         fetch('https://127.0.0.1:9/').then(() => done('fetched'), () => {});",
        Vec::new(),
    );
    assert_eq!(refused_by, "connect-src");

    for (command, arguments) in [
        ("no_such_command", json!({})),
        ("plugin:fs|read_file", json!({ "path": "/etc/passwd" })),
        ("plugin:shell|execute", json!({ "program": "id" })),
        (
            "plugin:webview|create_webview_window",
            json!({ "options": { "label": "x", "url": "https://example.org" } }),
        ),
        ("plugin:window|hide", json!({ "label": "lock" })),
        ("intent", json!({})),
        ("intent", json!({ "intent": { "kind": "uncover" } })),
        ("intent", json!({ "intent": { "kind": "sign_in", "name": 7, "password": null } })),
        ("intent", json!({ "intent": { "kind": "choose_language", "language": "fr" } })),
    ] {
        let answer = watched.call(command, &arguments);
        assert!(answer.starts_with("refused: "), "{command} {arguments}: {answer}");
    }

    // Taken, and answered in words: too long for anybody's name.
    let long = json!({ "intent": { "kind": "sign_in", "name": "n".repeat(2_000_000), "password": "p" } });
    assert_eq!(watched.call("intent", &long), "taken");
    watched.wait_words("Too long, or with a character that cannot be used.");
    for _ in 0..200 {
        watched.call("intent", &json!({ "intent": { "kind": "code", "code": "123456" } }));
        watched.call("intent", &json!({ "intent": { "kind": "cancel" } }));
    }
    let maria: Nurse = watched.ward.add_nurse("maria", "Maria O.").unwrap();
    watched.ward.sign_in(&maria).unwrap();
}

#[test]
fn no_memory_of_the_pages_process_is_both_written_and_run() {
    let bedside = Bedside::open(Setup::default());
    let web = bedside.ward.web_process(bedside.ward.agent_pid().unwrap()).unwrap();

    let maps = fs::read_to_string(format!("/proc/{web}/maps")).unwrap();

    let may = |line: &&str, what: &str| line.split(' ').nth(1).is_some_and(|may| may.starts_with(what));
    assert!(maps.lines().any(|line| may(&line, "r-x")), "{maps}");
    let both: Vec<_> = maps.lines().filter(|line| may(line, "rwx")).collect();
    assert!(both.is_empty(), "{both:?}");
}

/// `secret` is in no field, in no markup and in nothing that a page can keep.
fn assert_nowhere(look: &Value, secret: &str) {
    for place in ["values", "kept", "markup", "words"] {
        assert!(!look[place].to_string().contains(secret), "{place} still holds it");
    }
}
