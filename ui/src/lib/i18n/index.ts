/** Every word the person reads. One language today; a second one is a second object of the same type. */
import { en } from "./en";

export const t = en;
