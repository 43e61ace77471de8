//! Image automation, and the controllers of which the demo needs no more than that they acknowledge a request
//! (image-reflector-controller `internal/controller/{imagerepository,imagepolicy}_controller.go`).

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Flux;
use super::scene::{DEPENDENCY, HOUR, Scene, Stage, condition, interval, observed};
use super::transitions::{CHOSEN, NOT_SCANNED, SCANNED};
use crate::demo::objects::{self, Key, list, text};
use fluxdeck_model::domain::version::{matches, order};

const COMPONENT: &str = "image-reflector-controller";

/// A controller of one step.
const fn simple(begin: super::Step) -> Flux {
    Flux { begin, stages: &[], rest: |scene, key, object, _| scene.settle(key, object, HOUR), finalize: |_, _, _| () }
}

pub(super) const ACKNOWLEDGES: Flux = simple(acknowledge);
pub(super) const SCANS: Flux = simple(scan);
pub(super) const CHOOSES: Flux = simple(choose);

/// Notes a request and the generation; the rest stays as it was recorded.
pub(super) fn acknowledge(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    let is_failed = condition(&object, "Ready").is_some_and(|ready| text(ready, "/status") == "False");
    if object.pointer("/status/observedGeneration").is_some() && !is_failed {
        observed(&mut object);
    }
    let after = interval(&object);
    scene.settle(key, object, after);
}

/// How often a patch release of every image with releases is pushed.
const RELEASE: SignedDuration = SignedDuration::from_mins(2);

/// The tags that are new since the last scan, the youngest first.
fn pushed(scene: &Scene, repository: &Value) -> Vec<String> {
    let count = |at: Timestamp| at.duration_since(scene.recording.began).as_secs().max(0) / RELEASE.as_secs();
    let last = text(repository, "/status/lastScanResult/scanTime").parse().unwrap_or(scene.now);
    let tags = list(repository, "/status/lastScanResult/latestTags").iter().filter_map(Value::as_str);
    let Some(latest) = tags.filter_map(order).filter(|version| version.pre.is_empty()).max() else { return Vec::new() };
    let next = |more: i64| format!("{}.{}.{}", latest.major, latest.minor, latest.patch.saturating_add(more.unsigned_abs()));
    (1..=count(scene.now) - count(last)).rev().map(next).collect()
}

/// ImageRepository: looks for tags of an image.
fn scan(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    if let Some((reason, message)) = scene.recording.failure(key, &object) {
        scene.turn(&mut object, &NOT_SCANNED, reason, message);
        return scene.settle(key, object, SignedDuration::from_mins(5));
    }
    let new = pushed(scene, &object);
    let last = &mut object["status"]["lastScanResult"];
    last["scanTime"] = objects::time(scene.now).into();
    if !new.is_empty() {
        last["tagCount"] = (last["tagCount"].as_u64().unwrap_or(0) + new.len() as u64).into();
        let before = last["latestTags"].as_array().cloned().unwrap_or_default();
        // ten of them are listed (`latestTagsCount`)
        let tags: Vec<Value> = new.iter().map(|tag| tag.as_str().into()).chain(before).take(10).collect();
        last["revision"] = (objects::scatter(tags.len() as u64 ^ scene.now.as_second().unsigned_abs()) as u32).to_string().into();
        last["latestTags"] = tags.into();
    }
    let (count, revision) = (last["tagCount"].as_u64().unwrap_or(0), text(last, "/revision"));
    let message = format!("successful scan: found {count} tags with checksum {revision}");
    scene.turn(&mut object, &SCANNED, "Succeeded", &message);
    observed(&mut object);
    let after = interval(&object);
    let message = match new.is_empty() {
        true => format!("no new tags found, next scan in {}", super::scene::go(after)),
        false => message,
    };
    scene.event(&object, COMPONENT, false, "Succeeded", &message);
    scene.settle(key, object, after);
}

/// ImagePolicy: chooses one of the tags.
fn choose(scene: &mut Scene, key: &Key, mut object: Value, _: &Stage) {
    let own = text(&object, "/metadata/namespace");
    let namespace = object.pointer("/spec/imageRepositoryRef/namespace").and_then(Value::as_str).unwrap_or(own);
    let repository =
        scene.find("image.toolkit.fluxcd.io", "ImageRepository", namespace, text(&object, "/spec/imageRepositoryRef/name"));
    let tags: Vec<_> =
        repository.iter().flat_map(|it| list(it, "/status/lastScanResult/latestTags")).filter_map(Value::as_str).collect();
    if tags.is_empty() {
        let message = "retrying in 30s error: no tags in database";
        scene.turn(&mut object, &NOT_SCANNED, "DependencyNotReady", message);
        return scene.settle(key, object, DEPENDENCY);
    }
    let Some(range) = object.pointer("/spec/policy/semver/range").and_then(Value::as_str) else {
        // the other orders choose what they chose when they were recorded
        observed(&mut object);
        return scene.settle(key, object, HOUR);
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
            scene.turn(&mut object, &CHOSEN, "Succeeded", &message);
        }
        Some(_) => (),
        None => scene.turn(&mut object, &NOT_SCANNED, "Failure", "version list argument cannot be empty"),
    }
    observed(&mut object);
    scene.settle(key, object, HOUR);
}
