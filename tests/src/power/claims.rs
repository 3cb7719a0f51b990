//! What the wallet had said before a cut, and what it said next: an image must be between the two.

use super::trace::{Step, What};
use fulmen_engine::amount::Msat;
use serde_json::Value;
use std::collections::BTreeMap;

/// The passwords of the recorded life, in order.
pub(super) const PASSWORDS: [&str; 2] = ["before the cut", "after the change"];

/// See the module.
#[derive(Default)]
pub(super) struct Claims {
    /// It has answered: the wallet was made.
    pub(super) made: bool,
    /// Which of [`PASSWORDS`] may open it.
    pub(super) passwords: Vec<usize>,
    pub(super) known: Option<Said>,
    pub(super) next: Option<Said>,
    /// The last of its life: no row is made up beside those.
    pub(super) last: Option<Said>,
}

/// One acknowledgement.
pub(super) struct Said {
    pub(super) generation: u64,
    /// Status by id.
    pub(super) rows: BTreeMap<String, String>,
    /// Channels that are open or opening, by id.
    pub(super) channels: Vec<String>,
    /// What the wallet owned at this generation, where it rested.
    pub(super) total: Option<Msat>,
}

impl Said {
    fn of(answer: &Value) -> Option<Self> {
        let said = answer["ok"].get("acknowledged")?;
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let rows = said["rows"].as_array()?.iter();
        let channels = said["channels"].as_array()?.iter();
        Some(Self {
            generation: said["generation"].as_u64()?,
            rows: rows.map(|row| (text(&row["id"]), text(&row["status"]))).collect(),
            channels: channels
                .filter(|channel| {
                    !text(&channel["state"]["type"]).starts_with("closing")
                        && channel["state"]["type"] != "negotiating"
                })
                .map(|channel| text(&channel["id"]))
                .collect(),
            total: said["totalMsat"].as_u64().map(Msat::new),
        })
    }
}

impl Claims {
    /// At a cut after this line. An answer counts from the moment it was begun: then it was true.
    pub(super) fn at(steps: &[Step], line: usize) -> Self {
        let answers = steps.iter().filter_map(|step| match &step.what {
            What::Answer(answer) => Some((step.begun <= line, answer)),
            _ => None,
        });
        let (before, after): (Vec<_>, Vec<_>) = answers.partition(|(before, _)| *before);
        let changed = |answers: &[(bool, &Value)]| {
            answers.iter().any(|(_, answer)| answer["ok"].get("passwordChanged").is_some())
        };
        let passwords = if changed(&before) {
            vec![1]
        } else if changed(&after[..after.len().min(1)]) {
            vec![0, 1]
        } else {
            vec![0]
        };
        Self {
            made: !before.is_empty(),
            passwords,
            known: before.iter().rev().find_map(|(_, answer)| Said::of(answer)),
            next: after.iter().find_map(|(_, answer)| Said::of(answer)),
            last: after.iter().rev().find_map(|(_, answer)| Said::of(answer)),
        }
    }

    /// What the wallet owns at this generation, where it was told: at the generation itself, or on both sides of it with
    /// nothing decided in between.
    pub(super) fn total_at(&self, generation: u64) -> Option<Msat> {
        let told = [&self.known, &self.next].map(Option::as_ref);
        if let Some(said) = told.into_iter().flatten().find(|said| said.generation == generation) {
            return said.total;
        }
        let [Some(known), Some(next)] = told else { return None };
        let same = known.rows == next.rows && known.channels == next.channels;
        known.total.filter(|total| same && next.total == Some(*total))
    }

    /// How many acknowledgements there are.
    pub(super) fn count(steps: &[Step]) -> usize {
        let is_one = |step: &&Step| match &step.what {
            What::Answer(answer) => Said::of(answer).is_some(),
            _ => false,
        };
        steps.iter().filter(is_one).count()
    }
}
