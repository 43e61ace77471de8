//! One Flux Kustomization as a cluster has it: its manifest and the values of its variables come from the cluster, its files from
//! the repository.
//!
//! It uses the builder's cache, filled for any clusters and commits before. How it got into the cluster does not matter here: the
//! repository's declarations are not searched.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::error::Result;
use super::super::flux::{self, Spec, Values};
use super::super::node::Text;
use super::super::substitute::Unset;
use super::super::tree::Tree;
use super::artifacts::Artifacts;
use super::composition::ComposedSource;
use super::index::Index;
use super::kept::{Base, BuildKey};
use super::members::Done;
use super::settings::RepositorySettings;
use super::sources::Files;
use super::{Builder, Member};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct BuildRequest {
    /// What no other Kustomization of any cluster is called: its UID.
    pub uid: Text,
    pub spec: Arc<Spec>,
    /// `spec.ignore` of its source.
    pub ignore: Option<Text>,
    /// Of a source that is put together from others: what the cluster says of them. None: its source is this repository.
    pub composed: Option<Arc<ComposedSource>>,
    /// The data of the ConfigMaps and Secrets in its namespace that its variables come from, by kind and name. What of others the cluster
    /// has stays unknown.
    pub values: BTreeMap<(Text, Text), Values>,
    /// What the cluster's Flux does with a variable that nothing sets.
    pub unset: Unset,
}

impl Builder {
    /// Builds one Kustomization. One that fails is an answer, not an error.
    ///
    /// # Errors
    /// The tree itself cannot be read.
    pub fn one(&mut self, tree: &dyn Tree, request: &BuildRequest) -> Result<Member> {
        self.on(tree, |builder, index| builder.requested(index, request))
    }

    fn requested(&mut self, index: &Index<'_>, request: &BuildRequest) -> Result<Member> {
        let BuildRequest { uid, spec, ignore, composed, values, unset } = request;
        let files = Files::new(index, std::mem::take(&mut self.rules));
        let artifacts = match composed {
            Some(_) => Artifacts::said(index, &RepositorySettings::of(index).unwrap_or_default().artifacts),
            None => Artifacts::none(index),
        };
        let sources = composed.as_ref().map(|composed| composed.sources(&files, &artifacts));
        let source = match &sources {
            Some(sources) => sources.key(&spec.source),
            None => ignore.as_deref().unwrap_or_default().to_owned(),
        };
        let key = BuildKey { cluster: uid.clone(), id: spec.id(), source };
        let (parsed, remotes) = (&self.parsed, &self.remotes.0);
        let base = self.looked_up.base(&key, spec, || match &sources {
            Some(sources) => Ok(sources.hold(&spec.source)?.base(spec, parsed, remotes)),
            None => Ok(Ok(Base::new(flux::render(&*files.artifact(ignore.as_ref())?, spec, parsed, remotes), false))),
        });
        self.rules = files.into_rules();
        let base = match base? {
            Ok(base) => base,
            Err(why) => return Ok(Done::elsewhere(why, spec).member(Arc::clone(spec), None)),
        };
        let find = |kind: &str, _: &str, name: &str| values.get(&(kind.into(), name.into())).cloned();
        let mut variables = flux::variables(spec, &find);
        variables.unset = *unset;
        let done = self.looked_up.done(&key, variables, |variables| Done::of(&base, spec, variables));
        self.looked_up.forget_others(&key);
        Ok(done.member(Arc::clone(spec), None))
    }
}

#[cfg(test)]
mod tests {
    use super::super::property::request;
    use super::super::tests::{Counted, SETTINGS, fleet};
    use super::*;

    /// Builds it; returns what was read for that and whether it is the same build as before.
    fn look(builder: &mut Builder, tree: &Counted, request: &BuildRequest, last: &mut Option<Member>) -> (Vec<String>, bool) {
        tree.reads.take();
        let member = builder.one(tree, request).expect("it can be read");
        let objects = |member: &Member| member.outcome.objects().as_ptr();
        let is_same = last.as_ref().is_some_and(|last| objects(last) == objects(&member));
        *last = Some(member);
        (tree.reads.take(), is_same)
    }

    #[test]
    fn what_is_asked_again_is_read_and_built_again_only_where_it_changed() {
        let (mut tree, mut builder, mut last) = (Counted { tree: fleet(), ..Counted::default() }, Builder::default(), None);
        let staging = request("1", "./apps/staging", None, Some("a"));
        let (reads, _) = look(&mut builder, &tree, &staging, &mut last);
        assert!(!reads.iter().any(|path| path.ends_with("sync.yaml")), "what it does not need is not read: {reads:?}");

        assert_eq!(look(&mut builder, &tree, &staging, &mut last), (Vec::new(), true));
        let again = BuildRequest { spec: Arc::new((*staging.spec).clone()), ..staging.clone() };
        assert_eq!(look(&mut builder, &tree, &again, &mut last), (Vec::new(), true), "fetched again, it says the same");
        let other = request("2", "./apps/production", None, Some("b"));
        builder.one(&tree, &other).expect("it can be read");
        builder.build(&tree).expect("it can be read");
        assert_eq!(look(&mut builder, &tree, &staging, &mut last), (Vec::new(), true), "whatever else was asked");

        tree.tree.insert("apps/production/new.yaml", SETTINGS.as_bytes());
        let (reads, is_same) = look(&mut builder, &tree, &staging, &mut last);
        assert_eq!((reads, is_same), (vec!["/".to_owned(), "apps/".to_owned(), "apps/production/".to_owned()], true));
        tree.tree.insert("apps/base/settings.yaml", SETTINGS.replace("zone:", "area:").as_bytes());
        let (reads, is_same) = look(&mut builder, &tree, &staging, &mut last);
        assert!(reads.contains(&"apps/base/settings.yaml".to_owned()) && !is_same, "{reads:?}");
    }

    #[test]
    fn values_are_those_of_the_cluster_that_is_asked_for() {
        let (tree, mut builder) = (fleet(), Builder::default());
        let mut zone = |uid: &str, zone: Option<&str>| {
            let built = builder.one(&tree, &request(uid, "./apps/staging", None, zone)).expect("it can be read");
            let [object] = built.outcome.objects() else { panic!("{:?}", built.outcome) };
            object.node.at(&["data", "zone"]).and_then(|node| node.shared_text().cloned()).map(|text| text.to_string())
        };
        // nothing that the repository itself declares of variables counts
        assert_eq!(zone("1", Some("a")).as_deref(), Some("a"));
        assert_eq!(zone("2", Some("b")).as_deref(), Some("b"));
        assert_eq!(zone("1", Some("c")).as_deref(), Some("c"));
        assert_eq!(zone("2", None).as_deref(), Some("${zone}"), "what nobody knows stays as it is written");
    }

    #[test]
    fn a_variable_that_nothing_sets_is_what_the_clusters_flux_makes_of_it() {
        let (mut tree, mut builder) = (fleet(), Builder::default());
        tree.insert("apps/base/settings.yaml", SETTINGS.replace("${zone}", "${area}").as_bytes());
        let mut area = |unset: Unset| {
            let asked = BuildRequest { unset, ..request("1", "./apps/staging", None, Some("a")) };
            let built = builder.one(&tree, &asked).expect("it can be read");
            let object = built.outcome.objects().first().cloned()?;
            let text = object.node.at(&["data", "zone"]).and_then(|node| node.shared_text().cloned())?;
            Some((text.to_string(), object.unknown.len()))
        };
        assert_eq!(area(Unset::Refused), None, "it builds nothing");
        assert_eq!(area(Unset::Empty), Some(("null".to_owned(), 0)), "nothing is null in YAML");
        assert_eq!(area(Unset::Open), Some(("${area}".to_owned(), 1)), "which Flux it is is not known");
    }

    #[test]
    fn what_is_kept_of_one_is_its_last_build() {
        let (tree, mut builder) = (fleet(), Builder::default());
        let mut weight = |zone: &str, ignore: Option<&str>| {
            builder.one(&tree, &request("1", "./apps/staging", ignore, Some(zone))).expect("it can be read");
            builder.weight()
        };
        let first = weight("a", None);
        assert!(first > SETTINGS.len());
        for (zone, ignore) in [("b", None), ("c", None), ("d", Some("x\n")), ("e", Some("y\n"))] {
            let now = weight(zone, ignore);
            assert!(now.abs_diff(first) < first / 4, "{now} is not about {first}");
        }
    }
}
