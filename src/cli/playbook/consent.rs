//! What is shown of a change before it is submitted, and the user's consent to it.

use super::{Arguments, print};
use crate::cli::output;
use fluxdeck_model::change::{ForgeChoice, Proposal};
use fluxdeck_model::domain::text::sanitise_line;
use fluxdeck_model::error::{Error, Result};

/// What is about to be submitted, in the lines of a review.
pub(super) fn review(proposal: &Proposal, now: jiff::Timestamp) -> String {
    let order = &proposal.order;
    let mut out = format!("{}\n", proposal.pull.title);
    let mut line = |label: &str, text: &str| out.push_str(&format!("{label:<12}{text}\n"));
    let short = proposal.base.get(..7).unwrap_or(&proposal.base);
    line("repository", &format!("{}  {}@{short} -> {}", order.site.name(), order.site.base, proposal.branch));
    line("found by", &order.site.found_by);
    if let Some(edit) = &order.by_hand {
        line("edits", &edit.place_after().to_string());
    }
    if let Some(back) = &order.taken_back {
        let label = if back.is_whole { "reverts" } else { "takes back" };
        back.commits.iter().for_each(|commit| line(label, &commit.words()));
    }
    for field in &proposal.fields {
        let before = field.before.as_deref().unwrap_or("nothing");
        let of = fluxdeck_model::change::prefix(field, &proposal.fields);
        line(
            "changes",
            &format!(
                "{of}{}: {before} -> {}  {} ({})",
                field.field,
                field.after.as_deref().unwrap_or("taken out"),
                field.place,
                field.layer
            ),
        );
    }
    for check in &proposal.checks {
        line(check.result.word(), &format!("{}: {}", check.name, check.why));
    }
    print::unallowed(&proposal.checks).iter().for_each(|text| line("", text));
    proposal.besides.iter().for_each(|text| line("besides", text));
    proposal.elsewhere.iter().for_each(|one| line("known also", &one.words(&proposal.files, now)));
    proposal.unproven.iter().for_each(|(build, why)| line("not proven", &format!("{build}: {why}")));
    if !order.site.caution.is_empty() {
        line("warning", &order.site.caution);
    }
    print::cautions(&proposal.cautions, order).iter().for_each(|text| out.push_str(&format!("{text}\n")));
    let mut line = |label: &str, text: &str| out.push_str(&format!("{label:<12}{text}\n"));
    let signed = if proposal.author.is_signed { ", signed" } else { "" };
    line("author", &format!("{}{signed}", proposal.author.author));
    match &proposal.forge {
        ForgeChoice::Known { name, repository, token } => line("forge", &format!("{name} {repository}, token from {token}")),
        ForgeChoice::None { why, .. } => line("forge", &format!("none: {why}")),
    }
    if let Some(offer) = proposal.fork.as_ref().filter(|_| proposal.open.is_none()) {
        line("push", &format!("you may not push to {}: {}", order.site.name(), offer.words()));
    }
    if order.merges_later {
        line("merge", "by the forge, once its checks have passed");
    }
    for (label, names) in [("labels", &order.labels), ("reviewers", &order.reviewers)] {
        if !names.is_empty() {
            line(label, &names.join(", "));
        }
    }
    if let Some(pull) = &proposal.open {
        line("open", &format!("the same change is proposed already: #{} {}", pull.number, pull.url));
    }
    out
}

/// What has to be typed before a change is submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Consent<'a> {
    Nothing,
    Yes,
    /// The name of a production context.
    Name(&'a str),
}

impl<'a> Consent<'a> {
    /// The name of a production context in any case; else, at a terminal, a yes to what was shown. Where nobody can be asked, nothing. What is
    /// open already is only followed.
    fn needed(is_open: bool, production: Option<&'a str>, is_terminal: bool, is_yes: bool) -> Self {
        match production {
            _ if is_open => Self::Nothing,
            Some(context) => Self::Name(context),
            None if is_terminal && !is_yes => Self::Yes,
            None => Self::Nothing,
        }
    }

    fn is_given_by(self, typed: &str) -> bool {
        match self {
            Self::Nothing => true,
            Self::Yes => matches!(typed.to_lowercase().as_str(), "y" | "yes"),
            Self::Name(context) => typed == context,
        }
    }
}

/// What is done once there is consent: without a forge nothing can be opened.
fn consented(is_push_only: bool, forge: &ForgeChoice) -> &'static str {
    match forge {
        ForgeChoice::Known { .. } if !is_push_only => "open the pull request",
        ForgeChoice::Known { .. } | ForgeChoice::None { .. } => "push the branch",
    }
}

/// Gets the user's consent: by flag, or at the terminal, below the difference.
pub(super) async fn confirm(proposal: &Proposal, production: Option<&str>, arguments: &Arguments) -> Result<()> {
    use std::io::IsTerminal;
    let is_terminal = std::io::stdin().is_terminal();
    let consent = Consent::needed(proposal.open.is_some(), production, is_terminal, arguments.yes);
    let what = consented(proposal.order.is_push_only, &proposal.forge);
    let question = match consent {
        Consent::Nothing => return Ok(()),
        Consent::Yes => format!("{what}? [y/N] "),
        Consent::Name(context) => format!("type `{context}` to {what}: "),
    };
    if is_terminal {
        output::beside(&print::shown(proposal));
    }
    let typed = match (&arguments.confirm, consent) {
        (Some(word), Consent::Name(_)) => word.clone(),
        (_, Consent::Name(context)) if !is_terminal => {
            let message = format!("{context} is production: this has to be confirmed, and this is not a terminal");
            return Err(Error::failed(message, format!("nothing was pushed; pass --confirm {context}")));
        }
        _ => answered(&question).await?,
    };
    match consent.is_given_by(&typed) {
        true => Ok(()),
        false => Err(Error::failed("not confirmed", "nothing was pushed")),
    }
}

/// Asks at the terminal whether a change goes to a fork, where it has to. Where nobody can be asked, the push itself says whether it has to: git
/// may be let in as somebody else than the token is of; one that is refused waits, and says what can be done.
pub(super) async fn agree_to_fork(proposal: &Proposal) -> Result<bool> {
    use std::io::IsTerminal;
    let Some(offer) = proposal.fork_to_ask() else { return Ok(false) };
    let what = format!("you may not push to {}", proposal.order.site.name());
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    let typed = answered(&format!("{}: {}? [y/N] ", sanitise_line(&what), sanitise_line(&offer.words()))).await?;
    match Consent::Yes.is_given_by(&typed) {
        true => Ok(true),
        false => Err(Error::failed("not confirmed", "nothing was pushed")),
    }
}

/// What somebody answers at the terminal.
async fn answered(question: &str) -> Result<String> {
    output::ask(question);
    // a signal ends the question too
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let line = read.await.map_err(std::io::Error::other).flatten();
    let failed = |error| Error::failed(format!("cannot read the answer: {error}"), "");
    Ok(line.map_err(failed)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_confirmed_by_its_name_and_the_rest_by_a_yes_where_somebody_can_be_asked() {
        let name = Consent::Name("prod");
        for (is_open, production, is_terminal, is_yes, expected) in [
            (false, None, true, false, Consent::Yes),
            (false, None, true, true, Consent::Nothing),
            (false, None, false, false, Consent::Nothing),
            (false, Some("prod"), true, true, name),
            (false, Some("prod"), false, true, name),
            (true, Some("prod"), true, false, Consent::Nothing),
        ] {
            assert_eq!(
                Consent::needed(is_open, production, is_terminal, is_yes),
                expected,
                "{production:?} {is_terminal} {is_yes}"
            );
        }
        assert!(name.is_given_by("prod") && !name.is_given_by("yes") && !name.is_given_by(""));
        let known = ForgeChoice::Known { name: "GitHub".into(), repository: "o/r".into(), token: "gh".into() };
        let none = ForgeChoice::None { why: "it is not known".into(), page: None };
        let asked = [(false, &known), (true, &known), (false, &none)].map(|(is_push_only, forge)| consented(is_push_only, forge));
        assert_eq!(asked, ["open the pull request", "push the branch", "push the branch"]);
        assert!(Consent::Yes.is_given_by("Y") && !Consent::Yes.is_given_by("") && !Consent::Yes.is_given_by("prod"));
    }
}
