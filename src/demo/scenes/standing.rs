//! What is open when somebody comes: pull requests of colleagues, one ready and one a draft that would do more harm than it says.

use super::step::{Commit, Pull};
use crate::demo::company::Company;
use crate::demo::forge::Forge;
use fluxdeck_model::error::Result;

const PULLS: &[Pull] = &[
    Pull {
        branch: "web-selector",
        title: "web: one label for all of the front end",
        body: "The dashboards group by `app.kubernetes.io/part-of`: the workload should be selected by it too.",
        is_draft: true,
        commit: Commit {
            repository: "apps",
            author: "cleo",
            message: "web: one label for all of the front end\n",
            path: "deploy/web/deployment.yaml",
            edits: &[
                ("selector: {matchLabels: {app: web}}", "selector: {matchLabels: {app: web, part-of: shop}}"),
                ("    metadata: {labels: {app: web}}", "    metadata: {labels: {app: web, part-of: shop}}"),
            ],
            reverts: false,
        },
    },
    Pull {
        branch: "checkout-2.8.0",
        title: "checkout: 2.8.0, and four of them",
        body: "2.8.0 retries payments. Black Friday is near: four replicas instead of two.",
        is_draft: false,
        commit: Commit {
            repository: "apps",
            author: "ben",
            message: "checkout: 2.8.0, and four of them\n",
            path: "deploy/checkout/deployment.yaml",
            edits: &[("replicas: 2", "replicas: 4"), ("checkout:2.7.0", "checkout:2.8.0")],
            reverts: false,
        },
    },
];

/// Opens them, unless they were opened before: a directory that is kept has them, merged and closed ones too.
///
/// # Errors
/// The repository or the forge cannot be written.
pub(in crate::demo) fn open(company: &Company, forge: &Forge) -> Result<()> {
    for pull in PULLS {
        if !pull.was_opened(forge)? {
            pull.open(company, forge)?;
        }
    }
    Ok(())
}
