// The story, step by step, in the built app.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { artifacts } from "../../scripts/lib/paths.mjs";
import { LINES, STEPS } from "./story.mjs";
import { World } from "./world.mjs";

describe("the story", () => {
  let world;
  let broken = false;
  before(async () => {
    world = await World.open({ pictures: join(artifacts, "desktop"), cameras: true });
  });
  after(() => world?.close());

  for (const [index, step] of STEPS.entries()) {
    test(`step ${index + 1}: ${step.name}`, async () => {
      assert.ok(!broken, "an earlier step failed");
      broken = true;
      const line = await step(world).catch(async (error) => {
        await world.picture("failed").catch(() => undefined);
        throw error;
      });
      assert.match(line, LINES[index]);
      broken = false;
    });
  }
});
