//! Changed files that SOPS encrypts. Without the key nobody can read them, but they can be checked for values that are no longer
//! encrypted.
//!
//! Which values are encrypted: sops v3 `sops.go` (`Tree.Encrypt`, `shouldBeEncrypted`): suffixes and expressions of its `sops`
//! block are tried on every part of a value's path; empty texts and nulls stay as they are.

use super::guard::RULE as GUARD;
use super::{Finding, Level, not_checked};
use crate::domain::go_pattern;
use crate::guards::encrypted_at;
use crate::insight::named::{group, shown};
use crate::insight::setting::called;
use crate::render::node::{Layer, Node, Origin, Value};
use crate::render::read::{TextPlace, documents};
use crate::render::repository::Repository;
use crate::render::tree::Tree;

/// What sops leaves open where nothing else is said.
const OPEN_SUFFIX: &str = "_unencrypted";
const HINT: &str = "encrypt it with sops, and give the secret another value: this one is in git's history";

const UNSEEN: &str = "`sops diff` and `sops decrypt` show it to who has the key";

/// What is to be said of a changed file that is encrypted, or was.
pub fn guard(path: &str, now: &dyn Tree, before: Option<&dyn Tree>) -> Vec<Finding> {
    let text = |tree: &dyn Tree| tree.read(path).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let (now, before) = (text(now), before.and_then(text));
    let is_hidden = |text: &Option<String>| text.as_deref().is_some_and(|text| encrypted_at(text.as_bytes()).is_some());
    let one = |level, rule: &'static super::Rule, say: fn(&str) -> String, hint: &str| Finding {
        file: path.to_owned(),
        ..Finding::about(level, rule, format!("`{path}`"), say).hint(hint)
    };
    match (&now, is_hidden(&now)) {
        (Some(text), true) => {
            let open = open_values(path, text);
            let say: fn(&str) -> String = |path| format!("{path} is encrypted by SOPS: its content was not checked");
            let open_value = |(at, origin): (String, Origin)| {
                let say = |value: &str| format!("{value} is not encrypted, where SOPS encrypts it");
                Finding::about(Level::Error, &GUARD, format!("`{at}` of `{path}`"), say).hint(HINT).at(&origin)
            };
            open.into_iter().map(open_value).chain([one(Level::Note, &not_checked::RULE, say, UNSEEN)]).collect()
        }
        (Some(_), false) if is_hidden(&before) => {
            vec![one(Level::Error, &GUARD, |path| format!("{path} was encrypted by SOPS and no longer is"), HINT)]
        }
        (None, _) if is_hidden(&before) => {
            let say: fn(&str) -> String = |path| format!("{path} was encrypted by SOPS and is gone: its content was not checked");
            vec![one(Level::Note, &not_checked::RULE, say, UNSEEN)]
        }
        _ => Vec::new(),
    }
}

/// Objects whose values were encrypted in git and are open now, wherever they stand: a file may have been renamed on the way.
pub fn opened(before: &Repository, after: &Repository) -> Vec<(Finding, String)> {
    let key = |who: &str, node: &Node| (who.to_owned(), group(node).to_owned(), shown(node));
    let hidden: std::collections::BTreeSet<_> = super::all(before)
        .filter(|(_, object)| object.is_encrypted)
        .map(|(place, object)| key(&called(before, place), &object.node))
        .collect();
    let mut found = Vec::new();
    for (place, object) in super::all(after).filter(|(_, object)| !object.is_encrypted) {
        let who = called(after, place);
        if hidden.contains(&key(&who, &object.node)) {
            let say = |name: &str| format!("{name} was encrypted by SOPS and no longer is");
            let one = Finding::about(Level::Error, &GUARD, shown(&object.node), say).hint(HINT);
            found.push((one.at(object.node.origin()), who));
        }
    }
    found
}

/// Values of an encrypted YAML or JSON file that SOPS would have encrypted, with their paths.
fn open_values(path: &str, text: &str) -> Vec<(String, Origin)> {
    // a file that is not YAML is reported by the build
    let nodes = documents(text.as_bytes(), &TextPlace::file(&path.into(), Layer::Resource)).unwrap_or_default();
    let mut found = Vec::new();
    for node in &nodes {
        let Some(block) = node.get("sops").filter(|block| block.is_map()) else { continue };
        let Some(rule) = Rule::of(block) else { continue };
        for entry in node.entries().iter().filter(|entry| entry.key.text() != Some("sops")) {
            walk(&entry.value, &mut vec![entry.key.text().unwrap_or_default().to_owned()], &rule, &mut found);
        }
    }
    found
}

fn walk(node: &Node, path: &mut Vec<String>, rule: &Rule, found: &mut Vec<(String, Origin)>) {
    match &node.value {
        Value::Map(entries) => entries.iter().for_each(|entry| {
            path.push(entry.key.text().unwrap_or_default().to_owned());
            walk(&entry.value, path, rule, found);
            path.pop();
        }),
        Value::List(items) => items.iter().for_each(|item| walk(item, path, rule, found)),
        Value::Scalar(text) => {
            if !text.is_empty() && !node.is_null() && !text.starts_with("ENC[") && rule.hides(path) {
                found.push((path.join("."), node.origin().clone()));
            }
        }
    }
}

/// Which values of a file are encrypted.
enum Rule {
    AllBut(Box<dyn Fn(&str) -> bool>),
    Only(Box<dyn Fn(&str) -> bool>),
}

impl Rule {
    /// None where the block names an expression that cannot be tried here.
    fn of(block: &Node) -> Option<Self> {
        let text = |key: &str| block.get(key).and_then(Node::text).filter(|text| !text.is_empty()).map(str::to_owned);
        let ends = |suffix: String| Box::new(move |part: &str| part.ends_with(&suffix));
        let matches =
            |pattern: String| go_pattern::compile(&pattern).map(|pattern| Box::new(move |part: &str| pattern.is_match(part)));
        if let Some(pattern) = text("encrypted_regex") {
            return Some(Self::Only(matches(pattern)?));
        }
        if let Some(pattern) = text("unencrypted_regex") {
            return Some(Self::AllBut(matches(pattern)?));
        }
        if let Some(suffix) = text("encrypted_suffix") {
            return Some(Self::Only(ends(suffix)));
        }
        // expressions on comments: comments are not read here
        if ["encrypted_comment_regex", "unencrypted_comment_regex"].into_iter().any(|key| text(key).is_some()) {
            return None;
        }
        Some(Self::AllBut(ends(text("unencrypted_suffix").unwrap_or_else(|| OPEN_SUFFIX.to_owned()))))
    }

    fn hides(&self, path: &[String]) -> bool {
        match self {
            Self::AllBut(is_open) => !path.iter().any(|part| is_open(part)),
            Self::Only(is_hidden) => path.iter().any(|part| is_hidden(part)),
        }
    }
}
