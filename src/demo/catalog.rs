//! The demo's registries: they have what its own controllers have found there, and maybe more. Nobody else's is asked.

use serde_json::Value;

use super::company::Company;
use super::objects::{list, text};
use super::world::World;
use fluxdeck_model::domain::published::{Catalogue, Published, PublishedVersion};

const IMAGE: &str = "image.toolkit.fluxcd.io";
const SOURCE: &str = "source.toolkit.fluxcd.io";

/// Why nobody knows whether they have another version: a scan keeps the newest tags, and a source what it has fetched.
const NEWEST_ONLY: &str = "the demo's registry lists only what its clusters have found there, and has no such version among it";

impl Company {
    /// What a catalogue has, as far as the clusters of the company know it; none where they know none of that name.
    pub fn published(&self, catalogue: &Catalogue) -> Option<Published> {
        let worlds: Vec<World> = Self::contexts().filter_map(|context| Some(self.enter(context)?.world)).collect();
        let all = |group: &str, kind: &str| worlds.iter().flat_map(|world| world.objects(group, kind)).collect::<Vec<_>>();
        let found: Vec<String> = match catalogue {
            Catalogue::Tags { name, .. } => {
                let repositories = all(IMAGE, "ImageRepository").into_iter().filter(|it| text(it, "/spec/image") == name);
                let tags = repositories.flat_map(|it| {
                    let tags = list(&it, "/status/lastScanResult/latestTags").iter();
                    tags.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>()
                });
                let artifacts = all(SOURCE, "OCIRepository").into_iter().filter(|it| text(it, "/spec/url") == name);
                tags.chain(artifacts.filter_map(|it| Some(version(&it)?.to_owned()))).collect()
            }
            Catalogue::Chart { url, chart, .. } => {
                let is_of = |repository: &Value, it: &Value| {
                    text(repository, "/spec/url") == url
                        && text(it, "/spec/sourceRef/name") == text(repository, "/metadata/name")
                        && text(it, "/metadata/namespace") == text(repository, "/metadata/namespace")
                };
                let repositories = all(SOURCE, "HelmRepository");
                let charts = all(SOURCE, "HelmChart")
                    .into_iter()
                    .filter(|it| text(it, "/spec/chart") == chart && repositories.iter().any(|repository| is_of(repository, it)));
                charts.filter_map(|it| Some(version(&it)?.to_owned())).collect()
            }
        };
        let now = worlds.first()?.now();
        let versions = found.into_iter().map(PublishedVersion::named).collect::<Vec<_>>();
        (!versions.is_empty()).then(|| Published { cut: Some(NEWEST_ONLY), ..Published::new(versions, now) })
    }
}

/// The version of what a source has fetched: `6.5.0` of `6.5.0@sha256:…`.
fn version(source: &Value) -> Option<&str> {
    text(source, "/status/artifact/revision").split('@').next().filter(|version| !version.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::git::RunDirectory;
    use super::*;

    #[test]
    fn the_demo_knows_tags_of_its_images_and_versions_of_its_charts() {
        let company = Company::start(RunDirectory::passing());
        let tags = |name: &str| company.published(&Catalogue::Tags { name: name.to_owned(), is_plain: false });
        let frontend = tags("forge.example.test/ops/frontend").expect("it is scanned");
        assert!(frontend.versions.len() > 2 && !frontend.is_whole(), "{frontend:?}");
        assert_eq!(tags("forge.example.test/ops/other"), None);
        assert_eq!(frontend.newest("0.0.1"), None);
        assert!(frontend.cut.is_some_and(|why| why.contains("the demo's registry")), "{frontend:?}");
    }
}
