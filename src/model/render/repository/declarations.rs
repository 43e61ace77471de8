//! What the files of a repository say of where clusters begin, as it is written: nothing is built for it.
//!
//! Flux Kustomizations, instances of the Flux Operator, the URLs of git sources, and what kustomization files list. Which of the
//! Kustomizations begins a cluster belongs to `roots`.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::error::BuildError;
use super::super::flux::{GROUP, SourceRef, Spec};
use super::super::kustomization::FILE_NAMES;
use super::super::node::{Layer, Node, Origin, Text};
use super::super::read::{self, TextPlace};
use super::super::remote::RemoteAddress;
use super::super::tree::{self, PathKind, Tree};
use super::index::Index;
use super::instance::{self, Instance};

/// A Flux Kustomization in a file, or one that an instance makes.
#[derive(Clone, Debug)]
pub struct DeclaredStart {
    pub file: Text,
    /// Where it is written.
    pub place: Origin,
    pub spec: Spec,
    /// The Kustomizations that it waits for, by namespace and name.
    pub waits_for: Vec<(Text, Text)>,
    /// The instance that makes it.
    pub instance: Option<Instance>,
}

/// What a kustomization file lists.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    pub file: Text,
    pub is_component: bool,
    /// Resources, bases and components of this repository, as they are written.
    pub entries: Vec<Text>,
    /// Files of patches, as they are written.
    patches: Vec<Text>,
    /// It can be read, and lists no charts.
    pub is_whole: bool,
}

#[derive(Clone, Debug, Default)]
struct DeclaredFile {
    starts: Vec<DeclaredStart>,
    listing: Option<Listing>,
    /// The URLs of the sources that it declares.
    urls: Vec<(SourceRef, Text)>,
    /// It looks like manifests of Flux and cannot be read.
    error: Option<BuildError>,
}

/// What every file says.
#[derive(Default)]
pub struct Declarations {
    files: BTreeMap<Text, DeclaredFile>,
    /// Files that are patches, and that nothing lists as more.
    patches: HashSet<Text>,
}

impl Declarations {
    /// Looks at files that may not be as they were. One that cannot be read, or is too large, does not hinder the others.
    pub fn update(&mut self, index: &Index<'_>, changed: &HashSet<Text>) {
        for path in changed {
            self.files.remove(path);
            let lists = is_listing(path) && index.entry(path) == Some(PathKind::File);
            if !lists && !index.is_manifest(path) {
                continue;
            }
            match index.read(path) {
                Ok(bytes) if lists || says_flux(&bytes) => {
                    self.files.insert(path.clone(), declared(path, &bytes, lists));
                }
                Ok(_) => {}
                Err(error) => {
                    self.files.insert(path.clone(), DeclaredFile { error: Some(error), ..DeclaredFile::default() });
                }
            }
        }
        let listed = |of: fn(&Listing) -> &[Text]| -> HashSet<Text> {
            let listings = self.files.values().filter_map(|file| file.listing.as_ref());
            let paths =
                listings.flat_map(|listing| of(listing).iter().map(move |entry| tree::join(tree::parent(&listing.file), entry)));
            paths.flatten().map(Text::from).collect()
        };
        let (mut patches, resources) = (listed(|listing| &listing.patches), listed(|listing| &listing.entries));
        patches.retain(|path| !resources.contains(path));
        self.patches = patches;
    }

    /// Files that look like manifests and cannot be read.
    pub fn unreadable(&self) -> Vec<BuildError> {
        self.files.iter().filter(|(path, _)| !is_hidden(path)).filter_map(|(_, file)| file.error.clone()).collect()
    }

    /// Everything that may begin a cluster, or is a part of one, by file and line. Folders whose names begin with a dot are not deployed; a
    /// patch is a part of others.
    pub fn starts(&self) -> impl Iterator<Item = &DeclaredStart> {
        let files = self.files.iter().filter(move |(path, _)| !is_hidden(path) && !self.patches.contains(*path));
        files.flat_map(|(_, file)| &file.starts)
    }

    /// What the kustomization file of a folder lists; none where the folder has no such file.
    pub fn listing(&self, index: &Index<'_>, folder: &str) -> Option<&Listing> {
        let below = |name: &&str| if folder.is_empty() { (*name).to_owned() } else { format!("{folder}/{name}") };
        let file = FILE_NAMES.iter().map(below).find(|path| index.entry(path) == Some(PathKind::File))?;
        self.files.get(file.as_str())?.listing.as_ref()
    }

    /// The folders that have a kustomization file, without those whose names begin with a dot.
    pub fn listings(&self) -> impl Iterator<Item = &Listing> {
        self.files.iter().filter(|(path, _)| !is_hidden(path)).filter_map(|(_, file)| file.listing.as_ref())
    }

    /// The URLs that the files give a source.
    pub fn urls(&self, source: &SourceRef) -> impl Iterator<Item = &Text> {
        self.files.values().flat_map(|file| &file.urls).filter(move |(named, _)| named == source).map(|(_, url)| url)
    }
}

/// A part of the path begins with a dot.
pub fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with('.'))
}

fn is_listing(path: &str) -> bool {
    FILE_NAMES.contains(&path.rsplit('/').next().unwrap_or(path))
}

fn says_flux(bytes: &[u8]) -> bool {
    static WORDS: LazyLock<Regex> = LazyLock::new(|| {
        let words = [GROUP, instance::GROUP, instance::CHART].map(regex::escape).join("|");
        Regex::new(&format!(r"{words}|\b(?:GitRepository|OCIRepository|Bucket)\b|(?m:^ *instance:)"))
            .expect("words are a pattern")
    });
    WORDS.is_match(bytes)
}

/// A template of another program: it looks like a manifest, and is one only once that has run.
fn is_template(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|pair| pair == b"{{" || pair == b"{%")
}

fn declared(path: &Text, bytes: &[u8], lists: bool) -> DeclaredFile {
    let mut file = DeclaredFile::default();
    let nodes = match read::documents(bytes, &TextPlace::file(path, Layer::Resource)) {
        Ok(nodes) => nodes,
        Err(error) => {
            file.error = (says_flux(bytes) && !is_template(bytes)).then_some(error);
            file.listing = lists.then(|| Listing { file: path.clone(), ..Listing::default() });
            return file;
        }
    };
    file.listing = lists.then(|| listing(path, &nodes));
    for node in &nodes {
        file.starts.extend(start(path, node));
        file.urls.extend(url(node));
    }
    file
}

fn listing(path: &Text, nodes: &[Node]) -> Listing {
    let mut found = Listing { file: path.clone(), ..Listing::default() };
    let [node] = nodes else { return found };
    if Spec::is_one(node) {
        return found;
    }
    let texts = |field: &str| node.get(field).map(Node::items).unwrap_or_default().iter().filter_map(Node::shared_text).cloned();
    let all = ["resources", "bases", "components"].into_iter().flat_map(texts);
    // what is of another repository takes in no file of this one
    found.entries = all.filter(|entry| RemoteAddress::parse(entry).is_none()).collect();
    let patches = node.get("patches").map(Node::items).unwrap_or_default().iter().filter_map(|patch| patch.get("path"));
    let merged = node.get("patchesStrategicMerge").map(Node::items).unwrap_or_default();
    found.patches = patches.chain(merged).filter_map(Node::shared_text).filter(|text| !text.contains('\n')).cloned().collect();
    found.is_component = node.get("kind").and_then(Node::text) == Some("Component");
    let has_charts = ["helmCharts", "helmChartInflationGenerator"].iter().any(|field| node.get(field).is_some());
    found.is_whole = !has_charts;
    found
}

/// A Kustomization with its source; a patch of one, which names none, is not one.
fn start(file: &Text, node: &Node) -> Option<DeclaredStart> {
    let place = node.origin().clone();
    if let Some(instance::Made { spec, instance }) = instance::made(node) {
        return Some(DeclaredStart { file: file.clone(), place, spec, waits_for: Vec::new(), instance: Some(instance) });
    }
    if !Spec::is_one(node) {
        return None;
    }
    let spec = Spec::read(node).ok().filter(|spec| !spec.source.name.is_empty())?;
    let depends = node.at(&["spec", "dependsOn"]).map(Node::items).unwrap_or_default();
    let named = |item: &Node| {
        let text = |key: &str| item.get(key).and_then(Node::shared_text).cloned();
        Some((text("namespace").unwrap_or_else(|| spec.namespace.clone()), text("name")?))
    };
    let waits_for = depends.iter().filter_map(named).collect();
    Some(DeclaredStart { file: file.clone(), place, spec, waits_for, instance: None })
}

fn url(node: &Node) -> Option<(SourceRef, Text)> {
    let text = |path: &[&str]| node.at(path).and_then(Node::shared_text).cloned();
    let kind = text(&["kind"]).filter(|kind| ["GitRepository", "OCIRepository"].contains(&kind.as_ref()))?;
    let namespace = text(&["metadata", "namespace"]).unwrap_or_default();
    Some((SourceRef { kind, namespace, name: text(&["metadata", "name"])? }, text(&["spec", "url"])?))
}
