//! Whatever happens, the books are exact.

use super::*;
use proptest::prelude::*;
use std::collections::HashSet;

#[derive(Clone, Debug)]
enum Act {
    /// The faucet pays the purse.
    Faucet(u64),
    /// The purse spends one of its coins, waiting or confirmed, for this fee.
    Spend(usize, u64),
    /// The purse spends a coin that is spent already.
    Again(usize, u64),
    Mine(u32),
    MineEmpty(u32),
    Reorg(u32),
    ReorgEmpty(u32),
    Restart,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (1_000u64..5_000_000).prop_map(Act::Faucet),
        6 => (any::<usize>(), 0u64..3_000).prop_map(|(which, fee)| Act::Spend(which, fee)),
        3 => (any::<usize>(), 0u64..6_000).prop_map(|(which, fee)| Act::Again(which, fee)),
        3 => (1u32..3).prop_map(Act::Mine),
        1 => (1u32..3).prop_map(Act::MineEmpty),
        2 => (0u32..4).prop_map(Act::Reorg),
        1 => (0u32..4).prop_map(Act::ReorgEmpty),
        1 => Just(Act::Restart),
    ]
}

/// Every output of the purse there is, spent or not, in chain or mempool.
fn outputs(bench: &Bench) -> Vec<(OutPoint, TxOut)> {
    bench.chain.read(|view| {
        let confirmed = (1..=view.ledger.height())
            .filter_map(|height| view.ledger.at(height))
            .flat_map(|connected| &connected.block.txdata);
        let all = confirmed.chain(view.mempool.by_arrival().into_iter().map(|entry| &entry.tx));
        let own = |(_, output): &(OutPoint, &TxOut)| output.script_pubkey == bench.purse.script;
        all.flat_map(ledger::outputs)
            .filter(own)
            .map(|(place, output)| (place, output.clone()))
            .collect()
    })
}

fn perform(mut bench: Bench, act: Act) -> Bench {
    let pick = |spent: bool, which: usize| {
        let coins: Vec<_> = outputs(&bench)
            .into_iter()
            .filter(|(output, _)| bench.chain.spender_of(output).is_some() == spent)
            .collect();
        (!coins.is_empty()).then(|| coins[which % coins.len()].clone())
    };
    match act {
        Act::Faucet(sat) => {
            bench.chain.faucet(bench.purse.script.clone(), Sat::new(sat)).map(|_| ()).unwrap()
        }
        Act::Spend(which, fee) => try_spend(&bench, pick(false, which), fee),
        Act::Again(which, fee) => try_spend(&bench, pick(true, which), fee),
        Act::Mine(count) => bench.chain.mine(count).map(|_| ()).unwrap(),
        Act::MineEmpty(count) => bench.chain.mine_empty(count).map(|_| ()).unwrap(),
        Act::Reorg(depth) => bench.chain.reorg(depth).map(|_| ()).unwrap(),
        Act::ReorgEmpty(depth) => bench.chain.reorg_to(depth, Branch::Empty).map(|_| ()).unwrap(),
        Act::Restart => bench = bench.restart(),
    }
    bench
}

/// Sends a payment that may be refused. An output that a confirmed transaction spends is never spent again.
fn try_spend(bench: &Bench, coin: Option<(OutPoint, TxOut)>, fee: u64) {
    let Some(coin) = coin.filter(|(_, output)| output.value.to_sat() > fee) else { return };
    let confirmed = bench.chain.spender_of(&coin.0).is_some_and(|spender| spender.place.is_some());
    let sent = bench.chain.submit(bench.spend(std::slice::from_ref(&coin), fee));
    assert!(!(confirmed && sent.is_ok()), "a confirmed spend was doubled");
}

/// No output is spent twice in chain and mempool together, and the sums agree.
fn consistent(bench: &Bench) {
    bench.audit();
    bench.chain.read(|view| {
        let confirmed = (1..=view.ledger.height())
            .filter_map(|height| view.ledger.at(height))
            .flat_map(|connected| connected.block.txdata.iter().skip(1));
        let all = confirmed.chain(view.mempool.by_arrival().into_iter().map(|entry| &entry.tx));
        let mut spent = HashSet::new();
        for input in all.flat_map(|tx| &tx.input) {
            assert!(spent.insert(input.previous_output), "spent twice: {}", input.previous_output);
        }
        assert!(view.ledger.coins().all(|(output, _)| view.ledger.index.spender(output).is_none()));
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn no_sequence_of_events_makes_or_loses_value(acts in prop::collection::vec(act(), 1..40)) {
        let mut bench = Bench::new();
        for act in acts {
            bench = perform(bench, act);
            consistent(&bench);
        }
        bench.chain.mine(1).unwrap();
        consistent(&bench);
        prop_assert_eq!(bench.chain.mempool(), []);
    }
}
