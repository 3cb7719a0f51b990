//! Finding routes: LDK's router, which learns how large a payee's private channels are. An invoice hints at channels without
//! saying what fits into them, so LDK takes each for as large as any payment, and gives it up for good once it was too small.
//! Here, once nothing else is left, each is tried again for an equal part of what is still to be paid: at least one of them has
//! room for that, so with each round less is left.

use super::graph::Graph;
use super::keys::NodeKeys;
use super::types::{LdkRouter, Scorer};
use crate::logger::Log;
use bitcoin::secp256k1::{PublicKey, Secp256k1, Signing, Verification};
use lightning::blinded_path::payment::{BlindedPaymentPath, ReceiveTlvs};
use lightning::ln::channel_state::ChannelDetails;
use lightning::routing::router::{InFlightHtlcs, Payee, Route, RouteHint, RouteParameters, Router};
use lightning::routing::scoring::ProbabilisticScoringFeeParameters;
use std::sync::{Arc, RwLock};

/// How often a hinted channel is tried with less.
const TRIES: usize = 24;

/// See the module.
pub(crate) struct Routes(LdkRouter);

impl Routes {
    pub(crate) fn new(
        graph: Graph,
        log: Arc<Log>,
        keys: Arc<NodeKeys>,
        scorer: Arc<RwLock<Scorer>>,
        scoring: ProbabilisticScoringFeeParameters,
    ) -> Self {
        Self(LdkRouter::new(graph, log, keys, scorer, scoring))
    }
}

impl Router for Routes {
    fn find_route(
        &self,
        payer: &PublicKey,
        parameters: &RouteParameters,
        first_hops: Option<&[&ChannelDetails]>,
        inflight: InFlightHtlcs,
    ) -> Result<Route, &'static str> {
        let Some(split) = in_parts(parameters) else {
            return self.0.find_route(payer, parameters, first_hops, inflight);
        };
        // What has not failed yet comes first: what has may be away, and not too small.
        self.0.find_route(payer, parameters, first_hops, inflight.clone()).or_else(|_| {
            let mut route = self.0.find_route(payer, &split, first_hops, inflight)?;
            // LDK wants back what it asked with.
            route.route_params = Some(parameters.clone());
            Ok(route)
        })
    }

    fn create_blinded_payment_paths<T: Signing + Verification>(
        &self,
        recipient: PublicKey,
        first_hops: Vec<ChannelDetails>,
        tlvs: ReceiveTlvs,
        amount_msats: Option<u64>,
        secp: &Secp256k1<T>,
    ) -> Result<Vec<BlindedPaymentPath>, ()> {
        self.0.create_blinded_payment_paths(recipient, first_hops, tlvs, amount_msats, secp)
    }
}

/// The same, but hinted channels that failed before may take their part. `None` if none failed, or if it cannot be
/// split.
fn in_parts(parameters: &RouteParameters) -> Option<RouteParameters> {
    let failed = &parameters.payment_params.previously_failed_channels;
    let Payee::Clear { route_hints, features, .. } = &parameters.payment_params.payee else {
        return None;
    };
    let splits = features.as_ref().is_some_and(|features| features.supports_basic_mpp());
    if failed.is_empty() || !splits || route_hints.len() < 2 {
        return None;
    }
    let times = |scid: u64| failed.iter().filter(|one| **one == scid).count();
    let again = |scid: u64| (1..=TRIES).contains(&times(scid));
    let last = |hint: &RouteHint| hint.0.last().map(|hop| hop.short_channel_id);
    let too_small: Vec<u64> = route_hints.iter().filter_map(last).filter(|at| again(*at)).collect();
    let part = parameters.final_value_msat.div_ceil(route_hints.len().max(1) as u64);
    let mut parameters = parameters.clone();
    parameters.payment_params.previously_failed_channels.retain(|at| !too_small.contains(at));
    if let Payee::Clear { route_hints, .. } = &mut parameters.payment_params.payee {
        let hops = route_hints.iter_mut().filter_map(|hint| hint.0.last_mut());
        for hop in hops.filter(|hop| too_small.contains(&hop.short_channel_id)) {
            hop.htlc_maximum_msat = Some(hop.htlc_maximum_msat.unwrap_or(part).min(part));
        }
    }
    Some(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::secp256k1::SecretKey;
    use lightning::routing::router::{PaymentParameters, RouteHintHop};
    use lightning::types::features::Bolt11InvoiceFeatures;
    use lightning::types::routing::RoutingFees;

    fn parameters(hints: &[u64], failed: &[u64], mpp: bool) -> RouteParameters {
        let key = SecretKey::from_slice(&[7; 32]).expect("a key");
        let node = PublicKey::from_secret_key(&Secp256k1::new(), &key);
        let hop = |scid: &u64| RouteHintHop {
            src_node_id: node,
            short_channel_id: *scid,
            fees: RoutingFees { base_msat: 1, proportional_millionths: 1 },
            cltv_expiry_delta: 6,
            htlc_minimum_msat: None,
            htlc_maximum_msat: None,
        };
        let mut features = Bolt11InvoiceFeatures::empty();
        if mpp {
            features.set_variable_length_onion_required();
            features.set_payment_secret_required();
            features.set_basic_mpp_optional();
        }
        let mut payment = PaymentParameters::from_node_id(node, 18)
            .with_route_hints(hints.iter().map(|scid| RouteHint(vec![hop(scid)])).collect())
            .and_then(|payment| payment.with_bolt11_features(features))
            .expect("not blinded");
        payment.previously_failed_channels = failed.to_vec();
        RouteParameters::from_payment_params_and_value(payment, 1_001)
    }

    fn most(parameters: &RouteParameters) -> Vec<Option<u64>> {
        let Payee::Clear { route_hints, .. } = &parameters.payment_params.payee else {
            panic!("not blinded")
        };
        route_hints.iter().map(|hint| hint.0[0].htlc_maximum_msat).collect()
    }

    #[test]
    fn what_failed_may_take_its_part() {
        let split = in_parts(&parameters(&[1, 2], &[9, 1], true)).expect("split");
        assert_eq!(most(&split), [Some(501), None]);
        assert_eq!(split.payment_params.previously_failed_channels, [9], "others stay out");
        let both = in_parts(&parameters(&[1, 2], &[1, 2, 2], true)).expect("split");
        assert_eq!(most(&both), [Some(501), Some(501)]);
        let three = in_parts(&parameters(&[1, 2, 3], &[1, 2, 3], true)).expect("split");
        assert_eq!(most(&three), [Some(334); 3]);
    }

    #[test]
    fn what_fails_again_and_again_is_given_up() {
        let gone = vec![1; TRIES + 1];
        let split = in_parts(&parameters(&[1, 2], &gone, true)).expect("looked at");
        assert_eq!(split.payment_params.previously_failed_channels, gone);
        assert_eq!(most(&split), [None, None]);
    }

    #[test]
    fn nothing_changes_where_it_cannot_be_split() {
        assert!(in_parts(&parameters(&[1, 2], &[], true)).is_none());
        assert!(in_parts(&parameters(&[1], &[1], true)).is_none(), "one channel");
        assert!(in_parts(&parameters(&[1, 2], &[1], false)).is_none(), "whole or not at all");
    }
}
