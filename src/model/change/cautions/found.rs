//! What the rules say, gathered: the same of several builds is said once, with each of them.

use super::{Alternative, Caution};
use crate::change::builds::Build;
use crate::domain::text::counted;

/// Names that are said in one sentence; the rest is counted.
const MOST: usize = 3;

/// The cautions of a change while they are found.
#[derive(Default)]
pub struct FoundCautions {
    drafts: Vec<Draft>,
}

#[derive(PartialEq)]
struct Draft {
    head: String,
    /// Builds between head and tail.
    builds: Vec<String>,
    tail: String,
    instead: Option<Alternative>,
}

impl FoundCautions {
    pub fn say(&mut self, text: impl Into<String>) {
        self.offer(text, None);
    }

    /// Says it, with what could be changed instead.
    pub fn offer(&mut self, text: impl Into<String>, instead: Option<Alternative>) {
        let draft = Draft { head: text.into(), builds: Vec::new(), tail: String::new(), instead };
        if self.drafts.iter().all(|known| known.head != draft.head || !known.builds.is_empty()) {
            self.drafts.push(draft);
        }
    }

    /// Says it of a build, whose name comes between the two parts.
    pub fn say_of(&mut self, head: impl Into<String>, build: &Build, tail: impl Into<String>) {
        let (head, tail) = (head.into(), tail.into());
        let is_it = |known: &&mut Draft| known.head == head && known.tail == tail && !known.builds.is_empty();
        match self.drafts.iter_mut().find(is_it) {
            Some(known) if known.builds.contains(&build.name) => {}
            Some(known) => known.builds.push(build.name.clone()),
            None => self.drafts.push(Draft { head, builds: vec![build.name.clone()], tail, instead: None }),
        }
    }

    /// Each once, in the order in which they were found.
    pub fn all(self) -> Vec<Caution> {
        let caution = |Draft { head, builds, tail, instead }| {
            let text = format!("{head}{}{tail}", listed(&builds, "other build"));
            Caution { text, instead }
        };
        self.drafts.into_iter().map(caution).collect()
    }
}

/// `a`, `a and b`, `a, b, c and 4 other objects`.
pub fn listed(names: &[impl AsRef<str>], noun: &str) -> String {
    let named: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    // a single one more is as short as its count
    let shown = if named.len() > MOST + 1 { MOST } else { named.len().saturating_sub(1) };
    match (&named[..], named.len() - shown) {
        ([], _) => String::new(),
        ([one], _) => (*one).to_owned(),
        (all, 1) => format!("{} and {}", all[..shown].join(", "), all[shown]),
        (all, rest) => format!("{} and {}", all[..shown].join(", "), counted(rest, noun)),
    }
}

#[cfg(test)]
mod tests {
    use super::listed;

    #[test]
    fn a_few_names_are_said_and_the_rest_is_counted() {
        for (names, expected) in [
            (&[][..], ""),
            (&["a"], "a"),
            (&["a", "b"], "a and b"),
            (&["a", "b", "c", "d"], "a, b, c and d"),
            (&["a", "b", "c", "d", "e"], "a, b, c and 2 other objects"),
        ] {
            assert_eq!(listed(names, "other object"), expected);
        }
    }
}
