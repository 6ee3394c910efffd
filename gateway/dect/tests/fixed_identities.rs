//! PARK and RFPI are read and printed; the check digit of a PARK guards what is keyed into a handset.

use dect::identity::{AccessRightsClass, Ari};
use dect::{IdentityError, Park, Rfpi};
use proptest::prelude::*;

#[test]
fn a_broadcast_identity_falls_into_its_parts() {
    // INIT_REQ of a captured radio: RFPI 10 2a f1 2c 26.
    let rfpi: Rfpi = "10 2a f1 2c 26".parse().expect("ten digits");
    assert_eq!(rfpi.to_string(), "102AF12C26");
    assert_eq!(rfpi.radio(), 0x26);
    assert_eq!(rfpi.ari().bits(), 0x102a_f12c);
    assert_eq!(rfpi.ari().class(), AccessRightsClass::B);
    assert!(!rfpi.has_secondary_rights());
    let secondary = Rfpi::from_octets([0x90, 0x2a, 0xf1, 0x2c, 0x26]);
    assert!(secondary.has_secondary_rights());
    assert_eq!(secondary.ari(), rfpi.ari());
}

#[test]
fn broken_broadcast_identities_are_refused() {
    assert_eq!("102AF12C2".parse::<Rfpi>(), Err(IdentityError::Length { digits: 9 }));
    assert_eq!("102AF12C2G".parse::<Rfpi>(), Err(IdentityError::Character));
    assert_eq!("102AF12C26FF".parse::<Rfpi>(), Err(IdentityError::Length { digits: 12 }));
}

#[test]
fn a_park_is_keyed_in_as_fourteen_digits() {
    let park: Park = "1F102AF12C".parse().expect("a hexadecimal PARK");
    assert_eq!(park.length(), 31);
    assert_eq!(park.ari(), "102af12c00".parse::<Rfpi>().expect("an RFPI").ari());
    // 31, then 001 000 000 101 010 111 100 010 010 110 0(00).
    // 3*1+1*2+1*3+0*4+0*5+5*6+2*7+7*8+4*9+2*10+2*11+6*12+0*13 = 258 = 23*11 + 5.
    assert_eq!(park.to_string(), "31100527422605");
    assert_eq!("31100527422605".parse(), Ok(park));
    assert_eq!("31-1005274226-0-5".parse(), Ok(park));
    assert_eq!(park.hexadecimal(), "1F102AF12C");
}

#[test]
fn broken_parks_are_refused() {
    assert_eq!("31100527422604".parse::<Park>(), Err(IdentityError::CheckDigit { expected: '5' }));
    assert_eq!("37100527422605".parse::<Park>(), Err(IdentityError::Range));
    assert_eq!("31800527422605".parse::<Park>(), Err(IdentityError::Character));
    assert_eq!("1F902AF12C".parse::<Park>(), Err(IdentityError::Range));
    assert_eq!("1F102AF12".parse::<Park>(), Err(IdentityError::Length { digits: 9 }));
    assert_eq!("1F+02AF12C".parse::<Park>(), Err(IdentityError::Character));
    assert_eq!("31+0527422605*".parse::<Park>(), Err(IdentityError::Character));
    assert_eq!("1F102AF1é".parse::<Park>(), Err(IdentityError::Character));
}

proptest! {
    #[test]
    fn every_park_survives_printing(length in 0u8..=36, bits in 0u32..1 << 31) {
        let park = Park::new(length, Ari::from_bits(bits).expect("31 bits")).expect("a length");
        prop_assert_eq!(park.to_string().len(), 14);
        prop_assert_eq!(park.to_string().parse(), Ok(park));
        prop_assert_eq!(park.hexadecimal().parse(), Ok(park));
    }
}
