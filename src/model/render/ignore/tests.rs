use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::tree::Memory;
use super::copies::{Assembled, Copy};
use super::*;

/// What Flux' own matcher answered (`tests/live/oracle`).
#[derive(Deserialize)]
struct Answer {
    /// Ignore files by folder.
    files: Vec<(String, String)>,
    path: String,
    folder: bool,
    ignored: bool,
}

#[test]
fn paths_are_ignored_as_flux_ignores_them() {
    let answers = include_str!("../../../../tests/fixtures/ignore/paths.answers").lines();
    let all: Vec<Answer> = answers.map(|line| serde_json::from_str(line).expect("an answer")).collect();
    assert!(all.len() > 1000, "{}", all.len());
    let wrong: Vec<_> = all
        .iter()
        .filter_map(|asked| {
            let own = asked.files.iter().flat_map(|(folder, text)| lines(text, folder)).collect();
            let got = IgnoreRules::new(own).is_ignored(&asked.path, asked.folder);
            (got != asked.ignored).then(|| format!("{:?} {} {}: {got}", asked.files, asked.path, asked.folder))
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

fn names(tree: &dyn Tree, folder: &str) -> Vec<String> {
    tree.list(folder).expect("a folder")
}

#[test]
fn an_artifact_holds_no_links_and_nothing_that_is_ignored() {
    let mut tree = Memory::new([
        (".gitignore", ""),
        ("README.md", ""),
        ("logo.png", ""),
        (".github/workflows/ci.yaml", ""),
        ("apps/a.yaml", ""),
        ("apps/.sops.yaml", ""),
    ]);
    tree.link("link", "apps");
    let artifact = Artifact::new(&tree, IgnoreRules::of(&tree, None).expect("rules"));
    assert_eq!(names(&artifact, ""), ["README.md", "apps"]);
    assert_eq!(names(&artifact, "apps"), ["a.yaml"]);
    assert!(artifact.read("logo.png").is_err());

    let rules = IgnoreRules::of(&tree, Some("# comment\n/*\n!/apps/\n")).expect("rules");
    let artifact = Artifact::new(&tree, rules);
    assert_eq!(names(&artifact, ""), ["apps"], "own patterns replace the defaults");
    assert_eq!(names(&artifact, "apps"), [".sops.yaml", "a.yaml"]);
}

#[test]
fn ignore_files_below_count_after_those_above_and_the_source_last() {
    let tree =
        Memory::new([(".sourceignore", "*.txt\n"), ("a/.sourceignore", "!keep.txt\n"), ("a/keep.txt", ""), ("keep.txt", "")]);
    let rules = IgnoreRules::of(&tree, None).expect("rules");
    assert!(!rules.is_ignored("a/keep.txt", false) && rules.is_ignored("keep.txt", false));
    let rules = IgnoreRules::of(&tree, Some("a/")).expect("rules");
    assert!(rules.is_ignored("a/keep.txt", false));
}

#[test]
fn an_included_repository_lies_where_it_is_included() {
    let own = Memory::new([("flux/a.yaml", "own")]);
    let other = Memory::new([("deploy/b.yaml", "other"), ("deploy/deep/c.yaml", "c"), ("README.md", "")]);
    let mut all = Assembled::of(&own).expect("readable");
    all.include(&other, "deploy", "../vendor/../base").expect("it is there");

    assert_eq!(names(&all, ""), ["base", "flux"]);
    assert_eq!(all.read("base/deep/c.yaml").expect("a file").as_ref(), b"c");
    assert!(all.include(&other, "gone", "x").is_err());
}

#[test]
fn copies_of_an_artifact_generator_lie_where_cp_would_put_them() {
    let apps = Memory::new([
        ("web/a.yaml", "a: 1\nm:\n  x: 1\n  y: 1\n"),
        ("web/b.md", ""),
        ("web/deep/c.yaml", "c: 1\n"),
        ("values.yaml", "m:\n  y: 2\nl: [1]\n"),
        ("web/deep/skip/d.yaml", ""),
        ("not.tgz", "no archive"),
    ]);
    type Case = (&'static [(&'static str, &'static str, &'static [&'static str], &'static str)], &'static [&'static str]);
    let table: [Case; 8] = [
        (&[("@apps/web", "@artifact/", &[], "")], &["web/a.yaml", "web/b.md", "web/deep/c.yaml", "web/deep/skip/d.yaml"]),
        (&[("@apps/web/**", "@artifact/to/", &["*.md"], "")], &["to/a.yaml", "to/deep/c.yaml", "to/deep/skip/d.yaml"]),
        (&[("@apps/web/**", "@artifact/", &["deep/skip/**"], "")], &["a.yaml", "b.md", "deep/c.yaml"]),
        (&[("@apps/web/*.yaml", "@artifact/to", &[], "")], &["to/web/a.yaml"]),
        (&[("@apps/values.yaml", "@artifact/x.yaml", &[], "")], &["x.yaml"]),
        (&[("@apps/values.yaml", "@artifact/x/", &[], "")], &["x/values.yaml"]),
        (&[("@apps/web/deep", "@artifact/../../x", &["**/skip"], "")], &["x/deep/c.yaml"]),
        (
            &[("@apps/web/a.yaml", "@artifact/v.yaml", &[], ""), ("@apps/values.yaml", "@artifact/v.yaml", &[], "Merge")],
            &["v.yaml"],
        ),
    ];
    let sources = BTreeMap::from([("apps".to_owned(), &apps as &dyn Tree)]);
    for (copies, expected) in table {
        let mut all = Assembled::default();
        for (from, to, exclude, strategy) in copies {
            let exclude = exclude.iter().map(|pattern| (*pattern).to_owned()).collect();
            let copy = Copy { from: (*from).into(), to: (*to).into(), exclude, strategy: (*strategy).into() };
            all.copy(&copy, &sources).unwrap_or_else(|error| panic!("{copies:?}: {error}"));
        }
        assert_eq!(files(&all, ""), expected, "{copies:?}");
        if copies.len() == 2 {
            let merged = all.read("v.yaml").expect("a file");
            assert_eq!(String::from_utf8_lossy(&merged), "a: 1\nl:\n- 1\nm:\n  x: 1\n  \"y\": 2\n");
        }
    }
    for (from, to, strategy, expected) in [
        ("@other/x", "@artifact/", "", "alias"),
        ("@apps/gone", "@artifact/", "", "no such file"),
        ("@apps/*.txt", "@artifact/", "", "nothing matches"),
        ("@apps/web", "@elsewhere/", "", "@artifact/path"),
        ("@apps/values.yaml", "@artifact/", "Extract", "requires tarball"),
        ("@apps/web", "@artifact/", "Extract", "not supported for directories"),
        ("@apps/not.tgz", "@artifact/", "Extract", "no gzip-compressed tar"),
    ] {
        let copy = Copy { from: from.into(), to: to.into(), exclude: Vec::new(), strategy: strategy.into() };
        let error = Assembled::default().copy(&copy, &sources).expect_err("it is wrong");
        assert!(error.message.contains(expected), "{error}");
    }
}

fn packed(members: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut archive = tar::Builder::new(gzip);
    for (path, sort, text) in members {
        let mut header = tar::Header::new_gnu();
        // not `set_path`, which refuses what a hostile archive holds
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_entry_type(*sort);
        header.set_size(text.len() as u64);
        header.set_cksum();
        archive.append(&header, text.as_bytes()).expect("memory");
    }
    archive.into_inner().and_then(flate2::write::GzEncoder::finish).expect("memory")
}

#[test]
fn archives_are_extracted_as_flux_does_it() {
    use tar::EntryType::{Directory, Regular, Symlink};
    let good = packed(&[("chart/", Directory, ""), ("chart/a.yaml", Regular, "a: 1\n"), ("empty/", Directory, "")]);
    let leaving = packed(&[("../out.yaml", Regular, "a: 1\n")]);
    let linking = packed(&[("link", Symlink, "")]);
    let mut cut = good.clone();
    cut.truncate(good.len() / 2);
    let mut apps = Memory::default();
    for (path, bytes) in [("x/deep/good.TGZ", good), ("leaving.tgz", leaving), ("linking.tar.gz", linking), ("cut.tgz", cut)] {
        apps.insert(path, &bytes);
    }
    apps.insert("x/plain.yaml", b"b: 1\n");
    let sources = BTreeMap::from([("apps".to_owned(), &apps as &dyn Tree)]);
    let extract = |from: &str, exclude: &[&str]| {
        let exclude = exclude.iter().map(|pattern| (*pattern).to_owned()).collect();
        let mut all = Assembled::default();
        let copy = Copy { from: from.into(), to: "@artifact/to".into(), exclude, strategy: "Extract".into() };
        all.copy(&copy, &sources).map(|()| all)
    };
    for from in ["@apps/x/deep/good.TGZ", "@apps/x/**", "@apps/**/*.{tgz,TGZ}"] {
        let all = extract(from, &["leaving.tgz", "cut.tgz"]).unwrap_or_else(|error| panic!("{from}: {error}"));
        assert_eq!(files(&all, ""), ["to/chart/a.yaml"], "{from}");
        assert_eq!(all.entry("to/empty"), Some(PathKind::Folder));
        assert_eq!(all.origin("to/chart/a.yaml"), None, "no line of it is in the repository");
        assert_eq!(all.read_from("to/chart/a.yaml"), ["x/deep/good.TGZ".into()]);
    }
    for (from, expected) in
        [("@apps/leaving.tgz", "invalid name"), ("@apps/linking.tar.gz", "symlink"), ("@apps/cut.tgz", "no gzip-compressed tar")]
    {
        let error = extract(from, &[]).expect_err("it is wrong");
        assert!(error.message.contains(expected), "{error}");
        assert_eq!(error.file.as_deref(), from.strip_prefix("@apps/"));
    }
    assert!(extract("@apps/x/deep/good.TGZ", &["**/*.TGZ"]).is_ok_and(|all| files(&all, "").is_empty()));
}

fn files(tree: &dyn Tree, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(tree, folder) {
        let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
        match tree.entry(&path) {
            Some(PathKind::Folder) => found.extend(files(tree, &path)),
            _ => found.push(path),
        }
    }
    found
}
