/** Peers that are asked for channels of words: what went wrong with the file or the list. */
import { wordsFor } from "$lib/errors";
import { t } from "$lib/i18n";
import { asApiError } from "$lib/ipc/ipc";

/** Codes of what a person handed over, not of the words or of the server. */
export const ofAsking = ["copy_missing", "copy_foreign", "copy_damaged", "not_understood"] as const;

export function askWords(error: unknown): string {
  const { code } = asApiError(error);
  const own = ofAsking.find((one) => one === code);
  if (own) return t.lost.wrong[own];
  const { title, next } = wordsFor(error);
  return `${title}. ${next}`;
}
