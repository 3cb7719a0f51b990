/** A receipt as a page of its own: plain HTML without a script, that any browser opens and prints. */
import { amountText, fullDate, timeWithSeconds } from "./format";
import { t } from "./i18n";
import type { MovementDetail } from "./ipc/gen/view";
import { partyOf } from "./movement";

const marks: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
/** What others wrote stays text. */
const plain = (text: string) => text.replace(/[&<>"']/g, (mark) => marks[mark] ?? "");

const style =
  "body{font:16px/1.5 system-ui,sans-serif;color:#1c1a17;max-width:42rem;margin:3rem auto;padding:0 1.5rem}h1{font-size:1.375rem;margin:0}" +
  "p{margin:.25rem 0 1.5rem;color:#57534c}dl{display:grid;grid-template-columns:12rem 1fr;gap:.5rem 1.5rem;margin:0;border-top:1px solid #ccc;padding-top:1rem}" +
  "dt{color:#57534c}dd{margin:0;overflow-wrap:anywhere;unicode-bidi:isolate}.mono{font:13px/1.4 ui-monospace,monospace}.sum{font-weight:600}@media print{body{margin:0}}";

export function receipt(detail: MovementDetail): string {
  const { movement } = detail;
  const say = t.activity.receipt;
  const sat = (msat: number | null) => (msat === null ? null : amountText(msat, "sat"));
  const over = movement.kind === "lightning";
  const rows: [string, string | null, string?][] = [
    [say.paidTo, partyOf(movement)],
    [say.when, `${fullDate(movement.updatedAtSecs)}, ${timeWithSeconds(movement.updatedAtSecs)}`],
    [say.what, movement.note],
    [say.amount, sat(movement.amountMsat), "sum"],
    [over ? t.activity.routingFee : t.activity.minerFee, sat(movement.feeMsat)],
    [t.activity.left, sat(movement.totalMsat)],
    [t.activity.proof, detail.preimage, "mono"],
    [t.activity.hash, detail.paymentHash, "mono"],
    [t.activity.invoice, detail.invoice, "mono"],
    [t.activity.theirInvoice, detail.bolt12Invoice, "mono"],
    [t.activity.node, detail.nodeId, "mono"],
    [t.activity.txid, detail.txid, "mono"],
    [t.activity.address, detail.address, "mono"],
  ];
  const lines = rows.flatMap(([name, value, kind]) =>
    value === null ? [] : [`<dt>${plain(name)}</dt><dd${kind ? ` class="${kind}"` : ""}>${plain(value)}</dd>`]);
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${plain(say.title)}</title><style>${style}</style></head><body>`,
    `<h1>${plain(say.title)}</h1><p>${plain(detail.preimage ? say.proves : say.onChain)}</p>`,
    `<dl>${lines.join("")}</dl></body></html>`,
  ].join("");
}
