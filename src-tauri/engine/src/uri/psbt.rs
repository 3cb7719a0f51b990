//! A transaction that others made and that is to be signed: a PSBT (BIP 174) as base64. What it claims is held against the
//! wallet elsewhere.

use super::{ParseError, Parsed, text};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bitcoin::Psbt;

/// The largest that is read. One that spends a hundred coins, with the transactions they come from, is far below.
pub(crate) const MAX_PSBT_BYTES: usize = 1_000_000;

/// The magic bytes, as base64 begins with them.
const BEGINS: &str = "cHNidP";

/// As much text is that many bytes and its line breaks.
pub(super) const MAX_TEXT: usize = MAX_PSBT_BYTES / 3 * 4 + MAX_PSBT_BYTES / 16;

pub(super) fn looks_like_psbt(text: &str) -> bool {
    text.starts_with(BEGINS)
}

pub(super) fn read(text: &str) -> Result<Parsed, ParseError> {
    if text.len() > MAX_TEXT {
        return Err(ParseError::PsbtTooLong);
    }
    let bytes = STANDARD.decode(text::compact(text)).map_err(|_| ParseError::Psbt)?;
    if bytes.len() > MAX_PSBT_BYTES {
        return Err(ParseError::PsbtTooLong);
    }
    let psbt = Psbt::deserialize(&bytes).map_err(|_| ParseError::Psbt)?;
    Ok(Parsed { psbt: Some(Box::new(psbt)), ..Parsed::default() })
}

/// As others read it.
pub(crate) fn psbt_text(psbt: &Psbt) -> String {
    STANDARD.encode(psbt.serialize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Coded};
    use crate::uri::parse;
    use crate::view::{InstructionKind, NetworkId};
    use proptest::prelude::*;

    /// One input, one output, nothing known of either.
    fn bare() -> Psbt {
        use bitcoin::{Amount, OutPoint, ScriptBuf, Transaction, TxIn, TxOut};
        let input = vec![TxIn { previous_output: OutPoint::null(), ..TxIn::default() }];
        let script_pubkey = ScriptBuf::new_op_return([7]);
        let output = vec![TxOut { value: Amount::from_sat(1), script_pubkey }];
        let version = bitcoin::transaction::Version(7);
        let lock_time = bitcoin::absolute::LockTime::ZERO;
        Psbt::from_unsigned_tx(Transaction { version, lock_time, input, output }).unwrap()
    }

    fn code(text: &str) -> Code {
        parse(text, NetworkId::Practice).unwrap_err().code()
    }

    #[test]
    fn it_is_read_wrapped_and_within_blanks_and_nothing_else_is() {
        let text = psbt_text(&bare());
        let (first, rest) = text.split_at(20);
        let read = parse(&format!("  {first}\r\n{rest}\n"), NetworkId::Practice).unwrap();
        assert_eq!(read.kind(), InstructionKind::Psbt);
        assert_eq!(read.psbt.as_deref(), Some(&bare()));
        for damaged in ["cHNidP8=", "cHNidP8A", "cHNidP8%", &text[..text.len() - 8]] {
            assert_eq!(code(damaged), Code::PsbtDamaged, "{damaged}");
        }
        assert_eq!(code(&format!("cHNidP8{}", "A".repeat(10_000_000))), Code::PsbtTooLong);
    }

    proptest! {
        #[test]
        fn damage_never_panics(flips in proptest::collection::vec((any::<usize>(), 0..8_u32), 1..6)) {
            let mut bytes = bare().serialize();
            for (at, bit) in flips {
                let at = at % bytes.len();
                bytes[at] ^= 1 << bit;
            }
            drop(parse(&STANDARD.encode(&bytes), NetworkId::Practice));
        }
    }
}
