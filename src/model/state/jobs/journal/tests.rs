//! Journals that were cut, damaged, or written by another program.

use std::sync::LazyLock;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::actions::testing::{object, ready, reference};
use crate::state::jobs::change::tests::submission;
use crate::state::jobs::change::{Change, ChangePhase, StepState};
use crate::state::jobs::tests::{Bench, TAKEN};

const NAMES: [&str; 3] = ["a", "b", "c"];

/// The journal of a bulk that has come some way, with the job as it was after each line.
fn journal() -> (Vec<u8>, Vec<Job>) {
    static MADE: LazyLock<(Vec<u8>, Vec<Job>)> = LazyLock::new(bulk);
    MADE.clone()
}

fn bulk() -> (Vec<u8>, Vec<Job>) {
    let body = |name: &str| json!({"metadata": {"name": name}, "status": ready()});
    let mut bench = Bench::with(NAMES.map(|name| object("ks", &body(name))));
    bench.start("reconcile", &NAMES.map(|name| reference("ks", "apps", name)), 2, true);
    let sent = bench.sent();
    bench.answer_to(sent[1].0, TAKEN);
    bench.answer_to(sent[0].0, TAKEN);
    bench.later(40);
    let id = bench.job().id;
    bench.step(|jobs, _, now, _| jobs.stop(id, now));
    let bytes = bench.journals[&id].clone();
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let jobs = ends.map(|end| read(&bytes[..end]).expect("whole lines").job).collect();
    (bytes, jobs)
}

fn upgrade(phase: ChangePhase) -> Job {
    let (_, jobs) = journal();
    let mut change = Change::of(&submission(Some(reference("ks", "apps", "web")), None), jobs[0].started);
    change.progress.phase = phase;
    Job { work: Work::Change(Box::new(change)), ..jobs[0].clone() }
}

#[test]
fn a_journal_cut_at_any_byte_gives_what_its_whole_lines_give() {
    let (bytes, jobs) = journal();
    assert!(jobs.len() > 3, "{}", jobs.len());
    for cut in 0..=bytes.len() {
        let lines = bytes[..cut].iter().filter(|byte| **byte == b'\n').count();
        let is_torn = cut > 0 && bytes[cut - 1] != b'\n';
        match read(&bytes[..cut]) {
            Ok(read) => assert_eq!(read, Read { job: jobs[lines - 1].clone(), is_torn, lines }, "{cut}"),
            Err(error) => assert_eq!((lines, error), (0, damaged("its first line")), "{cut}"),
        }
    }
}

#[test]
fn a_flipped_bit_is_found_wherever_it_is() {
    let (bytes, jobs) = journal();
    for at in 0..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        if let Ok(read) = read(&bytes) {
            assert!(read.is_torn && read.lines == jobs.len() - 1 || read.lines == jobs.len() - 2, "{at}");
            assert_eq!(read.job, jobs[read.lines - 1], "{at}");
        }
    }
}

#[test]
fn a_damaged_line_before_a_sound_one_is_left_alone() {
    let (mut bytes, _) = journal();
    let second = bytes.iter().position(|byte| *byte == b'\n').expect("lines") + 20;
    bytes[second] ^= 1;

    let error = read(&bytes).expect_err("what it recorded may have been sent");
    assert_eq!(error.to_string(), "it is damaged and left alone: line 2 is not as it was written");
}

#[test]
fn what_a_newer_program_wrote_is_named_and_left_alone() {
    let line = line::of(&json!({"version": VERSION + 1, "job": {"in": "fields of its own"}}));

    let error = read(&line).expect_err("a newer program's");
    assert_eq!(error, Unreadable::Newer(VERSION + 1));
    assert_eq!(error.to_string(), "a newer fluxdeck wrote it (format 3, this one knows 2): it is left alone");
}

#[test]
fn valid_lines_about_something_else_are_damage() {
    let (bytes, jobs) = journal();
    let first = compact(&jobs[0]);
    let no_steps = String::from_utf8(first[9..].to_vec()).expect("text");
    let no_steps: serde_json::Value = serde_json::from_str(&no_steps).expect("JSON");
    let mut no_steps = no_steps;
    no_steps["job"]["work"]["Act"]["items"][0]["steps"] = json!([]);
    let of_a_change = upgrade(ChangePhase::Follow);
    let update = Written::default().update(&of_a_change).expect("new").line();
    for damaged in [line::of(&no_steps), line::of(&json!({"version": 0})), line::of(&json!([])), [&bytes[..], &update].concat()] {
        assert!(matches!(read(&damaged), Err(Unreadable::Damaged(_))));
    }
}

#[test]
fn a_compacted_journal_gives_the_same() {
    let (_, jobs) = journal();
    for job in jobs {
        assert_eq!(read(&compact(&job)), Ok(Read { job, is_torn: false, lines: 1 }));
    }
}

#[test]
fn a_change_goes_on_in_its_journal() {
    let before = upgrade(ChangePhase::default());
    let after = upgrade(ChangePhase::Push(StepState::Sent));
    let update = Written::of(&before).update(&after).expect("another phase");

    assert!(Written::of(&after).update(&after).is_none());
    assert_eq!(read(&[compact(&before), update.line()].concat()).map(|read| read.job), Ok(after));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_json_makes_it_panic(json in "\\{\"(version|job|items|n)\":[\\[\\]{}\":,a-z0-9]{0,40}\\}", first: bool) {
        let (bytes, _) = journal();
        let mut line = format!("{:08x} {json}\n", line::sum(json.as_bytes())).into_bytes();
        if !first {
            line = [bytes, line].concat();
        }
        let _ = read(&line);
    }

    #[test]
    fn a_damaged_journal_gives_less_or_nothing(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let (mut bytes, jobs) = journal();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(read) = read(&bytes) {
            prop_assert_eq!(&read.job, &jobs[read.lines - 1]);
        }
    }
}
