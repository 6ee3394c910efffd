//! Users come in as a file: what is added, changed and refused, and why.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write;

use control::{
    clock::UnixMillis,
    directory::{
        Directory, Relation, SiteId,
        csv::{self, FileFault, Import, Options, Report},
    },
};

const HEADER: &str =
    "Long Name;Name;Number;Display Name;Auth Name (SIP);Idle Display;IPEI/IPDI;Password;\r\n";

fn plan(directory: &mut Directory, text: &str, options: Options) -> Import {
    let mut next = 0u8;
    let mut fill = |out: &mut [u8]| {
        next = next.wrapping_add(1);
        out.fill(next);
    };
    directory.plan_import(UnixMillis(1000), csv::read(text.as_bytes()).unwrap(), options, &mut fill)
}

fn import(directory: &mut Directory, text: &str) -> Report {
    let import = plan(directory, text, Options::default());
    directory.apply_all(&import.changes);
    import.report
}

fn refusals(report: &Report) -> Vec<String> {
    report.refused.iter().map(ToString::to_string).collect()
}

fn exported(directory: &Directory, separator: char) -> String {
    let mut text = String::new();
    csv::export(directory, separator, &mut text).unwrap();
    text
}

#[test]
fn the_incumbents_file_is_taken() {
    let mut directory = Directory::new(SiteId::FIRST);
    let text = "Anna Arend;anna;200;Anna;auth200;Empfang;0358600170177;geheim;\r\n\
                Berta Brand;;201;;;;;;\r\n\
                \"Cäsar; \"\"der Große\"\"\";;202\r\n";
    let report = import(&mut directory, text);
    assert_eq!((report.added.len(), report.refused.len()), (3, 0));
    let anna = directory.user_by_name("anna").unwrap();
    assert_eq!(anna.auth_name(), "auth200");
    assert_eq!(anna.account.sip_password.as_ref().unwrap().expose(), "geheim");
    let device = directory.device_of_user(anna.id).unwrap();
    assert_eq!(device.ipei().compact(), "0358600170177");
    assert_eq!(directory.relation(device.id), Relation::Fixed(anna.id));
    assert_eq!(device.auth_code.as_ref().unwrap().expose().len(), 8);
    assert_eq!(&*directory.user_by_number("202").unwrap().profile.long_name, "Cäsar; \"der Große\"");
}

#[test]
fn an_import_twice_changes_nothing() {
    let mut directory = Directory::new(SiteId::FIRST);
    let text = "Anna;anna;200;A;a;idle;035860017017;secret;\nBerta;;201;;;;;;\n";
    assert_eq!(import(&mut directory, text).added.len(), 2);
    let again = plan(&mut directory, text, Options::default());
    assert_eq!(again.report.unchanged, 2);
    assert!(again.changes.is_empty());
}

#[test]
fn an_export_comes_back_without_a_change() {
    let mut directory = Directory::new(SiteId::FIRST);
    let text =
        "\" Anna \";anna;200;\"A;\"\"B\"\"\";a;Ünï,\ttab;03586 0017017 7;secret;\nBerta;;201;;;;;pw2;\n";
    let text = text.replace('\t', " ");
    assert!(import(&mut directory, &text).refused.is_empty());
    for separator in [';', ',', '\t'] {
        let text = exported(&directory, separator);
        assert!(!text.contains("secret") && !text.contains("pw2"), "{text}");
        let again = plan(&mut directory, &text, Options::default());
        assert_eq!((again.report.unchanged, again.report.refused.len()), (2, 0), "{text}");
        assert!(again.changes.is_empty());
    }
    let first = exported(&directory, ';');
    assert!(first.starts_with(HEADER));
    assert!(first.contains("0358600170177"));
}

#[test]
fn a_change_names_its_fields_but_never_a_password() {
    let mut directory = Directory::new(SiteId::FIRST);
    import(&mut directory, "Anna;anna;200;A;a;idle;035860017017;secret;\n");
    let report = import(&mut directory, "Anna Arend;anna;200;;a;idle;000010000001;other;\n");
    let fields: Vec<_> =
        report.changed[0].fields.iter().map(|f| (f.field.label(), &*f.old, &*f.new)).collect();
    assert_eq!(
        fields,
        [
            ("Long Name", "Anna", "Anna Arend"),
            ("Display Name", "A", ""),
            ("IPEI/IPDI", "0358600170177", "0000100000016"),
            ("Password", "", "(changed)"),
        ]
    );
    let anna = directory.user_by_number("200").unwrap();
    assert_eq!(directory.device_of_user(anna.id).unwrap().ipei().compact(), "0000100000016");
    let old = directory.device_by_ipei(&"035860017017".parse().unwrap()).unwrap();
    assert_eq!(directory.relation(old.id), Relation::Unbound);
}

#[test]
fn missing_columns_leave_and_empty_cells_clear() {
    let mut directory = Directory::new(SiteId::FIRST);
    import(&mut directory, "Anna;anna;200;Display;auth;idle;035860017017;secret;\n");
    // Three columns: the rest stays.
    assert_eq!(import(&mut directory, "Anna;anna;200\n").unchanged, 1);
    // By header, in another order, with a column less.
    let report = import(&mut directory, "number\tLONG NAME\tidle display\n200\tAnna\t\n");
    assert_eq!(report.changed[0].fields.len(), 1);
    // An empty IPEI and an empty password never clear.
    let report = import(&mut directory, "Anna;;200;;;;;;\n");
    let labels: Vec<_> = report.changed[0].fields.iter().map(|f| f.field.label()).collect();
    assert_eq!(labels, ["Name", "Display Name", "Auth Name (SIP)"]);
    let anna = directory.user_by_number("200").unwrap();
    assert!(anna.account.sip_password.is_some() && directory.device_of_user(anna.id).is_some());
}

#[test]
fn every_bad_row_is_named_with_its_reason() {
    let mut directory = Directory::new(SiteId::FIRST);
    import(&mut directory, "Stored;store;300;;;;035860017017;;\n");
    let text = format!(
        "{HEADER}{}",
        "This name is longer than thirty characters;;200;;;;;;\n\
         ;;201;;;;;;\n\
         No Number;;;;;;;;\n\
         Bad Ipei;;202;;;;0358600170170;;\n\
         Good;good;203;;;;;;\n\
         Other;;203;;;;;;\n\
         Good;;204;;;;;;\n\
         By Name;203;205;;;;;;\n\
         Taken;store;206;;;;;;\n\
         Stored;;207;;;;;;\n\
         Taken Ipei;;208;;;;035860017017;;\n\
         \"Quote;;209;;;;;;\n\
         Wide;;210;;;;;;;x\n\
         Narrow;\n\
         Space;;2 11;;;;;;\n"
    );
    let report = import(&mut directory, &text);
    let expected = [
        "line 2: Long Name has 42 characters, 30 are allowed",
        "line 3: Long Name is missing",
        "line 4: Number is missing",
        "line 5: IPEI/IPDI: ",
        "line 7: the same Number as in line 6",
        "line 8: the same Long Name as in line 6",
        "line 9: the same Name as in line 6",
        "line 10: Name belongs to the user with number 300",
        "line 11: Long Name belongs to the user with number 300",
        "line 12: IPEI/IPDI belongs to the user with number 300",
        "line 13: the quotes do not match",
        "line 14: 10 columns, more than there are fields",
        "line 15: 2 columns, Long Name and Number are mandatory",
        "line 16: Number must not contain  ",
    ];
    let found = refusals(&report);
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} / {expected}");
    }
    assert_eq!(directory.user_count(), 1, "nothing may be half imported");
    let import = plan(&mut directory, &text, Options { skip_bad: true });
    directory.apply_all(&import.changes);
    assert_eq!(directory.user_count(), 2);
    assert!(directory.user_by_name("good").is_some());
}

#[test]
fn values_move_between_users_of_one_file() {
    let mut directory = Directory::new(SiteId::FIRST);
    import(&mut directory, "Anna;a;200;;;;000010000001;;\nBerta;b;201;;;;000010000002;;\n");
    let swapped = "Berta;b;200;;;;000010000002;;\nAnna;a;201;;;;000010000001;;\n";
    assert_eq!(refusals(&import(&mut directory, swapped)), Vec::<String>::new());
    let first = directory.user_by_number("200").unwrap();
    assert_eq!((first.sip_name(), &*first.profile.long_name), ("b", "Berta"));
    assert_eq!(directory.device_of_user(first.id).unwrap().ipei().compact(), "0000100000027");
    assert_eq!(plan(&mut directory, swapped, Options::default()).report.unchanged, 2);
}

#[test]
fn a_row_falls_with_the_row_it_depends_on() {
    let mut directory = Directory::new(SiteId::FIRST);
    import(&mut directory, "A;a;200;;;;;;\nB;b;201;;;;;;\nC;c;202;;;;;;\nD;d;203;;;;;;\n");
    // 202 cannot take d, so it keeps c, so 201 cannot take c, so 200 cannot take b.
    let text = "A;b;200\nB;c;201\nC;d;202\n";
    let import = plan(&mut directory, text, Options { skip_bad: true });
    assert!(import.changes.is_empty());
    assert_eq!(
        refusals(&import.report),
        [
            "line 1: Name belongs to the user with number 201",
            "line 2: Name belongs to the user with number 202",
            "line 3: Name belongs to the user with number 203",
        ]
    );
}

#[test]
fn character_sets_and_file_faults() {
    let mut directory = Directory::new(SiteId::FIRST);
    let table = csv::read(b"J\xf6rg;;200;;;;;;\r").unwrap();
    let import = directory.plan_import(UnixMillis(1), table, Options::default(), &mut |_| {});
    directory.apply_all(&import.changes);
    assert_eq!(&*directory.user_by_number("200").unwrap().profile.long_name, "Jörg");
    assert_eq!(csv::read(b"").unwrap_err(), FileFault::Empty);
    assert_eq!(csv::read(b"\xff\xfea\0;\0").unwrap_err(), FileFault::Utf16);
    assert_eq!(csv::read(b"one\n").unwrap_err(), FileFault::NoSeparator);
    assert_eq!(
        csv::read(b"Long Name;Number;Shoe size\n").unwrap_err(),
        FileFault::UnknownColumn("Shoe size".into())
    );
    assert_eq!(
        csv::read(b"Long Name;Number;Number\n").unwrap_err(),
        FileFault::RepeatedColumn("Number".into())
    );
    assert_eq!(csv::read(b"Name;Number;Password\n").unwrap_err(), FileFault::MissingColumn("Long Name"));
    assert!(csv::read(&vec![b';'; (64 << 20) + 1]).is_err());
}

#[test]
fn a_hundred_thousand_rows() {
    let mut text = String::from(HEADER);
    for n in 0..100_000 {
        writeln!(text, "User {n};user{n};{};;;;{:05}{n:07};pw{n};", 100_000 + n, 4000).unwrap();
    }
    let mut directory = Directory::new(SiteId::FIRST);
    let report = import(&mut directory, &text);
    assert_eq!((report.added.len(), report.refused.len()), (100_000, 0));
    assert_eq!(directory.device_count(), 100_000);
    let text = exported(&directory, ';');
    assert_eq!(plan(&mut directory, &text, Options::default()).report.unchanged, 100_000);
}
