//! Expansion tables, computed at build time from G.711 tables 1 and 2.

/// Linear value (upper 13 bits of 16) of every A-law code.
pub static A_EXPANDED: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let bits = code as i32 ^ 0x55;
        let (segment, step) = (bits >> 4 & 7, bits & 15);
        let magnitude = if segment == 0 { (step << 4) + 8 } else { ((step << 4) + 0x108) << (segment - 1) };
        table[code] = (if bits & 0x80 == 0 { -magnitude } else { magnitude }) as i16;
        code += 1;
    }
    table
};

/// Linear value (upper 14 bits of 16) of every mu-law code.
pub static MU_EXPANDED: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let bits = !(code as i32);
        let (segment, step) = (bits >> 4 & 7, bits & 15);
        let magnitude = (((step << 3) + 0x84) << segment) - 0x84;
        table[code] = (if bits & 0x80 == 0 { magnitude } else { -magnitude }) as i16;
        code += 1;
    }
    table
};
