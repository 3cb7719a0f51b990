//! The practice network.
