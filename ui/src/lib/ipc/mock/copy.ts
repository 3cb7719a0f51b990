/** The living copy in the pretend shell. */
import type { CopyState, CopyView } from "../gen/view";
import type { World } from "./world";

const folder = "/media/ada/STICK";

export const noCopy: CopyView = { state: "off", folder: null, lagMillis: null, writtenAtSecs: null };

/** How old the copy is in each state. */
const lag: Record<CopyState, number | null> = {
  off: 0, upToDate: 840, catchingUp: 12_300, waiting: 4_100, missing: 1_500_000, refused: 61_000, foreign: 9_000_000, ahead: 300_000, newer: 300_000, paused: null,
};

export const copyIn = (state: CopyState, where = folder): CopyView =>
  state === "off" ? noCopy : { state, folder: where, lagMillis: lag[state], writtenAtSecs: 1_795_530_000 };

/** Scenes in which it is something to look at. */
export const copyStates: Record<string, CopyState> = {
  "copy-up-to-date": "upToDate", "copy-catching-up": "catchingUp", "copy-waiting": "waiting", "copy-missing": "missing", "copy-refused": "refused",
  "copy-foreign": "foreign", "copy-ahead": "ahead", "copy-newer": "newer", "copy-paused": "paused",
};

export function mockCopy(world: World) {
  const is = (copy: CopyView): CopyView => {
    world.snapshot.copy = copy;
    world.tell({ type: "copy", copy });
    return copy;
  };
  return {
    choose_copy_folder: ({ folder: chosen }: { folder: string }) => {
      if (!chosen.startsWith("/media/")) throw world.error("copy_missing");
      if (chosen.includes("OTHER")) throw world.error("copy_foreign");
      return is(copyIn("upToDate", chosen));
    },
    copy_now: () => {
      if (world.snapshot.copy.state === "missing") throw world.error("copy_missing");
      return is({ ...world.snapshot.copy, state: "upToDate", lagMillis: 90 });
    },
    turn_copy_off: () => is(noCopy),
  };
}
