//! Indexes of the size that real ones have: what is held of them is not.

use std::io::Write;

use super::super::index::Index;

/// Most that may be held of an index at any time, in bytes.
const HELD: usize = 80 << 10;
/// As large as the largest that are known to be public.
const SIZE: usize = 60 << 20;

/// One chart of YAML, as helm writes it, with twenty versions.
fn yaml(name: &str) -> Vec<u8> {
    let mut text = format!("  {name}:\n");
    for patch in 0..20 {
        text += &format!(
            "  - annotations:\n      category: Infrastructure\n    apiVersion: v2\n    appVersion: 1.{patch}.0\n    created: \"2026-01-01T00:00:00Z\"\n    \
             description: {}\n    digest: {}\n    name: {name}\n    urls:\n    - https://charts.example.com/{name}-{patch}.tgz\n    version: 1.2.{patch}\n",
            "words ".repeat(60),
            "ab".repeat(32)
        );
    }
    text.into_bytes()
}

fn json(name: &str) -> Vec<u8> {
    let versions: Vec<_> = (0..20)
        .map(|patch| {
            format!(r#"{{"description":"{}","name":"{name}","version":"1.2.{patch}","urls":["a","b"]}}"#, "words ".repeat(60))
        })
        .collect();
    format!("\"{name}\":[{}],", versions.join(",")).into_bytes()
}

/// Feeds an index of that size, of which the chart is the last, and returns how many versions were found and the most that was held.
fn fed(begin: &str, of: fn(&str) -> Vec<u8>, end: &str) -> (usize, usize) {
    let (mut index, mut size, mut most) = (Index::new("zzz", u64::MAX), 0, 0);
    let charts = (0..).map(|at| of(&format!("chart-{at}")));
    let mut feed = |bytes: &[u8], is_last: bool| {
        for piece in bytes.chunks(16 << 10) {
            let is_taken = index.write_all(piece).is_ok();
            assert!(is_taken || is_last, "it stops before the chart");
            most = most.max(index.held());
        }
    };
    feed(begin.as_bytes(), false);
    for chart in charts {
        size += chart.len();
        feed(&chart, false);
        if size > SIZE {
            break;
        }
    }
    feed(&of("zzz"), true);
    feed(end.as_bytes(), true);
    (index.finish().expect("an index").versions.len(), most)
}

#[test]
fn an_index_of_60_mb_is_read_in_the_room_of_a_line() {
    for (begin, of, end) in [
        ("apiVersion: v1\nentries:\n", yaml as fn(&str) -> Vec<u8>, "generated: now\n"),
        ("{\"apiVersion\":\"v1\",\"entries\":{", json, "\"~\":[]}}"),
    ] {
        let (versions, most) = fed(begin, of, end);
        assert_eq!(versions, 20);
        assert!(most <= HELD, "{most} bytes were held");
    }
}

/// A line, a version, a text without an end: each has a limit of its own.
#[test]
fn what_has_no_end_is_not_held() {
    let endless: &[(&str, &str)] = &[
        ("", "x"),
        ("entries:\n  zzz:\n  - version: 1", "1"),
        ("entries:\n  zzz:\n  - version: 1\n", "    version: 1\n"),
        ("entries:\n  zzz:\n  - version: 1\n", "      more\n"),
        ("entries:\n  zzz:\n  - {version: 1, ", "a: [ "),
        ("entries:\n  zzz:\n  - ", "- "),
        ("entries:\n  zzz: [", "{},\n    "),
        ("{\"entries\":{\"", "x"),
        ("{\"entries\":{\"zzz\":[{\"version\":\"", "1"),
        ("{\"entries\":{\"zzz\":", "["),
        ("{\"entries\":{\"zzz\":[", "{\"a\":"),
    ];
    for (begin, again) in endless {
        let (mut index, piece) = (Index::new("zzz", 8 << 20), again.repeat(1000));
        let mut most = 0;
        let mut is_taken = index.write_all(begin.as_bytes()).is_ok();
        for _ in 0..(4 << 20) / piece.len() {
            is_taken = is_taken && index.write_all(piece.as_bytes()).is_ok();
            most = most.max(index.held());
        }
        assert!(most <= 3 << 20, "{begin}{again}: {most} bytes were held");
    }
}
