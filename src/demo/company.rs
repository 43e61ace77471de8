//! The whole of the demo: its clusters by context, its repositories and its forge, and who may come in.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::access::User;
use super::content::{self, CONTEXTS};
use super::forge::Forge;
use super::git::{Repositories, RunDirectory};
use super::scenes::{self, Scene};
use super::world::World;
use crate::files::REAL;
use crate::records::Snapshot;
use fluxdeck_model::error::Result;

/// The current context.
const CURRENT: &str = CONTEXTS[0].0;
/// The file that says that nobody wants hints.
const DISMISSED: &str = "no-hints";

/// What one run of the demo consists of. Dropping it removes its files.
pub struct Company {
    repositories: Arc<Repositories>,
    forge: OnceLock<Result<Arc<Forge>>>,
    clusters: Mutex<BTreeMap<&'static str, Cluster>>,
    began: Timestamp,
    /// Whether the clock is moved by a test.
    is_driven: bool,
}

#[derive(Clone)]
struct Cluster {
    world: World,
    snapshot: Arc<Snapshot>,
}

/// A cluster of the company, and what is known of it without asking.
pub struct Entrance {
    pub context: &'static str,
    pub world: World,
    pub flux: String,
}

impl Company {
    /// A company that lives in real time from now on. Nothing is opened or written before it is needed.
    pub fn start(place: RunDirectory) -> Self {
        Self::at(place, Timestamp::now(), false)
    }

    /// A company whose clocks stand still until a test moves them ([`World::advance`]).
    pub fn driven(place: RunDirectory, began: Timestamp) -> Self {
        Self::at(place, began, true)
    }

    /// A company in which a scene has just happened, and which lives in real time from now on.
    ///
    /// # Errors
    /// The scene cannot be played.
    pub fn after(place: RunDirectory, scene: &Scene) -> Result<Arc<Self>> {
        let now = Timestamp::now();
        let company = Arc::new(Self::at(place, now, false));
        let before = now.checked_sub(SignedDuration::try_from(scene.lasts).unwrap_or_default()).unwrap_or(now);
        let world = company.cluster(CURRENT, before).world;
        scene.play(&company)?;
        world.advance(scene.lasts);
        Ok(company)
    }

    fn at(place: RunDirectory, began: Timestamp, is_driven: bool) -> Self {
        let repositories = Arc::new(Repositories::at(place));
        Self { repositories, forge: OnceLock::new(), clusters: Mutex::default(), began, is_driven }
    }

    /// The contexts by name, the current one first.
    pub fn contexts() -> impl Iterator<Item = &'static str> {
        CONTEXTS.iter().map(|(name, _)| *name)
    }

    /// The context of that name, the current one for an empty name.
    pub fn named(context: &str) -> Option<&'static str> {
        Self::contexts().find(|name| *name == context || context.is_empty())
    }

    /// The cluster of a context; of the current one for an empty name. None: there is no such context.
    pub fn enter(&self, context: &str) -> Option<Entrance> {
        let context = Self::named(context)?;
        // those who come later find the cluster as if it had run since the beginning
        let cluster = self.cluster(context, if self.is_driven { self.began } else { Timestamp::now() });
        Some(Entrance { context, world: cluster.world, flux: cluster.snapshot.flux.clone() })
    }

    /// The cluster of a context, which begins then where it has not begun.
    fn cluster(&self, context: &'static str, then: Timestamp) -> Cluster {
        let mut clusters = self.clusters.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = clusters.entry(context).or_insert_with(|| {
            let snapshot = Arc::new(content::snapshot(context).expect("every context was recorded"));
            Cluster { world: World::installed(&snapshot, then, Some(self.repositories.clone())), snapshot }
        });
        cluster.clone()
    }

    /// The cluster in which scenes happen.
    pub(super) fn stage(&self) -> World {
        self.enter(CURRENT).expect("it is one of the contexts").world
    }

    /// Lets the cluster of a context live, for ever.
    pub async fn run(&self, context: &str) {
        if self.is_driven {
            return;
        }
        if let Some(entrance) = self.enter(context) {
            entrance.world.run().await;
        }
    }

    pub fn repositories(&self) -> &Arc<Repositories> {
        &self.repositories
    }

    /// Where the repository that a source names by this URL is, for the program's own clones. Nothing when it is not the company's.
    ///
    /// # Errors
    /// When the repositories cannot be made.
    pub fn repository(&self, url: &str) -> Result<Option<PathBuf>> {
        self.repositories.path(url)
    }

    /// The directory of this run: it goes with the run, unless it is kept.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self) -> Result<PathBuf> {
        self.repositories.place().path().map(std::path::Path::to_owned)
    }

    /// Whether hints are shown: until they are dismissed in a directory that is kept.
    pub fn gives_hints(&self) -> bool {
        let place = self.repositories.place();
        !place.is_kept() || !place.path().is_ok_and(|path| path.join(DISMISSED).exists())
    }

    /// Remembers that the hints were dismissed, where something is kept: a run that passes leaves nothing.
    pub fn dismiss(&self) {
        let place = self.repositories.place();
        let path = place.path().ok().filter(|_| place.is_kept());
        // what cannot be written is not worth a message: the hints come once more
        if let Some(Err(error)) = path.map(|path| REAL.replace(&path.join(DISMISSED), b"")) {
            tracing::warn!(%error, "the hints come back");
        }
    }

    /// The forge; its clock is that of the current cluster.
    ///
    /// # Errors
    /// When what `--demo-dir` kept cannot be read.
    pub fn forge(&self) -> Result<Arc<Forge>> {
        let open = || {
            let world = self.stage();
            let is_reviewed = !self.is_driven;
            let forge = Forge::over(self.repositories.clone(), move || world.now())?.reviewed(is_reviewed);
            // files that were changed in a directory that is kept leave nothing to propose
            if let Err(error) = scenes::standing::open(self, &forge) {
                tracing::warn!(%error, "colleagues propose nothing");
            }
            Ok(Arc::new(forge))
        };
        self.forge.get_or_init(open).clone()
    }
}

impl User {
    pub const NAMES: [&str; 3] = ["admin", "developer", "viewer"];

    /// The namespace that is meant when he names none.
    pub fn namespace(&self) -> &'static str {
        if *self == Self::developer() { "web" } else { "flux-system" }
    }

    /// The users of the demo's kubeconfig, by name, and any user to impersonate.
    pub fn named(name: &str, groups: &[String]) -> Self {
        let known = [Self::admin(), Self::developer(), Self::viewer()].into_iter().find(|known| known.name == name);
        match known {
            Some(known) if groups.is_empty() => known,
            _ => {
                let everybody = "system:authenticated".to_owned();
                Self { name: name.to_owned(), groups: groups.iter().cloned().chain([everybody]).collect() }
            }
        }
    }
}
