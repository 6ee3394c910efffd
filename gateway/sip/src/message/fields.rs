//! Access to header lines, raw and typed.

use crate::header::{CSeq, Contact, HeaderError, List, MediaType, NameAddr, RAck, Valued, Via};
use crate::message::Message;
use crate::name::Name;
use crate::syntax;

/// One header line.
#[derive(Clone, Copy, Debug)]
pub struct HeaderLine<'a> {
    /// The name, `Other` when it is not in the table.
    pub name: Name,
    /// The name as written.
    pub raw_name: &'a [u8],
    /// The trimmed value as written; a folded one with its line ends ([`syntax::unfold`]).
    pub value: &'a [u8],
}

impl<B: AsRef<[u8]>> Message<B> {
    /// Every header line in order.
    pub fn headers(&self) -> impl Iterator<Item = HeaderLine<'_>> {
        let octets = self.octets();
        self.index.lines(octets).map(move |line| HeaderLine {
            name: line.name,
            raw_name: line.raw_name(octets),
            value: line.value.of(octets),
        })
    }

    /// The value of the first line of this name.
    pub fn header(&self, name: Name) -> Option<&[u8]> {
        self.lines(name).next()
    }

    /// The value of the first line whose name is `name` in any case: for names outside the table.
    pub fn header_named(&self, name: &str) -> Option<&[u8]> {
        self.headers().find(|line| line.raw_name.eq_ignore_ascii_case(name.as_bytes())).map(|line| line.value)
    }

    /// The value of every line of this name, not split at commas: for challenges, credentials, dates.
    pub fn lines(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        let octets = self.octets();
        self.index.lines(octets).filter(move |line| line.name == name).map(move |line| line.value.of(octets))
    }

    /// Every comma-separated value over all lines of this name.
    pub fn values(&self, name: Name) -> impl Iterator<Item = &[u8]> {
        self.lines(name).flat_map(List::new)
    }

    /// True when a list header (Supported, Require, Allow, ...) holds `token` in any case.
    pub fn lists(&self, name: Name, token: &str) -> bool {
        self.values(name).any(|value| value.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// The topmost Via.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn top_via(&self) -> Result<Via<'_>, HeaderError> {
        let value = self.values(Name::Via).next().ok_or(HeaderError::missing(Name::Via))?;
        Via::parse(value).map_err(HeaderError::malformed(Name::Via))
    }

    /// Every Via from top to bottom.
    pub fn vias(&self) -> impl Iterator<Item = Result<Via<'_>, HeaderError>> {
        self.values(Name::Via).map(|value| Via::parse(value).map_err(HeaderError::malformed(Name::Via)))
    }

    /// From.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn from_(&self) -> Result<NameAddr<'_>, HeaderError> {
        self.address(Name::From)
    }

    /// To.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn to(&self) -> Result<NameAddr<'_>, HeaderError> {
        self.address(Name::To)
    }

    /// A header that holds one address: From, To, Refer-To, Referred-By, Reply-To.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn address(&self, name: Name) -> Result<NameAddr<'_>, HeaderError> {
        let value = self.header(name).ok_or(HeaderError::missing(name))?;
        NameAddr::parse(value).map_err(HeaderError::malformed(name))
    }

    /// A header that holds a list of addresses: Route, Path, P-Asserted-Identity, Diversion.
    pub fn addresses(&self, name: Name) -> impl Iterator<Item = Result<NameAddr<'_>, HeaderError>> {
        self.values(name).map(move |value| NameAddr::parse(value).map_err(HeaderError::malformed(name)))
    }

    /// Call-ID, to be compared octet by octet (RFC 3261 20.8).
    ///
    /// # Errors
    /// When there is none or it is empty.
    pub fn call_id(&self) -> Result<&[u8], HeaderError> {
        self.header(Name::CallId).filter(|value| !value.is_empty()).ok_or(HeaderError::missing(Name::CallId))
    }

    /// CSeq.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn cseq(&self) -> Result<CSeq<'_>, HeaderError> {
        let value = self.header(Name::CSeq).ok_or(HeaderError::missing(Name::CSeq))?;
        CSeq::parse(value).map_err(HeaderError::malformed(Name::CSeq))
    }

    /// Every contact.
    pub fn contacts(&self) -> impl Iterator<Item = Result<Contact<'_>, HeaderError>> {
        self.values(Name::Contact)
            .map(|value| Contact::parse(value).map_err(HeaderError::malformed(Name::Contact)))
    }

    /// Every Route in order.
    pub fn routes(&self) -> impl Iterator<Item = Result<NameAddr<'_>, HeaderError>> {
        self.addresses(Name::Route)
    }

    /// Every Record-Route in order.
    pub fn record_routes(&self) -> impl Iterator<Item = Result<NameAddr<'_>, HeaderError>> {
        self.addresses(Name::RecordRoute)
    }

    /// RAck.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn rack(&self) -> Result<RAck<'_>, HeaderError> {
        let value = self.header(Name::RAck).ok_or(HeaderError::missing(Name::RAck))?;
        RAck::parse(value).map_err(HeaderError::malformed(Name::RAck))
    }

    /// The first value of a header that is a word with parameters: Event, Session-Expires, Reason, Replaces.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub fn valued(&self, name: Name) -> Result<Valued<'_>, HeaderError> {
        let value = self.values(name).next().ok_or(HeaderError::missing(name))?;
        Valued::parse(value).map_err(HeaderError::malformed(name))
    }

    /// Expires in seconds, at most `u32::MAX`; none when absent or malformed (RFC 3261 10.2.1.1).
    pub fn expires(&self) -> Option<u32> {
        self.seconds(Name::Expires)
    }

    /// Min-Expires in seconds.
    pub fn min_expires(&self) -> Option<u32> {
        self.seconds(Name::MinExpires)
    }

    /// Retry-After in seconds, without its comment and parameters (RFC 3261 20.33).
    pub fn retry_after(&self) -> Option<u32> {
        self.seconds(Name::RetryAfter)
    }

    /// Max-Forwards; none when absent or not 0 to 255.
    pub fn max_forwards(&self) -> Option<u8> {
        syntax::decimal(self.header(Name::MaxForwards)?).and_then(|hops| u8::try_from(hops).ok())
    }

    /// Content-Type; none when absent or malformed.
    pub fn content_type(&self) -> Option<MediaType<'_>> {
        MediaType::parse(self.header(Name::ContentType)?).ok()
    }

    fn seconds(&self, name: Name) -> Option<u32> {
        let value = self.header(name)?;
        let end = value.iter().position(|octet| !octet.is_ascii_digit()).unwrap_or(value.len());
        let followed_well = matches!(value.get(end), None | Some(b' ' | b'\t' | b'\r' | b'\n' | b';' | b'('));
        let seconds = syntax::decimal(&value[..end]).filter(|_| followed_well)?;
        Some(u32::try_from(seconds).unwrap_or(u32::MAX))
    }
}
