//! Namespaces remembered by context: for those who may not list them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluxdeck_model::domain::Str;

const FILE: &str = "namespaces.json";
/// Names kept for one context.
const MOST: usize = 50;

/// Returns the namespaces that were looked into under this context before; none where nothing is kept.
pub fn remembered(dir: Option<&Path>, context: &str) -> Vec<Str> {
    let known = dir.map(read).unwrap_or_default();
    known.get(context).into_iter().flatten().map(|name| Str::from(name.as_str())).collect()
}

/// Keeps the namespaces of a context for the next run. What cannot be written is not worth a message.
pub fn remember(dir: Option<&Path>, context: &str, namespaces: &BTreeSet<Str>) {
    let Some(dir) = dir else { return };
    let mut known = read(dir);
    known.insert(context.to_owned(), namespaces.iter().take(MOST).map(ToString::to_string).collect());
    let written = serde_json::to_vec_pretty(&known).map_err(std::io::Error::other);
    let kept = std::fs::create_dir_all(dir).and(written).and_then(|text| {
        let fresh = dir.join(format!("{FILE}.{}", std::process::id()));
        std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, dir.join(FILE)))
    });
    if let Err(error) = kept {
        tracing::warn!(%error, "namespaces are not remembered");
    }
}

fn read(dir: &Path) -> BTreeMap<String, Vec<String>> {
    std::fs::read(dir.join(FILE)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn namespaces_are_kept_by_context() {
        let dir = tempfile::tempdir().expect("a directory");
        remember(Some(dir.path()), "prod", &["web".into(), "api".into()].into());
        remember(Some(dir.path()), "staging", &["web".into()].into());

        assert_eq!(remembered(Some(dir.path()), "prod"), ["api".into(), "web".into()] as [Str; 2]);
        assert!(remembered(Some(dir.path()), "other").is_empty());
        assert!(remembered(None, "prod").is_empty());
    }
}
