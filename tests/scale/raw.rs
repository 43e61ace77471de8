//! The limit of loading: the same lists, fetched in parallel and thrown away.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt, stream};

use crate::cluster::{Cluster, Failure, Shape};

/// What a program that shows the whole graph has to read.
const LISTS: [(&str, Shape); 14] = [
    ("/api/v1/pods", Shape::Whole),
    ("/apis/apps/v1/replicasets", Shape::Whole),
    ("/apis/apps/v1/deployments", Shape::Whole),
    ("/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations", Shape::Whole),
    ("/apis/helm.toolkit.fluxcd.io/v2/helmreleases", Shape::Whole),
    ("/apis/source.toolkit.fluxcd.io/v1/gitrepositories", Shape::Whole),
    ("/apis/source.toolkit.fluxcd.io/v1/ocirepositories", Shape::Whole),
    ("/apis/source.toolkit.fluxcd.io/v1/helmrepositories", Shape::Whole),
    ("/apis/source.toolkit.fluxcd.io/v1/helmcharts", Shape::Whole),
    ("/api/v1/services", Shape::Whole),
    ("/api/v1/namespaces", Shape::Whole),
    ("/api/v1/configmaps", Shape::Metadata),
    ("/api/v1/secrets", Shape::Metadata),
    ("/api/v1/serviceaccounts", Shape::Metadata),
];

#[derive(Clone, Debug)]
pub struct RawList {
    pub path: &'static str,
    pub bytes: usize,
    pub pages: usize,
    pub elapsed: Duration,
}

/// Fetches all lists, `parallel` at a time, in pages of `page` objects or at once.
pub async fn fetch(cluster: &Cluster, parallel: usize, page: Option<usize>) -> Result<(Vec<RawList>, Duration), Failure> {
    let begin = Instant::now();
    let lists: Vec<RawList> = stream::iter(LISTS.map(|(path, shape)| list(cluster, path, shape, page)))
        .buffer_unordered(parallel)
        .try_collect()
        .await?;
    Ok((lists, begin.elapsed()))
}

async fn list(cluster: &Cluster, path: &'static str, shape: Shape, page: Option<usize>) -> Result<RawList, Failure> {
    let begin = Instant::now();
    let mut fetched = RawList { path, bytes: 0, pages: 0, elapsed: Duration::ZERO };
    let mut token = None;
    loop {
        // resourceVersion=0 would be answered whole, whatever the limit: pages need none.
        let uri = match (page, &token) {
            (None, _) => format!("{path}?resourceVersion=0"),
            (Some(page), None) => format!("{path}?limit={page}"),
            (Some(page), Some(token)) => format!("{path}?limit={page}&continue={token}"),
        };
        let drained = cluster.drain(&uri, shape).await?;
        fetched.bytes += drained.bytes;
        fetched.pages += 1;
        token = page.and_then(|_| drained.next_page());
        if token.is_none() {
            fetched.elapsed = begin.elapsed();
            return Ok(fetched);
        }
    }
}
