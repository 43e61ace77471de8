//! Metadata of a pull request: labels, reviewers, reviews, comments.

use serde_json::{Value, json};

use super::pull::{Pull, Remark};
use super::words::{self, Refusal};
use super::{Call, PEOPLE, Result};

pub(super) fn labels(call: &mut Call) -> Result<Value> {
    let labels = pull(call)?.labels.clone();
    Ok(labels.iter().map(|name| call.label(name)).collect())
}

pub(super) fn add_labels(call: &mut Call) -> Result<Value> {
    let wanted = names(&call.body, "labels");
    let labels = &mut pull(call)?.labels;
    for name in wanted {
        if !labels.contains(&name) {
            labels.push(name);
        }
    }
    self::labels(call)
}

pub(super) fn request_reviewers(call: &mut Call) -> Result<Value> {
    let wanted = names(&call.body, "reviewers");
    let repository = call.name.clone();
    let pull = pull(call)?;
    if wanted.contains(&pull.author) {
        return Err(Refusal::of(422, "Review cannot be requested from pull request author."));
    }
    if wanted.iter().any(|name| !PEOPLE.contains(&name.as_str())) {
        return Err(Refusal::of(
            422,
            &format!(
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the {}/{repository} repository.",
                PEOPLE[0]
            ),
        ));
    }
    let fresh: Vec<_> = wanted.into_iter().filter(|name| !pull.reviewers.contains(name)).collect();
    pull.reviewers.extend(fresh);
    let pull = pull.clone();
    Ok(pull.shown(call))
}

pub(super) fn reviews(call: &mut Call) -> Result<Value> {
    let (reviews, number) = (pull(call)?.reviews.clone(), call.number()?);
    Ok(reviews.iter().enumerate().map(|(at, review)| reviewed(call, number, at, review)).collect())
}

pub(super) fn review(call: &mut Call) -> Result<Value> {
    let verdict = match call.text("event") {
        "APPROVE" => "APPROVED",
        "REQUEST_CHANGES" => "CHANGES_REQUESTED",
        "COMMENT" => "COMMENTED",
        _ => "PENDING",
    };
    let (number, by, text, at) = (call.number()?, call.user.to_owned(), call.text("body").to_owned(), call.now);
    let pull = pull(call)?;
    if by == pull.author && matches!(verdict, "APPROVED" | "CHANGES_REQUESTED") {
        let what = if verdict == "APPROVED" { "approve" } else { "request changes on" };
        return Err(Refusal::of(422, &format!("Can not {what} your own pull request")));
    }
    pull.reviewers.retain(|name| *name != by);
    let review = Remark { by, text, verdict: verdict.to_owned(), commit: pull.head_commit.clone(), at };
    pull.reviews.push(review.clone());
    let last = pull.reviews.len() - 1;
    Ok(reviewed(call, number, last, &review))
}

pub(super) fn comments(call: &mut Call) -> Result<Value> {
    let (comments, number) = (pull(call)?.comments.clone(), call.number()?);
    Ok(comments.iter().enumerate().map(|(at, comment)| commented(call, number, at, comment)).collect())
}

pub(super) fn comment(call: &mut Call) -> Result<Value> {
    let comment = Remark { by: call.user.to_owned(), text: call.text("body").to_owned(), at: call.now, ..Remark::default() };
    let number = call.number()?;
    let comments = &mut pull(call)?.comments;
    comments.push(comment.clone());
    let last = comments.len() - 1;
    Ok(commented(call, number, last, &comment))
}

fn pull<'a>(call: &'a mut Call) -> Result<&'a mut Pull> {
    let number = call.number()?;
    call.books.pull(&call.name, number)
}

/// A list of names: the body itself, or a field of it.
fn names(body: &Value, field: &str) -> Vec<String> {
    let list = if body.is_array() { body } else { &body[field] };
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn reviewed(call: &Call, number: u64, at: usize, review: &Remark) -> Value {
    let id = number * 1000 + at as u64;
    let page = call.url(&format!("pulls/{number}"));
    json!({
        "id": id, "node_id": format!("PRR_{id}"), "user": words::user(&review.by), "body": review.text, "state": review.verdict,
        "html_url": format!("{page}#pullrequestreview-{id}"), "pull_request_url": page, "submitted_at": review.at,
        "commit_id": review.commit, "author_association": "MEMBER",
    })
}

fn commented(call: &Call, number: u64, at: usize, comment: &Remark) -> Value {
    let id = number * 1000 + at as u64;
    let issue = call.url(&format!("issues/{number}"));
    json!({
        "id": id, "node_id": format!("IC_{id}"), "url": call.url(&format!("issues/comments/{id}")), "issue_url": issue,
        "html_url": format!("{issue}#issuecomment-{id}"), "body": comment.text, "user": words::user(&comment.by),
        "created_at": comment.at, "updated_at": comment.at, "author_association": "MEMBER",
    })
}

impl Call<'_> {
    pub fn label(&self, name: &str) -> Value {
        let id = words::id(name);
        let url = self.url(&format!("labels/{}", words::encoded(name)));
        json!({"id": id, "node_id": format!("LA_{id}"), "url": url, "name": name, "color": "ededed", "default": false, "description": null})
    }
}
