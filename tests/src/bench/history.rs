//! A life's worth of rows for a vault: payments that are long over, and channels that are long closed. Always the same.

use fulmen_engine::Payment;
use fulmen_engine::store::{AttemptRow, Batch, FullMonitor, KvWrite, StoreError, Vault};
use serde_json::{Value, json};

/// How many rows are committed at once.
const TOGETHER: u64 = 5_000;
/// Between two rows, in seconds: a hundred thousand are three years.
const APART_SECS: u64 = 1_000;
/// What an archived monitor has, in bytes.
const MONITOR: usize = 20_000;
/// Who was paid, or paid.
const NAMES: [&str; 8] =
    ["Bakery", "Kiosk", "Radio Nova", "Corner Café", "Bike shop", "Library", "Cinema", "Market"];

/// Writes `rows` rows, newest last, of which two a channel tell of its opening and its end, and `channels` closed channels. The
/// newest row is `until_secs`.
///
/// # Errors
/// As [`Vault::commit`].
pub fn write(vault: &Vault, rows: u64, channels: u64, until_secs: u64) -> Result<(), StoreError> {
    let every = (rows / channels.max(1)).max(2);
    let mut batch = Batch::default();
    for number in 0..rows {
        let at = until_secs - (rows - number) * APART_SECS;
        let (channel, place) = (number / every, number % every);
        let row = match place {
            0 if channel < channels => channel_row(number, channel, at, "ChannelOpen"),
            1 if channel < channels => {
                close(&mut batch, channel, at);
                channel_row(number, channel, at, "ChannelClose")
            }
            _ => lightning_row(number, at, &mut batch),
        };
        let row: Payment = serde_json::from_value(row).expect("a row as the engine writes it");
        batch.journal.push((&row).into());
        if (number + 1).is_multiple_of(TOGETHER) || number + 1 == rows {
            vault.commit(&std::mem::take(&mut batch))?;
        }
    }
    Ok(())
}

/// The id of a row that [`write`] makes, 64 hex digits.
pub fn id(number: u64) -> String {
    hex("row", number)
}

fn lightning_row(number: u64, at: u64, batch: &mut Batch) -> Value {
    let (comes, fails) = (number % 10 < 3, number.is_multiple_of(13));
    let status = match (comes, fails) {
        (true, true) => "Expired",
        (false, true) => "Failed",
        (_, false) => "Paid",
    };
    let name = NAMES[usize::try_from(number % 8).expect("small")];
    let mut row = plain_row(number, at, "Lightning", if comes { "In" } else { "Out" }, status);
    row["hash"] = json!(bytes("hash", number));
    row["preimage"] = if fails { Value::Null } else { json!(bytes("preimage", number)) };
    row["amount_msat"] = json!(1_000 * (1 + number * 7_919 % 250_000));
    row["fee_msat"] = json!(number % 3_000);
    row["note"] = json!(format!("{name}, order {number}"));
    row["invoice"] = json!(invoice(number));
    if comes {
        row["address"] = json!(format!("bcrt1q{}", &hex("address", number)[..38]));
    } else {
        row["party"] = json!(name);
        row["node_id"] = json!(format!("02{}", hex("node", number % 8)));
        row["fee_limit_msat"] = json!(60_000);
        row["attempts"] = json!(1);
        batch.attempts.push(AttemptRow {
            payment: bytes("row", number),
            number: 1,
            attempt_id: bytes("attempt", number),
            started_secs: at,
        });
    }
    row
}

fn channel_row(number: u64, channel: u64, at: u64, kind: &str) -> Value {
    let mut row = plain_row(number, at, kind, "Between", "Paid");
    row["channel"] = json!(channel + 1);
    row["amount_msat"] = json!(1_000_000_000);
    row["txid"] = json!(hex(kind, channel));
    row
}

fn plain_row(number: u64, at: u64, kind: &str, direction: &str, status: &str) -> Value {
    json!({
        "id": bytes("row", number), "kind": kind, "direction": direction, "status": status, "hash": null,
        "preimage": null, "amount_msat": 0, "fee_msat": null, "fee_limit_msat": null, "note": null, "party": null,
        "node_id": null, "invoice": null, "address": null, "txid": null, "channel": null, "attempts": 0,
        "failure": null, "expires_at": at + 3_600, "created_at": at, "updated_at": at + 2,
        "history": [["Pending", at], ["InTransit", at], [status, at + 2]],
    })
}

/// A closed channel: its record, its transactions, its monitor in the archive.
fn close(batch: &mut Batch, channel: u64, at: u64) {
    let (id, funding) = (hex("channel", channel), hex("ChannelOpen", channel));
    let record = json!({
        "user_id": channel + 1, "channel_id": id, "peer": format!("02{}", hex("node", channel % 8)), "address": null,
        "amount_sat": 1_000_000, "ours": true, "funding": format!("{funding}:0"), "funding_fee_sat": 200,
        "opened_at": at, "said": null,
        "ending": { "together": true, "at": at, "closed": true, "reason": null, "settled": true },
    });
    let kv = |secondary: &str, key: String, value: Value| KvWrite {
        primary: "fulmen".to_owned(),
        secondary: secondary.to_owned(),
        key,
        value: Some(value.to_string().into_bytes()),
    };
    let purpose = |what: &str| json!({ what: { "channel": channel + 1 } });
    batch.kv.push(kv("channels", format!("{:032x}", channel + 1), record));
    batch.kv.push(kv("transactions", funding, purpose("Funding")));
    batch.kv.push(kv("transactions", hex("ChannelClose", channel), purpose("CoopClose")));
    batch.monitors.push(FullMonitor {
        key: id.clone(),
        update_id: 1,
        bytes: vec![u8::try_from(channel % 256).expect("a byte"); MONITOR],
    });
    batch.archived.push(id);
}

/// As long as one is.
fn invoice(number: u64) -> String {
    let data: String = (0..4).map(|part| hex("invoice", number * 4 + part)).collect();
    format!("lnbcrt{}n1{data}", 10 + number % 9_000)
}

fn hex(what: &str, number: u64) -> String {
    bytes(what, number).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(what: &str, number: u64) -> [u8; 32] {
    use bitcoin::hashes::{Hash, sha256};
    sha256::Hash::hash(format!("{what} {number}").as_bytes()).to_byte_array()
}
