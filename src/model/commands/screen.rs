//! The views that can be opened, as values: a view that does not exist cannot be named.

/// A view, as commands and other views open it. What it looks like is known in `ui` alone, where each says which of these it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen(&'static str);

impl Screen {
    pub const TREE: Self = Self::new("tree");
    pub const OBJECTS: Self = Self::new("objects");
    pub const PRINTED: Self = Self::new("printed");
    pub const PULSE: Self = Self::new("pulse");
    pub const DETAILS: Self = Self::new("details");
    pub const YAML: Self = Self::new("yaml");
    pub const EVENTS: Self = Self::new("events");
    pub const TIMELINE: Self = Self::new("timeline");
    pub const LOGS: Self = Self::new("logs");
    pub const CONTROLLER_LOGS: Self = Self::new("controller-logs");
    pub const WHY: Self = Self::new("why");
    pub const TRACE: Self = Self::new("trace");
    pub const GRAPH: Self = Self::new("graph");
    pub const ORIGINS: Self = Self::new("origins");
    pub const FILE: Self = Self::new("file");
    pub const VALUES: Self = Self::new("values");
    pub const COMMIT: Self = Self::new("commit");
    pub const DRIFT: Self = Self::new("drift");
    pub const ACTIONS: Self = Self::new("actions");
    pub const CONFIRM: Self = Self::new("confirm");
    pub const FORM: Self = Self::new("form");
    pub const EDIT: Self = Self::new("edit");
    pub const REVIEW: Self = Self::new("review");
    pub const PULLS: Self = Self::new("prs");
    pub const PULL: Self = Self::new("pr");
    pub const UNRECORDED: Self = Self::new("unrecorded");
    pub const JOBS: Self = Self::new("jobs");
    pub const JOB: Self = Self::new("job");
    pub const ACTS: Self = Self::new("acts");
    pub const LEAVE: Self = Self::new("leave");
    pub const CONTEXTS: Self = Self::new("contexts");
    pub const NAMESPACES: Self = Self::new("namespaces");
    pub const KINDS: Self = Self::new("kinds");
    pub const SCENES: Self = Self::new("scenes");
    pub const HELP: Self = Self::new("help");

    /// One that only its own view names.
    const fn new(name: &'static str) -> Self {
        Self(name)
    }

    pub fn name(self) -> &'static str {
        self.0
    }
}
