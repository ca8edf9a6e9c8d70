//! The TypeScript side of the view: one file, written from the Rust types.
//!
//! `UPDATE_BINDINGS=1 cargo test -p agent-runtime --test bindings` writes it; without the variable the test
//! fails when the committed file is stale.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::{collections::BTreeMap, path::PathBuf};

use agent_runtime::{intent::Intent, view::ViewModel};
use ts_rs::{Config, TS, TypeVisitor};

#[test]
fn bindings_are_fresh() {
    let path = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap())
        .join("../../ui/src/lib/generated/bindings.ts");
    let generated = bindings();

    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &generated).unwrap();
    }

    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "ui/src/lib/generated/bindings.ts is stale: run `cargo xtask bindings`");
}

#[test]
fn a_secret_has_no_place_in_what_the_screen_is_told() {
    let mut view = Declarations::new();
    view.visit::<ViewModel>();

    let told = view.by_name.values().cloned().collect::<String>().to_lowercase();
    for word in ["password", "credential", "token", "badge_number", "totp"] {
        let as_a_field = format!("{word}:");
        assert!(!told.contains(&as_a_field), "{word} is told to the screen");
    }
}

fn bindings() -> String {
    let mut declarations = Declarations::new();
    declarations.visit::<ViewModel>();
    declarations.visit::<Intent>();
    let mut text =
        String::from("// Written by `cargo xtask bindings` from crates/agent-runtime. Do not edit.\n");
    for line in declarations.by_name.values().flat_map(|declaration| declaration.lines()) {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Each type once, by name: the order in which the derive tells dependencies differs from build to build.
struct Declarations {
    config: Config,
    by_name: BTreeMap<String, String>,
}

impl Declarations {
    fn new() -> Self {
        Self { config: Config::new(), by_name: BTreeMap::new() }
    }
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        let name = T::ident(&self.config);
        // Types without a path of their own are TypeScript's: string, number, boolean.
        if T::output_path().is_none() || self.by_name.contains_key(&name) {
            return;
        }
        let docs = T::docs().unwrap_or_default();
        let declaration = T::decl(&self.config);
        self.by_name.insert(name, format!("\n{docs}export {declaration}\n"));
        T::visit_dependencies(self);
    }
}
