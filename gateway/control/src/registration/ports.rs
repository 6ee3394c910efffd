//! A SIP port of its own for each user towards the PBX, where the PBX tells users apart by it (UD-20, REG-21).
//!
//! Owns which port belongs to whom. It opens nothing: the caller asks the shell. Freed ports are handed out last, so that a late
//! request for the user before rarely reaches the next one.

use std::collections::{HashMap, HashSet, VecDeque};

use sip::ListenerId;

use crate::{directory::UserId, settings::ContactPorts};

/// The ports of users.
#[derive(Debug, Default)]
pub(super) struct UserPorts {
    free: VecDeque<u16>,
    taken: HashMap<u16, UserId>,
    /// The shell could not open these.
    refused: HashSet<u16>,
}

impl UserPorts {
    pub(super) fn new(ports: ContactPorts) -> Self {
        let free = match ports {
            ContactPorts::Shared => VecDeque::new(),
            ContactPorts::PerUser { first, count } => (first..=first.saturating_add(count.saturating_sub(1)))
                .filter(|port| *port >= LOWEST && count > 0)
                .collect(),
        };
        Self { free, ..Self::default() }
    }

    /// A port for `user`: `wanted` if that can be had, else any. `None` when there is none left.
    pub(super) fn take(&mut self, user: UserId, wanted: Option<u16>) -> Option<u16> {
        let mut port = wanted.filter(|port| self.is_free(*port));
        while port.is_none() {
            port = Some(self.free.pop_front()?).filter(|port| self.is_free(*port));
        }
        let port = port?;
        self.taken.insert(port, user);
        Some(port)
    }

    /// Exactly this port; `false` when it is another's.
    pub(super) fn claim(&mut self, user: UserId, port: u16) -> bool {
        let free = self.is_free(port);
        if free {
            self.taken.insert(port, user);
        }
        free
    }

    pub(super) fn give_back(&mut self, port: u16) {
        if self.taken.remove(&port).is_some() && !self.refused.contains(&port) {
            self.free.push_back(port);
        }
    }

    /// The shell cannot open it: never again. Whose it was.
    pub(super) fn refuse(&mut self, port: u16) -> Option<UserId> {
        self.refused.insert(port);
        self.taken.get(&port).copied()
    }

    pub(super) fn user(&self, listener: ListenerId) -> Option<UserId> {
        self.taken.get(&listener.0).copied()
    }

    /// A claimed port may still stand in `free`; it is passed over there.
    fn is_free(&self, port: u16) -> bool {
        port >= LOWEST && !self.taken.contains_key(&port) && !self.refused.contains(&port)
    }
}

/// Listeners of users bear their port as number, those of the configuration numbers below this.
pub(super) const LOWEST: u16 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn ports() -> UserPorts {
        UserPorts::new(ContactPorts::PerUser { first: 5100, count: 3 })
    }

    #[test]
    fn each_user_has_its_own_and_freed_ones_come_last() {
        let mut ports = ports();
        let mut take = |user, wanted| ports.take(UserId(user), wanted);
        assert_eq!((take(1, None), take(2, None)), (Some(5100), Some(5101)));
        ports.give_back(5100);
        let mut take = |user, wanted| ports.take(UserId(user), wanted);
        assert_eq!((take(3, None), take(4, None), take(5, None)), (Some(5102), Some(5100), None));
        assert_eq!(ports.user(ListenerId(5100)), Some(UserId(4)));
    }

    #[test]
    fn a_wish_is_met_when_it_can_be() {
        let mut ports = ports();
        assert_eq!(ports.take(UserId(1), Some(7000)), Some(7000));
        assert_eq!(ports.take(UserId(2), Some(7000)), Some(5100));
        assert!(ports.claim(UserId(3), 5101) && !ports.claim(UserId(4), 5101));
        assert_eq!(ports.take(UserId(5), Some(80)), Some(5102));
    }

    #[test]
    fn a_port_that_cannot_be_opened_is_not_tried_again() {
        let mut ports = ports();
        assert_eq!(ports.take(UserId(1), None), Some(5100));
        assert_eq!(ports.refuse(5100), Some(UserId(1)));
        ports.give_back(5100);
        assert_eq!(ports.take(UserId(1), Some(5100)), Some(5101));
    }
}
