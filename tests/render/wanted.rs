//! A wanted value is turned back into a part and changes the field as wanted, or it is refused.
//!
//! Every field of the fleet and of the corpus that is composed of parts is asked for another value of each part, and for values that are
//! hard to write; so are some of the others. What is said to have to change is changed by an editor that knows nothing but the place, everything
//! is built again, and the field reads as wanted. Fields that identify an object or a list's item are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fluxdeck_model::render::flux::Applied;
use fluxdeck_model::render::node::{Node, Tag};
use fluxdeck_model::render::repository::{BuildOutcome, Builder};
use fluxdeck_model::render::trace::{Composition, Joint, PartRole};
use fluxdeck_model::render::tree::{Memory, Tree};
use fluxdeck_model::render::turn_back::{ScalarChange, TurnBackRefusal, turn_back};
use fluxdeck_model::render::{self, Options};

use super::origins::{Edited, Scalar, Spot, all, chooses, spot};
use super::{corpus, disk::Disk, edit, everything, fleet};

/// What is hard to write, and what is read as something else where nobody takes care.
const POOL: &[&str] = &["yes", "0755", "1e3", "~", "a: b", "a #b", "*x", "é", "'a' \"b\"", "a$b", "a${b}c", "{a: [b]}"];

/// Files and what they say instead.
type Files = [(String, String)];
/// What a field reads where files say something else; none where it is gone.
type Built<'b> = dyn FnMut(&Files) -> Result<Option<String>, String> + 'b;

/// The outcomes of wanted values.
#[derive(Default)]
struct Tally {
    wrong: Vec<String>,
    /// How often each kind of part was changed, and came out as wanted.
    right: BTreeMap<String, usize>,
    /// How often something was refused, and with what reason.
    refused: BTreeMap<String, usize>,
    /// Turned back to a place at which the editor of this test cannot write.
    unwritten: usize,
    /// Others are made of the same scalar, and cannot be built any more.
    broken: usize,
}

/// A field of something that is built.
struct Asked<'a> {
    place: String,
    object: &'a Applied,
    one: &'a Scalar<'a>,
    uses: &'a BTreeMap<Spot, usize>,
    /// It says who something is.
    is_bound: bool,
}

impl Asked<'_> {
    fn is_shared(&self, change: &ScalarChange) -> bool {
        self.uses.get(&spot(&change.origin)).is_some_and(|uses| *uses > 1)
    }
}

fn word(role: &PartRole) -> String {
    match role {
        PartRole::Variable(_) => "variable".to_owned(),
        PartRole::Default(_) => "default".to_owned(),
        PartRole::Piece(_) => "piece".to_owned(),
        other => other.word(),
    }
}

fn joint(made: &Composition) -> &'static str {
    match made.joint {
        Joint::Image => "image",
        Joint::Affix => "affix",
        Joint::Hash => "hash",
        Joint::Reference => "reference",
        Joint::Replacement { .. } => "replacement",
        Joint::Structured => "structured",
        Joint::Vars => "vars",
        Joint::Substitution(_) => "substitution",
        Joint::Pair => "pair",
        Joint::Path => "path",
    }
}

/// Where a wanted value was turned back to: `image tag`, `substitution text`, `whole`.
fn kind(node: &Node, changes: &[ScalarChange]) -> String {
    let (made, role) = (node.trace.composition(), changes.first().and_then(|change| change.role.as_ref()));
    match (made, role) {
        (Some(made), Some(role)) => format!("{} {}", joint(made), word(role)),
        _ => "whole".to_owned(),
    }
}

fn reason(refusal: &TurnBackRefusal) -> String {
    let word = format!("{refusal:?}");
    word.split(['(', ' ']).next().unwrap_or_default().to_owned()
}

/// The wanted values of a field. For identifiers (`is_bound`) only a prefix and a suffix.
fn wanted_values(one: &Scalar<'_>, is_bound: bool) -> Vec<String> {
    let mut wanted_values: Vec<_> = one.node.trace.composition().into_iter().flat_map(|made| parts(made, is_bound)).collect();
    match one.node.tag {
        _ if is_bound => {}
        Tag::Int => wanted_values.extend(["7", "41"].map(str::to_owned)),
        Tag::Bool => wanted_values.push((one.text != "true").to_string()),
        Tag::Str | Tag::None => {
            wanted_values.extend(POOL.iter().map(|wanted| (*wanted).to_owned()));
            wanted_values.push(format!("{}9", one.text));
        }
        _ => {}
    }
    wanted_values
}

/// The whole with another text of each part.
fn parts(made: &Composition, is_bound: bool) -> Vec<String> {
    let other = |text: &str| match text.as_bytes() {
        [] => "z".to_owned(),
        bytes if bytes.iter().all(u8::is_ascii_digit) => format!("{text}1"),
        // in the middle, so that the context does not matter
        _ => {
            let at = (0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            format!("{}z{}", &text[..at], &text[at..])
        }
    };
    let whole = |changed: usize| {
        let text = |(at, text): (usize, &Arc<str>)| if at == changed { other(text) } else { text.to_string() };
        made.parts.iter().map(|part| &part.text).enumerate().map(text).collect::<String>()
    };
    let is_free = |at: &usize| !is_bound || matches!(made.parts[*at].role, PartRole::Prefix | PartRole::Suffix);
    (0..made.parts.len()).filter(is_free).map(whole).collect()
}

/// Everything that a field is made of.
fn places(one: &Scalar<'_>) -> Vec<Spot> {
    let mut found = Vec::new();
    one.node.trace.any(&mut |origin| {
        found.push(spot(origin));
        false
    });
    found
}

/// What a field of an object reads.
fn reads(object: &Applied, path: &str) -> Option<String> {
    all(object).iter().find(|one| one.path == path).map(|one| one.text.to_owned())
}

/// How many fields are made of the value at each place.
fn uses<'a>(objects: impl Iterator<Item = &'a Applied>) -> BTreeMap<Spot, usize> {
    let mut found = BTreeMap::new();
    for one in objects.flat_map(all) {
        let own: BTreeSet<_> = places(&one).into_iter().collect();
        own.into_iter().for_each(|spot| *found.entry(spot).or_default() += 1);
    }
    found
}

/// Says who an object is, or an item of a merged list, or what is built.
fn is_identity(object: &Applied, one: &Scalar<'_>) -> bool {
    let kind = object.node.get("kind").and_then(Node::text).unwrap_or_default();
    matches!(one.path.as_str(), ".apiVersion" | ".kind" | ".metadata.name" | ".metadata.namespace")
        || one.path.starts_with(".metadata.finalizers[")
        || one.path == ".metadata.annotations.config.kubernetes.io/local-config"
        || [".name", ".containerPort", ".mountPath", ".key", ".port", ".protocol", ".namespace"]
            .iter()
            .any(|key| one.path.ends_with(&format!("]{key}")))
        || kind == "Kustomization" && chooses(&one.path)
        || kind == "ArtifactGenerator"
}

impl Tally {
    /// Turns a wanted value back, makes the changes, and checks that `built` gives the wanted value. `read` knows the files.
    fn ask(&mut self, asked: &Asked<'_>, wanted: &str, read: &dyn Fn(&str) -> Option<String>, built: &mut Built<'_>) {
        let (node, place) = (asked.one.node, format!("{} {} = {wanted:?}", asked.place, asked.one.path));
        let changes = match turn_back(node, wanted, asked.object.is_substituted) {
            Ok(changes) => changes,
            Err(refusal) => {
                assert!(!refusal.to_string().is_empty());
                *self.refused.entry(reason(&refusal)).or_default() += 1;
                return;
            }
        };
        let mut edited: Vec<(String, String)> = Vec::new();
        for change in &changes {
            let Some(file) = change.origin.file().map(ToString::to_string) else {
                return self.wrong.push(format!("{place}: in no file"));
            };
            let known = edited.iter().find(|(name, _)| *name == file).map(|(_, text)| text.clone());
            let text = known.or_else(|| read(&file)).and_then(|text| edit::rewritten(&text, change));
            let Some(text) = text else {
                self.unwritten += 1;
                return;
            };
            edited.retain(|(name, _)| *name != file);
            edited.push((file, text));
        }
        match built(&edited) {
            Ok(Some(text)) if text == wanted => *self.right.entry(kind(node, &changes)).or_default() += 1,
            Ok(found) => self.wrong.push(format!("{place}: is {found:?}, changed {}", shown(&changes))),
            // what others are made of or named by, or a patch tests, cannot always be changed for one
            Err(error)
                if asked.is_bound || error.contains("testing value") || changes.iter().any(|change| asked.is_shared(change)) =>
            {
                self.broken += 1;
            }
            Err(error) => self.wrong.push(format!("{place}: {error}, changed {}", shown(&changes))),
        }
    }
}

impl Tally {
    /// Nothing is wrong, each of these kinds came true, and little had to be left out.
    fn holds(&self, kinds: &[&str]) {
        let Self { wrong, right, refused, unwritten, broken } = self;
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
        let missing: Vec<_> = kinds.iter().filter(|kind| !right.contains_key(**kind)).collect();
        assert!(missing.is_empty(), "never came true: {missing:?} of {right:?}; refused: {refused:?}");
        let all: usize = right.values().sum();
        assert!((unwritten + broken) * 20 <= all, "{unwritten} not written and {broken} broken of {all}");
    }
}

fn shown(changes: &[ScalarChange]) -> String {
    let one = |change: &ScalarChange| {
        let ScalarChange { origin, old, new, .. } = change;
        format!("{}:{}:{} ({}) {old:?} to {new:?}", origin.location, origin.line, origin.column, origin.layer.word())
    };
    changes.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn texts(tree: &dyn Tree) -> impl Fn(&str) -> Option<String> {
    move |file| String::from_utf8(tree.read(file).ok()?.to_vec()).ok()
}

/// Every step-th field that was set as a whole, and every one that is composed.
fn is_asked(one: &Scalar<'_>, number: usize, step: usize) -> bool {
    one.node.trace.composition().is_some() || number.is_multiple_of(step)
}

fn changed<'t>(tree: &'t dyn Tree, edited: &'t Files) -> Edited<'t> {
    Edited { tree, files: edited.iter().map(|(file, text)| (file.as_str(), text.as_bytes().into())).collect() }
}

fn plain(node: Node) -> Applied {
    Applied::plain(node)
}

fn step() -> usize {
    if std::env::var_os("FLUXDECK_MUTATE_SECONDS").is_some() { 1 } else { 9 }
}

/// Asks everything of one folder that kustomize builds.
fn ask_folder(tally: &mut Tally, name: &str, tree: &Memory, step: usize) {
    let path = if tree.entry("overlay").is_some() { "overlay" } else { "" };
    let Ok(before) = render::build(tree, path, &Options::default()) else { return };
    let before: Vec<_> = before.objects.into_iter().map(|built| plain(built.node)).collect();
    let uses = uses(before.iter());
    for (number, object) in before.iter().enumerate() {
        for (at, one) in all(object).iter().enumerate().filter(|(at, one)| is_asked(one, *at, step)) {
            let asked = Asked { place: format!("{name} {at}"), object, one, uses: &uses, is_bound: is_identity(object, one) };
            for wanted in wanted_values(one, asked.is_bound) {
                let mut built = |edited: &Files| {
                    let after =
                        render::build(&changed(tree, edited), path, &Options::default()).map_err(|error| error.to_string())?;
                    let after = after.objects.into_iter().nth(number).map(|built| plain(built.node));
                    Ok(after.and_then(|object| reads(&object, &one.path)))
                };
                tally.ask(&asked, &wanted, &texts(tree), &mut built);
            }
        }
    }
}

#[test]
fn a_wanted_value_of_the_corpus_is_turned_back_and_built() {
    let mut tally = Tally::default();
    for case in corpus::cases("tests/fixtures/render") {
        let mut tree = Memory::default();
        fleet::copy(&Disk { root: case.clone() }, "", &mut tree);
        ask_folder(&mut tally, &corpus::name(&case), &tree, step());
    }
    tally.holds(&[
        "affix prefix",
        "affix suffix",
        "image name",
        "image tag",
        "image digest",
        "pair value",
        "replacement copied value",
        "replacement piece",
        "replacement text",
        "vars text",
        "vars variable",
        "whole",
    ]);
}

/// Asks everything that the clusters of a repository apply; of values at the same place the first.
fn ask_repository(tally: &mut Tally, name: &str, tree: &Memory, step: usize) {
    let mut builder = Builder::default();
    let before = builder.build(tree).expect("a repository");
    let mut seen = BTreeSet::new();
    let uses = uses(before.members().flat_map(|(_, member)| member.outcome.objects()));
    for (place, member) in before.members() {
        let cluster = &before.clusters[place.cluster].name;
        for (number, object) in member.outcome.objects().iter().enumerate() {
            for one in all(object) {
                if !seen.insert(places(&one)) || !is_asked(&one, seen.len(), step) {
                    continue;
                }
                let place = format!("{name} {cluster} {} {number}", member.spec.id());
                let asked = Asked { place, object, one: &one, uses: &uses, is_bound: is_identity(object, &one) };
                for wanted in wanted_values(&one, asked.is_bound) {
                    let mut built = |edited: &Files| {
                        let after = builder.build(&changed(tree, edited)).map_err(|error| error.to_string())?;
                        let of_cluster = after.clusters.iter().filter(|other| other.name == *cluster);
                        let member =
                            of_cluster.flat_map(|other| &other.members).find(|other| other.spec.id() == member.spec.id());
                        match member.map(|member| &member.outcome) {
                            Some(BuildOutcome::Failed(error)) => Err(error.to_string()),
                            Some(outcome) => Ok(outcome.objects().get(number).and_then(|object| reads(object, &one.path))),
                            None => Ok(None),
                        }
                    };
                    tally.ask(&asked, &wanted, &texts(tree), &mut built);
                }
            }
        }
    }
}

#[test]
fn a_wanted_value_of_the_fleet_is_turned_back_and_built() {
    let mut tally = Tally::default();
    ask_repository(&mut tally, "fleet", &fleet::in_memory(), 40 * step());
    ask_repository(&mut tally, "applications", &fleet::applications(), 40 * step());
    tally.holds(&["image name", "image tag", "pair value", "substitution text", "substitution variable", "whole"]);
}

#[test]
fn every_way_to_compose_a_value_is_turned_back() {
    let mut tally = Tally::default();
    let repository = Builder::default().build(&everything::tree()).expect("a repository");
    for (_, member) in repository.members() {
        assert!(matches!(&member.outcome, BuildOutcome::Built(objects) if !objects.is_empty()), "{:?}", member.outcome);
    }
    ask_repository(&mut tally, "everything", &everything::tree(), 1);
    tally.holds(&[
        "affix suffix",
        "pair value",
        "path value",
        "substitution default",
        "substitution tag",
        "substitution text",
        "substitution value",
        "substitution variable",
        "vars copied value",
        "vars piece",
        "vars text",
        "vars variable",
        "whole",
    ]);
}
