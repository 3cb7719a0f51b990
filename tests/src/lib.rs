//! Story harness.
