use super::*;
use fluxdeck_model::domain::{CommitNote, HistoryEnd};

/// A repository whose commits are a minute apart.
struct Growing {
    dir: tempfile::TempDir,
    repository: Repository,
    minutes: std::cell::Cell<i64>,
}

impl Growing {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let repository = Repository::init(dir.path()).expect("a repository");
        Self { dir, repository, minutes: 0.into() }
    }

    /// A commit of these files, none for one that goes, on these parents.
    fn commit(&self, message: &str, parents: &[&str], files: &[(&str, Option<&str>)]) -> String {
        self.minutes.set(self.minutes.get() + 1);
        let parents: Vec<_> = parents
            .iter()
            .map(|id| self.repository.find_commit(git2::Oid::from_str(id).expect("an id")).expect("here"))
            .collect();
        let mut index = git2::Index::new().expect("an index");
        for parent in parents.iter().rev() {
            let mut other = git2::Index::new().expect("an index");
            other.read_tree(&parent.tree().expect("a tree")).expect("read");
            other.iter().for_each(|entry| index.add(&entry).expect("added"));
        }
        for (path, text) in files {
            match text {
                Some(text) => {
                    let id = self.repository.blob(text.as_bytes()).expect("written");
                    let path = path.as_bytes().to_vec();
                    let zero = git2::IndexTime::new(0, 0);
                    index
                        .add(&git2::IndexEntry {
                            ctime: zero,
                            mtime: zero,
                            dev: 0,
                            ino: 0,
                            mode: 0o100_644,
                            uid: 0,
                            gid: 0,
                            file_size: 0,
                            id,
                            flags: 0,
                            flags_extended: 0,
                            path,
                        })
                        .expect("added");
                }
                None => index.remove(Path::new(path), 0).expect("removed"),
            }
        }
        let tree = index.write_tree_to(&self.repository).expect("a tree");
        let tree = self.repository.find_tree(tree).expect("a tree");
        let who = Signature::new("Ben", "ben@example.test", &git2::Time::new(60 * self.minutes.get(), 0)).expect("a name");
        let parents: Vec<_> = parents.iter().collect();
        self.repository.commit(None, &who, &who, message, &tree, &parents).expect("committed").to_string()
    }

    fn checkout(&self) -> Checkout {
        Checkout::open(self.dir.path()).expect("a checkout")
    }

    fn ask(&self, since: Option<&str>, upto: &str, paths: &[&str], most: usize) -> (Vec<String>, HistoryEnd) {
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let stretch = Stretch { since: since.map(str::to_owned), upto: upto.to_owned(), paths, most };
        let found = self.checkout().history(&stretch).expect("a history");
        (found.commits.iter().map(line).collect(), found.end)
    }
}

fn line(note: &CommitNote) -> String {
    format!("{}{}", note.subject, note.pull.map(|pull| format!(" by {pull}")).unwrap_or_default())
}

#[test]
fn commits_that_touch_a_path_come_newest_first_and_the_answer_says_whether_there_are_more() {
    let git = Growing::new();
    let first = git.commit("first", &[], &[("apps/web/a.yaml", Some("1")), ("infra/b.yaml", Some("1"))]);
    let second = git.commit("bump web (#7)", &[&first], &[("apps/web/a.yaml", Some("2"))]);
    let third = git.commit("infra only", &[&second], &[("infra/b.yaml", Some("2"))]);
    let last = git.commit("drop web\n\nnot needed", &[&third], &[("apps/web/a.yaml", None)]);

    for (since, paths, most, expected, end) in [
        (None, &["apps/web"][..], 9, &["drop web", "bump web (#7) by #7", "first"][..], HistoryEnd::Whole),
        (None, &["apps/web/a.yaml"], 2, &["drop web", "bump web (#7) by #7"], HistoryEnd::More),
        (Some(&first), &["apps"], 9, &["drop web", "bump web (#7) by #7"], HistoryEnd::Whole),
        (Some(&second), &["infra/b.yaml", "nothing"], 9, &["infra only"], HistoryEnd::Whole),
        (Some(&second), &[], 9, &["drop web", "infra only"], HistoryEnd::Whole),
        (Some(&last), &[], 9, &[], HistoryEnd::Whole),
        (None, &["app"], 9, &[], HistoryEnd::Whole),
    ] {
        let found = git.ask(since.map(String::as_str), &last, paths, most);
        assert_eq!(found, (expected.iter().map(|&text| text.to_owned()).collect(), end), "{paths:?} since {since:?}");
    }
    let moved_back = git.ask(Some(&last), &second, &["apps"], 9);
    assert_eq!(moved_back, (vec![], HistoryEnd::Apart), "the branch was moved back: nothing new, and it says so");
    let unknown = git.ask(Some(&"1".repeat(40)), &second, &["apps"], 9);
    assert_eq!(unknown.1, HistoryEnd::Apart, "a revision that is not here");

    let note = git.checkout().note(&last).expect("a commit");
    assert_eq!(
        (&*note.author, &*note.address, &*note.body, &note.parents),
        ("Ben", "ben@example.test", &["not needed".to_owned()][..], &vec![third])
    );
    assert_eq!(note.at.map(jiff::Timestamp::as_second), Some(240));
}

#[test]
fn what_came_by_a_merge_is_of_the_commit_that_was_merged_and_of_its_pull_request() {
    let git = Growing::new();
    let first = git.commit("first", &[], &[("web.yaml", Some("a\nb\nc\nd\ne\n")), ("other.yaml", Some("1"))]);
    let branch = git.commit("bump web", &[&first], &[("web.yaml", Some("A\nb\nc\nd\ne\n"))]);
    let main = git.commit("other", &[&first], &[("other.yaml", Some("2"))]);
    let merge = "Merge pull request #12 from acme/bump";
    let clean = git.commit(merge, &[&main, &branch], &[("web.yaml", Some("A\nb\nc\nd\ne\n")), ("other.yaml", Some("2"))]);
    assert_eq!(git.ask(Some(&first), &clean, &["web.yaml"], 9).0, ["bump web by #12"]);
    assert_eq!(git.ask(Some(&first), &clean, &[], 9).0, ["other", "bump web by #12"], "the first parent came by itself");
    assert_eq!(git.ask(Some(&main), &clean, &["other.yaml"], 9), (vec![], HistoryEnd::Whole));

    let more = git.commit("last line", &[&clean], &[("web.yaml", Some("A\nb\nc\nd\nE\n"))]);
    let side = git.commit("middle", &[&clean], &[("web.yaml", Some("A\nb\nC\nd\ne\n"))]);
    let own = git.commit("merge by hand", &[&more, &side], &[("web.yaml", Some("A\nB\nC\nd\nE\n"))]);
    assert_eq!(git.ask(Some(&clean), &own, &["web.yaml"], 9).0, ["merge by hand", "middle", "last line"]);

    let texts = |id: &str| {
        git.checkout().commit_changes(id).expect("a commit").expect("here").into_iter().map(|one| one.path).collect::<Vec<_>>()
    };
    assert_eq!(texts(&clean), ["web.yaml"], "what the merge brought to its first parent");
    assert_eq!(texts(&first), ["other.yaml", "web.yaml"], "the first commit has all of its files");
}

#[test]
fn the_end_of_a_shallow_clone_is_not_the_beginning() {
    let git = Growing::new();
    let first = git.commit("first", &[], &[("web.yaml", Some("1"))]);
    let second = git.commit("second", &[&first], &[("other.yaml", Some("1"))]);
    let third = git.commit("third", &[&second], &[("web.yaml", Some("2"))]);
    std::fs::write(git.repository.path().join("shallow"), format!("{second}\n")).expect("written");

    let minute = jiff::Timestamp::from_second(120).ok();
    assert_eq!(git.ask(None, &third, &["web.yaml"], 9), (vec!["third".to_owned()], HistoryEnd::Shallow(minute)));
    assert_eq!(git.ask(None, &third, &["nothing"], 9), (vec![], HistoryEnd::Shallow(minute)), "never a mere nothing");
    assert_eq!(git.ask(Some(&second), &third, &["web.yaml"], 9), (vec!["third".to_owned()], HistoryEnd::Whole));
    assert_eq!(git.checkout().commit_changes(&second).expect("a commit"), None, "what it changed is not known");
    assert!(git.checkout().commit_changes(&third).expect("a commit").is_some());
}
