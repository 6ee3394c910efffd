//! Packet loss concealment by pitch waveform replication, G.711 Appendix I, at 8 or 16 kHz.
//!
//! On the first lost packet the pitch is found in the last 20 ms. The signal goes on with the last pitch period,
//! after 10 ms with the last two, after 20 ms with the last three (fewer repetitions, less of a beep); from 10 ms on
//! it fades by 20 % per 10 ms to silence at 60 ms. All joints, and the return of the real signal, are overlapped.
//!
//! Appendix I delays the signal by 3.75 ms so that it can bend its end before a loss ([`Onset::Delayed`]). A
//! gateway does not give away 3.75 ms: [`Onset::Immediate`] glides from the last real sample instead.
//!
//! The concealment signal is a pure function of the time since the loss began and the frozen history, so nothing
//! of it has to be stored.

/// How a concealment begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Onset {
    /// As the Appendix has it: everything is delayed by 3.75 ms ([`Plc::delay_samples`]).
    Delayed,
    /// No delay; the step at the joint is spread over a quarter of a pitch period.
    Immediate,
}

/// Concealment at 8 kHz.
pub type NarrowPlc = Plc<390>;

/// Concealment at 16 kHz.
pub type WidePlc = Plc<780>;

/// Concealment with a history of 48.75 ms, which also tells the sampling rate.
#[derive(Clone, Debug)]
pub struct Plc<const HISTORY: usize> {
    /// Real and concealed signal, newest last; frozen while a loss lasts.
    history: [i16; HISTORY],
    loss: Option<Loss>,
    onset: Onset,
}

#[derive(Clone, Copy, Debug)]
struct Loss {
    /// Pitch period and a quarter of it, samples.
    pitch: usize,
    quarter: usize,
    /// Samples concealed so far.
    elapsed: usize,
}

impl<const HISTORY: usize> Plc<HISTORY> {
    /// Samples per millisecond.
    const MS: usize = HISTORY * 8 / 390;

    /// A concealment with a silent history.
    #[must_use]
    pub const fn new(onset: Onset) -> Self {
        const { assert!(HISTORY == 390 || HISTORY == 780, "48.75 ms at 8 or 16 kHz") };
        Self { history: [0; HISTORY], loss: None, onset }
    }

    /// Samples by which the output lags the input.
    #[must_use]
    pub const fn delay_samples(&self) -> usize {
        match self.onset {
            Onset::Delayed => HISTORY / 13,
            Onset::Immediate => 0,
        }
    }

    /// Whether the last packet was lost.
    #[must_use]
    pub const fn is_concealing(&self) -> bool {
        self.loss.is_some()
    }

    /// Takes a good packet and changes it into what is to be played.
    pub fn good(&mut self, pcm: &mut [i16]) {
        if pcm.is_empty() {
            return;
        }
        if let Some(loss) = self.loss.take() {
            self.rejoin(loss, pcm);
        }
        let delay = self.delay_samples();
        for block in pcm.chunks_mut(HISTORY - delay) {
            let old = self.history;
            let kept = HISTORY - block.len();
            self.history.copy_within(block.len().., 0);
            self.history[kept..].copy_from_slice(block);
            if delay > 0 {
                let late = old[HISTORY - delay..].iter().chain(&self.history[kept..]);
                block.iter_mut().zip(late).for_each(|(out, &sample)| *out = sample);
            }
        }
    }

    /// Fills `pcm` in place of a lost packet.
    pub fn conceal(&mut self, pcm: &mut [i16]) {
        // No samples are no loss: the next packet must not be overlapped with a concealment nobody heard.
        if pcm.is_empty() {
            return;
        }
        let mut loss = self.loss.unwrap_or_else(|| self.begin());
        let delay = self.delay_samples();
        for (n, sample) in pcm.iter_mut().enumerate() {
            let time = loss.elapsed + n;
            *sample = if time < delay { self.bent(loss, delay - time) } else { self.at(loss, time - delay) };
        }
        loss.elapsed = (loss.elapsed + pcm.len()).min(FOREVER_MS * Self::MS);
        self.loss = Some(loss);
    }

    /// The concealment signal `ahead` samples after what [`Plc::conceal`] has given, without taking it: a decoder
    /// with memory is kept on the track with it. Zero unless concealing.
    #[must_use]
    pub fn ahead(&self, ahead: usize) -> i16 {
        self.loss.map_or(0, |loss| self.at(loss, loss.elapsed + ahead))
    }

    fn begin(&self) -> Loss {
        let pitch = self.pitch();
        Loss { pitch, quarter: pitch / 4, elapsed: 0 }
    }

    /// The lag of the largest normalised correlation over 20 ms: coarse on every second lag and sample (8 kHz), then fine.
    fn pitch(&self) -> usize {
        let coarse = HISTORY / 195;
        let (shortest, longest) = (5 * Self::MS, 15 * Self::MS);
        let best = |lags: &mut dyn Iterator<Item = usize>, step: usize| {
            let scored = lags.map(|lag| (lag, self.likeness(lag, step)));
            scored.fold((longest, f32::MIN), |best, next| if next.1 > best.1 { next } else { best }).0
        };
        let near = best(&mut (shortest..=longest).step_by(coarse), coarse);
        best(&mut ((near - coarse + 1).max(shortest)..=(near + coarse - 1).min(longest)), 1)
    }

    fn likeness(&self, lag: usize, step: usize) -> f32 {
        let first = HISTORY - 20 * Self::MS;
        let (mut product, mut energy) = (0.0, 1.0);
        for n in (first..HISTORY).step_by(step) {
            let past = f32::from(self.history[n - lag]);
            product += f32::from(self.history[n]) * past;
            energy += past * past;
        }
        product / f32::sqrt(energy)
    }

    /// The signal at `time` samples after the last good one, faded.
    fn at(&self, loss: Loss, time: usize) -> i16 {
        let ten_ms = 10 * Self::MS;
        let fade = 1.0 - 0.2 * time.saturating_sub(ten_ms) as f32 / ten_ms as f32;
        if fade <= 0.0 {
            return 0;
        }
        let periods = 1 + (time / ten_ms).min(2);
        let mut value = self.cycle(loss, periods, time);
        let since_change = time - (periods - 1) * ten_ms;
        if periods > 1 && since_change < loss.quarter {
            let old = self.cycle(loss, periods - 1, time);
            value = mix(old, value, since_change, loss.quarter);
        }
        if self.onset == Onset::Immediate && time < loss.quarter {
            let step =
                f32::from(self.history[HISTORY - 1]) - f32::from(self.history[HISTORY - 1 - loss.pitch]);
            value += step * (1.0 - (time + 1) as f32 / (loss.quarter + 1) as f32);
        }
        (value * fade) as i16
    }

    /// The last `periods` pitch periods as a ring whose end is bent to meet its beginning.
    fn cycle(&self, loss: Loss, periods: usize, time: usize) -> f32 {
        let length = periods * loss.pitch;
        let change = (periods - 1) * 10 * Self::MS;
        let place = (change % loss.pitch + time - change) % length;
        let sample = |back: usize| f32::from(self.history[HISTORY - back]);
        let value = sample(length - place);
        let bend = loss.quarter;
        if place < length - bend {
            return value;
        }
        mix(value, sample(2 * length - place), place + bend - length, bend)
    }

    /// A sample `back` before the loss, bent towards the concealment as the Appendix does within its delay.
    fn bent(&self, loss: Loss, back: usize) -> i16 {
        if back > loss.quarter {
            return self.history[HISTORY - back];
        }
        self.cycle(loss, 1, loss.pitch - back) as i16
    }

    /// The signal is back: overlaps it with the concealment, whose last part becomes history.
    fn rejoin(&mut self, loss: Loss, pcm: &mut [i16]) {
        let ten_ms = 10 * Self::MS;
        let overlap = (loss.quarter + (loss.elapsed / ten_ms).saturating_sub(1) * 4 * Self::MS).min(ten_ms);
        for (n, sample) in pcm.iter_mut().enumerate().take(overlap) {
            let concealed = f32::from(self.at(loss, loss.elapsed + n));
            *sample = mix(concealed, f32::from(*sample), n, overlap) as i16;
        }
        let known = loss.elapsed.min(HISTORY);
        let mut concealed = [0; HISTORY];
        for (n, sample) in concealed[..known].iter_mut().enumerate() {
            *sample = self.at(loss, loss.elapsed - known + n);
        }
        self.history.copy_within(known.., 0);
        self.history[HISTORY - known..].copy_from_slice(&concealed[..known]);
    }
}

/// From `old` to `new` in `length` steps, at step `n`.
fn mix(old: f32, new: f32, n: usize, length: usize) -> f32 {
    old + (new - old) * (n + 1) as f32 / (length + 1) as f32
}

/// Longest loss told from a longer one: well after the fade.
const FOREVER_MS: usize = 1000;
