//! Whatever a file holds, reading it ends with rows and reasons, and what is imported obeys every rule.

#[path = "../fuzz/bodies.rs"]
mod bodies;

use proptest::{collection::vec, prelude::*};

/// Pieces that files are made of, and some that they are not.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let pieces = vec![
        "Long Name",
        "Name",
        "Number",
        "Password",
        "IPEI/IPDI",
        ";",
        ";",
        ";",
        ",",
        "\t",
        "\"",
        "\"\"",
        "\r\n",
        "\n",
        "200",
        "201",
        "anna",
        "0358600170177",
        "\u{feff}",
        " ",
        "ä",
    ];
    prop_oneof![
        4 => prop::sample::select(pieces).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..6),
    ]
}

/// Rows that are nearly sound and meet each other in a few values.
fn row() -> impl Strategy<Value = String> {
    let cell = prop::sample::select(vec!["", "a", "b", "200", "201", "202", "\"x;\"\"y\"", " c ", "\"d"]);
    let ipei = prop::sample::select(vec!["", "000010000001", "000010000002", "0358600170177", "1"]);
    (vec(cell, 6), ipei, 0usize..10).prop_map(|(cells, ipei, length)| {
        let row = format!("{};{ipei};secret;", cells.join(";"));
        row.split_inclusive(';').take(length).collect::<String>() + "\n"
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn rows_in_conflict(rows in vec(row(), 0..20)) {
        bodies::csv(rows.concat().as_bytes());
    }

    #[test]
    fn any_octets(pieces in vec(piece(), 0..80)) {
        bodies::csv(&pieces.concat());
    }
}
