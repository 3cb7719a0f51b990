/** How hard a password is to guess, 0 to 4: a rough count of what a guesser must try, no promise. */
export function strength(password: string): 0 | 1 | 2 | 3 | 4 {
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((one) => one.test(password));
  const alphabet = classes.length * 18 + 8;
  const distinct = new Set(password).size;
  const runs = password.match(/(.)\1{2,}|0123|1234|2345|3456|abcd|qwer|pass|word/gi)?.length ?? 0;
  const bits = Math.min(password.length, distinct * 2) * Math.log2(alphabet) * 0.7 - runs * 12;
  if (bits < 20) return 0;
  if (bits < 36) return 1;
  if (bits < 52) return 2;
  return bits < 72 ? 3 : 4;
}
