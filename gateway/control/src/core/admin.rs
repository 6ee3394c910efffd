//! Orders and questions of operators.
//!
//! An order that changes the directory is planned, applied here and answered by the shell when it is stored.

use std::time::Instant;

use admin_api::{Command, Reply};

use super::{Core, Drain, view};
use crate::{
    directory::csv::{self, Import, Options},
    output::{Output, ReplyId},
};

impl Core {
    pub(super) fn handle_admin(&mut self, now: Instant, id: ReplyId, command: Command) {
        let reply = match command {
            Command::Bindings { user } => self.bindings(now, user.as_deref()),
            Command::Calls => Reply::Calls(view::calls(&self.calls, &self.directory)),
            Command::Drain { force } => {
                // The answer first: an empty gateway is drained at once, and nobody would hear of it.
                self.out.push(Output::Reply(id, Box::new(Reply::Done)));
                return self.begin_drain(now, force);
            }
            Command::ExportUsers => {
                let mut file = String::new();
                // Writing to a string cannot fail.
                let _infallible = csv::export(&self.directory, ';', &mut file);
                Reply::Export(file)
            }
            Command::Faults => Reply::Faults(view::faults(&self.faults, &self.directory)),
            Command::ImportUsers { csv, dry_run, skip_bad } => {
                return self.import(now, id, &csv, dry_run, skip_bad);
            }
            Command::Status => Reply::Status(Box::new(self.status(now))),
            Command::Users { prefix } => Reply::Users(self.users(now, &prefix)),
        };
        self.out.push(Output::Reply(id, Box::new(reply)));
    }

    fn import(&mut self, now: Instant, id: ReplyId, file: &str, dry_run: bool, skip_bad: bool) {
        let table = match csv::read(file.as_bytes()) {
            Ok(table) => table,
            Err(fault) => {
                return self.out.push(Output::Reply(id, Box::new(Reply::Refused(fault.to_string()))));
            }
        };
        let options = Options { skip_bad };
        let wall = self.clock.wall(now);
        let entropy = &mut self.entropy;
        let Import { changes, report } =
            self.directory.plan_import(wall, table, options, &mut |out| entropy.fill(out));
        let applied = !dry_run && report.takes_effect(options);
        let reply = Reply::Import(csv::told(&report, applied));
        if !applied || changes.is_empty() {
            return self.out.push(Output::Reply(id, Box::new(reply)));
        }
        self.directory.apply_all(&changes);
        let (mut cx, rooms) = self.split(now);
        rooms.registrar.handle_changes(&mut cx, &changes);
        rooms.registration.handle_changes(&mut cx, &changes);
        rooms.calls.handle_changes(&mut cx, &changes);
        self.out.push(Output::Persist { changes, reply: Some((id, Box::new(reply))) });
    }

    fn bindings(&self, now: Instant, number: Option<&str>) -> Reply {
        let Some(number) = number else {
            let all = self.registration.bindings();
            return Reply::Bindings(
                all.map(|binding| view::binding(now, &binding, &self.directory)).collect(),
            );
        };
        let Some(user) = self.directory.user_by_number(number) else {
            return Reply::Refused(format!("no user has the number {number}"));
        };
        let binding = self.registration.binding(user.id);
        Reply::Bindings(
            binding.map(|binding| view::binding(now, &binding, &self.directory)).into_iter().collect(),
        )
    }

    fn users(&self, now: Instant, prefix: &str) -> Vec<admin_api::UserView> {
        self.directory
            .users_with_number_prefix(prefix)
            .map(|user| view::user(now, user, &self.directory, &self.registrar, &self.registration))
            .collect()
    }

    pub(super) fn status(&self, now: Instant) -> admin_api::StatusView {
        let (counts, calls) = (self.registration.counts(), self.calls.counters());
        admin_api::StatusView {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            uptime_s: self.started.map_or(0, |started| now.saturating_duration_since(started).as_secs()),
            draining: self.drain != Drain::No,
            users: self.directory.users().count(),
            devices: self.directory.devices().count(),
            located: self.registrar.counts().users,
            bases: self.registrar.bases().map(view::base).collect(),
            bindings: counts.bindings,
            registered: counts.held,
            waiting: counts.waiting,
            calls: self.calls.len(),
            calls_attempted: calls.attempted,
            calls_answered: calls.answered,
            calls_failed: calls.failed,
            calls_refused: calls.refused,
            rtp_ports: self.calls.ports_used(),
            transactions: self.endpoint.counts().transactions,
            faults: view::faults(&self.faults, &self.directory),
        }
    }
}
