//! English that a reader does not stumble over: words that this repository does not use, in comments, strings and names of every source
//! and in the README; and one name for one public type of the model (its glossary is in the crate docs).

use std::collections::BTreeMap;
use std::path::Path;

use regex::Regex;

use crate::architecture::{code, is_of_tests, sources, without_tests};

/// A word or turn, what to write instead, and what the pattern matches that is right all the same.
type Rule = (&'static str, &'static str, &'static str);

/// Patterns match a line in lower case, with the parts of names as words: `is_told` and `WasTold` read `is told` and `was told`.
const RULES: &[Rule] = &[
    ("told", "reported, shown, said, sent", ""),
    ("tell(s|ing)?", "report, show, say; sensitive (of a name)", ""),
    ("wish(es|ed|ing)?", "want, request; desired, expected", ""),
    ("hear(s|d|ing)?", "receive, get, learn", ""),
    ("(.. )?whom", "who, which; or ask for the thing itself", "by whom|to whom"),
    ("shall", "must, has to", ""),
    ("whoever", "any client, any user; name who", ""),
    (
        r"(\w+ )?(is|are) no \w+",
        "is not a",
        r"there (is|are) no .*|.*(is|are) no (longer|one|other|way|need|such|doubt|more|less|better|worse|error|reason|use).*",
    ),
    ("is no more", "is gone, is lost, no longer is", ""),
    (
        "(stands?|stood|standing) (in|at|on|where|there|behind|before|beside|below|above|under|alone|between|open)( for)?",
        "is in, is at",
        "stands? in for",
    ),
    ("what (stands|stood)( in)?( for)?", "the text, the value, the content", ".* for"),
    ("as (it|they) stands?", "as written, as it is", ""),
    ("(lie|lies|lay) (in|at|there|beside|below|behind|above|between|outside|on)", "is in, is at", ""),
    ("own accord|by its own", "by itself", ""),
    ("(so|as) far as [a-z]+ (knows?|tells?|says?)", "if known", ""),
    ("another person's|other people's", "another user's, foreign", ""),
    ("(nobody|somebody|anybody|everybody)'s", "name who", ""),
    ("what ((it )?(comes|came|become|becomes|became)) of", "the outcome, the result, what happens to", ""),
    ("(speaks?|spoke|spoken) of", "mention, be about, refer to", ""),
    ("anew", "again; rewrite, restart", ""),
    ("mend(s|ed|ing)?", "fix, repair", ""),
    ("(brings?|brought|bringing) about", "cause; side effects", ""),
    ("(go|goes|gone|going|went) on with", "continue, resume", ""),
    ("thereby|therein|whereof|hereby|lest|hence|thus|seldom|likewise|nought|aught", "plain words", ""),
    ("goes without", "does without", ""),
    ("of a moment", "brief", ""),
];

/// Public types of the model that share a name, and why they may. It only shrinks.
const SHARED: &[(&str, &str)] = &[
    ("Pattern", "one line of an ignore file; the name of contexts in the configuration"),
    ("Result", "the usual alias for an error of the room's own"),
];

/// The text with `_` and capitals inside of words as blanks, in lower case.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len() + 8);
    let mut before = ' ';
    for letter in line.chars() {
        if letter.is_uppercase() && before.is_lowercase() {
            text.push(' ');
        }
        text.extend(if letter == '_' { ' ' } else { letter }.to_lowercase());
        before = letter;
    }
    text
}

/// `path:line: word → instead`, for each match in a text.
fn matches(path: &str, text: &str, rules: &[(Regex, &'static str, Regex)]) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = plain(line);
        for (pattern, instead, right) in rules {
            let wrong = pattern.find_iter(&line).filter(|it| right.as_str() == "^(?:)$" || !right.is_match(it.as_str()));
            found.extend(wrong.map(|it| format!("{path}:{}: `{}` → {instead}", number + 1, it.as_str())));
        }
    }
    found
}

fn compiled() -> Vec<(Regex, &'static str, Regex)> {
    let pattern = |text: String| Regex::new(&text).expect("a pattern");
    let rule = |(word, instead, right): &Rule| (pattern(format!(r"\b(?:{word})\b")), *instead, pattern(format!("^(?:{right})$")));
    RULES.iter().map(rule).collect()
}

#[test]
fn no_source_and_no_document_uses_a_word_that_makes_a_reader_stumble() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = compiled();
    let mut texts: Vec<_> = ["src", "tests"].iter().flat_map(|folder| sources(&root.join(folder))).collect();
    for document in ["README.md", "src/config/default.toml"] {
        texts.push((root.join(document), std::fs::read_to_string(root.join(document)).expect("a document")));
    }
    let mut wrong = Vec::new();
    for (path, text) in texts {
        let path = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        if path == "tests/words.rs" {
            continue;
        }
        wrong.extend(matches(&path, &text, &rules));
    }
    assert!(wrong.is_empty(), "{} matches:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn rules_match_names_and_prose_and_leave_good_english_alone() {
    let rules = compiled();
    for (line, count) in [
        ("/// What the API has told.", 1),
        ("let is_told = wasTold(wished);", 3),
        ("a heartbeat, a shallow clone, nothing of a sort", 0),
        ("there is no map, it is no longer one", 0),
        ("it is no map", 1),
        ("`x` stands in for `y`; `z` stands for itself", 0),
        ("it stands in the file", 1),
        ("nothing says by whom", 0),
        ("those whom it serves", 1),
    ] {
        assert_eq!(matches("line", line, &rules).len(), count, "{line}");
    }
}

/// Public types by name, with the files that define them.
fn types(root: &Path) -> BTreeMap<String, Vec<String>> {
    let definition = Regex::new(r"(?m)^\s*pub (?:struct|enum|trait|type|union) (\w+)").expect("a pattern");
    let mut found = BTreeMap::<String, Vec<String>>::new();
    for (path, text) in sources(root).into_iter().filter(|(path, _)| !is_of_tests(path)) {
        for name in definition.captures_iter(&without_tests(&code(&text))) {
            found
                .entry(name[1].to_owned())
                .or_default()
                .push(path.strip_prefix(root).expect("below the root").display().to_string());
        }
    }
    found
}

#[test]
fn public_types_of_the_model_share_no_name() {
    let found = types(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/model"));
    let is_allowed = |name: &str| SHARED.iter().any(|(shared, _)| *shared == name);
    let wrong: Vec<_> = found.iter().filter(|(name, files)| files.len() > 1 && !is_allowed(name)).collect();
    assert!(wrong.is_empty(), "one name for several types: {wrong:#?}");
    for (name, _) in SHARED {
        assert!(found.get(*name).is_some_and(|files| files.len() > 1), "`{name}` is one type: take it out of SHARED");
    }
}

/// `1 objects` cannot be printed where every count is written by `counted`: no text has a count before a noun that is counted so elsewhere.
#[test]
fn every_count_agrees_with_its_noun() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let counted = Regex::new(r#"\bcounted\((?:[^;]|\n)*?"([A-Za-z ]+)"\)"#).expect("a pattern");
    let own: Vec<_> = sources(&root)
        .into_iter()
        .filter(|(path, _)| !is_of_tests(path) && !path.starts_with(root.join("demo")))
        .map(|(path, text)| (path, code(&without_tests(&text))))
        .collect();
    let nouns: std::collections::BTreeSet<_> = own
        .iter()
        .flat_map(|(_, text)| counted.captures_iter(text).map(|found| found[1].rsplit(' ').next().unwrap_or_default().to_owned()))
        .filter(|noun| !noun.is_empty())
        .collect();
    assert!(nouns.len() > 20 && nouns.contains("object"), "{nouns:?}");
    // a constant is more than one
    let plural =
        Regex::new(&format!(r"\{{[a-z_.()]*\}} (?:more |other )?(?:{})e?s\b", nouns.into_iter().collect::<Vec<_>>().join("|")));
    let plural = plural.expect("a pattern");
    let found: Vec<_> = own
        .iter()
        .flat_map(|(path, text)| plural.find_iter(text).map(move |found| format!("{}: {}", path.display(), found.as_str())))
        .collect();
    assert_eq!(found, Vec::<String>::new(), "write it with `domain::text::counted`");
}
