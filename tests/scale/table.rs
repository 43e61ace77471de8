//! Programs side by side on the same API server, as a Markdown table.

use std::{env, fs, path::Path};

use tokio::runtime::Runtime;

use crate::{
    arguments::TableArguments,
    bench,
    cluster::{Cluster, Failure},
    measure::{Durations, Subject, measure},
    programs::{Profile, fill},
    raw, report,
};

/// What is measured if its variable names a binary, and how it is called to show everything.
const PROGRAMS: [(&str, &str, &[&str]); 4] = [
    ("FLUXDECK", "fluxdeck", &["-A"]),
    ("K9S", "k9s", &["-A", "-c", "kustomizations.kustomize.toolkit.fluxcd.io", "--splashless"]),
    ("K9S", "k9s pods", &["-A", "-c", "pods", "--splashless"]),
    ("FLUX9S", "flux9s", &[]),
];

/// Changes per second during the second run of keys.
const CHURN: u32 = 200;

pub fn write(arguments: &TableArguments, runtime: &Runtime) -> Result<(), Failure> {
    let kubeconfig = arguments.connection.kubeconfig.as_deref();
    let cluster = runtime.block_on(Cluster::connect(kubeconfig, false))?;
    let home = tempfile::tempdir()?;
    prepare(home.path())?;
    let durations = Durations::new(arguments.quick);
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let mut text =
        format!("Tier {:?}, {} objects; {cores} cores.\n\n{}\n", arguments.tier, arguments.tier.sizes().objects(), report::HEAD);
    let mut subjects = vec![Subject { churn: CHURN, ..bench::floor(bench::echo_command()?)? }];
    subjects.extend(
        PROGRAMS
            .into_iter()
            .filter_map(|program| subject(program, arguments, kubeconfig, home.path()).transpose())
            .collect::<Result<Vec<_>, _>>()?,
    );
    for subject in subjects {
        let name = subject.profile.name;
        eprintln!("measuring {name}");
        match measure(&subject, durations, Some(&cluster), runtime) {
            Ok(measured) => {
                println!("{}", report::json_line(name, &measured));
                text.push_str(&report::row(name, &measured));
                text.push('\n');
            }
            Err(error) => eprintln!("{name} was not measured: {error}"),
        }
    }
    text.push('\n');
    for page in [None, Some(500)] {
        let (lists, elapsed) = runtime.block_on(raw::fetch(&cluster, 14, page))?;
        println!("{}", report::raw_json(&lists, elapsed));
        let how = page.map_or_else(|| "whole".into(), |page| format!("in pages of {page}"));
        text.push_str(&format!("{}\n", report::raw_line(&lists, elapsed, &how)));
    }
    println!("{text}");
    if let Some(path) = &arguments.out {
        fs::write(path, text)?;
    }
    Ok(())
}

/// A separate home, so that no user's settings change the measurement.
fn prepare(home: &Path) -> Result<(), Failure> {
    let flux9s = home.join(".config/flux9s");
    fs::create_dir_all(&flux9s)?;
    fs::write(flux9s.join("config.yaml"), "defaultNamespace: all\nui:\n  splashless: true\n")?;
    Ok(())
}

fn subject(
    (variable, name, flags): (&str, &str, &[&str]),
    arguments: &TableArguments,
    kubeconfig: Option<&Path>,
    home: &Path,
) -> Result<Option<Subject>, Failure> {
    let Some(binary) = env::var(variable).ok().or_else(|| own_binary(name)) else { return Ok(None) };
    let command: Vec<String> = [binary].into_iter().chain(flags.iter().map(|flag| (*flag).to_owned())).collect();
    let profile = Profile::find(Some(name), &command);
    let sizes = Some(arguments.tier.sizes());
    let given = arguments.all.as_deref().filter(|_| name == "fluxdeck");
    let all = match given {
        Some(pattern) => Some(regex::Regex::new(&fill(pattern, sizes))?),
        None => profile.all(sizes)?,
    };
    let home = home.to_string_lossy().into_owned();
    let mut environment = vec![
        ("HOME".to_owned(), home.clone()),
        ("XDG_CONFIG_HOME".to_owned(), format!("{home}/.config")),
        ("XDG_STATE_HOME".to_owned(), format!("{home}/.local/state")),
        ("XDG_CACHE_HOME".to_owned(), format!("{home}/.cache")),
        ("XDG_DATA_HOME".to_owned(), format!("{home}/.local/share")),
    ];
    if let Some(path) = kubeconfig {
        environment.push(("KUBECONFIG".into(), path.to_string_lossy().into_owned()));
    }
    let rows = profile.rows(sizes)?;
    Ok(Some(Subject { command, environment, profile, rows, all, churn: CHURN }))
}

/// The program of this crate, which cargo builds with its benches.
fn own_binary(name: &str) -> Option<String> {
    if name == "fluxdeck" { option_env!("CARGO_BIN_EXE_fluxdeck").map(str::to_owned) } else { None }
}
