/** The time of day, for "expires in 9 min 41 s". Runs only while someone reads it. */
import { createSubscriber } from "svelte/reactivity";

const subscribe = createSubscriber((update) => {
  const timer = setInterval(update, 1000);
  return () => {
    clearInterval(timer);
  };
});

export const clock = {
  /** Unix seconds. */
  get now(): number {
    subscribe();
    return Math.floor(Date.now() / 1000);
  },
};
