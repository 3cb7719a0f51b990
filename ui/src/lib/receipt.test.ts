import { describe, expect, it } from "vitest";
import type { MovementDetail } from "./ipc/gen/view";
import { move } from "./ipc/mock/data";
import { receipt } from "./receipt";

const paid = (note: string): MovementDetail => ({
  movement: move({ id: "m1", party: "Kiln <b>&</b> Clay", note, amountMsat: 18_500_000, feeMsat: 3_000, createdAtSecs: 1_795_530_000 }),
  history: [], paymentHash: "c3".repeat(32), preimage: "8f".repeat(32), invoice: "lnbc1xyz", offer: null, offerId: null, bolt12Invoice: null, payerNote: null,
  quantity: null, nodeId: null, txid: null, address: null, recipients: [], feeLimitMsat: null, expiresAtSecs: null, backBySecs: null, replacedBy: null, unchecked: false, waiting: null, transactions: [], payee: null, success: null, fiat: null,
});

describe("a receipt", () => {
  it("holds the proof and what it cost", () => {
    const html = receipt(paid("Two bowls"));
    for (const part of ["8f".repeat(32), "c3".repeat(32), "lnbc1xyz", "Two bowls", "18\u2009500", "18\u2009503"]) expect(html).toContain(part);
    expect(html).toContain("default-src 'none'");
  });

  it("says what a payer calls the payee if that is wanted, beside who it is", () => {
    expect(receipt(paid("Two bowls"))).not.toContain("Potter");
    const html = receipt(paid("Two bowls"), "The <Potter>");
    expect(html).toContain("The &lt;Potter&gt;");
    expect(html).toContain("Kiln &lt;b&gt;&amp;&lt;/b&gt; Clay");
  });

  it("says what it was worth by the rate that was kept with it, and of when that is", () => {
    expect(receipt(paid("Two bowls"))).not.toContain("Worth then");
    const worth = (minor: number) => ({ currency: "EUR", decimals: 2, minor, belowOne: false });
    const html = receipt({ ...paid("Two bowls"), fiat: { then: worth(1_480), feeThen: worth(1), thenAtSecs: 1_795_530_000, now: null } });
    expect(html).toMatch(/Worth then<\/dt><dd>about €14\.80, of that the fee €0\.01 \(rate of .*2026/);
  });

  it("holds the offer, the invoice that they signed and the proof that fits it", () => {
    const html = receipt({ ...paid("Two bowls"), invoice: null, offer: "lno1kiln", bolt12Invoice: "ab".repeat(90) });
    for (const part of ["lno1kiln", "ab".repeat(90), "8f".repeat(32), "c3".repeat(32), "Proof of payment", "the invoice that they signed"]) expect(html).toContain(part);
  });

  it("claims no proof if nobody asked: the payer made the preimage, and there is no invoice", () => {
    const html = receipt({ ...paid("Two bowls"), invoice: null, nodeId: "03a7".repeat(16) });
    expect(html).not.toMatch(/proof of payment|that they signed/i);
    for (const part of ["8f".repeat(32), "c3".repeat(32), "03a7".repeat(16), "proves nothing to others"]) expect(html).toContain(part);
  });

  it("takes nothing that others wrote for markup", () => {
    const html = receipt(paid(`<script>alert(1)</script><img src=x onerror="a('b')">`));
    expect(html).not.toMatch(/<script|<img|<b>/);
    expect(html).toContain("&lt;script&gt;");
  });
});
