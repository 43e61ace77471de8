//! One Flux Kustomization as a cluster has it: its manifest and the values of its variables are the cluster's, its files the repository's.
//!
//! It is built from what the builder keeps, whichever clusters and commits were asked for before. How it got into the cluster does not
//! count here: nobody looks for what the repository declares.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::error::Result;
use super::super::flux::{self, Spec, Values};
use super::super::node::Text;
use super::super::tree::Tree;
use super::index::Index;
use super::kept::{Base, Key};
use super::members::Done;
use super::sources::Files;
use super::{Builder, Member};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// What no other Kustomization of any cluster is called: its UID.
    pub uid: Text,
    pub spec: Arc<Spec>,
    /// `spec.ignore` of its source.
    pub ignore: Option<Text>,
    /// The data of the ConfigMaps and Secrets in its namespace that its variables come from, by kind and name. What of others the cluster
    /// has stays unknown.
    pub values: BTreeMap<(Text, Text), Values>,
}

impl Builder {
    /// Builds one Kustomization. One that fails is an answer, not an error.
    ///
    /// # Errors
    /// The tree itself cannot be read.
    pub fn one(&mut self, tree: &dyn Tree, wish: &Wish) -> Result<Member> {
        self.on(tree, |builder, index| builder.wished(index, wish))
    }

    fn wished(&mut self, index: &Index<'_>, wish: &Wish) -> Result<Member> {
        let Wish { uid, spec, ignore, values } = wish;
        let key = Key { cluster: uid.clone(), id: spec.id(), source: ignore.as_deref().unwrap_or_default().to_owned() };
        let files = Files::new(index, std::mem::take(&mut self.rules));
        let parsed = &self.parsed;
        let base = self.looked_up.base(&key, spec, || {
            let artifact = files.artifact(ignore.as_ref())?;
            Ok(Base::new(flux::render(&*artifact, spec, parsed), false))
        })?;
        self.rules = files.into_rules();
        let find = |kind: &str, _: &str, name: &str| values.get(&(kind.into(), name.into())).cloned();
        let (variables, is_strict) = (flux::variables(spec, &find), !self.is_lenient);
        let done = self.looked_up.done(&key, variables, |variables| Done::of(&base, spec, variables, is_strict));
        self.looked_up.forget_others(&key);
        Ok(done.member(Arc::clone(spec), None))
    }
}
