//! The values of a HelmRelease as a list of keys: composed from what is there today, and as each stored release has them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::ValuesLayer;
use super::compose::{Composed, HiddenValue, ReferenceData, ValuesSpec, compose, over_defaults, read_map};
use super::stored::StoredRelease;
use super::tree::{self, PathStep, at, written};
use crate::domain::text::{counted, printable, sanitise};
use crate::kinds::masked::{self, MASKED};

/// The shortest text of a Secret that is looked for elsewhere: a shorter one is in too many texts by chance.
const SHORTEST: usize = 6;

/// Keys in the order of their paths.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KeyList {
    pub keys: Vec<ValueKey>,
}

/// One value that is not a map or a list, or one of these that is empty.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueKey {
    /// As `--set` writes it.
    pub path: String,
    pub steps: Vec<PathStep>,
    pub layer: ValuesLayer,
    /// What it overrides, the nearest layer first.
    pub over: Vec<Overridden>,
    pub is_secret: bool,
    /// It is null, and takes away what the chart has there.
    pub is_removal: bool,
    pub(super) value: HiddenValue,
}

/// A value in a lower layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Overridden {
    pub layer: ValuesLayer,
    pub is_secret: bool,
    value: HiddenValue,
}

impl ValueKey {
    /// The value in one line: masked where it is secret, unless it is revealed.
    pub fn shown(&self, reveals: bool) -> String {
        match self.is_removal {
            true => "null (removes the chart's default)".to_owned(),
            false => line(&self.value.0, self.is_secret, reveals),
        }
    }

    /// The value, masked where it is secret.
    pub fn json(&self) -> Value {
        masked_value(&self.value.0, self.is_secret)
    }

    /// The value as a form takes it: of a text the text; nothing of a secret.
    pub fn plain(&self) -> String {
        match &self.value.0 {
            _ if self.is_secret => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

impl Overridden {
    pub fn shown(&self, reveals: bool) -> String {
        line(&self.value.0, self.is_secret, reveals)
    }

    pub fn json(&self) -> Value {
        masked_value(&self.value.0, self.is_secret)
    }
}

fn masked_value(value: &Value, is_secret: bool) -> Value {
    if is_secret { Value::from(MASKED) } else { value.clone() }
}

/// A value in one line, fit for a terminal.
pub(super) fn line(value: &Value, is_secret: bool, reveals: bool) -> String {
    let text = match value {
        _ if is_secret && !reveals => return MASKED.to_owned(),
        // a text that would be read as something else is in quotes
        Value::String(text) if text.is_empty() || serde_json::from_str::<Value>(text).is_ok() || text.contains('\n') => {
            Value::from(text.as_str()).to_string()
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if is_secret { printable(&text).into_owned() } else { sanitise(&text).into_owned() }
}

/// The releases that were read, the newest first, and what of them is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredReleases {
    pub all: Vec<StoredRelease>,
    pub gaps: Vec<String>,
}

/// All that is known of the values of a HelmRelease.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReleaseValues {
    /// What helm-controller would release now, over the defaults of the chart.
    pub now: KeyList,
    pub releases: Vec<StoredRelease>,
    /// What could not be read, and what is the matter with a layer: sentences.
    pub gaps: Vec<String>,
    /// An item of `valuesFrom` could not be read.
    pub is_partial: bool,
    /// In how many keys the newest release has other values than now; none where that cannot be said.
    pub pending: Option<usize>,
    /// Of each layer what it says, the lowest first.
    layers: Vec<(ValuesLayer, HiddenValue)>,
    files: Vec<String>,
    /// Texts that Secrets have.
    secrets: BTreeSet<HiddenSecret>,
}

/// A text of a Secret; not part of any text that is made for debugging.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct HiddenSecret(String);

impl std::fmt::Debug for HiddenSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl ReleaseValues {
    /// Puts together what was read. `data`: of each item of `valuesFrom`.
    pub fn of(spec: &ValuesSpec, data: &[ReferenceData], stored: StoredReleases) -> Self {
        let composed = compose(spec, data);
        let StoredReleases { all: releases, gaps } = stored;
        let mut found = Self {
            gaps: composed.gaps.iter().cloned().chain(gaps).collect(),
            layers: composed.layers.iter().map(|(layer, value)| (layer.clone(), HiddenValue(value.clone()))).collect(),
            files: spec.files.clone(),
            is_partial: !composed.unread.is_empty(),
            releases,
            ..Self::default()
        };
        for (reference, data) in spec.from.iter().zip(data) {
            if let (true, ReferenceData::Text(text)) = (reference.is_secret(), data) {
                found.learn(&read_map(text).ok().filter(|_| reference.target.is_empty()).unwrap_or_else(|| text.trim().into()));
            }
        }
        found.compare(spec, &composed);
        found.gaps.extend(found.unknown_defaults());
        let (value, kept) = found.with_kept(spec, &composed);
        let defaults = found.releases.first().map(|newest| (newest, &newest.defaults.0));
        let mut layers: BTreeMap<Vec<PathStep>, ValuesLayer> = kept;
        layers.extend(composed.leaves.into_iter().map(|leaf| (leaf.path, leaf.layer)));
        found.now = found.list(&value, defaults, |path, _| layers.get(path).cloned().unwrap_or(ValuesLayer::Inline));
        found
    }

    /// The values of a stored release, over the defaults that its chart had.
    pub fn of_release(&self, number: u64) -> Option<KeyList> {
        let release = self.release(number)?;
        let today: BTreeMap<&[PathStep], &ValueKey> = self.now.keys.iter().map(|key| (&*key.steps, key)).collect();
        let mut list = self.list(&release.config.0, Some((release, &release.defaults.0)), |path, value| {
            let same = today.get(path).filter(|key| key.value.0 == *value && !key.layer.is_default());
            same.map_or(ValuesLayer::Release(number), |key| key.layer.clone())
        });
        // where a text of an earlier release came from is not known; where today none of a Secret is, it is not taken for one
        for key in list.keys.iter_mut().filter(|key| matches!(key.layer, ValuesLayer::Release(_))) {
            let is_open = today.get(&*key.steps).is_some_and(|today| !today.is_secret && !today.layer.is_default());
            key.is_secret |= key.value.0.is_string() && !is_open;
        }
        Some(list)
    }

    pub fn release(&self, number: u64) -> Option<&StoredRelease> {
        self.releases.iter().find(|release| release.number == number)
    }

    /// How many keys are masked until they are asked for.
    pub fn secrets(&self) -> usize {
        self.now.keys.iter().filter(|key| key.is_secret).count()
    }

    /// Notes the texts of a Secret.
    fn learn(&mut self, value: &Value) {
        tree::leaves(value, &mut |_, leaf| {
            if let Value::String(text) = leaf
                && text.len() >= SHORTEST
            {
                self.secrets.insert(HiddenSecret(text.clone()));
            }
        });
    }

    /// In how many keys the newest release differs from now.
    fn compare(&mut self, spec: &ValuesSpec, composed: &Composed) {
        let Some(newest) = self.releases.first() else { return };
        if composed.unread.is_empty() && !spec.is_preserving && composed.gaps.is_empty() {
            let (now, then) = (flat(&composed.value), flat(&newest.config.0));
            let paths: BTreeSet<_> = now.keys().chain(then.keys()).collect();
            self.pending = Some(paths.into_iter().filter(|path| now.get(*path) != then.get(*path)).count());
        }
    }

    fn unknown_defaults(&self) -> Option<String> {
        let newest = self.releases.first()?;
        match newest.subcharts.as_slice() {
            [] => None,
            names => Some(format!("defaults of subcharts are not kept with a release, and not known here: {}", names.join(", "))),
        }
    }

    /// What an item that could not be read, or an earlier release, gave the newest release: its layer is the item where there is one only.
    fn with_kept(&self, spec: &ValuesSpec, composed: &Composed) -> (Value, BTreeMap<Vec<PathStep>, ValuesLayer>) {
        let (mut value, mut kept) = (composed.value.clone(), BTreeMap::new());
        let Some(newest) = self.releases.first().filter(|_| spec.is_preserving || !composed.unread.is_empty()) else {
            return (value, kept);
        };
        let layer = match composed.unread.as_slice() {
            [one] if !spec.is_preserving => composed.layers.get(*one).map(|(layer, _)| layer.clone()),
            _ => None,
        };
        let layer = layer.unwrap_or(ValuesLayer::Release(newest.number));
        let known = flat(&composed.value);
        for path in flat(&newest.config.0).into_keys().filter(|path| !known.contains_key(path)) {
            kept.insert(path, layer.clone());
        }
        value = over_kept(&value, &newest.config.0);
        (value, kept)
    }

    /// The keys of values over the defaults of a chart.
    fn list(
        &self,
        values: &Value,
        defaults: Option<(&StoredRelease, &Value)>,
        layer: impl Fn(&[PathStep], &Value) -> ValuesLayer,
    ) -> KeyList {
        let (none, empty) = (Value::Null, Value::Object(serde_json::Map::new()));
        let values = if values.is_null() { &empty } else { values };
        let default = defaults.map_or(&none, |(_, defaults)| defaults);
        let all = over_defaults(values, default);
        let files = defaults.map(|(release, _)| self.values_files(release)).unwrap_or_default();
        let mut shown = all.clone();
        masked::for_screen(&mut shown);
        let mut keys = Vec::new();
        let mut add = |path: &[PathStep], value: &Value, is_removal: bool| {
            let layer = match at(values, path).is_some() {
                true => layer(path, value),
                false => self.default_layer(&files, path, value),
            };
            let is_named = at(&shown, path).is_some_and(|shown| shown != value) || is_sensitive(path, value);
            let is_secret = is_named || layer.is_of_secret() || self.is_known_secret(value);
            let over = self.overridden(path, &layer, at(default, path).map(|value| (&files, value)), is_named);
            let value = HiddenValue(value.clone());
            keys.push(ValueKey { path: written(path), steps: path.to_vec(), layer, over, is_secret, is_removal, value });
        };
        tree::leaves(&all, &mut |path, value| add(path, value, false));
        // what null takes away
        tree::leaves(values, &mut |path, value| {
            if value.is_null() && at(&all, path).is_none() {
                add(path, value, true);
            }
        });
        keys.sort_by(|a, b| a.steps.cmp(&b.steps));
        KeyList { keys }
    }

    /// What lower layers say of a key.
    fn overridden(
        &self,
        path: &[PathStep],
        winner: &ValuesLayer,
        default: Option<(&Vec<(String, Value)>, &Value)>,
        is_named: bool,
    ) -> Vec<Overridden> {
        if winner.is_default() {
            return Vec::new();
        }
        let over = |layer: ValuesLayer, value: &Value| {
            let is_secret = is_named || layer.is_of_secret() || self.is_known_secret(value);
            Overridden { layer, is_secret, value: HiddenValue(value.clone()) }
        };
        let said = self.layers.iter().rev().filter(|(layer, _)| layer != winner).filter_map(|(layer, all)| {
            // a path makes the items before its own
            let value = at(&all.0, path).filter(|value| !value.is_null() || !matches!(layer, ValuesLayer::Target { .. }))?;
            Some(over(layer.clone(), value))
        });
        let default = default.map(|(files, value)| over(self.default_layer(files, path, value), value));
        said.chain(default).collect()
    }

    /// The values files of a release that are part of its chart.
    fn values_files(&self, release: &StoredRelease) -> Vec<(String, Value)> {
        let read = |name: &String| {
            let is_it = |(file, _): &&(String, Vec<u8>)| file == name.trim_start_matches("./");
            let (_, bytes) = release.files.0.iter().find(is_it)?;
            Some((name.clone(), read_map(std::str::from_utf8(bytes).ok()?).ok()?))
        };
        self.files.iter().filter_map(read).collect()
    }

    /// Of a default: the last of the values files that says so. The chart's own file is not kept where there are others.
    fn default_layer(&self, files: &[(String, Value)], path: &[PathStep], value: &Value) -> ValuesLayer {
        if self.files.is_empty() {
            return ValuesLayer::Chart;
        }
        let said = files.iter().rev().find(|(_, all)| at(all, path) == Some(value));
        ValuesLayer::ChartFile(said.map_or("", |(name, _)| name).into())
    }

    fn is_known_secret(&self, value: &Value) -> bool {
        value.as_str().is_some_and(|text| self.secrets.iter().any(|secret| text.contains(&secret.0)))
    }

    /// A text without what Secrets have.
    pub(super) fn without_secrets(&self, number: u64, text: &mut String) {
        let of_release = self.release(number).map(|release| self.born(release)).unwrap_or_default();
        for secret in self.secrets.iter().map(|secret| &secret.0).chain(&of_release) {
            if text.contains(secret.as_str()) {
                *text = text.replace(secret.as_str(), MASKED);
            }
        }
    }

    /// Texts of a release in the places that are filled from Secrets today.
    fn born(&self, release: &StoredRelease) -> Vec<String> {
        let secret = self.now.keys.iter().filter(|key| key.layer.is_of_secret());
        let texts = secret.filter_map(|key| at(&release.config.0, &key.steps)?.as_str());
        texts.filter(|text| text.len() >= SHORTEST).map(str::to_owned).collect()
    }

    /// `12 keys differ from release 3, which is in use`; none where nothing is to be said.
    pub fn pending_words(&self) -> Option<String> {
        let (count, newest) = (self.pending.filter(|count| *count > 0)?, self.releases.first()?);
        Some(format!("{} differ from release {}, the newest: not released yet", counted(count, "key"), newest.number))
    }
}

fn is_sensitive(path: &[PathStep], value: &Value) -> bool {
    masked::field(&written(path), value) != *value
}

/// All leaves by their paths.
fn flat(value: &Value) -> BTreeMap<Vec<PathStep>, Value> {
    let mut found = BTreeMap::new();
    tree::leaves(value, &mut |path, value| {
        found.insert(path.to_vec(), value.clone());
    });
    found
}

/// The first over the second, keeping nulls.
fn over_kept(first: &Value, second: &Value) -> Value {
    match (first, second) {
        (Value::Object(first), Value::Object(second)) => {
            let mut out = second.clone();
            for (key, value) in first {
                let value = second.get(key).map_or_else(|| value.clone(), |old| over_kept(value, old));
                out.insert(key.clone(), value);
            }
            Value::Object(out)
        }
        (first, _) => first.clone(),
    }
}
