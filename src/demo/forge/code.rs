//! The repository itself: branches, commits and what they change, files, statuses.

use git2::{Delta, DiffOptions, Oid, Patch};
use serde_json::{Value, json};

use super::checks::CHECKS;
use super::graph::GUARDED;
use super::pull::Status;
use super::words::{self, Refusal};
use super::{Call, Result};
use crate::demo::content::{FORGE, OWNER};

pub(super) fn repository(call: &mut Call) -> Result<Value> {
    Ok(call.shown())
}

pub(super) fn branch(call: &mut Call) -> Result<Value> {
    let name = &call.part;
    let commit = call.resolve(&format!("refs/heads/{name}")).map_err(|_| Refusal::of(404, "Branch not found"))?;
    let url = call.url(&format!("branches/{name}"));
    let links = json!({"self": url, "html": call.url(&format!("tree/{name}"))});
    let protection = format!("{url}/protection");
    Ok(
        json!({"name": name, "commit": shown_commit(call, commit)?, "protected": false, "_links": links, "protection_url": protection}),
    )
}

/// The rules of a branch (`docs.github.com/rest/repos/rules`).
pub(super) fn rules(call: &mut Call) -> Result<Value> {
    let checks = CHECKS.iter().map(|(name, _)| json!({"context": name})).collect::<Vec<_>>();
    let parameters = json!({"required_status_checks": checks, "strict_required_status_checks_policy": false});
    let rule = json!({
        "type": "required_status_checks", "ruleset_source_type": "Repository", "ruleset_source": format!("{OWNER}/{}", call.name),
        "ruleset_id": words::id(&call.name), "parameters": parameters,
    });
    Ok(if call.part == GUARDED { json!([rule]) } else { json!([]) })
}

pub(super) fn protection(_: &mut Call) -> Result<Value> {
    Err(Refusal::of(404, "Branch not protected"))
}

pub(super) fn reference(call: &mut Call) -> Result<Value> {
    let name = format!("refs/{}", call.part);
    let commit = call.repository.find_reference(&name)?.peel_to_commit()?.id();
    Ok(reference_to(call, &name, commit))
}

pub(super) fn create_reference(call: &mut Call) -> Result<Value> {
    let (name, commit) = (call.text("ref").to_owned(), call.text("sha"));
    let commit = Oid::from_str(commit).and_then(|id| call.repository.find_commit(id).map(|commit| commit.id()));
    let commit = commit.map_err(|_| Refusal::of(422, "Object does not exist"))?;
    if !name.starts_with("refs/heads/") && !name.starts_with("refs/tags/") {
        return Err(Refusal::of(422, "Reference name must start with 'refs/' and have at least two slashes"));
    }
    match call.repository.reference(&name, commit, false, "created") {
        Ok(_) => Ok(reference_to(call, &name, commit)),
        Err(error) if error.code() == git2::ErrorCode::Exists => Err(Refusal::of(422, "Reference already exists")),
        Err(_) => Err(Refusal::of(422, &format!("{name} is not a valid ref name."))),
    }
}

pub(super) fn delete_reference(call: &mut Call) -> Result<Value> {
    let name = format!("refs/{}", call.part);
    let missing = |_| Refusal::of(422, "Reference does not exist");
    call.repository.find_reference(&name).map_err(missing)?.delete()?;
    Ok(Value::Null)
}

fn reference_to(call: &Call, name: &str, commit: Oid) -> Value {
    let url = call.url(&format!("git/{name}"));
    let id = commit.to_string();
    json!({"ref": name, "node_id": format!("REF_{}", words::id(name)), "url": url, "object": {"type": "commit", "sha": id, "url": call.url(&format!("git/commits/{id}"))}})
}

pub(super) fn commit(call: &mut Call) -> Result<Value> {
    let commit = call.resolve(&call.part)?;
    let mut shown = shown_commit(call, commit)?;
    if let Ok(parent) = call.repository.find_commit(commit)?.parent_id(0) {
        shown["files"] = call.changed_between(parent, commit)?.into();
    }
    Ok(shown)
}

/// A commit as lists show it.
pub(super) fn shown_commit(call: &Call, id: Oid) -> Result<Value> {
    let commit = call.repository.find_commit(id)?;
    let who = |signature: &git2::Signature| {
        let at = jiff::Timestamp::from_second(signature.when().seconds()).unwrap_or_default();
        json!({"name": String::from_utf8_lossy(signature.name_bytes()), "email": String::from_utf8_lossy(signature.email_bytes()), "date": at})
    };
    let (sha, tree) = (id.to_string(), commit.tree_id().to_string());
    let url = call.url(&format!("commits/{sha}"));
    let html = format!("http://{FORGE}/{OWNER}/{}/commit/{sha}", call.name);
    let parents =
        commit.parent_ids().map(|id| json!({"sha": id.to_string(), "url": call.url(&format!("commits/{id}")), "html_url": html}));
    Ok(json!({
        "sha": sha, "node_id": format!("C_{sha}"), "url": url, "html_url": html, "comments_url": format!("{url}/comments"),
        "author": words::user(OWNER), "committer": words::user(OWNER), "parents": parents.collect::<Vec<_>>(),
        "commit": {
            "url": call.url(&format!("git/commits/{sha}")), "author": who(&commit.author()), "committer": who(&commit.committer()),
            "message": String::from_utf8_lossy(commit.message_bytes()), "comment_count": 0,
            "tree": {"sha": tree, "url": call.url(&format!("git/trees/{tree}"))},
            "verification": {"verified": false, "reason": "unsigned", "signature": null, "payload": null},
        },
    }))
}

pub(super) fn create_status(call: &mut Call) -> Result<Value> {
    let commit = call.resolve(&call.part).map_err(|_| Refusal::of(422, "No commit found for SHA"))?.to_string();
    if !["error", "failure", "pending", "success"].contains(&call.text("state")) {
        return Err(Refusal::invalid("Status", "state"));
    }
    let optional = |name: &str| call.body[name].as_str().map(str::to_owned);
    let status = Status {
        repository: call.name.clone(),
        commit,
        state: call.text("state").to_owned(),
        context: optional("context").unwrap_or_else(|| "default".to_owned()),
        description: optional("description"),
        target: optional("target_url"),
        by: call.user.to_owned(),
        at: call.now,
    };
    call.books.statuses.push(status.clone());
    Ok(stated(call, &status))
}

pub(super) fn statuses(call: &mut Call) -> Result<Value> {
    let commit = call.resolve(&call.part)?.to_string();
    let all = call.books.statuses.iter().rev().filter(|status| status.repository == call.name && status.commit == commit);
    Ok(all.map(|status| stated(call, status)).collect())
}

/// The last status of every context, and what they come to.
pub(super) fn status(call: &mut Call) -> Result<Value> {
    let commit = call.resolve(&call.part)?.to_string();
    let mut last: Vec<&Status> = Vec::new();
    for status in call.books.statuses.iter().rev().filter(|status| status.repository == call.name && status.commit == commit) {
        if !last.iter().any(|known| known.context == status.context) {
            last.push(status);
        }
    }
    let any = |states: &[&str]| last.iter().any(|status| states.contains(&status.state.as_str()));
    let state = match () {
        () if any(&["error", "failure"]) => "failure",
        () if last.is_empty() || any(&["pending"]) => "pending",
        () => "success",
    };
    let shown: Vec<_> = last.iter().map(|status| stated(call, status)).collect();
    let url = call.url(&format!("commits/{commit}"));
    Ok(
        json!({"state": state, "sha": commit, "total_count": shown.len(), "statuses": shown, "repository": call.shown(), "commit_url": url, "url": format!("{url}/status")}),
    )
}

fn stated(call: &Call, status: &Status) -> Value {
    let id = words::id(&format!("{}{}{}", status.commit, status.context, status.at));
    json!({
        "id": id, "node_id": format!("SC_{id}"), "url": call.url(&format!("statuses/{}", status.commit)), "state": status.state,
        "context": status.context, "description": status.description, "target_url": status.target, "avatar_url": null,
        "created_at": status.at, "updated_at": status.at, "creator": words::user(&status.by),
    })
}

impl Call<'_> {
    /// The commit that a branch, a tag, a full reference or an id names.
    pub fn resolve(&self, name: &str) -> Result<Oid> {
        let known = ["", "refs/", "refs/heads/", "refs/tags/"].iter().find_map(|prefix| {
            let reference = self.repository.find_reference(&format!("{prefix}{name}")).ok()?;
            reference.peel_to_commit().ok().map(|commit| commit.id())
        });
        if let Some(id) = known {
            return Ok(id);
        }
        let is_id = (4..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = is_id
            .then(|| self.repository.revparse_single(name).and_then(|object| object.peel_to_commit()))
            .and_then(std::result::Result::ok);
        id.map(|commit| commit.id()).ok_or_else(|| Refusal::of(422, &format!("No commit found for SHA: {name}")))
    }

    /// The repository as GitHub shows it.
    pub fn shown(&self) -> Value {
        let html = format!("http://{FORGE}/{OWNER}/{}", self.name);
        json!({
            "id": words::id(&self.name), "node_id": format!("R_{}", words::id(&self.name)), "name": self.name,
            "full_name": format!("{OWNER}/{}", self.name), "owner": words::user(OWNER), "private": true, "html_url": html, "fork": false,
            "description": null, "url": self.url(""), "clone_url": format!("{html}.git"), "default_branch": "main", "archived": false,
            "allow_merge_commit": true, "allow_squash_merge": true, "allow_rebase_merge": true, "allow_auto_merge": true,
            "delete_branch_on_merge": false, "permissions": {"admin": true, "maintain": true, "push": true, "triage": true, "pull": true},
        })
    }

    /// What a branch changes since it left another.
    pub fn changed(&self, base: Oid, head: Oid) -> Result<Vec<Value>> {
        let common = self.repository.merge_base(base, head)?;
        self.changed_between(common, head)
    }

    fn changed_between(&self, before: Oid, after: Oid) -> Result<Vec<Value>> {
        let tree = |id: Oid| self.repository.find_commit(id).and_then(|commit| commit.tree());
        let mut diff = self.repository.diff_tree_to_tree(
            Some(&tree(before)?),
            Some(&tree(after)?),
            Some(DiffOptions::new().context_lines(3)),
        )?;
        diff.find_similar(None)?;
        (0..diff.deltas().len()).map(|at| self.entry(&diff, at, after)).collect()
    }

    fn entry(&self, diff: &git2::Diff, at: usize, after: Oid) -> Result<Value> {
        let delta = diff.get_delta(at).ok_or_else(Refusal::not_found)?;
        let path = |file: git2::DiffFile| file.path().map(|path| path.display().to_string()).unwrap_or_default();
        let status = match delta.status() {
            Delta::Added => "added",
            Delta::Deleted => "removed",
            Delta::Renamed => "renamed",
            Delta::Copied => "copied",
            _ => "modified",
        };
        let file = if delta.status() == Delta::Deleted { delta.old_file() } else { delta.new_file() };
        let (id, name) = (file.id().to_string(), path(file));
        let mut patch = Patch::from_diff(diff, at)?;
        let (_, added, removed) = patch.as_ref().map(Patch::line_stats).transpose()?.unwrap_or_default();
        let text = patch.as_mut().map(Patch::to_buf).transpose()?.map(|text| String::from_utf8_lossy(&text).into_owned());
        // GitHub leaves out what names the files
        let text = text.and_then(|text| text.find("@@").map(|hunk| text[hunk..].trim_end().to_owned()));
        let page = format!("http://{FORGE}/{OWNER}/{}/blob/{after}/{name}", self.name);
        let mut shown = json!({
            "sha": id, "filename": name, "status": status, "additions": added, "deletions": removed, "changes": added + removed,
            "blob_url": page, "raw_url": page, "contents_url": self.url(&format!("contents/{name}?ref={after}")), "patch": text,
        });
        if delta.status() == Delta::Renamed {
            shown["previous_filename"] = path(delta.old_file()).into();
        }
        Ok(shown)
    }
}
