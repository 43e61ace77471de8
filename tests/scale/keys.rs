//! The keys of a measurement: every sort that people use, in rounds, each of which ends where
//! it began.

use crate::programs::Profile;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    Move,
    Page,
    Filter,
    Fold,
    Command,
    /// Leaves a prompt. Its own sort, because some programs wait after ESC whether more follows.
    Escape,
}

impl Sort {
    pub fn name(self) -> &'static str {
        match self {
            Self::Move => "move",
            Self::Page => "page",
            Self::Filter => "filter",
            Self::Fold => "fold",
            Self::Command => "command",
            Self::Escape => "escape",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Key {
    pub sort: Sort,
    pub bytes: Vec<u8>,
}

const PAGE_DOWN: &str = "\x1b[6~";
const PAGE_UP: &str = "\x1b[5~";
const BACKSPACE: &str = "\x7f";
const ESCAPE: &str = "\x1b";
/// Typed after `/`: matches a part of the rows.
pub const FILTER: &str = "payments";
/// Typed after `:`.
const COMMAND: &str = "helmrel";

/// At least `count` keys, in whole rounds.
pub fn script(profile: &Profile, count: usize) -> Vec<Key> {
    let round = round(profile);
    let rounds = count.div_ceil(round.len().max(1));
    round.iter().cycle().take(rounds * round.len()).cloned().collect()
}

fn round(profile: &Profile) -> Vec<Key> {
    let mut keys = Vec::new();
    let mut add = |sort: Sort, text: &str, times: usize| {
        keys.extend(std::iter::repeat_n(Key { sort, bytes: text.as_bytes().to_vec() }, times));
    };
    add(Sort::Move, profile.down, 30);
    add(Sort::Move, profile.up, 15);
    if profile.screens {
        add(Sort::Page, PAGE_DOWN, 6);
        add(Sort::Page, PAGE_UP, 6);
        add(Sort::Filter, "/", 1);
        for letter in FILTER.chars() {
            add(Sort::Filter, letter.encode_utf8(&mut [0; 4]), 1);
        }
        add(Sort::Filter, BACKSPACE, 3);
        add(Sort::Escape, ESCAPE, 1);
    }
    for _ in 0..5 {
        for key in profile.fold {
            add(Sort::Fold, key, 1);
        }
    }
    if profile.screens {
        add(Sort::Command, ":", 1);
        for letter in COMMAND.chars() {
            add(Sort::Command, letter.encode_utf8(&mut [0; 4]), 1);
        }
        add(Sort::Escape, ESCAPE, 1);
    }
    keys
}
