//! Image automation, and the controllers of which the demo needs no more than that they acknowledge a request
//! (image-reflector-controller `internal/controller/{imagerepository,imagepolicy}_controller.go`).

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::apply::let_go;
use super::scene::{
    DEPENDENCY, FINALIZER, HOUR, Scene, condition, handled, holds, is_deleted, is_suspended, mark, observed, request, span,
    unmark,
};
use crate::demo::objects::{self, Key, list, text};

const COMPONENT: &str = "image-reflector-controller";

/// What every controller does first; whether there is more to do.
fn is_due(scene: &mut Scene, key: &Key, object: &mut Value) -> bool {
    if is_deleted(object) {
        if holds(object, FINALIZER) {
            let_go(scene, key, object.clone());
        }
        return false;
    }
    if !holds(object, FINALIZER) {
        object["metadata"]["finalizers"] = json!([FINALIZER]);
    }
    if is_suspended(object) {
        handled(object);
        scene.save(key, object.clone());
        return false;
    }
    true
}

/// Notes a request and the generation; the rest stays as it was recorded.
pub(super) fn acknowledge(scene: &mut Scene, key: &Key) {
    let mut object = scene.object(key);
    if !is_due(scene, key, &mut object) {
        return;
    }
    let is_asked = request(&object)[0] != text(&object, "/status/lastHandledReconcileAt");
    handled(&mut object);
    let is_failed = condition(&object, "Ready").is_some_and(|ready| text(ready, "/status") == "False");
    if object.pointer("/status/observedGeneration").is_some() && !is_failed {
        observed(&mut object);
    }
    if is_asked && text(&object, "/kind") == "ImageUpdateAutomation" && !is_failed {
        object["status"]["lastAutomationRunTime"] = objects::time(scene.now).into();
        scene.event(&object, "image-automation-controller", false, "Succeeded", "repository up-to-date");
    }
    let interval = span(&object, "/spec/interval").unwrap_or(HOUR);
    scene.save(key, object);
    scene.end(key, interval);
}

/// ImageRepository: reads the tags of an image.
pub(super) fn scan(scene: &mut Scene, key: &Key) {
    let mut object = scene.object(key);
    if !is_due(scene, key, &mut object) {
        return;
    }
    handled(&mut object);
    let tags = scene.git.and_then(|git| git.tags(text(&object, "/spec/image")));
    if let (None, Some((reason, message))) = (&tags, scene.recording.failure(key, &object)) {
        mark(&mut object, scene.now, "Ready", "False", reason, message);
        scene.event(&object, COMPONENT, true, reason, message);
        scene.save(key, object);
        return scene.end(key, SignedDuration::from_mins(5));
    }
    let known = |object: &Value| {
        list(object, "/status/lastScanResult/latestTags").iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut tags: Vec<String> = tags.unwrap_or_else(|| known(&object));
    tags.sort_by_key(|tag| std::cmp::Reverse(order(tag)));
    let same = known(&object) == tags;
    let sum = tags.iter().flat_map(|tag| tag.bytes()).fold(17, |seed, byte| objects::scatter(seed ^ u64::from(byte)));
    let revision =
        if same { text(&object, "/status/lastScanResult/revision").to_owned() } else { (sum % 4_294_967_296).to_string() };
    object["status"]["lastScanResult"] = json!({
        "latestTags": tags.iter().take(10).collect::<Vec<_>>(), "revision": revision, "scanTime": objects::time(scene.now), "tagCount": tags.len(),
    });
    object["status"]["canonicalImageName"] = object["spec"]["image"].clone();
    let message = format!("successful scan: found {} tags with checksum {revision}", tags.len());
    unmark(&mut object, "Reconciling");
    mark(&mut object, scene.now, "Ready", "True", "Succeeded", &message);
    observed(&mut object);
    let event = if same {
        "no new tags found, next scan in ".to_owned() + &super::scene::go(span(&object, "/spec/interval").unwrap_or(HOUR))
    } else {
        message
    };
    scene.event(&object, COMPONENT, false, "Succeeded", &event);
    let interval = span(&object, "/spec/interval").unwrap_or(HOUR);
    scene.save(key, object);
    scene.end(key, interval);
}

/// ImagePolicy: chooses one of the tags.
pub(super) fn choose(scene: &mut Scene, key: &Key) {
    let mut object = scene.object(key);
    if !is_due(scene, key, &mut object) {
        return;
    }
    handled(&mut object);
    let own = text(&object, "/metadata/namespace");
    let namespace = object.pointer("/spec/imageRepositoryRef/namespace").and_then(Value::as_str).unwrap_or(own);
    let repository =
        scene.find("image.toolkit.fluxcd.io", "ImageRepository", namespace, text(&object, "/spec/imageRepositoryRef/name"));
    let tags: Vec<_> =
        repository.iter().flat_map(|it| list(it, "/status/lastScanResult/latestTags")).filter_map(Value::as_str).collect();
    if tags.is_empty() {
        let message = "retrying in 30s error: no tags in database";
        mark(&mut object, scene.now, "Ready", "False", "DependencyNotReady", message);
        scene.event(&object, COMPONENT, true, "DependencyNotReady", message);
        scene.save(key, object);
        return scene.end(key, DEPENDENCY);
    }
    let Some(range) = object.pointer("/spec/policy/semver/range").and_then(Value::as_str) else {
        // the other orders choose what they chose when they were recorded
        observed(&mut object);
        scene.save(key, object);
        return scene.end(key, HOUR);
    };
    let image = repository.as_ref().map(|it| text(it, "/spec/image").to_owned()).unwrap_or_default();
    let chosen = tags.into_iter().filter(|tag| matches(tag, range)).max_by_key(|tag| order(tag));
    match chosen {
        Some(tag) if text(&object, "/status/latestRef/tag") != tag => {
            let was = object["status"]["latestRef"].take();
            let message = format!("Latest image tag for {image} resolved to {tag}");
            let message = if was.is_null() { message } else { format!("{message} (previously {image}:{})", text(&was, "/tag")) };
            object["status"]["latestRef"] = json!({"name": image, "tag": tag});
            if !was.is_null() {
                object["status"]["observedPreviousRef"] = was;
            }
            mark(&mut object, scene.now, "Ready", "True", "Succeeded", &message);
            scene.event(&object, COMPONENT, false, "Succeeded", &message);
        }
        Some(_) => (),
        None => mark(&mut object, scene.now, "Ready", "False", "Failure", "version list argument cannot be empty"),
    }
    observed(&mut object);
    scene.save(key, object);
    scene.end(key, HOUR);
}

/// Orders versions: numbers count as numbers, a pre-release stands before its release.
pub(super) fn order(version: &str) -> (Vec<u64>, bool, String) {
    let plain = version.trim_start_matches('v').split('+').next().unwrap_or_default();
    let (numbers, pre) = plain.split_once('-').map_or((plain, ""), |(numbers, pre)| (numbers, pre));
    (numbers.split('.').map(|part| part.parse().unwrap_or(0)).collect(), pre.is_empty(), pre.to_owned())
}

/// Whether a version is in a range, of the forms that the fleet uses: `*`, `1.x`, `1.4.x`, `^1.2`, `~1.2.3`, `>=1.0.0`, `1.4.0`. A
/// pre-release is only in a range that names one (Masterminds/semver).
pub(super) fn matches(version: &str, range: &str) -> bool {
    range.split("||").any(|any| any.split([',', ' ']).filter(|term| !term.is_empty()).all(|term| holds_term(version, term)))
}

fn holds_term(version: &str, term: &str) -> bool {
    let ours = order(version);
    let (sign, rest) = term
        .split_at(term.find(|letter: char| letter.is_ascii_digit() || matches!(letter, '*' | 'x' | 'v')).unwrap_or(term.len()));
    let rest = rest.trim_start_matches('v');
    if !ours.1 && !rest.contains('-') {
        return false;
    }
    let parts: Vec<_> = rest.split(['-', '+']).next().unwrap_or_default().split('.').collect();
    let fixed: Vec<u64> = parts.iter().map_while(|part| part.parse().ok()).collect();
    let theirs = order(rest);
    match sign {
        ">=" => ours >= theirs,
        ">" => ours > theirs,
        "<=" => ours <= theirs,
        "<" => ours < theirs,
        "^" => ours >= theirs && ours.0.first() == fixed.first(),
        "~" => ours >= theirs && ours.0.iter().take(2).eq(fixed.iter().take(2)),
        _ if fixed.len() < 3 => ours.0.starts_with(&fixed),
        _ => ours == theirs,
    }
}
