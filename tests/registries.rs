//! Each registry slice holds what its folder holds.

use std::collections::BTreeSet;
use std::path::Path;

use fluxdeck::ui::{theme, views};

fn names(folder: &str, extension: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("a folder of the repository").flatten().map(|entry| entry.path());
    entries
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

#[test]
fn every_theme_file_is_built_in() {
    let built_in: BTreeSet<_> = theme::BUILTIN.iter().map(|(name, _)| (*name).to_owned()).collect();

    assert_eq!(built_in, names("themes", "toml"));
}

#[test]
fn every_view_file_is_registered() {
    // what views are made of is not a view
    let parts = ["mod", "picker", "preview", "tests"];
    let mut files = names("src/ui/views", "rs");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ui/views");
    files.extend(
        std::fs::read_dir(folder)
            .expect("the views")
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned()),
    );
    let files = files.into_iter().filter(|name| !parts.contains(&name.as_str())).count();

    assert_eq!(views::ALL.len(), files);
}

/// What forges are made of is not a forge; one of several files is a folder.
#[test]
fn every_forge_is_registered_and_known_to_the_configuration() {
    let parts = ["mod", "address", "answer", "encode", "failure", "kind", "network", "plain", "reading", "wire"];
    let folders = std::fs::read_dir("src/forges").expect("the forges").flatten().filter(|entry| entry.path().is_dir());
    let folders = folders.map(|entry| entry.file_name().to_string_lossy().into_owned()).filter(|name| name != "tests");
    let files = names("src/forges", "rs").into_iter().filter(|name| !parts.contains(&name.as_str())).chain(folders);
    let words: BTreeSet<_> = fluxdeck::forges::ALL.iter().map(|kind| kind.word.to_owned()).collect();

    assert_eq!(words, files.collect());
    assert_eq!(words, fluxdeck::config::FORGES.iter().map(|word| (*word).to_owned()).collect());
}

#[test]
fn no_view_is_named_twice() {
    let names: BTreeSet<_> = views::ALL.iter().map(|spec| spec.screen.name()).collect();

    assert_eq!(names.len(), views::ALL.len());
}
