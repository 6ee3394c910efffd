//! Commands of control: sessions begin, change and end; sockets with them.
//!
//! A session is opened completely or not at all: a port that cannot be bound, or a plan that cannot be, leaves nothing behind.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use media_api::{Command, Event, LegIndex, LegPlan, LocalPort, MAX_LEGS, Plan, Refusal, SessionId};

use super::run::Loop;
use super::table::{Entry, LegSockets, SessionKey, SocketEntry};
use crate::outbox::Channel;
use crate::session::Session;
use crate::sys::MediaSocket;

/// Sockets that a leg gets in addition to what it has.
struct Bound {
    local: LocalPort,
    rtp: Option<MediaSocket>,
    rtcp: Option<MediaSocket>,
}

impl Loop {
    pub(super) fn handle_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::Close(session) => self.close(now, session),
            Command::Open(session, plan) => {
                let opened = self.open(now, session, &plan);
                self.tell_refusal(session, opened);
            }
            Command::Replace(session, plan) => {
                let replaced = self.replace(now, session, &plan);
                self.tell_refusal(session, replaced);
            }
            Command::SendDigit { session, leg, digit, duration_ms } => {
                self.send_digit(now, session, leg, digit, duration_ms);
            }
        }
    }

    /// Ends all sessions.
    pub(super) fn close_all(&mut self, now: Instant) {
        for id in self.table.ids() {
            self.close(now, id);
        }
    }

    fn open(&mut self, now: Instant, id: SessionId, plan: &Plan) -> Result<(), Refusal> {
        // The number is control's and unique; a second opening is an error of control, not of the first call.
        if self.table.find(id).is_some() {
            return Err(Refusal::Plan);
        }
        if self.table.len() >= self.max_sessions {
            return Err(Refusal::Sessions);
        }
        let seed = self.next_seed(id);
        let session = Session::open(now, self.clock, self.tones, seed, plan)?;
        let bound = self.bind_new(plan, None)?;
        let scheduled = session.poll_timeout();
        let key = self.table.insert(Entry { id, session, legs: [None; MAX_LEGS], scheduled });
        if let Err(refusal) = self.adopt(key, bound) {
            self.remove(key);
            return Err(refusal);
        }
        self.deadlines.push(scheduled, key);
        Ok(())
    }

    fn replace(&mut self, now: Instant, id: SessionId, plan: &Plan) -> Result<(), Refusal> {
        let key = self.table.find(id).ok_or(Refusal::Unknown)?;
        if plan.legs.len() > MAX_LEGS {
            return Err(Refusal::Plan);
        }
        let bound = self.bind_new(plan, Some(key))?;
        let entry = self.table.session(key).ok_or(Refusal::Unknown)?;
        entry.session.set_plan(now, plan)?;
        let surplus: [_; MAX_LEGS] =
            std::array::from_fn(|leg| entry.legs[leg].take_if(|_| leg >= plan.legs.len()));
        self.close_all_sockets(surplus);
        self.adopt(key, bound)?;
        self.reschedule(key);
        Ok(())
    }

    fn close(&mut self, now: Instant, id: SessionId) {
        let Some(key) = self.table.find(id) else {
            self.reporter.tell(Event::Refused { session: id, reason: Refusal::Unknown });
            return;
        };
        if let Some(entry) = self.table.session(key) {
            entry.session.close(now, &mut self.outbox);
            self.flush(key);
        }
        if let Some(entry) = self.remove(key) {
            self.reporter.tell(Event::Closed { session: id, legs: entry.session.stats().collect() });
        }
    }

    fn remove(&mut self, key: SessionKey) -> Option<Entry> {
        let entry = self.table.remove(key)?;
        self.close_all_sockets(entry.legs);
        Some(entry)
    }

    fn send_digit(&mut self, now: Instant, id: SessionId, leg: LegIndex, digit: char, duration_ms: u16) {
        let Some(key) = self.table.find(id) else { return };
        let Some(entry) = self.table.session(key) else { return };
        entry.session.send_digit(now, leg, digit, duration_ms, &mut self.outbox);
        self.flush(key);
        self.reschedule(key);
    }

    fn tell_refusal(&mut self, session: SessionId, result: Result<(), Refusal>) {
        if let Err(reason) = result {
            self.reporter.tell(Event::Refused { session, reason });
        }
    }

    /// Binds what the plan needs and the session does not have yet.
    fn bind_new(
        &mut self,
        plan: &Plan,
        key: Option<SessionKey>,
    ) -> Result<[Option<Bound>; MAX_LEGS], Refusal> {
        let has = key.and_then(|key| self.table.session(key)).map_or([None; MAX_LEGS], |entry| entry.legs);
        let mut bound = [const { None }; MAX_LEGS];
        for ((leg, has), bound) in plan.legs.iter().zip(has).zip(&mut bound) {
            let has = has.filter(|has| has.local == leg.local);
            *bound = self.bind(leg, has)?;
        }
        Ok(bound)
    }

    /// Binds what a leg lacks on its port; `None` when it lacks nothing.
    fn bind(&self, leg: &LegPlan, has: Option<LegSockets>) -> Result<Option<Bound>, Refusal> {
        let LocalPort { interface, port } = leg.local;
        let refused = Refusal::Port(leg.local);
        if !self.ports.contains(port) {
            return Err(refused);
        }
        let lacks_rtcp = !leg.rtcp_mux && has.is_none_or(|has| has.rtcp.is_none());
        if has.is_some() && !lacks_rtcp {
            return Ok(None);
        }
        let address = |(_, address): &(_, IpAddr)| *address;
        let ip = self.interfaces.iter().find(|(id, _)| *id == interface).map(address).ok_or(refused)?;
        let socket = |port| MediaSocket::bind(SocketAddr::new(ip, port), self.tos).map_err(|_| refused);
        let rtp = if has.is_none() { Some(socket(port)?) } else { None };
        let rtcp = if lacks_rtcp { Some(socket(port + 1)?) } else { None };
        Ok(Some(Bound { local: leg.local, rtp, rtcp }))
    }

    /// Puts bound sockets into the table; closes those they replace.
    fn adopt(&mut self, key: SessionKey, bound: [Option<Bound>; MAX_LEGS]) -> Result<(), Refusal> {
        for (index, bound) in bound.into_iter().enumerate() {
            let Some(Bound { local, rtp, rtcp }) = bound else { continue };
            let leg = LegIndex(index as u8);
            let mut add = |socket, channel| {
                let entry = SocketEntry { socket, session: key, leg, channel, overflowed: 0 };
                self.watch(entry).map_err(|_| Refusal::Port(local))
            };
            let rtp = rtp.map(|socket| add(socket, Channel::Rtp)).transpose()?;
            let rtcp = rtcp.map(|socket| add(socket, Channel::Rtcp)).transpose()?;
            let Some(entry) = self.table.session(key) else { continue };
            match (rtp, &mut entry.legs[index]) {
                (Some(rtp), has) => {
                    let old = has.replace(LegSockets { local, rtp, rtcp });
                    self.close_all_sockets([old]);
                }
                (None, Some(has)) => has.rtcp = rtcp,
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn close_all_sockets<const N: usize>(&mut self, legs: [Option<LegSockets>; N]) {
        for sockets in legs.into_iter().flatten() {
            self.table.remove_socket(sockets.rtp);
            if let Some(rtcp) = sockets.rtcp {
                self.table.remove_socket(rtcp);
            }
        }
    }
}
