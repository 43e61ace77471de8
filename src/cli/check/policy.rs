//! The programs that the repository names as checks, for `check`: run on a copy of the files where `--run-policy` says so.

use std::collections::BTreeSet;

use crate::programs::PolicyFolder;
use fluxdeck_model::change::outside::{PolicyEnd, PolicyRun};
use fluxdeck_model::change::{Check, CheckResult};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::guards::{PolicyCommand, PolicySubject, RepositoryPolicy};
use fluxdeck_model::insight::check::{self, Difference, Findings, Level};
use fluxdeck_model::render::tree::Tree;

/// Those that are meant, each with its copy where it is to be run.
#[derive(Default)]
pub struct Programs {
    due: Vec<(PolicyRun, Option<PolicyFolder>)>,
}

impl Programs {
    /// Those for the files as they are: whatever they are for, but a playbook of fluxdeck.
    ///
    /// # Errors
    /// The rules of the repository cannot be read, or its files cannot be copied.
    pub fn of(tree: &dyn Tree, is_wanted: bool) -> Result<Self> {
        let all = RepositoryPolicy::of(tree)?.policy.into_iter().filter(|policy| policy.when.playbooks.is_empty());
        Self::with(all.map(|policy| PolicyRun { policy, may: Ok(()) }).collect(), tree, &[], is_wanted)
    }

    /// Those for a change, as the files before it say: who changes them too would choose what judges the change.
    ///
    /// # Errors
    /// As [`Programs::of`].
    pub fn since(base: &dyn Tree, tree: &dyn Tree, paths: &[String], found: &[Difference], is_wanted: bool) -> Result<Self> {
        let kind = |one: &Difference| (one.group.clone(), one.object.split(' ').next().unwrap_or_default().to_owned());
        let kinds: BTreeSet<_> = found.iter().map(kind).collect();
        let subject = PolicySubject { paths: paths.iter().cloned().collect(), kinds, playbook: None };
        let all: Vec<PolicyCommand> = RepositoryPolicy::of(base)?.policy;
        Self::with(PolicyRun::all(&all, &subject, base), tree, paths, is_wanted)
    }

    fn with(runs: Vec<PolicyRun>, tree: &dyn Tree, paths: &[String], is_wanted: bool) -> Result<Self> {
        let one = |run: PolicyRun| {
            let is_due = is_wanted && run.may.is_ok();
            let folder = is_due.then(|| PolicyFolder::new(tree, &[], paths.iter().cloned())).transpose()?;
            Ok((run, folder))
        };
        Ok(Self { due: runs.into_iter().map(one).collect::<Result<_>>()? })
    }

    /// Runs them, one after the other, and reports what they find. One that is to be run and cannot be is an error: nobody would see it.
    /// Returns the exit code where a signal ends it; what it has started ends with it.
    ///
    /// # Errors
    /// No program can be waited for.
    pub fn run(self, findings: &mut Findings) -> Result<Option<u8>> {
        if self.due.is_empty() {
            return Ok(None);
        }
        let failed = |error: std::io::Error| Error::failed(format!("programs cannot be waited for: {error}"), "");
        let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        for (run, folder) in self.due {
            let (level, check) = match folder {
                None => {
                    let check = run.barred("--run-policy runs the programs of the repository").begun();
                    (Level::Note, check)
                }
                Some(folder) => {
                    let ended = waiting.block_on(async {
                        tokio::select! {
                            ended = folder.run(&run.policy.command) => Ok(ended),
                            code = crate::run::stopped() => Err(code),
                        }
                    });
                    let ended = match ended {
                        Ok(ended) => ended,
                        Err(code) => return Ok(Some(code)),
                    };
                    let end = ended.map_or_else(PolicyEnd::NotRun, |(code, said)| PolicyEnd::Ended { code, said });
                    (Level::Error, run.ended(end))
                }
            };
            let Check { name, result, why } = check;
            if result != CheckResult::Passed {
                findings.add(check::policy(level, &name, result.word(), &why), None);
            }
        }
        Ok(None)
    }
}
