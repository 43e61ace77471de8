//! image-automation-controller: writes the images that policies have chosen into the files of a repository, and pushes them
//! (`internal/controller/imageupdateautomation_controller.go`, `internal/source/source.go`; the markers: kustomize `filters/setters`).

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::scene::{HOUR, Scene, Stage, condition, interval, observed};
use super::transitions::UPDATED;
use super::{Flux, Push};
use crate::demo::objects::{self, Key, text};
use fluxdeck_model::render::tree::{self, Memory, Tree};

const COMPONENT: &str = "image-automation-controller";

pub(super) const CONTROLLER: Flux =
    Flux { begin, stages: &[], rest: |scene, key, object, _| scene.settle(key, object, HOUR), finalize: |_, _, _| () };

/// What one run works on.
struct Source {
    url: String,
    revision: String,
    commit: String,
    branch: String,
}

fn begin(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    let is_failed = condition(&object, "Ready").is_some_and(|ready| text(ready, "/status") == "False");
    let Some(source) = source(scene, &object).filter(|_| !is_failed) else {
        // what failed when it was recorded goes on failing
        return super::image::acknowledge(scene, key, object, &Stage::default());
    };
    let policies = policies(scene, &object);
    let status = &object["status"];
    let is_known =
        status["observedPolicies"].as_object() == Some(&policies) && status["observedSourceRevision"] == source.revision;
    object["status"]["lastAutomationRunTime"] = objects::time(scene.now).into();
    let files = scene.git.filter(|_| !is_known).and_then(|git| git.files(&source.url, &source.commit));
    let (changed, changes) = files.map(|files| set(&files, &object, &policies)).unwrap_or_default();
    if is_known || changes.is_empty() {
        let message = if is_known { "no change since last reconciliation" } else { "repository up-to-date" };
        scene.event(&object, COMPONENT, false, "Succeeded", message);
    } else if let Some(message) = push(scene, &mut object, &source, changed, &changes) {
        scene.event(&object, COMPONENT, false, "Succeeded", &message);
    }
    object["status"]["observedPolicies"] = policies.into();
    object["status"]["observedSourceRevision"] = source.revision.into();
    scene.turn(&mut object, &UPDATED, "Succeeded", "repository up-to-date");
    observed(&mut object);
    let after = interval(&object);
    scene.settle(key, object, after);
}

fn source(scene: &Scene, object: &Value) -> Option<Source> {
    let own = text(object, "/metadata/namespace");
    let namespace = object.pointer("/spec/sourceRef/namespace").and_then(Value::as_str).unwrap_or(own);
    let found = scene.find("source.toolkit.fluxcd.io", "GitRepository", namespace, text(object, "/spec/sourceRef/name"))?;
    let reference = object.pointer("/spec/git/checkout/ref").unwrap_or(&found["spec"]["ref"]);
    let (git, url) = (scene.git?, text(&found, "/spec/url"));
    let head = git.head(url, reference)?.ok()?;
    let revision = format!("{}@sha1:{}", head.name, head.commit);
    Some(Source { url: url.to_owned(), revision, commit: head.commit, branch: head.name })
}

/// What the policies that are asked for have chosen.
fn policies(scene: &Scene, object: &Value) -> Map<String, Value> {
    let namespace = text(object, "/metadata/namespace");
    let labels_wanted =
        object.pointer("/spec/policySelector/matchLabels").and_then(Value::as_object).cloned().unwrap_or_default();
    let Some(kind) = scene.store.kind_of("image.toolkit.fluxcd.io", "ImagePolicy") else { return Map::new() };
    let selected = scene.store.of_kind(kind).filter(|(key, policy)| {
        let labels = &policy["metadata"]["labels"];
        key.namespace == namespace && labels_wanted.iter().all(|(name, value)| labels[name] == *value)
    });
    let chosen = selected.filter(|(_, policy)| policy.pointer("/status/latestRef").is_some());
    chosen.map(|(key, policy)| (key.name.clone(), policy["status"]["latestRef"].clone())).collect()
}

/// The files that change, and each change as `old -> new`.
fn set(files: &Memory, object: &Value, policies: &Map<String, Value>) -> (Vec<(String, String)>, Vec<String>) {
    let (mut changed, mut changes) = (Vec::new(), Vec::new());
    let folder = text(object, "/spec/update/path").trim_start_matches("./").trim_matches('/');
    for path in files.paths().filter(|path| path.ends_with(".yaml") || path.ends_with(".yml")) {
        let Some(bytes) = files.read(path).ok().filter(|_| tree::is_below(path, folder)) else { continue };
        let before = String::from_utf8_lossy(&bytes);
        let after = filled(&before, text(object, "/metadata/namespace"), policies, &mut changes);
        if after != before {
            changed.push((path.to_owned(), after));
        }
    }
    changes.dedup();
    (changed, changes)
}

/// A text with the values that its markers ask for: `image: a:1 # {"$imagepolicy": "namespace:policy"}`, or `:tag`, `:name` of it.
fn filled(before: &str, namespace: &str, policies: &Map<String, Value>, changes: &mut Vec<String>) -> String {
    static MARKED: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?m)([:-] +["']?)([^\s"'#]+)(["']? *# *\{"\$imagepolicy": *"([^:"]+):([^:"]+):?(\w*)"\})"#)
            .expect("a pattern")
    });
    let value = |found: &regex::Captures<'_>| {
        let chosen = policies.get(&found[5]).filter(|_| &found[4] == namespace)?;
        let (name, tag) = (text(chosen, "/name"), text(chosen, "/tag"));
        Some(match &found[6] {
            "tag" => tag.to_owned(),
            "name" => name.to_owned(),
            _ => format!("{name}:{tag}"),
        })
    };
    let replaced = MARKED.replace_all(before, |found: &regex::Captures<'_>| match value(found) {
        Some(value) if value != found[2] => {
            changes.push(format!("{} -> {value}", &found[2]));
            format!("{}{value}{}", &found[1], &found[3])
        }
        _ => found[0].to_owned(),
    });
    replaced.into_owned()
}

/// Commits and pushes; returns the event's message. None when the repository cannot be written.
fn push(
    scene: &Scene,
    object: &mut Value,
    source: &Source,
    changed: Vec<(String, String)>,
    changes: &[String],
) -> Option<String> {
    let branch = object.pointer("/spec/git/push/branch").and_then(Value::as_str).unwrap_or(&source.branch).to_owned();
    let author = |name: &str| text(object, &format!("/spec/git/commit/author/{name}")).to_owned();
    // the one common use of Go's templates: the list of changes
    let message = match text(object, "/spec/git/commit/messageTemplate").split_once("{{") {
        Some((before, _)) => format!("{before}{} ", changes.join(" ")),
        None => "Update from image update automation".to_owned(),
    };
    let push = Push {
        branch: branch.clone(),
        from: source.commit.clone(),
        author: (author("name"), author("email")),
        message: message.clone(),
        at: scene.now,
        files: changed,
    };
    let commit = scene.git?.push(&source.url, &push)?;
    object["status"]["lastPushCommit"] = commit.as_str().into();
    object["status"]["lastPushTime"] = json!(objects::time(scene.now));
    Some(format!("pushed commit '{}' to branch '{branch}'\n{message}", &commit[..7]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_filled_and_nothing_else() {
        let policies = json!({"web": {"name": "r.test/web", "tag": "1.5.1"}});
        let policies = policies.as_object().expect("a map");
        let text = "image: r.test/web:1.4.0 # {\"$imagepolicy\": \"flux:web\"}\nnewTag: \"1.4.0\" # {\"$imagepolicy\": \"flux:web:tag\"}\n\
                    - r.test/old # {\"$imagepolicy\": \"flux:web:name\"}\nother: 1.4.0 # {\"$imagepolicy\": \"else:web:tag\"}\nplain: 1.4.0 # 1.4.0\n";
        let mut changes = Vec::new();
        let filled = filled(text, "flux", policies, &mut changes);
        assert_eq!(
            filled.replace("# {\"$imagepolicy\": ", "# "),
            "image: r.test/web:1.5.1 # \"flux:web\"}\nnewTag: \"1.5.1\" # \"flux:web:tag\"}\n- r.test/web # \"flux:web:name\"}\n\
             other: 1.4.0 # \"else:web:tag\"}\nplain: 1.4.0 # 1.4.0\n"
        );
        assert_eq!(changes, ["r.test/web:1.4.0 -> r.test/web:1.5.1", "1.4.0 -> 1.5.1", "r.test/old -> r.test/web"]);
    }
}
