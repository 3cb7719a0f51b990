//! Which coins pay for a fee bump: the fewest, and of those that can be the last one the smallest, so that the largest coins
//! stay free for sends. Weights are counted as LDK counts them, whose debug assertions compare.

use bitcoin::{Amount, FeeRate, TxOut, Weight};
use lightning::events::bump_transaction::{Input, Utxo};

/// Marker and flag of a segwit transaction.
const SEGWIT_MARKER: Weight = Weight::from_wu(2);
/// Version, both counts, lock time.
const FRAME: Weight = Weight::from_vb_unchecked(10);
/// Outpoint, sequence and the length of an empty script; LDK also counts the last one with the satisfaction.
const INPUT: Weight = Weight::from_vb_unchecked(32 + 4 + 4);
/// Value, length and a P2WPKH script: our change.
const CHANGE: Weight = Weight::from_vb_unchecked(8 + 1 + 22);

/// What a fee bump lacks.
pub(super) struct Need {
    rate: FeeRate,
    /// What the coins must bring, after what they cost.
    target: Amount,
    /// What the coins may weigh.
    room: Weight,
}

/// Coins for a bump.
pub(super) struct Chosen {
    pub(super) coins: Vec<Utxo>,
    /// What comes back; nothing if a coin of this size would cost more than it brings.
    pub(super) change: Option<Amount>,
}

impl Need {
    pub(super) fn of(inputs: &[Input], outputs: &[TxOut], sat_per_kw: u32, max: u64) -> Self {
        let rate = FeeRate::from_sat_per_kwu(sat_per_kw.into());
        let inputs_weight: Weight =
            inputs.iter().map(|input| INPUT + Weight::from_wu(input.satisfaction_weight)).sum();
        let outputs_weight: Weight = outputs.iter().map(TxOut::weight).sum();
        let fixed = SEGWIT_MARKER + FRAME + inputs_weight + outputs_weight;
        let brought: Amount = inputs.iter().map(|input| input.previous_utxo.value).sum();
        let paid: Amount = outputs.iter().map(|output| output.value).sum();
        let target = (paid + rate * fixed).checked_sub(brought).unwrap_or(Amount::ZERO);
        let room = Weight::from_wu(max).checked_sub(fixed + CHANGE).unwrap_or(Weight::ZERO);
        Self { rate, target, room }
    }

    pub(super) fn choose(&self, coins: Vec<Utxo>) -> Option<Chosen> {
        let mut coins: Vec<(Amount, Utxo)> = coins
            .into_iter()
            .filter_map(|coin| Some((coin.output.value.checked_sub(self.cost(&coin))?, coin)))
            .filter(|(brings, _)| *brings > Amount::ZERO)
            .collect();
        coins.sort_unstable_by_key(|(brings, coin)| (std::cmp::Reverse(*brings), coin.outpoint));
        let change_fee = self.rate * CHANGE;
        let mut sum = Amount::ZERO;
        let mut chosen = Vec::new();
        while sum < self.target {
            // The smallest that ends it with change that is worth making, or else the largest.
            let ends = |(brings, coin): &(Amount, Utxo)| {
                sum + *brings > self.target + change_fee + self.least_change(coin)
            };
            let place = coins.iter().rposition(ends).unwrap_or(0);
            if place >= coins.len() {
                return None;
            }
            let (brings, coin) = coins.remove(place);
            sum += brings;
            chosen.push(coin);
        }
        if chosen.iter().map(weight_of).sum::<Weight>() > self.room {
            return None;
        }
        let change = (sum - self.target).checked_sub(change_fee);
        let least = chosen.last().map_or(Amount::ZERO, |coin| self.least_change(coin));
        Some(Chosen { change: change.filter(|change| *change > least), coins: chosen })
    }

    fn cost(&self, coin: &Utxo) -> Amount {
        self.rate * weight_of(coin)
    }

    /// A coin of ours that is no larger than this costs more than it brings, or is not relayed.
    fn least_change(&self, coin: &Utxo) -> Amount {
        self.cost(coin).max(coin.output.script_pubkey.minimal_non_dust())
    }
}

fn weight_of(coin: &Utxo) -> Weight {
    INPUT + Weight::from_wu(coin.satisfaction_weight)
}
