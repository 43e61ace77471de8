//! Title and text of a pull request as a person writes them in an editor, and what of the edited text is theirs.
//!
//! The first line is the title, what follows is the text, as git and `gh` have it. Below a line that marks it nothing is taken: there is what
//! is written from the plan and its checks. It follows the person's text in the pull request, and is made again whenever the plan or a check
//! is another one: no edit makes it wrong. The mark is that of `git commit --verbose`, for `#` begins a heading in Markdown.

/// Everything from this line on is not taken.
const MARK: &str = "------------------------ >8 ------------------------";
const ABOVE: &str = "Above: the title in the first line, then your text, in Markdown. Without anything there, nothing changes.\n";
const BELOW: &str =
    "Below: what the pull request says besides; it follows your text, and is made again with every plan and check.\n\n";

/// What a person says of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wording {
    pub title: String,
    /// Markdown; may be empty.
    pub text: String,
}

impl Wording {
    /// A sheet to be edited; `ours`: what follows in the pull request.
    pub fn sheet(&self, ours: &str) -> String {
        let parts = [self.title.as_str(), self.text.trim()].into_iter().filter(|part| !part.is_empty());
        let own: String = parts.map(|part| format!("{part}\n\n")).collect();
        match ours.trim() {
            "" => format!("{own}{MARK}\n{ABOVE}"),
            ours => format!("{own}{MARK}\n{ABOVE}{BELOW}{ours}\n"),
        }
    }

    /// What an edited sheet says; none where nothing is above the mark, which takes nothing. Where the mark was taken out, what was below it
    /// is not taken either.
    pub fn of(edited: &str, ours: &str) -> Option<Self> {
        let edited = edited.replace("\r\n", "\n");
        let is_mark = |line: &str| line.trim_end() == MARK;
        let mut own: String = edited.lines().take_while(|line| !is_mark(line)).map(|line| format!("{line}\n")).collect();
        if !edited.lines().any(is_mark) {
            for part in [ours.trim(), BELOW.trim(), ABOVE.trim()].into_iter().filter(|part| !part.is_empty()) {
                own = own.trim_end().strip_suffix(part).unwrap_or(&own).to_owned();
            }
        }
        let own = own.trim();
        let (title, text) = own.split_once('\n').unwrap_or((own, ""));
        (!own.is_empty()).then(|| Self { title: title.trim().to_owned(), text: text.trim().to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "| check | result |\n|---|---|\n";

    fn wording(title: &str, text: &str) -> Wording {
        Wording { title: title.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn what_is_above_the_mark_is_the_persons_and_nothing_else() {
        let sheet = wording("more room", "for black friday").sheet(OURS);
        assert!(sheet.starts_with("more room\n\nfor black friday\n\n---") && sheet.contains(OURS.trim()), "{sheet}");
        let edited = |from: &str, to: &str| Wording::of(&sheet.replacen(from, to, 1), OURS);
        assert_eq!(edited("", ""), Some(wording("more room", "for black friday")));
        assert_eq!(edited("more room", "five replicas"), Some(wording("five replicas", "for black friday")));
        assert_eq!(
            edited("for black friday", "# why\n\n- [x] tested\n\n<!-- kept -->"),
            Some(wording("more room", "# why\n\n- [x] tested\n\n<!-- kept -->"))
        );
        assert_eq!(edited("\n\nfor black friday", ""), Some(wording("more room", "")));
        assert_eq!(edited("| check | result |", "| check | all is well |"), Some(wording("more room", "for black friday")));
        assert_eq!(edited("\n", "\r\n"), Some(wording("more room", "for black friday")));
        // without the mark
        assert_eq!(edited(&format!("{MARK}\n"), ""), Some(wording("more room", "for black friday")));
    }

    #[test]
    fn an_empty_sheet_takes_nothing() {
        let sheet = wording("", "").sheet(OURS);
        for edited in ["", "\n \n", &sheet, &format!("\n\n{MARK}\nanything")] {
            assert_eq!(Wording::of(edited, OURS), None, "{edited}");
        }
    }
}
