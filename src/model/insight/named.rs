//! Objects by name: `deploy/web`, `Deployment/web`, `helmreleases.helm.toolkit.fluxcd.io/web`.

use crate::domain::text::distance;
use crate::error::{Error, Result};
use crate::kinds;
use crate::render::Node;
use crate::render::id::{meta_text, text_at};

/// Short names of kinds that have no table of their own; from `kubectl api-resources`.
const SHORT: &[(&str, &str)] = &[
    ("cm", "ConfigMap"),
    ("sa", "ServiceAccount"),
    ("netpol", "NetworkPolicy"),
    ("quota", "ResourceQuota"),
    ("limits", "LimitRange"),
    ("pc", "PriorityClass"),
    ("sc", "StorageClass"),
    ("pv", "PersistentVolume"),
];

/// `KIND/NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    kind: String,
    group: Option<String>,
    name: String,
}

/// As it was written.
impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let group = self.group.as_deref().map(|group| format!(".{group}")).unwrap_or_default();
        write!(f, "{}{group}/{}", self.kind, self.name)
    }
}

impl Named {
    /// # Errors
    /// It is not `KIND/NAME`.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = || Error::usage(format!("`{text}` does not name an object"), "write KIND/NAME: deployment/web");
        let (kind, name) = text.split_once('/').ok_or_else(wrong)?;
        if kind.is_empty() || name.is_empty() {
            return Err(wrong());
        }
        let (kind, group) = kind.split_once('.').map_or((kind, None), |(kind, group)| (kind, Some(group.to_owned())));
        Ok(Self { kind: kind.to_owned(), group, name: name.to_owned() })
    }

    /// Whether an object is meant, in one of these namespaces (in any, where none is named).
    pub fn is_meant(&self, node: &Node, namespaces: &[String]) -> bool {
        let namespace = meta_text(node, "namespace");
        self.is_kind(text_at(node, "kind"), group(node))
            && meta_text(node, "name") == self.name
            && (namespaces.is_empty() || namespaces.iter().any(|name| name == namespace))
    }

    /// As [`Self::is_meant`], for an object that is known by its identity.
    pub fn means(&self, group: &str, kind: &str, namespace: &str, name: &str, namespaces: &[String]) -> bool {
        self.is_kind(kind, group) && name == self.name && (namespaces.is_empty() || namespaces.iter().any(|one| one == namespace))
    }

    fn is_kind(&self, kind: &str, group: &str) -> bool {
        let is_group = self.group.as_deref().is_none_or(|own| own == group || group.starts_with(&format!("{own}.")));
        let (word, lower) = (self.kind.to_lowercase(), kind.to_lowercase());
        let plurals = [format!("{lower}s"), format!("{lower}es"), format!("{}ies", lower.trim_end_matches('y'))];
        let is_short = || SHORT.iter().any(|(short, long)| *short == word && *long == kind);
        let is_known = || kinds::ALL.iter().any(|known| known.kind == kind && known.answers_to(&word));
        is_group && (word == lower || plurals.contains(&word) || is_short() || is_known())
    }

    /// What to say when no object is meant: the nearest of those that are there.
    pub fn missing<'n>(&self, among: impl IntoIterator<Item = &'n Node>, namespaces: &[String]) -> Error {
        let wanted = format!("{}/{}", self.kind, self.name).to_lowercase();
        let mut near: Vec<_> =
            among.into_iter().map(|node| (self.far(node, &wanted), shown(node))).filter(|(far, _)| *far <= 3).collect();
        near.sort();
        near.dedup();
        let place = if namespaces.is_empty() { String::new() } else { format!(" in {}", namespaces.join(", ")) };
        let hint = match near.first() {
            Some((_, name)) => format!("did you mean {name}?"),
            None => "`fluxdeck build` lists the objects".to_owned(),
        };
        Error::failed(format!("git builds no {}/{}{place}", self.kind, self.name), hint)
    }

    /// A name of the right kind may be further away than one of another.
    fn far(&self, node: &Node, wanted: &str) -> usize {
        let name = meta_text(node, "name");
        if self.is_kind(text_at(node, "kind"), group(node)) {
            return distance(name, &self.name);
        }
        if name == self.name {
            return 3;
        }
        distance(&format!("{}/{name}", text_at(node, "kind")).to_lowercase(), wanted) + 1
    }
}

/// The API group of an object, empty for the core.
pub fn group(node: &Node) -> &str {
    text_at(node, "apiVersion").rsplit_once('/').map_or("", |(group, _)| group)
}

/// `Kind namespace/name`, as the screens write it.
pub fn shown(node: &Node) -> String {
    let (kind, name) = (text_at(node, "kind"), meta_text(node, "name"));
    match meta_text(node, "namespace") {
        "" => format!("{kind} {name}"),
        namespace => format!("{kind} {namespace}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::Layer;
    use crate::render::read::{TextPlace, documents};

    fn nodes() -> Vec<Node> {
        let text = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: a}\n---
apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: web, namespace: a}\n---
apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: b}\n";
        documents(text.as_bytes(), &TextPlace::file(&"x.yaml".into(), Layer::Resource)).expect("YAML")
    }

    #[test]
    fn kinds_answer_to_all_their_names() {
        let nodes = nodes();
        for (text, namespace, expected) in [
            ("deploy/web", None, vec!["Deployment a/web"]),
            ("deployments.apps/web", Some("a"), vec!["Deployment a/web"]),
            ("Deployment/web", Some("b"), vec![]),
            ("deployment.batch/web", None, vec![]),
            ("networkpolicies/web", None, vec!["NetworkPolicy a/web"]),
            ("netpol/web", None, vec!["NetworkPolicy a/web"]),
            ("cm/settings", None, vec!["ConfigMap b/settings"]),
        ] {
            let named = Named::parse(text).expect("a name");
            let namespaces: Vec<String> = namespace.into_iter().map(str::to_owned).collect();
            let found: Vec<_> = nodes.iter().filter(|node| named.is_meant(node, &namespaces)).map(shown).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_answered_with_the_nearest() {
        let nodes = nodes();
        for (text, hint) in [
            ("deploy/wep", "did you mean Deployment a/web?"),
            ("configmap/settigns", "did you mean ConfigMap b/settings?"),
            ("deployment/settings", "did you mean ConfigMap b/settings?"),
            ("service/nothing-like-it", "`fluxdeck build` lists the objects"),
        ] {
            assert_eq!(Named::parse(text).expect("a name").missing(&nodes, &[]).hint, hint, "{text}");
        }
        assert_eq!(Named::parse("web").expect_err("refused").exit_code(), 2);
    }
}
