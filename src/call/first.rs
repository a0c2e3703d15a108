//! Who of several answered first.
