//! Valid inputs, mutated at random: a build or a substitution ends with a result that can be read again, or with a meaningful
//! error; it never panics, and gives the same result twice.
//!
//! A few hundred in every run, always the same; `FLUXDECK_MUTATE_SECONDS=60` continues for a minute with others.

use proptest::prelude::*;

use super::node::{Layer, Node, Origin, Trace, Value};
use super::read::{self, TextPlace};
use super::substitute::{self, Switches, Unset, Variables};
use super::tree::Memory;
use super::turn_back::turn_back;
use super::{Options, build, write};
use crate::testing::holds;

/// Cases in one round.
const CASES: u32 = 150;

/// One edit of a text; places are parts of its length.
#[derive(Clone, Debug)]
enum Edit {
    Delete {
        at: u16,
        length: u8,
    },
    Insert {
        at: u16,
        what: &'static str,
    },
    Repeat {
        at: u16,
        length: u8,
        times: u8,
    },
    /// Two lines change their places.
    Swap {
        one: u16,
        other: u16,
    },
    Cut {
        at: u16,
    },
}

const PIECES: &[&str] = &[
    "\n",
    " ",
    "  ",
    "\t",
    ":",
    ": ",
    "- ",
    "-",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    "\"",
    "|",
    "|-\n",
    ">",
    "&a",
    "*a",
    "!!str ",
    "!!int ",
    "#",
    "---\n",
    "...\n",
    "null",
    "~",
    "true",
    "0755",
    "1e3",
    ".inf",
    "2024-01-01",
    "$patch: delete",
    "$patch: replace\n",
    "<<: ",
    "? ",
    "%YAML 1.1\n",
    "\u{0}",
    "\u{feff}",
    "é",
    "😀",
    "\r\n",
    "name: web\n",
    "kind: List\n",
    "items:\n",
    "../",
    "/",
    "..",
    "*",
    "(",
    "$(A)",
    "${a}",
    "${a:=",
    "${",
    "$$",
    "}",
    "${a/",
    "${#a}",
    "resources: [.]\n",
    "namespace: x\n",
    "namePrefix: p-\n",
    "99999999999999999999",
    "-1",
    "\\",
    "a: &a [*a]\n",
];

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<u16>(), any::<u8>()).prop_map(|(at, length)| Edit::Delete { at, length }),
        (any::<u16>(), 0..PIECES.len()).prop_map(|(at, what)| Edit::Insert { at, what: PIECES[what] }),
        (any::<u16>(), any::<u8>(), 1..4_u8).prop_map(|(at, length, times)| Edit::Repeat { at, length, times }),
        (any::<u16>(), any::<u16>()).prop_map(|(one, other)| Edit::Swap { one, other }),
        any::<u16>().prop_map(|at| Edit::Cut { at }),
    ]
}

/// The place in a text, between two characters.
fn place(text: &str, at: u16) -> usize {
    let at = text.len() * usize::from(at) / (usize::from(u16::MAX) + 1);
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn edited(text: &str, edit: &Edit) -> String {
    let range = |at: u16, length: u8| {
        let begin = place(text, at);
        let end = (begin + usize::from(length % 40)).min(text.len());
        begin..(end..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len())
    };
    match edit {
        Edit::Delete { at, length } => {
            let range = range(*at, *length);
            [&text[..range.start], &text[range.end..]].concat()
        }
        Edit::Insert { at, what } => {
            let (before, after) = text.split_at(place(text, *at));
            [before, what, after].concat()
        }
        Edit::Repeat { at, length, times } => {
            let range = range(*at, *length);
            [&text[..range.end], &text[range.clone()].repeat(usize::from(*times)), &text[range.end..]].concat()
        }
        Edit::Swap { one, other } => {
            let mut lines: Vec<_> = text.split('\n').collect();
            let line = |at: u16| lines.len() * usize::from(at) / (usize::from(u16::MAX) + 1);
            let (one, other) = (line(*one), line(*other));
            lines.swap(one, other);
            lines.join("\n")
        }
        Edit::Cut { at } => text[..place(text, *at)].to_owned(),
    }
}

fn mutated(text: &str, edits: &[Edit]) -> String {
    edits.iter().fold(text.to_owned(), |text, edit| edited(&text, edit))
}

const KUSTOMIZATION: &str = include_str!("../../../tests/fixtures/render/stack-like-a-real-one/overlay/kustomization.yaml");
const DEPLOYMENT: &str = include_str!("../../../tests/fixtures/render/stack-like-a-real-one/base/deployment.yaml");
const INGRESS: &str = include_str!("../../../tests/fixtures/render/stack-like-a-real-one/overlay/ingress.yaml");
const LIMITS: &str = include_str!("../../../tests/fixtures/render/stack-like-a-real-one/overlay/limits.yaml");
const STRATEGIC: &str = include_str!("../../../tests/fixtures/render/patches-strategic-file/p.yaml");
const VARS: &str = include_str!("../../../tests/fixtures/render/vars/kustomization.yaml");

/// Every wanted value in a node ends with changes or with a reason.
fn turns_back(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(text) => ["x", "é: $$", &format!("{text}1")].iter().all(|wanted| match turn_back(node, wanted, true) {
            Ok(changes) => !changes.is_empty() || text.as_ref() == *wanted,
            Err(refusal) => !refusal.to_string().is_empty(),
        }),
        Value::List(items) => items.iter().all(turns_back),
        Value::Map(entries) => entries.iter().all(|entry| turns_back(&entry.value)),
    }
}

/// The stack of the corpus, each file of it edited or not.
fn stack(texts: &[String; 5]) -> Memory {
    let [kustomization, deployment, ingress, limits, base] = texts;
    let component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n";
    Memory::new([
        ("overlay/kustomization.yaml", kustomization.as_str()),
        ("overlay/ingress.yaml", ingress),
        ("overlay/limits.yaml", limits),
        ("overlay/token.env", "key=abc\n"),
        ("components/tls/kustomization.yaml", component),
        ("base/kustomization.yaml", base),
        ("base/deployment.yaml", deployment),
        ("base/service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: 80}]}\n"),
        ("base/p.yaml", STRATEGIC),
        ("base/app.properties", "a=1\n"),
    ])
}

fn built(tree: &Memory) -> super::Result<String> {
    let output = build(tree, "overlay", &Options::default())?;
    write::all(output.objects.iter().map(|built| &built.node))
}

#[test]
fn a_build_of_mutated_files_ends_with_a_result_or_an_error() {
    const BASE: &str = "resources: [deployment.yaml, service.yaml]\npatches: [{path: p.yaml}]\n\
        configMapGenerator: [{name: settings, files: [app.properties], literals: [color=blue]}]\n";
    let originals = [KUSTOMIZATION, DEPLOYMENT, INGRESS, LIMITS, BASE];
    // vars are old, and reach into everything: some kustomizations have them
    let strategy = (0..originals.len(), prop::collection::vec(edit(), 1..5), prop::collection::vec(edit(), 0..2), any::<bool>());
    holds(CASES, &strategy, |(which, edits, others, has_vars)| {
        let mut texts = originals.map(str::to_owned);
        if has_vars {
            texts[4] += VARS.split_once("vars:").map_or("", |(_, vars)| vars);
        }
        texts[which] = mutated(&texts[which], &edits);
        texts[0] = mutated(&texts[0], &others);
        let tree = stack(&texts);
        let first = built(&tree);
        prop_assert_eq!(&first, &built(&tree), "the same input, another answer");
        match first {
            Ok(text) => {
                let again = read::documents(text.as_bytes(), &TextPlace::file(&"built".into(), Layer::Build));
                let again = again.and_then(|nodes| write::all(nodes.iter()));
                prop_assert_eq!(again, Ok(text), "what is written means something else");
            }
            Err(error) => prop_assert!(!error.message.is_empty()),
        }
        let objects = build(&tree, "overlay", &Options::default()).map(|output| output.objects).unwrap_or_default();
        prop_assert!(objects.iter().all(|built| turns_back(&built.node)));
        Ok(())
    });
}

#[test]
fn a_substitution_in_mutated_texts_ends_with_a_result_or_an_error() {
    const TEXT: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a-${a}\n  labels: {${b}: x}\ndata:\n  plain: ${a}\n  default: ${none:=x${b}}\n  \
        part: ${a:1:2}-${#a}-${a^^}-${b/x/y}-${b#*x}\n  escape: $${a} $$\n  text: |\n    one ${a}\n    two ${b}\n";
    let values = prop::collection::vec(
        prop_oneof![Just("web"), Just("3"), Just("yes"), Just("{a: b}"), Just("a: b"), Just("*x"), Just("")],
        2,
    );
    let strategy = (prop::collection::vec(edit(), 0..5), values, any::<bool>(), any::<bool>());
    holds(CASES, &strategy, |(edits, values, is_strict, may_miss)| {
        let text = mutated(TEXT, &edits);
        let mut variables = Variables::default();
        for (name, value) in ["a", "b"].into_iter().zip(values) {
            variables.set(name, value, Trace::new(Origin::new(&"vars.yaml".into(), 1, 1, Layer::Cluster)));
        }
        if may_miss {
            variables.may_miss_some();
        }
        variables.unset = if is_strict { Unset::Refused } else { Unset::Open };
        let filled = substitute::fill(&text, &variables, is_strict);
        prop_assert!(text.contains('$') || text.contains('\0') || filled.as_ref().is_ok_and(|filled| filled.text == text));
        let Ok(nodes) = read::documents(text.as_bytes(), &TextPlace::file(&"object.yaml".into(), Layer::Resource)) else {
            return Ok(());
        };
        for node in nodes.iter().filter(|node| node.is_map()) {
            match substitute::object(node, &variables, Switches { is_always: false }) {
                Ok(done) => {
                    prop_assert!(write::yaml(&done.node).is_ok() || write::yaml(node).is_err());
                    prop_assert!(turns_back(&done.node));
                }
                Err(error) => prop_assert!(!error.message.is_empty()),
            }
        }
        Ok(())
    });
}
