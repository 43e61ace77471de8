//! An index in every form that its makers write, and in forms that nobody should.

use std::io::Write;

use super::super::index::{Found, Index};
use super::{ChartIndex, Failure, NOW};

/// Reads an index that comes in pieces of so many bytes.
fn read(text: &str, chart: &str, piece: usize) -> Result<Found, Failure> {
    let mut index = Index::new(chart, 1 << 20);
    for piece in text.as_bytes().chunks(piece) {
        if index.write_all(piece).is_err() {
            break;
        }
    }
    index.finish()
}

/// `name appVersion created digest deprecated`, with `-` for what is not there.
fn lines(found: &Found) -> Vec<String> {
    let or = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let line = found.versions.iter().map(|it| {
        let digest = or(it.digest.as_deref().map(|digest| digest[..digest.len().min(10)].to_owned()));
        format!(
            "{} {} {} {digest} {}",
            it.name,
            or(it.app_version.clone()),
            or(it.created.map(|at| at.to_string())),
            it.is_deprecated
        )
    });
    line.collect()
}

const HELM: &str = r##"apiVersion: v1
entries:
  other:
  - apiVersion: v2
    name: other
    version: 9.9.9
  podinfo:
  - apiVersion: v2
    appVersion: 6.5.0
    created: "2026-11-02T10:00:00.5+02:00"
    dependencies:
    - name: redis
      repository: https://charts.example.com
      version: 18.0.0
    description: |
      version: 1.1.1
      # a chart's own words
    digest: 3f2a9c6d5e4b7a8f9e0d1c2b3a4f5e6d7c8b9a0f1e2d3c4b5a6f7e8d9c0b1a2f
    home: "it's: a 'test'"
    keywords: ["a: b", '{version: 3}']
    maintainers:
    - email: a@example.com
      name: version
    name: podinfo
    urls:
    - https://charts.example.com/podinfo-6.5.0.tgz
    version: 6.5.0

  - appVersion: 1.10
    deprecated: true
    description: words that go on and on, and are folded by the
      writer's library. version: 2.2.2
    name: podinfo
    version: "6.4.1"
  - version: 6.4.0-rc.1+build.5
  podinfo-more:
  - version: 8.8.8
generated: "2026-11-02T10:00:00Z"
"##;

#[test]
fn the_entry_of_one_chart_is_read_as_helm_writes_it() {
    for piece in [1, 2, 7, 64, 4096] {
        let found = read(HELM, "podinfo", piece).expect("an index");
        let expected =
            ["6.5.0 6.5.0 2026-11-02T08:00:00.5Z sha256:3f2 false", "6.4.1 1.10 - - true", "6.4.0-rc.1+build.5 - - - false"];
        assert_eq!((lines(&found), found.left_out, found.is_whole), (expected.map(str::to_owned).to_vec(), 0, true));
    }
}

#[test]
fn every_maker_of_indexes_is_understood() {
    for (what, text) in [
        (
            "ruby",
            "---\napiVersion: v1\nentries:\n  a:\n  - &1\n    name: a\n    version: 1.0.0\n    urls: &2\n    - x\n  - name: a\n    urls: *2\n    version: 0.9.0\n",
        ),
        (
            "jackson",
            "---\napiVersion: \"v1\"\nentries:\n  \"a\":\n  - apiVersion: \"v2\"\n    description: \"long \\\n      \\ version: 3.0.0\"\n    version: \"1.0.0\"\n  - version: \"0.9.0\"\n",
        ),
        (
            "indented lists",
            "apiVersion: v1\nentries:\n    b:\n        - version: 7.0.0\n    a:\n        - version: 1.0.0\n          urls:\n              - x\n        - version: 0.9.0\n    c:\n        - version: 8.0.0\n",
        ),
        ("windows", "\u{feff}# a comment\r\napiVersion: v1\r\nentries:\r\n  a:\r\n  - version: 1.0.0\r\n  - version: 0.9.0\r\n"),
        ("dashes alone", "entries:\n  a:\n  -\n    name: a\n    version: 1.0.0\n  -   version: 0.9.0\n      name: a"),
        ("braces", "entries:\n  a:\n  - {name: a, version: 1.0.0, urls: [x]}\n  - {version: '0.9.0',\n     name: a}\n"),
        ("brackets", "entries:\n  a: [{version: 1.0.0}, {\"version\": \"0.9.0\"}] # all\n  b: []\n"),
        (
            "brackets below",
            "entries:\n  'a':\n    [\n      {version: 1.0.0},\n      {version: 0.9.0}\n    ]\n  b:\n  - version: 2.0.0\n",
        ),
        (
            "comments",
            "entries: # of charts\n# a:\n  a: # ours\n  # - version: 3.0.0\n  - version: 1.0.0 # new\n\n  - version: 0.9.0\n",
        ),
        ("two documents", "entries:\n  a:\n  - version: 1.0.0\n  - version: 0.9.0\n---\nentries:\n  a:\n  - version: 3.0.0\n"),
        (
            "json",
            r#"{"serverInfo":{"entries":{"a":[{"version":"3.0.0"}]}},"apiVersion":"v1","entries":{"b":[{"version":"2.0.0","x":{"a":[{"version":"4.0.0"}]}}],"a":[{"name":"a","version":"1.0.0","maintainers":[{"name":"b\"}]"}]},{"version":"0.9.0"}],"c":[]}}"#,
        ),
        (
            "json, wide",
            " {\n  \"apiVersion\": \"v1\",\n  \"entries\": {\n    \"a\": [\n      { \"version\": \"1.0.0\" },\n      { \"version\": \"0.9.0\" }\n    ]\n  }\n}\n",
        ),
    ] {
        for piece in [1, 3, 5000] {
            let found = read(text, "a", piece).unwrap_or_else(|failure| panic!("{what}: {failure}"));
            let names: Vec<_> = found.versions.iter().map(|it| it.name.as_str()).collect();
            assert_eq!((names, found.left_out), (vec!["1.0.0", "0.9.0"], 0), "{what}");
        }
    }
}

#[test]
fn what_is_not_an_index_is_not_taken_for_one_without_charts() {
    let nowhere: Result<usize, &str> = Err("none");
    for (text, expected) in [
        ("entries: {}\n", nowhere),
        ("apiVersion: v1\nentries:\ngenerated: now\n", nowhere),
        ("entries:\n  b:\n  - version: 1.0.0\n", nowhere),
        ("{\"entries\":{}}", nowhere),
        ("entries:\n  a: []\n", Ok(0)),
        ("entries:\n  a:\n", Ok(0)),
        ("{\"entries\":{\"a\":[]}}", Ok(0)),
        ("{\"entries\":{\"a\":null}}", Ok(0)),
        ("", Err("it is empty")),
        (" \n\t\n", Err("it is empty")),
        ("<!doctype html>\n<html>entries:</html>\n", Err("it is not the index of a Helm repository")),
        ("apiVersion: v1\n", Err("it is not the index of a Helm repository")),
        ("apiVersion: v1\n---\nentries:\n  a:\n  - version: 1.0.0\n", Err("it is not the index of a Helm repository")),
        ("{\"message\":\"log in\"}", Err("it is not the index of a Helm repository")),
        ("{\"entries\":{\"a\":[{\"version\":", Err("it breaks off")),
        ("entries: {a: [{version: 1.0.0}]}\n", Err("its entries are written in one line")),
        ("entries:\n    b:\n  a:\n  - version: 1.0.0\n", Err("its entries are indented unevenly")),
        ("entries:\n  a:\n    - version: 1.0.0\n   - version: 1.0.0\n", Err("its versions are indented unevenly")),
        ("entries:\n  a: 5\n", Err("the entry of the chart is not a list of versions")),
        ("entries:\n  a:\n    version: 1.0.0\n", Err("the entry of the chart is not a list of versions")),
    ] {
        let found = match read(text, "a", 4096) {
            Ok(found) => Ok(found.versions.len()),
            Err(Failure::NoChart) => nowhere,
            Err(failure) => Err(&*failure.to_string().leak()),
        };
        let expected = match expected {
            Err("none") | Ok(_) => expected,
            Err(why) => Err(&*format!("its answer cannot be read: {why}").leak()),
        };
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn entries_that_cannot_be_right_are_left_out_and_the_others_stay() {
    let long = "x".repeat(40_000);
    let text = format!(
        "entries:\n  a:\n  - name: a\n  - version: \"1.0\\e[31m\"\n  - version: ''\n  - version: [1]\n  - version: *v\n  - version: {long}\n  \
         - version: 1.0.0\n    appVersion: \"\\e]0;x\\a\u{202e}1.2\"\n    created: yesterday\n    digest: \"\\e[2J\"\n  - version: 1.0.0\n    version: 2.0.0\n  - name: {long}\n    \
         version: 0.9.0\n"
    );
    let found = read(&text, "a", 999).expect("an index");
    assert_eq!((lines(&found).len(), found.left_out), (2, 7), "{:?}", lines(&found));
    let shown = lines(&found).join("\n");
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']) && shown.ends_with("0.9.0 - - - false"), "{shown}");
    let json = format!(
        r#"{{"entries":{{"a":[{{"version":7}},{{"version":"1.0\u001b[31m"}},{{"version":"1.0.0","deprecated":"true"}},{{"description":"{}","version":"3.0.0"}}]}}}}"#,
        "x".repeat(1_100_000)
    );
    let mut index = Index::new("a", 4 << 20);
    let _ = index.write_all(json.as_bytes());
    let found = index.finish().expect("an index");
    assert_eq!((lines(&found), found.left_out), (vec!["1.0.0 - - - true".to_owned()], 3));
}

#[test]
fn an_index_that_was_got_in_another_way_is_read_in_pieces() {
    let mut index = ChartIndex::of("podinfo");
    let taken = HELM.as_bytes().chunks(100).take_while(|piece| index.push(piece)).count();
    assert!(taken < HELM.len() / 100, "nothing is read behind the chart");
    let published = index.finish(NOW).expect("an index");
    assert_eq!((published.versions.len(), published.versions[0].name.as_str(), published.asked_at), (3, "6.5.0", NOW));
}

/// Nothing that anybody can write ends the program.
#[test]
fn no_index_is_too_strange() {
    for text in [HELM, r#"{"entries":{"podinfo":[{"version":"1.0.0","a":[1,{"b":"c\\\""}]}]}}"#] {
        for at in 0..text.len() {
            for sign in ["\"", "'", "{", "}", "[", "]", ":", "-", "&", "*", "!", "|", "#", "\n", "\t", "\u{0}", "\u{fc}"] {
                let (before, behind) = text.as_bytes().split_at(at);
                let changed = [before, sign.as_bytes(), behind].concat();
                let mut index = Index::new("podinfo", 1 << 20);
                let _ = index.write_all(&changed);
                if let Ok(found) = index.finish() {
                    assert!(found.versions.len() <= 4, "{at} {sign}");
                }
            }
        }
    }
}
