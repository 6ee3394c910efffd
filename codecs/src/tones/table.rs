//! The 27 tone sets. A figure that we could not check against the Supplement itself is called uncertain.

use super::{Cadence, Sound, ToneSet};

/// All sets in the order of their numbers.
pub static SETS: [ToneSet; 27] = [
    // The PBX dial tone is the customary one of European PBXs, not a figure of the Supplement: uncertain.
    ToneSet {
        number: 0,
        name: "EUROPE-PBX",
        dial: cadence(single(425), &[200, 300, 700, 800]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[200, 200]),
        call_waiting: cadence(single(425), &[200, 600, 200, 9000]),
    },
    // CEPT/ETSI common values; the call-waiting pause is uncertain.
    ToneSet {
        number: 1,
        name: "EUROPE-PUBLIC",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[200, 200]),
        call_waiting: cadence(single(425), &[200, 600, 200, 9000]),
    },
    // Precise tone plan.
    ToneSet {
        number: 2,
        name: "US",
        dial: cadence(pair(350, 440), &[]),
        ringback: cadence(pair(440, 480), &[2000, 4000]),
        busy: cadence(pair(480, 620), &[500, 500]),
        congestion: cadence(pair(480, 620), &[250, 250]),
        call_waiting: cadence(single(440), &[300, 10_000]),
    },
    // Call-waiting pause uncertain (2 to 5 s are met).
    ToneSet {
        number: 3,
        name: "UK",
        dial: cadence(pair(350, 440), &[]),
        ringback: cadence(pair(400, 450), &[400, 200, 400, 2000]),
        busy: cadence(single(400), &[375, 375]),
        congestion: cadence(single(400), &[400, 350, 225, 525]),
        call_waiting: cadence(single(400), &[100, 4000]),
    },
    ToneSet {
        number: 4,
        name: "ITALY-PUBLIC",
        dial: cadence(single(425), &[200, 200, 600, 1000]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[200, 200]),
        call_waiting: cadence(single(425), &[400, 100, 250, 100, 150, 14_000]),
    },
    // PBX and public differ in no figure known to us: uncertain.
    ToneSet {
        number: 5,
        name: "CZECH-PBX",
        dial: cadence(single(425), &[330, 330, 660, 660]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[330, 330]),
        congestion: cadence(single(425), &[165, 165]),
        call_waiting: cadence(single(425), &[330, 9000]),
    },
    ToneSet {
        number: 6,
        name: "CZECH-PUBLIC",
        dial: cadence(single(425), &[330, 330, 660, 660]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[330, 330]),
        congestion: cadence(single(425), &[165, 165]),
        call_waiting: cadence(single(425), &[330, 9000]),
    },
    // Call-waiting pause uncertain.
    ToneSet {
        number: 7,
        name: "SWEDEN",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 5000]),
        busy: cadence(single(425), &[250, 250]),
        congestion: cadence(single(425), &[250, 750]),
        call_waiting: cadence(single(425), &[200, 500, 200, 9000]),
    },
    ToneSet {
        number: 8,
        name: "FRANCE",
        dial: cadence(single(440), &[]),
        ringback: cadence(single(440), &[1500, 3500]),
        busy: cadence(single(440), &[500, 500]),
        congestion: cadence(single(440), &[250, 250]),
        call_waiting: cadence(single(440), &[300, 10_000]),
    },
    ToneSet {
        number: 9,
        name: "SWISS",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[200, 200]),
        call_waiting: cadence(single(425), &[200, 200, 200, 4000]),
    },
    // Continuous PBX dial tone: uncertain.
    ToneSet {
        number: 10,
        name: "ITALY-PBX",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[200, 200]),
        call_waiting: cadence(single(425), &[400, 100, 250, 100, 150, 14_000]),
    },
    // Call waiting sounds at 1400 Hz.
    ToneSet {
        number: 11,
        name: "BELGIUM",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 3000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[167, 167]),
        call_waiting: cadence(single(1400), &[175, 175, 175, 3500]),
    },
    ToneSet {
        number: 12,
        name: "NETHERLANDS",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[250, 250]),
        call_waiting: cadence(single(425), &[500, 9500]),
    },
    ToneSet {
        number: 13,
        name: "NORWAY",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[200, 200]),
        call_waiting: cadence(single(425), &[200, 600, 200, 10_000]),
    },
    // Congestion (200 or 250 ms) uncertain.
    ToneSet {
        number: 14,
        name: "DENMARK",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[250, 250]),
        call_waiting: cadence(single(425), &[200, 600, 200, 3000]),
    },
    ToneSet {
        number: 15,
        name: "GERMANY",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[480, 480]),
        congestion: cadence(single(425), &[240, 240]),
        call_waiting: cadence(single(425), &[200, 200, 200, 5000]),
    },
    ToneSet {
        number: 16,
        name: "SPAIN",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1500, 3000]),
        busy: cadence(single(425), &[200, 200]),
        congestion: cadence(single(425), &[200, 200, 200, 200, 200, 600]),
        call_waiting: cadence(single(425), &[175, 175, 175, 3500]),
    },
    ToneSet {
        number: 17,
        name: "FINLAND",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[300, 300]),
        congestion: cadence(single(425), &[200, 200]),
        call_waiting: cadence(single(425), &[150, 150, 150, 8000]),
    },
    ToneSet {
        number: 18,
        name: "AUSTRIA",
        dial: cadence(single(420), &[]),
        ringback: cadence(single(420), &[1000, 5000]),
        busy: cadence(single(420), &[400, 400]),
        congestion: cadence(single(420), &[200, 200]),
        call_waiting: cadence(single(420), &[40, 1960]),
    },
    // Call-waiting cadence uncertain.
    ToneSet {
        number: 19,
        name: "IRELAND",
        dial: cadence(single(425), &[]),
        ringback: cadence(pair(400, 450), &[400, 200, 400, 2000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[250, 250]),
        call_waiting: cadence(single(425), &[180, 200, 200, 4500]),
    },
    // The congestion tone's alternation of level is not reproduced.
    ToneSet {
        number: 20,
        name: "AUSTRALIA",
        dial: cadence(pair(413, 438), &[]),
        ringback: cadence(pair(413, 438), &[400, 200, 400, 2000]),
        busy: cadence(single(425), &[375, 375]),
        congestion: cadence(single(425), &[375, 375]),
        call_waiting: cadence(single(425), &[200, 200, 200, 4400]),
    },
    // Call-waiting cadence uncertain.
    ToneSet {
        number: 21,
        name: "NEWZEALAND",
        dial: cadence(single(400), &[]),
        ringback: cadence(pair(400, 450), &[400, 200, 400, 2000]),
        busy: cadence(single(400), &[500, 500]),
        congestion: cadence(single(400), &[250, 250]),
        call_waiting: cadence(single(400), &[200, 3000]),
    },
    // Congestion (pause 250 or 500 ms) and call waiting uncertain.
    ToneSet {
        number: 22,
        name: "MALAYSIA",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[400, 200, 400, 2000]),
        busy: cadence(single(425), &[500, 500]),
        congestion: cadence(single(425), &[500, 250]),
        call_waiting: cadence(single(425), &[100, 4000]),
    },
    ToneSet {
        number: 23,
        name: "TURKEY",
        dial: cadence(single(450), &[]),
        ringback: cadence(single(450), &[2000, 4000]),
        busy: cadence(single(450), &[500, 500]),
        congestion: cadence(single(450), &[200, 200, 200, 200, 200, 200, 600, 200]),
        call_waiting: cadence(single(450), &[200, 600, 200, 8000]),
    },
    // Ringback (0.8/3.2 or 1/4 s) uncertain.
    ToneSet {
        number: 24,
        name: "RUSSIA",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[800, 3200]),
        busy: cadence(single(425), &[400, 400]),
        congestion: cadence(single(425), &[175, 175]),
        call_waiting: cadence(single(425), &[200, 5000]),
    },
    // Depth of the 33 Hz modulation uncertain: full here.
    ToneSet {
        number: 25,
        name: "SOUTH AFRICA",
        dial: cadence(modulated(400, 33), &[]),
        ringback: cadence(modulated(400, 33), &[400, 200, 400, 2000]),
        busy: cadence(single(400), &[500, 500]),
        congestion: cadence(single(400), &[250, 250]),
        call_waiting: cadence(modulated(400, 33), &[400, 4000]),
    },
    ToneSet {
        number: 26,
        name: "BRAZIL",
        dial: cadence(single(425), &[]),
        ringback: cadence(single(425), &[1000, 4000]),
        busy: cadence(single(425), &[250, 250]),
        congestion: cadence(single(425), &[250, 250, 750, 250]),
        call_waiting: cadence(single(425), &[50, 1000]),
    },
];

/// E.180 clause 5: about -10 dBm0 for a single frequency; 3 dB less for each of two, so that the sum is the same.
const fn cadence(sound: Sound, pattern_ms: &'static [u16]) -> Cadence {
    let level_dbm0 = if sound.and_hz == 0 { -10 } else { -13 };
    Cadence { sound, level_dbm0, pattern_ms, repeats: None }
}

const fn single(hz: u16) -> Sound {
    Sound { hz, and_hz: 0, modulation_hz: 0 }
}

const fn pair(hz: u16, and_hz: u16) -> Sound {
    Sound { hz, and_hz, modulation_hz: 0 }
}

const fn modulated(hz: u16, modulation_hz: u16) -> Sound {
    Sound { hz, and_hz: 0, modulation_hz }
}
