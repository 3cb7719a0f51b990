/** The living copy in the pretend shell. */
import type { CopyState, CopyView, RestorePreview, Snapshot } from "../gen/view";
import type { World } from "./world";

const folder = "/media/ada/STICK";
export const server = "https://vss.example.org/vss";
const now = () => Math.floor(Date.now() / 1000);

export const noCopy: CopyView = { state: "off", place: null, server: false, lagMillis: null, writtenAtSecs: null };

/** How old the copy is in each state. */
const lag: Record<CopyState, number | null> = {
  off: 0, upToDate: 840, catchingUp: 12_300, waiting: 4_100, missing: 1_500_000, away: 64_000, notAdmitted: 64_000, refused: 61_000, foreign: 9_000_000, ahead: 300_000, newer: 300_000, paused: null,
};

export const copyIn = (state: CopyState, where = folder): CopyView =>
  state === "off" ? noCopy : { state, place: where, server: where.startsWith("http"), lagMillis: lag[state], writtenAtSecs: 1_795_530_000 };

/** Scenes in which it is something to look at. */
export const copyStates: Record<string, CopyState> = {
  "copy-server": "upToDate", "copy-server-away": "away", "copy-server-clock": "notAdmitted",
  "copy-up-to-date": "upToDate", "copy-catching-up": "catchingUp", "copy-waiting": "waiting", "copy-missing": "missing", "copy-refused": "refused",
  "copy-foreign": "foreign", "copy-ahead": "ahead", "copy-newer": "newer", "copy-paused": "paused",
};

/** What a copy of this wallet brings back. */
export function comesBack({ balance, channels, tip }: Snapshot, copiedAtSecs: number): RestorePreview {
  const kept = channels.list.filter(({ state }) => !state.type.startsWith("closing")).map(({ id, peer, capacitySat, yoursMsat, yourReserveMsat, openedByYou }) => {
    const yours = yoursMsat + yourReserveMsat;
    return { id, peer, capacitySat, yoursMsat: yours, ifClosedSat: Math.floor(yours / 1000) - (openedByYou ? 1_142 : 0) };
  });
  return {
    generation: tip.height, copiedAtSecs, whole: true, totalMsat: balance.totalMsat, onchainSat: balance.onchain.totalSat,
    channelsMsat: balance.lightning.totalMsat, closingSat: balance.closing.reduce((sum, one) => sum + one.amountSat, 0),
    channels: kept, ifClosedSat: kept.reduce((sum, one) => sum + one.ifClosedSat, 0),
  };
}

export function mockCopy(world: World) {
  const is = (copy: CopyView): null => {
    world.snapshot.copy = copy;
    world.tell({ type: "copy", copy });
    return null;
  };
  return {
    choose_copy_place: ({ place: chosen }: { place: string }) => {
      if (chosen.startsWith("http:")) throw world.error("copy_not_encrypted");
      if (chosen.startsWith("https:")) {
        if (chosen.includes("nowhere")) throw world.error("copy_server_away");
        return is(copyIn("upToDate", chosen));
      }
      if (!chosen.startsWith("/media/")) throw world.error("copy_missing");
      if (chosen.includes("OTHER")) throw world.error("copy_foreign");
      return is(copyIn("upToDate", chosen));
    },
    copy_now: () => {
      if (world.snapshot.copy.state === "missing") throw world.error("copy_missing");
      return is({ ...world.snapshot.copy, state: "upToDate", lagMillis: 90 });
    },
    turn_copy_off: () => is(noCopy),
    prove_copy: ({ password }: { password: string | null }) => {
      if (world.settings.hasPassword && password !== world.password) throw world.error("wrong_password");
      if (world.snapshot.copy.state === "missing") throw world.error("copy_missing");
      const changesMissing = world.snapshot.copy.state === "upToDate" ? 0 : 3;
      return { restored: comesBack(world.snapshot, now() - 42), changesMissing };
    },
  };
}
