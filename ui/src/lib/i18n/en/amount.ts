import type { AmountFault } from "$lib/typed";

type Words = { [K in AmountFault["fault"]]: (fault: Extract<AmountFault, { fault: K }>) => string };

/** Why what was typed is no amount, and what to type. */
const faults: Words = {
  empty: () => "Type a number, like 2100.",
  notNumber: () => "Type a number, like 2100.",
  negative: () => "An amount can’t be negative.",
  exponent: () => "Write the number out, without an exponent.",
  groups: () => "The marks don’t group the digits in threes. Write the number without them.",
  otherUnit: () => "Only sat and BTC can be used here.",
  sign: () => "₿ can mean bitcoin or sat. Write BTC or sat instead.",
  zero: () => "Type more than zero.",
  tooLarge: () => "There is not that much bitcoin in the world.",
  ambiguous: ({ grouped, decimal }) => `This could be ${grouped} or ${decimal}. Type one of these.`,
  tooPrecise: ({ places }) =>
    places === 0 ? "No decimals here." : `Nothing is that small: ${places} decimals at most.`,
};

export const amount = {
  hint: "Spaces group: 10\u2009000.5",
  zeroRequest: "Leave it empty for any amount.",
  notWhole: "Type a whole number of sat.",
  says: (fault: AmountFault): string => (faults[fault.fault] as (fault: AmountFault) => string)(fault),
};
