//! What a cluster applies from git repositories. It is taken note of whenever its sources are seen, so that a change which is made in front of
//! another cluster can say what it may touch in this one.

use jiff::{SignedDuration, Timestamp};

use super::{Cluster, Effect, Link};
use crate::domain::object::Particular;
use crate::domain::{ObjectRef, Relation};
use crate::kinds;

/// How often it is looked whether it is another one by now.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// A Flux Kustomization that is applied from a git repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryReader {
    pub kustomization: ObjectRef,
    /// Of the repository, without a credential.
    pub url: String,
    /// What its source follows; none where it is pinned.
    pub branch: Option<String>,
    /// The folder that it builds, as written.
    pub path: String,
}

/// What was taken note of last, and when it was looked at.
#[derive(Clone, Debug, Default)]
pub struct NotedReaders {
    at: Option<Timestamp>,
    all: Vec<RepositoryReader>,
}

impl Cluster {
    /// What has to be taken note of, once everything has been read, and later where it is another one.
    pub(super) fn note_readers(&mut self, now: Timestamp) -> Option<Effect> {
        let is_due = self.readers.at.is_none_or(|at| now.duration_since(at) >= PAUSE);
        if !is_due || matches!(self.link, Link::Recorded(_)) || !self.is_complete() {
            return None;
        }
        let is_first = self.readers.at.replace(now).is_none();
        let all = self.repository_readers();
        // who may not see all does not know that there is none
        let is_known = !all.is_empty() || self.restricted().is_empty();
        if !is_known || !is_first && all == self.readers.all {
            return None;
        }
        self.readers.all.clone_from(&all);
        Some(Effect::NoteReaders { context: self.context.clone(), readers: all })
    }

    fn repository_readers(&self) -> Vec<RepositoryReader> {
        let store = &self.store;
        let mut found: Vec<_> = store
            .of_kind(&kinds::KUSTOMIZATION.gk())
            .filter_map(|node| {
                let Some(Particular::Folder { path }) = store.object(node)?.facts.particular.as_deref() else { return None };
                let source = store.out(node).iter().find(|link| link.relation == Relation::Source)?.node;
                let Some(Particular::Repository { url, branch }) = store.object(source)?.facts.particular.as_deref() else {
                    return None;
                };
                Some(RepositoryReader {
                    kustomization: store.reference(node).clone(),
                    url: url.to_string(),
                    branch: branch.as_ref().map(ToString::to_string),
                    path: path.to_string(),
                })
            })
            .collect();
        found.sort_by(|one, other| one.kustomization.cmp(&other.kustomization));
        found
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::actions::testing::{object, put, ready};
    use crate::domain::{Changes, ClusterId, Coverage, Delta, Scope};
    use crate::kinds::testing::NOW;

    fn source(branch: &str) -> serde_json::Value {
        json!({
            "metadata": {"name": "fleet"},
            "spec": {"url": "https://bot:PLANTED@git.example.com/ops/fleet.git", "ref": {"branch": branch}},
            "status": {"artifact": {"revision": "main@sha1:1"}},
        })
    }

    /// A cluster with a Kustomization that git applies, and one that a bucket does.
    fn cluster(coverage: Coverage) -> Cluster {
        let mut cluster = Cluster::new(ClusterId(0), "prod-eu".to_owned());
        let applied = |name: &str, kind: &str| {
            let spec = json!({"sourceRef": {"kind": kind, "name": "fleet"}, "path": "./apps"});
            object("ks", &json!({"metadata": {"name": name}, "spec": spec, "status": {"conditions": ready()["conditions"]}}))
        };
        put(&mut cluster.store, applied("apps", "GitRepository"));
        put(&mut cluster.store, applied("other", "Bucket"));
        put(&mut cluster.store, object("gitrepo", &source("main")));
        let scope = Scope { gk: kinds::KUSTOMIZATION.gk(), namespace: None };
        cluster.store.apply(Delta::Coverage(scope, coverage), &mut Changes::default());
        cluster
    }

    fn noted(effect: Option<Effect>) -> Option<Vec<String>> {
        let Some(Effect::NoteReaders { context, readers }) = effect else { return None };
        let line = |one: &RepositoryReader| format!("{} {} {:?} {}", one.kustomization.name, one.url, one.branch, one.path);
        Some(std::iter::once(context).chain(readers.iter().map(line)).collect())
    }

    #[test]
    fn what_git_applies_is_noted_once_it_was_read_and_again_where_it_is_another_one() {
        let now: Timestamp = NOW.parse().expect("a time");
        let later = |minutes: i64| now.checked_add(SignedDuration::from_mins(minutes)).expect("a time");
        assert_eq!(noted(cluster(Coverage::Listing).note_readers(now)), None, "not all of it was read");

        let mut cluster = cluster(Coverage::Complete);
        let line = |branch: &str| format!("apps https://***@git.example.com/ops/fleet.git Some(\"{branch}\") ./apps");
        assert_eq!(noted(cluster.note_readers(now)), Some(vec!["prod-eu".to_owned(), line("main")]));
        assert_eq!(noted(cluster.note_readers(later(2))), None, "it is the same");
        put(&mut cluster.store, object("gitrepo", &source("next")));
        assert_eq!(noted(cluster.note_readers(now)), None, "a minute has to pass");
        assert_eq!(noted(cluster.note_readers(later(4))), Some(vec!["prod-eu".to_owned(), line("next")]));
        cluster.link = Link::Recorded(None);
        put(&mut cluster.store, object("gitrepo", &source("main")));
        assert_eq!(noted(cluster.note_readers(later(6))), None, "a snapshot does not count");
    }
}
