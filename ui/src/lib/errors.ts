/** Codes to words: a verdict, whether the money is safe, and the next step. The message of the shell is for the log. */
import { t } from "./i18n";
import type { ErrorWords } from "./i18n/en/errors";
import { asApiError } from "./ipc/ipc";

export type { ErrorWords };

export function wordsFor(error: unknown): ErrorWords {
  const { code, detail } = asApiError(error);
  return t.errors[code](detail);
}
