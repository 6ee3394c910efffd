//! How a leg sounds to a listener behind us: the E-model (G.107) with its defaults, fed with what was measured.
//!
//! R = 93.2 - Id - Ie,eff (G.107 7.1; 93.2 is Ro - Is of the default values, A is 0). Wideband codecs are rated on the
//! narrowband scale as well, so that figures of calls compare. Must never: run per packet.

use std::time::Duration;

use media_api::Codec;

/// What was measured of a leg.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) codec: Codec,
    /// Share of packets lost, 0 to 1.
    pub(crate) loss: f64,
    pub(crate) round_trip: Duration,
    pub(crate) jitter: Duration,
}

/// Mean opinion score of a conversation times 100, 100 to 450 (G.107 Annex B).
pub(crate) fn mos_hundredths(measured: Measured) -> u16 {
    let rating = R_DEFAULT - delay_impairment(one_way_ms(measured)) - loss_impairment(measured);
    let mos = match rating {
        r if r <= 0.0 => 1.0,
        r if r >= 100.0 => 4.5,
        r => 1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6,
    };
    (mos.clamp(1.0, 4.5) * 100.0).round() as u16
}

/// Mouth to ear: half the round trip, a packet, and a jitter buffer of twice the jitter.
fn one_way_ms(measured: Measured) -> f64 {
    let millis = |duration: Duration| duration.as_secs_f64() * 1_000.0;
    millis(measured.round_trip) / 2.0 + PACKET_MS + 2.0 * millis(measured.jitter)
}

/// Idd of G.107 7.4: nothing below 100 ms.
fn delay_impairment(one_way_ms: f64) -> f64 {
    if one_way_ms <= 100.0 {
        return 0.0;
    }
    let x = (one_way_ms / 100.0).log2();
    let root = |value: f64| (1.0 + value.powi(6)).powf(1.0 / 6.0);
    25.0 * (root(x) - 3.0 * root(x / 3.0) + 2.0)
}

/// Ie,eff of G.107 7.5 with random loss (BurstR = 1).
fn loss_impairment(measured: Measured) -> f64 {
    let (equipment, robustness) = equipment(measured.codec);
    let percent = measured.loss * 100.0;
    equipment + (95.0 - equipment) * percent / (percent + robustness)
}

/// Ie and Bpl of G.113 Appendix I. G.711 with its concealment; those without a figure there are taken like it.
const fn equipment(codec: Codec) -> (f64, f64) {
    match codec {
        Codec::Pcma | Codec::Pcmu | Codec::G722 | Codec::Opus => (0.0, 25.1),
        Codec::G726(media_api::G726Rate::Kbit40, _) => (2.0, 25.1),
        Codec::G726(media_api::G726Rate::Kbit32, _) => (7.0, 25.1),
        Codec::G726(media_api::G726Rate::Kbit24, _) => (25.0, 25.1),
        Codec::G726(media_api::G726Rate::Kbit16, _) => (50.0, 25.1),
        Codec::G729(_) => (11.0, 19.0),
    }
}

/// Ro - Is of G.107 with all defaults.
const R_DEFAULT: f64 = 93.2;
const PACKET_MS: f64 = 20.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(codec: Codec, loss: f64, round_trip_ms: u64) -> Measured {
        Measured { codec, loss, round_trip: Duration::from_millis(round_trip_ms), jitter: Duration::ZERO }
    }

    #[test]
    fn a_perfect_g711_call_scores_the_default() {
        // R 93.2 is MOS 4.41 (G.107 Annex B).
        assert_eq!(mos_hundredths(measured(Codec::Pcma, 0.0, 20)), 441);
    }

    #[test]
    fn g729_costs_its_equipment_impairment() {
        // R 82.2.
        assert_eq!(mos_hundredths(measured(Codec::G729(media_api::AnnexB::Yes), 0.0, 20)), 410);
    }

    #[test]
    fn loss_and_delay_only_make_it_worse() {
        let scores: Vec<_> = [0.0, 0.01, 0.03, 0.1, 0.5, 1.0]
            .map(|loss| mos_hundredths(measured(Codec::Pcma, loss, 20)))
            .to_vec();
        assert!(scores.windows(2).all(|pair| pair[1] < pair[0]), "{scores:?}");
        let scores: Vec<_> = [100, 300, 500, 1_000, 4_000]
            .map(|delay| mos_hundredths(measured(Codec::Pcma, 0.0, delay)))
            .to_vec();
        assert!(scores.windows(2).all(|pair| pair[1] < pair[0]), "{scores:?}");
        assert!(scores.iter().all(|score| (100..=450).contains(score)));
    }
}
