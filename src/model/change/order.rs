//! A change as it was asked for: everything that is needed to plan it again, at any commit, in another run of the program.
//!
//! It goes into the journal: it holds no credential, and of files only the lines that a person edited.

use serde::{Deserialize, Serialize};

use super::{ChangeScope, HandEdit, LayerChoice, TakenBack};
use crate::domain::ObjectRef;
use crate::domain::text::redact;

/// A change as it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeOrder {
    /// The playbook, by name.
    pub playbook: String,
    /// The object, as `fluxdeck run` takes it: `KIND/NAME`.
    pub object: String,
    /// Its namespace; empty for any.
    pub namespace: String,
    /// Others that get the same settings in the same change, in order.
    #[serde(default)]
    pub also: Vec<OrderedObject>,
    /// One after the other: a place in a list counts as it is by then.
    pub settings: Vec<ChangeSetting>,
    /// What was typed into a file, instead of settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<Box<HandEdit>>,
    /// The commits that are taken back, once they were found, instead of fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_back: Option<Box<TakenBack>>,
    /// Fields that are left as they are, though the playbook sets them, as it writes them.
    #[serde(default)]
    pub left_out: Vec<String>,
    pub layer: LayerChoice,
    /// Everything else that changes with it was accepted, by name.
    pub is_wide: bool,
    pub site: ChangeSite,
    /// Other words than the playbook's; empty for those.
    pub title: String,
    /// Why it is wanted, in the user's words; may be empty.
    pub reason: String,
    /// A text of the user's, in front of what the plan says; empty for the reason, and what the repository asks for.
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub labels: Vec<String>,
    #[serde(default)]
    pub reviewers: Vec<String>,
    pub is_draft: bool,
    /// The forge is asked to merge it by itself once its checks have passed.
    #[serde(default)]
    pub merges_later: bool,
    /// `FIELD=VALUE` that the base has to have: what takes a change back takes nothing else back.
    #[serde(default)]
    pub expected: Vec<String>,
    /// Pushed, and no pull request is opened.
    pub is_push_only: bool,
    /// The user has agreed to a fork, made where there is none, in case they may not push to the repository.
    #[serde(default)]
    pub may_fork: bool,
}

/// One thing that is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub enum ChangeSetting {
    /// `FIELD=VALUE`, as `--set` takes it.
    Set(String),
    /// `FIELD=JSON`, as `--set-json` takes it.
    Json(String),
    /// `FIELD`, as `--unset` takes it: it is taken out.
    Unset(String),
}

/// A setting as it is written down: for long there was only `--set`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Set(String),
    Json { json: String },
    Unset { unset: String },
}

impl From<Written> for ChangeSetting {
    fn from(written: Written) -> Self {
        match written {
            Written::Set(text) => Self::Set(text),
            Written::Json { json } => Self::Json(json),
            Written::Unset { unset } => Self::Unset(unset),
        }
    }
}

impl From<ChangeSetting> for Written {
    fn from(setting: ChangeSetting) -> Self {
        match setting {
            ChangeSetting::Set(text) => Self::Set(text),
            ChangeSetting::Json(json) => Self::Json { json },
            ChangeSetting::Unset(unset) => Self::Unset { unset },
        }
    }
}

impl ChangeSetting {
    pub fn set(text: impl Into<String>) -> Self {
        Self::Set(text.into())
    }

    /// The flag that takes it, and what follows that.
    pub fn flag(&self) -> (&'static str, &str) {
        match self {
            Self::Set(text) => ("--set", text),
            Self::Json(text) => ("--set-json", text),
            Self::Unset(text) => ("--unset", text),
        }
    }

    /// As part of what makes a change another one.
    fn identity(&self) -> String {
        match self {
            Self::Set(text) => text.clone(),
            _ => format!("{} {}", self.flag().0, self.flag().1),
        }
    }
}

/// The repository and the branch that a change goes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSite {
    /// The folder of the checkout or of the clone in the cache.
    pub folder: String,
    /// The remote of a checkout, by name; empty where the repository is known by its URL alone.
    pub remote: String,
    /// Without a credential.
    pub url: String,
    /// The branch that the change goes to.
    pub base: String,
    pub scope: SiteScope,
    /// How all this was found, in words.
    pub found_by: String,
    /// The commit that the cluster has applied; empty if no cluster was asked.
    pub applied: String,
    /// What merging does not do by itself: the source is pinned to a tag or a commit, or another branch is applied.
    pub caution: String,
}

/// What of a repository the change is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SiteScope {
    /// Any Flux Kustomization that builds the object.
    #[default]
    Any,
    /// A folder, as kustomize builds it.
    Folder(String),
    /// A Flux Kustomization, `[CLUSTER/]NAMESPACE/NAME`.
    Kustomization(String),
    /// A Flux Kustomization of that `NAMESPACE/NAME` that builds this folder: a repository may have one of that name for each cluster.
    Applied { name: String, path: String },
}

/// Another object of one change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderedObject {
    /// `KIND/NAME`, as users name it.
    pub object: String,
    /// Empty for any.
    pub namespace: String,
}

impl OrderedObject {
    /// An object of a cluster, with its group: `Deployment.apps/web`.
    pub fn of(id: &ObjectRef) -> Self {
        let object = match &*id.gk.group {
            "" => format!("{}/{}", id.gk.kind, id.name),
            group => format!("{}.{group}/{}", id.gk.kind, id.name),
        };
        Self { object, namespace: id.namespace.to_string() }
    }
}

impl SiteScope {
    /// As the plan takes it. Variables are those that the repository itself gives; what a cluster has is not in it.
    pub fn scope(&self) -> ChangeScope {
        match self {
            Self::Any => ChangeScope::Any,
            Self::Folder(path) => ChangeScope::Folder { path: path.clone(), variables: None },
            Self::Kustomization(name) => ChangeScope::Kustomization(name.clone()),
            Self::Applied { name, path } => {
                ChangeScope::Applied { name: name.clone(), path: path.clone(), request: None, beside: Vec::new() }
            }
        }
    }
}

impl ChangeSite {
    /// The repository in a few characters: `owner/name` of its URL, else its folder.
    pub fn name(&self) -> String {
        let url = self.url.trim_end_matches('/').trim_end_matches(".git");
        let path = url.split_once("://").map_or(url, |(_, rest)| rest).replace(':', "/");
        let parts: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        match parts.as_slice() {
            [.., owner, name] => redact(&format!("{owner}/{name}")).into_owned(),
            _ => self.folder.clone(),
        }
    }
}

impl ChangeOrder {
    /// What makes it another change than one for the same object: part of the name of its branch.
    pub fn identity(&self) -> String {
        let left_out: String = self.left_out.iter().map(|field| format!("\n-{field}")).collect();
        let also = self.also.iter().map(|one| format!("{}/{}", one.namespace, one.object)).collect::<Vec<_>>().join("\n");
        let settings = self.settings.iter().map(ChangeSetting::identity).collect::<Vec<_>>().join("\n");
        let typed = self.by_hand.as_ref().map(|edit| edit.identity()).unwrap_or_default();
        [&*self.playbook, &(settings + &left_out + &typed), &self.layer.to_string(), &self.site.base, &*also]
            .join("\0")
            .trim_end_matches('\0')
            .to_owned()
    }

    /// The namespaces of its objects, each once; nothing where one may be in any.
    pub fn namespaces(&self) -> Vec<String> {
        let all = std::iter::once(&self.namespace).chain(self.also.iter().map(|one| &one.namespace));
        let mut found: Vec<String> = Vec::new();
        for name in all {
            if name.is_empty() {
                return Vec::new();
            }
            if !found.contains(name) {
                found.push(name.clone());
            }
        }
        found
    }

    /// The equivalent command, without its title and its reason. Where the repository was found from the cluster, it is found so again.
    pub fn line(&self) -> String {
        let mut words = vec!["fluxdeck".to_owned(), "run".to_owned(), self.playbook.clone(), self.object.clone()];
        words.extend(self.also.iter().map(|one| one.object.clone()));
        let mut flag = |name: &str, value: &str| {
            if !value.is_empty() {
                words.extend([name.to_owned(), value.to_owned()]);
            }
        };
        flag("-n", &self.namespaces().join(","));
        for setting in &self.settings {
            let (name, text) = setting.flag();
            flag(name, text);
        }
        self.left_out.iter().for_each(|field| flag("--leave-out", field));
        match &self.by_hand {
            // the text is not kept: the editor asks for it
            Some(edit) => flag("--layer", &edit.place().to_string()),
            None => flag("--layer", &self.layer.to_string()),
        }
        let is_clone_of_ours = self.site.remote.is_empty() && !self.site.url.is_empty();
        if !is_clone_of_ours {
            flag("--repo", &self.site.folder);
            flag("--base", &self.site.base);
        }
        match &self.site.scope {
            SiteScope::Any | SiteScope::Applied { .. } => {}
            SiteScope::Folder(path) => flag("--path", if path.is_empty() { "." } else { path }),
            SiteScope::Kustomization(name) => flag("--kustomization", name),
        }
        self.labels.iter().for_each(|label| flag("--label", label));
        self.reviewers.iter().for_each(|name| flag("--reviewer", name));
        let switches = [
            ("--wide", self.is_wide),
            ("--draft", self.is_draft),
            ("--auto-merge", self.merges_later),
            ("--fork", self.may_fork),
        ];
        words.extend(switches.into_iter().filter(|(_, is_on)| *is_on).map(|(name, _)| name.to_owned()));
        shlex::try_join(words.iter().map(String::as_str)).unwrap_or_else(|_| words.join(" "))
    }
}
