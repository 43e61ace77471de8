//! `fluxdeck trust`: the programs that a repository names as checks of its changes, and whether they may run here.
//!
//! What is allowed is what is printed, for this repository: other words, or another content of a file that they name, are asked about again.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde_json::json;

use super::ReportFormat;
use super::command::{self, Command, Run};
use super::output;
use crate::config::Places;
use crate::files::REAL;
use crate::git::{self, Checkout};
use crate::records::allowed::{self, AllowedPrograms};
use fluxdeck_model::change::ChangeSite;
use fluxdeck_model::change::outside::PolicyQuestion;
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::{PolicyCommand, RepositoryPolicy};
use fluxdeck_model::render::tree::Tree;

pub(super) const COMMAND: Command = Command {
    name: "trust",
    doc: "Show the programs that a repository names as checks of its changes, and let them run or not",
    examples: &["fluxdeck trust --repo ~/fleet", "fluxdeck trust --repo ~/fleet --yes"],
    arguments: Arguments::augment_args,
    run: Run::Alone { run: |matches, _, places| run(&command::read(matches)?, places), flags: &[] },
};

#[derive(Args)]
struct Arguments {
    /// The checkout; default: the git work tree around the current directory
    #[arg(long, value_name = "DIR")]
    repo: Option<PathBuf>,
    /// A branch, tag or commit, instead of the files in the work tree
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// Let exactly these programs run, for changes of this repository
    #[arg(long)]
    yes: bool,
    /// Let them run no more
    #[arg(long, conflicts_with = "yes")]
    revoke: bool,
    /// The format
    #[arg(short, long, value_enum, default_value_t)]
    output: ReportFormat,
}

fn run(arguments: &Arguments, places: Option<&Places>) -> Result<u8> {
    let here = std::env::current_dir().map_err(|error| Error::failed(format!("no current directory: {error}"), ""))?;
    let checkout = Checkout::around(arguments.repo.as_deref().unwrap_or(&here))?;
    let view = checkout.view(arguments.rev.as_deref())?;
    let policies = RepositoryPolicy::of(view.tree())?.policy;
    let questions = questions(&checkout, &policies, view.tree());
    let dir = places.map(|places| places.state.as_path());
    if arguments.yes || arguments.revoke {
        let dir = dir.ok_or_else(|| Error::failed("nothing can be kept: there is no home directory", "set XDG_STATE_HOME"))?;
        for question in &questions {
            let allowed = AllowedPrograms { repository: question.repository.clone(), at: Timestamp::now() };
            let kept = allowed::allow(REAL, dir, &question.digest, arguments.yes.then_some(allowed));
            kept.map_err(|error| Error::failed(format!("it cannot be kept: {error}"), "see `fluxdeck info`"))?;
        }
    }
    let is_allowed = !questions.is_empty() && questions.iter().all(|one| allowed::is_allowed(REAL, dir, &one.digest));
    print(arguments.output, &policies, questions.first(), is_allowed)?;
    Ok(0)
}

/// What there is to allow: it is one repository, by whichever remote a change of it goes out.
pub(super) fn questions(checkout: &Checkout, policies: &[PolicyCommand], tree: &dyn Tree) -> Vec<PolicyQuestion> {
    let one = |(name, key): (String, String)| PolicyQuestion::of(policies, &name, &key, tree);
    names(checkout).into_iter().filter_map(one).collect()
}

/// What the repository is called, and its key, by each remote that it has.
fn names(checkout: &Checkout) -> Vec<(String, String)> {
    let site = |url: String| ChangeSite { url, ..ChangeSite::default() };
    let all = checkout.named_remotes().into_iter();
    let mut all: Vec<_> = all.map(|(_, url)| (site(url.clone()).name(), git::repository_key(&url))).collect();
    all.dedup_by(|one, other| one.1 == other.1);
    let root = checkout.root().display().to_string();
    if all.is_empty() { vec![(root.clone(), root)] } else { all }
}

fn print(format: ReportFormat, policies: &[PolicyCommand], question: Option<&PolicyQuestion>, is_allowed: bool) -> Result<()> {
    if format == ReportFormat::Json {
        let one = |policy: &PolicyCommand| {
            json!({ "name": policy.name, "command": policy.command, "paths": policy.when.paths, "kinds": policy.when.kinds,
                "playbooks": policy.when.playbooks })
        };
        return output::json(&json!({
            "repository": question.map(|question| &question.repository), "programs": policies.iter().map(one).collect::<Vec<_>>(),
            "files": question.map(|question| &question.files), "allowed": is_allowed,
        }));
    }
    let Some(question) = question else {
        return output::write("the repository names no programs: [[policy]] in .fluxdeck.toml\n");
    };
    let mut out = format!("{} wants these programs to check changes of it:\n", sanitise_line(&question.repository));
    for policy in policies {
        out.push_str(&format!("  {:<20}  {}\n", sanitise_line(&policy.name), sanitise_line(&policy.line())));
        let when = policy.when.words();
        if !when.is_empty() {
            out.push_str(&format!("  {:<20}  for {}\n", "", sanitise_line(&when)));
        }
    }
    if !question.files.is_empty() {
        out.push_str(&format!("they use of it: {}\n", sanitise_line(&question.files.join(", "))));
    }
    out.push_str(match is_allowed {
        true => "allowed: they run on this machine as you, until they are other ones\n",
        false => "not allowed yet: `fluxdeck trust --yes` lets them run on this machine as you, until they are other ones\n",
    });
    output::write(&out)
}
