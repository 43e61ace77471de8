//! `fluxdeck demo`: the built-in cluster, on the screen or, for kubectl, behind a port of this machine.

use std::fmt::Write as _;
use std::io::Read;
use std::net::Ipv4Addr;
use std::sync::Arc;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser};
use tokio::net::TcpListener;

use super::command::{self, Command, Run};
use super::{Call, Global, ScreenFlags, output};
use crate::demo::{Company, RunDirectory, User, scenes};
use crate::files::REAL;
use crate::runtime::{Guest, Origin};
use fluxdeck_model::error::{Error, Result};
use fluxdeck_model::state::Scene;

/// The port of the first context; the others follow. Outside the range of ephemeral ports.
const PORT: u16 = 16_443;

pub(super) const COMMAND: Command = Command {
    name: "demo",
    doc: "Open the built-in cluster: no cluster, network or account needed",
    examples: &[
        "fluxdeck demo",
        "fluxdeck demo --scene bad-commit",
        "fluxdeck demo --serve",
        "fluxdeck get ks -A --demo --scene bad-commit",
    ],
    arguments: Arguments::augment_args,
    run: Run::Prepares {
        prepare: |matches, global| prepare(command::read(matches)?, global),
        run: |call, matches| Box::pin(async move { serve(call, &command::read(matches)?).await }),
    },
};

#[derive(Args)]
struct Arguments {
    /// Serve the demo's API servers on loopback ports, until ctrl-c, instead of opening the screen
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "16443")]
    serve: Option<u16>,
    #[command(flatten)]
    screen: ScreenFlags,
}

/// Applies the command to the demo. Returns whether it is served; otherwise the screen is wanted.
///
/// # Errors
/// When the flags name another cluster.
fn prepare(mut arguments: Arguments, global: &mut Global) -> Result<bool> {
    if global.from.is_some() || global.kubeconfig.is_some() || global.cluster.is_some() {
        return Err(Error::usage("the demo has its own clusters", "leave out --from, --kubeconfig and --cluster"));
    }
    global.demo = true;
    let screen = std::mem::take(&mut arguments.screen);
    global.screen =
        ScreenFlags { first: screen.first.or(global.screen.first.take()), theme: screen.theme.or(global.screen.theme.take()) };
    Ok(arguments.serve.is_some())
}

/// The demo as the user of the flags.
///
/// # Errors
/// Nobody of that name is in the demo, its directory is taken, or a scene cannot be played.
pub(super) fn origin(global: &Global, is_screen: bool) -> Result<Origin> {
    let place = global.demo_dir.as_deref().map_or_else(RunDirectory::passing, RunDirectory::kept);
    if global.demo_dir.is_some() {
        // another run may have it: said now, not in the middle
        place.path()?;
    }
    let name = global.impersonate.as_deref().or(global.user.as_deref()).unwrap_or("admin");
    if global.impersonate.is_none() && !User::NAMES.contains(&name) {
        return Err(Error::usage(format!("the demo has no user `{name}`"), format!("it has {}", User::NAMES.join(", "))));
    }
    let user = User::named(name, &global.impersonate_groups);
    let company = match global.scene.as_deref().map(scenes::find).transpose()? {
        // a command looks once: what it is to see has happened
        Some(scene) if !is_screen => Company::after(place, scene)?,
        scene => {
            let company = Arc::new(Company::start(place));
            scene.map_or(Ok(()), |scene| scene.play(&company))?;
            company
        }
    };
    Ok(Origin::Demo(Guest { company, user, is_acting: global.impersonate.is_some() }))
}

/// The names of scenes, with what happens in each.
pub(super) fn scenes() -> PossibleValuesParser {
    PossibleValuesParser::new(scenes::ALL.iter().map(|scene| PossibleValue::new(scene.name).help(scene.doc)))
}

/// The scenes that the screen offers.
pub(super) fn offered() -> Vec<Scene> {
    scenes::ALL.iter().map(|scene| Scene { name: scene.name, doc: scene.doc }).collect()
}

/// Serves every context on a port until ctrl-c. Returns the exit code.
async fn serve(call: &Call, arguments: &Arguments) -> Result<u8> {
    let Origin::Demo(guest) = &call.options.origin else { return Err(Error::usage("this is not the demo", "")) };
    let company = &guest.company;
    let mut doors = Vec::new();
    for name in User::NAMES {
        doors.push((token()?, User::named(name, &[])));
    }
    let first = arguments.serve.unwrap_or(PORT);
    let mut servers = Vec::new();
    let mut addresses = Vec::new();
    for (at, context) in (0..).zip(Company::contexts()) {
        // port 0 lets the system choose each
        let port = if first == 0 { Some(0) } else { first.checked_add(at) };
        let port = port.ok_or_else(|| Error::usage(format!("port {first} is too high"), "choose one below 65535"))?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let taken = |error| Error::failed(format!("cannot listen on 127.0.0.1:{port}: {error}"), "choose another: --serve PORT");
        let listener = listener.map_err(taken)?;
        addresses.push((context, listener.local_addr().map_err(taken)?.port()));
        let world = company.enter(context).expect("a context of its own").world;
        let doors = doors.clone();
        servers.push(async move {
            tokio::join!(world.run(), world.serve(listener, doors));
        });
    }
    let place = company.repositories().place().path()?;
    let path = place.join("kubeconfig");
    let written = REAL.replace(&path, kubeconfig(&addresses, &doors).as_bytes());
    written.map_err(|error| Error::failed(format!("cannot write {}: {error}", path.display()), "choose another --demo-dir"))?;
    output::raw(format!("{}\n", path.display()).as_bytes())?;
    output::beside(&format!(
        "the demo is at 127.0.0.1:{}; point kubectl at it:\n  export KUBECONFIG={}\n  kubectl get kustomizations -A\nctrl-c ends it and removes the file",
        addresses.iter().map(|(_, port)| port.to_string()).collect::<Vec<_>>().join(", :"),
        path.display()
    ));
    tokio::select! {
        _ = futures::future::join_all(servers) => {}
        _ = crate::run::stopped() => {}
    }
    // a directory of the user's stays, this does not
    let _ = REAL.remove(&path);
    Ok(0)
}

/// One context per cluster for the administrator, and one more for each other user. The token is in the address: kubectl sends none
/// without TLS.
fn kubeconfig(addresses: &[(&str, u16)], doors: &[(String, User)]) -> String {
    let (mut clusters, mut contexts) = (String::new(), String::new());
    for (cluster, port) in addresses {
        for (token, user) in doors {
            let name = if user.name == "admin" { (*cluster).to_owned() } else { format!("{cluster}-{}", user.name) };
            let _ = writeln!(clusters, "- {{name: {name}, cluster: {{server: \"http://127.0.0.1:{port}/{token}\"}}}}");
            let (user, namespace) = (&user.name, user.namespace());
            let _ = writeln!(contexts, "- {{name: {name}, context: {{cluster: {name}, user: {user}, namespace: {namespace}}}}}");
        }
    }
    let users: String = doors.iter().map(|(_, user)| format!("- {{name: {}, user: {{}}}}\n", user.name)).collect();
    let current = addresses.first().map_or("", |(context, _)| context);
    format!("apiVersion: v1\nkind: Config\ncurrent-context: {current}\nclusters:\n{clusters}users:\n{users}contexts:\n{contexts}")
}

/// A random token: other users of the machine can reach the port too.
fn token() -> Result<String> {
    let mut random = [0; 16];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut source| source.read_exact(&mut random));
    read.map_err(|error| Error::failed(format!("no random numbers from /dev/urandom: {error}"), ""))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
