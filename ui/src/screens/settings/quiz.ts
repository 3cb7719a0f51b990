/** Which words the quiz asks for: three different places, in order, from 1. */
export function places(count: number, random: () => number = Math.random): number[] {
  const all = Array.from({ length: count }, (_, index) => index + 1);
  const chosen: number[] = [];
  while (chosen.length < 3 && all.length > 0) chosen.push(...all.splice(Math.floor(random() * all.length), 1));
  return chosen.sort((a, b) => a - b);
}

/** As typed on any keyboard. */
export const sameWord = (typed: string, word: string) => typed.trim().toLowerCase() === word;
