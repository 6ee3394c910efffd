//! How everything that is not the control thread reaches it: a bounded queue and a waker.

use std::sync::Arc;

use admin_api::{Command, Reply};
use control::Input;
use sip::Flow;
use tokio::sync::{mpsc, oneshot};

use super::stream::Writer;

/// What can be put into the queue.
#[derive(Debug)]
pub enum Note {
    /// A peer opened a connection; what is written to it goes through `writer`.
    Accepted {
        /// The flow, with its connection.
        flow: Flow,
        /// Its way out.
        writer: Writer,
    },
    /// An operator asks; the answer goes back through `reply`.
    Ask {
        /// What.
        command: Box<Command>,
        /// The way back.
        reply: oneshot::Sender<Reply>,
    },
    /// An input for the core as it is.
    Input(Input),
    /// The configuration file changed and was read again.
    Reload(Box<crate::config::Config>),
}

/// The sending half; cheap to clone.
#[derive(Debug, Clone)]
pub struct Inbox {
    queue: mpsc::Sender<Note>,
    waker: Arc<mio::Waker>,
}

impl Inbox {
    /// A queue whose receiver is woken through `waker`.
    #[must_use]
    pub fn new(waker: Arc<mio::Waker>) -> (Self, mpsc::Receiver<Note>) {
        let (queue, receiver) = mpsc::channel(CAPACITY);
        (Self { queue, waker }, receiver)
    }

    /// Waits for room, then puts a note in. `false` when the control thread is gone.
    pub async fn put(&self, note: Note) -> bool {
        let sent = self.queue.send(note).await.is_ok();
        self.wake();
        sent
    }

    /// Asks as an operator and waits for the answer. `None` when the control thread is gone.
    pub async fn ask(&self, command: Command) -> Option<Reply> {
        let (reply, answer) = oneshot::channel();
        if !self.put(Note::Ask { command: Box::new(command), reply }).await {
            return None;
        }
        answer.await.ok()
    }

    /// Makes the control thread look around, for events that travel by another queue.
    pub fn wake(&self) {
        // Fails only when the process is out of file descriptors in the kernel's sense; the next event wakes it as well.
        let _ignored = self.waker.wake();
    }
}

/// Notes that wait for the control thread; readers of connections wait beyond it, which is the back-pressure that TCP wants.
const CAPACITY: usize = 4_096;
