/**
 * Amounts may stand behind dots, for whoever may look over a shoulder. What a person is about to agree to is shown all the same:
 * nobody pays or asks for a sum that they do not see.
 */
import { getContext, setContext } from "svelte";

const KEY = Symbol("amounts are shown");

/** Called by a component in which, and below which, amounts are always shown. */
export const showAmounts = () => setContext(KEY, true);

export const areShown = () => getContext<true | undefined>(KEY) === true;
