use std::collections::BTreeSet;

use super::*;
use crate::guards::settings::{LearntSettings, TABLES};

fn learnt() -> LearntSettings {
    let pairs = |all: &[(&str, &str)]| all.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    LearntSettings {
        deny: vec!["clusters/prod/flux-system/**".to_owned()],
        branch: Some("ops/\"x\"/{change}".to_owned()),
        sign_off: Some(true),
        kustomizations: pairs(&[("production", "apps/web"), ("staging", "apps/api")]),
        artifacts: pairs(&[("oci://r.test/fleet", "kubernetes")]),
    }
}

/// The keys that the reader takes where this text is followed by a key.
fn taken(before: &str) -> BTreeSet<String> {
    let error = RepositoryPolicy::read(format!("{before}no-such-key = 1\n").as_bytes()).expect_err("there is no such key");
    let (_, known) = error.message.split_once("expected ").expect("it says what it takes");
    known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn every_key_that_the_reader_takes_is_in_the_file() {
    for table in TABLES {
        let known: BTreeSet<_> = table.keys.iter().map(|key| key.name.to_owned()).collect();
        let header = if table.header.is_empty() { String::new() } else { format!("{}\n", table.header) };
        let mut taken = taken(&header);
        if header.is_empty() {
            // the other tables
            for other in TABLES.iter().map(|other| other.header.trim_matches(['[', ']'])).filter(|name| !name.is_empty()) {
                assert!(taken.remove(other), "the reader does not take {other}");
            }
        }
        assert_eq!(known, taken, "{}", table.header);
    }
    let when = taken("[[policy]]\nname = \"a\"\ncommand = [\"a\"]\n[policy.when]\n");
    let value = TABLES.iter().flat_map(|table| table.keys).find(|key| key.name == "when").expect("it is there").value;
    assert!(when.iter().all(|key| value.contains(&format!("{key} = "))), "{when:?}");
}

#[test]
fn the_file_is_read_and_changes_nothing_until_somebody_uncomments_it() {
    for settings in [LearntSettings::default(), learnt()] {
        let (off, on) = (settings.text(false), settings.text(true));
        assert_eq!(RepositoryPolicy::read(off.as_bytes()).expect("it is read"), RepositoryPolicy::default(), "{off}");
        assert!(off.lines().all(|line| line.is_empty() || line.starts_with('#') && line.chars().count() <= 120), "{off}");
        RepositoryPolicy::read(on.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{on}"));
        let uncommented: Vec<_> = off.lines().map(|line| line.strip_prefix("# ").unwrap_or(line)).collect();
        assert!(on.lines().filter(|line| !line.starts_with('#')).all(|line| uncommented.contains(&line)), "{on}");
    }
}

#[test]
fn what_was_learned_is_filled_in() {
    let policy = RepositoryPolicy::read(learnt().text(true).as_bytes()).expect("it is read");
    assert_eq!(policy.deny().collect::<Vec<_>>(), ["clusters/prod/flux-system/**"]);
    assert_eq!((policy.changes.branch.as_deref(), policy.changes.sign_off), (Some("ops/\"x\"/{change}"), Some(true)));
    let paths: Vec<_> = policy.kustomizations.iter().map(|one| (one.cluster.as_str(), one.path.as_str())).collect();
    assert_eq!(paths, [("production", "apps/web"), ("staging", "apps/api")]);
    assert_eq!(policy.artifacts[0].url, "oci://r.test/fleet");
    assert!(policy.kustomizations.iter().all(|one| one.target_namespace.is_none()), "an example is not what was learned");
}
