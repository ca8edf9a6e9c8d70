//! Nothing leaves a field of the covered page by the display's clipboard or by dragging, and nothing comes into one.

use std::process::Command;

use harness::{
    clipboard::{Offer, Reader},
    dragging::Drag,
    hand::{Hand, Whose},
    part::wait_for,
    program::output,
    ward::Setup,
};
use serde_json::{Value, json};

use crate::{
    bedside::{Bedside, SOON},
    watched::Watched,
};

const FOREIGN: &str = "from an app";
const TYPED: &str = "correct horse";

/// Name and password typed, the password shown: everything that a field of this page can hold in clear.
fn typed() -> (Watched, Hand) {
    let watched = Watched::open_with(Setup::default());
    let hand = watched.ward.hand(Whose::Person).unwrap();
    watched.ward.wait_sign_in_drawn().unwrap();
    hand.type_text("maria\t").unwrap();
    hand.type_text(TYPED).unwrap();
    watched.wait_look("what was typed", |look| look["values"] == json!(["maria", TYPED]));
    // The eye, and back into the field.
    hand.press("Tab").unwrap();
    hand.press("space").unwrap();
    wait_for("the password shown", SOON, || {
        (watched.evaluate("return document.querySelector('#password').type;") == "text").then_some(())
    })
    .unwrap();
    (watched, hand)
}

fn xdotool(watched: &Watched, arguments: &[&str]) {
    output(Command::new("xdotool").env("DISPLAY", watched.ward.display()).args(arguments)).unwrap();
}

/// The middle of a field, as `xdotool` wants it.
fn middle(watched: &Watched, field: &str) -> [String; 2] {
    let middle = watched.evaluate(&format!(
        "const box = document.querySelector('{field}').getBoundingClientRect(); \
         return [box.left + 40, (box.top + box.bottom) / 2].map(Math.round);"
    ));
    [0, 1].map(|at| middle[at].to_string())
}

fn values(watched: &Watched) -> Value {
    watched.look()["values"].clone()
}

/// What is marked in the page, in whichever field.
fn marked(watched: &Watched) -> Value {
    watched.evaluate(
        "const field = document.activeElement; \
         return field instanceof HTMLInputElement ? field.value.slice(field.selectionStart, field.selectionEnd) : '';",
    )
}

#[test]
fn what_is_marked_in_a_field_is_nobodys_to_read() {
    let (watched, _hand) = typed();
    let reader = Reader::on(watched.ward.display()).unwrap();
    let before = values(&watched);
    for field in ["#name", "#password"] {
        let [x, y] = middle(&watched, field);
        let there = ["mousemove", x.as_str(), y.as_str()];
        let gestures: [&[&str]; 9] = [
            &["click", "1", "key", "ctrl+a"],
            &["click", "1", "key", "ctrl+a", "key", "ctrl+c"],
            &["click", "1", "key", "ctrl+a", "key", "ctrl+Insert"],
            &["click", "1", "key", "ctrl+a", "key", "ctrl+x"],
            &["click", "1", "key", "ctrl+a", "key", "shift+Delete"],
            &["click", "1", "key", "End", "key", "shift+Home", "key", "ctrl+c"],
            &["click", "--repeat", "2", "--delay", "20", "1", "key", "ctrl+c"],
            &["click", "--repeat", "3", "--delay", "20", "1", "key", "XF86Copy"],
            &["mousedown", "1", "mousemove_relative", "300", "0", "mouseup", "1", "key", "XF86Cut"],
        ];
        for gesture in gestures {
            xdotool(&watched, &[&there[..], gesture].concat());
            // A question that the page answers after the keys, so that they are over.
            assert_eq!(values(&watched), before, "{gesture:?} in {field}");
            let owned = reader.owned().unwrap();
            assert!(owned.is_empty(), "{owned:?} after {gesture:?} in {field}, marked: {}", marked(&watched));
        }
        // Marked, and taken elsewhere.
        xdotool(&watched, &[&there[..], &["click", "1", "key", "ctrl+a", "mousedown", "1"]].concat());
        xdotool(
            &watched,
            &["mousemove_relative", "20", "4", "mousemove_relative", "200", "300", "mouseup", "1"],
        );
        assert_eq!(values(&watched), before);
        assert_eq!(reader.owned().unwrap(), Vec::<&str>::new(), "dragged out of {field}");
    }
}

#[test]
fn what_an_app_has_marked_or_copied_comes_into_no_field() {
    let (watched, hand) = typed();
    let before = values(&watched);
    for field in ["#name", "#password"] {
        let [x, y] = middle(&watched, field);
        for gesture in [
            &["click", "1", "key", "ctrl+v"][..],
            &["click", "1", "key", "ctrl+shift+v"],
            &["click", "1", "key", "shift+Insert"],
            &["click", "1", "key", "XF86Paste"],
            &["click", "2"],
        ] {
            let _offer = Offer::on(watched.ward.display(), FOREIGN).unwrap();
            xdotool(&watched, &[&["mousemove", &x, &y], gesture].concat());
            // What is typed afterwards has arrived, so whatever was pasted has too.
            hand.press("End").unwrap();
            hand.type_text("x").unwrap();
            watched.wait_look("the key after it", |look| look["values"].to_string().contains('x'));
            hand.press("BackSpace").unwrap();
            watched.wait_look(&format!("the field as before after {gesture:?} in {field}"), |look| {
                look["values"] == before
            });
        }
    }
}

#[test]
fn what_an_app_drags_is_dropped_into_no_field() {
    let (watched, hand) = typed();
    let before = values(&watched);
    for field in ["#name", "#password"] {
        let place = middle(&watched, field).map(|at| at.parse().unwrap());
        let drag = Drag::of(watched.ward.display(), FOREIGN).unwrap();
        // Whoever takes it asks what it is while it comes, and for it where it was let go.
        for _ in 0..3 {
            drag.come_to(place.into()).unwrap();
            assert_eq!(values(&watched), before);
            assert_eq!(drag.asked().unwrap(), 0, "the page asks for what is dragged over {field}");
        }
        drag.let_go().unwrap();
        hand.type_text("x").unwrap();
        watched.wait_look("the key after it", |look| look["values"].to_string().contains('x'));
        assert_eq!(drag.asked().unwrap(), 0, "the page asks for what was dropped on {field}");
        hand.press("BackSpace").unwrap();
        watched.wait_look("the fields as before", |look| look["values"] == before);
    }
}

#[test]
fn an_app_that_asks_all_the_time_reads_nothing_that_is_marked() {
    let bedside = Bedside::open(Setup::default());
    let reader = Reader::on(bedside.ward.display()).unwrap();
    bedside.hand.type_text("maria").unwrap();
    bedside.eye.wait_still().unwrap();

    let mut marking = Command::new("xdotool")
        .env("DISPLAY", bedside.ward.display())
        .args(["key", "--repeat", "100", "--delay", "5", "shift+Home", "End"])
        .spawn()
        .unwrap();
    let (mut asked, mut read) = (0, Vec::new());
    while marking.try_wait().unwrap().is_none() {
        reader.ask().unwrap();
        read.extend(reader.read().unwrap());
        asked += 1;
    }

    assert!(asked > 100, "asked {asked} times");
    assert_eq!(read, Vec::<String>::new());
}
