//! The directory as a file that [`super::read`] takes back without a change. It never holds a password or a code.

use std::fmt::{self, Write};

use super::COLUMNS;
use crate::directory::{Directory, User};

/// Writes all users in the order of their numbers, with a header, separated by `separator`.
///
/// # Errors
/// Those of `out`.
pub fn export(directory: &Directory, separator: char, out: &mut dyn Write) -> fmt::Result {
    for column in COLUMNS {
        write!(out, "{}{separator}", column.label())?;
    }
    out.write_str("\r\n")?;
    for user in directory.users_with_number_prefix("") {
        row(directory, user, separator, out)?;
    }
    Ok(())
}

fn row(directory: &Directory, user: &User, separator: char, out: &mut dyn Write) -> fmt::Result {
    let ipei = directory.fixed_ipei(user.id);
    let profile = &user.profile;
    let cells = [
        &*profile.long_name,
        &*profile.name,
        &*profile.number,
        &*profile.display_name,
        &*user.account.auth_name,
        &*profile.idle_display,
        &*ipei,
        "",
    ];
    for text in cells {
        cell(text, separator, out)?;
        out.write_char(separator)?;
    }
    out.write_str("\r\n")
}

fn cell(text: &str, separator: char, out: &mut dyn Write) -> fmt::Result {
    if !text.contains([separator, '"']) && text.trim() == text {
        return out.write_str(text);
    }
    write!(out, "\"{}\"", text.replace('"', "\"\""))
}
