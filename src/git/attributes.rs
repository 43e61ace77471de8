//! Which filter git's attributes give to a path (gitattributes(5)): LFS and git-crypt keep another content than the one that people see.
//!
//! git2 looks attributes up in a work tree or an index, and a commit in a bare clone has neither: gitoxide's reader takes bytes. The later
//! word holds, as in git: what comes with git, the system, the user, the tree's files from the root down, and `info/attributes` above all.
//! Macros are only those of the first and the last, and of the root.

use std::path::{Path, PathBuf};

use fluxdeck_model::render::tree::{Tree, parent};
use git2::{Config, Repository};
use gix_attributes::search::{MetadataCollection, Outcome};
use gix_attributes::{Search, StateRef};

/// git itself reads larger ones in no newer version (git `attr.h`, `ATTR_MAX_FILE_SIZE`).
const LARGEST: u64 = 100 << 20;
const NAME: &str = ".gitattributes";
const FILTER: &str = "filter";

/// What is said outside of the tree.
#[derive(Clone, Debug, Default)]
pub struct Attributes {
    /// Of the system and the user, the weaker first.
    pub(super) wide: Vec<Vec<u8>>,
    /// `info/attributes` of the repository.
    pub(super) own: Option<Vec<u8>>,
}

impl Attributes {
    pub(super) fn of(repository: Option<&Repository>) -> Self {
        let beside = |config: PathBuf, name: &str| Some(config.parent()?.join(name));
        let named = |repository: &Repository| repository.config().ok()?.get_path("core.attributesFile").ok();
        let system = Config::find_system().ok().and_then(|config| beside(config, "gitattributes"));
        let user = repository.and_then(named).or_else(|| beside(Config::find_xdg().ok()?, "attributes"));
        let own = repository.and_then(|repository| read(&repository.commondir().join("info").join("attributes")));
        Self { wide: [system, user].into_iter().flatten().filter_map(|file| read(&file)).collect(), own }
    }

    /// The filter of a path in a tree. `filter` without a value, and `-filter`, are none (git `convert.c`, `git_path_check_convert`).
    pub fn filter(&self, tree: &dyn Tree, path: &str) -> Option<String> {
        let mut names = MetadataCollection::default();
        let mut search = Search::default();
        let root = Path::new("/");
        let mut add = |bytes: &[u8], at: &str, has_macros: bool| {
            // it reads from memory: nothing can fail
            let _ = search.add_patterns_buffer(bytes, root.join(at).join(NAME), Some(root), &mut names, has_macros);
        };
        add(b"[attr]binary -diff -merge -text", "", true);
        self.wide.iter().for_each(|bytes| add(bytes, "", true));
        let above = std::iter::successors(Some(parent(path)), |folder| (!folder.is_empty()).then(|| parent(folder)));
        let folders: Vec<_> = above.collect();
        for folder in folders.into_iter().rev() {
            let file = if folder.is_empty() { NAME.to_owned() } else { format!("{folder}/{NAME}") };
            if let Ok(bytes) = tree.read(&file) {
                add(&bytes, folder, folder.is_empty());
            }
        }
        self.own.iter().for_each(|bytes| add(bytes, "", true));
        let mut found = Outcome::default();
        found.initialize_with_selection(&names, [FILTER]);
        search.pattern_matching_relative_path(
            path.into(),
            gix_attributes::glob::pattern::Case::Sensitive,
            Some(false),
            &mut found,
        );
        let state = found.iter_selected().next()?.assignment.state;
        match state {
            StateRef::Value(value) => Some(String::from_utf8_lossy(value.as_bstr()).into_owned()),
            _ => None,
        }
    }
}

fn read(file: &Path) -> Option<Vec<u8>> {
    let is_read = |file: &Path| std::fs::metadata(file).is_ok_and(|seen| seen.is_file() && seen.len() <= LARGEST);
    is_read(file).then(|| std::fs::read(file).ok())?
}
