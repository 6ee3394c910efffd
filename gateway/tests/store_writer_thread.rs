//! The writer thread: answers in order, the last word about every device, a full queue that gives jobs back.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    path::Path,
    sync::{Arc, Barrier, mpsc},
};

use control::{
    SavedBinding, SavedLocation,
    clock::UnixMillis,
    directory::{DeviceId, NewUser, Profile, SiteId, UserId},
    registrar::AccountId,
};
use dectgate::store::{
    AuditEntry, CallRow, Job, NotTaken, Store, StoreSettings, Ticket, Whereabouts, Writer,
};
use sip::{ConnectionId, Flow, ListenerId, Transport};

fn open(folder: &Path) -> Store {
    let settings =
        StoreSettings { path: folder.join("d.db"), key_path: folder.join("d.key"), site: SiteId::FIRST };
    Store::open(&settings).unwrap()
}

fn location(device: u64, port: u16, expires: u64) -> SavedLocation {
    SavedLocation {
        account: AccountId::Device(DeviceId(device)),
        contact: format!("sip:{device}@192.0.2.1"),
        flow: Flow {
            transport: Transport::Tcp,
            listener: ListenerId(3),
            remote: format!("[2001:db8::1]:{port}").parse().unwrap(),
            connection: Some(ConnectionId(u64::MAX)),
        },
        path: vec!["<sip:a;lr>".into(), "<sip:b;lr>".into()],
        aor: device.to_string(),
        user_agent: "base/1".into(),
        instance: Some("<urn:uuid:1>;reg-id=1".into()),
        call_id: "c".into(),
        cseq: u32::MAX,
        since: UnixMillis(device),
        expires: UnixMillis(expires),
    }
}

fn binding(user: u64, expires: u64) -> SavedBinding {
    SavedBinding {
        user: UserId(user),
        call_id: format!("call-{user}"),
        cseq: 7,
        contact: "sip:x@192.0.2.9:5080".into(),
        registrar: "192.0.2.7:5060".parse().unwrap(),
        expires: UnixMillis(expires),
    }
}

#[test]
fn whereabouts_come_back_and_stale_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let writer = Writer::start(open(folder.path()), 100, |_| {}).unwrap();
    let handle = writer.handle();
    let news = [
        Whereabouts::Location(Box::new(location(1, 5060, 2000))),
        Whereabouts::Location(Box::new(location(2, 5060, 2000))),
        Whereabouts::Location(Box::new(location(3, 5060, 900))),
        Whereabouts::Location(Box::new(location(1, 5062, 3000))),
        Whereabouts::LocationGone(AccountId::Device(DeviceId(2)), location(2, 0, 0).contact),
        Whereabouts::Binding(Box::new(binding(1, 5000))),
        Whereabouts::Binding(Box::new(binding(2, 5000))),
        Whereabouts::BindingGone(UserId(2)),
    ];
    for news in news {
        handle.submit(Job::Whereabouts(news)).unwrap();
    }
    drop(handle);
    drop(writer.finish().unwrap());
    let store = open(folder.path());
    assert_eq!(store.locations(UnixMillis(1000)).unwrap(), [location(1, 5062, 3000)]);
    assert_eq!(store.bindings(UnixMillis(1000)).unwrap(), [binding(1, 5000)]);
}

#[test]
fn changes_are_answered_in_order_and_records_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let mut directory = store.directory().unwrap();
    let (acks, answered) = mpsc::channel();
    let writer =
        Writer::start(store, 100, move |ack| acks.send((ack.ticket, ack.result.is_ok())).unwrap()).unwrap();
    let handle = writer.handle();
    for n in 0..50u64 {
        let profile = Profile {
            long_name: format!("U {n}").into(),
            number: n.to_string().into(),
            ..Profile::default()
        };
        let (_, changes) =
            directory.plan_add_user(UnixMillis(n), NewUser { profile, ..NewUser::default() }).unwrap();
        directory.apply_all(&changes);
        handle.submit_waiting(Job::Changes(Ticket(n), changes)).unwrap();
    }
    let audit = AuditEntry {
        at: UnixMillis(9),
        actor: "cli".into(),
        action: "users import".into(),
        subject: "users.csv".into(),
        detail: "50 added".into(),
    };
    handle.submit_waiting(Job::Audit(audit.clone())).unwrap();
    let call = CallRow {
        call: "1".into(),
        user: 1,
        direction: "out".into(),
        peer: "300".into(),
        started: UnixMillis(1),
        answered: None,
        ended: UnixMillis(2),
        status: 486,
        media: "[]".into(),
    };
    handle.submit_waiting(Job::Call(Box::new(call.clone()))).unwrap();
    drop(handle);
    let store = writer.finish().unwrap();
    assert_eq!(answered.iter().collect::<Vec<_>>(), (0..50).map(|n| (Ticket(n), true)).collect::<Vec<_>>());
    assert_eq!(store.directory().unwrap().user_count(), 50);
    assert_eq!(store.audit(10).unwrap(), [audit]);
    assert_eq!(store.call_records(10).unwrap(), [call]);
}

#[test]
fn a_full_queue_gives_the_job_back() {
    let folder = tempfile::tempdir().unwrap();
    let (entered, leave) = (Arc::new(Barrier::new(2)), Arc::new(Barrier::new(2)));
    let (inside, release) = (entered.clone(), leave.clone());
    let mut first = true;
    let writer = Writer::start(open(folder.path()), 1, move |_| {
        if std::mem::take(&mut first) {
            inside.wait();
            release.wait();
        }
    })
    .unwrap();
    let handle = writer.handle();
    handle.submit(Job::Changes(Ticket(1), Vec::new())).unwrap();
    entered.wait();
    handle.submit(Job::Changes(Ticket(2), Vec::new())).unwrap();
    let refused = handle.submit(Job::Changes(Ticket(3), Vec::new()));
    assert!(matches!(refused, Err(NotTaken(Job::Changes(Ticket(3), _)))));
    leave.wait();
}
