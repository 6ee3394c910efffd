//! At loss rates from 0 to 30 %, with duplicates and reordering, every call completes or ends: exactly one terminal event
//! per session, nothing left behind. A failing seed prints itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod net;

use std::collections::BTreeMap;
use std::time::Duration;

use net::{A, ANSWER, B, Net, OFFER, Seeded};
use sip::{Event, SessionEvent, SessionId, Status};

/// What the owners of both ends do, at random.
struct Owners {
    dice: Seeded,
    /// Terminal events per (end, session); every session that was ever seen has an entry.
    terminals: BTreeMap<(usize, SessionId), usize>,
    answered: usize,
    offers_answered: usize,
}

impl Owners {
    fn act(&mut self, net: &mut Net, end: usize, id: SessionId, event: &SessionEvent) {
        let seen = self.terminals.entry((end, id)).or_default();
        assert_eq!(*seen, 0, "{event:?} after the terminal event");
        if event.is_terminal() {
            *seen += 1;
            return;
        }
        let now = net.now;
        let roll = self.dice.below(100);
        let endpoint = net.endpoint(end);
        // A verb may come too late for the state the network has brought about; then it is refused.
        let _ = match event {
            SessionEvent::Incoming { .. } => {
                if roll < 60 {
                    let _ = endpoint.progress(now, id, Status::RINGING, None, &[]);
                }
                match roll {
                    ..10 => endpoint.reject(now, id, Status::BUSY_HERE, "", &[]),
                    10..20 => Ok(()),
                    _ => endpoint.answer(now, id, Some(ANSWER.into()), &[]),
                }
            }
            SessionEvent::Answered { body: Some(_), .. } if roll.is_multiple_of(7) => {
                let _ = endpoint.ack_with(now, id, ANSWER.into());
                Ok(())
            }
            SessionEvent::Answered { .. } | SessionEvent::Confirmed { .. } => {
                self.answered += usize::from(end == A);
                let _ = endpoint.ack_with(now, id, ANSWER.into());
                match roll {
                    ..20 => endpoint.bye(now, id, &[]),
                    20..60 => endpoint.offer(now, id, OFFER.into()),
                    60..70 => endpoint.update(now, id, OFFER.into()),
                    _ => endpoint.send_in_dialog(now, id, "INFO", &[], None).map(|_| ()),
                }
            }
            SessionEvent::Offered { .. } => match roll {
                ..70 => endpoint.accept_offer(now, id, ANSWER.into()),
                70..90 => endpoint.reject_offer(now, id, Status::NOT_ACCEPTABLE_HERE),
                _ => Ok(()),
            },
            SessionEvent::OfferAnswered { .. } => {
                self.offers_answered += 1;
                if roll < 50 { endpoint.bye(now, id, &[]) } else { Ok(()) }
            }
            _ => Ok(()),
        };
        net.drain();
    }

    fn react(&mut self, net: &mut Net) {
        for end in [A, B] {
            while let Some(event) = net.ends[end].events.pop_front() {
                match event {
                    Event::Session { id, event: SessionEvent::Request { id: request, message } } => {
                        assert_eq!(self.terminals.get(&(end, id)), Some(&0));
                        let reply = sip::Builder::reply(&message, Status::OK, "", None).finish();
                        let now = net.now;
                        let _ = net.endpoint(end).respond(now, request, reply);
                        net.drain();
                    }
                    Event::Session { id, event } => self.act(net, end, id, &event),
                    Event::Response { .. } | Event::Failed { .. } => {}
                    Event::Request { message, .. } => panic!("{message:?} lost its dialog"),
                }
            }
        }
    }
}

fn run(seed: u64, loss_percent: u64) -> Owners {
    let mut net = Net::new(seed);
    net.loss_percent = loss_percent;
    net.duplicate_percent = 5;
    net.delay_ms = (5, 120);
    let mut owners =
        Owners { dice: Seeded(seed + 7), terminals: BTreeMap::new(), answered: 0, offers_answered: 0 };
    let mut placed = Vec::new();
    for _ in 0..8 {
        let mut call = net.call(net.ends[B].address);
        if owners.dice.chance(20) {
            call.offer = None;
        }
        let id = net.invite(call);
        owners.terminals.insert((A, id), 0);
        placed.push(id);
    }
    for round in 0..600 {
        net.run_for(Duration::from_millis(500));
        owners.react(&mut net);
        let now = net.now;
        if let Some(id) = placed.get(round / 4).filter(|_| round % 4 == 3 && owners.dice.chance(30)) {
            let _ = net.endpoint(A).cancel(now, *id, &[]);
            net.drain();
        }
        // After two minutes everybody hangs up.
        if round >= 240 {
            for (end, id) in owners.terminals.keys().copied().collect::<Vec<_>>() {
                let _ = net.endpoint(end).bye(now, id, &[]);
                net.drain();
            }
        }
    }
    net.assert_no_leak();
    owners.react(&mut net);
    for ((end, id), terminals) in &owners.terminals {
        assert_eq!(*terminals, 1, "session {id:?} of end {end}");
    }
    owners
}

#[test]
fn every_call_ends_once_and_leaves_nothing() {
    let mut answered = 0;
    let mut offers_answered = 0;
    for seed in 0..60 {
        let loss_percent = seed % 31;
        let run = std::panic::catch_unwind(|| run(seed, loss_percent));
        let owners = run.unwrap_or_else(|_| panic!("seed {seed}, loss {loss_percent} %"));
        answered += owners.answered;
        offers_answered += owners.offers_answered;
    }
    assert!(answered > 150, "{answered} calls answered");
    assert!(offers_answered > 50, "{offers_answered} offers answered");
}
