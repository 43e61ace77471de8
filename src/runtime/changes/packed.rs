//! Charts as source-controller packs them: brought from where they are, with what they need of others, and with the default values that
//! their `valuesFiles` give them.
//!
//! Source: source-controller v1.9.4 `internal/helm/chart/{builder_local,builder_remote,dependency_manager}.go`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Changes;
use super::ask::ChangedTree;
use crate::git;
use crate::programs::{self, ChartAddress, Helm};
use crate::runtime::repositories::blocking;
use fluxdeck_model::change::outside::{ChartFolder, ChartOrigin, ChartSource, NeededChart, ReleaseCall, ValuesFiles};
use fluxdeck_model::domain::published::Catalogue;
use fluxdeck_model::domain::version;
use fluxdeck_model::error::Error;
use fluxdeck_model::render::tree::{self, PathKind, Tree};

/// What takes the place of the default values of a chart.
const VALUES: &str = "values.yaml";

/// A chart that helm can render.
#[derive(Clone)]
pub(super) struct PlacedChart {
    pub path: PathBuf,
    /// Of a chart in a folder; else empty.
    pub version: String,
}

/// Why there is none.
#[derive(Clone)]
pub(super) enum ChartFault {
    /// It is not known here.
    Unknown(String),
    /// Flux makes none of it either.
    Refused(String),
}

impl From<Error> for ChartFault {
    fn from(error: Error) -> Self {
        Self::Unknown(error.message)
    }
}

/// A folder with a chart, copied, and what has to be brought into it.
struct Copied {
    chart: PlacedChart,
    needed: Vec<NeededChart>,
}

type Placed<T> = Result<T, ChartFault>;

impl Changes {
    pub(super) async fn chart(
        &self,
        helm: &Arc<Helm>,
        call: &ReleaseCall,
        tree: &ChangedTree,
        is_after: bool,
    ) -> Placed<PlacedChart> {
        let files = call.values_files.clone();
        let (at, revision, folder, changed) = match &call.chart {
            ChartSource::Folder(folder) => {
                let changed = if is_after { tree.files.clone() } else { Vec::new() };
                (tree.folder.clone(), tree.base.clone(), folder.clone(), changed)
            }
            ChartSource::Git { url, reference, folder } => {
                let (at, revision) = self.git_of(url, reference).await.map_err(ChartFault::Unknown)?;
                (at, Some(revision), folder.clone(), Vec::new())
            }
            ChartSource::Repository { .. } | ChartSource::Artifact { .. } => {
                let archive = self.pulled(helm, &call.chart).await.map_err(ChartFault::Unknown)?;
                let version = String::new();
                return match files {
                    None => Ok(PlacedChart { path: archive, version }),
                    Some(files) => {
                        let helm = helm.clone();
                        blocking(move || Ok(repacked(&helm, &archive, &files))).await?.map(|path| PlacedChart { path, version })
                    }
                };
            }
        };
        let own = helm.clone();
        let copied = self.desk.at(&at, move |bench| {
            let view = bench.checkout.view(revision.as_deref())?;
            Ok(copied(&own, view.tree(), &folder, &changed, files.as_ref()))
        });
        let Copied { chart, needed } = copied.await??;
        for one in needed {
            let ChartOrigin::Network { url, version } = one.from else { continue };
            let source = ChartSource::Repository { url, chart: one.name.clone(), version, is_plain: false };
            let brought = self.pulled(helm, &source).await;
            let archive = brought.map_err(|why| ChartFault::Unknown(format!("{}, which it needs: {why}", one.name)))?;
            helm.add(&chart.path, &archive)?;
        }
        Ok(chart)
    }

    /// Brings what another git repository has, as the user: where it is, and the reference that has it.
    async fn git_of(&self, url: &str, reference: &str) -> Result<(PathBuf, String), String> {
        if let Some(at) = self.company().and_then(|company| company.repository(url).ok().flatten()) {
            return Ok((at, reference.to_owned()));
        }
        let cache = self.repositories.cache.as_ref().ok_or("there is no directory for what is fetched")?;
        let clone = git::clone_of(cache, url);
        let _turn = self.repositories.turn.lock().await;
        let made = clone.clone();
        blocking(move || Ok(git::make_clone(&made)?)).await.map_err(|error| error.message)?;
        let failed = |failure: programs::Failure| format!("git cannot fetch it: {failure}");
        let named = programs::named_reference(&clone, url, reference).await.map_err(failed)?;
        let under = git::remote_reference(reference, named.moves);
        programs::fetch_reference(&clone, url, &named, &under).await.map_err(failed)?;
        Ok((clone, under))
    }

    /// Brings a chart that is in the network, and returns its file.
    async fn pulled(&self, helm: &Helm, chart: &ChartSource) -> Result<PathBuf, String> {
        let (address, version) = match chart {
            ChartSource::Repository { url, chart, version, is_plain } => {
                let catalogue = Catalogue::Chart { url: url.clone(), is_plain: *is_plain, chart: chart.clone() };
                let version = self.exact(&catalogue, version).await?;
                let is_registry = url.starts_with("oci://");
                let reference = if is_registry { format!("{}/{chart}", url.trim_end_matches('/')) } else { chart.clone() };
                let repository = (!is_registry).then(|| url.clone());
                (ChartAddress { reference, repository, version: Some(version.clone()), is_plain: *is_plain }, version)
            }
            ChartSource::Artifact { url, version, is_plain } => {
                let is_digest = version.contains(':');
                let catalogue = Catalogue::Tags { name: url.clone(), is_plain: *is_plain };
                let version = if is_digest { version.clone() } else { self.exact(&catalogue, version).await? };
                // a registry takes no `+` in a tag
                let reference = match is_digest {
                    true => format!("{url}@{version}"),
                    false => format!("{url}:{}", version.replace('+', "_")),
                };
                (ChartAddress { reference, repository: None, version: None, is_plain: *is_plain }, version)
            }
            ChartSource::Folder(_) | ChartSource::Git { .. } => return Err("it is in git".to_owned()),
        };
        // what has no version in its name may mean another chart tomorrow
        let is_fixed = version::order(&version).is_some() || version.contains(':');
        let cache = self.repositories.cache.as_ref().filter(|_| is_fixed);
        let name = format!("{}#{}#{version}", address.repository.as_deref().unwrap_or_default(), address.reference);
        let kept = cache.map(|cache| cache.join("charts").join(format!("{}.tgz", git::name_of(&name))));
        helm.pull(&address, kept.as_deref()).await
    }

    /// A version, or what a range has as its newest.
    async fn exact(&self, catalogue: &Catalogue, wanted: &str) -> Result<String, String> {
        if version::order(wanted).is_some() {
            return Ok(wanted.to_owned());
        }
        let published = self.offers.of(catalogue).await.map_err(|error| error.message)?;
        let newest = published.newest(wanted).map(|version| version.name.clone());
        newest.ok_or_else(|| format!("no version is in the range {wanted}"))
    }
}

/// Copies the chart in a folder of a tree, with these files in the place of its own; its values files are paths of the tree.
fn copied(
    helm: &Helm,
    tree: &dyn Tree,
    folder: &str,
    changed: &[(String, Option<Vec<u8>>)],
    files: Option<&ValuesFiles>,
) -> Placed<Copied> {
    let content = |path: &str| {
        let new = changed.iter().find(|(known, _)| known == path);
        new.map_or_else(|| file(tree, path), |(_, bytes)| bytes.clone())
    };
    let values = files.map(|files| files.merged(content)).transpose().map_err(ChartFault::Refused)?;
    let chart = ChartFolder::of(&After { tree, changed }, folder).map_err(ChartFault::Unknown)?;
    let path = helm.copied(tree, folder, changed)?;
    if let Some(values) = values {
        lay_over(helm, &path, &values)?;
    }
    for one in &chart.needed {
        if let ChartOrigin::Folder(from) = &one.from {
            helm.copied_into(tree, from, &path.join("charts").join(&one.name), changed)?;
        }
    }
    Ok(Copied { chart: PlacedChart { path, version: chart.version }, needed: chart.needed })
}

/// A packed chart with other default values; its values files are paths of the chart.
fn repacked(helm: &Helm, archive: &Path, files: &ValuesFiles) -> Placed<PathBuf> {
    let tree = helm.unpacked(archive)?;
    let names = tree.list("").map_err(|error| ChartFault::Unknown(error.message))?;
    let root = names.first().ok_or_else(|| ChartFault::Unknown("the archive is empty".to_owned()))?;
    let values = files.merged(|path| file(&tree, &format!("{root}/{path}"))).map_err(ChartFault::Refused)?;
    let path = helm.copied(&tree, root, &[])?;
    lay_over(helm, &path, &values)?;
    Ok(path)
}

fn lay_over(helm: &Helm, chart: &Path, values: &str) -> Placed<()> {
    match helm.replaced(chart, VALUES, values.as_bytes())? {
        true => Ok(()),
        false => Err(ChartFault::Refused(format!("it has no {VALUES}, whose place its valuesFiles take"))),
    }
}

fn file(tree: &dyn Tree, path: &str) -> Option<Vec<u8>> {
    match tree::resolve(tree, "", path) {
        Ok((path, PathKind::File)) => tree.read(&path).ok().map(|bytes| bytes.to_vec()),
        _ => None,
    }
}

/// A tree with changed files.
struct After<'t> {
    tree: &'t dyn Tree,
    changed: &'t [(String, Option<Vec<u8>>)],
}

impl Tree for After<'_> {
    fn entry(&self, path: &str) -> Option<PathKind> {
        match self.changed.iter().find(|(known, _)| known == path) {
            Some((_, bytes)) => bytes.as_ref().map(|_| PathKind::File),
            None => self.tree.entry(path),
        }
    }

    fn read(&self, path: &str) -> fluxdeck_model::render::Result<Arc<[u8]>> {
        match self.changed.iter().find(|(known, _)| known == path) {
            Some((_, Some(bytes))) => Ok(bytes.as_slice().into()),
            Some((_, None)) => tree::Memory::default().read(path),
            None => self.tree.read(path),
        }
    }

    fn list(&self, path: &str) -> fluxdeck_model::render::Result<Vec<String>> {
        self.tree.list(path)
    }
}
