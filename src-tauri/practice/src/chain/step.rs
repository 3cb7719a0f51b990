//! What the log remembers: the changes of the chain, in the order they were made.

use bitcoin::consensus::{Decodable, Encodable, encode};
use bitcoin::{Block, Transaction, Txid, io};

/// One change. Replayed in order on regtest's genesis, changes give the same chain and mempool again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A block became the tip.
    Connected(Block),
    /// This many blocks were undone.
    Undone(u32),
    /// Transactions entered the mempool together.
    Admitted(Vec<Transaction>),
    /// A transaction was thrown out of the mempool.
    Evicted(Txid),
}

impl Encodable for Step {
    fn consensus_encode<W: io::Write + ?Sized>(&self, writer: &mut W) -> Result<usize, io::Error> {
        match self {
            Self::Connected(block) => {
                Ok(1u8.consensus_encode(writer)? + block.consensus_encode(writer)?)
            }
            Self::Undone(depth) => {
                Ok(2u8.consensus_encode(writer)? + depth.consensus_encode(writer)?)
            }
            Self::Admitted(txs) => {
                Ok(3u8.consensus_encode(writer)? + txs.consensus_encode(writer)?)
            }
            Self::Evicted(txid) => {
                Ok(4u8.consensus_encode(writer)? + txid.consensus_encode(writer)?)
            }
        }
    }
}

impl Decodable for Step {
    fn consensus_decode<R: io::Read + ?Sized>(reader: &mut R) -> Result<Self, encode::Error> {
        match u8::consensus_decode(reader)? {
            1 => Ok(Self::Connected(Decodable::consensus_decode(reader)?)),
            2 => Ok(Self::Undone(Decodable::consensus_decode(reader)?)),
            3 => Ok(Self::Admitted(Decodable::consensus_decode(reader)?)),
            4 => Ok(Self::Evicted(Decodable::consensus_decode(reader)?)),
            _ => Err(encode::Error::ParseFailed("unknown step")),
        }
    }
}
