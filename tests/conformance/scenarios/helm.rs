//! HelmReleases: forced, stalled, reset.

use super::super::ground::Ground;
use super::super::words::Transcript;
use super::{HR, events, forget, request, token};

pub async fn force(ground: &Ground, seen: &mut Transcript) {
    let uri = format!("{HR}/web/helmreleases/web");
    let token = token(ground, "force");
    let before = events(ground, "web", "HelmRelease", "web").await;
    seen.object("reconciled", &request(ground, &uri, &format!("{token}-plain"), &[]).await);
    seen.events(&before, &events(ground, "web", "HelmRelease", "web").await);
    let before = events(ground, "web", "HelmRelease", "web").await;
    seen.object("forced", &request(ground, &uri, &token, &["forceAt"]).await);
    seen.events(&before, &events(ground, "web", "HelmRelease", "web").await);
    forget(ground, &uri).await;
}

pub async fn stall(ground: &Ground, seen: &mut Transcript) {
    let uri = format!("{HR}/faults/helmreleases/stalled");
    let token = token(ground, "stall");
    let before = events(ground, "faults", "HelmRelease", "stalled").await;
    seen.object("reconciled", &request(ground, &uri, &format!("{token}-plain"), &[]).await);
    seen.events(&before, &events(ground, "faults", "HelmRelease", "stalled").await);
    let before = events(ground, "faults", "HelmRelease", "stalled").await;
    seen.object("reset", &request(ground, &uri, &token, &["resetAt"]).await);
    seen.events(&before, &events(ground, "faults", "HelmRelease", "stalled").await);
    forget(ground, &uri).await;
}
