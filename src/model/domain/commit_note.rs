//! A commit as its history notes it: by whom, when, what for, and by which pull request.
//!
//! Its texts are from outside and go through `text` here, once: they may be drawn and printed as they are. Reading a repository does *not*
//! belong here (`git`).

use std::fmt::{self, Display};

use jiff::Timestamp;

use super::text::{sanitise, sanitise_line};

/// Lines of a message that are kept, each as long as any text: a generated one may have thousands.
const MOST_LINES: usize = 500;

/// A commit of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitNote {
    /// Its whole id.
    pub id: String,
    /// The author's name, not the committer's: a squashed pull request is committed by its forge.
    pub author: String,
    /// The author's mail address.
    pub address: String,
    /// When it was written, as its author says; none where no calendar has that time.
    pub at: Option<Timestamp>,
    /// The first line of its message.
    pub subject: String,
    /// The lines after the subject, without the empty ones around them.
    pub body: Vec<String>,
    /// The pull request by which it came, where a message says so: its own, or that of the merge that brought it.
    pub pull: Option<PullMark>,
    /// Ids of its parents, as the commit names them: more than one for a merge, also where a shallow clone does not have them.
    pub parents: Vec<String>,
}

/// The number of a pull request as its forge writes it in messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullMark {
    /// `#`, or GitLab's `!`.
    pub sign: char,
    pub number: u64,
}

/// Why a history, asked for as the commits between two revisions or up to one, ends with its oldest commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HistoryEnd {
    /// All that was asked for.
    Whole,
    /// There may be more: as many commits as were asked for, or as are looked at.
    More,
    /// What was before that is not here: the clone is shallow, or an object is missing. The time is that of the oldest commit that is here.
    Shallow(Option<Timestamp>),
    /// The earlier revision is not here, or not in the history of the later one: the branch was moved. The commits are those that the later
    /// one has and the earlier has not, if known.
    Apart,
}

impl Display for PullMark {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}{}", self.sign, self.number)
    }
}

/// What git has of a commit, as its bytes say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawCommit {
    pub id: String,
    pub author: String,
    pub address: String,
    /// Seconds since 1970.
    pub seconds: i64,
    pub message: String,
    pub parents: Vec<String>,
}

impl CommitNote {
    pub fn new(raw: &RawCommit) -> Self {
        let mut lines = raw.message.trim_start().lines().map(|line| sanitise(line.trim_end()).into_owned());
        let subject = lines.next().unwrap_or_default();
        let mut body: Vec<_> = lines.skip_while(String::is_empty).take(MOST_LINES).collect();
        while body.last().is_some_and(String::is_empty) {
            body.pop();
        }
        Self {
            id: raw.id.clone(),
            author: sanitise_line(&raw.author).into_owned(),
            address: sanitise_line(&raw.address).into_owned(),
            at: Timestamp::from_second(raw.seconds).ok(),
            pull: PullMark::of_message(&subject, &body),
            subject,
            body,
            parents: raw.parents.clone(),
        }
    }

    /// Its id as short as git shows it.
    pub fn short(&self) -> &str {
        self.id.get(..7).unwrap_or(&self.id)
    }

    pub fn is_merge(&self) -> bool {
        self.parents.len() > 1
    }
}

impl PullMark {
    /// The pull request that a message names as its own. A revert quotes the subject of another commit: what is quoted does not count.
    ///
    /// As the forges write it: GitHub `Merge pull request #1 from …` and `subject (#1)`, Gitea and Forgejo `Merge pull request 'x' (#1) from …`,
    /// Bitbucket `Merged in branch (pull request #1)`, Azure DevOps `Merged PR 1: …`, GitLab a line `See merge request group/project!1`.
    pub fn of_message(subject: &str, body: &[String]) -> Option<Self> {
        let hash = |text: &str| number(text).map(|number| Self { sign: '#', number });
        if let Some(rest) = subject.strip_prefix("Merge pull request #").or_else(|| subject.strip_prefix("Merged PR ")) {
            return hash(rest);
        }
        if let Some(rest) = subject.strip_prefix("Merge pull request '") {
            return rest.rsplit_once("' (#").and_then(|(_, rest)| hash(rest));
        }
        let end = subject.trim_end().strip_suffix(')').and_then(|text| text.rsplit_once('(')).map(|(_, inside)| inside);
        let inside = end.map(|text| text.strip_prefix("pull request ").unwrap_or(text));
        let whole = inside.and_then(|text| text.strip_prefix('#')).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        if let Some(mark) = whole.and_then(hash) {
            return Some(mark);
        }
        let gitlab = body.iter().rev().find_map(|line| line.trim().strip_prefix("See merge request "));
        let of_gitlab = |text: &str| text.rsplit_once('!').and_then(|(_, rest)| number(rest));
        gitlab.and_then(of_gitlab).map(|number| Self { sign: '!', number })
    }
}

/// The number that a text begins with.
fn number(text: &str) -> Option<u64> {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(message: &str) -> CommitNote {
        CommitNote::new(&RawCommit { message: message.to_owned(), ..RawCommit::default() })
    }

    #[test]
    fn the_pull_request_is_read_as_each_forge_writes_it() {
        for (message, expected) in [
            ("Merge pull request #12 from acme/bump\n\nbump web", Some("#12")),
            ("bump web (#7)", Some("#7")),
            ("Revert \"bump web (#7)\" (#8)", Some("#8")),
            ("Revert \"bump web (#7)\"", None),
            ("Merge pull request 'bump web (really)' (#3) from bump into main", Some("#3")),
            ("Merged in bump (pull request #4)", Some("#4")),
            ("Merged PR 5: bump web", Some("#5")),
            ("Merge branch 'bump' into 'main'\n\nbump web\n\nSee merge request acme/fleet!6\n", Some("!6")),
            ("fix the issue (#x)", None),
            ("see (#7) for more", None),
            ("too large (#99999999999999999999999)", None),
            ("(#", None),
            ("", None),
        ] {
            assert_eq!(note(message).pull.map(|mark| mark.to_string()).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn a_message_is_a_subject_and_a_body_and_nothing_of_it_moves_a_cursor() {
        let read = note("\nbump \u{1b}[31mweb\t\u{202e}\r\n\n\n- a\n\n- b\n\n\n");
        assert_eq!(read.body, ["- a", "", "- b"]);
        assert!(!read.subject.contains(['\u{1b}', '\u{202e}', '\t', '\r']), "{:?}", read.subject);
        assert_eq!(note("x\n".repeat(4000).as_str()).body.len(), MOST_LINES);
        let unknown = CommitNote::new(&RawCommit { seconds: i64::MAX, author: "a\nb".to_owned(), ..RawCommit::default() });
        assert_eq!((unknown.at, unknown.author.contains('\n')), (None, false));
    }
}
