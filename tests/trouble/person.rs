//! A user with a checkout of the repository, who submits one change, and what must be true of it in the end.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::gate::Gate;
use super::held::Held;
use super::host::{FILE, Host, git};
use super::room::{PAGE, Room};
use super::table::Step;
use crate::support::program::{Fluxdeck, Ran, Running};
use crate::support::within;

const TITLE: &str = "More of web";
const REASON: &str = "black friday";
/// How long a journal may be written to, and how many looks at it find nothing new once it is not any more.
const SOON: Duration = Duration::from_secs(60);
const QUIET: usize = 10;
/// How often the reason is in the record of a change: in its order, in the message of its commit and in the pull request.
const REASONS: usize = 3;
/// The line that is meant, before and after.
pub const LINE: (&str, &str) = ("  replicas: 2 # as many as are needed", "  replicas: 5 # as many as are needed");

/// What of the user is on a disk that can be filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    Checkout,
    Jobs,
}

pub struct Person<'h> {
    pub host: &'h dyn Host,
    pub gate: Gate,
    pub user: Fluxdeck,
    pub room: Option<Room>,
    /// So much is added to the reason, in bytes.
    pub padding: usize,
    /// The folder of the jobs, as the test finds it.
    jobs: PathBuf,
}

impl<'h> Person<'h> {
    /// None where a disk is wanted that cannot be mounted.
    pub fn at(host: &'h dyn Host, full: Option<Full>) -> Option<Self> {
        let user = Held::prepare(Fluxdeck::new().set("GIT_CONFIG_NOSYSTEM", "1"));
        let gate = Gate::before(host.far());
        let folder = |full| user.file(if full == Full::Jobs { ".local/state" } else { "fleet" });
        let room = match full {
            Some(full) => Some(Room::at(&folder(full))?),
            None => None,
        };
        let jobs = user.file(".local/state/fluxdeck/jobs");
        let jobs = room.as_ref().map_or(jobs.clone(), |room| room.outside(&jobs));
        let mut person = Self { host, gate, user, room, padding: 0, jobs };
        let door = person.room.as_ref().map(Room::door);
        person.user.through(door.unwrap_or_default());
        let config =
            "[user]\n\tname = Ana\n\temail = ana@example.com\n[credential]\n\thelper = store\n[maintenance]\n\tauto = false\n";
        person.user.write(".gitconfig", config);
        person.log_in();
        let url = format!("http://127.0.0.1:{}/{}.git", person.gate.port(), host.repository());
        let fleet = person.fleet();
        person.git(&["clone", "-q", "--template=", &url, &fleet]);
        Some(person)
    }

    /// The user has a token that is valid.
    pub fn log_in(&self) {
        let (name, token) = self.host.login();
        self.user.write(".git-credentials", &format!("http://{name}:{token}@127.0.0.1:{}\n", self.gate.port()));
    }

    fn fleet(&self) -> String {
        self.user.file("fleet").display().to_string()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let done = self.user.command("git").args(arguments).output().expect("git");
        assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// Submits the change.
    pub fn submit(&self, more: &[&str]) -> Running {
        let fleet = self.fleet();
        let reason = format!("{REASON}{}", "!".repeat(self.padding));
        let fixed = ["run", "scale", "deployment/web", "--repo", &fleet, "--path", "deploy", "--set", "replicas=5"];
        self.user.spawn(&[&fixed[..], &["--title", TITLE, "--reason", &reason], more].concat())
    }

    /// The only job.
    pub fn job(&self) -> String {
        let all = std::fs::read_dir(&self.jobs).into_iter().flatten().flatten();
        let jobs: Vec<_> = all.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".job").map(str::to_owned)).collect();
        assert_eq!(jobs.len(), 1, "one job in {}", self.jobs.display());
        jobs.into_iter().next().expect("one")
    }

    /// What is written down of it.
    pub fn journal(&self) -> String {
        let path = self.jobs.join(format!("{}.job", self.job()));
        std::fs::read_to_string(path).expect("a job")
    }

    /// Waits until nothing more is written of the job: what permits nothing is written beside the request of its step.
    pub fn settle(&self) {
        let (mut length, mut times) = (0, 0);
        let settled = within(SOON, || {
            let now = self.journal().len();
            times = if now == length { times + 1 } else { 0 };
            length = now;
            (times > QUIET).then_some(())
        });
        settled.expect("it comes to rest");
    }

    /// How long the reason has to be so that the journal ends so many bytes before the end of a page of the disk, by the present length.
    pub fn padding_to(&self, free: usize) -> usize {
        (PAGE - (self.journal().len() + free) % PAGE) / REASONS
    }

    /// What is free in the last page of the journal: a disk that is full has still room for that.
    pub fn free_in_page(&self) -> usize {
        PAGE - self.journal().len() % PAGE
    }

    pub fn resume(&self) -> Running {
        self.user.spawn(&["changes", "resume", &self.job()])
    }

    /// Asserts that there is one branch with the one line, and one pull request of it that says what the user said; that the program has
    /// asked for each once; and that the checkout is as it was.
    #[track_caller]
    pub fn assert_once(&self, case: &str, ran: &Ran) {
        let seen = || format!("{case}: {ran:?}\n{:#?}", self.gate.seen());
        assert_eq!(ran.code, 0, "{}", seen());
        let pulls = self.host.pulls();
        assert_eq!(pulls.len(), 1, "{case}: {pulls:?}\n{}", seen());
        assert!(pulls[0].title == TITLE && pulls[0].body.contains(REASON), "{case}: {pulls:?}");
        assert_eq!(self.gate.done(Step::Open), 1, "{}", seen());
        let copy = tempfile::tempdir().expect("a folder");
        git(copy.path(), &["clone", "-q", "--mirror", &self.host.address(), "."]);
        let branches = git(copy.path(), &["for-each-ref", "--format=%(refname:short)", "refs/heads/"]);
        let branches: Vec<_> = branches.lines().filter(|name| *name != "main").collect();
        assert_eq!(branches, [pulls[0].head.as_str()], "{}", seen());
        let commit = git(copy.path(), &["log", "--format=%an %s", "-1", branches[0]]);
        assert_eq!(commit, format!("Ana {TITLE}"), "{case}");
        assert_eq!(changed(copy.path(), branches[0]), [format!("-{}", LINE.0), format!("+{}", LINE.1)], "{case}");
        assert_eq!(self.git(&["-C", &self.fleet(), "status", "--porcelain"]), "", "{case}: the checkout stays as it is");
        assert_eq!(self.git(&["-C", &self.fleet(), "branch", "--format=%(refname:short)"]), "main", "{case}");
    }
}

/// The lines that a branch changes.
pub fn changed(repository: &Path, branch: &str) -> Vec<String> {
    let base = git(repository, &["merge-base", "main", branch]);
    let base = if base == git(repository, &["rev-parse", branch]) { format!("{branch}^") } else { base };
    let diff = git(repository, &["diff", "--unified=0", &base, branch, "--", FILE]);
    let is_change = |line: &&str| line.starts_with(['+', '-']) && !line.starts_with("+++") && !line.starts_with("---");
    diff.lines().filter(is_change).map(str::to_owned).collect()
}
