//! Esplora tests.
