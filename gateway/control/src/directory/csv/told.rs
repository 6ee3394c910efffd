//! A report as operators read it.

use admin_api::{ImportReport, ImportRow};

use super::Report;

/// Long lists are cut, their totals are not.
#[must_use]
pub fn told(report: &Report, applied: bool) -> ImportReport {
    let added = report.added.iter().map(|added| format!("+ {} {}", added.number, added.long_name));
    let changed = report.changed.iter().map(|changed| {
        let fields: Vec<String> = changed
            .fields
            .iter()
            .map(|field| format!("{}: {:?} -> {:?}", field.field, field.old, field.new))
            .collect();
        format!("~ {} {}", changed.number, fields.join(", "))
    });
    let refused = report.refused.iter().map(|row| ImportRow {
        line: usize::try_from(row.line).unwrap_or(usize::MAX),
        reason: row.reason.to_string(),
    });
    ImportReport {
        applied,
        added: report.added.len(),
        changed: report.changed.len(),
        unchanged: report.unchanged,
        refused: refused.take(MOST_LINES).collect(),
        refused_total: report.refused.len(),
        diff: added.chain(changed).take(MOST_LINES).collect(),
    }
}

/// Lines of a report that are told one by one.
const MOST_LINES: usize = 1_000;
