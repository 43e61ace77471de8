//! Whether a source is behind its remote: what is asked for it, and what the answer means.
//!
//! A GitRepository's reference by the precedence of source-controller (`api/v1/gitrepository_types.go`, `GitRepositoryRef`), an
//! OCIRepository's by its (`api/v1/ocirepository_types.go`), a HelmChart's range in its repository. Asking does *not* belong here.

use serde_json::Value;

use crate::domain::published::{Catalogue, Offered, Published};
use crate::domain::text::sanitise;
use crate::domain::version::VersionRange;
use crate::domain::{ObjectRef, revision};
use crate::error::Error;
use crate::insight::offered;
use crate::kinds;

/// Whether a source has what its remote has.
#[derive(Clone, Debug, PartialEq)]
pub enum HeadState {
    /// It has fetched what the remote has, in words: `main@3d3b4b7`.
    UpToDate(String),
    /// The remote has something else.
    Behind {
        fetched: String,
        head: String,
    },
    /// There is nothing to ask: it is pinned, or its remote cannot be compared.
    NotAsked(String),
    Failed(Error),
}

/// The answer about one source.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceHead {
    pub source: ObjectRef,
    pub state: HeadState,
}

impl HeadState {
    pub fn slug(&self) -> &'static str {
        match self {
            Self::UpToDate(_) => "up-to-date",
            Self::Behind { .. } => "behind",
            Self::NotAsked(_) => "not-asked",
            Self::Failed(_) => "failed",
        }
    }

    /// In few words.
    pub fn word(&self) -> &'static str {
        match self {
            Self::UpToDate(_) => "up to date",
            Self::Behind { .. } => "behind",
            Self::NotAsked(_) => "not asked",
            Self::Failed(_) => "no answer",
        }
    }

    /// What there is to say of it.
    pub fn says(&self) -> String {
        match self {
            Self::UpToDate(what) => what.clone(),
            Self::Behind { fetched, head } => format!("the remote has {head}, fetched is {fetched}"),
            Self::NotAsked(why) => why.clone(),
            Self::Failed(error) => error.message.clone(),
        }
    }
}

/// What is asked for one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadQuestion {
    /// References of a git repository.
    Git { url: String, reference: GitReference },
    /// The versions that a catalogue has, of which the newest in the range is meant.
    Versions { offered: Offered, range: String },
    /// The digest that a tag has in a registry.
    Digest { name: String, is_plain: bool, tag: String },
}

/// What a GitRepository follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitReference {
    Branch(String),
    Tag(String),
    /// In full: `refs/pull/1/head`.
    Name(String),
    /// The newest tag in a range.
    Versions(String),
}

impl GitReference {
    /// The patterns for `git ls-remote`: all begin with `refs/`.
    pub fn patterns(&self) -> Vec<String> {
        match self {
            Self::Branch(branch) => vec![format!("refs/heads/{branch}")],
            // an annotated tag has its commit under a second name
            Self::Tag(tag) => vec![format!("refs/tags/{tag}"), format!("refs/tags/{tag}^{{}}")],
            Self::Name(name) => vec![name.clone(), format!("{name}^{{}}")],
            Self::Versions(_) => vec!["refs/tags/*".to_owned()],
        }
    }
}

/// Whether a kind is asked about at all.
pub fn is_asked(source: &ObjectRef) -> bool {
    [kinds::GIT_REPOSITORY, kinds::OCI_REPOSITORY, kinds::HELM_CHART].iter().any(|kind| kind.is(&source.gk))
}

fn text<'v>(body: &'v Value, pointer: &str) -> Option<&'v str> {
    body.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// What is to be asked for a source, as the cluster has it.
///
/// # Errors
/// Why nothing is.
pub fn question(source: &ObjectRef, body: &Value) -> Result<HeadQuestion, HeadState> {
    let not_asked = |why: String| Err(HeadState::NotAsked(why));
    let of = |key: &str| text(body, &format!("/spec/ref/{key}")).map(str::to_owned);
    if body.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
        return not_asked("it is suspended: nothing is fetched".to_owned());
    }
    if kinds::GIT_REPOSITORY.is(&source.gk) {
        let reference = match (of("commit"), of("name"), of("semver"), of("tag")) {
            (Some(commit), ..) => return not_asked(format!("it is pinned to commit {}", sanitise(&commit))),
            (_, Some(name), ..) if name.starts_with("refs/") => GitReference::Name(name),
            (_, Some(name), ..) => return not_asked(format!("`{}` is not the whole name of a reference", sanitise(&name))),
            (_, _, Some(range), _) => GitReference::Versions(range),
            (_, _, _, Some(tag)) => GitReference::Tag(tag),
            _ => GitReference::Branch(of("branch").unwrap_or_else(|| "master".to_owned())),
        };
        return Ok(HeadQuestion::Git { url: text(body, "/spec/url").unwrap_or_default().to_owned(), reference });
    }
    if kinds::OCI_REPOSITORY.is(&source.gk) {
        let name = text(body, "/spec/url").unwrap_or_default().to_owned();
        let is_plain = body.pointer("/spec/insecure") == Some(&Value::Bool(true));
        return match (of("digest"), of("semver"), of("tag")) {
            (Some(digest), ..) => not_asked(format!("it is pinned to {}", revision::short(&sanitise(&digest)))),
            (_, Some(_), _) if of("semverFilter").is_some() => {
                not_asked("its semverFilter is read by source-controller alone".to_owned())
            }
            (_, Some(range), _) => {
                Ok(HeadQuestion::Versions { offered: Offered::Known(Catalogue::Tags { name, is_plain }), range })
            }
            (_, _, tag) => Ok(HeadQuestion::Digest { name, is_plain, tag: tag.unwrap_or_else(|| "latest".to_owned()) }),
        };
    }
    if kinds::HELM_CHART.is(&source.gk) {
        let chart = text(body, "/spec/chart").unwrap_or_default();
        let range = text(body, "/spec/version").unwrap_or("*").to_owned();
        let from = text(body, "/spec/sourceRef/kind").unwrap_or_default();
        if from != kinds::HELM_REPOSITORY.kind {
            return not_asked(format!("its chart is a folder of a {}, which is asked itself", sanitise(from)));
        }
        return match offered::of_source(source, body, chart) {
            Ok(offered) => Ok(HeadQuestion::Versions { offered, range }),
            Err(why) => not_asked(why),
        };
    }
    not_asked(format!("what a {} would fetch is not compared", source.gk.kind))
}

/// The revision that a source has fetched, as the cluster has it.
fn fetched(body: &Value) -> &str {
    text(body, "/status/artifact/revision").unwrap_or_default()
}

fn shown(body: &Value) -> String {
    match fetched(body) {
        "" => "nothing".to_owned(),
        revision => revision::short(&sanitise(revision)),
    }
}

/// What the references of a git repository mean for a source: each as its id and its whole name.
pub fn of_references(reference: &GitReference, body: &Value, found: &[(String, String)]) -> HeadState {
    let at = |name: &str| found.iter().find(|(_, known)| known == name).map(|(id, _)| id.as_str());
    let peeled = |name: &str| at(&format!("{name}^{{}}")).or_else(|| at(name));
    let (name, id) = match reference {
        GitReference::Branch(branch) => (branch.clone(), at(&format!("refs/heads/{branch}"))),
        GitReference::Tag(tag) => (tag.clone(), peeled(&format!("refs/tags/{tag}"))),
        GitReference::Name(name) => (name.clone(), peeled(name)),
        GitReference::Versions(range) => match newest_tag(range, found) {
            Some(tag) => (tag.clone(), peeled(&format!("refs/tags/{tag}"))),
            None => return gone(&format!("a tag in `{}`", sanitise(range))),
        },
    };
    let Some(id) = id else { return gone(&format!("`{}`", sanitise(&name))) };
    let has = fetched(body);
    // `main@sha1:4f1c…`, before Flux 2.0 `main/4f1c…`
    if has.rsplit([':', '/']).next() == Some(id) {
        return HeadState::UpToDate(shown(body));
    }
    let head = revision::short(&format!("{}@sha1:{id}", sanitise(&name)));
    HeadState::Behind { fetched: shown(body), head }
}

/// The newest tag in a range, as source-controller takes it.
fn newest_tag(range: &str, found: &[(String, String)]) -> Option<String> {
    let names = found.iter().filter_map(|(_, name)| name.strip_prefix("refs/tags/")).filter(|name| !name.ends_with("^{}"));
    let all = names.map(crate::domain::published::PublishedVersion::named).collect();
    VersionRange::of(range)?;
    Published::new(all, jiff::Timestamp::UNIX_EPOCH).newest(range).map(|found| found.name.clone())
}

fn gone(what: &str) -> HeadState {
    let hint = "source-controller fails too when it fetches the next time";
    HeadState::Failed(Error::failed(format!("the remote does not have {what}"), hint))
}

/// What the versions of a catalogue mean for a source.
pub fn of_versions(range: &str, body: &Value, published: &Published) -> HeadState {
    let Some(newest) = published.newest(range) else {
        if let Some(why) = published.cut {
            return HeadState::NotAsked(why.to_owned());
        }
        return gone(&format!("a version in `{}`", sanitise(range)));
    };
    let has = fetched(body).split('@').next().unwrap_or_default();
    // what a chart's version has behind a `+` is written by source-controller: values files, a commit
    let same = has == newest.name || has.split('+').next() == Some(&newest.name);
    if same {
        HeadState::UpToDate(shown(body))
    } else {
        HeadState::Behind { fetched: shown(body), head: sanitise(&newest.name).into_owned() }
    }
}

/// What the digest of a tag means for a source.
pub fn of_digest(tag: &str, body: &Value, digest: &str) -> HeadState {
    if fetched(body).rsplit('@').next() == Some(digest) {
        HeadState::UpToDate(shown(body))
    } else {
        HeadState::Behind { fetched: shown(body), head: revision::short(&format!("{}@{}", sanitise(tag), sanitise(digest))) }
    }
}
