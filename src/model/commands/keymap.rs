//! From keys to commands and back.

use super::{Command, KeyScope, all};
use crate::state::Key;

/// Returns the command behind a key: the view's own scope first, then what works everywhere.
pub fn lookup(key: Key, scope: KeyScope) -> Option<&'static Command> {
    let bound = |wanted: KeyScope| {
        all().find(move |command| {
            command.scopes.contains(&wanted) && command.keys.iter().any(|text| Key::parse(text) == Some(key))
        })
    };
    bound(scope).or_else(|| bound(KeyScope::Everywhere))
}

/// How a command's keys are written in help: `j ↓`.
pub fn keys_of(command: &Command) -> String {
    command.keys.iter().map(|key| pretty(key)).collect::<Vec<_>>().join(" ")
}

/// How one key is written on the screen.
pub fn pretty(key: &str) -> String {
    match key {
        "down" => "↓".to_owned(),
        "up" => "↑".to_owned(),
        "left" => "←".to_owned(),
        "right" => "→".to_owned(),
        "enter" => "⏎".to_owned(),
        "shift-left" => "⇧←".to_owned(),
        "shift-right" => "⇧→".to_owned(),
        key => key.replace("ctrl-", "^"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{Cx, Gesture, Handler, Outbox, Screen, Subject, Transition};
    use crate::domain::{ClusterId, GroupKind, ObjectRef};
    use crate::state::{Beginning, State};

    #[test]
    fn every_key_parses_and_no_scope_binds_one_twice() {
        let scopes = std::iter::once(KeyScope::Everywhere).chain(KeyScope::VIEWS.iter().copied());
        for scope in scopes {
            let mut seen = std::collections::BTreeMap::new();
            for command in all().filter(|command| command.scopes.contains(&scope)) {
                for key in command.keys {
                    assert!(Key::parse(key).is_some(), "{key} of {} is not a key", command.doc);
                    let other = seen.insert(*key, &*command.doc);
                    assert_eq!(other, None, "{key} means two things in {scope:?}");
                }
            }
        }
    }

    /// The key to why, wherever something is about one object: `w`, or `W` where `w` means something else.
    #[test]
    fn from_every_scope_that_shows_an_object_a_key_leads_to_why() {
        let state = State::new(Beginning::default());
        let gk = GroupKind::new("kustomize.toolkit.fluxcd.io", "Kustomization");
        let object = ObjectRef::new(ClusterId(0), gk, "apps", "web");
        for (scope, key) in [
            (KeyScope::Tree, "w"),
            (KeyScope::Table, "w"),
            (KeyScope::Fields, "w"),
            (KeyScope::Events, "w"),
            (KeyScope::Pulse, "w"),
            (KeyScope::Values, "w"),
            (KeyScope::Graph, "w"),
            (KeyScope::ControllerLogs, "W"),
            (KeyScope::Commit, "W"),
            (KeyScope::Text, "W"),
            (KeyScope::Logs, "W"),
            (KeyScope::File, "W"),
            (KeyScope::Jobs, "W"),
            (KeyScope::Review, "W"),
            (KeyScope::Picker, "W"),
        ] {
            let command = lookup(Key::parse(key).expect("a key"), scope).unwrap_or_else(|| panic!("{scope:?}"));
            for targets in [vec![object.clone()], Vec::new()] {
                let mut out = Outbox::default();
                let mut cx = Cx { state: &state, scope, targets: targets.clone(), out: &mut out };
                let done = command.run.carry_out(&mut cx, "");
                assert_eq!(done.is_ok(), !targets.is_empty(), "{scope:?}");
                let opened = targets.into_iter().map(|object| Transition::Open(Screen::WHY, Subject::Object(object)));
                assert_eq!(out.transitions, opened.collect::<Vec<_>>(), "{scope:?}");
            }
        }
        // a pull request is about what it changes: the view knows that
        let of_pulls = lookup(Key::parse("W").expect("a key"), KeyScope::Pulls).expect("a command");
        assert!(matches!(of_pulls.run, Handler::Gesture(Gesture::Why)));
        let of_why = lookup(Key::parse("w").expect("a key"), KeyScope::Why).expect("a command");
        assert!(of_why.doc.contains("all that is broken"));
    }

    #[test]
    fn no_name_is_taken_twice() {
        let mut seen = std::collections::BTreeSet::new();
        for command in all() {
            for name in std::iter::once(&command.name).chain(command.aliases).filter(|name| !name.is_empty()) {
                assert!(seen.insert(*name), "{name} names two commands");
            }
        }
    }
}
