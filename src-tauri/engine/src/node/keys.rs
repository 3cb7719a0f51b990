//! The node's keys: LDK's own `KeysManager`, but money that comes back from channels goes to scripts of the on-chain
//! wallet, so that the words alone find it. A script revealed here becomes durable in the same commit as the manager
//! that uses it; nothing here waits for a disk or a network.

use crate::locked::Locked;
use crate::onchain::Onchain;
use bitcoin::secp256k1::ecdh::SharedSecret;
use bitcoin::secp256k1::ecdsa::{RecoverableSignature, Signature};
use bitcoin::secp256k1::{All, PublicKey, Scalar, Secp256k1, schnorr};
use bitcoin::{ScriptBuf, Transaction, TxOut, absolute::LockTime};
use lightning::ln::inbound_payment::ExpandedKey;
use lightning::ln::msgs::UnsignedGossipMessage;
use lightning::ln::script::ShutdownScript;
use lightning::offers::invoice::UnsignedBolt12Invoice;
use lightning::sign::{
    ChangeDestinationSourceSync, ChannelSigner, EntropySource, InMemorySigner, KeysManager,
    NodeSigner, OutputSpender, PeerStorageKey, ReceiveAuthKey, Recipient, SignerProvider,
    SpendableOutputDescriptor,
};
use lightning_invoice::RawBolt11Invoice;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// See the module.
pub(crate) struct NodeKeys {
    /// LDK keeps the seed and the keys below it in this.
    inner: Box<KeysManager>,
    _locked: Locked,
    onchain: Arc<Onchain>,
    /// Names of new channels' keys, by `user_channel_id`, until the channel's record takes them.
    fresh: Mutex<HashMap<u128, [u8; 32]>>,
    /// LDK begins one channel at a time: it does not say for which one it asks for a script.
    beginning: Mutex<()>,
    secp: Secp256k1<All>,
}

/// What LDK was given for a channel when it began.
pub(crate) struct GivenToChannel {
    /// Names the channel's keys.
    pub(crate) keys_id: Option<[u8; 32]>,
    /// Where on the external keychain the scripts are that the channel pays to when it ends.
    pub(crate) places: Vec<u32>,
}

impl NodeKeys {
    /// `salt` must never repeat for one seed: LDK calls it a starting time, and makes the random numbers with it.
    pub(crate) fn new(seed: &[u8; 32], salt: (u64, u32), onchain: Arc<Onchain>) -> Self {
        let inner = Box::new(KeysManager::new(seed, salt.0, salt.1, true));
        Self {
            _locked: Locked::under(&*inner),
            inner,
            onchain,
            fresh: Mutex::default(),
            beginning: Mutex::default(),
            secp: Secp256k1::new(),
        }
    }

    /// Has LDK open or accept a channel with `call`, and says what it was given for it.
    pub(crate) fn give_to_channel<T>(
        &self,
        user_channel_id: u128,
        call: impl FnOnce() -> T,
    ) -> (T, GivenToChannel) {
        let _one = self.beginning.lock().expect("keys lock is never poisoned");
        // Scripts that were asked for at another time belong to channels that are there already.
        drop(self.onchain.take_promised());
        let answer = call();
        let keys_id =
            self.fresh.lock().expect("keys lock is never poisoned").remove(&user_channel_id);
        (answer, GivenToChannel { keys_id, places: self.onchain.take_promised() })
    }

    /// Our per-commitment point of this number (BOLT 3; numbers count down).
    pub(crate) fn commitment_point(&self, keys_id: [u8; 32], number: u64) -> Option<PublicKey> {
        self.inner.derive_channel_signer(keys_id).get_per_commitment_point(number, &self.secp).ok()
    }

    pub(crate) fn node_id(&self) -> PublicKey {
        self.inner.get_node_id(Recipient::Node).expect("KeysManager always knows its node id")
    }
}

impl EntropySource for NodeKeys {
    fn get_secure_random_bytes(&self) -> [u8; 32] {
        self.inner.get_secure_random_bytes()
    }
}

impl NodeSigner for NodeKeys {
    fn get_expanded_key(&self) -> ExpandedKey {
        self.inner.get_expanded_key()
    }
    fn get_peer_storage_key(&self) -> PeerStorageKey {
        self.inner.get_peer_storage_key()
    }
    fn get_receive_auth_key(&self) -> ReceiveAuthKey {
        self.inner.get_receive_auth_key()
    }
    fn get_node_id(&self, recipient: Recipient) -> Result<PublicKey, ()> {
        self.inner.get_node_id(recipient)
    }
    fn ecdh(
        &self,
        recipient: Recipient,
        other: &PublicKey,
        tweak: Option<&Scalar>,
    ) -> Result<SharedSecret, ()> {
        self.inner.ecdh(recipient, other, tweak)
    }
    fn sign_invoice(
        &self,
        invoice: &RawBolt11Invoice,
        recipient: Recipient,
    ) -> Result<RecoverableSignature, ()> {
        self.inner.sign_invoice(invoice, recipient)
    }
    fn sign_bolt12_invoice(
        &self,
        invoice: &UnsignedBolt12Invoice,
    ) -> Result<schnorr::Signature, ()> {
        self.inner.sign_bolt12_invoice(invoice)
    }
    fn sign_gossip_message(&self, message: UnsignedGossipMessage) -> Result<Signature, ()> {
        self.inner.sign_gossip_message(message)
    }
    fn sign_message(&self, message: &[u8]) -> Result<String, ()> {
        self.inner.sign_message(message)
    }
}

impl OutputSpender for NodeKeys {
    fn spend_spendable_outputs(
        &self,
        descriptors: &[&SpendableOutputDescriptor],
        outputs: Vec<TxOut>,
        change: ScriptBuf,
        feerate: u32,
        locktime: Option<LockTime>,
        secp: &Secp256k1<All>,
    ) -> Result<Transaction, ()> {
        // Static outputs already belong to the on-chain wallet; only it may spend them.
        let ours: Vec<_> = descriptors
            .iter()
            .copied()
            .filter(|descriptor| {
                !matches!(descriptor, SpendableOutputDescriptor::StaticOutput { .. })
            })
            .collect();
        self.inner.spend_spendable_outputs(&ours, outputs, change, feerate, locktime, secp)
    }
}

impl SignerProvider for NodeKeys {
    type EcdsaSigner = InMemorySigner;

    fn generate_channel_keys_id(&self, inbound: bool, user_channel_id: u128) -> [u8; 32] {
        let keys_id = self.inner.generate_channel_keys_id(inbound, user_channel_id);
        self.fresh.lock().expect("keys lock is never poisoned").insert(user_channel_id, keys_id);
        keys_id
    }
    fn derive_channel_signer(&self, channel_keys_id: [u8; 32]) -> InMemorySigner {
        self.inner.derive_channel_signer(channel_keys_id)
    }
    fn get_destination_script(&self, _channel_keys_id: [u8; 32]) -> Result<ScriptBuf, ()> {
        Ok(self.onchain.channel_script())
    }
    fn get_shutdown_scriptpubkey(&self) -> Result<ShutdownScript, ()> {
        ShutdownScript::try_from(self.onchain.channel_script()).map_err(|_| ())
    }
}

impl ChangeDestinationSourceSync for NodeKeys {
    fn get_change_destination_script(&self) -> Result<ScriptBuf, ()> {
        Ok(self.onchain.change_script())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::{Keys, Words};
    use bitcoin::Network;
    use std::sync::Barrier;

    fn node_keys() -> NodeKeys {
        let keys = Keys::derive(&Words::generate(), None, Network::Regtest);
        let onchain = Onchain::create(&keys, Network::Regtest, Arc::new(|| {})).unwrap();
        NodeKeys::new(keys.ldk_seed(), (1, 2), Arc::new(onchain))
    }

    /// What LDK does when a channel begins.
    fn begin(keys: &NodeKeys, channel: u128) -> ([u8; 32], [ScriptBuf; 2]) {
        let keys_id = keys.generate_channel_keys_id(false, channel);
        let shutdown = keys.get_shutdown_scriptpubkey().unwrap().into_inner();
        std::thread::yield_now();
        let destination = keys.get_destination_script(keys_id).unwrap();
        (keys_id, [shutdown, destination])
    }

    #[test]
    fn channels_that_begin_at_once_each_get_their_own() {
        for _ in 0..40 {
            let (keys, all_ready) = (node_keys(), Barrier::new(4));
            std::thread::scope(|scope| {
                for channel in 0..4 {
                    let (keys, all_ready) = (&keys, &all_ready);
                    scope.spawn(move || {
                        all_ready.wait();
                        let ((keys_id, scripts), given) =
                            keys.give_to_channel(channel, || begin(keys, channel));
                        assert_eq!(given.keys_id, Some(keys_id));
                        let script = |place: &u32| keys.onchain.script_at(*place);
                        let places: Vec<_> = given.places.iter().map(script).collect();
                        assert_eq!(places, scripts);
                    });
                }
            });
        }
    }

    #[test]
    fn a_script_of_another_time_is_not_the_next_channels() {
        let keys = node_keys();
        keys.get_shutdown_scriptpubkey().unwrap();
        assert!(keys.give_to_channel(1, || ()).1.places.is_empty());
    }
}
