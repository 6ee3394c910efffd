//! What Prometheus sees. A counter is a field: its documentation is the help text, so neither can be missing.
//!
//! Counters are added to where things happen. State (users, registrations, calls) is not counted twice: it is asked from
//! control when someone looks.

mod text;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

use admin_api::StatusView;
use media::Counters;

use self::text::Text;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Adds.
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    /// The sum.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

macro_rules! counters {
    ($($(#[doc = $help:literal])+ $field:ident = $name:literal,)+) => {
        /// All counters of the shell.
        #[derive(Debug, Default)]
        pub struct Metrics {
            $($(#[doc = $help])+ pub $field: Counter,)+
            workers: OnceLock<Vec<Arc<Counters>>>,
        }

        impl Metrics {
            fn counters(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
                [$(($name, concat!($($help),+).trim_ascii(), self.$field.value()),)+].into_iter()
            }
        }
    };
}

counters! {
    /// Commands that operators gave.
    admin_commands = "dectgate_admin_commands_total",
    /// Connections to the control socket that were refused because there were too many.
    admin_refused = "dectgate_admin_refused_total",
    /// SIP datagrams received.
    datagrams_received = "dectgate_sip_datagrams_received_total",
    /// SIP messages sent, over any transport.
    messages_sent = "dectgate_sip_messages_sent_total",
}

impl Metrics {
    /// Shows the counters of the media workers as well; they are read when someone looks.
    pub fn watch_workers(&self, workers: Vec<Arc<Counters>>) {
        // Workers are started once; a second list would be a mistake of the caller and changes nothing.
        let _first = self.workers.set(workers);
    }

    /// The text format of Prometheus, version 0.0.4. Without a status only the counters.
    #[must_use]
    pub fn render(&self, status: Option<&StatusView>) -> String {
        let mut text = Text::default();
        text.family("dectgate_build_info", "Version of the program.", "gauge");
        text.sample("dectgate_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1);
        for (name, help, value) in self.counters() {
            text.family(name, help, "counter");
            text.sample(name, &[], value);
        }
        self.render_workers(&mut text);
        if let Some(status) = status {
            render_status(&mut text, status);
        }
        text.finish()
    }

    fn render_workers(&self, text: &mut Text) {
        let Some(workers) = self.workers.get() else { return };
        for (name, help, kind, counter) in WORKER_FIGURES {
            text.family(name, help, kind);
            for (number, worker) in workers.iter().enumerate() {
                let value = counter(worker).load(Ordering::Relaxed);
                text.sample(name, &[("worker", &number.to_string())], value);
            }
        }
    }
}

fn render_status(text: &mut Text, status: &StatusView) {
    for (name, help, kind, figure) in STATUS_FIGURES {
        text.family(name, help, kind);
        text.sample(name, &[], figure(status));
    }
    let name = "dectgate_fault";
    text.family(name, "Faults that stand, by code.", "gauge");
    let mut codes: Vec<&str> = status.faults.iter().map(|fault| fault.code.as_str()).collect();
    codes.sort_unstable();
    for same in codes.chunk_by(|a, b| a == b) {
        text.sample(name, &[("code", same[0])], count(same.len()));
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

type WorkerFigure = (&'static str, &'static str, &'static str, fn(&Counters) -> &AtomicU64);

const WORKER_FIGURES: &[WorkerFigure] = &[
    ("dectgate_media_received_total", "RTP and RTCP datagrams received.", "counter", |c| &c.received),
    ("dectgate_media_sent_total", "RTP and RTCP datagrams sent.", "counter", |c| &c.sent),
    ("dectgate_media_dropped_total", "Media datagrams that no session wanted.", "counter", |c| &c.dropped),
    ("dectgate_media_overflowed_total", "Media datagrams that the kernel dropped.", "counter", |c| {
        &c.overflowed
    }),
    ("dectgate_media_send_failures_total", "Media datagrams that could not be sent.", "counter", |c| {
        &c.send_failures
    }),
    ("dectgate_media_lost_events_total", "Media events that found no room.", "counter", |c| &c.lost_events),
    ("dectgate_media_sessions", "Media sessions of the moment.", "gauge", |c| &c.sessions),
];

type StatusFigure = (&'static str, &'static str, &'static str, fn(&StatusView) -> u64);

const STATUS_FIGURES: &[StatusFigure] = &[
    ("dectgate_uptime_seconds", "Seconds since the start.", "gauge", |s| s.uptime_s),
    ("dectgate_draining", "1 while no new calls are taken.", "gauge", |s| u64::from(s.draining)),
    ("dectgate_users", "Users in the directory.", "gauge", |s| count(s.users)),
    ("dectgate_devices", "Devices in the directory.", "gauge", |s| count(s.devices)),
    ("dectgate_users_located", "Users whose handset is located.", "gauge", |s| count(s.located)),
    ("dectgate_bases", "Base stations heard of.", "gauge", |s| count(s.bases.len())),
    ("dectgate_bindings", "Registrations at the PBX, whatever their state.", "gauge", |s| count(s.bindings)),
    ("dectgate_bindings_registered", "Registrations that the PBX holds.", "gauge", |s| count(s.registered)),
    ("dectgate_bindings_waiting", "Registrations that wait for their turn.", "gauge", |s| count(s.waiting)),
    ("dectgate_calls", "Calls of the moment.", "gauge", |s| count(s.calls)),
    ("dectgate_calls_attempted_total", "Calls attempted.", "counter", |s| s.calls_attempted),
    ("dectgate_calls_answered_total", "Calls answered.", "counter", |s| s.calls_answered),
    ("dectgate_calls_failed_total", "Calls that ended unanswered.", "counter", |s| s.calls_failed),
    ("dectgate_calls_refused_total", "Calls refused by a limit or for want of a right.", "counter", |s| {
        s.calls_refused
    }),
    ("dectgate_rtp_ports", "RTP ports in use.", "gauge", |s| count(s.rtp_ports)),
    ("dectgate_sip_transactions", "SIP transactions of the moment.", "gauge", |s| count(s.transactions)),
];

#[cfg(test)]
mod tests {
    use admin_api::FaultView;

    use super::*;

    #[test]
    fn every_family_has_help_and_type_once() {
        let metrics = Metrics::default();
        metrics.datagrams_received.add(41);
        metrics.datagrams_received.add(1);
        metrics.watch_workers(vec![Arc::default(), Arc::default()]);
        let fault = |code: &str| FaultView {
            code: code.into(),
            text: String::new(),
            subject: String::new(),
            since_ms: 0,
            detail: String::new(),
        };
        let status = StatusView {
            users: 7,
            faults: vec![fault("0x1"), fault("0x2"), fault("0x1")],
            ..StatusView::default()
        };
        let text = metrics.render(Some(&status));
        assert!(text.contains("# HELP dectgate_sip_datagrams_received_total SIP datagrams received.\n"));
        assert!(text.contains("\ndectgate_sip_datagrams_received_total 42\n"));
        assert!(text.contains("\ndectgate_media_sessions{worker=\"1\"} 0\n"));
        assert!(text.contains("\ndectgate_users 7\n"));
        assert!(text.contains("\ndectgate_fault{code=\"0x1\"} 2\n"));
        let mut families = std::collections::BTreeSet::new();
        for line in text.lines().filter(|line| line.starts_with("# TYPE ")) {
            assert!(families.insert(line.to_owned()), "{line} twice");
        }
        for sample in text.lines().filter(|line| !line.starts_with('#')) {
            let name = sample.split(['{', ' ']).next().unwrap();
            assert!(
                families.iter().any(|family| family.split(' ').nth(2) == Some(name)),
                "{name} has no type"
            );
            assert!(text.contains(&format!("# HELP {name} ")), "{name} has no help");
            let counter = families.contains(&format!("# TYPE {name} counter"));
            assert_eq!(name.ends_with("_total"), counter, "{name}");
        }
    }
}
