//! kill -9 in the middle of the import of 100,000 users, by the command line alone and through the running gateway.

use std::{
    collections::BTreeSet,
    fmt::Write,
    process::Command,
    time::{Duration, Instant},
};

use sip_interop::{Gateway, Outcome, Process, Scene, Settings, dectgate, play};

#[test]
fn of_the_importing_command() {
    play("crash::import_of_the_importing_command", 41, |scene| kill_in_import(scene, false));
}

#[test]
fn of_the_running_gateway() {
    play("crash::import_of_the_running_gateway", 42, |scene| kill_in_import(scene, true));
}

fn kill_in_import(scene: &Scene, through_gateway: bool) -> Outcome {
    Gateway::write_config(scene, &Settings::new(scene.sip(20)));
    scene.write("first.csv", rows(FIRST));
    scene.write("many.csv", rows(MANY));

    // How long it takes when nobody disturbs it.
    let gateway = through_gateway.then(|| Gateway::start_again(scene));
    assert!(Gateway::order_in(scene, &["users", "import", "first.csv"]).status.success());
    let begin = Instant::now();
    let imported = Gateway::order_in(scene, &["users", "import", "many.csv"]);
    let whole = begin.elapsed();
    assert!(imported.status.success(), "{imported:?}");
    drop(gateway);
    assert_eq!(numbers(scene).len(), FIRST.len() + MANY.len());
    println!(
        "  {} rows in {} ms: {}",
        MANY.len(),
        whole.as_millis(),
        String::from_utf8_lossy(&imported.stdout).trim()
    );

    let mut outcomes = Vec::new();
    for percent in MOMENTS {
        remove_store(scene);
        let mut gateway = through_gateway.then(|| Gateway::start_again(scene));
        assert!(Gateway::order_in(scene, &["users", "import", "first.csv"]).status.success());
        let mut command = Command::new(dectgate());
        command.args(["users", "import", "many.csv", "-c", "dectgate.toml"]);
        let begin = Instant::now();
        let mut import = Process::start(scene, "import", &mut command);
        while begin.elapsed() < whole * percent / 100 && import.ended().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let answered = import.ended().is_some_and(|status| status.success());
        match &mut gateway {
            Some(gateway) => gateway.process().kill(),
            None => import.kill(),
        }
        drop(import);
        drop(gateway);
        let there = numbers(scene);
        let many = there.len().checked_sub(FIRST.len()).expect("the users of before are there");
        assert!(many == 0 || many == MANY.len(), "killed at {percent} %: {many} of {} users", MANY.len());
        assert!(!answered || many == MANY.len(), "killed at {percent} %: an answered import was lost");
        assert!(FIRST.map(|number| number.to_string()).all(|number| there.contains(&number)));
        // And it runs with what is there.
        let gateway = Gateway::start_again(scene);
        assert_eq!(gateway.figure("users"), there.len() as u64);
        outcomes.push(format!("{percent} %: {}", if many == 0 { "none" } else { "all" }));
    }
    println!("  killed at {}", outcomes.join(", "));
    Outcome::Done
}

fn rows(numbers: std::ops::Range<u32>) -> String {
    let mut text =
        String::from("Long Name;Name;Number;Display Name;Auth Name (SIP);Idle Display;IPEI/IPDI;Password;\n");
    for number in numbers {
        writeln!(text, "User {number};;{number};User {number};;;;secret{number};").unwrap();
    }
    text
}

fn numbers(scene: &Scene) -> BTreeSet<String> {
    let output = Gateway::order_in(scene, &["users", "list", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let users: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    let numbers: BTreeSet<String> =
        users.iter().filter_map(|user| user["number"].as_str().map(str::to_owned)).collect();
    assert_eq!(numbers.len(), users.len(), "a number twice");
    numbers
}

fn remove_store(scene: &Scene) {
    for name in ["dectgate.db", "dectgate.db-wal", "dectgate.db-shm", "dectgate.db.key"] {
        let _absent = std::fs::remove_file(scene.path(name));
    }
}

const FIRST: std::ops::Range<u32> = 200_001..200_021;
const MANY: std::ops::Range<u32> = 300_000..400_000;
/// Shares of the time of an undisturbed import.
const MOMENTS: [u32; 7] = [20, 40, 50, 60, 70, 80, 95];
