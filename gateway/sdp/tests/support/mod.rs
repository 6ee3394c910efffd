//! Golden files and the folder of conformance data, shared by the tests of this crate.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::print_stdout, reason = "says what was skipped")]

use std::fs;
use std::path::{Path, PathBuf};

/// A golden file: sections between lines of five dashes.
pub(crate) struct Golden {
    pub(crate) name: String,
    path: PathBuf,
    pub(crate) sections: Vec<String>,
}

impl Golden {
    /// Writes the file anew.
    pub(crate) fn rewrite(&self, sections: &[String]) {
        fs::write(&self.path, sections.join("-----\n")).expect("golden file is writable");
    }
}

/// The files of `tests/golden/<folder>`, by name.
pub(crate) fn golden(folder: &str) -> Vec<Golden> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let mut files: Vec<Golden> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| {
            let path = entry.expect("a folder entry").path();
            let text = fs::read_to_string(&path).expect("golden files are UTF-8");
            let sections = text.split("-----\n").map(str::to_owned).collect();
            Golden {
                name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                path,
                sections,
            }
        })
        .collect();
    files.sort_by(|one, other| one.name.cmp(&other.name));
    files
}

/// Whether expectations are to be written anew.
pub(crate) fn bless() -> bool {
    std::env::var_os("DECTGATE_BLESS").is_some()
}

pub(crate) fn without_cr(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The folder of conformance data: `DECTGATE_SHARED`, or a folder `shared` beside the repository.
pub(crate) fn shared() -> Option<PathBuf> {
    let named = std::env::var_os("DECTGATE_SHARED").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared"));
    named.into_iter().chain(beside).find(|folder| folder.join("vectors").is_dir())
}

/// Files below a folder of the conformance data, by name; says so when there are none.
pub(crate) fn vectors(folder: &str) -> Vec<(String, Vec<u8>)> {
    let Some(root) = shared().map(|shared| shared.join("vectors").join(folder)).filter(|root| root.is_dir())
    else {
        println!("skipped: no folder shared/vectors/{folder}");
        return Vec::new();
    };
    let mut files = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a readable folder") {
            let path = entry.expect("a folder entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).expect("below the root").to_string_lossy().into_owned();
                files.push((name, fs::read(&path).expect("a readable file")));
            }
        }
    }
    files.sort();
    files
}
