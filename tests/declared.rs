//! What is declared once is named nowhere else: the literal name of an action, a kind or a rule is only in its own file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::architecture::{code, is_of_tests, sources, without_tests};
use fluxdeck::app::App;
use fluxdeck::ui::theme::Depth;
use fluxdeck_model::actions::{Headless, Reach};
use fluxdeck_model::commands::{self, KeyScope};
use fluxdeck_model::insight::check::RULES;
use fluxdeck_model::state::{Beginning, Key, Settings};
use fluxdeck_model::{actions, kinds, playbooks};

/// Rooms with Kubernetes names of their own, and why they cannot take them from the declarations.
const ROOMS: &[(&str, &str)] = &[
    ("demo/", "it is the other side: an API server and controllers that must not share their words with what they test"),
    ("model/render/", "kustomize's own tables; render may know domain alone"),
];

/// Who else says a name of an action, and what it means there. It only shrinks.
const ACTIONS: &[(&str, &[&str], &str)] = &[
    ("model/actions/mod.rs", &["delete"], "RBAC's verb"),
    ("model/actions/reconcile.rs", &["force", "reset"], "fields of its own form: `--force`, `--reset`"),
    ("model/change/cautions/refusal.rs", &["suspend"], "a field of the spec"),
    ("model/change/cautions/suspended.rs", &["suspend"], "a field of the spec"),
    ("model/change/ways/gone.rs", &["delete"], "a directive of a patch: `$patch: delete`"),
    ("model/change/ways/patch.rs", &["delete"], "a directive of a patch: `$patch: delete`"),
    ("model/insight/check/duplicates.rs", &["reconcile"], "the last part of an annotation's key"),
    ("model/insight/drift.rs", &["reconcile"], "the last part of an annotation's key"),
    ("model/kinds/cron_job.rs", &["suspend"], "a field of the spec"),
    ("model/kinds/draft.rs", &["suspend"], "a field of the spec"),
    ("model/kinds/job.rs", &["suspend"], "a field of the spec"),
    ("model/kinds/parts.rs", &["restart"], "a noun that is counted"),
    ("model/kinds/pod/mod.rs", &["restart"], "a noun that is counted"),
    ("model/state/message.rs", &["delete"], "a key of the keyboard"),
    ("model/playbooks/roll_back.rs", &["suspend"], "a field of its own form"),
    ("model/playbooks/scale.rs", &["scale"], "the same act in git: a playbook of its own"),
    ("programs/quiet.rs", &["force"], "the value of a variable of ssh"),
];

/// The same for playbooks.
const PLAYBOOKS: &[(&str, &[&str], &str)] = &[
    ("model/actions/scale.rs", &["scale"], "the same act in the cluster: an action of its own"),
    ("model/change/checks.rs", &["edit"], "a name of a proof's check"),
    ("model/commands/screen.rs", &["edit"], "the name of its screen"),
    ("git/clones.rs", &["lock"], "the ending of a file"),
    ("model/change/outside/releases.rs", &["ignore"], "a field of a source"),
    ("model/insight/why/remedy.rs", &["roll-back"], "the same as help for a cause, in JSON"),
    ("model/kinds/legacy.rs", &["ignore"], "the policy itself, as an annotation names it"),
];

/// The same for kinds.
const KINDS: &[(&str, &[&str], &str)] = &[
    ("cli/source.rs", &["ConfigMap", "Secret"], "manifests that give values to variables"),
    ("cli/where_field.rs", &["Secret"], "values that are masked"),
    ("cluster/look.rs", &["Secret"], "values that are masked"),
    ("model/change/compare.rs", &["Secret"], "values that are masked"),
    ("model/edit/plan/listed.rs", &["Kustomization"], "kustomize's own kind: the file that lists resources"),
    ("model/insight/declared.rs", &["Secret"], "values that are masked"),
    ("model/insight/drift.rs", &["Secret"], "values that are never compared"),
    ("model/insight/file.rs", &["Secret"], "values that are masked"),
    (
        "model/insight/named.rs",
        &["ConfigMap", "LimitRange", "NetworkPolicy", "PriorityClass", "ResourceQuota", "ServiceAccount", "StorageClass"],
        "short names of kubectl for what has no kind of ours",
    ),
    (
        "model/insight/schema/mod.rs",
        &["Alert", "CustomResourceDefinition", "FluxInstance", "Receiver", "ResourceSet", "ResourceSetInputProvider"],
        "exceptions in the schemas that Flux publishes",
    ),
    ("model/kinds/describe.rs", &["ResourceSet"], "what is masked of its inputs"),
    ("model/kinds/draft.rs", &["FluxInstance", "HelmRelease", "Kustomization", "ResourceSet", "Secret"], "owner labels of Flux"),
    ("model/kinds/helm_operator.rs", &["ConfigMap", "Secret"], "fields of Flux v1 that name them"),
    ("model/kinds/legacy.rs", &["FluxHelmRelease", "HelmRelease"], "annotations of Flux v1"),
    ("model/kinds/masked/mod.rs", &["ConfigMap", "Provider", "Secret"], "what is secret, so that it can be read as a whole"),
    (
        "model/kinds/masked/sharing/mod.rs",
        &["ConfigMap", "Provider", "Receiver", "Secret"],
        "what a snapshot leaves out, so that it can be read as a whole",
    ),
    ("model/kinds/uses.rs", &["ConfigMap", "Secret", "ServiceAccount"], "fields of Flux that name them"),
    ("model/playbooks/update_values.rs", &["ConfigMap"], "what a release takes values from"),
    ("runtime/compare.rs", &["Namespace"], "a namespace's own namespace"),
    ("runtime/rendered.rs", &["ConfigMap", "Kustomization"], "what a build asks the cluster for"),
    ("runtime/session.rs", &["Secret"], "Helm's storage"),
    ("ui/views/drift.rs", &["Secret"], "values that are masked"),
    ("ui/views/origins.rs", &["ConfigMap"], "the group of an object that a value is in: origins name kinds without it"),
];

/// The same for rules of `check`.
const RULES_ELSEWHERE: &[(&str, &[&str], &str)] = &[
    ("cli/build.rs", &["build"], "the name of a headless command"),
    ("model/kinds/describe.rs", &["schema"], "a field of a spec"),
    ("model/change/checks.rs", &["build", "schema"], "names of a proof's checks"),
    ("cli/playbook/print.rs", &["build"], "a key of the JSON"),
    ("programs/opinion.rs", &["build"], "a command of kustomize and flux"),
];

type Found = BTreeMap<String, BTreeSet<String>>;

/// Names by the files that say them, without the files that declare them.
fn said(names: &BTreeSet<&'static str>, declares: impl Fn(&str, &str, &str) -> bool) -> Found {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Found::new();
    for (path, text) in sources(&root) {
        let below = path.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
        let of_tests = ["testing.rs", "hostile.rs", "drift_tests.rs"].iter().any(|name| below.ends_with(name));
        if is_of_tests(&path) || of_tests || below.contains("/property/") || ROOMS.iter().any(|(room, _)| below.starts_with(room))
        {
            continue;
        }
        let text = code(&without_tests(&text));
        for name in names.iter().filter(|name| text.contains(&format!("\"{name}\"")) && !declares(&below, name, &text)) {
            found.entry(below.clone()).or_default().insert((*name).to_owned());
        }
    }
    found
}

fn assert_only(found: &Found, allowed: &[(&str, &[&str], &str)]) {
    let allowed: Found = allowed
        .iter()
        .map(|(file, names, _)| ((*file).to_owned(), names.iter().map(|name| (*name).to_owned()).collect()))
        .collect();
    assert_eq!(*found, allowed, "a name belongs into its own file; what is no longer said elsewhere leaves the list");
}

#[test]
fn no_action_is_named_outside_of_its_file() {
    let names = actions::ALL.iter().map(|action| action.name).collect();
    let own = |path: &str, name: &str, _: &str| path == format!("model/actions/{}.rs", name.replace('-', "_"));
    // where an action does a part of another it names what the CLI calls it, or a field of a spec
    let found = said(&names, own);
    let found = found.into_iter().filter(|(file, _)| !is_leaf(file)).collect();
    assert_only(&found, ACTIONS);
}

/// The file of an action: it may say fields of a spec and verbs that other actions are called by.
fn is_leaf(file: &str) -> bool {
    let leaf = |name: &str| file == format!("model/actions/{}.rs", name.replace('-', "_"));
    file != "model/actions/reconcile.rs" && actions::ALL.iter().any(|action| leaf(action.name))
}

#[test]
fn no_kind_is_named_outside_of_its_file() {
    let names = kinds::ALL.iter().map(|kind| kind.kind).collect();
    let own = |path: &str, name: &str, text: &str| {
        path == "model/kinds/metadata.rs" || path.starts_with("model/kinds/") && text.contains(&format!("kind: \"{name}\","))
    };
    assert_only(&said(&names, own), KINDS);
}

#[test]
fn no_rule_is_named_outside_of_its_file() {
    let names = RULES.iter().map(|rule| rule.name).collect();
    let own = |path: &str, name: &str, text: &str| {
        path.starts_with("model/insight/check/") && text.contains(&format!("name: \"{name}\","))
    };
    assert_only(&said(&names, own), RULES_ELSEWHERE);
}

#[test]
fn no_playbook_is_named_outside_of_its_file() {
    let names = playbooks::ALL.iter().map(|playbook| playbook.name).collect();
    let own = |path: &str, name: &str, _: &str| path == format!("model/playbooks/{}.rs", name.replace('-', "_"));
    assert_only(&said(&names, own), PLAYBOOKS);
}

#[test]
fn every_playbook_stands_wherever_playbooks_stand() {
    let (readme, completion) = (readme(), completion());
    let program = fluxdeck::cli::program();
    let run = program.find_subcommand("run").expect("what runs playbooks");
    for playbook in playbooks::ALL {
        let name = playbook.name;
        let command = run.find_subcommand(name).unwrap_or_else(|| panic!("there is no `fluxdeck run {name}`"));
        assert_eq!(command.get_about().map(ToString::to_string).as_deref(), Some(playbook.doc));
        assert!(says(&completion, name) && readme.contains(&format!("| `{name}` | {} |", playbook.doc)), "{name}");
        let key = Key::parse(playbook.key).unwrap_or_else(|| panic!("{} of {name} is not a key", playbook.key));
        let is_taken = |taken: &str| Key::parse(taken) == Some(key);
        // letters that the panel itself takes
        let of_panel = ["a", "b", "q", "j", "k", "/"];
        assert!(!actions::ALL.iter().map(|action| action.key).chain(of_panel).any(is_taken), "{name}: its key is taken");
        let command = commands::find(playbook.command).unwrap_or_else(|| panic!("`:{}` does not lead to it", playbook.command));
        assert!(command.doc.starts_with(playbook.doc) && readme.contains(&format!("`:{}`", playbook.command)), "{name}");
        assert!(playbook.label.ends_with('…'), "{name}: it asks first");
        let form = (playbook.form)(&playbooks::KnownObject::default());
        assert!(form.fields.iter().all(|field| !field.help.is_empty()), "{name} says not what it asks");
    }
}

#[test]
fn every_exception_has_a_reason() {
    for (file, _, why) in ACTIONS.iter().chain(PLAYBOOKS).chain(KINDS).chain(RULES_ELSEWHERE) {
        assert!(!why.is_empty(), "{file}");
    }
}

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the README")
}

/// Whether a text holds that word, and not only as a part of another.
fn says(text: &str, word: &str) -> bool {
    let pattern = format!(r"(^|[^\w-]){}($|[^\w-])", regex::escape(word));
    regex::Regex::new(&pattern).expect("a pattern").is_match(text)
}

fn completion() -> String {
    let mut script = Vec::new();
    clap_complete::generate(clap_complete::Shell::Bash, &mut fluxdeck::cli::program(), "fluxdeck", &mut script);
    String::from_utf8(script).expect("a script is text")
}

#[test]
fn every_action_stands_wherever_actions_stand() {
    let readme = readme();
    let (program, completion) = (fluxdeck::cli::program(), completion());
    for action in actions::ALL {
        let name = action.name;
        let key = Key::parse(action.key).unwrap_or_else(|| panic!("{} of {name} is not a key", action.key));
        if let Reach::Rows(clause) | Reach::Objects(clause) = action.reach {
            let command = commands::lookup(key, KeyScope::Tree).unwrap_or_else(|| panic!("{name} has no key on rows"));
            assert!(command.doc.contains(clause), "help does not say of {name}: {clause}");
            assert!(readme.contains(clause), "the README does not say of {name}: {clause}");
        }
        if let Some(doc) = action.command {
            assert!(commands::find(name).is_some_and(|command| command.doc == doc), "`:{name}` does not lead to it");
            assert!(readme.contains(&format!("`:{name}`")), "the README does not have `:{name}`");
        }
        match action.headless {
            Headless::None => {}
            Headless::Command { doc, .. } => {
                let command = program.find_subcommand(name).unwrap_or_else(|| panic!("there is no `fluxdeck {name}`"));
                assert_eq!(command.get_about().map(ToString::to_string).as_deref(), Some(doc));
                for field in (action.form)(&[]).fields {
                    assert!(command.get_arguments().any(|arg| arg.get_long() == Some(&field.id)), "{name} has no --{}", field.id);
                }
                assert!(says(&completion, name) && readme.contains(&format!("`fluxdeck {name} ")), "{name}");
            }
            Headless::Flag { of, flag, .. } => {
                let command = program.find_subcommand(of.name).expect("the command of a flag");
                assert!(command.get_arguments().any(|arg| arg.get_long() == Some(flag)), "{} has no --{flag}", of.name);
                assert!(completion.contains(&format!("--{flag}")) && readme.contains(&format!("`--{flag}`")), "--{flag}");
            }
            Headless::Kinds(of) => assert!(program.find_subcommand(of.name).is_some(), "{name}"),
        }
    }
}

#[test]
fn every_kind_and_every_rule_stands_wherever_they_stand() {
    let readme = readme();
    let beginning = Beginning { settings: Settings { theme: "dark".into(), ..Settings::default() }, ..Beginning::default() };
    let app = App::new(beginning, Depth::True, Vec::new()).expect("a theme");
    for kind in kinds::ALL {
        for name in kind.short.iter().chain([&kind.plural]) {
            assert!(commands::complete(name, app.state()).iter().any(|offer| offer == name), "{name} is not completed");
        }
        let is_listed = kind.is_flux() || kind.role == kinds::Role::Legacy;
        assert!(!is_listed || readme.contains(&format!("| {} |", kind.kind)), "the README does not list {}", kind.kind);
    }
    for rule in RULES {
        assert!(readme.contains(&format!("`{}`", rule.name)), "the README does not name the rule {}", rule.name);
    }
}

#[test]
fn every_command_has_examples_that_are_calls() {
    for command in fluxdeck::cli::program().get_subcommands() {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples: Vec<_> = help.lines().filter_map(|line| line.strip_prefix("  fluxdeck ")).collect();
        assert!(!examples.is_empty(), "{} has none", command.get_name());
        for example in examples {
            let words = std::iter::once("fluxdeck").chain(example.split(' '));
            let read = fluxdeck::cli::program().try_get_matches_from(words);
            assert!(read.is_ok(), "{example}: {}", read.map(drop).expect_err("it fails"));
        }
    }
}
