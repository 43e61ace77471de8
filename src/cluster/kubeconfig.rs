//! The files of `$KUBECONFIG` as one, by kubectl's rules (client-go 0.36 `tools/clientcmd/loader.go`, `Load`).
//!
//! Files that do not exist are left out. Of two entries with one name the first is taken as a whole; a current context that is empty does not
//! hide that of the next file. A file that cannot be read or parsed is an error. kube's own merge refuses missing files, and takes an empty
//! current context for one.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use kube::config::{Kubeconfig as Raw, KubeconfigError};

use super::failure::explain;

/// A file that cannot be used, and why.
#[derive(Debug)]
pub(super) struct Unusable {
    pub path: PathBuf,
    pub why: String,
}

/// Reads and merges these files; none if none of them exists.
pub(super) fn merged(paths: &[PathBuf]) -> Result<Option<Raw>, Unusable> {
    let mut merged: Option<Raw> = None;
    for path in paths {
        let unusable = |error: &KubeconfigError| Unusable { path: path.clone(), why: unread(error) };
        let next = match read(path) {
            Err(KubeconfigError::ReadConfig(error, _)) if error.kind() == ErrorKind::NotFound => continue,
            read => read.map_err(|error| unusable(&error))?,
        };
        merged = Some(match merged {
            None => next,
            Some(first) => first.merge(next).map_err(|error| unusable(&error))?,
        });
    }
    Ok(merged)
}

/// Reads one file. An empty one says nothing, and is no error.
pub(super) fn read(path: &Path) -> Result<Raw, KubeconfigError> {
    let mut raw = Raw::read_from(path)?;
    raw.current_context.take_if(|name| name.is_empty());
    Ok(raw)
}

/// Why a kubeconfig could not be read, without the path: who asked for it has named it.
pub(super) fn unread(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::ReadConfig(why, _) => why.to_string(),
        other => explain(other).trim_start_matches("failed to parse kubeconfig YAML: ").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = r#"apiVersion: v1
kind: Config
current-context: ""
clusters: [{name: c, cluster: {server: "https://first"}}]
users: [{name: u, user: {token: first}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
"#;
    const SECOND: &str = r#"apiVersion: v1
kind: Config
current-context: other
clusters: [{name: c, cluster: {server: "https://second", proxy-url: "http://proxy"}}, {name: d, cluster: {server: "https://d"}}]
users: [{name: u, user: {username: second, password: second}}]
contexts: [{name: x, context: {cluster: d, user: u, namespace: n}}, {name: other, context: {cluster: c, user: u}}]
"#;

    /// Contexts with cluster, server, proxy, namespace and whether the user has a token, and the current context.
    fn summary(raw: &Raw) -> (Vec<String>, String) {
        let one = |named: &kube::config::NamedContext| {
            let context = named.context.clone().unwrap_or_default();
            let cluster =
                raw.clusters.iter().find(|cluster| cluster.name == context.cluster).and_then(|named| named.cluster.clone());
            let cluster = cluster.unwrap_or_default();
            let user = raw.auth_infos.iter().find(|user| Some(&user.name) == context.user.as_ref());
            let has_token = user.and_then(|user| user.auth_info.as_ref()).is_some_and(|user| user.token.is_some());
            let parts = [Some(named.name.clone()), cluster.server, cluster.proxy_url, context.namespace];
            format!("{} {has_token}", parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
        };
        (raw.contexts.iter().map(one).collect(), raw.current_context.clone().unwrap_or_default())
    }

    /// As `kubectl config view --raw` shows them.
    #[test]
    fn files_are_merged_as_kubectl_does() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
        file("first", FIRST);
        file("second", SECOND);
        file("empty", "");
        file("nothing", "apiVersion: v1\nkind: Config\n");
        let first: &[&str] = &["x https://first true"];
        let second: &[&str] = &["x https://d n false", "other https://second http://proxy false"];
        for (names, contexts, current) in [
            (&["first"] as &[&str], first, ""),
            (&["second"], second, "other"),
            (&["first", "second"], &["x https://first true", "other https://first true"], "other"),
            (&["second", "first"], second, "other"),
            (&["missing", "first"], first, ""),
            (&["first", "missing"], first, ""),
            (&["missing", "second", "missing"], second, "other"),
            (&["empty", "second"], second, "other"),
            (&["nothing", "first"], first, ""),
            (&["empty"], &[], ""),
        ] {
            let paths: Vec<_> = names.iter().map(|name| folder.path().join(name)).collect();
            let raw = merged(&paths).expect("they can be read").expect("one is there");
            let expected = (contexts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>(), current.to_owned());
            assert_eq!(summary(&raw), expected, "{names:?}");
        }
        assert!(merged(&[folder.path().join("missing")]).expect("that is no error").is_none());
    }

    #[test]
    fn a_file_that_cannot_be_parsed_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let (good, bad) = (folder.path().join("good"), folder.path().join("bad"));
        std::fs::write(&good, FIRST).expect("written");
        std::fs::write(&bad, "not: [yaml").expect("written");
        let unusable = merged(&[good, bad.clone()]).expect_err("it cannot be parsed");
        assert_eq!(unusable.path, bad);
    }
}
