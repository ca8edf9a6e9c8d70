//! Fakes for every port, a manual clock and the contracts both fakes and adapters keep
