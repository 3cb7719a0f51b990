/** A receipt as a page of its own: plain HTML without a script, that any browser opens and prints on one sheet. */
import { amountText, fiatText, moment } from "./format";
import { t } from "./i18n";
import type { MovementDetail } from "./ipc/gen/view";
import { isUnasked } from "./movement";

const marks: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** What others wrote stays text. */
const plain = (text: string) => text.replace(/[&<>"']/g, (mark) => marks[mark] ?? "");

const style = `
@page{size:A4;margin:20mm 18mm}
*{box-sizing:border-box;margin:0}
body{font:15px/1.45 system-ui,-apple-system,"Segoe UI",sans-serif;color:#1c1a17;background:#fff;max-width:44rem;margin:3rem auto;padding:0 1.5rem}
header{display:flex;justify-content:space-between;gap:2rem;align-items:baseline;padding-bottom:.75rem;border-bottom:2px solid #1c1a17}
h1{font-size:1.5rem;line-height:2rem;letter-spacing:-.015em}
h2{font-size:.8125rem;letter-spacing:.04em;text-transform:uppercase;color:#57534c;margin:2rem 0 .5rem}
header p,.note,footer{color:#57534c}
dl{display:grid;grid-template-columns:9.5rem 1fr;gap:.375rem 1.5rem;margin-top:1.25rem}
dt{color:#57534c}
dd{overflow-wrap:anywhere;unicode-bidi:isolate}
table{width:100%;border-collapse:collapse;font-variant-numeric:tabular-nums}
th{font-weight:400;text-align:left}
th,td{padding:.4375rem 0;border-bottom:1px solid #d6d2ca}
thead th{color:#57534c;font-size:.8125rem}
td,thead th+th{text-align:right;white-space:nowrap;padding-left:1.5rem}
tfoot th,tfoot td{font-weight:600;border-bottom:2px solid #1c1a17}
.note{font-size:.8125rem;margin-bottom:.75rem}
.mono{font:.6875rem/1.5 ui-monospace,"SFMono-Regular","DejaVu Sans Mono",monospace}
footer{font-size:.75rem;margin-top:2.5rem;padding-top:.75rem;border-top:1px solid #d6d2ca}
@media print{body{font-size:10.5pt;max-width:none;margin:0;padding:0}table,dl>div,h2{break-inside:avoid}h2{break-after:avoid}}
@media (max-width:34rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}header{flex-direction:column;gap:.25rem}}`;

type Line = [name: string, value: string | null];

const list = (lines: Line[], kind = "") =>
  `<dl>${lines.flatMap(([name, value]) => (value === null ? [] : [`<dt>${plain(name)}</dt><dd${kind}>${plain(value)}</dd>`])).join("")}</dl>`;

/** In both units: one is what was paid, the other what books are kept in. */
function sums(detail: MovementDetail): string {
  const { movement } = detail;
  const say = t.activity.receipt;
  const row = (name: string, msat: number) => `<tr><th>${plain(name)}</th><td>${plain(amountText(msat, "sat"))}</td><td>${plain(amountText(msat, "btc"))}</td></tr>`;
  const fee = movement.feeMsat === null ? "" : row(movement.kind === "lightning" ? t.activity.routingFee : t.activity.minerFee, movement.feeMsat);
  const total = movement.totalMsat === null ? "" : `<tfoot>${row(say.total, movement.totalMsat)}</tfoot>`;
  return `<table><thead><tr><th></th><th>${plain(say.satoshis)}</th><th>${plain(say.bitcoin)}</th></tr></thead><tbody>${row(say.amount, movement.amountMsat)}${fee}</tbody>${total}</table>`;
}

/** By the rate that is kept with the payment, as the engine worked it out; with its time, since no rate is anybody’s law. */
function then({ fiat }: MovementDetail): string | null {
  if (!fiat?.then || fiat.thenAtSecs === null) return null;
  const fee = fiat.feeThen ? `, ${t.activity.receipt.fee} ${fiatText(fiat.feeThen)}` : "";
  return `${t.fiat.about} ${fiatText(fiat.then)}${fee} (${t.fiat.rateOf(moment(fiat.thenAtSecs))})`;
}

/** `contact`: what the payer calls the payee, if that is to stand on it. */
export function receipt(detail: MovementDetail, contact: string | null = null): string {
  const { movement } = detail;
  const say = t.activity.receipt;
  const about = list([
    [say.paidTo, contact],
    [contact === null ? say.paidTo : say.whoIs, movement.party ?? detail.nodeId],
    [say.what, movement.note],
    [t.activity.youWroteThem, detail.payerNote],
    [say.when, moment(movement.updatedAtSecs)],
    [say.how, movement.kind === "lightning" ? say.lightning : say.chain],
    [t.fiat.then, then(detail)],
    [say.confirmed, movement.confirmations ? t.coins.confirmations(movement.confirmations) : null],
  ]);
  const unasked = isUnasked(detail);
  const proof = list([
    [unasked ? t.activity.preimage : t.activity.proof, detail.preimage],
    [t.activity.hash, detail.paymentHash],
    [t.activity.txid, detail.txid],
    [t.activity.address, detail.address],
    ...detail.recipients.map(({ address, amountMsat }, place): Line => [t.activity.recipient(place + 1), `${address}, ${amountText(amountMsat, "sat")}`]),
    [t.activity.node, detail.nodeId],
    [t.activity.invoice, detail.invoice],
    [t.activity.offer, detail.offer],
    [t.activity.theirInvoice, detail.bolt12Invoice],
  ], ' class="mono"');
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${plain(say.title)}</title><style>${style}</style></head><body>`,
    `<header><h1>${plain(say.title)}</h1><p>${plain(say.number(movement.id.slice(0, 8)))}</p></header>`,
    about, `<h2>${plain(say.sums)}</h2>`, sums(detail),
    `<h2>${plain(unasked ? t.activity.technical : detail.preimage ? t.activity.proof : say.chain)}</h2>`,
    `<p class="note">${plain(unasked ? say.unasked : detail.preimage ? say.proves : say.onChain)}</p>`, proof,
    `<footer>${plain(say.foot)}</footer></body></html>`,
  ].join("");
}
