//! Watches a leg once a second and says when a fault comes and goes.
//!
//! | fault | comes | goes |
//! |---|---|---|
//! | no media | nothing heard for [`NO_MEDIA`] while something is due | something heard |
//! | excessive loss | above 3 % of the packets of the last 10 s | at 2 % or less |
//! | authentication, of reports too | two packets with a wrong tag in a second | a second without |
//! | wrong payload type | [`WRONG_PACKETS`] in a second | a second with good packets only |

use std::time::{Duration, Instant};

use media_api::MediaFault;

/// State of one leg.
#[derive(Debug)]
pub(crate) struct FaultWatch {
    window: [Second; WINDOW],
    at: usize,
    before: Second,
    good_before: u64,
    /// Since when something is due, `None` while nothing is.
    due_since: Option<Instant>,
    raised: [bool; FAULTS.len()],
}

/// Counters of a leg, from its start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observed {
    pub(crate) expected: u64,
    pub(crate) lost: u64,
    /// Packets of an agreed type.
    pub(crate) good: u64,
    /// Packets of another type, since the last look.
    pub(crate) wrong: u32,
    /// Packets and reports that were not authentic, since the last look.
    pub(crate) failures: [u32; 2],
    /// Whether the peer should be heard.
    pub(crate) due: bool,
    /// Last sign of life.
    pub(crate) heard_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Second {
    expected: u64,
    lost: u64,
}

impl FaultWatch {
    pub(crate) const fn new() -> Self {
        Self {
            window: [Second { expected: 0, lost: 0 }; WINDOW],
            at: 0,
            before: Second { expected: 0, lost: 0 },
            good_before: 0,
            due_since: None,
            raised: [false; FAULTS.len()],
        }
    }

    /// A new remote or a new agreement: silence counts from now.
    pub(crate) const fn restart(&mut self) {
        self.due_since = None;
    }

    /// The look of this second; `tell` gets every change.
    pub(crate) fn look(&mut self, now: Instant, seen: Observed, mut tell: impl FnMut(MediaFault, bool)) {
        let [packets, reports] = seen.failures.map(not_authentic);
        let verdicts = [self.loss(seen), self.no_media(now, seen), self.wrong_type(seen), packets, reports];
        for ((raised, verdict), fault) in self.raised.iter_mut().zip(verdicts).zip(FAULTS) {
            if let Some(verdict) = verdict.filter(|verdict| verdict != raised) {
                *raised = verdict;
                tell(fault, verdict);
            }
        }
        self.good_before = seen.good;
    }

    /// Share of the packets of the last 10 s that were lost, 0 to 1.
    pub(crate) fn loss_share(&self) -> f64 {
        let Second { expected, lost } = self.sum();
        if expected == 0 { 0.0 } else { lost as f64 / expected as f64 }
    }

    fn sum(&self) -> Second {
        self.window.iter().fold(Second::default(), |sum, second| Second {
            expected: sum.expected + second.expected,
            lost: sum.lost + second.lost,
        })
    }

    /// `Some` of what is now true, `None` to leave it.
    fn loss(&mut self, seen: Observed) -> Option<bool> {
        self.window[self.at] = Second {
            expected: seen.expected.saturating_sub(self.before.expected),
            lost: seen.lost.saturating_sub(self.before.lost),
        };
        self.at = (self.at + 1) % WINDOW;
        self.before = Second { expected: seen.expected, lost: seen.lost };
        let Second { expected, lost } = self.sum();
        if expected < FEWEST || lost * 100 <= expected * 2 {
            Some(false)
        } else if lost * 100 > expected * 3 {
            Some(true)
        } else {
            None
        }
    }

    fn no_media(&mut self, now: Instant, seen: Observed) -> Option<bool> {
        if !seen.due {
            self.due_since = None;
            return Some(false);
        }
        let since = *self.due_since.get_or_insert(now);
        let last = seen.heard_at.map_or(since, |heard_at| heard_at.max(since));
        Some(now.saturating_duration_since(last) >= NO_MEDIA)
    }

    const fn wrong_type(&self, seen: Observed) -> Option<bool> {
        if seen.wrong >= WRONG_PACKETS {
            Some(true)
        } else if seen.wrong == 0 && (seen.good > self.good_before || !seen.due) {
            Some(false)
        } else {
            None
        }
    }
}

/// One in a second comes with a change of keys; more than that is an attack or a wrong key.
const fn not_authentic(failures: u32) -> Option<bool> {
    match failures {
        0 => Some(false),
        1 => None,
        _ => Some(true),
    }
}

/// In the order of the verdicts.
const FAULTS: [MediaFault; 5] = [
    MediaFault::ExcessiveLoss,
    MediaFault::NoMedia,
    MediaFault::WrongPayloadType,
    MediaFault::Authentication,
    MediaFault::ReportAuthentication,
];
/// Seconds over which loss is judged: the incumbent's 10 s.
const WINDOW: usize = 10;
/// With fewer packets one loss would be an alarm.
const FEWEST: u64 = 50;
/// Longer than a pause between comfort noise updates, shorter than a caller's patience.
const NO_MEDIA: Duration = Duration::from_secs(5);
/// A stray packet at a codec change is not an alarm.
const WRONG_PACKETS: u32 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    fn start() -> Instant {
        #[allow(clippy::disallowed_methods, reason = "any instant will do, nothing waits for it")]
        Instant::now()
    }

    fn seen(expected: u64, lost: u64, now: Instant) -> Observed {
        Observed {
            expected,
            lost,
            good: expected - lost,
            wrong: 0,
            failures: [0; 2],
            due: true,
            heard_at: Some(now),
        }
    }

    fn changes(watch: &mut FaultWatch, now: Instant, seen: Observed) -> Vec<(MediaFault, bool)> {
        let mut told = Vec::new();
        watch.look(now, seen, |fault, raised| told.push((fault, raised)));
        told
    }

    #[test]
    fn loss_above_three_percent_of_ten_seconds() {
        let (mut watch, mut now) = (FaultWatch::new(), start());
        let mut told = Vec::new();
        let (mut expected, mut lost) = (0, 0);
        for second in 0..40 {
            expected += 50;
            lost += if (10..14).contains(&second) { 5 } else { 0 };
            now += Duration::from_secs(1);
            told.extend(
                changes(&mut watch, now, seen(expected, lost, now))
                    .into_iter()
                    .map(|change| (second, change)),
            );
        }
        // Four bad seconds: 20 of 500 packets.
        assert_eq!(told, [(13, (MediaFault::ExcessiveLoss, true)), (21, (MediaFault::ExcessiveLoss, false))]);
    }

    #[test]
    fn silence_is_no_media_only_while_something_is_due() {
        let (mut watch, begin) = (FaultWatch::new(), start());
        let quiet =
            Observed { expected: 0, lost: 0, good: 0, wrong: 0, failures: [0; 2], due: true, heard_at: None };
        let mut told = Vec::new();
        for second in 0..8 {
            told.extend(
                changes(&mut watch, begin + Duration::from_secs(second), quiet)
                    .into_iter()
                    .map(|c| (second, c)),
            );
        }
        assert_eq!(told, [(5, (MediaFault::NoMedia, true))]);
        let held = Observed { due: false, ..quiet };
        assert_eq!(changes(&mut watch, begin + Duration::from_secs(9), held), [(MediaFault::NoMedia, false)]);
    }

    #[test]
    fn a_wrong_type_is_told_until_good_ones_come() {
        let (mut watch, now) = (FaultWatch::new(), start());
        let wrong = Observed { wrong: 50, good: 0, ..seen(50, 0, now) };
        assert_eq!(changes(&mut watch, now, wrong), [(MediaFault::WrongPayloadType, true)]);
        assert_eq!(changes(&mut watch, now, Observed { wrong: 0, ..wrong }), []);
        assert_eq!(changes(&mut watch, now, seen(100, 0, now)), [(MediaFault::WrongPayloadType, false)]);
    }
}
