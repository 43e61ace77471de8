//! What a source names: its paths made absolute, and the methods that it calls. Read from its tokens, so that comments and texts count
//! for nothing, and macros for as much as any other code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// A path, as `["crate", "ui", "theme"]` or `["std", "fs", "read"]`, or a method, as `[".exists"]`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub path: Vec<String>,
    /// It is named so that others can name it here.
    pub is_export: bool,
    pub is_of_tests: bool,
}

/// A module that is a file of its own.
struct Child {
    name: String,
    path: Option<String>,
    is_of_tests: bool,
}

#[derive(Default)]
struct Reader {
    names: BTreeSet<Name>,
    children: Vec<Child>,
    /// What a name of this file stands for. Scopes are not distinguished: a name may have several meanings.
    imports: BTreeMap<String, BTreeSet<Vec<String>>>,
}

/// A position in the tree of modules.
#[derive(Clone)]
struct Scope {
    module: Vec<String>,
    is_of_tests: bool,
}

/// A source file of a crate, with what it names.
pub struct Source {
    /// Below the crate's root, as `ui/theme.rs`.
    pub below: String,
    pub names: BTreeSet<Name>,
}

impl Source {
    /// The first folder, or the file's name, below the crate's root.
    pub fn room(&self) -> &str {
        self.below.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }
}

/// The sources of the program, without the pure core.
pub static PROGRAM: LazyLock<Vec<Source>> = LazyLock::new(|| sources(&super::src(), |source| source.room() != "model"));

/// Those of the pure core.
pub static MODEL: LazyLock<Vec<Source>> = LazyLock::new(|| sources(&super::src().join("model"), |_| true));

/// Reads all sources below a crate's root; what is compiled for tests alone is known by its `mod` line.
fn sources(root: &Path, is_wanted: impl Fn(&Source) -> bool) -> Vec<Source> {
    let (mut found, mut of_tests) = (Vec::new(), BTreeSet::new());
    for (path, text) in super::sources(root) {
        let below = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
        let mut source = Source { below, names: BTreeSet::new() };
        if !is_wanted(&source) {
            continue;
        }
        let module = module(&source.below);
        let reader = Reader::read(&text, &module);
        for child in reader.children.iter().filter(|child| child.is_of_tests) {
            of_tests.insert(place(&path, &module, child));
        }
        source.names = reader.names;
        found.push((path, source));
    }
    for (path, source) in &mut found {
        // a module's folder goes with it
        if of_tests.iter().any(|module| path.starts_with(module) || path.with_extension("") == *module) {
            source.names = std::mem::take(&mut source.names).into_iter().map(|name| Name { is_of_tests: true, ..name }).collect();
        }
    }
    found.into_iter().map(|(_, source)| source).collect()
}

/// The path of a file's module, without the crate.
fn module(below: &str) -> Vec<String> {
    let parts = below.trim_end_matches(".rs").split('/');
    parts.filter(|part| !matches!(*part, "mod" | "lib" | "main")).map(str::to_owned).collect()
}

/// The path of a module that a file declares, without `.rs`.
fn place(file: &Path, module: &[String], child: &Child) -> PathBuf {
    let folder = file.parent().expect("a file has a folder");
    let is_folders = file.ends_with("mod.rs") || module.is_empty();
    match &child.path {
        Some(path) => folder.join(path).with_extension(""),
        None if is_folders => folder.join(&child.name),
        None => file.with_extension("").join(&child.name),
    }
}

/// What a source names in that module.
pub fn names(text: &str, module: &[&str]) -> BTreeSet<Name> {
    Reader::read(text, &module.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>()).names
}

impl Reader {
    fn read(text: &str, module: &[String]) -> Self {
        let tokens: TokenStream = text.parse().expect("a source that compiles");
        let mut reader = Self::default();
        let scope = Scope { module: module.to_vec(), is_of_tests: false };
        // first what names stand for, then what is named
        reader.walk(tokens.clone(), &scope);
        reader.names.clear();
        reader.children.clear();
        reader.walk(tokens, &scope);
        reader
    }

    fn walk(&mut self, tokens: TokenStream, scope: &Scope) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let (mut at, mut attributes) = (0, Attributes::default());
        while at < tokens.len() {
            let inner = Scope { is_of_tests: scope.is_of_tests || attributes.is_of_tests, ..scope.clone() };
            match &tokens[at] {
                // `impl Stream + use<>` imports nothing
                TokenTree::Ident(word) if *word == "use" && !is_punct(&tokens, at + 1, '<') => {
                    at = self.import(&tokens, at, &inner);
                    attributes = Attributes::default();
                }
                TokenTree::Ident(word) if *word == "mod" && matches!(tokens.get(at + 1), Some(TokenTree::Ident(_))) => {
                    at = self.declare(&tokens, at, &attributes, &inner);
                    attributes = Attributes::default();
                }
                TokenTree::Ident(_) => at = self.path(&tokens, at, &inner),
                TokenTree::Group(group) => {
                    if is_punct(&tokens, at.wrapping_sub(1), '#') {
                        attributes.take(group);
                    }
                    self.walk(group.stream(), &inner);
                    if group.delimiter() == Delimiter::Brace {
                        attributes = Attributes::default();
                    }
                    at += 1;
                }
                TokenTree::Punct(punct) => {
                    if punct.as_char() == ';' {
                        attributes = Attributes::default();
                    }
                    at += 1;
                }
                TokenTree::Literal(_) => at += 1,
            }
        }
    }

    /// `mod name;` or `mod name { … }`.
    fn declare(&mut self, tokens: &[TokenTree], at: usize, attributes: &Attributes, scope: &Scope) -> usize {
        let name = word(tokens, at + 1).expect("looked at before");
        match tokens.get(at + 2) {
            Some(TokenTree::Group(body)) => {
                let mut inner = scope.clone();
                inner.module.push(name);
                self.walk(body.stream(), &inner);
            }
            _ => self.children.push(Child { name, path: attributes.path.clone(), is_of_tests: scope.is_of_tests }),
        }
        at + 3
    }

    /// A path of code, or a method.
    fn path(&mut self, tokens: &[TokenTree], at: usize, scope: &Scope) -> usize {
        let (path, next) = segments(tokens, at);
        let is_after_point = is_punct(tokens, at.wrapping_sub(1), '.') && !is_punct(tokens, at.wrapping_sub(2), '.');
        if is_after_point {
            self.say(vec![format!(".{}", path[0])], false, scope);
        } else if path.len() > 1 {
            for path in self.absolute(path, scope) {
                self.say(path, false, scope);
            }
        }
        next
    }

    /// `use …;`, each name of its groups for itself.
    fn import(&mut self, tokens: &[TokenTree], at: usize, scope: &Scope) -> usize {
        let is_export = match tokens.get(at.wrapping_sub(1)) {
            Some(TokenTree::Ident(word)) => *word == "pub",
            Some(TokenTree::Group(group)) => {
                group.delimiter() == Delimiter::Parenthesis && word(tokens, at.wrapping_sub(2)).is_some_and(|w| w == "pub")
            }
            _ => false,
        };
        let end = (at..tokens.len()).find(|at| is_punct(tokens, *at, ';')).unwrap_or(tokens.len());
        for (path, alias) in tree(&tokens[at + 1..end], &[]) {
            for path in self.absolute(path.clone(), scope) {
                let name = alias.clone().or_else(|| path.last().cloned()).expect("a path has a part");
                self.imports.entry(name).or_default().insert(path.clone());
                self.say(path, is_export, scope);
            }
        }
        end + 1
    }

    fn say(&mut self, path: Vec<String>, is_export: bool, scope: &Scope) {
        self.names.insert(Name { path, is_export, is_of_tests: scope.is_of_tests });
    }

    /// The path from the root of a crate, as far as its first part is known; in each way that it may be meant.
    fn absolute(&self, path: Vec<String>, scope: &Scope) -> Vec<Vec<String>> {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let (from, rest) = match path[0].as_str() {
            "crate" => (Vec::new(), &path[1..]),
            "self" => {
                let supers = path[1..].iter().take_while(|part| *part == "super").count();
                (scope.module[..scope.module.len().saturating_sub(supers)].to_vec(), &path[1 + supers..])
            }
            "super" => (scope.module[..scope.module.len().saturating_sub(supers)].to_vec(), &path[supers..]),
            first => {
                let meant = self.imports.get(first).filter(|meant| !meant.contains(&path[..1]));
                return match meant {
                    Some(meant) => meant.iter().map(|meant| [meant, &path[1..]].concat()).collect(),
                    None => vec![path],
                };
            }
        };
        vec![std::iter::once("crate".to_owned()).chain(from).chain(rest.iter().cloned()).collect()]
    }
}

/// What the attributes before an item say of it.
#[derive(Default)]
struct Attributes {
    is_of_tests: bool,
    path: Option<String>,
}

impl Attributes {
    fn take(&mut self, group: &Group) {
        let tokens: Vec<_> = group.stream().into_iter().collect();
        match word(&tokens, 0).as_deref() {
            Some("cfg") => {
                let condition = group.to_string();
                let says = |word: &str| condition.split(|c: char| !c.is_alphanumeric()).any(|part| part == word);
                self.is_of_tests |= says("test") && !says("not") && !says("any");
            }
            Some("path") => self.path = tokens.last().map(|literal| literal.to_string().trim_matches('"').to_owned()),
            _ => {}
        }
    }
}

/// The parts of a tree of imports, each with the name that it is given.
fn tree(tokens: &[TokenTree], before: &[String]) -> Vec<(Vec<String>, Option<String>)> {
    let mut found = Vec::new();
    for part in tokens.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')) {
        let (mut path, mut alias, mut at) = (before.to_vec(), None, 0);
        let mut group = None;
        while at < part.len() {
            match &part[at] {
                TokenTree::Ident(word) if *word == "as" => {
                    alias = self::word(part, at + 1);
                    at += 1;
                }
                TokenTree::Ident(word) => path.push(bare(&word.to_string())),
                TokenTree::Punct(punct) if punct.as_char() == '*' => path.push("*".to_owned()),
                TokenTree::Group(inner) => group = Some(inner.stream().into_iter().collect::<Vec<_>>()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
            at += 1;
        }
        if let Some(group) = group {
            found.extend(tree(&group, &path));
            continue;
        }
        // `a::{self}` is `a`
        if path.len() > before.len() && !before.is_empty() && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        if !part.is_empty() {
            found.push((path, alias));
        }
    }
    found
}

/// The parts of a path that begins there, and where it ends.
fn segments(tokens: &[TokenTree], at: usize) -> (Vec<String>, usize) {
    let (mut path, mut at) = (vec![word(tokens, at).expect("a path begins with a word")], at + 1);
    while is_punct(tokens, at, ':') && is_punct(tokens, at + 1, ':') {
        let Some(next) = word(tokens, at + 2) else { break };
        path.push(next);
        at += 3;
    }
    (path, at)
}

fn word(tokens: &[TokenTree], at: usize) -> Option<String> {
    match tokens.get(at)? {
        TokenTree::Ident(word) => Some(bare(&word.to_string())),
        _ => None,
    }
}

fn bare(word: &str) -> String {
    word.trim_start_matches("r#").to_owned()
}

fn is_punct(tokens: &[TokenTree], at: usize, what: char) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == what)
}

/// What is found, by the forms in which it may be written.
#[test]
fn every_form_of_a_name_is_found() {
    for (text, named) in [
        ("use crate::ui::theme::Depth;", "crate::ui::theme::Depth"),
        (
            "use crate::{app, ui::{layer, theme::{Depth, *}}};",
            "crate::app crate::ui::layer crate::ui::theme::* crate::ui::theme::Depth",
        ),
        ("use crate::ui::{self, layer};", "crate::ui crate::ui::layer"),
        ("use crate::ui as screen; fn f() { screen::draw() }", "crate::ui crate::ui::draw"),
        ("use fluxdeck_model::{domain, state::{jobs::{Job}}};", "fluxdeck_model::domain fluxdeck_model::state::jobs::Job"),
        ("use fluxdeck_model as core; type T = core::state::State;", "fluxdeck_model fluxdeck_model::state::State"),
        ("use ::kube::Client;", "kube::Client"),
        ("fn f(of: &crate::git::Checkout) {}", "crate::git::Checkout"),
        ("fn f() -> Vec<::kube::Client> { <crate::git::A as crate::ui::B>::c() }", "crate::git::A crate::ui::B kube::Client"),
        ("super::super::ui::draw();", "crate::ui::draw"),
        ("super::look();", "crate::runtime::look"),
        (
            "mod tests { use super::super::super::ui; mod inner { fn f() { super::super::super::super::ui::draw() } } }",
            "crate::ui crate::ui::draw",
        ),
        ("self::super::super::ui::draw();", "crate::ui::draw"),
        ("println!(\"{}\", crate::ui::draw());", "crate::ui::draw"),
        ("tokio::select! { a = std::fs::read(b) => c.exists(), }", ".exists std::fs::read tokio::select"),
        ("use std::fs; fn f() { fs::read(a) }", "std::fs std::fs::read"),
        ("use std::time::Instant as Moment; fn f() { Moment::now() }", "std::time::Instant std::time::Instant::now"),
        ("#[derive(serde::Serialize)] struct A { b: r#loop::C }", "loop::C serde::Serialize"),
        ("for a in 0..b.len() { c.is_dir(); d.e }", ".e .is_dir .len"),
        ("// crate::ui\n/// crate::ui\n/* crate::ui */ const A: &str = \"crate::ui\";", ""),
    ] {
        let found: Vec<_> = names(text, &["runtime", "acts"]).into_iter().map(|name| name.path.join("::")).collect();
        assert_eq!(found.join(" "), named, "{text}");
    }
}

#[test]
fn what_is_for_tests_and_what_is_for_others_is_known() {
    let text = "use a::b; pub use c::d; pub(in crate::x) use e::f; #[cfg(test)] use g::{h, i}; use j::k;\
                #[cfg(all(test, unix))] mod tests { fn l() { m::n() } } fn o() { p::q() }\
                #[cfg(not(test))] mod other { use r::s; } #[cfg(test)] fn t() { u::v() } fn w() { x::y() }";
    let all = names(text, &["runtime"]);
    let those =
        |is: fn(&Name) -> bool| all.iter().filter(|name| is(name)).map(|name| name.path.join("::")).collect::<Vec<_>>().join(" ");
    assert_eq!(those(|name| name.is_export), "c::d e::f");
    assert_eq!(those(|name| name.is_of_tests), "g::h g::i m::n u::v");
}
