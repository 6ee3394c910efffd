//! Responses that follow from a request (RFC 3261 8.2.6).

use crate::message::{Builder, Message};
use crate::name::Name;
use crate::status::Status;

impl Builder {
    /// A response with all Via, From, To, Call-ID and CSeq of `request` (RFC 3261 8.2.6.2), Timestamp in a 100
    /// (8.2.6.1), Record-Route from 101 to 299 (12.1.1). `to_tag` is added to a To that has none.
    pub fn reply(
        request: &Message<impl AsRef<[u8]>>,
        status: Status,
        reason: &str,
        to_tag: Option<&str>,
    ) -> Self {
        let mut reply = Self::response(status, reason);
        let with_routes = (101..300).contains(&status.0);
        let mut copied = Copied::default();
        for line in request.headers() {
            match line.name {
                Name::Via => reply.push(Name::Via.as_str().as_bytes(), line.value),
                Name::RecordRoute if with_routes => {
                    reply.push(Name::RecordRoute.as_str().as_bytes(), line.value)
                }
                Name::Timestamp if status == Status::TRYING => {
                    reply.push(Name::Timestamp.as_str().as_bytes(), line.value)
                }
                Name::To if copied.first(Name::To) => {
                    reply.push(Name::To.as_str().as_bytes(), line.value);
                    let untagged = request.to().is_ok_and(|to| to.tag().is_none());
                    if let Some(tag) = to_tag.filter(|_| untagged) {
                        reply.append_tag(tag);
                    }
                }
                Name::CSeq | Name::CallId | Name::From if copied.first(line.name) => {
                    reply.push(line.name.as_str().as_bytes(), line.value);
                }
                _ => {}
            }
        }
        reply
    }

    /// Adds a tag to the line just written.
    fn append_tag(&mut self, tag: &str) {
        self.buf.truncate(self.buf.len() - LINE_END.len());
        self.buf.extend_from_slice(b";tag=");
        self.buf.extend(tag.bytes().filter(|octet| crate::syntax::is_token_octet(*octet)));
        self.buf.extend_from_slice(LINE_END);
    }
}

/// Which single headers were copied already; a forged second one is not.
#[derive(Default)]
struct Copied {
    names: [Option<Name>; 4],
}

impl Copied {
    fn first(&mut self, name: Name) -> bool {
        if self.names.contains(&Some(name)) {
            return false;
        }
        if let Some(slot) = self.names.iter_mut().find(|slot| slot.is_none()) {
            *slot = Some(name);
        }
        true
    }
}

const LINE_END: &[u8] = b"\r\n";
