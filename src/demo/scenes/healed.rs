//! The same commit, and how it is put right: a colleague opens a pull request that reverts it, and a minute later it is merged.

use std::time::Duration;

use super::bad_commit::{COMMIT, EDITS};
use super::{Act, Commit, Pull, Scene, Step};

pub(super) const SCENE: Scene = Scene {
    name: "healed",
    doc: "the bad commit, and a pull request that reverts it: opened by a colleague, merged a minute later",
    steps: &[
        Step { at: Duration::ZERO, act: Act::Push(&COMMIT) },
        Step { at: Duration::from_secs(90), act: Act::Open(&REVERT) },
        Step { at: Duration::from_secs(150), act: Act::Merge(&REVERT, "cleo") },
    ],
    lasts: Duration::from_secs(240),
};

const REVERT: Pull = Pull {
    branch: "revert-sessions",
    is_draft: false,
    title: "Revert \"web: keep sessions in the database\"",
    body: "There is no database in production yet: the pods cannot reach it.",
    commit: Commit {
        repository: "apps",
        author: "ben",
        message: "Revert \"web: keep sessions in the database\"\n\nThere is no database in production yet.\n",
        path: COMMIT.path,
        edits: EDITS,
        reverts: true,
    },
};
