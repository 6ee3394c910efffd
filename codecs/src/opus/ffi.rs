//! The functions of the system's libopus, found at run time. The only `unsafe` of this crate beside `simd`.
//!
//! Invariants, on which every block below rests:
//!
//! 1. [`Functions`] is only made by [`load`], which takes each symbol by its documented name and gives it the
//!    prototype of `opus.h` (stable since libopus 1.0, soname 0). The library is never unloaded.
//! 2. A state lives in a `Box<[u64]>` of at least the size the library asks for. libopus documents its states as one
//!    block of plain memory that may be copied; it holds no pointer into itself and none to a thread.
//! 3. The library reads and writes only what the lengths passed allow; every length is that of the slice passed.
#![allow(unsafe_code, reason = "foreign functions; see the invariants above")]

use std::ffi::{CStr, c_char, c_int, c_void};
use std::sync::OnceLock;

use super::LoadError;

type Decode = unsafe extern "C" fn(*mut c_void, *const u8, i32, *mut i16, c_int, c_int) -> c_int;
type DecoderInit = unsafe extern "C" fn(*mut c_void, i32, c_int) -> c_int;
type Encode = unsafe extern "C" fn(*mut c_void, *const i16, c_int, *mut u8, i32) -> i32;
type EncoderCtl = unsafe extern "C" fn(*mut c_void, c_int, ...) -> c_int;
type EncoderInit = unsafe extern "C" fn(*mut c_void, i32, c_int, c_int) -> c_int;
type GetSize = unsafe extern "C" fn(c_int) -> c_int;
type Version = unsafe extern "C" fn() -> *const c_char;

/// What is used of libopus.
#[derive(Clone, Copy)]
pub(super) struct Functions {
    encoder_get_size: GetSize,
    encoder_init: EncoderInit,
    encoder_ctl: EncoderCtl,
    encode: Encode,
    decoder_get_size: GetSize,
    decoder_init: DecoderInit,
    decode: Decode,
    version: Version,
}

/// The state of one encoder or decoder.
#[derive(Clone)]
pub(super) struct State {
    functions: &'static Functions,
    memory: Box<[u64]>,
}

/// An encoder's settings: number of the request and its value.
pub(super) type Setting = (c_int, i32);

/// Looks for the library, once in the life of the process.
pub(super) fn load() -> Result<&'static Functions, LoadError> {
    LIBRARY.get_or_init(open).as_ref().map_err(|error| *error)
}

/// The library, if [`load`] has found it.
pub(super) fn loaded() -> Option<&'static Functions> {
    LIBRARY.get().and_then(|found| found.as_ref().ok())
}

impl Functions {
    pub(super) fn version(&self) -> &'static str {
        // SAFETY: invariant 1; the result is a static string of ASCII.
        let text = unsafe { CStr::from_ptr((self.version)()) };
        text.to_str().unwrap_or("unknown")
    }
}

impl State {
    /// A mono encoder for speech, or `None` when the library refuses.
    pub(super) fn encoder(functions: &'static Functions, rate_hz: u32, settings: &[Setting]) -> Option<Self> {
        // SAFETY: invariant 1; one channel.
        let size = unsafe { (functions.encoder_get_size)(1) };
        let mut state = Self { functions, memory: memory(size)? };
        // SAFETY: invariant 2; the memory has the size asked for.
        let done = unsafe { (functions.encoder_init)(state.pointer(), rate_hz as i32, 1, APPLICATION_VOIP) };
        if done != OK {
            return None;
        }
        for &(request, value) in settings {
            // SAFETY: invariants 1 and 2; each of these requests takes one 32-bit integer.
            if unsafe { (functions.encoder_ctl)(state.pointer(), request, value) } != OK {
                return None;
            }
        }
        Some(state)
    }

    /// A mono decoder.
    pub(super) fn decoder(functions: &'static Functions, rate_hz: u32) -> Option<Self> {
        // SAFETY: invariant 1; one channel.
        let size = unsafe { (functions.decoder_get_size)(1) };
        let mut state = Self { functions, memory: memory(size)? };
        // SAFETY: invariant 2.
        let done = unsafe { (functions.decoder_init)(state.pointer(), rate_hz as i32, 1) };
        (done == OK).then_some(state)
    }

    /// Bytes written, or the library's negative error.
    pub(super) fn encode(&mut self, pcm: &[i16], out: &mut [u8]) -> i32 {
        let (samples, room) = (pcm.len() as c_int, out.len() as i32);
        // SAFETY: invariants 2 and 3; the state was made by `encoder`.
        unsafe { (self.functions.encode)(self.pointer(), pcm.as_ptr(), samples, out.as_mut_ptr(), room) }
    }

    /// Samples written, or the library's negative error. No payload conceals a loss of the length of `pcm`; `fec`
    /// takes from the payload what it repeats of the packet before.
    pub(super) fn decode(&mut self, payload: Option<&[u8]>, pcm: &mut [i16], fec: bool) -> i32 {
        let (data, length) =
            payload.map_or((std::ptr::null(), 0), |payload| (payload.as_ptr(), payload.len()));
        let (room, fec) = (pcm.len() as c_int, c_int::from(fec));
        // SAFETY: invariants 2 and 3; the state was made by `decoder`; null with length 0 means a loss.
        unsafe { (self.functions.decode)(self.pointer(), data, length as i32, pcm.as_mut_ptr(), room, fec) }
    }

    /// Bytes of state.
    pub(super) fn size(&self) -> usize {
        self.memory.len() * 8
    }

    fn pointer(&mut self) -> *mut c_void {
        self.memory.as_mut_ptr().cast()
    }
}

fn memory(size: c_int) -> Option<Box<[u64]>> {
    let size = usize::try_from(size).ok().filter(|&size| size > 0)?;
    Some(vec![0; size.div_ceil(8)].into_boxed_slice())
}

fn open() -> Result<Functions, LoadError> {
    // SAFETY: the name is a C string; libopus runs no code when it is loaded.
    let library = unsafe { libc::dlopen(c"libopus.so.0".as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    if library.is_null() {
        return Err(LoadError::NotFound);
    }
    macro_rules! symbol {
        ($name:literal, $prototype:ty) => {{
            // SAFETY: the handle is open and the name a C string.
            let address = unsafe { libc::dlsym(library, $name.as_ptr()) };
            if address.is_null() {
                return Err(LoadError::Incomplete);
            }
            // SAFETY: invariant 1: the field the result is put in has the symbol's documented prototype.
            unsafe { std::mem::transmute::<*mut c_void, $prototype>(address) }
        }};
    }
    Ok(Functions {
        encoder_get_size: symbol!(c"opus_encoder_get_size", GetSize),
        encoder_init: symbol!(c"opus_encoder_init", EncoderInit),
        encoder_ctl: symbol!(c"opus_encoder_ctl", EncoderCtl),
        encode: symbol!(c"opus_encode", Encode),
        decoder_get_size: symbol!(c"opus_decoder_get_size", GetSize),
        decoder_init: symbol!(c"opus_decoder_init", DecoderInit),
        decode: symbol!(c"opus_decode", Decode),
        version: symbol!(c"opus_get_version_string", Version),
    })
}

static LIBRARY: OnceLock<Result<Functions, LoadError>> = OnceLock::new();

const OK: c_int = 0;
const APPLICATION_VOIP: c_int = 2048;
