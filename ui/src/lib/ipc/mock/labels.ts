/** Labels in the pretend shell: a file's first line says what comes of it. */
import type { LabelsPreview, LabelsTaken } from "../gen/view";
import type { World } from "./world";

export function mockLabels(world: World) {
  return {
    label_movement: ({ id, label }: { id: string; label: string }) => {
      const movement = world.snapshot.movements.find((one) => one.id === id);
      if (!movement) throw world.error("stale");
      world.movement({ ...movement, label: label.trim() || null });
      return null;
    },
    save_labels: () => "/home/ada/Downloads/Fulmen labels.jsonl",
    preview_labels: ({ text }: { text: string }): LabelsPreview => {
      const lines = text.split("\n").filter((line) => line.trim() !== "");
      const of = (type: string) => lines.filter((line) => line.includes(`"${type}"`)).length;
      return { id: "l1", labels: of("tx"), freezes: of("output"), same: 0, differ: of("lightning"), foreign: of("addr"), otherTypes: of("xpub"), unreadable: lines.filter((line) => !line.startsWith("{")).length, cut: 0 };
    },
    take_labels: (): LabelsTaken => ({ labels: 2, frozen: 0, notFrozen: 1 }),
  };
}
