//! Authentication codes are four to eight digits and never shown by accident.

use dect::{AuthCode, IdentityError};

#[test]
fn four_to_eight_digits_are_a_code() {
    for code in ["1234", "00000000", "98765"] {
        assert_eq!(code.parse::<AuthCode>().map(|parsed| parsed.reveal().to_owned()), Ok(code.to_owned()));
    }
    assert_eq!("123".parse::<AuthCode>(), Err(IdentityError::Length { digits: 3 }));
    assert_eq!("123456789".parse::<AuthCode>(), Err(IdentityError::Length { digits: 9 }));
    assert_eq!("12a4".parse::<AuthCode>(), Err(IdentityError::Character));
    assert_eq!("12 34".parse::<AuthCode>(), Err(IdentityError::Character));
}

#[test]
fn equal_codes_are_equal() {
    let code: AuthCode = "1234".parse().expect("a code");
    assert_eq!("1234".parse().as_ref(), Ok(&code));
    for other in ["1235", "01234", "12340", "123400"] {
        assert_ne!(other.parse().as_ref(), Ok(&code));
    }
}

#[test]
fn debug_hides_the_digits() {
    let code: AuthCode = "86421357".parse().expect("a code");
    let shown = format!("{code:?} {:?}", Some(&code));
    assert!(!shown.chars().any(|c| c.is_ascii_digit()), "{shown}");
    assert!(!format!("{:?}", "8642135x".parse::<AuthCode>()).contains('8'));
}

#[test]
fn drawn_codes_are_unbiased_and_bounded() {
    assert_eq!(
        AuthCode::draw(4, &[0, 11, 249, 250, 255, 22]).map(|code| code.reveal().to_owned()),
        Some("0192".to_owned())
    );
    assert_eq!(AuthCode::draw(4, &[250, 251, 252, 1, 2, 3]), None);
    assert_eq!(AuthCode::draw(3, &[0; 32]), None);
    assert_eq!(AuthCode::draw(9, &[0; 32]), None);
}
