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

    #[test]
    fn every_key_parses_and_no_scope_binds_one_twice() {
        let scopes = [
            KeyScope::Everywhere,
            KeyScope::Tree,
            KeyScope::Table,
            KeyScope::Picker,
            KeyScope::Text,
            KeyScope::Logs,
            KeyScope::Jobs,
            KeyScope::Fields,
            KeyScope::File,
            KeyScope::Review,
            KeyScope::Pulls,
            KeyScope::Why,
            KeyScope::Graph,
        ];
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
