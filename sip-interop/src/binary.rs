//! Where the program under test and the peers' programs are.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The built gateway: `DECTGATE_BIN`, else what stands in the folder that the running test was built into.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn dectgate() -> PathBuf {
    if let Some(path) = env::var_os("DECTGATE_BIN") {
        return PathBuf::from(path);
    }
    let test = env::current_exe().expect("the kernel knows the running program");
    let path = test.ancestors().nth(2).map(|folder| folder.join("dectgate")).unwrap_or_default();
    assert!(path.is_file(), "{} is missing: cargo build --release --package dectgate", path.display());
    path
}

/// A program of the system, if it is installed.
pub(crate) fn installed(program: &str) -> Option<PathBuf> {
    // A test may run without the administrator's folders in its search path.
    let path = env::var_os("PATH").unwrap_or_default();
    let places = env::split_paths(&path).chain(["/usr/sbin", "/sbin", "/usr/bin"].map(PathBuf::from));
    places.map(|folder| folder.join(program)).find(|file| is_program(file))
}

fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}
