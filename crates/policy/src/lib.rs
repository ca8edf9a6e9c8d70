//! Policy keys, ranges and their resolution; pure
