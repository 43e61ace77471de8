//! A commit that breaks a release: the web front end is to keep its sessions in a database that production does not have. Its new pods
//! crash, the old ones are gone, and the health check of its Kustomization ends with its timeout.

use std::time::Duration;

use super::{Act, Commit, Scene, Step};

pub(super) const SCENE: Scene = Scene {
    name: "bad-commit",
    doc: "a commit by a colleague breaks the web front end: its pods crash",
    steps: &[Step { at: Duration::ZERO, act: Act::Push(&COMMIT) }],
    // the first health check has ended, the next has not begun
    lasts: Duration::from_secs(62),
};

pub(super) const COMMIT: Commit = Commit {
    repository: "apps",
    author: "cleo",
    message: "web: keep sessions in the database\n\nOne version at a time: all pods are replaced at once.\n",
    path: "deploy/web/deployment.yaml",
    edits: EDITS,
    reverts: false,
};

pub(super) const EDITS: &[(&str, &str)] = &[
    ("  replicas: 2\n  selector", "  replicas: 2\n  strategy: {rollingUpdate: {maxSurge: 0, maxUnavailable: 100%}}\n  selector"),
    (
        "      - {name: web, image: \"registry.example.test/web:4.4.0\"}\n",
        "      - name: web\n        image: \"registry.example.test/web:4.4.0\"\n        env:\n        - {name: DATABASE_HOST, value: db.web.svc}\n",
    ),
];
