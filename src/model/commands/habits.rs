//! Keys that do something in k9s and nothing here: each says in a line what to press instead.
//!
//! A key that does something in a view is looked up there first, and a dialog takes every key itself.

use super::KeyScope;
use crate::state::Key;

/// Where there are objects on rows.
const ROWS: &[KeyScope] = &[KeyScope::Tree, KeyScope::Table];
const LISTS: &[KeyScope] = &[
    KeyScope::Tree,
    KeyScope::Table,
    KeyScope::Picker,
    KeyScope::Text,
    KeyScope::Logs,
    KeyScope::Jobs,
    KeyScope::Fields,
    KeyScope::Pulse,
    KeyScope::Events,
];

/// Keys, where they are habits, and the answer.
const HABITS: &[(&[&str], &[KeyScope], &str)] = &[
    (&["i"], ROWS, "an image is set in git: a i on the workload"),
    (&["x"], ROWS, "no value of a Secret is shown: `kubectl get secret NAME -o yaml`, or sops on its file"),
    (&["1", "2", "3", "4", "5", "6", "7", "8", "9"], LISTS, "`:ns NAME` looks at one namespace, `:ns` lists them, 0 is all"),
    (&["F", "f"], ROWS, "ports are forwarded by kubectl: `kubectl port-forward`"),
    (&["t"], ROWS, "a CronJob is triggered by kubectl: `kubectl create job --from=cronjob/NAME`"),
    (&["ctrl-k"], ROWS, "nothing is killed without a question: ctrl-d deletes"),
    (&["ctrl-u"], LISTS, "esc clears the filter"),
    (&["P", "C", "X", "I", "T"], &[KeyScope::Table], "shift-left and shift-right choose a column, O sorts by it"),
];

/// What to press in place of a key that means something in k9s.
pub fn habit(key: Key, scope: KeyScope) -> Option<&'static str> {
    let is_meant =
        |keys: &[&str], scopes: &[KeyScope]| scopes.contains(&scope) && keys.iter().any(|text| Key::parse(text) == Some(key));
    HABITS.iter().find(|(keys, scopes, _)| is_meant(keys, scopes)).map(|(.., instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::lookup;

    #[test]
    fn a_habit_is_a_key_that_does_nothing_there_and_one_line_says_what_does() {
        for (keys, scopes, instead) in HABITS {
            for (text, scope) in keys.iter().flat_map(|key| scopes.iter().map(move |scope| (key, scope))) {
                let key = Key::parse(text).unwrap_or_else(|| panic!("{text} is not a key"));
                assert!(lookup(key, *scope).is_none(), "{text} does something in {scope:?}");
                assert_eq!(habit(key, *scope), Some(*instead), "{text} has two answers in {scope:?}");
            }
            assert!(instead.len() <= 110, "one line: {instead}");
        }
    }

    #[test]
    fn the_keys_of_k9s_are_answered() {
        for key in ["i", "x", "1", "9", "F", "ctrl-k"] {
            assert!(habit(Key::parse(key).expect("a key"), KeyScope::Tree).is_some(), "{key}");
        }
    }
}
