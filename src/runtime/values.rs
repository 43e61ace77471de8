//! What the values of a HelmRelease are made of: its references, and the releases that Helm keeps. What may not be read is a part of the
//! answer.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;

use crate::cluster::{self, Connection, Failure};
use fluxdeck_model::domain::ObjectRef;
use fluxdeck_model::domain::text::{counted, sanitise};
use fluxdeck_model::insight::values::{
    ReferenceData, ReleaseStorage, ReleaseValues, StoredRelease, StoredReleases, ValuesReference, ValuesSpec,
};
use fluxdeck_model::kinds;

/// Releases that are read at most, the newest: each may be a megabyte. Helm keeps ten by default, helm-controller five.
const MOST: usize = 10;

/// Reads all layers of the values of a HelmRelease, and its releases. Costs a request for the object, one for each ConfigMap or Secret, and
/// one for each release.
///
/// # Errors
/// The HelmRelease itself cannot be read.
pub async fn gather(live: &Connection, object: &ObjectRef, limit: Duration) -> Result<ReleaseValues, Failure> {
    let gk = &object.gk;
    let served = live.served(gk).ok_or_else(|| Failure::NotFound(format!("the cluster does not serve {gk}")))?;
    let body = cluster::body(live, served, object, limit).await?;
    let spec = ValuesSpec::read(&body);
    let place = ReleaseStorage::of(&body);
    let (data, stored) = tokio::join!(references(live, object, &spec, limit), releases(live, &spec, place, limit));
    Ok(ReleaseValues::of(&spec, &data, stored))
}

/// What was read for each item of `valuesFrom`; each object once.
async fn references(live: &Connection, object: &ObjectRef, spec: &ValuesSpec, limit: Duration) -> Vec<ReferenceData> {
    let names: BTreeMap<_, ()> = spec.from.iter().map(|from| ((from.kind.clone(), from.name.clone()), ())).collect();
    let read = names.into_keys().map(|(kind, name)| async move {
        let data = cluster::values_data(live, &kind, &object.namespace, &name, limit).await;
        ((kind, name), data)
    });
    let read: BTreeMap<_, _> = join_all(read).await.into_iter().collect();
    let data = |from: &ValuesReference| match read.get(&(from.kind.clone(), from.name.clone())) {
        _ if ![kinds::CONFIG_MAP.kind, kinds::SECRET.kind].contains(&&*from.kind) => {
            ReferenceData::Unread("not of the cluster".to_owned())
        }
        Some(Ok(data)) => data.get(&*from.key).cloned().map_or(ReferenceData::Missing, ReferenceData::Text),
        Some(Err(Failure::NotFound(_))) | None => ReferenceData::Missing,
        Some(Err(failure)) => ReferenceData::Unread(why(failure)),
    };
    spec.from.iter().map(data).collect()
}

fn why(failure: &Failure) -> String {
    match failure {
        Failure::Forbidden(_) => "you may not read it".to_owned(),
        other => sanitise(&other.to_string()).into_owned(),
    }
}

/// The newest releases; where Secrets may not be listed, those that the history of the HelmRelease names.
async fn releases(live: &Connection, spec: &ValuesSpec, place: ReleaseStorage, limit: Duration) -> StoredReleases {
    let mut found = StoredReleases::default();
    let lost = "the defaults of the chart, earlier releases and their manifests are not known";
    let ReleaseStorage::Here { namespace, name, history } = place else {
        let why = if matches!(place, ReleaseStorage::Elsewhere) {
            "it is in another cluster (spec.kubeConfig)"
        } else {
            "there is none yet"
        };
        found.gaps.push(format!("its release: {why}: {lost}"));
        return found;
    };
    let numbers = match cluster::release_numbers(live, &namespace, &name, limit).await {
        Ok(numbers) => numbers,
        Err(_) => history,
    };
    if numbers.is_empty() {
        found.gaps.push(format!("Helm keeps no release {name} in {namespace}: {lost}"));
    }
    let read = numbers.iter().take(MOST).map(|number| cluster::stored(live, &namespace, (&name, *number), limit));
    let mut denied = None;
    for (number, release) in numbers.iter().zip(join_all(read).await) {
        match release.map(|release| StoredRelease::read(&release, &spec.files)) {
            Ok(Some(release)) => found.all.push(release),
            Ok(None) => found.gaps.push(format!("release {number} is not readable")),
            Err(Failure::Forbidden(_)) => denied = Some(format!("you may not read Secrets in {namespace}: {lost}")),
            Err(failure) => found.gaps.push(format!("release {number}: {}", why(&failure))),
        }
    }
    found.gaps.extend(denied);
    if numbers.len() > MOST {
        found.gaps.push(format!("{} that are older are not read", counted(numbers.len() - MOST, "release")));
    }
    found
}
