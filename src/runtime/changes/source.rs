//! What a source object says of a git repository: a GitRepository what it follows, an OCIRepository what its artifact was made from. Of a
//! Bucket nobody knows.

use serde_json::Value;

use fluxdeck_model::domain::text::sanitise;

/// What a GitRepository without `spec.ref` fetches (source-controller `api/v1`: `GitRepositoryRef`, "defaults to the master branch").
const DEFAULT: &str = "master";
/// Annotations of an artifact's manifest, which source-controller copies to `status.artifact.metadata` (OCI image-spec `annotations.md`;
/// `flux push artifact --source --revision` writes them).
const SOURCE: &str = "org.opencontainers.image.source";
const REVISION: &str = "org.opencontainers.image.revision";

/// What a source follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::runtime) enum Follows {
    Branch(String),
    /// A tag, a range of versions or a commit, in words.
    Pin(String),
}

/// What a GitRepository follows, by precedence of its fields (source-controller `api/v1`, `GitRepositoryRef`).
pub(in crate::runtime) fn follows(source: &Value) -> Follows {
    let text = |key: &str| source.pointer(&format!("/spec/ref/{key}")).and_then(Value::as_str).filter(|text| !text.is_empty());
    let shown = |word: &str, text: &str| Follows::Pin(format!("{word} {}", sanitise(text)));
    if let Some(commit) = text("commit") {
        return shown("commit", commit);
    }
    if let Some(name) = text("name") {
        return match name.strip_prefix("refs/heads/") {
            Some(branch) => Follows::Branch(branch.to_owned()),
            None => shown("ref", name),
        };
    }
    if let Some(range) = text("semver") {
        return shown("versions", range);
    }
    if let Some(tag) = text("tag") {
        return shown("tag", tag);
    }
    Follows::Branch(text("branch").unwrap_or(DEFAULT).to_owned())
}

/// What an artifact says that it was made from. Anybody who may push it may have written that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::runtime) struct Claimed {
    pub url: String,
    /// As it is written.
    pub revision: Option<String>,
    /// A branch or a tag: the revision does not say which; empty where it names neither.
    pub name: String,
}

/// The git repository that the artifact of a source names.
pub(in crate::runtime) fn claimed(source: &Value) -> Option<Claimed> {
    let metadata = source.pointer("/status/artifact/metadata")?;
    let text = |key: &str| metadata.get(key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let url = text(SOURCE)?;
    // `github.com/owner/name` is written as often as the URL
    let is_address = url.contains("://") || url.contains('@');
    let url = if is_address { url.to_owned() } else { format!("https://{url}") };
    // `main@sha1:<id>`, `v1.0@sha1:<id>`, before Flux 2.0 `main/<id>`, or the id alone
    let given = text(REVISION);
    let revision = given.unwrap_or_default();
    let name = revision.split_once('@').or_else(|| revision.rsplit_once('/')).map_or("", |(name, _)| name);
    let name = name.strip_prefix("refs/heads/").unwrap_or(name);
    let is_name = name != "HEAD" && !name.starts_with("refs/");
    let given = given.map(str::to_owned);
    Some(Claimed { url, revision: given, name: if is_name { name.to_owned() } else { String::new() } })
}

/// What a source fetches, the same for all clusters that fetch it; none where that is not said.
pub(in crate::runtime) fn key(source: &Value) -> Option<String> {
    let text = |key: &str| source["spec"][key].as_str().filter(|text| !text.is_empty());
    match (text("url"), text("endpoint"), text("bucketName")) {
        (Some(url), ..) => Some(url.to_owned()),
        (None, Some(endpoint), Some(bucket)) => {
            let prefix = text("prefix").map(|prefix| format!("/{prefix}")).unwrap_or_default();
            Some(format!("bucket://{endpoint}/{bucket}{prefix}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_source_follows_a_branch_or_is_pinned_by_the_precedence_of_its_fields() {
        for (reference, expected) in [
            (json!(null), Ok("master")),
            (json!({"branch": "main"}), Ok("main")),
            (json!({"branch": "main", "tag": "v1"}), Err("tag v1")),
            (json!({"branch": "main", "semver": ">=1"}), Err("versions >=1")),
            (json!({"branch": "main", "semver": ">=1", "name": "refs/heads/next"}), Ok("next")),
            (json!({"branch": "main", "name": "refs/pull/1/head"}), Err("ref refs/pull/1/head")),
            (json!({"branch": "main", "name": "refs/heads/x", "commit": "4f1c"}), Err("commit 4f1c")),
        ] {
            let found = match follows(&json!({"spec": {"ref": reference}})) {
                Follows::Branch(branch) => Ok(branch),
                Follows::Pin(pin) => Err(pin),
            };
            assert_eq!(found.as_ref().map(String::as_str).map_err(String::as_str), expected, "{reference}");
        }
    }

    #[test]
    fn an_artifact_names_its_repository_and_perhaps_the_branch() {
        for (url, revision, expected) in [
            ("https://h.test/a/b.git", "main@sha1:4f1c", ("https://h.test/a/b.git", "main")),
            ("ssh://git@h.test/a/b", "refs/heads/main@sha1:4f1c", ("ssh://git@h.test/a/b", "main")),
            ("git@h.test:a/b", "release/1.x@sha1:4f1c", ("git@h.test:a/b", "release/1.x")),
            ("github.com/a/b", "main/4f1c", ("https://github.com/a/b", "main")),
            ("https://h.test/a/b", "refs/tags/v1@sha1:4f1c", ("https://h.test/a/b", "")),
            ("https://h.test/a/b", "HEAD@sha1:4f1c", ("https://h.test/a/b", "")),
            ("https://h.test/a/b", "4f1c", ("https://h.test/a/b", "")),
            ("https://h.test/a/b", "", ("https://h.test/a/b", "")),
        ] {
            let metadata = json!({SOURCE: url, REVISION: revision});
            let found = claimed(&json!({"status": {"artifact": {"metadata": metadata}}})).expect("it names one");
            assert_eq!((found.url.as_str(), found.name.as_str()), expected);
        }
        for nothing in [json!({}), json!({"status": {"artifact": {"metadata": {REVISION: "main@sha1:4f1c"}}}})] {
            assert_eq!(claimed(&nothing), None);
        }
    }

    #[test]
    fn what_is_fetched_is_the_same_in_every_cluster() {
        for (spec, expected) in [
            (json!({"url": "oci://r.test/a", "ref": {"tag": "1"}}), Some("oci://r.test/a")),
            (json!({"endpoint": "s3.test", "bucketName": "b", "prefix": "p/"}), Some("bucket://s3.test/b/p/")),
            (json!({"endpoint": "s3.test", "bucketName": "b"}), Some("bucket://s3.test/b")),
            (json!({"endpoint": "s3.test"}), None),
        ] {
            assert_eq!(key(&json!({"spec": spec})).as_deref(), expected);
        }
    }
}
