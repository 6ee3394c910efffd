//! Every message of the field sets is read, written anew, read again and found equal. Those that are not sound stand
//! in `expectations.tsv` with what is wrong and why, and must stay wrong: an expectation that is not met any more
//! fails like an unexpected fault.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod shared;

use std::collections::BTreeMap;

use sip::message::validate;
use sip::syntax::unfold;
use sip::{Message, Name};

#[test]
fn nist_torture() {
    check("sip-torture-nist", "sip");
}

#[test]
fn rfc_call_flows() {
    check("sip-messages-rfc-callflows", "sip");
}

#[test]
fn captured() {
    check("sip-messages-from-pcaps", "sip");
}

#[test]
fn kamailio() {
    check("sip-messages-kamailio", "sip");
}

#[test]
fn resiprocate() {
    check("sip-messages-resiprocate", "msg");
}

fn check(set: &str, extension: &str) {
    let Some(files) = shared::vectors(set, extension) else { return };
    let mut expected = expectations(set);
    let mut wrong = Vec::new();
    for (name, octets) in &files {
        let outcome = outcome(&expand(octets));
        let expectation = expected.remove(name.as_str()).unwrap_or_else(|| "sound".into());
        if outcome != expectation {
            wrong.push(format!("{set}/{name}\t{outcome}\t(expected: {expectation})"));
        }
    }
    wrong.extend(expected.keys().map(|name| format!("{set}/{name}: expected but not there")));
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), files.len(), wrong.join("\n"));
}

/// The NIST files write octets that XML cannot hold as `<hex>0A1B</hex>`.
fn expand(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = octets;
    while let Some(open) = memchr::memmem::find(rest, b"<hex>") {
        let digits = &rest[open + 5..];
        let close = memchr::memmem::find(digits, b"</hex>").unwrap();
        out.extend_from_slice(&rest[..open]);
        let pairs = digits[..close].as_chunks::<2>().0;
        out.extend(
            pairs.iter().map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()),
        );
        rest = &digits[close + 6..];
    }
    out.extend_from_slice(rest);
    out
}

/// `sound`, or the first thing that is wrong. The rewriting must hold for everything that parses.
fn outcome(octets: &[u8]) -> String {
    let message = match Message::parse(octets) {
        Ok(message) => message,
        Err(error) => return format!("unreadable: {error}"),
    };
    let rewritten = message.rewrite();
    let again = Message::parse(&rewritten[..]).unwrap();
    assert_eq!(parts(&message), parts(&again));
    assert!(again.defect().is_none_or(|defect| Some(defect) == message.defect()));
    assert_eq!(again.rewrite(), rewritten, "rewriting changes nothing the second time");
    match validate(&message) {
        Ok(()) => "sound".into(),
        // On its way between two proxies: sound, but not for us.
        Err(rejection) if rejection.reason == "More than one Via" => "sound".into(),
        Err(rejection) => format!("{}: {}", rejection.status, rejection.reason),
    }
}

type Header = (String, Vec<u8>);

/// All that a message says, Content-Length aside.
fn parts(message: &Message<&[u8]>) -> (Vec<Vec<u8>>, Vec<Header>, Vec<u8>) {
    let start = [message.request_uri().unwrap_or_default(), message.reason(), message.version()];
    let mut start: Vec<_> = start.iter().map(|word| word.to_vec()).collect();
    start.push(message.method().as_str().into());
    start.push(message.status().map(|status| status.to_string()).unwrap_or_default().into());
    let name = |line: &sip::message::HeaderLine<'_>| match line.name {
        Name::Other => String::from_utf8(line.raw_name.to_vec()).unwrap(),
        known => known.to_string(),
    };
    let headers = message
        .headers()
        .filter(|line| line.name != Name::ContentLength)
        .map(|line| (name(&line), unfold(line.value).into_owned()))
        .collect();
    (start, headers, message.body().to_vec())
}

/// Lines of `set/file TAB outcome TAB reason`.
fn expectations(set: &str) -> BTreeMap<&'static str, String> {
    EXPECTATIONS
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| {
            let mut columns = line.split('\t');
            let (file, outcome) = (columns.next()?, columns.next()?);
            assert!(columns.next().is_some_and(|reason| !reason.is_empty()), "no reason: {line}");
            file.strip_prefix(set)?.strip_prefix('/').map(|name| (name, outcome.to_owned()))
        })
        .collect()
}

const EXPECTATIONS: &str = include_str!("expectations.tsv");
