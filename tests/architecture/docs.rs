//! The crate docs say what the tables say.

use super::rooms::{MODEL, PROGRAM, Room, TO_COME};
use super::touch::OUTSIDE;

/// Widest line of a table.
const WIDTH: usize = 126;

/// `name → a, b`, as lines of a document; what does not fit goes on below.
fn line(name: &str, width: usize, others: &[&str]) -> String {
    let mut lines = vec![format!("//!  {name:width$} →")];
    let margin = " ".repeat(width + 3);
    for (at, other) in others.iter().enumerate() {
        let comma = if at + 1 < others.len() { "," } else { "" };
        let last = lines.last_mut().expect("there is one");
        if last.chars().count() + other.len() + 2 > WIDTH {
            lines.push(format!("//!  {margin}{other}{comma}"));
        } else {
            *last += &format!(" {other}{comma}");
        }
    }
    if others.is_empty() {
        lines[0] += " nothing";
    }
    lines.join("\n")
}

fn table<'a>(rows: impl Iterator<Item = (&'a str, Vec<&'a str>)>) -> String {
    let rows: Vec<_> = rows.collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines: Vec<_> = rows.iter().map(|(name, others)| line(name, width, others)).collect();
    format!("//! ```text\n{}\n//! ```", lines.join("\n"))
}

fn assert_says(file: &str, tables: &[String]) {
    let text = std::fs::read_to_string(super::src().join(file)).expect("a file of the crate");
    let missing: Vec<_> = tables.iter().filter(|table| !text.contains(*table)).map(String::as_str).collect();
    assert!(missing.is_empty(), "{file} does not say:\n{}", missing.join("\n//!\n"));
}

#[test]
fn the_docs_of_the_program_have_its_tables() {
    let rooms = || PROGRAM.iter().chain(TO_COME);
    let of = |others: fn(&Room) -> &'static [&'static str]| table(rooms().map(|room| (room.name, others(room).to_vec())));
    let outside = table(OUTSIDE.iter().map(|outside| (outside.what, outside.who.iter().map(|(place, _)| *place).collect())));
    assert_says("lib.rs", &[of(|room| room.program), of(|room| room.model), outside]);
}

#[test]
fn the_docs_of_the_pure_core_have_its_table() {
    assert_says("model/lib.rs", &[table(MODEL.iter().map(|(room, others)| (*room, others.to_vec())))]);
}

#[test]
fn a_table_is_read_line_by_line() {
    let long: Vec<_> = std::iter::repeat_n("a-long-name", 12).collect();
    let table = table([("a", vec!["b", "c"]), ("room", vec![]), ("x", long)].into_iter());
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines[..3], ["//! ```text", "//!  a    → b, c", "//!  room → nothing"]);
    assert!(lines[3].len() < 130 && lines[3].ends_with(','), "{}", lines[3]);
    assert_eq!(lines[4..], [format!("//!  {:7}a-long-name, a-long-name, a-long-name, a-long-name", "").as_str(), "//! ```"]);
}
