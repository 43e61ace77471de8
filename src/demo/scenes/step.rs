//! What scenes are made of: what a colleague or a machine does, by the ways that the company has for it.

use std::time::Duration;

use http::Method;
use serde_json::json;

use crate::demo::company::Company;
use crate::demo::content::{FORGE, OWNER};
use crate::demo::controllers::{Git, Push, node, receiver};
use crate::demo::forge::Forge;
use fluxdeck_model::error::{Error, Result};

/// Something that is done at a time after the beginning of a scene.
pub(super) struct Step {
    pub at: Duration,
    pub act: Act,
}

pub(super) enum Act {
    /// A colleague pushes a commit to `main`.
    Push(&'static Commit),
    /// A colleague opens a pull request.
    Open(&'static Pull),
    /// A colleague merges it.
    Merge(&'static Pull, &'static str),
    /// A node is lost.
    Lose(&'static str),
    /// A node joins the cluster.
    Join(&'static str),
}

/// A change of one file by a colleague.
pub(super) struct Commit {
    pub repository: &'static str,
    pub author: &'static str,
    pub message: &'static str,
    pub path: &'static str,
    /// Texts of the file, and what they are replaced by.
    pub edits: &'static [(&'static str, &'static str)],
    /// Whether it is the other way round.
    pub reverts: bool,
}

/// A pull request of one commit.
pub(super) struct Pull {
    pub branch: &'static str,
    pub title: &'static str,
    pub body: &'static str,
    pub is_draft: bool,
    pub commit: Commit,
}

impl Act {
    /// Whether what it leads to is the case already.
    pub fn is_done(&self, company: &Company) -> bool {
        match self {
            Self::Push(commit) => commit.is_done(company),
            Self::Lose(name) => !company.stage().has_node(name),
            Self::Join(name) => company.stage().has_node(name),
            Self::Open(_) | Self::Merge(..) => false,
        }
    }

    /// Does it now.
    ///
    /// # Errors
    /// The repository or the forge is not as it was, or cannot be written.
    pub fn perform(&self, company: &Company) -> Result<()> {
        let world = company.stage();
        match self {
            Self::Push(commit) => {
                commit.push(company, "main")?;
                // as a webhook of the forge would: nobody waits for the interval of the source
                world.change(receiver::call);
            }
            Self::Open(pull) => pull.open(company, &*company.forge()?)?,
            Self::Merge(pull, by) => {
                pull.merge(company, by)?;
                world.change(receiver::call);
            }
            Self::Lose(name) => world.change(|store, now| node::lose(store, name, now)),
            Self::Join(name) => world.change(|store, now| node::join(store, name, now)),
        }
        Ok(())
    }
}

impl Commit {
    fn url(&self) -> String {
        format!("http://{FORGE}/{OWNER}/{}.git", self.repository)
    }

    /// Where `main` is.
    fn head(&self, company: &Company) -> Option<String> {
        let head = company.repositories().head(&self.url(), &json!({"branch": "main"}))?;
        head.ok().map(|head| head.commit)
    }

    /// Whether it is on `main`, and fetched: a directory that is kept has the commits of runs before, but each run begins with the clusters
    /// as they were recorded.
    fn is_done(&self, company: &Company) -> bool {
        let is_pushed = self.changed(company).is_ok_and(|changed| changed.is_none());
        is_pushed && self.head(company).is_some_and(|head| company.stage().has_fetched(&self.url(), &head))
    }

    /// The file as the commit leaves it; none where it is so already.
    fn changed(&self, company: &Company) -> Result<Option<String>> {
        let (path, repository) = (self.path, self.repository);
        let text = company.repositories().text(repository, "main", path)?;
        let mut changed = text.clone();
        for (before, after) in self.edits {
            let (before, after) = if self.reverts { (after, before) } else { (before, after) };
            if changed.contains(after) {
                continue;
            }
            if !changed.contains(before) {
                let hint = "the scene needs the file as the demo has it: start without --demo-dir, or with an empty one";
                return Err(Error::failed(format!("{path} of {OWNER}/{repository} was changed since"), hint));
            }
            changed = changed.replacen(before, after, 1);
        }
        Ok((changed != text).then_some(changed))
    }

    /// Commits it on top of `main`, and moves a branch there.
    fn push(&self, company: &Company, branch: &str) -> Result<()> {
        let Some(text) = self.changed(company)? else { return Ok(()) };
        let url = self.url();
        let failed = || Error::failed(format!("cannot push to {url}"), "is the disk full?");
        let push = Push {
            branch: branch.to_owned(),
            from: self.head(company).ok_or_else(failed)?,
            author: (self.author.to_owned(), format!("{}@example.test", self.author)),
            message: self.message.to_owned(),
            at: company.stage().now(),
            files: vec![(self.path.to_owned(), text)],
        };
        company.repositories().push(&url, &push).map(drop).ok_or_else(failed)
    }
}

impl Pull {
    pub fn open(&self, company: &Company, forge: &Forge) -> Result<()> {
        self.commit.push(company, self.branch)?;
        let Self { title, body, branch, is_draft, .. } = self;
        let body = json!({"title": title, "body": body, "head": branch, "base": "main", "draft": is_draft});
        forge.act(self.commit.author, &Method::POST, &self.path("pulls"), &body).map(drop)
    }

    /// Whether one of its branch is there, open or not.
    pub fn was_opened(&self, forge: &Forge) -> Result<bool> {
        let all = self.path(&format!("pulls?state=all&head={OWNER}:{}", self.branch));
        let found = forge.act(self.commit.author, &Method::GET, &all, &json!(null))?;
        Ok(found.as_array().is_some_and(|found| !found.is_empty()))
    }

    fn merge(&self, company: &Company, by: &str) -> Result<()> {
        let forge = company.forge()?;
        let all = self.path(&format!("pulls?head={OWNER}:{}", self.branch));
        let open = forge.act(by, &Method::GET, &all, &json!(null))?;
        let gone = || Error::failed(format!("`{}` is not open any more", self.title), "");
        let number = open[0]["number"].as_u64().ok_or_else(gone)?;
        forge.act(by, &Method::PUT, &self.path(&format!("pulls/{number}/merge")), &json!({})).map(drop)
    }

    fn path(&self, rest: &str) -> String {
        format!("repos/{OWNER}/{}/{rest}", self.commit.repository)
    }
}
