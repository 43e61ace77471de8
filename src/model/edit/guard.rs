//! Every edit passes through here.
//!
//! Both readers read the edited text again. Its events must be those of the text before, except for the ones that the operation changes, and
//! those must be exactly the wanted ones: kind, anchor, tag, quotes and text. What a value means does not matter. No comment may be lost,
//! except in what is removed.

use super::plan::SplicePlan;
use super::refusal::Refusal;
use super::splice::{Splice, ordered, spliced};
use super::text::{EventKind, YamlSource};

/// The file after a plan, and the splices that make it. Comments stay, all and in order; only what is taken out may take some along.
pub fn made(source: &YamlSource, plan: SplicePlan, takes_out: bool) -> Result<(YamlSource, Vec<Splice>), Refusal> {
    let line = plan.splices.iter().map(|splice| splice.range.start).min().map_or(1, |at| source.line_at(at));
    let splices = ordered(plan.splices, source.text()).ok_or(Refusal::Guard { line })?;
    let text = spliced(source.text(), &splices);
    // both readers are asked, and have to agree
    let after = YamlSource::read(text.as_bytes()).map_err(|_| Refusal::Guard { line })?;
    let before: Vec<&EventKind> = source.kinds().collect();
    let wanted =
        before[..plan.events.start].iter().copied().chain(&plan.instead).chain(before[plan.events.end..].iter().copied());
    let differs = after.kinds().map(Some).chain([None]).zip(wanted.map(Some).chain([None])).position(|(is, wanted)| is != wanted);
    let mut rest = source.comments().iter();
    let are_there = after.comments().iter().all(|comment| rest.any(|other| other == comment));
    let are_all = takes_out || after.comments().len() == source.comments().len();
    match differs {
        None if !are_there || !are_all => Err(Refusal::Guard { line }),
        None => Ok((after, splices)),
        Some(at) => Err(Refusal::Guard { line: after.line_of_event(at) }),
    }
}
