//! Reads the committed table; its first lines say how it is written.

use super::shape::{Definitions, FieldSchema, ListMerge};

/// The table is a part of the program: what cannot be read in it is a mistake of the command that writes it, found by the tests.
pub fn read(text: &str) -> Definitions {
    let mut found = Definitions::default();
    let mut open = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_ascii_whitespace();
        let first = words.next().expect("no line is empty");
        match (line.starts_with(' '), first) {
            (true, _) => field(found.named_mut(open).expect("a definition comes before its fields"), first, words),
            (false, "namespaced" | "cluster") => {
                let (version, kind) = (words.next().expect("a version"), words.next().expect("a kind"));
                found.insert_scope(version, kind, first == "namespaced");
            }
            (false, _) => {
                open = first;
                found.insert(open, FieldSchema::default());
                for kind in words {
                    let (version, kind) = kind.rsplit_once('/').expect("APIVERSION/KIND");
                    found.insert_kind(version, kind, open);
                }
            }
        }
    }
    found
}

fn field<'a>(of: &mut FieldSchema, first: &str, mut words: impl Iterator<Item = &'a str>) {
    if first == "." {
        of.fields.extend(words.map(|name| (name.into(), FieldSchema::default())));
        return;
    }
    let mut shape = kind(words.next().expect("a field has a type"));
    if first == "{}" {
        of.any = Some(Box::new(shape));
        return;
    }
    shape.merge = words.next().map(|strategy| ListMerge {
        strategy: strategy.into(),
        keys: words.next().unwrap_or_default().split_terminator(',').map(Into::into).collect(),
    });
    of.fields.insert(first.into(), shape);
}

fn kind(word: &str) -> FieldSchema {
    let below = |rest| Some(Box::new(kind(rest)));
    match (word.strip_prefix("[]"), word.strip_prefix("{}"), word) {
        (Some(rest), ..) => FieldSchema { items: below(rest), ..FieldSchema::default() },
        (_, Some(rest), _) => FieldSchema { any: below(rest), ..FieldSchema::default() },
        (.., ".") => FieldSchema::default(),
        _ => FieldSchema { reference: Some(word.into()), ..FieldSchema::default() },
    }
}
