//! A server to read the chain from, of whichever kind. All of them lie by the same switches, as far as they fit.

use fulmen_practice::bitcoind::BitcoindServer;
use fulmen_practice::chain::PracticeChain;
use fulmen_practice::electrum::ElectrumServer;
use fulmen_practice::esplora::{EsploraServer, Lies};

/// The kinds there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Esplora,
    Electrum,
    Bitcoind,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Esplora, Self::Electrum, Self::Bitcoind];
}

/// See the module. Dropping it stops it.
pub enum Server {
    Esplora(EsploraServer),
    Electrum(ElectrumServer),
    Bitcoind(BitcoindServer),
}

impl Server {
    /// Serves a chain.
    pub async fn start(kind: Kind, chain: PracticeChain, lies: Lies) -> Self {
        match kind {
            Kind::Esplora => {
                Self::Esplora(EsploraServer::start(chain, lies).await.expect("a server"))
            }
            Kind::Electrum => {
                Self::Electrum(ElectrumServer::start(chain, lies).await.expect("a server"))
            }
            Kind::Bitcoind => {
                Self::Bitcoind(BitcoindServer::start(chain, lies).await.expect("a server"))
            }
        }
    }

    /// Where it is, with the password where it asks for one.
    pub fn url(&self) -> String {
        match self {
            Self::Esplora(server) => server.url(),
            Self::Electrum(server) => server.url(),
            Self::Bitcoind(server) => server.url(),
        }
    }

    /// The same as a wallet names it, without a password.
    pub fn name(&self) -> String {
        match self {
            Self::Bitcoind(server) => server.name(),
            Self::Esplora(_) | Self::Electrum(_) => self.url(),
        }
    }

    /// Stops it, with every connection.
    pub async fn stop(self) {
        match self {
            Self::Esplora(server) => server.stop().await,
            Self::Electrum(server) => server.stop().await,
            Self::Bitcoind(server) => server.stop().await,
        }
    }
}
