use super::shape::shape;
use super::*;
use crate::domain::{ClusterId, GroupKind, Labels, ObjectRef, Printed, PrintedChange, PrintedNews, PrintedRow};

#[test]
fn messages_that_differ_in_numbers_hashes_and_durations_have_one_shape() {
    for (one, other) in [
        ("Reconciliation finished in 436.493292ms, next run in 10m0s", "Reconciliation finished in 1m2.5s, next run in 10m0s"),
        ("stored artifact for revision 'main@sha1:3d3b4b7aa'", "stored artifact for revision 'main@sha1:86058ad0c'"),
        ("Created pod: web-7d9c54b6f8-88vtw", "Created pod: web-5c4f9d8b7-bkzfx"),
        ("Scaled up replica set web-7d9c54 to 3 from 2", "Scaled up replica set web-7d9c54 to 12 from 3"),
        ("dial tcp 10.96.0.12:443: i/o timeout", "dial tcp 10.96.113.4:8443: i/o timeout"),
        ("request took 12.3µs", "request took 4ms"),
        ("at 2026-01-01T10:00:00Z", "at 2026-02-11T10:03:20Z"),
        ("upgraded to podinfo@6.5.0", "upgraded to podinfo@6.5.1"),
        ("limit 512Mi exceeded", "limit 1Gi exceeded"),
    ] {
        assert_eq!(shape(one), shape(other), "{one}");
    }
}

#[test]
fn messages_that_differ_in_words_keep_their_own_shape() {
    for (one, other) in [
        ("Created pod: web-88vtw", "Deleted pod: web-88vtw"),
        ("cannot reach s3", "cannot reach k8s"),
        ("ConfigMap/web/settings configured", "ConfigMap/web/defaults configured"),
        ("deployment web is not ready", "deployment api is not ready"),
        ("https-proxy is away", "other-proxy is away"),
        ("größer als 5", "kleiner als 5"),
    ] {
        assert_ne!(shape(one), shape(other), "{one}");
    }
    assert_eq!(shape("größer 世界 1µs …"), "größer 世界 # …");
    assert_eq!(shape(""), "");
}

fn object(name: &str) -> ObjectRef {
    ObjectRef::new(ClusterId(0), GroupKind::new("", "Pod"), "web", name)
}

/// An event of the object `name`, seen so often until that second.
fn event(key: &str, name: &str, message: &str, count: i32, second: i64) -> PrintedRow {
    let at = |second| jiff::Timestamp::from_second(1_767_225_600 + second).ok();
    let row = EventRow {
        first: at(second - 10),
        last: at(second),
        is_warning: message.contains("failed"),
        count,
        reason: "Happened".to_owned(),
        object: format!("Pod/{name}"),
        message: message.to_owned(),
        from: "kubelet".to_owned(),
    };
    PrintedRow {
        key: key.into(),
        object: object(name),
        since: row.last,
        labels: Labels::default(),
        cells: Vec::new(),
        event: Some(row.into()),
    }
}

fn all(rows: Vec<PrintedRow>) -> PrintedNews {
    PrintedNews::All(Printed { rows, ..Printed::default() })
}

fn shown(log: &EventLog, is_folded: bool) -> Vec<(String, i64, usize)> {
    let lines = log.lines(is_folded, |_, _| true);
    lines.into_iter().map(|line| (format!("{} {}", line.object.name, line.event.message), line.count, line.events)).collect()
}

#[test]
fn what_says_the_same_of_the_same_object_is_a_line_at_the_place_of_the_last() {
    let mut log = EventLog::new(100);
    log.take(&all(vec![
        event("1", "a", "pull failed after 2s", 3, 10),
        event("2", "b", "pull failed after 2s", 1, 20),
        event("3", "a", "started", 1, 30),
        event("4", "a", "pull failed after 7s", 2, 40),
    ]));
    let folded = [("b pull failed after 2s", 1, 1), ("a started", 1, 1), ("a pull failed after 7s", 5, 2)];
    assert_eq!(shown(&log, true), folded.map(|(text, count, events)| (text.to_owned(), count, events)));
    assert_eq!(shown(&log, false).len(), 4);
    let lines = log.lines(true, |_, _| true);
    let second = |at: Option<jiff::Timestamp>| at.map(|at| at.as_second() - 1_767_225_600);
    assert_eq!((second(lines[2].first), second(lines[2].last)), (Some(0), Some(40)));
    // each event is known by itself once it is a line of its own
    let own = log.lines(false, |_, _| true);
    assert!(own.iter().filter(|line| line.key.group == lines[2].key.group).count() == 2);
    assert_eq!(own[3].key.event.as_deref(), Some("4"));
}

#[test]
fn an_event_that_is_counted_on_moves_to_the_end_and_keeps_its_line() {
    let mut log = EventLog::new(100);
    log.take(&all(vec![event("1", "a", "back-off failed", 1, 10), event("2", "b", "started", 1, 20)]));
    let before = log.lines(true, |_, _| true);
    log.take(&PrintedNews::Changed(vec![PrintedChange::Row(event("1", "a", "back-off failed", 2, 30))]));
    let after = log.lines(true, |_, _| true);
    assert_eq!((before[0].key.clone(), before[0].count), (after[1].key.clone(), 1));
    assert_eq!(after[1].count, 2);
    // what the server forgets stays
    log.take(&PrintedNews::Changed(vec![PrintedChange::Gone("2".into())]));
    log.take(&all(vec![event("1", "a", "back-off failed", 2, 30)]));
    assert_eq!(log.len(), 2);
}

#[test]
fn only_what_is_meant_is_a_line() {
    let mut log = EventLog::new(100);
    log.take(&all(vec![event("1", "a", "pull failed", 1, 10), event("2", "b", "started", 1, 20)]));
    assert_eq!(log.lines(true, |_, row| row.is_warning).len(), 1);
    assert_eq!(log.lines(true, |about, _| *about.name == *"b").len(), 1);
}

#[test]
fn the_oldest_go_where_there_are_too_many() {
    let mut log = EventLog::new(100);
    let rows = (0..1_000).map(|at| event(&format!("{at:04}"), &format!("pod-{at}"), "started", 1, at)).collect();
    log.take(&all(rows));
    let lines = log.lines(true, |_, _| true);
    assert_eq!((log.len(), log.dropped, lines.len()), (100, 900, 100));
    assert_eq!(&*lines[0].object.name, "pod-900");
    for at in 1_000..1_010 {
        log.take(&PrintedNews::Changed(vec![PrintedChange::Row(event(&format!("{at}"), "new", "started", 1, at))]));
    }
    assert_eq!(log.len(), 110, "a few more are kept until the next time");
    log.take(&PrintedNews::Changed(vec![PrintedChange::Row(event("9999", "new", "started", 1, 9_999))]));
    assert_eq!(log.len(), 100);
}

#[test]
fn a_message_of_any_length_and_any_letters_is_a_line() {
    let mut log = EventLog::new(10);
    let hostile = "\u{202e}x\u{1b}[31m ".repeat(10_000);
    log.take(&all(vec![event("1", "a", &hostile, 0, 10), event("2", "a", &hostile, -3, 20)]));
    assert_eq!(shown(&log, true)[0].1, 2, "a count below one is one");
}
