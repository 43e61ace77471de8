//! What the harness has to know about a program: how its rows look, and a few of its keys.

use regex::Regex;

use crate::{cluster::Failure, generate::Sizes};

/// A program as seen from outside.
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: &'static str,
    /// The screen holds rows of objects. `{kustomizations}`, `{pods}`, `{flux}` and `{objects}` stand for numbers.
    rows: &'static str,
    /// The screen says that everything is there. None: when the screen has settled.
    all: Option<&'static str>,
    pub down: &'static str,
    pub up: &'static str,
    /// Keys that fold and unfold the selected row.
    pub fold: &'static [&'static str],
    /// It knows pages, `/` and `:`.
    pub screens: bool,
}

const LEFT: &str = "\x1b[D";
const RIGHT: &str = "\x1b[C";

/// The last one fits any program.
const PROFILES: [Profile; 6] = [
    Profile {
        name: "fluxdeck",
        rows: r"(GitRepository|gitrepo|Kustomization|ks) [a-z0-9-]+/[a-z0-9-]+",
        // Its first line says `reading 3/20` until every list was read.
        all: Some(r"\A[^\n]*\blive\b"),
        down: "j",
        up: "k",
        fold: &[RIGHT, LEFT, "Z", "z"],
        screens: true,
    },
    Profile {
        name: "k9s",
        // Its title counts before its table has rows.
        rows: r"(?i)kustomizations[^\n]*\[[1-9][0-9,]*\][\s\S]*-(prod|staging|dev) ",
        all: Some(r"(?i)kustomizations[^\n]*\[{kustomizations}\][\s\S]*-(prod|staging|dev) "),
        down: "j",
        up: "k",
        fold: &[],
        screens: true,
    },
    Profile {
        name: "k9s pods",
        rows: r"(?i)pods\([^\n]*\[[1-9][0-9,]*\][\s\S]*-(prod|staging|dev) ",
        all: Some(r"(?i)pods\([^\n]*\[{pods}\][\s\S]*-(prod|staging|dev) "),
        down: "j",
        up: "k",
        fold: &[],
        screens: true,
    },
    Profile {
        name: "flux9s",
        rows: r"All Resources \([1-9][\s\S]*-(prod|staging|dev) ",
        all: Some(r"All Resources \({flux}\)[\s\S]*-(prod|staging|dev) "),
        down: "j",
        up: "k",
        fold: &[],
        screens: true,
    },
    Profile { name: "echo", rows: r"cell", all: Some(r"cell"), down: "j", up: "k", fold: &[], screens: false },
    Profile { name: "any", rows: r"\S", all: None, down: "\x1b[B", up: "\x1b[A", fold: &[], screens: false },
];

impl Profile {
    /// By name, else by the name of the program's file.
    pub fn find(name: Option<&str>, command: &[String]) -> Self {
        let file = command.first().and_then(|program| std::path::Path::new(program).file_name()?.to_str()).unwrap_or_default();
        let wanted = name.unwrap_or(file);
        let [known @ .., any] = &PROFILES;
        known.iter().find(|profile| profile.name == wanted).unwrap_or(any).clone()
    }

    pub fn rows(&self, sizes: Option<Sizes>) -> Result<Regex, Failure> {
        Ok(Regex::new(&fill(self.rows, sizes))?)
    }

    pub fn all(&self, sizes: Option<Sizes>) -> Result<Option<Regex>, Failure> {
        Ok(self.all.map(|all| Regex::new(&fill(all, sizes))).transpose()?)
    }
}

/// Numbers of the tier into a pattern, with or without commas between thousands; any number
/// where no tier is given.
pub fn fill(pattern: &str, sizes: Option<Sizes>) -> String {
    let number = |count: fn(&Sizes) -> usize| sizes.map_or_else(|| "[0-9,]+".into(), |sizes| grouped(count(&sizes)));
    pattern
        .replace("{kustomizations}", &number(|sizes| sizes.kustomizations))
        .replace("{pods}", &number(|sizes| sizes.pods))
        .replace("{flux}", &number(Sizes::flux))
        .replace("{objects}", &number(Sizes::objects))
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut pattern = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            pattern.push_str(",?");
        }
        pattern.push(digit);
    }
    pattern
}
