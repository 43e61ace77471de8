//! The sizes a cluster is tested at: numbers only, nothing random.

use clap::ValueEnum;

/// Which size. `L` is the goal, `S` and `M` are for quick looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Tier {
    /// A home cluster.
    S,
    /// A company.
    M,
    /// What the product promises to be fast at.
    L,
}

/// How many of what. Every number is exact: `Fleet` yields neither more nor fewer.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub namespaces: usize,
    pub kustomizations: usize,
    pub helm_releases: usize,
    pub git_repositories: usize,
    pub oci_repositories: usize,
    pub helm_repositories: usize,
    /// Made by the helm-controller, so in no inventory; one for each of the first HelmReleases.
    pub helm_charts: usize,
    pub deployments: usize,
    pub pods: usize,
    /// ReplicaSets of earlier revisions, scaled to 0; every Deployment has one current besides.
    pub old_replica_sets: usize,
    /// Entries over all inventories; every object is in one inventory only.
    pub children: usize,
    /// How many Kustomizations have an inventory of `large_inventory` entries.
    pub large_inventories: usize,
    pub large_inventory: usize,
    /// ConfigMaps of `LARGE_CONFIG_MAP` bytes among the children.
    pub large_config_maps: usize,
}

/// The size of a dashboard or a bundle of rules.
pub const LARGE_CONFIG_MAP: usize = 100 * 1024;

impl Tier {
    pub fn sizes(self) -> Sizes {
        match self {
            Self::S => Sizes {
                namespaces: 20,
                kustomizations: 30,
                helm_releases: 30,
                git_repositories: 14,
                oci_repositories: 12,
                helm_repositories: 5,
                helm_charts: 24,
                deployments: 60,
                pods: 120,
                old_replica_sets: 30,
                children: 900,
                large_inventories: 1,
                large_inventory: 100,
                large_config_maps: 5,
            },
            Self::M => Sizes {
                namespaces: 150,
                kustomizations: 300,
                helm_releases: 300,
                git_repositories: 110,
                oci_repositories: 90,
                helm_repositories: 30,
                helm_charts: 210,
                deployments: 800,
                pods: 2_500,
                old_replica_sets: 400,
                children: 14_000,
                large_inventories: 1,
                large_inventory: 800,
                large_config_maps: 50,
            },
            Self::L => Sizes {
                namespaces: 600,
                kustomizations: 2_000,
                helm_releases: 1_500,
                git_repositories: 400,
                oci_repositories: 300,
                helm_repositories: 100,
                helm_charts: 700,
                deployments: 6_000,
                pods: 20_000,
                old_replica_sets: 3_000,
                children: 50_000,
                large_inventories: 3,
                large_inventory: 2_000,
                large_config_maps: 500,
            },
        }
    }
}

impl Sizes {
    pub fn sources(&self) -> usize {
        self.git_repositories + self.oci_repositories + self.helm_repositories + self.helm_charts
    }

    /// Objects that a Kustomization of the structure applies: namespaces, sources, appliers.
    pub fn structure(&self) -> usize {
        self.namespaces + self.kustomizations + self.helm_releases + self.sources() - self.helm_charts
    }

    /// Kustomizations that apply the namespaces of 15 or so teams each.
    pub fn tenants(&self) -> usize {
        (self.namespaces / 15).max(1)
    }

    /// ConfigMaps and Secrets: what is left after structure and a Deployment, Service and
    /// ServiceAccount for each application.
    pub fn configs(&self) -> usize {
        self.children - self.structure() - 3 * self.deployments
    }

    /// Objects of Flux's own kinds.
    pub fn flux(&self) -> usize {
        self.kustomizations + self.helm_releases + self.sources()
    }

    /// All objects of the API, the node not counted.
    pub fn objects(&self) -> usize {
        self.children + self.helm_charts + self.deployments + self.old_replica_sets + self.pods
    }
}
