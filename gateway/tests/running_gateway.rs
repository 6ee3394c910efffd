//! The whole process: it says when it is ready, takes orders over its socket, shows figures, keeps secrets out of its log,
//! and ends when it is told to.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixDatagram,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;

struct Gateway {
    folder: TempDir,
    process: Child,
    notify: UnixDatagram,
    metrics: u16,
}

impl Gateway {
    fn start(log: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).display().to_string();
        // Free now; nothing else on this machine draws ports of 127.0.0.1 between here and the start.
        let metrics = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "[access]\nsystem_auth_code = \"27182818\"\n[[access.listener]]\nbind = \"127.0.0.1:0\"\n\
             [pbx]\nproxy = \"127.0.0.1:9\"\nsystem_password = \"Systemkennwort\"\nregister_always = true\ntimeout_s = 1\n\
             [[pbx.listener]]\nbind = \"127.0.0.1:0\"\n[media]\nworkers = 1\n[store]\npath = \"{}\"\n\
             [admin]\nsocket = \"{}\"\nmetrics = \"127.0.0.1:{metrics}\"\n[log]\nfilter = \"trace\"\n{log}",
            path("d.db"),
            path("d.sock")
        );
        fs::write(folder.path().join("d.toml"), config).unwrap();
        let notify = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        notify.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let gateway = Self { process: spawn(&folder), folder, notify, metrics };
        assert_eq!(gateway.told(), "READY=1");
        gateway
    }

    /// Starts it once more on the same files.
    fn restart(&mut self) {
        self.process = spawn(&self.folder);
        assert_eq!(self.told(), "READY=1");
    }

    /// What systemd is told next, but for signs of life.
    fn told(&self) -> String {
        loop {
            let text = self.heard();
            if text != "WATCHDOG=1" {
                return text;
            }
        }
    }

    fn heard(&self) -> String {
        let mut buffer = [0; 4096];
        let length = self.notify.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn order(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let Output { status, stdout, stderr } = command(&self.folder, arguments).output().unwrap();
        (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
    }

    fn get(&self, target: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.metrics)).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _gone = self.process.kill();
        let _gone = self.process.wait();
    }
}

fn command(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dectgate"));
    command.args(arguments).args(["-c", "d.toml"]).current_dir(folder.path());
    command
}

fn spawn(folder: &TempDir) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(folder.path().join("log")).unwrap();
    command(folder, &["run"])
        .env("NOTIFY_SOCKET", folder.path().join("notify"))
        .env("WATCHDOG_USEC", "200000")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

const USERS: &str = "Anna;anna;4930200;;;;0358600170177;Rumpelstilz;\nBerta;;4930201;;;;;Zugangswort;\n";

#[test]
fn orders_figures_and_the_end() {
    let mut gateway = Gateway::start("");
    fs::write(gateway.path("u.csv"), USERS).unwrap();
    let (code, out) = gateway.order(&["users", "import", "u.csv"]);
    assert_eq!((code, out.as_str()), (Some(0), "imported: 2 added, 0 changed, 0 unchanged, 0 refused\n"));
    let (_, out) = gateway.order(&["users", "list"]);
    assert!(out.contains("4930201") && out.contains("03586 0017017 7"), "{out}");
    let (_, out) = gateway.order(&["users", "export"]);
    assert!(out.contains("Anna;anna;4930200;") && !out.contains("Rumpelstilz"), "{out}");
    let (code, out) = gateway.order(&["status", "--json"]);
    assert_eq!(code, Some(0));
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&status["users"], &status["devices"]), (&2.into(), &1.into()));
    let (_, out) = gateway.order(&["status"]);
    assert!(out.starts_with("dectgate ") && out.contains("users          2"), "{out}");

    let metrics = gateway.get("/metrics");
    assert!(metrics.starts_with("HTTP/1.1 200 OK"), "{metrics}");
    assert!(metrics.contains("\ndectgate_users 2\n"), "{metrics}");
    assert!(gateway.get("/healthz").starts_with("HTTP/1.1 200 OK"));
    assert!(gateway.get("/other").starts_with("HTTP/1.1 404"));

    // The store belongs to the running process, and so does the socket.
    let mut second = command(&gateway.folder, &["run"]);
    assert_ne!(second.output().unwrap().status.code(), Some(0));
    assert_eq!(gateway.order(&["status"]).0, Some(0));

    assert_eq!(gateway.order(&["drain"]).0, Some(0));
    assert_eq!(gateway.told(), "STOPPING=1");
    assert!(gateway.process.wait().unwrap().success());
    assert!(!gateway.path("d.sock").exists());
    gateway.restart();
    let (_, out) = gateway.order(&["users", "list"]);
    assert_eq!(out.lines().count(), 2, "{out}");
}

#[test]
fn an_answered_import_survives_a_kill() {
    let mut gateway = Gateway::start("");
    fs::write(gateway.path("u.csv"), USERS).unwrap();
    assert_eq!(gateway.order(&["users", "import", "u.csv"]).0, Some(0));
    gateway.process.kill().unwrap();
    gateway.process.wait().unwrap();
    // The socket file of the dead process is in the way of nobody.
    gateway.restart();
    let (_, out) = gateway.order(&["users", "list"]);
    assert_eq!(out.lines().count(), 2, "{out}");
}

#[test]
fn signals_reload_and_drain() {
    let mut gateway = Gateway::start("");
    let signal = |gateway: &Gateway, name: &str| {
        let pid = gateway.process.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    let config = fs::read_to_string(gateway.path("d.toml")).unwrap();
    for (text, outcome) in
        [(config.replace("[pbx]", "[pbx]\ncolour = 1"), "line 6"), (config, "configuration read again")]
    {
        fs::write(gateway.path("d.toml"), text).unwrap();
        signal(&gateway, "-HUP");
        assert!(gateway.told().starts_with("RELOADING=1\nMONOTONIC_USEC="));
        assert_eq!(gateway.told(), "READY=1");
        assert!(gateway.log().contains(outcome), "{outcome}");
    }
    assert_eq!(gateway.heard(), "WATCHDOG=1");
    signal(&gateway, "-TERM");
    assert_eq!(gateway.told(), "STOPPING=1");
    assert!(gateway.process.wait().unwrap().success());
}

#[test]
fn the_log_says_what_runs_and_holds_no_secret() {
    for format in ["text", "json"] {
        let gateway = Gateway::start(&format!("format = \"{format}\"\n"));
        fs::write(gateway.path("u.csv"), USERS).unwrap();
        assert_eq!(gateway.order(&["users", "import", "u.csv"]).0, Some(0));
        let bad = "Anna;anna;4930200;;;;0358600170177;Rumpelstilz\u{1};\n";
        fs::write(gateway.path("bad.csv"), bad).unwrap();
        assert_eq!(gateway.order(&["users", "import", "bad.csv"]).0, Some(65));
        let key = fs::read_to_string(gateway.path("d.db.key")).unwrap();
        let log = gateway.log();
        let first = log.lines().next().unwrap();
        assert!(first.contains("dectgate starts") && first.contains(env!("CARGO_PKG_VERSION")), "{first}");
        if format == "json" {
            for line in log.lines() {
                assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
            }
        }
        for secret in ["Rumpelstilz", "Zugangswort", "Systemkennwort", "27182818", key.trim()] {
            assert!(!log.contains(secret), "{secret} is in the log");
        }
    }
}
