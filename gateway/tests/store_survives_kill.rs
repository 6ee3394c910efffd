//! kill -9 in the middle of batches and of an import: what was answered is there, and nothing is half there.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test may; see the child"
)]

use std::{
    env,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
};

use control::{
    SavedBinding,
    clock::UnixMillis,
    directory::{Change, Directory, SiteId, UserId, csv},
};
use dectgate::store::{Job, Store, StoreSettings, Ticket, Whereabouts, Writer};

fn settings(folder: &Path) -> StoreSettings {
    StoreSettings { path: folder.join("d.db"), key_path: folder.join("d.key"), site: SiteId::FIRST }
}

/// Rows `from..to` of a made-up file.
fn import(directory: &mut Directory, from: u32, to: u32) -> Vec<Change> {
    let text: String =
        (from..to).map(|n| format!("User {n};u{n};{};;;;04000{n:07};p{n};\n", 100_000 + n)).collect();
    let table = csv::read(text.as_bytes()).unwrap();
    directory.plan_import(UnixMillis(1), table, csv::Options::default(), &mut |out| out.fill(9)).changes
}

/// Not a test of its own: the process that is killed. It writes batches of `BATCH` users and says which ones were answered.
#[test]
fn child() {
    let Some(folder) = env::var_os("DECTGATE_TEST_FOLDER").map(PathBuf::from) else { return };
    let store = Store::open(&settings(&folder)).unwrap();
    let mut directory = store.directory().unwrap();
    if env::var("DECTGATE_TEST_MODE").unwrap() == "import" {
        let changes = import(&mut directory, 0, IMPORT);
        let mut store = store;
        println!("\nwriting");
        store.write(&changes).unwrap();
        println!("\nwritten");
        return;
    }
    let (answers, answered) = mpsc::channel();
    let writer = Writer::start(store, 64, move |ack| {
        ack.result.unwrap();
        answers.send(ack.ticket.0).unwrap();
    })
    .unwrap();
    let handle = writer.handle();
    std::thread::spawn(move || {
        for ticket in answered {
            let mut out = std::io::stdout().lock();
            writeln!(out, "\nanswered {ticket}").unwrap();
            out.flush().unwrap();
        }
    });
    for batch in 0..5000 {
        let changes = import(&mut directory, batch * BATCH, (batch + 1) * BATCH);
        directory.apply_all(&changes);
        let binding = SavedBinding {
            user: UserId(u64::from(batch)),
            call_id: "c".into(),
            cseq: batch,
            contact: "sip:c".into(),
            registrar: "192.0.2.1:5060".parse().unwrap(),
            expires: UnixMillis(u64::from(u32::MAX)),
        };
        handle.submit_waiting(Job::Whereabouts(Whereabouts::Binding(Box::new(binding)))).unwrap();
        handle.submit_waiting(Job::Changes(Ticket(u64::from(batch)), changes)).unwrap();
    }
}

/// Runs the child until `enough` says so of one of its lines, then kills it. Gives the lines up to its death.
fn killed(folder: &Path, mode: &str, mut enough: impl FnMut(&str) -> bool) -> Vec<String> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["child", "--exact", "--nocapture"])
        .env("DECTGATE_TEST_FOLDER", folder)
        .env("DECTGATE_TEST_MODE", mode)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut seen = Vec::new();
    for line in lines.by_ref() {
        let end = enough(&line);
        seen.push(line);
        if end {
            break;
        }
    }
    // `kill` is SIGKILL.
    child.kill().unwrap();
    child.wait().unwrap();
    seen.extend(lines);
    seen
}

#[test]
fn answered_batches_are_there_and_none_is_half_there() {
    for rounds in [1, 3, 17, 40] {
        let folder = tempfile::tempdir().unwrap();
        let mut count = 0;
        let lines = killed(folder.path(), "batches", |line| {
            count += usize::from(line.starts_with("answered"));
            count == rounds
        });
        let answered: Vec<u32> =
            lines.iter().filter_map(|line| line.strip_prefix("answered ")?.parse().ok()).collect();
        assert!(answered.len() >= rounds);
        let store = Store::open(&settings(folder.path())).unwrap();
        let directory = store.directory().unwrap();
        let batches = directory.user_count() / BATCH as usize;
        assert_eq!(directory.user_count() % BATCH as usize, 0, "half a batch");
        assert_eq!(directory.device_count(), directory.user_count());
        assert!(batches > *answered.last().unwrap() as usize, "an answered batch is lost");
        let bindings = store.bindings(UnixMillis(1)).unwrap();
        assert!(bindings.len() > *answered.last().unwrap() as usize, "a binding written before it is lost");
        for n in 0..directory.user_count() {
            let user = directory.user_by_number(&(100_000 + n).to_string()).unwrap();
            assert_eq!(user.account.sip_password.as_ref().unwrap().expose(), format!("p{n}"));
            assert!(directory.device_of_user(user.id).is_some());
        }
    }
}

#[test]
fn an_import_is_there_as_a_whole_or_not_at_all() {
    for written_octets in [0, 1 << 20, 4 << 20, 8 << 20] {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("d.db-wal");
        let lines = killed(folder.path(), "import", |line| {
            let writing = line == "writing";
            while writing && std::fs::metadata(&log).is_ok_and(|log| log.len() < written_octets) {
                std::thread::yield_now();
            }
            writing
        });
        let written = lines.iter().any(|line| line == "written");
        let store = Store::open(&settings(folder.path())).unwrap();
        let users = store.directory().unwrap().user_count();
        let journal = store.journal(0, usize::MAX).unwrap().len();
        let whole = users == IMPORT as usize;
        assert!(users == 0 && journal == 0 && !written || whole, "{users} users, {journal} entries");
    }
}

const BATCH: u32 = 20;
const IMPORT: u32 = 30_000;
