//! The configuration file: the example tells the truth, every fault is named with its line.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::time::Duration;

use control::settings::ContactPorts;
use dectgate::config::{ConfigFaults, Sections};
use sip::{ListenerId, Transport};

const EXAMPLE: &str = include_str!("../dectgate.example.toml");

const SMALL: &str = r#"
[access]
[[access.listener]]
bind = "127.0.0.1:5060"
[pbx]
proxy = "127.0.0.2"
[[pbx.listener]]
bind = "127.0.0.1:5070"
"#;

fn faults(text: &str) -> Vec<String> {
    let ConfigFaults(faults) = Sections::parse(text).unwrap_err();
    faults.iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_holds_the_defaults() {
    let example = Sections::parse(EXAMPLE).unwrap();
    let mut defaults = Sections::default();
    defaults.access.listeners.clone_from(&example.access.listeners);
    defaults.pbx.listeners.clone_from(&example.pbx.listeners);
    defaults.pbx.proxy.clone_from(&example.pbx.proxy);
    assert_eq!(example, defaults);
    assert_eq!(Sections::parse(SMALL).unwrap().media, defaults.media);
}

/// With every commented key switched on it is still a configuration, and no key that the readers know is left out.
#[test]
fn the_example_names_every_key() {
    let all: String = EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(key) if !key.starts_with(['#', ' ']) => format!("{key}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let full = Sections::parse(&all).unwrap();
    assert_eq!(full.pbx.domain.as_deref(), Some("example.org"));
    assert!(full.access.system_auth_code.is_some() && full.pbx.system_password.is_some());
    assert!(full.admin.metrics.is_some() && full.store.key_file.is_some());
    // A key that only the reader knows: each source file of the reader lists its keys as string literals.
    let readers = [
        include_str!("../src/config/access.rs"),
        include_str!("../src/config/pbx.rs"),
        include_str!("../src/config/media.rs"),
        include_str!("../src/config/calls.rs"),
        include_str!("../src/config/qos.rs"),
        include_str!("../src/config/store.rs"),
        include_str!("../src/config/admin.rs"),
        include_str!("../src/config/log.rs"),
    ];
    let mut keys = 0;
    for reader in readers {
        for call in reader.split("section.").skip(1) {
            let Some((verb, rest)) = call.split_once("(\"") else { continue };
            if verb.contains(['(', ' ']) || verb == "fault" || verb == "has" {
                continue;
            }
            let key = rest.split('"').next().unwrap();
            assert!(
                all.lines().any(|line| line.starts_with(&format!("{key} = "))),
                "{key} is not in the example"
            );
            keys += 1;
        }
    }
    assert!(keys > 50, "only {keys} keys found: the test looks at the wrong text");
}

#[test]
fn every_fault_is_named_with_its_line() {
    let text = r#"[access]
relam = "x"
accounts = "some"
min_expires_s = 5
digests = ["MD5", "MD4", "MD5"]
[[access.listener]]
bind = "0.0.0.0:5060"
[[access.listener]]
transport = "sctp"
bind = "nowhere"
[pbx]
proxy = "a b"
refresh_percent = [90, 50]
expires_s = "120"
register_always = 1
[media]
port_first = 16385
[calls]
max_calls = -1
[store]
path = ""
[log]
filter = "a=b=c"
[extra]
"#;
    let expected = [
        "line 2: access.relam: unknown; is realm meant?",
        "line 3: access.accounts: \"some\" is none of both, user, device",
        "line 4: access.min_expires_s: must be a whole number from 10 to 86400",
        "line 5: access.digests: \"MD4\" is none of",
        "line 5: access.digests: \"MD5\" stands there twice",
        "line 6: access.listener.advertised: is missing",
        "line 9: access.listener.transport: \"sctp\" is none of udp, tcp",
        "line 10: access.listener.bind: \"nowhere\" is not an address with a port",
        "line 11: pbx.listener: is missing: at least one is needed",
        "line 12: pbx.proxy: is neither a host nor host:port",
        "line 13: pbx.refresh_percent: must be [low, high]",
        "line 14: pbx.expires_s: must be a whole number from 30 to 86400",
        "line 15: pbx.register_always: must be true or false",
        "line 16: media.access_advertised: is missing",
        "line 17: media.port_first: must be even",
        "line 16: media.port_count: goes beyond",
        "line 19: calls.max_calls: must be a whole number",
        "line 21: store.path: is empty",
        "line 23: log.filter: ",
        "line 24: extra: unknown",
    ];
    let found = faults(text);
    for expected in expected {
        assert!(found.iter().any(|found| found.starts_with(expected)), "{expected}\nnot in\n{found:#?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:#?}");
}

#[test]
fn faults_of_the_syntax_have_lines_too() {
    let found = faults("[access]\nrealm = \n[pbx]\nproxy = \"a\nregister_always = true\n");
    assert!(found.iter().any(|fault| fault.starts_with("line 2: ")), "{found:?}");
    assert!(found.iter().any(|fault| fault.starts_with("line 4: ")), "{found:?}");
    assert!(faults("").iter().any(|fault| fault == "pbx.proxy: is missing"));
}

#[test]
fn sections_are_compared() {
    let found = faults(&SMALL.replace("5070", "5060"));
    assert_eq!(found, ["line 7: pbx.listener: 127.0.0.1:5060 is a listener of the access side already"]);
    let found = faults(&SMALL.replace("proxy = \"127.0.0.2\"", "proxy = \"x\"\ncontact_port_count = 1000"));
    assert!(found[0].contains("overlap"), "{found:?}");
}

#[test]
fn control_gets_what_the_file_says() {
    let text = SMALL
        .replace("[access]", "[access]\nunreachable = 486\nsystem_auth_code = \"1234\"\nmin_expires_s = 0x1e")
        .replace(
            "\"127.0.0.2\"",
            "\"[2001:db8::2]:5066\"\ncontact_port_first = 3000\ncontact_port_count = 10",
        );
    let settings = Sections::parse(&text).unwrap().settings(6);
    assert_eq!(settings.access.min_expires, Duration::from_secs(30));
    assert_eq!(settings.access.unreachable, sip::Status(486));
    assert!(settings.access.system_auth_code.is_some());
    assert_eq!((settings.pbx.proxy_host.as_str(), settings.pbx.proxy_port), ("[2001:db8::2]", Some(5066)));
    assert_eq!(settings.pbx.domain, "[2001:db8::2]");
    assert_eq!(settings.pbx.contact_ports, ContactPorts::PerUser { first: 3000, count: 10 });
    let listener = &settings.pbx.listeners[0];
    assert_eq!((listener.id, listener.transport), (ListenerId(1), Transport::Udp));
    assert_eq!(listener.advertised, "127.0.0.1:5070");
    assert_eq!(settings.media.workers, 6);
    assert_eq!(settings.media.pbx.advertised.to_string(), "127.0.0.1");
    assert_eq!((settings.media.ports.first, settings.media.ports.pairs), (16_384, 24_576));
}

#[test]
fn no_debug_output_shows_a_secret() {
    let text = SMALL
        .replace("[access]", "[access]\nsystem_auth_code = \"31415926\"")
        .replace("[pbx]", "[pbx]\nsystem_password = \"hunter2\"");
    let sections = Sections::parse(&text).unwrap();
    let shown = format!("{sections:?} {:?}", sections.config(1));
    assert!(!shown.contains("31415926") && !shown.contains("hunter2"), "{shown}");
}
