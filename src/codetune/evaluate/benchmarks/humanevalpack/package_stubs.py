"""Stand-ins for packages that HumanEvalPack's items name and language toolchains don't bring.

They offer what those items use of `rand` and `md5` (Rust) and `js-md5` (JavaScript), with the same
names and results; random numbers come from a fixed seed. They are written into a program only where
it names the package, and only the program and its tests see them.
"""

from __future__ import annotations

__all__ = ["JS_MD5", "RUST"]

JS_MD5 = """{
  const Module = require("module"), load = Module._load;
  Module._load = (name, ...more) => name === "js-md5"
    ? (text) => require("crypto").createHash("md5").update(text).digest("hex") : load(name, ...more);
}
"""

_RAND = """
mod rand {
    use std::cell::Cell;
    thread_local! { static STATE: Cell<u64> = Cell::new(0x9E37_79B9_7F4A_7C15); }
    fn bits() -> u64 {
        STATE.with(|state| {
            let next = state.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
            state.set(next);
            let mixed = (next ^ (next >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            mixed ^ (mixed >> 31)
        })
    }
    pub trait Drawn: Sized + Copy {
        fn any(bits: u64) -> Self;
        fn between(low: Self, high: Self, bits: u64) -> Self;
    }
    macro_rules! whole { ($($kind:ty)*) => { $(impl Drawn for $kind {
        fn any(bits: u64) -> Self { bits as $kind }
        fn between(low: Self, high: Self, bits: u64) -> Self {
            assert!(low < high, "cannot sample empty range");
            let width = (high as i128 - low as i128) as u128;
            (low as i128 + (bits as u128 % width) as i128) as $kind
        }
    })* } }
    whole! { u8 u16 u32 u64 usize i8 i16 i32 i64 isize }
    macro_rules! real { ($($kind:ty)*) => { $(impl Drawn for $kind {
        fn any(bits: u64) -> Self { ((bits >> 11) as f64 / (1u64 << 53) as f64) as $kind }
        fn between(low: Self, high: Self, bits: u64) -> Self { low + (high - low) * Self::any(bits) }
    })* } }
    real! { f32 f64 }
    pub struct ThreadRng;
    pub fn thread_rng() -> ThreadRng { ThreadRng }
    pub fn random<T: Drawn>() -> T { T::any(bits()) }
    pub trait Rng {
        fn gen<T: Drawn>(&mut self) -> T { T::any(bits()) }
        fn gen_range<T: Drawn>(&mut self, low: T, high: T) -> T { T::between(low, high, bits()) }
    }
    impl Rng for ThreadRng {}
}
"""
_MD5 = """
mod md5 {
    pub struct Digest(pub [u8; 16]);
    impl std::ops::Deref for Digest { type Target = [u8; 16]; fn deref(&self) -> &[u8; 16] { &self.0 } }
    impl std::fmt::LowerHex for Digest {
        fn fmt(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
            self.0.iter().try_for_each(|byte| write!(to, "{:02x}", byte))
        }
    }
    impl std::fmt::Debug for Digest {
        fn fmt(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result { std::fmt::LowerHex::fmt(self, to) }
    }
    pub fn compute<T: AsRef<[u8]>>(text: T) -> Digest {
        let shifts = [[7u32, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
        let mut data = text.as_ref().to_vec();
        let length = (data.len() as u64).wrapping_mul(8);
        data.push(0x80);
        while data.len() % 64 != 56 { data.push(0); }
        data.extend_from_slice(&length.to_le_bytes());
        let mut state = [0x67452301u32, 0xefcdab89, 0x98badcfe, 0x10325476];
        for block in data.chunks(64) {
            let word = |i: usize| u32::from_le_bytes([block[4 * i], block[4 * i + 1], block[4 * i + 2], block[4 * i + 3]]);
            let [mut a, mut b, mut c, mut d] = state;
            for i in 0..64usize {
                let (mixed, from) = match i / 16 {
                    0 => ((b & c) | (!b & d), i),
                    1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                    2 => (b ^ c ^ d, (3 * i + 5) % 16),
                    _ => (c ^ (b | !d), (7 * i) % 16),
                };
                let sine = (((i + 1) as f64).sin().abs() * 4294967296.0) as u32;
                let turned = a.wrapping_add(mixed).wrapping_add(sine).wrapping_add(word(from))
                    .rotate_left(shifts[i / 16][i % 4]);
                a = d; d = c; c = b; b = b.wrapping_add(turned);
            }
            for (part, more) in state.iter_mut().zip([a, b, c, d]) { *part = part.wrapping_add(more); }
        }
        let mut out = [0u8; 16];
        for (i, part) in state.iter().enumerate() { out[4 * i..4 * i + 4].copy_from_slice(&part.to_le_bytes()); }
        Digest(out)
    }
}
"""
RUST = {"rand": _RAND, "md5": _MD5}
"""Crate -> module of the same name."""
