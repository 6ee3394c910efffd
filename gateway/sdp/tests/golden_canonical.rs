//! Reads every description of `golden/canonical` and compares what is written with the text below its `-----`.
//! `DECTGATE_BLESS=1` writes the expectations anew; the difference is then read by a person.

mod support;

use sdp::Session;

#[test]
fn descriptions_are_written_canonically() {
    let mut seen = 0;
    for file in support::golden("canonical") {
        let [input, expected] = file.sections.as_slice() else {
            panic!("{}: two sections wanted", file.name);
        };
        let written = match Session::parse(input.as_bytes()) {
            Ok(session) => {
                let written = session.to_string();
                assert_eq!(
                    Session::parse(written.as_bytes()),
                    Ok(session),
                    "{}: reads equal again",
                    file.name
                );
                support::without_cr(&written)
            }
            Err(error) => format!("refused: {error}\n"),
        };
        if support::bless() {
            file.rewrite(&[input.clone(), written]);
        } else {
            assert_eq!(&written, expected, "{}", file.name);
        }
        seen += 1;
    }
    assert!(seen >= 10, "only {seen} files found");
}
