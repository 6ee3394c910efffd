//! A message written anew.

use crate::message::builder::Builder;
use crate::message::{Message, StartLine};
use crate::name::Name;

impl<B: AsRef<[u8]>> Message<B> {
    /// The message in canonical form: full header names, one line for each header, every fold one space, CRLF line
    /// ends, Content-Length last and right. Lines that are no headers are left out.
    pub fn rewrite(&self) -> Vec<u8> {
        let mut builder = match self.index.start {
            StartLine::Request { method, uri, .. } => {
                Builder::start_line([self.at(method), self.at(uri), self.version()])
            }
            StartLine::Response { status, reason, .. } => {
                Builder::start_line([self.version(), status.to_string().as_bytes(), self.at(reason)])
            }
        };
        for line in self.headers() {
            match line.name {
                Name::ContentLength => {}
                Name::Other => builder.push(line.raw_name, line.value),
                name => builder.push(name.as_str().as_bytes(), line.value),
            }
        }
        builder.end(self.body())
    }
}
