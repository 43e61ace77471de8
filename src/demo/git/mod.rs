//! The company's repositories: bare ones in a directory of the run, so that the ordinary git program can clone and push, and sources
//! that fetch from them. Where branches are merged is `merge`; pull requests are the forge's.
//!
//! The cluster names them as `http://forge.example.test/ops/NAME.git`, as recorded. Nothing answers there: who wants to clone uses
//! [`Repositories::environment`], which points git to where they really are (`url.*.insteadOf`).

mod merge;
mod place;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use git2::{FileMode, ObjectType, Oid, Repository, Signature, Time};
use serde_json::Value;

use super::content::{self, FORGE, Files, OWNER};
use super::controllers::{Git, Head, Push};
use super::objects::text;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::render::tree::Memory;

pub(super) use merge::{Method, between, is_mergeable, merge};
pub use place::RunDirectory;

/// When the first commit of every repository was made: with the same files its id is the same every time.
const BEGAN: i64 = 1_793_520_000;
const MAIN: &str = "main";
const DISK: &str = "is the disk full, or does the directory belong to another user?";

/// The repositories of one run. Made on first use.
pub struct Repositories {
    place: RunDirectory,
    made: OnceLock<Result<()>>,
    /// Branches move one after the other.
    turn: Mutex<()>,
}

impl Repositories {
    /// Repositories in a place; those that it holds already stay as they are.
    pub fn at(place: RunDirectory) -> Self {
        Self { place, made: OnceLock::new(), turn: Mutex::default() }
    }

    /// Where they are kept, with what else the run leaves there.
    pub fn place(&self) -> &RunDirectory {
        &self.place
    }

    /// Variables for the git program, under which the addresses of the cluster lead here.
    ///
    /// # Errors
    /// When the repositories cannot be made.
    pub fn environment(&self) -> Result<[(&'static str, String); 3]> {
        let home = self.home()?;
        Ok([
            ("GIT_CONFIG_COUNT", "1".to_owned()),
            ("GIT_CONFIG_KEY_0", format!("url.file://{}/.insteadOf", home.display())),
            ("GIT_CONFIG_VALUE_0", format!("http://{FORGE}/")),
        ])
    }

    /// Opens a repository; nothing when there is none of that name.
    ///
    /// # Errors
    /// When it is there and cannot be opened.
    pub fn open(&self, name: &str) -> Result<Option<Repository>> {
        let path = self.home()?.join(OWNER).join(format!("{name}.git"));
        let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        if !is_name || !path.exists() {
            return Ok(None);
        }
        Repository::open_bare(&path).map(Some).map_err(|error| broken(&path, &error))
    }

    /// Where the repository at a URL of the cluster really is, for who clones it. Nothing when the URL is none of the forge's.
    ///
    /// # Errors
    /// When the repositories cannot be made.
    pub fn path(&self, url: &str) -> Result<Option<PathBuf>> {
        let Some(name) = ours(url) else { return Ok(None) };
        Ok(self.open(name)?.map(|repository| repository.path().to_owned()))
    }

    /// All of them, by the URL that the cluster has for each.
    ///
    /// # Errors
    /// When the repositories cannot be made or listed.
    pub fn all(&self) -> Result<Vec<(String, PathBuf)>> {
        let home = self.home()?.join(OWNER);
        let listed = std::fs::read_dir(&home).and_then(Iterator::collect::<std::io::Result<Vec<_>>>);
        let listed = listed.map_err(|error| Error::failed(format!("cannot list {}: {error}", home.display()), ""))?;
        let mut names: Vec<_> = listed.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        let named = |name: &String| (format!("http://{FORGE}/{OWNER}/{name}"), home.join(name));
        Ok(names.iter().filter(|name| name.ends_with(".git")).map(named).collect())
    }

    /// The text of a file on a branch.
    ///
    /// # Errors
    /// It is not there, or cannot be read.
    pub(super) fn text(&self, name: &str, branch: &str, path: &str) -> Result<String> {
        let missing =
            || Error::failed(format!("{OWNER}/{name} has no {path} on {branch}"), "the demo needs its repositories as they were");
        let repository = self.open(name)?.ok_or_else(missing)?;
        let found = repository.revparse_single(&format!("refs/heads/{branch}:{path}")).and_then(|object| object.peel_to_blob());
        let blob = found.map_err(|_| missing())?;
        Ok(String::from_utf8_lossy(blob.content()).into_owned())
    }

    /// Does something that moves branches, alone.
    pub(super) fn alone<T>(&self, act: impl FnOnce() -> T) -> T {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        act()
    }

    /// The directory of all repositories, as `OWNER/NAME.git`.
    fn home(&self) -> Result<PathBuf> {
        let home = self.place.path()?.join("git");
        self.made.get_or_init(|| make(&home)).clone()?;
        Ok(home)
    }
}

impl Git for Repositories {
    fn head(&self, url: &str, reference: &Value) -> Option<std::result::Result<Head, String>> {
        let name = ours(url)?;
        Some(match self.open(name) {
            Ok(Some(repository)) => resolve(&repository, url, reference),
            // what the recorded forge says of a repository that it does not have
            Ok(None) => Err(format!("unable to clone '{url}': authentication required: Unauthorized\n")),
            Err(error) => Err(format!("unable to clone '{url}': {}", error.message)),
        })
    }

    fn files(&self, url: &str, commit: &str) -> Option<Memory> {
        let repository = self.open(ours(url)?).ok()??;
        let tree = repository.find_commit(Oid::from_str(commit).ok()?).and_then(|commit| commit.tree()).ok()?;
        let mut files = Memory::default();
        let walked = tree.walk(git2::TreeWalkMode::PreOrder, |folder, entry| {
            // links are in no artifact
            let is_file = entry.filemode() != i32::from(FileMode::Link);
            if let (true, Ok(name), Ok(blob)) = (is_file, entry.name(), repository.find_blob(entry.id())) {
                files.insert(&format!("{folder}{name}"), blob.content());
            }
            git2::TreeWalkResult::Ok
        });
        walked.is_ok().then_some(files)
    }

    fn push(&self, url: &str, push: &Push) -> Option<String> {
        let repository = self.open(ours(url)?).ok()??;
        self.alone(|| pushed(&repository, push)).ok().map(|id| id.to_string())
    }
}

/// Commits and moves the branch.
fn pushed(repository: &Repository, push: &Push) -> std::result::Result<Oid, git2::Error> {
    let parent = repository.find_commit(Oid::from_str(&push.from)?)?;
    let mut index = git2::Index::new()?;
    index.read_tree(&parent.tree()?)?;
    let who = Signature::new(&push.author.0, &push.author.1, &Time::new(push.at.as_second(), 0))?;
    let files = push.files.iter().map(|(path, text)| (path.as_str(), text.as_str()));
    let id = commit(repository, &mut index, files, None, &who, &push.message, Some(&parent))?;
    repository.reference(&format!("refs/heads/{}", push.branch), id, true, "pushed")?;
    Ok(id)
}

/// The name of the repository at a URL, where it is one of the forge's.
fn ours(url: &str) -> Option<&str> {
    Some(url.strip_prefix(&format!("http://{FORGE}/{OWNER}/"))?.trim_end_matches(".git"))
}

/// What `spec.ref` means, in the order and the words of fluxcd/pkg/git `gogit/clone.go`.
fn resolve(repository: &Repository, url: &str, reference: &Value) -> std::result::Result<Head, String> {
    let (id, name, range, tag) =
        (text(reference, "/commit"), text(reference, "/name"), text(reference, "/semver"), text(reference, "/tag"));
    let branch = Some(text(reference, "/branch")).filter(|branch| !branch.is_empty());
    let named = |full: &str| repository.find_reference(full).and_then(|found| found.peel_to_commit());
    let (short, commit) = if !id.is_empty() {
        let known = Oid::from_str(id).and_then(|id| repository.find_commit(id));
        let known = known.map_err(|_| format!("unable to resolve commit object for '{id}': object not found"))?;
        (branch.unwrap_or_default(), known)
    } else if !name.is_empty() {
        (name, named(name).map_err(|_| format!("unable to resolve ref '{name}' to a specific commit"))?)
    } else if !range.is_empty() {
        // ranges of tags are not what the demo is about: it has no tags, and says what Flux says then
        return Err(format!("no match found for semver: {range}"));
    } else {
        let short = if tag.is_empty() { branch.unwrap_or("master") } else { tag };
        let full = format!("refs/{}/{short}", if tag.is_empty() { "heads" } else { "tags" });
        (short, named(&full).map_err(|_| format!("unable to clone '{url}': couldn't find remote ref \"{full}\""))?)
    };
    let subject = String::from_utf8_lossy(commit.message_bytes()).lines().next().unwrap_or_default().to_owned();
    Ok(Head { name: short.to_owned(), commit: commit.id().to_string(), subject })
}

/// Makes the recorded repositories, as far as they are not there.
fn make(home: &Path) -> Result<()> {
    let files = content::files();
    for name in files.names() {
        let path = home.join(OWNER).join(format!("{name}.git"));
        if path.exists() {
            settle(&path).map_err(|error| broken(&path, &error))?;
            continue;
        }
        // whole or not at all: a run that keeps its directory may be killed in the middle
        let fresh = home.join(format!("{name}.new"));
        let _ = std::fs::remove_dir_all(&fresh);
        fill(&fresh, name, &files).map_err(|error| broken(&path, &error))?;
        let moved = std::fs::create_dir_all(home.join(OWNER)).and_then(|()| std::fs::rename(&fresh, &path));
        moved.map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display()), DISK))?;
    }
    Ok(())
}

/// A bare repository with its first commit, and a commit for every other branch.
fn fill(path: &Path, name: &str, files: &Files) -> std::result::Result<(), git2::Error> {
    let mut options = git2::RepositoryInitOptions::new();
    options.bare(true).initial_head(MAIN).external_template(false);
    let repository = Repository::init_opts(path, &options)?;
    settle(path)?;
    let mut index = git2::Index::new()?;
    let who = Signature::new(OWNER, "ops@example.test", &Time::new(BEGAN, 0))?;
    let message = format!("{name}: as found in production\n");
    let first = commit(&repository, &mut index, files.of(name), Some(MAIN), &who, &message, None)?;
    let first = repository.find_commit(first)?;
    for (branch, changed) in files.branches_of(name) {
        index.read_tree(&first.tree()?)?;
        let who = Signature::new(&branch.author, &branch.email, &Time::new(branch.at, 0))?;
        commit(&repository, &mut index, changed.into_iter(), Some(&branch.name), &who, &branch.message, Some(&first))?;
    }
    Ok(())
}

/// Who commits in the demo, without a key and without hooks: the user's own git need not know its user, its keys and its hooks
/// are for other repositories.
fn settle(path: &Path) -> std::result::Result<(), git2::Error> {
    let mut config = git2::Config::open(&path.join("config"))?;
    for (key, value) in [("user.name", "ana"), ("user.email", "ana@example.test"), ("core.hooksPath", "/dev/null")] {
        config.set_str(key, value)?;
    }
    config.set_bool("commit.gpgSign", false)
}

/// Adds files to an index and commits it, to a branch where one is given.
fn commit<'a>(
    repository: &Repository,
    index: &mut git2::Index,
    files: impl Iterator<Item = (&'a str, &'a str)>,
    branch: Option<&str>,
    who: &Signature,
    message: &str,
    parent: Option<&git2::Commit>,
) -> std::result::Result<Oid, git2::Error> {
    for (path, text) in files {
        let id = repository.odb()?.write(ObjectType::Blob, text.as_bytes())?;
        index.add(&entry(path, id))?;
    }
    let tree = repository.find_tree(index.write_tree_to(repository)?)?;
    let branch = branch.map(|branch| format!("refs/heads/{branch}"));
    repository.commit(branch.as_deref(), who, who, message, &tree, parent.as_slice())
}

fn entry(path: &str, id: Oid) -> git2::IndexEntry {
    let never = git2::IndexTime::new(0, 0);
    git2::IndexEntry {
        ctime: never,
        mtime: never,
        dev: 0,
        ino: 0,
        mode: u32::from(FileMode::Blob),
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

fn broken(path: &Path, error: &git2::Error) -> Error {
    Error::failed(format!("the demo's repository {}: {}", path.display(), error.message()), DISK)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FLEET: &str = "http://forge.example.test/ops/fleet.git";

    #[test]
    fn recorded_revisions_are_the_commits_of_the_repositories() {
        let repositories = Repositories::at(RunDirectory::passing());
        for (context, _) in content::CONTEXTS {
            let snapshot = content::snapshot(context).expect("a context");
            let sources = snapshot.kinds.iter().filter(|kind| kind.kind == "GitRepository").flat_map(|kind| &kind.objects);
            let fetched: Vec<_> = sources.filter(|source| !text(source, "/status/artifact/revision").is_empty()).collect();
            assert!(!fetched.is_empty(), "{context} has sources");
            for source in fetched {
                let head = repositories.head(text(source, "/spec/url"), &source["spec"]["ref"]);
                let head = head.expect("a repository of ours").expect("a head");
                let revision = format!("{}@sha1:{}", head.name, head.commit);
                assert_eq!(text(source, "/status/artifact/revision"), revision, "{context}: record it again");
            }
        }
    }

    #[test]
    fn what_image_automation_pushed_is_on_its_branch() {
        let repositories = Repositories::at(RunDirectory::passing());
        let snapshot = content::snapshot("production").expect("a context");
        let automations =
            snapshot.kinds.iter().filter(|kind| kind.kind == "ImageUpdateAutomation").flat_map(|kind| &kind.objects);
        let pushed: Vec<_> =
            automations.map(|object| text(object, "/status/lastPushCommit")).filter(|id| !id.is_empty()).collect();
        let head = repositories.head(FLEET, &json!({"branch": "image-updates"})).expect("ours").expect("a branch");

        assert_eq!(pushed, [head.commit.as_str()], "record it again");
        assert!(head.subject.starts_with("images: "), "{}", head.subject);
    }

    #[test]
    fn what_a_killed_run_left_half_made_is_made_again() {
        let kept = tempfile::tempdir().expect("a directory");
        let half = kept.path().join("git/fleet.new");
        std::fs::create_dir_all(&half).expect("made");
        std::fs::write(half.join("HEAD"), "ref: refs/heads/main\n").expect("written");

        let repositories = Repositories::at(RunDirectory::kept(kept.path()));
        assert!(repositories.head(FLEET, &json!({"branch": "main"})).is_some_and(|head| head.is_ok()));
        assert!(!half.exists());
    }

    #[test]
    fn the_url_of_a_source_leads_to_its_repository() {
        let repositories = Repositories::at(RunDirectory::passing());
        let path = repositories.path(FLEET).expect("made").expect("ours");

        assert!(path.ends_with("ops/fleet.git") && path.join("HEAD").exists(), "{}", path.display());
        for other in ["http://forge.example.test/ops/none.git", "https://github.com/ops/fleet.git"] {
            assert_eq!(repositories.path(other).expect("looked up"), None, "{other}");
        }
    }

    #[test]
    fn a_missing_reference_is_reported_as_flux_reports_it() {
        let repositories = Repositories::at(RunDirectory::passing());
        for (url, reference, expected) in [
            (FLEET, json!({"branch": "nowhere"}), "couldn't find remote ref \"refs/heads/nowhere\""),
            (FLEET, json!({}), "couldn't find remote ref \"refs/heads/master\""),
            (FLEET, json!({"branch": "main", "tag": "v1"}), "couldn't find remote ref \"refs/tags/v1\""),
            (FLEET, json!({"semver": "1.x"}), "no match found for semver: 1.x"),
            (FLEET, json!({"name": "refs/heads/x"}), "unable to resolve ref 'refs/heads/x' to a specific commit"),
            ("http://forge.example.test/ops/none.git", json!({"branch": "main"}), "authentication required: Unauthorized"),
            ("http://forge.example.test/ops/../fleet.git", json!({"branch": "main"}), "authentication required: Unauthorized"),
        ] {
            let refused = repositories.head(url, &reference).expect("ours").expect_err("nothing is there");
            assert!(refused.contains(expected), "{url} {reference}: {refused}");
        }
    }
}
