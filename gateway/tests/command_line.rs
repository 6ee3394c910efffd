//! The command line as scripts see it: what it prints, and its exit codes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;

struct Installation {
    folder: TempDir,
}

impl Installation {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        let config = format!(
            "[access]\n[[access.listener]]\nbind = \"127.0.0.1:0\"\n[pbx]\nproxy = \"127.0.0.1:9\"\n\
             [[pbx.listener]]\nbind = \"127.0.0.1:0\"\n[store]\npath = \"{}\"\n[admin]\nsocket = \"{}\"\n",
            path("d.db"),
            path("d.sock")
        );
        fs::write(folder.path().join("d.toml"), config).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn dectgate(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        dectgate(self.folder.path(), &[arguments, &["-c", "d.toml"]].concat())
    }
}

fn dectgate(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } =
        Command::new(env!("CARGO_BIN_EXE_dectgate")).args(arguments).current_dir(folder).output().unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn check_names_every_fault_and_its_line() {
    let here = Installation::new();
    assert_eq!(here.dectgate(&["check"]), (Some(0), "d.toml: good\n".into(), String::new()));
    let config = fs::read_to_string(here.path("d.toml")).unwrap();
    fs::write(here.path("d.toml"), config.replace("[pbx]", "[pbx]\ncolour = 1\nexpires_s = 1")).unwrap();
    let (code, out, _) = here.dectgate(&["check"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        out,
        "d.toml: line 5: pbx.colour: unknown\n\
         d.toml: line 6: pbx.expires_s: must be a whole number from 30 to 86400\n"
    );
    let (code, _, complaint) = here.dectgate(&["run"]);
    assert_eq!(code, Some(78));
    assert!(complaint.contains("line 5"), "{complaint}");
    fs::remove_file(here.path("d.toml")).unwrap();
    assert_eq!(here.dectgate(&["check"]).0, Some(66));
}

#[test]
fn usage_errors_are_those_of_sysexits() {
    let here = Installation::new();
    assert_eq!(here.dectgate(&["fly"]).0, Some(64));
    assert_eq!(here.dectgate(&["users", "import"]).0, Some(64));
    let (code, out, _) = here.dectgate(&["--help"]);
    assert_eq!(code, Some(0));
    for verb in ["run", "check", "users", "status", "drain"] {
        assert!(out.contains(verb), "{out}");
    }
    assert_eq!(here.dectgate(&["--version"]).0, Some(0));
}

#[test]
fn without_a_gateway_users_come_from_the_store() {
    let here = Installation::new();
    fs::write(here.path("u.csv"), b"M\xfcller;m;200;;;;0358600170177;geheim;\nBerta;;201;;;;;;\n").unwrap();
    let (code, out, _) = here.dectgate(&["users", "import", "u.csv", "--dry-run"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        out,
        "+ 200 Müller\n+ 201 Berta\ndry run, nothing imported: 2 added, 0 changed, 0 unchanged, 0 refused\n"
    );
    assert_eq!(here.dectgate(&["users", "list"]), (Some(0), String::new(), String::new()));
    let (code, out, _) = here.dectgate(&["users", "import", "u.csv"]);
    assert_eq!((code, out.as_str()), (Some(0), "imported: 2 added, 0 changed, 0 unchanged, 0 refused\n"));
    let (_, out, _) = here.dectgate(&["users", "list", "200"]);
    assert!(out.contains("200") && out.contains("Müller") && out.contains("03586 0017017 7"), "{out}");
    assert!(!out.contains("201"));

    let (code, exported, _) = here.dectgate(&["users", "export"]);
    assert_eq!(code, Some(0));
    assert!(!exported.contains("geheim"));
    fs::write(here.path("e.csv"), exported).unwrap();
    let (_, out, _) = here.dectgate(&["users", "import", "e.csv"]);
    assert_eq!(out, "imported: 0 added, 0 changed, 2 unchanged, 0 refused\n");

    fs::write(here.path("bad.csv"), "Cesar;;202;;;;;;\nDora;;200;;;;0358600170170;;\n").unwrap();
    let (code, out, _) = here.dectgate(&["users", "import", "bad.csv"]);
    assert_eq!(code, Some(65));
    assert!(out.starts_with("bad.csv: line 2: IPEI/IPDI: "), "{out}");
    assert!(out.ends_with("nothing imported: 1 added, 0 changed, 0 unchanged, 1 refused\n"), "{out}");
    let (code, out, _) = here.dectgate(&["users", "import", "bad.csv", "--skip-bad"]);
    assert_eq!(code, Some(0));
    assert!(out.contains("imported: 1 added"), "{out}");
    assert_eq!(here.dectgate(&["users", "import", "none.csv"]).0, Some(66));
}

#[test]
fn without_a_gateway_there_is_no_status() {
    let here = Installation::new();
    for verb in ["status", "drain"] {
        let (code, _, complaint) = here.dectgate(&[verb]);
        assert_eq!((code, complaint.as_str()), (Some(69), "dectgate: no gateway runs\n"));
    }
}
