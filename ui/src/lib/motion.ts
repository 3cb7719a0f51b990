/** Motion is short, and none where the system asks for none. */
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

export const calm = () => ({ duration: still() ? 0 : 150 });
