//! What others had answered when a change was confirmed, and whether the same holds where its base has moved by then. Asking is I/O, and
//! belongs elsewhere.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::outside::{HELM, PROGRAM, PolicyQuestion};
use super::{Check, CheckResult, Proposal, RenderedBuild};

/// The answers that were there when a person confirmed a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewedAnswers {
    /// By the name of each check.
    results: Vec<(String, CheckResult)>,
    /// What helm made of it.
    charts: String,
    /// The programs of the repository that a person has let run for it: these, and no others.
    programs: Option<String>,
}

impl ReviewedAnswers {
    pub fn of(proposal: &Proposal) -> Self {
        let results: Vec<_> = proposal.checks.iter().map(|check| (check.name.to_string(), check.result)).collect();
        let has_run = |(name, result): &(String, CheckResult)| is_program(name) && *result != CheckResult::NotRun;
        let programs = proposal.policy.as_ref().filter(|_| results.iter().any(has_run)).map(|question| question.digest.clone());
        Self { results, charts: charts(&proposal.rendered), programs }
    }

    /// Whether these programs were let run, if only for this change.
    pub fn allow(&self, question: &PolicyQuestion) -> bool {
        self.programs.as_ref() == Some(&question.digest)
    }

    /// Why a person has to look at it again: an answer is against it now, or what was proven is not any more. `again`: what is answered where
    /// the base is now; `rendered`: what helm makes of it there.
    pub fn against(&self, again: &[Check], rendered: &[RenderedBuild]) -> Option<String> {
        let was = |name: &str| self.results.iter().find(|(known, _)| known == name).map(|(_, result)| *result);
        let one = |check: &Check| {
            let Check { name, result, why } = check;
            let is_deciding = is_program(name) || **name == *HELM;
            match (was(name), result) {
                // it was accepted
                (Some(CheckResult::Failed), CheckResult::Failed) => None,
                (_, CheckResult::Failed) => Some(format!("{name} fails there: {why}")),
                (Some(CheckResult::NotRun), CheckResult::NotRun) => None,
                (_, CheckResult::NotRun) if is_deciding => Some(format!("{name} was not run there: {why}")),
                _ => None,
            }
        };
        let is_gone = |(name, result): &&(String, CheckResult)| {
            is_program(name) && *result != CheckResult::NotRun && again.iter().all(|check| check.name != *name)
        };
        let gone = || self.results.iter().find(is_gone).map(|(name, _)| format!("{name} is not asked for there"));
        let is_rendered = again.iter().any(|check| *check.name == *HELM && check.result == CheckResult::Passed);
        let is_other = || is_rendered && was(HELM) == Some(CheckResult::Passed) && charts(rendered) != self.charts;
        again.iter().find_map(one).or_else(gone).or_else(|| is_other().then(|| "helm renders it otherwise there".to_owned()))
    }
}

fn is_program(name: &str) -> bool {
    name.starts_with(PROGRAM)
}

/// Names what helm makes of a change. Values that are masked are the same.
fn charts(rendered: &[RenderedBuild]) -> String {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    };
    let own = format!("{HELM} ");
    for build in rendered.iter().filter(|build| build.builds.iter().any(|name| name.starts_with(&own))) {
        build.builds.iter().for_each(|name| add(name));
        for object in &build.objects {
            [object.object.as_str(), object.fate.word()].into_iter().for_each(&mut add);
            for field in &object.fields {
                let sides = [Some(&field.path), field.before.as_ref(), field.after.as_ref()];
                sides.into_iter().for_each(|text| add(text.map_or("\0", String::as_str)));
            }
        }
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{ObjectFate, RenderedField, RenderedObject};
    use super::CheckResult::{Failed, NotRun, Passed, UnderWay};
    use super::*;

    fn check(name: &str, result: CheckResult, why: &str) -> Check {
        Check { name: name.to_owned().into(), result, why: why.to_owned() }
    }

    fn rendered(name: &str, after: &str) -> Vec<RenderedBuild> {
        let field =
            RenderedField { path: "spec.replicas".to_owned(), before: Some("1".to_owned()), after: Some(after.to_owned()) };
        let object =
            RenderedObject { object: "Deployment db".to_owned(), fate: ObjectFate::Changed, fields: vec![field], more: 0 };
        vec![RenderedBuild { builds: vec![name.to_owned()], objects: vec![object], more: 0, lost: None }]
    }

    #[test]
    fn an_answer_that_is_against_the_change_or_missing_brings_it_back() {
        for (was, is, expected) in [
            (vec![("policy a", Passed)], vec![check("policy a", Passed, "")], None),
            (vec![("policy a", Passed)], vec![check("policy a", Failed, "exit 1")], Some("policy a fails there: exit 1")),
            (vec![("policy a", NotRun)], vec![check("policy a", Failed, "exit 1")], Some("policy a fails there: exit 1")),
            (vec![], vec![check("policy b", Failed, "exit 1")], Some("policy b fails there: exit 1")),
            (vec![("policy a", Failed)], vec![check("policy a", Failed, "exit 1")], None),
            (vec![("policy a", Failed)], vec![check("policy a", Passed, "")], None),
            (vec![("policy a", Passed)], vec![check("policy a", NotRun, "late")], Some("policy a was not run there: late")),
            (vec![("policy a", UnderWay)], vec![check("policy a", NotRun, "late")], Some("policy a was not run there: late")),
            (vec![("policy a", NotRun)], vec![check("policy a", NotRun, "late")], None),
            (vec![], vec![check("policy b", NotRun, "none")], Some("policy b was not run there: none")),
            (vec![("policy a", Passed)], vec![], Some("policy a is not asked for there")),
            (vec![("policy a", NotRun)], vec![], None),
            (vec![("helm", Passed)], vec![check("helm", NotRun, "no network")], Some("helm was not run there: no network")),
            // who cannot be asked now has nothing against it
            (vec![("published", Passed)], vec![check("published", NotRun, "late")], None),
            (vec![("published", Passed)], vec![check("published", Failed, "gone")], Some("published fails there: gone")),
            (vec![("server-side dry run", Passed)], vec![], None),
        ] {
            let results = was.iter().map(|(name, result)| ((*name).to_owned(), *result)).collect();
            let reviewed = ReviewedAnswers { results, charts: charts(&[]), programs: None };
            assert_eq!(reviewed.against(&is, &[]).as_deref(), expected, "{was:?} {is:?}");
        }
    }

    #[test]
    fn what_helm_makes_of_it_is_compared_field_by_field_and_what_others_build_is_not() {
        let name = "helm HelmRelease web/db";
        let whole = [rendered("flux-system/apps", "5"), rendered("helm/web", "5"), rendered(name, "2")].concat();
        let reviewed = ReviewedAnswers { results: vec![("helm".to_owned(), Passed)], charts: charts(&whole), programs: None };
        let passed = [check("helm", Passed, "")];
        assert_eq!(reviewed.against(&passed, &rendered(name, "2")), None);
        for other in [rendered(name, "3"), rendered("helm HelmRelease web/other", "2"), Vec::new()] {
            assert_eq!(reviewed.against(&passed, &other).as_deref(), Some("helm renders it otherwise there"));
        }
    }

    #[test]
    fn only_the_programs_that_were_let_run_for_it_are_let_run_again() {
        let question = |digest: &str| PolicyQuestion { digest: digest.to_owned(), ..PolicyQuestion::default() };
        let reviewed = ReviewedAnswers { programs: Some("0a".to_owned()), ..ReviewedAnswers::default() };
        assert!(reviewed.allow(&question("0a")) && !reviewed.allow(&question("0b")));
        assert!(!ReviewedAnswers::default().allow(&question("")));
    }
}
