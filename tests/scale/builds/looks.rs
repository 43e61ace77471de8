//! One look-up: what `o` asks of git about one object. As it is done cold, everything opened, read and built for it alone; then by a desk
//! that was asked before, again, after a commit that it has to do with, and after one that it has nothing to do with. Once on the demo's
//! fleet with its API server, and once on the large repository.

use std::path::Path;
use std::sync::Arc;

use fluxdeck::demo::{self, Company, User};
use fluxdeck::git::Checkout;
use fluxdeck::runtime::{self, Desk, Guest, Options, Origin, Renderer, Repositories};
use fluxdeck_model::domain::{ClusterId, GroupKind, ObjectRef};
use fluxdeck_model::insight::declared::{Commit, Declared};
use fluxdeck_model::render::flux::{self, Spec};
use fluxdeck_model::render::ignore::{Artifact, IgnoreRules};
use fluxdeck_model::render::read::{TextPlace, document};
use fluxdeck_model::render::remote::Remotes;
use fluxdeck_model::render::repository::{BuildOutcome, BuildRequest, Builder};
use fluxdeck_model::render::{Cache, Layer};
use git2::{IndexAddOption, Repository, Signature, Time};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::{TIMES, generate, median, ratio, resident, row, timed, weighed};

const URL: &str = "https://git.example.test/fleet.git";

pub fn run(folder: &Path) {
    let runtime = Runtime::new().expect("a runtime");
    fleet(&runtime);
    large(&runtime, folder);
}

/// `o` on a Deployment of the demo: what its API server is asked included.
fn fleet(runtime: &Runtime) {
    let guest = Guest { company: Arc::new(Company::start(demo::RunDirectory::passing())), user: User::admin(), is_acting: false };
    let options = Options::of(Origin::Demo(guest));
    let connection = runtime.block_on(runtime::connect(&options, "production")).expect("the demo");
    let renderer = || Renderer::new(connection.clone(), Desk::of(options.repositories()), options.request_timeout, false);
    let look = |renderer: &Renderer| {
        runtime.block_on(async {
            let body = renderer.fetch(&runtime::kustomization(ClusterId(0), "flux-system", "apps")).await.expect("it is there");
            let rendered = renderer.render(&body).await.expect("it can be built");
            Declared::of(&rendered.objects[0], String::new(), rendered.at)
        })
    };
    look(&renderer());
    let by_itself = median(|_| timed(|| runtime.block_on(by_itself(&renderer(), &options.repositories()))));
    row("o on the demo's fleet, by itself", by_itself, "");
    let cold = median(|_| {
        let fresh = renderer();
        timed(|| drop(look(&fresh)))
    });
    row("the first o", cold, "");
    let warm = renderer();
    look(&warm);
    let again = median(|_| timed(|| drop(look(&warm))));
    row("the second o", again, "< 30 ms");
    ratio("by itself to second", by_itself, again);
}

/// The same without a desk: all is asked for, opened, read and built for this look-up alone.
async fn by_itself(renderer: &Renderer, repositories: &Repositories) {
    let body = renderer.fetch(&runtime::kustomization(ClusterId(0), "flux-system", "apps")).await.expect("it is there");
    let source =
        ObjectRef::new(ClusterId(0), GroupKind::new("source.toolkit.fluxcd.io", "GitRepository"), "flux-system", "flux-system");
    let source = renderer.fetch(&source).await.expect("it is there");
    let text = |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).expect("a text").to_owned();
    let revision = text(&body, "/status/lastAppliedRevision");
    let id = revision.rsplit(':').next().expect("an id");
    let at = Commit { url: text(&source, "/spec/url").into(), id: id.into() };
    let folder = repositories.find(&at, false).await.expect("it is there");
    let place = TextPlace::file(&"apps".into(), Layer::Cluster);
    let node = document(body.to_string().as_bytes(), &place).expect("JSON").expect("a document");
    let spec = Arc::new(Spec::read(&node).expect("a Kustomization"));
    alone(
        &folder,
        id,
        &BuildRequest {
            uid: "apps".into(),
            spec,
            ignore: None,
            composed: None,
            values: Default::default(),
            unset: Default::default(),
        },
    );
}

/// One of a hundred Kustomizations, in a commit of the large repository.
fn large(runtime: &Runtime, folder: &Path) {
    let repository = Repository::init(folder).expect("a repository");
    repository.remote("origin", URL).expect("a remote");
    let first = commit(&repository);
    let desk = Desk::of(Repositories::of(vec![folder.to_owned()], None));
    let (request, before) = (request(folder, &first.id), resident());
    let ask = |at: &Commit| {
        let (id, request) = (at.id.clone(), request.clone());
        let member = runtime.block_on(desk.ask(at, false, move |bench| bench.one(&id, &request))).expect("an answer");
        assert!(matches!(member.outcome, BuildOutcome::Built(_)), "{:?}", member.outcome);
    };
    let cold = median(|_| timed(|| alone(folder, &first.id, &request)));
    row("one of a hundred, cold", cold, "");
    row("the first time", timed(|| ask(&first)), "");
    let again = median(|_| timed(|| ask(&first)));
    row("again", again, "< 30 ms");
    ratio("cold to again", cold, again);
    let after = |edit: &dyn Fn(usize)| {
        median(|turn| {
            edit(turn + TIMES);
            let next = commit(&repository);
            timed(|| ask(&next))
        })
    };
    row("after a commit to what it reads", after(&|turn| generate::edit_one(folder, turn)), "< 30 ms");
    row("after a commit to something else", after(&|turn| elsewhere(folder, turn)), "< 30 ms");
    weighed(desk.kept().iter().map(|(_, bytes)| bytes).sum(), before);
}

/// As it is without a desk and a builder.
fn alone(folder: &Path, id: &str, request: &BuildRequest) {
    let checkout = Checkout::around(folder).expect("a checkout");
    let view = checkout.view(Some(id)).expect("a commit");
    let artifact = Artifact::new(view.tree(), IgnoreRules::of(view.tree(), None).expect("rules"));
    let objects =
        flux::render(&artifact, &request.spec, &Cache::default(), &Remotes::default()).objects.expect("it can be built");
    let variables = flux::variables(&request.spec, &|_, _, _| None);
    flux::applied(&objects, &request.spec, &variables).expect("it can be filled in");
}

/// The Kustomization whose file [`generate::edit_one`] changes, as the repository declares it.
fn request(folder: &Path, id: &str) -> BuildRequest {
    let checkout = Checkout::open(folder).expect("a checkout");
    let view = checkout.view(Some(id)).expect("a commit");
    let all = Builder::default().build(view.tree()).expect("it can be read");
    let (_, member) = all.members().find(|(_, member)| &*member.spec.name == "app-7").expect("a Kustomization");
    BuildRequest {
        uid: "7".into(),
        spec: Arc::clone(&member.spec),
        ignore: None,
        composed: None,
        values: Default::default(),
        unset: Default::default(),
    }
}

fn elsewhere(folder: &Path, turn: usize) {
    let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: other}}\ndata: {{turn: \"{turn}\"}}\n");
    std::fs::write(folder.join("apps/9/base/part-1.yaml"), text).expect("the throwaway directory");
}

/// Commits all files as they are.
pub fn commit(repository: &Repository) -> Commit {
    let mut index = repository.index().expect("an index");
    index.add_all(["*"], IndexAddOption::DEFAULT, None).expect("added");
    let tree = repository.find_tree(index.write_tree().expect("a tree")).expect("a tree");
    let who = Signature::new("t", "t@example.test", &Time::new(0, 0)).expect("a name");
    let id = repository.commit(None, &who, &who, "x", &tree, &[]).expect("committed");
    Commit { url: URL.into(), id: id.to_string().into() }
}
