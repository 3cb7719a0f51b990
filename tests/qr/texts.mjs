// What stands in the codes: texts as wallets show them. None can be paid; a reader of pictures does not know.

const BECH32 = [..."qpzry9x8gf2tvdw0s3jn54khce6mua7l"];
const HEX = [..."0123456789abcdef"];
const LETTERS = [..."abcdefghijklmnopqrstuvwxyz0123456789"];

const bech32 = (chance, length) => chance.text(length, BECH32);
const invoice = (chance) => `lnbc${chance.whole(1, 999)}${chance.pick(["u", "n", "m"])}1p${bech32(chance, chance.whole(210, 330))}`;
const address = (chance) => `bc1q${bech32(chance, 38)}`;

const KINDS = [
  (chance) => `lightning:${invoice(chance)}`,
  (chance) => invoice(chance).toUpperCase(),
  (chance) => `LIGHTNING:${invoice(chance).toUpperCase()}`,
  (chance) => `bitcoin:${address(chance)}?amount=0.000${chance.whole(1, 99999)}`,
  (chance) => `BITCOIN:${address(chance).toUpperCase()}`,
  (chance) => `bitcoin:${address(chance)}?amount=0.0021&lightning=${invoice(chance)}`,
  (chance) => `LNURL1${bech32(chance, 90).toUpperCase()}`,
  (chance) => `${chance.text(66, HEX)}@${chance.whole(1, 254)}.${chance.whole(1, 254)}.2.1:9735`,
  (chance) => `lno1${bech32(chance, chance.whole(130, 260))}`,
  (chance) => `${chance.text(8, LETTERS)}@${chance.text(9, LETTERS)}.com`,
];

/** The text of one code. `most` is its greatest length. */
export function oneText(chance, most = 420) {
  for (;;) {
    const text = chance.pick(KINDS)(chance);
    if (text.length <= most) return text;
  }
}

/** What stands beside an invoice on a page of a shop. */
export const webAddress = (chance) => `https://${chance.text(9, LETTERS)}.com/${chance.text(12, LETTERS)}`;
