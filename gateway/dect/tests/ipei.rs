//! IPEIs are read in every written form, checked, and printed in one.

use dect::{IdentityError, Ipei};
use proptest::prelude::*;

/// The example of the phone sharing guide.
const PRINTED: &str = "03586 0017017 7";

#[test]
fn all_written_forms_mean_the_same() {
    let ipei: Ipei = PRINTED.parse().expect("the printed form");
    for form in [
        "0358600170177",
        "035860017017",
        "03586-0017017-7",
        " 03586 0017017 7 ",
        "03586 0017017",
        "0 3 5 8 6 0 0 1 7 0 1 7 7",
    ] {
        assert_eq!(form.parse(), Ok(ipei), "{form}");
    }
    assert_eq!((ipei.emc(), ipei.psn()), (3586, 17017));
    assert_eq!(ipei.to_string(), PRINTED);
    assert_eq!(ipei.compact(), "0358600170177");
}

#[test]
fn twelve_digits_get_their_check_digit() {
    // Handsets in the export example of the IP-DECT manual, appendix C, are stored without it.
    // Places times digits: 0*1+0*2+2*3+0*4+2*5+0*6+1*7+7*8+3*9+3*10+9*11+4*12 = 283 = 25*11 + 8.
    assert_eq!("002020173394".parse::<Ipei>().map(|ipei| ipei.to_string()), Ok("00202 0173394 8".to_owned()));
}

#[test]
fn a_remainder_of_ten_is_an_asterisk() {
    // 5*2 = 10.
    let ipei: Ipei = "050000000000".parse().expect("twelve digits");
    assert_eq!(ipei.check_digit(), '*');
    assert_eq!("05000 0000000 *".parse(), Ok(ipei));
    assert_eq!("050000000000*".parse(), Ok(ipei));
    assert_eq!("0500000000001".parse::<Ipei>(), Err(IdentityError::CheckDigit { expected: '*' }));
}

#[test]
fn wrong_check_digits_are_named() {
    assert_eq!("03586 0017017 8".parse::<Ipei>(), Err(IdentityError::CheckDigit { expected: '7' }));
    assert_eq!("03586 0017017 *".parse::<Ipei>(), Err(IdentityError::CheckDigit { expected: '7' }));
}

#[test]
fn anything_else_is_refused_with_its_reason() {
    assert_eq!("".parse::<Ipei>(), Err(IdentityError::Length { digits: 0 }));
    assert_eq!("03586001701".parse::<Ipei>(), Err(IdentityError::Length { digits: 11 }));
    assert_eq!("03586001701777".parse::<Ipei>(), Err(IdentityError::Length { digits: 14 }));
    assert_eq!("*35860017017".parse::<Ipei>(), Err(IdentityError::Character));
    assert_eq!("03586x017017".parse::<Ipei>(), Err(IdentityError::Character));
    assert_eq!("O3586 0017017 7".parse::<Ipei>(), Err(IdentityError::Character));
    assert_eq!("65536 0000000".parse::<Ipei>(), Err(IdentityError::Range));
    assert_eq!("00000 1048576".parse::<Ipei>(), Err(IdentityError::Range));
    assert!("65535 1048575".parse::<Ipei>().is_ok());
}

#[test]
fn bits_are_manufacturer_above_serial() {
    let ipei = Ipei::new(0x0e02, 0x4_2793 & 0xf_ffff).expect("20 bits");
    assert_eq!(ipei.bits(), 0x0_e024_2793);
    assert_eq!(Ipei::from_bits(1 << 36), None);
    assert_eq!(Ipei::new(0, 1 << 20), None);
}

proptest! {
    #[test]
    fn every_identity_survives_printing(bits in 0u64..1 << 36) {
        let ipei = Ipei::from_bits(bits).expect("36 bits");
        prop_assert_eq!(ipei.bits(), bits);
        prop_assert_eq!(ipei.to_string().parse(), Ok(ipei));
        prop_assert_eq!(ipei.compact().parse(), Ok(ipei));
        prop_assert_eq!(ipei.compact()[..12].parse(), Ok(ipei));
    }

    #[test]
    fn a_wrong_digit_is_always_noticed(bits in 0u64..1 << 36, place in 0usize..10, step in 1u8..10) {
        // Place 11 weighs 0 modulo 11, so its digit is the one that the rule cannot guard.
        let ipei = Ipei::from_bits(bits).expect("36 bits");
        let mut text = ipei.compact().into_bytes();
        text[place] = b'0' + (text[place] - b'0' + step) % 10;
        let changed = String::from_utf8(text).expect("digits");
        prop_assert!(changed.parse::<Ipei>() != Ok(ipei));
        prop_assert!(changed.parse::<Ipei>().is_err());
    }

    #[test]
    fn any_text_is_harmless(text in "\\PC{0,40}") {
        let _ = text.parse::<Ipei>();
        let _ = text.parse::<dect::Park>();
        let _ = text.parse::<dect::Rfpi>();
        let _ = text.parse::<dect::AuthCode>();
    }
}
