//! The registry as a whole: names, groups, columns, and that no file is forgotten.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde_json::json;

use super::*;
use crate::domain::Health;

/// Files of this folder that are machinery, not kinds.
const MACHINERY: &[&str] = &[
    "any",
    "describe",
    "draft",
    "group",
    "helm_operator",
    "legacy",
    "masked",
    "owners",
    "parts",
    "testing",
    "tests",
    "uses",
    "wire",
];

#[test]
fn every_name_finds_its_kind() {
    for kind in ALL {
        for name in [kind.kind, kind.plural].into_iter().chain(kind.short.iter().copied()) {
            assert!(by_name(name).iter().any(|found| std::ptr::eq(*found, *kind)), "{name}");
            let qualified = format!("{name}.{}", kind.group);
            assert!(kind.group.is_empty() || std::ptr::eq(by_name(&qualified)[0], *kind), "{qualified}");
        }
        assert!(std::ptr::eq(rules(kind.group, kind.kind), *kind), "{}", kind.kind);
        assert!(!kind.versions.is_empty() && !kind.plural.is_empty(), "{}", kind.kind);
    }
    assert_eq!(rules("example.com", "Widget").kind, ANY.kind);
}

#[test]
fn no_two_kinds_share_group_and_name() {
    let named: BTreeSet<_> = ALL.iter().map(|kind| (kind.group, kind.kind)).collect();
    let plural: BTreeSet<_> = ALL.iter().map(|kind| (kind.group, kind.plural)).collect();

    assert_eq!((named.len(), plural.len()), (ALL.len(), ALL.len()));
}

#[test]
fn a_name_means_one_flux_kind() {
    let mut names: HashMap<&str, &str> = HashMap::new();
    for kind in ALL.iter().filter(|kind| kind.is_flux()) {
        for name in kind.short.iter().chain([&kind.plural]) {
            assert_eq!(names.insert(name, kind.kind), None, "{name}");
        }
    }
    // what other groups call the same comes after
    assert_eq!(by_name("helmreleases")[0].group, group::HELM);
    assert_eq!(by_name("hr").len(), 1);
}

#[test]
fn short_names_among_the_rest_are_their_own() {
    let mut names = BTreeSet::new();
    for kind in ALL {
        for name in kind.short {
            assert!(names.insert(name), "{name}");
        }
    }
}

#[test]
fn every_file_of_the_folder_is_a_module_and_every_kind_is_registered() {
    let source = include_str!("mod.rs");
    let declared: BTreeSet<&str> =
        source.lines().filter_map(|line| line.trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';')).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("kinds");
    let files: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder of the kinds")
        .filter_map(|entry| entry.expect("an entry").file_name().to_str().map(|name| name.trim_end_matches(".rs").to_owned()))
        .filter(|name| name != "mod")
        .collect();

    assert_eq!(files, declared.iter().map(|name| (*name).to_owned()).collect());
    for name in declared.iter().filter(|name| !MACHINERY.contains(*name)) {
        assert!(source.contains(&format!("    &{name}::")), "{name} is not in ALL");
    }
}

#[test]
fn every_constant_of_the_shared_file_is_registered() {
    for line in include_str!("metadata.rs").lines() {
        if let Some((name, _)) = line.strip_prefix("pub(super) const ").and_then(|rest| rest.split_once(':')) {
            assert!(include_str!("mod.rs").contains(&format!("    &metadata::{name},")), "{name} is not in ALL");
        }
    }
}

#[test]
fn columns_start_with_the_state_and_end_with_message_and_wide_ones() {
    for kind in ALL {
        assert_eq!(kind.columns[0], Column::State, "{}", kind.kind);
        let is_wide = |column: &Column| matches!(column, Column::Wide(..));
        let narrow = kind.columns.iter().take_while(|column| !is_wide(column)).count();
        assert!(kind.columns[narrow..].iter().all(is_wide), "{}", kind.kind);
        let suspends = kind.columns.contains(&Column::Suspended);
        assert_eq!(suspends, kind.suspend != Suspend::Never, "{}", kind.kind);
        let ends = kind.columns[narrow - 1];
        assert!(ends == Column::Message || kind.kind == "VulnerabilityReport", "{}", kind.kind);
    }
}

#[test]
fn cells_are_as_many_as_the_columns_that_show_them() {
    for kind in ALL {
        let object = testing::read(kind, &json!({}));
        let shown = kind.columns.iter().filter(|column| matches!(column, Column::Cell(..) | Column::Wide(..)));
        let indices: BTreeSet<usize> = shown
            .map(|column| match column {
                Column::Cell(_, index) | Column::Wide(_, index) => *index,
                _ => unreachable!("filtered above"),
            })
            .collect();
        assert_eq!(indices, (0..object.facts.cells.len()).collect(), "{}", kind.kind);
    }
}

#[test]
fn flux_groups_are_found_by_kind_alone() {
    assert_eq!(flux_group("HelmRelease"), Some(group::HELM));
    assert_eq!(flux_group("ArtifactGenerator"), Some(group::EXTENSIONS));
    assert_eq!(flux_group("Deployment"), None);
}

#[test]
fn owners_are_followed_through_the_kinds_that_people_look_for() {
    let followed: Vec<_> = ALL.iter().filter(|kind| kind.follow).map(|kind| kind.kind).collect();

    assert_eq!(followed, ["ReplicaSet", "Pod", "Job", "VulnerabilityReport"]);
}

#[test]
fn flux_kinds_wait_to_be_reconciled_and_others_exist() {
    for kind in ALL {
        let verdict = testing::read(kind, &json!({})).verdict;
        match kind.role {
            Role::Notification if kind.kind != "Receiver" => assert_eq!(verdict.health, Health::Ready, "{}", kind.kind),
            Role::Child | Role::Workload => assert_ne!(verdict.health, Health::Unknown, "{}", kind.kind),
            _ => assert_eq!(verdict.health, Health::Unknown, "{}", kind.kind),
        }
    }
}

#[test]
fn objects_of_the_same_name_in_two_namespaces_stay_apart() {
    let of = |namespace: &str| {
        let spec = json!({"sourceRef": {"kind": "GitRepository", "name": "fleet"}});
        testing::read(
            find(group::KUSTOMIZE, "Kustomization").expect("known"),
            &json!({"metadata": {"namespace": namespace}, "spec": spec}),
        )
    };
    let (one, other) = (of("blue"), of("green"));

    assert_ne!(one.id, other.id);
    assert_eq!(&*one.edges[0].to.namespace, "blue");
    assert_eq!(&*other.edges[0].to.namespace, "green");
}
