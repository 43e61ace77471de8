//! GitRepository: fetches a commit (source-controller `api/v1/gitrepository_types.go`).

use serde_json::Value;

use super::draft::{list, string};
use super::{Column, Draft, Kind, Role, Suspend, Wire, group};
use crate::domain::object::Relation;

pub(super) const KIND: Kind = Kind {
    kind: "GitRepository",
    group: group::SOURCE,
    versions: &["v1", "v1beta2", "v1beta1"],
    plural: "gitrepositories",
    short: &["gitrepo"],
    flux: "source git",
    role: Role::Source,
    suspend: Suspend::Spec,
    columns: &[
        Column::State,
        Column::Revision,
        Column::Suspended,
        Column::Message,
        Column::Wide("URL", 0),
        Column::Wide("REF", 1),
    ],
    read,
    ..Kind::BASE
};

fn read(wire: &Wire, draft: &mut Draft) {
    for include in list(&wire.spec, &["include"]) {
        draft.edge(Relation::Includes, group::SOURCE, "GitRepository", None, string(include, &["repository", "name"]));
    }
    draft.artifact(&wire.status);
    draft.repository(string(&wire.spec, &["url"]), branch(&wire.spec["ref"]));
    draft.cells([string(&wire.spec, &["url"]), &reference(&wire.spec["ref"])]);
}

/// What is checked out, in source-controller's precedence: commit, name, semver, tag, branch.
fn reference(reference: &Value) -> String {
    ["commit", "name", "semver", "tag", "branch"]
        .into_iter()
        .find_map(|key| reference[key].as_str().filter(|text| !text.is_empty()).map(|text| format!("{key} {text}")))
        .unwrap_or_else(|| "branch master".to_owned())
}

/// The branch that is followed, in the same precedence; none where it is pinned.
fn branch(reference: &Value) -> Option<&str> {
    let text = |key: &str| reference[key].as_str().filter(|text| !text.is_empty());
    match (text("commit"), text("name"), text("semver").or(text("tag"))) {
        (Some(_), ..) => None,
        (None, Some(name), _) => name.strip_prefix("refs/heads/"),
        (None, None, Some(_)) => None,
        (None, None, None) => Some(text("branch").unwrap_or("master")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{KIND, branch, reference};
    use crate::domain::health::Health::*;
    use crate::kinds::testing::{cells, edges, read, table};

    #[test]
    fn includes_are_edges_and_the_artifact_is_the_revision() {
        let object = read(
            &KIND,
            &json!({
                "spec": {
                    "url": "https://bot:token@git.example.com/fleet.git",
                    "ref": {"branch": "main"},
                    "include": [{"repository": {"name": "shared"}}]
                },
                "status": {"artifact": {"revision": "main@sha1:86058ad"}}
            }),
        );

        assert_eq!(edges(&object), ["includes GitRepository.source.toolkit.fluxcd.io apps/shared"]);
        assert_eq!(object.facts.revision.as_deref(), Some("main@sha1:86058ad"));
        assert_eq!(cells(&object), ["https://***@git.example.com/fleet.git", "branch main"]);
    }

    #[test]
    fn the_most_exact_reference_wins() {
        for (spec, expected) in [
            (
                json!({"branch": "main", "tag": "v1", "semver": ">1", "name": "refs/pull/1/head", "commit": "86058ad"}),
                "commit 86058ad",
            ),
            (json!({"branch": "main", "tag": "v1", "semver": ">1", "name": "refs/pull/1/head"}), "name refs/pull/1/head"),
            (json!({"branch": "main", "tag": "v1", "semver": ">1"}), "semver >1"),
            (json!({"branch": "main", "tag": "v1"}), "tag v1"),
            (json!({"branch": "main"}), "branch main"),
            (json!(null), "branch master"),
        ] {
            assert_eq!(reference(&spec), expected);
        }
    }

    #[test]
    fn a_failing_fetch_is_a_failure_though_the_old_artifact_stays() {
        table(
            &KIND,
            &[
                (
                    "fetch failed",
                    json!({"status": {"observedGeneration": 1, "artifact": {"revision": "main@sha1:1"}, "conditions": [
                        {"type": "FetchFailed", "status": "True", "reason": "AuthenticationFailed"},
                        {"type": "Ready", "status": "False", "reason": "AuthenticationFailed"}
                    ]}}),
                    Failed,
                    "AuthenticationFailed",
                ),
                (
                    "stored",
                    json!({"status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True", "reason": "Succeeded"}]}}),
                    Ready,
                    "Succeeded",
                ),
                ("suspended", json!({"spec": {"suspend": true}}), Suspended, ""),
            ],
        );
    }

    #[test]
    fn a_branch_is_followed_unless_something_pins_it() {
        for (spec, expected) in [
            (json!(null), Some("master")),
            (json!({"branch": "main"}), Some("main")),
            (json!({"branch": "main", "tag": "v1"}), None),
            (json!({"semver": ">1"}), None),
            (json!({"branch": "main", "name": "refs/heads/next"}), Some("next")),
            (json!({"branch": "main", "name": "refs/pull/1/head"}), None),
            (json!({"branch": "main", "commit": "86058ad"}), None),
        ] {
            assert_eq!(branch(&spec), expected, "{spec}");
        }
    }
}
