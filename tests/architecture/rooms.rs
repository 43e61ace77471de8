//! Which room may name which: every path of every source, tests and macros included, against the tables.

use std::collections::{BTreeMap, BTreeSet};

use super::read::{self, Source};
use super::src;

/// A room of the program, the rooms that it may name, and those of the pure core.
pub struct Room {
    pub name: &'static str,
    pub program: &'static [&'static str],
    pub model: &'static [&'static str],
}

const fn room(name: &'static str, program: &'static [&'static str], model: &'static [&'static str]) -> Room {
    Room { name, program, model }
}

pub const PROGRAM: &[Room] = &[
    room("main", &["cli"], &[]),
    room(
        "cli",
        &["run", "runtime", "config", "records", "files", "cluster", "git", "programs", "demo"],
        // `commands`: which kind a word of the command line means
        &[
            "commands",
            "state",
            "playbooks",
            "change",
            "actions",
            "forms",
            "insight",
            "guards",
            "render",
            "kinds",
            "domain",
            "error",
        ],
    ),
    room("run", &["app", "runtime", "ui", "programs"], &["state", "error"]),
    room("app", &["ui"], &["commands", "state", "domain", "error"]),
    room(
        "ui",
        &[],
        &["commands", "state", "playbooks", "change", "actions", "forms", "insight", "render", "kinds", "domain", "error"],
    ),
    // what a context allows is `domain`'s
    room("config", &[], &["domain", "error"]),
    // `config`: what it says of forges, as it was read; `playbooks` and `change`: orders are planned on the thread of their repository
    room(
        "runtime",
        &["cluster", "git", "programs", "forges", "web", "catalogs", "credentials", "records", "files", "demo", "config"],
        &["state", "playbooks", "change", "actions", "forms", "insight", "guards", "render", "kinds", "domain", "error"],
    ),
    // `actions`: it sends a step and asks for a right as they are, and answers with their outcome; all three are plain data
    // `programs`: the login program of a kubeconfig is run as any other is
    room("cluster", &["programs"], &["actions", "kinds", "domain", "error"]),
    // `render`: a checkout and a commit are trees of files; `guards`: anything but a plain file is locked for everybody
    room("git", &[], &["guards", "render", "domain", "error"]),
    // `render`: what kustomize and flux print is compared with what we build; `guards`: a branch is not its base
    room("programs", &[], &["guards", "render", "domain", "error"]),
    room("records", &["files"], &["domain", "error"]),
    // `render`: its controllers apply what we build
    room("demo", &["records", "files"], &["render", "domain", "error"]),
    room("files", &[], &[]),
    room("forges", &["credentials"], &["domain", "error"]),
    // `forges`: its connections, through the same proxies
    room("web", &["forges"], &["domain"]),
    // `forges`: its connections, through the same proxies
    room("catalogs", &["forges", "credentials"], &["domain", "error"]),
    // `programs`: tokens are what other programs print
    room("credentials", &["programs"], &["domain", "error"]),
];

/// Rooms that the design has and that are not built yet, with what they may know.
pub const TO_COME: &[Room] = &[];

/// The rooms of the pure core, and which of them each may name.
pub const MODEL: &[(&str, &[&str])] = &[
    ("commands", &["state", "playbooks", "change", "actions", "forms", "insight", "kinds", "domain", "error"]),
    ("state", &["change", "actions", "forms", "insight", "render", "kinds", "domain", "error"]),
    ("actions", &["forms", "kinds", "domain", "error"]),
    ("forms", &["domain", "error"]),
    ("insight", &["guards", "render", "kinds", "domain", "error"]),
    ("playbooks", &["change", "forms", "insight", "render", "kinds", "domain", "error"]),
    ("change", &["edit", "insight", "guards", "render", "kinds", "domain", "error"]),
    ("edit", &["render", "domain", "error"]),
    ("guards", &["render", "domain", "error"]),
    ("kinds", &["domain"]),
    ("render", &["domain", "error"]),
    ("domain", &[]),
    ("error", &[]),
];

/// What a room re-exports of another, and why: an import from there names the other room unseen.
const RE_EXPORTS: &[(&str, &str, &str)] = &[
    (
        "run.rs",
        "ui::terminal::fitting_theme",
        "what the terminal is like is asked before the screen is taken, and `cli` does not know `ui`",
    ),
    ("run.rs", "ui::terminal::is_ascii_only", "the same"),
];

/// A crate's rooms, as paths lead to them.
struct Rooms {
    /// How the crate is called.
    crates: &'static [&'static str],
    names: BTreeSet<String>,
    /// What the crate's root re-exports, and the room that it belongs to.
    at_root: BTreeMap<String, String>,
}

impl Rooms {
    /// `root` is the text of the file that declares them.
    fn of(crates: &'static [&'static str], names: &[&str], root: &str) -> Self {
        let exports = read::names(root, &[]).into_iter().filter(|name| name.is_export);
        let at_root = exports.filter_map(|name| {
            let room = name.path.iter().find(|part| *part != "crate")?;
            Some((name.path.last()?.clone(), room.clone()))
        });
        Self { crates, names: names.iter().map(|name| (*name).to_owned()).collect(), at_root: at_root.collect() }
    }

    /// The room that a path leads to; none for another crate's path.
    fn named(&self, path: &[String]) -> Option<String> {
        let is_ours = self.crates.contains(&path[0].as_str());
        is_ours.then(|| match path.get(1) {
            Some(first) if self.names.contains(first) => first.clone(),
            Some(first) => self.at_root.get(first).cloned().unwrap_or_else(|| format!("`{first}`, which is not a room")),
            None => "the whole crate".to_owned(),
        })
    }
}

/// An arrow, or one that is missing, with a place where it is found.
type Arrows = BTreeMap<(String, String), String>;

/// The arrows that sources have, and what they re-export of other rooms.
fn found<'a>(sources: impl IntoIterator<Item = &'a Source>, rooms: &Rooms) -> (Arrows, BTreeSet<(String, String)>) {
    let (mut arrows, mut exported) = (Arrows::new(), BTreeSet::new());
    for source in sources {
        let here = source.room().to_owned();
        for name in &source.names {
            let Some(there) = rooms.named(&name.path).filter(|there| *there != here) else { continue };
            arrows.entry((here.clone(), there)).or_insert_with(|| format!("{}: {}", source.below, name.path.join("::")));
            if name.is_export {
                exported.insert((source.below.clone(), name.path[1..].join("::")));
            }
        }
    }
    (arrows, exported)
}

/// Arrows that are not allowed, and allowed ones that nothing needs.
fn judged<'a>(arrows: &Arrows, allowed: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let allowed: BTreeSet<_> = allowed.map(|(here, there)| (here.to_owned(), there.to_owned())).collect();
    let wrong = arrows.iter().filter(|(arrow, _)| !allowed.contains(arrow));
    let wrong = wrong.map(|((here, there), place)| format!("{here} names {there}: {place}"));
    let idle = allowed.iter().filter(|arrow| !arrows.contains_key(arrow));
    wrong.chain(idle.map(|(here, there)| format!("{here} may name {there}, and does not: it leaves the table"))).collect()
}

fn assert_none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} arrows that the tables do not have:\n{}", wrong.len(), wrong.join("\n"));
}

fn of_program() -> impl Iterator<Item = &'static Source> {
    read::PROGRAM.iter().filter(|source| source.room() != "lib")
}

fn text(path: &str) -> String {
    std::fs::read_to_string(src().join(path)).expect("a file of the crate")
}

fn program_rooms() -> Rooms {
    let names: Vec<_> = PROGRAM.iter().map(|room| room.name).collect();
    Rooms::of(&["crate", "fluxdeck"], &names, &text("lib.rs"))
}

fn model_rooms(crates: &'static [&'static str]) -> Rooms {
    let names: Vec<_> = MODEL.iter().map(|(room, _)| *room).collect();
    Rooms::of(crates, &names, &text("model/lib.rs"))
}

/// Without what all rooms test with.
fn of_model() -> impl Iterator<Item = &'static Source> {
    read::MODEL.iter().filter(|source| !matches!(source.room(), "lib" | "testing"))
}

#[test]
fn rooms_of_the_program_name_only_those_they_may() {
    let (arrows, _) = found(of_program(), &program_rooms());
    assert_none(&judged(&arrows, PROGRAM.iter().flat_map(|room| room.program.iter().map(|there| (room.name, *there)))));
}

#[test]
fn rooms_of_the_program_name_only_what_they_may_of_the_pure_core() {
    let (arrows, _) = found(of_program(), &model_rooms(&["fluxdeck_model"]));
    assert_none(&judged(&arrows, PROGRAM.iter().flat_map(|room| room.model.iter().map(|there| (room.name, *there)))));
}

#[test]
fn rooms_of_the_pure_core_name_only_those_they_may() {
    let mut rooms = model_rooms(&["crate", "fluxdeck_model"]);
    rooms.at_root.insert("testing".to_owned(), "testing".to_owned());
    let (mut arrows, _) = found(of_model(), &rooms);
    arrows.retain(|(_, there), _| there != "testing");
    assert_none(&judged(&arrows, MODEL.iter().flat_map(|(room, others)| others.iter().map(|there| (*room, *there)))));
}

#[test]
fn no_room_exports_what_belongs_to_another() {
    let mut exported = found(of_program(), &program_rooms()).1;
    exported.extend(found(of_program(), &model_rooms(&["fluxdeck_model"])).1);
    let of_model = found(of_model(), &model_rooms(&["crate", "fluxdeck_model"])).1;
    exported.extend(of_model.into_iter().map(|(file, what)| (format!("model/{file}"), what)));
    let known = RE_EXPORTS.iter().map(|(file, what, _)| ((*file).to_owned(), (*what).to_owned())).collect();
    assert_eq!(exported, known, "import it from its own room; what is no longer re-exported leaves the list");
}

#[test]
fn every_room_is_in_the_tables_and_every_one_to_come_is_not_there() {
    let rooms: BTreeSet<_> = of_program().map(Source::room).collect();
    assert_eq!(rooms, PROGRAM.iter().map(|room| room.name).collect());
    let rooms: BTreeSet<_> = of_model().map(Source::room).collect();
    assert_eq!(rooms, MODEL.iter().map(|(room, _)| *room).collect());
    for room in TO_COME {
        assert!(!src().join(room.name).exists(), "{} has come: it goes up into the table", room.name);
    }
}

/// Each way to name a room, in sources of a crate with the rooms `a`, `b` and `c`, of which `a` may name `b` alone.
#[test]
fn every_way_to_name_a_room_is_judged() {
    let rooms = Rooms::of(
        &["crate", "it"],
        &["a", "b", "c"],
        "pub mod a; pub mod b; pub mod c; pub use c::Thing; pub use crate::b::Other;",
    );
    let fine = "use crate::b::x; use crate::a::y; use other::c::z;";
    for (text, wrong) in [
        ("", ""),
        ("use crate::c;", "a names c"),
        ("use crate::{b, c};", "a names c"),
        ("use crate::{a::x, b::{y, z}, c::w};", "a names c"),
        ("use it::{b::{self, x}, c::{y::{self}}};", "a names c"),
        ("fn f() { crate::c::g() }", "a names c"),
        ("fn f() { super::super::c::g() }", "a names c"),
        ("use super::super::{b, c::g};", "a names c"),
        ("mod inner { fn f() { super::super::super::c::g() } }", "a names c"),
        ("mod tests { use super::super::super::*; }", "a names `*`, which is not a room"),
        ("vec![crate::c::g()];", "a names c"),
        ("use crate::Thing;", "a names c"),
        ("use crate::Other;", ""),
        ("use crate::Unknown;", "a names `Unknown`, which is not a room"),
        ("use it as me; fn f() { me::c::g() }", "a names c a names the whole crate"),
        ("use crate::{self as me};", "a names the whole crate"),
        ("use crate::*;", "a names `*`, which is not a room"),
        ("// crate::c\nconst C: &str = \"crate::c\";", ""),
    ] {
        let source = Source { below: "a/leaf.rs".to_owned(), names: read::names(&format!("{fine} {text}"), &["a", "leaf"]) };
        let judged = judged(&found(&[source], &rooms).0, [("a", "b")].into_iter());
        let judged: Vec<_> = judged.iter().map(|wrong| wrong.split(": ").next().unwrap_or_default()).collect();
        assert_eq!(judged.join(" "), wrong, "{text}");
    }
    assert_eq!(judged(&Arrows::new(), [("a", "b")].into_iter()), ["a may name b, and does not: it leaves the table"]);
    let names = read::names("pub use crate::b::x; pub(crate) use it::c; use crate::b::y; pub use crate::a::z;", &["a"]);
    let source = Source { below: "a.rs".to_owned(), names };
    let exported: Vec<_> = found(&[source], &rooms).1.into_iter().map(|(_, what)| what).collect();
    assert_eq!(exported, ["b::x", "c"]);
}
