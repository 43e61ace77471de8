//! A second opinion on a build: the user's own kustomize, else kubectl, else flux.

use std::collections::BTreeMap;
use std::time::Duration;

use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::render::node::{Layer, Node};
use fluxdeck_model::render::read::{TextPlace, documents};
use fluxdeck_model::render::tree::Tree;
use fluxdeck_model::render::write;
use serde_json::Value;

use super::copy::{copy_tree, private, write_file};
use super::failure::Failure;
use super::run::{Ran, find, run};

/// How long the other may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What another program made of the same folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// None of the programs is installed.
    Nobody,
    Same {
        program: &'static str,
    },
    /// Both built; each line says how one object differs.
    Differs {
        program: &'static str,
        how: Vec<String>,
    },
    /// It failed where we did not, or the other way round.
    Fails {
        program: &'static str,
        why: String,
    },
    Builds {
        program: &'static str,
    },
}

/// Asks for a folder of a tree. The program sees a copy, so that it can change nothing and sees nothing outside.
///
/// # Errors
/// The tree cannot be copied.
pub async fn second(tree: &dyn Tree, path: &str, ours: Option<&[Node]>) -> Result<Opinion> {
    let folder = if path.is_empty() { "." } else { path };
    let kustomize = ["build", "--reorder", "none", "--load-restrictor", "LoadRestrictionsNone", folder];
    let kubectl = ["kustomize", "--load-restrictor", "LoadRestrictionsNone", folder];
    let (flux_path, dry) = (format!("--path={folder}"), "--dry-run");
    let flux = ["build", "kustomization", "second-opinion", dry, "--kustomization-file=second-opinion.yaml", &flux_path];
    let known: [(&'static str, &[&str]); 3] = [("kustomize", &kustomize), ("kubectl", &kubectl), ("flux", &flux)];
    let Some((program, file, arguments)) = known.iter().find_map(|(name, arguments)| Some((*name, find(name)?, *arguments)))
    else {
        return Ok(Opinion::Nobody);
    };
    let copy = private("fluxdeck-copy-").map_err(|error| Error::failed(format!("cannot make a folder: {error}"), ""))?;
    copy_tree(tree, copy.path(), u64::MAX)?;
    if program == "flux" {
        write_file(&copy.path().join("second-opinion.yaml"), PLAIN.replace("PATH", folder).as_bytes())?;
    }
    let ran = run(&file, arguments, copy.path(), LIMIT).await;
    judge(program, ran, ours)
}

/// The least that `flux build` wants to know.
const PLAIN: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: second-opinion, namespace: flux-system}
spec: {path: PATH, interval: 1h, prune: false, sourceRef: {kind: GitRepository, name: second-opinion}}
";

fn judge(program: &'static str, ran: Ran, ours: Option<&[Node]>) -> Result<Opinion> {
    Ok(match (ran, ours) {
        // both refuse: nobody is wrong
        (Err(Failure::Failed(_)), None) => Opinion::Same { program },
        (Err(failure), _) => Opinion::Fails { program, why: failure.to_string() },
        (Ok(_), None) => Opinion::Builds { program },
        (Ok(text), Some(ours)) => {
            let theirs = documents(text.as_bytes(), &TextPlace::file(&program.into(), Layer::Resource));
            let theirs = theirs.map_err(|error| Error::failed(format!("{program} prints no YAML: {error}"), ""))?;
            let how = differences(&by_name(ours)?, &by_name(&theirs)?, program);
            if how.is_empty() { Opinion::Same { program } } else { Opinion::Differs { program, how } }
        }
    })
}

/// Objects by identity: another version may print them in another order.
fn by_name(nodes: &[Node]) -> Result<BTreeMap<String, Value>> {
    let one = |node: &Node| {
        let value = write::json(node).map_err(|error| Error::failed(error.to_string(), ""))?;
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = [text("/apiVersion"), text("/kind"), text("/metadata/namespace"), text("/metadata/name")].join(" ");
        Ok((name, value))
    };
    nodes.iter().map(one).collect()
}

fn differences(ours: &BTreeMap<String, Value>, theirs: &BTreeMap<String, Value>, program: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (name, own) in ours {
        match theirs.get(name) {
            None => found.push(format!("{name}: {program} does not build it")),
            Some(other) if other != own => found.push(format!("{name}: {}", first(own, other, ""))),
            Some(_) => {}
        }
    }
    found.extend(theirs.keys().filter(|name| !ours.contains_key(*name)).map(|name| format!("{name}: only {program} builds it")));
    found
}

/// Where two values differ first. The values themselves may be secret.
fn first(a: &Value, b: &Value, path: &str) -> String {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys()).find(|key| a.get(*key) != b.get(*key));
            let key = keys.expect("they differ");
            let below = format!("{path}.{key}");
            match (a.get(key), b.get(key)) {
                (Some(a), Some(b)) => first(a, b, &below),
                _ => format!("`{}` is set by one only", below.trim_start_matches('.')),
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let at = a.iter().zip(b).position(|(a, b)| a != b).expect("they differ");
            first(&a[at], &b[at], &format!("{path}[{at}]"))
        }
        _ => format!("`{}` differs", path.trim_start_matches('.')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nodes(text: &str) -> Vec<Node> {
        documents(text.as_bytes(), &TextPlace::file(&"x".into(), Layer::Resource)).expect("YAML")
    }

    const TWO: &str = "kind: A\nmetadata: {name: a}\nx: {y: [1, 2]}\n---\nkind: B\nmetadata: {name: b}\n";

    #[test]
    fn opinions_are_compared_by_object_and_shown_without_values() {
        let ours = nodes(TWO);
        let says = |text: &str| judge("kustomize", Ok(text.to_owned()), Some(&ours)).expect("YAML");
        let differs =
            |how: &[&str]| Opinion::Differs { program: "kustomize", how: how.iter().map(|&how| how.to_owned()).collect() };

        assert_eq!(
            says("kind: B\nmetadata: {name: b}\n---\nkind: A\nmetadata: {name: a}\nx: {y: [1, 2]}\n"),
            Opinion::Same { program: "kustomize" }
        );
        assert_eq!(
            says("kind: A\nmetadata: {name: a}\nx: {y: [1, 3]}\n---\nkind: C\nmetadata: {name: c}\n"),
            differs(&[" A  a: `x.y[1]` differs", " B  b: kustomize does not build it", " C  c: only kustomize builds it"])
        );
        let fails = |why: &str| Opinion::Fails { program: "kustomize", why: why.to_owned() };
        let refuses = || Err(Failure::Failed("no".to_owned()));
        assert_eq!(judge("kustomize", refuses(), Some(&ours)).expect("an opinion"), fails("no"));
        assert_eq!(judge("kustomize", refuses(), None).expect("an opinion"), Opinion::Same { program: "kustomize" });
        let late = Err(Failure::TooLong(LIMIT));
        assert_eq!(judge("kustomize", late, None).expect("an opinion"), fails("it did not end within 60 s"));
        assert_eq!(judge("kubectl", Ok(TWO.to_owned()), None).expect("an opinion"), Opinion::Builds { program: "kubectl" });
    }
}
