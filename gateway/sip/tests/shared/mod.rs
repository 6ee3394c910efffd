//! The folder of conformance data beside the repository. Tests that need it say `skipped` when it is not there.
#![allow(dead_code, clippy::print_stdout, reason = "each test uses its part, and says what it skips")]

use std::path::{Path, PathBuf};

/// The files of one set of vectors with this extension, by name; `None` (said on standard output) without the set.
pub(crate) fn vectors(set: &str, extension: &str) -> Option<Vec<(String, Vec<u8>)>> {
    let Some(folder) = folder().map(|shared| shared.join("vectors").join(set)).filter(|set| set.is_dir())
    else {
        println!("skipped: no shared vectors {set}");
        return None;
    };
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect();
    files.sort();
    Some(files)
}

fn folder() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("DECTGATE_SHARED") {
        return Some(PathBuf::from(named));
    }
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared"))
        .find(|shared| shared.is_dir())
}
