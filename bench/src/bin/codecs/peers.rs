//! The C libraries measured against, loaded at run time so that nothing of them is linked or required.
//!
//! Invariant of every call below: the symbol has the C prototype written beside its type (the library's public
//! header), the state pointer came from that library's own constructor and is used by one thread, and every
//! buffer is at least as long as the library writes for the length passed.
#![allow(unsafe_code, reason = "foreign functions of the libraries under comparison")]

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use libloading::Library;

/// One coder of a library: a packet of PCM or of payload in, the other out.
pub(crate) type Coder<In, Out> = Box<dyn FnMut(&[In], &mut [Out])>;

type Init3 = unsafe extern "C" fn(*mut c_void, c_int, c_int) -> *mut c_void;
type Init4 = unsafe extern "C" fn(*mut c_void, c_int, c_int, c_int) -> *mut c_void;
type Encode = unsafe extern "C" fn(*mut c_void, *mut u8, *const i16, c_int) -> c_int;
type Decode = unsafe extern "C" fn(*mut c_void, *mut i16, *const u8, c_int) -> c_int;

/// spandsp: G.722 and G.726.
pub(crate) struct Spandsp(&'static Library);

/// bcg729: G.729 Annex A and B.
pub(crate) struct Bcg729(&'static Library);

/// libopus.
pub(crate) struct Opus(&'static Library);

fn open(name: &str) -> Option<&'static Library> {
    // SAFETY: these libraries run no code of note when loaded; they stay loaded until the process ends.
    unsafe { Library::new(name) }.ok().map(|library| &*Box::leak(Box::new(library)))
}

fn symbol<T: Copy>(library: &Library, name: &str) -> Option<T> {
    // SAFETY: the caller names the type that the library's header gives to this symbol.
    unsafe { library.get::<T>(name.as_bytes()) }.ok().map(|symbol| *symbol)
}

impl Spandsp {
    pub(crate) fn load() -> Option<Self> {
        open("libspandsp.so.2").map(Self)
    }

    pub(crate) fn g722_encoder(&self) -> Option<Coder<i16, u8>> {
        let init: Init3 = symbol(self.0, "g722_encode_init")?;
        let run: Encode = symbol(self.0, "g722_encode")?;
        // SAFETY: a null state asks the library to allocate; 64 kbit/s, no options.
        let state = unsafe { init(null_mut(), 64_000, 0) };
        Some(Box::new(move |pcm, out| {
            // SAFETY: two samples make one octet; the caller's buffer has half as many octets.
            unsafe { run(state, out.as_mut_ptr(), pcm.as_ptr(), pcm.len() as c_int) };
        }))
    }

    pub(crate) fn g722_decoder(&self) -> Option<Coder<u8, i16>> {
        let init: Init3 = symbol(self.0, "g722_decode_init")?;
        let run: Decode = symbol(self.0, "g722_decode")?;
        // SAFETY: as above.
        let state = unsafe { init(null_mut(), 64_000, 0) };
        Some(Box::new(move |codes, pcm| {
            // SAFETY: one octet makes two samples; the caller's buffer has twice as many samples.
            unsafe { run(state, pcm.as_mut_ptr(), codes.as_ptr(), codes.len() as c_int) };
        }))
    }

    pub(crate) fn g726_encoder(&self) -> Option<Coder<i16, u8>> {
        let init: Init4 = symbol(self.0, "g726_init")?;
        let run: Encode = symbol(self.0, "g726_encode")?;
        // SAFETY: 32 kbit/s, linear PCM (0), packed from the right (2).
        let state = unsafe { init(null_mut(), 32_000, 0, 2) };
        Some(Box::new(move |pcm, out| {
            // SAFETY: two samples make one octet.
            unsafe { run(state, out.as_mut_ptr(), pcm.as_ptr(), pcm.len() as c_int) };
        }))
    }

    pub(crate) fn g726_decoder(&self) -> Option<Coder<u8, i16>> {
        let init: Init4 = symbol(self.0, "g726_init")?;
        let run: Decode = symbol(self.0, "g726_decode")?;
        // SAFETY: as above.
        let state = unsafe { init(null_mut(), 32_000, 0, 2) };
        Some(Box::new(move |codes, pcm| {
            // SAFETY: one octet makes two samples.
            unsafe { run(state, pcm.as_mut_ptr(), codes.as_ptr(), codes.len() as c_int) };
        }))
    }
}

impl Bcg729 {
    pub(crate) fn load() -> Option<Self> {
        open("libbcg729.so.0").map(Self)
    }

    pub(crate) fn encoder(&self) -> Option<Coder<i16, u8>> {
        type Init = unsafe extern "C" fn(u8) -> *mut c_void;
        type Run = unsafe extern "C" fn(*mut c_void, *const i16, *mut u8, *mut u8);
        let init: Init = symbol(self.0, "initBcg729EncoderChannel")?;
        let run: Run = symbol(self.0, "bcg729Encoder")?;
        // SAFETY: the argument is the VAD switch, off.
        let state = unsafe { init(0) };
        Some(Box::new(move |pcm, out| {
            for (pcm, out) in pcm.chunks_exact(80).zip(out.chunks_exact_mut(10)) {
                let mut length = 0;
                // SAFETY: 80 samples in, 10 octets out, one length octet.
                unsafe { run(state, pcm.as_ptr(), out.as_mut_ptr(), &mut length) };
            }
        }))
    }

    pub(crate) fn decoder(&self) -> Option<Coder<u8, i16>> {
        type Init = unsafe extern "C" fn() -> *mut c_void;
        type Run = unsafe extern "C" fn(*mut c_void, *const u8, u8, u8, u8, u8, *mut i16);
        let init: Init = symbol(self.0, "initBcg729DecoderChannel")?;
        let run: Run = symbol(self.0, "bcg729Decoder")?;
        // SAFETY: no argument.
        let state = unsafe { init() };
        Some(Box::new(move |codes, pcm| {
            for (codes, pcm) in codes.chunks_exact(10).zip(pcm.chunks_exact_mut(80)) {
                // SAFETY: 10 octets in, not erased, not SID, not RFC 3389; 80 samples out.
                unsafe { run(state, codes.as_ptr(), 10, 0, 0, 0, pcm.as_mut_ptr()) };
            }
        }))
    }
}

impl Opus {
    pub(crate) fn load() -> Option<Self> {
        open("libopus.so.0").map(Self)
    }

    /// 16 kHz, VoIP. Writes the packet's length into the first two octets of the output.
    pub(crate) fn encoder(&self) -> Option<Coder<i16, u8>> {
        type Init = unsafe extern "C" fn(i32, c_int, c_int, *mut c_int) -> *mut c_void;
        type Run = unsafe extern "C" fn(*mut c_void, *const i16, c_int, *mut u8, i32) -> i32;
        let init: Init = symbol(self.0, "opus_encoder_create")?;
        let run: Run = symbol(self.0, "opus_encode")?;
        let mut error = 0;
        // SAFETY: 16 kHz, one channel, OPUS_APPLICATION_VOIP.
        let state = unsafe { init(16_000, 1, 2048, &mut error) };
        if state.is_null() {
            return None;
        }
        Some(Box::new(move |pcm, out| {
            let (length, packet) = out.split_at_mut(2);
            let room = packet.len() as i32;
            // SAFETY: the frame size is the slice's length, the room that of the buffer.
            let bytes = unsafe { run(state, pcm.as_ptr(), pcm.len() as c_int, packet.as_mut_ptr(), room) };
            length.copy_from_slice(&(bytes.max(0) as u16).to_be_bytes());
        }))
    }

    /// Takes what [`Opus::encoder`] writes.
    pub(crate) fn decoder(&self) -> Option<Coder<u8, i16>> {
        type Init = unsafe extern "C" fn(i32, c_int, *mut c_int) -> *mut c_void;
        type Run = unsafe extern "C" fn(*mut c_void, *const u8, i32, *mut i16, c_int, c_int) -> c_int;
        let init: Init = symbol(self.0, "opus_decoder_create")?;
        let run: Run = symbol(self.0, "opus_decode")?;
        let mut error = 0;
        // SAFETY: 16 kHz, one channel.
        let state = unsafe { init(16_000, 1, &mut error) };
        if state.is_null() {
            return None;
        }
        Some(Box::new(move |packet, pcm| {
            let length = i32::from(u16::from_be_bytes([packet[0], packet[1]]));
            let room = pcm.len() as c_int;
            // SAFETY: the length was written by the encoder and lies within the packet.
            unsafe { run(state, packet[2..].as_ptr(), length, pcm.as_mut_ptr(), room, 0) };
        }))
    }
}
