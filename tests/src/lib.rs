//! Black-box tests across crates, on real parts
