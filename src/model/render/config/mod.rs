//! Which fields the transformers touch: kustomize's own table, `configurations:` and `crds:`.
//! Source: kustomize api v0.21.1 `internal/plugins/builtinconfig`, `internal/konfig/builtinpluginconsts` (the table in `default.txt`).

mod crds;

use std::sync::{Arc, OnceLock};

use super::decode::{self, Fields, Mode};
use super::error::Result;
use super::field_spec::{FieldSpec, merge_all};
use super::id::Gvk;
use super::node::Node;

pub use crds::from_crds;

/// Who refers to a kind of object by its name.
#[derive(Clone, Debug, Default)]
pub struct NameReference {
    pub target: Gvk,
    pub referrers: Vec<FieldSpec>,
}

#[derive(Clone, Debug, Default)]
pub struct Config {
    pub name_prefix: Vec<FieldSpec>,
    pub name_suffix: Vec<FieldSpec>,
    pub namespace: Vec<FieldSpec>,
    pub common_labels: Vec<FieldSpec>,
    pub labels: Vec<FieldSpec>,
    pub template_labels: Vec<FieldSpec>,
    pub common_annotations: Vec<FieldSpec>,
    pub name_reference: Vec<NameReference>,
    pub var_reference: Vec<FieldSpec>,
    pub images: Vec<FieldSpec>,
    pub replicas: Vec<FieldSpec>,
}

const LISTS: &[&str] = &[
    "namePrefix",
    "nameSuffix",
    "namespace",
    "commonLabels",
    "labels",
    "templateLabels",
    "commonAnnotations",
    "varReference",
    "images",
    "replicas",
];

impl Config {
    /// kustomize's own table.
    pub fn standard() -> &'static Arc<Config> {
        static STANDARD: OnceLock<Arc<Config>> = OnceLock::new();
        STANDARD.get_or_init(|| {
            let mut config = Config::default();
            let mut section = "";
            for line in include_str!("default.txt").lines() {
                if !line.starts_with(' ') {
                    section = line;
                    if let Some(target) = line.strip_prefix("nameReference ") {
                        config.name_reference.push(NameReference { target: gvk(target.split(' ')), referrers: Vec::new() });
                    }
                    continue;
                }
                let mut words = line.trim_start().split(' ');
                let path = words.next().unwrap_or_default();
                let spec = FieldSpec { path: path.into(), gvk: gvk(words.by_ref().take(3)), create: words.next().is_some() };
                match config.list(section) {
                    Some(list) => list.push(spec),
                    None => config.name_reference.last_mut().expect("its line comes first").referrers.push(spec),
                }
            }
            config.sort();
            Arc::new(config)
        })
    }

    fn list(&mut self, name: &str) -> Option<&mut Vec<FieldSpec>> {
        Some(match name {
            "namePrefix" => &mut self.name_prefix,
            "nameSuffix" => &mut self.name_suffix,
            "namespace" => &mut self.namespace,
            "commonLabels" => &mut self.common_labels,
            "labels" => &mut self.labels,
            "templateLabels" => &mut self.template_labels,
            "commonAnnotations" => &mut self.common_annotations,
            "varReference" => &mut self.var_reference,
            "images" => &mut self.images,
            "replicas" => &mut self.replicas,
            _ => return None,
        })
    }

    /// A file of `configurations:`.
    ///
    /// # Errors
    /// Unknown fields, wrong types.
    pub fn read(node: &Node) -> Result<Self> {
        decode::unique_keys(node)?;
        let mut known = LISTS.to_vec();
        known.push("nameReference");
        let fields = Fields::of(node, &known, Mode::Strict)?;
        let mut config = Self::default();
        for name in LISTS {
            *config.list(name).expect("a known list") = fields.all(name, FieldSpec::read)?;
        }
        config.name_reference = fields.all("nameReference", |node, mode| {
            let fields = Fields::of(node, &["group", "version", "kind", "fieldSpecs"], mode)?;
            let target = Gvk { group: fields.plain("group")?, version: fields.plain("version")?, kind: fields.plain("kind")? };
            Ok(NameReference { target, referrers: fields.all("fieldSpecs", FieldSpec::read)? })
        })?;
        config.sort();
        Ok(config)
    }

    fn sort(&mut self) {
        for name in LISTS {
            self.list(name).expect("a known list").sort_by_cached_key(|spec| spec.gvk.sort_key());
        }
        self.name_reference.sort_by_cached_key(|reference| reference.target.sort_key());
    }

    /// Both tables in one. Nearly always both are kustomize's own: nothing is copied then.
    ///
    /// # Errors
    /// As [`Config::merge`].
    pub fn merged(into: &mut Arc<Config>, other: &Arc<Config>) -> Result<()> {
        if Arc::ptr_eq(other, Self::standard()) && into.name_prefix.is_empty() && into.name_reference.is_empty() {
            into.clone_from(other);
            return Ok(());
        }
        if Arc::ptr_eq(into, other) {
            return Ok(());
        }
        Arc::make_mut(into).merge(other)
    }

    /// Both tables in one.
    ///
    /// # Errors
    /// The same field, once to be created and once not.
    pub fn merge(&mut self, other: &Config) -> Result<()> {
        let mut other = other.clone();
        for name in LISTS {
            let more = std::mem::take(other.list(name).expect("a known list"));
            merge_all(self.list(name).expect("a known list"), &more)?;
        }
        for reference in &other.name_reference {
            self.add_reference(reference)?;
        }
        self.sort();
        Ok(())
    }

    fn add_reference(&mut self, reference: &NameReference) -> Result<()> {
        let mut is_known = false;
        for existing in self.name_reference.iter_mut().filter(|existing| existing.target == reference.target) {
            merge_all(&mut existing.referrers, &reference.referrers)?;
            is_known = true;
        }
        if !is_known {
            self.name_reference.push(reference.clone());
        }
        Ok(())
    }
}

fn gvk<'t>(mut words: impl Iterator<Item = &'t str>) -> Gvk {
    let mut word = || words.next().filter(|word| *word != "-").unwrap_or_default();
    Gvk::new(word(), word(), word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_table_has_what_kustomize_has() {
        let config = Config::standard();
        assert_eq!(config.name_prefix.len(), 1);
        assert!(config.images.iter().any(|spec| spec.path.as_ref() == "spec/template/spec/containers[]/image"));
        let secret = config.name_reference.iter().find(|reference| reference.target.kind.as_ref() == "Secret").expect("Secret");
        assert!(secret.referrers.iter().any(|spec| spec.path.ends_with("imagePullSecrets/name")));
        // into nothing, and into itself: both leave it as it is, which the short cuts of `merged` rely on
        for mut into in [Config::default(), config.as_ref().clone()] {
            into.merge(config).expect("the same again");
            for name in LISTS {
                assert_eq!(into.list(name).cloned(), config.as_ref().clone().list(name).cloned(), "{name}");
            }
            assert_eq!(into.name_reference.len(), config.name_reference.len());
        }
    }
}
