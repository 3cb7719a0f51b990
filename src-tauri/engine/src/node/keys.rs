//! The node's keys: LDK's own `KeysManager`, but money that comes back from channels goes to scripts of the on-chain
//! wallet, so that the words alone find it. A script revealed here becomes durable in the same commit as the manager
//! that uses it; nothing here waits for a disk or a network.

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
    inner: KeysManager,
    onchain: Arc<Onchain>,
    /// Names of new channels' keys, by `user_channel_id`, until the channel's record takes them.
    fresh: Mutex<HashMap<u128, [u8; 32]>>,
    secp: Secp256k1<All>,
}

impl NodeKeys {
    /// `salt` must never repeat for one seed: LDK calls it a starting time, and makes the random numbers with it.
    pub(crate) fn new(seed: &[u8; 32], salt: (u64, u32), onchain: Arc<Onchain>) -> Self {
        let inner = KeysManager::new(seed, salt.0, salt.1, true);
        Self { inner, onchain, fresh: Mutex::default(), secp: Secp256k1::new() }
    }

    /// The name of a channel's keys that LDK was given just now.
    pub(crate) fn take_keys_id(&self, user_channel_id: u128) -> Option<[u8; 32]> {
        self.fresh.lock().expect("keys lock is never poisoned").remove(&user_channel_id)
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
