//! Which kinds a cluster serves, in which versions, under which paths.

use std::collections::BTreeMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use fluxdeck_model::domain::text::sanitise;
use fluxdeck_model::domain::{GroupKind, ObjectRef, ServedKind, Str};
use fluxdeck_model::kinds::{self, Kind};

/// One kind as served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    pub group: String,
    pub version: String,
    pub plural: String,
    pub singular: String,
    pub short: Vec<String>,
    pub namespaced: bool,
    /// Whether it can be watched, and not only listed.
    pub watchable: bool,
}

impl Served {
    /// The path of its collection, cluster-wide or in one namespace.
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{root}/namespaces/{}/{}", escape(namespace), self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    /// The path of one object. Its name may come from a reference that anybody wrote: it leads nowhere else.
    pub fn object(&self, object: &ObjectRef) -> String {
        format!("{}/{}", self.path(Some(&object.namespace)), escape(&object.name))
    }
}

/// All kinds that a cluster serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    /// Versions of a kind, the group's preferred one first.
    pub(super) kinds: BTreeMap<GroupKind, Vec<Served>>,
    pub kubernetes: String,
}

impl Catalog {
    /// Returns how a kind is served: in the newest version that we can read, else in the server's preferred one.
    ///
    /// Group preference is not enough: Alert lives in v1beta3 of a group whose v1 has Receiver.
    pub fn find(&self, gk: &GroupKind, kind: &Kind) -> Option<&Served> {
        let served = self.kinds.get(gk)?;
        let known = kind.versions.iter().filter(|_| !kind.kind.is_empty());
        known.filter_map(|version| served.iter().find(|served| served.version == **version)).next().or_else(|| served.first())
    }

    /// In which versions a kind is served, the one that is read first.
    pub fn versions(&self, gk: &GroupKind, kind: &Kind) -> Vec<Str> {
        let Some(read) = self.find(gk, kind) else { return Vec::new() };
        let others = self.kinds.get(gk).into_iter().flatten().filter(|served| served.version != read.version);
        std::iter::once(read).chain(others).map(|served| sanitise(&served.version).as_ref().into()).collect()
    }

    /// Every group version, `apps/v1`, and every kind in it, `apps/v1/Deployment`, as helm names them.
    pub fn api_versions(&self) -> Vec<String> {
        let mut found = std::collections::BTreeSet::new();
        for (gk, served) in self.kinds.iter().flat_map(|(gk, all)| all.iter().map(move |served| (gk, served))) {
            let version = if gk.group.is_empty() { served.version.clone() } else { format!("{}/{}", gk.group, served.version) };
            found.insert(format!("{version}/{}", gk.kind));
            found.insert(version);
        }
        found.into_iter().collect()
    }

    /// Keeps the known kinds of a group version that the server does not report now.
    pub(super) fn keep(&mut self, before: &Self, group: &str, version: &str) {
        for (gk, served) in before.kinds.iter().filter(|(gk, _)| *gk.group == *group) {
            for kept in served.iter().filter(|served| served.version == version) {
                if self.exactly(gk, version).is_none() {
                    self.kinds.entry(gk.clone()).or_default().push(kept.clone());
                }
            }
        }
    }

    /// Returns how a kind is served in exactly this version.
    pub fn exactly(&self, gk: &GroupKind, version: &str) -> Option<&Served> {
        self.kinds.get(gk)?.iter().find(|served| served.version == version)
    }

    /// All kinds that can be listed, by the names that people have for them.
    pub fn names(&self) -> Vec<ServedKind> {
        let name = |(gk, served): (&GroupKind, &Vec<Served>)| {
            let served = self.find(gk, kinds::of(gk)).or(served.first())?;
            Some(ServedKind {
                gk: gk.clone(),
                plural: sanitise(&served.plural).as_ref().into(),
                singular: sanitise(&served.singular).as_ref().into(),
                short: served.short.iter().map(|name| sanitise(name).as_ref().into()).collect(),
                is_namespaced: served.namespaced,
            })
        };
        self.kinds.iter().filter_map(name).collect()
    }

    /// All kinds that can be listed.
    pub fn kinds(&self) -> impl Iterator<Item = &GroupKind> {
        self.kinds.keys()
    }
}

/// Escapes everything but what a part of a path or a query may contain as it is (RFC 3986, "unreserved").
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Escapes a part of a path, or a value of a query.
pub(super) fn escape(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fluxdeck_model::domain::ClusterId;

    #[test]
    fn a_name_leads_nowhere_else() {
        let secrets = Served {
            group: String::new(),
            version: "v1".to_owned(),
            plural: "secrets".to_owned(),
            singular: "secret".to_owned(),
            short: Vec::new(),
            namespaced: true,
            watchable: true,
        };
        for (namespace, name, path) in [
            ("shop", "web-0.a", "/api/v1/namespaces/shop/secrets/web-0.a"),
            ("shop", "?", "/api/v1/namespaces/shop/secrets/%3F"),
            ("shop", "x/log?y#z", "/api/v1/namespaces/shop/secrets/x%2Flog%3Fy%23z"),
            ("a/b", "é", "/api/v1/namespaces/a%2Fb/secrets/%C3%A9"),
        ] {
            let object = ObjectRef::new(ClusterId(0), GroupKind::new("", "Secret"), namespace, name);
            assert_eq!(secrets.object(&object), path);
        }
    }
}
