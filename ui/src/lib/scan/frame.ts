/** The part of a picture that a person draws: in shares of its width and height, so that any size on the screen fits. */

export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What the keyboard starts with: the middle. */
export const MIDDLE: Frame = { left: 0.3, top: 0.3, width: 0.4, height: 0.4 };

const LEAST = 0.02;
const STEP = 0.02;

const clamp = (value: number, low: number, high: number) => Math.min(Math.max(value, low), high);

/** Between two corners, in any order. */
export function between([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): Frame {
  const [x0, x1, y0, y1] = [ax, bx, ay, by].map((value) => clamp(value, 0, 1)) as [number, number, number, number];
  return { left: Math.min(x0, x1), top: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
}

/** Too small to be meant. */
export const tooSmall = ({ width, height }: Frame) => width < LEAST || height < LEAST;

/** What an arrow key does to it; `null` for other keys. */
export function nudge(frame: Frame, key: string, resize: boolean): Frame | null {
  const step: Record<string, [number, number]> = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };
  const by = step[key];
  if (!by) return null;
  if (!resize) {
    return { ...frame, left: clamp(frame.left + by[0], 0, 1 - frame.width), top: clamp(frame.top + by[1], 0, 1 - frame.height) };
  }
  const width = clamp(frame.width + by[0], LEAST, 1 - frame.left);
  return { ...frame, width, height: clamp(frame.height + by[1], LEAST, 1 - frame.top) };
}

/** The pixels in it. */
export function cutOut(picture: ImageData, frame: Frame): ImageData {
  const [left, top] = [Math.floor(frame.left * picture.width), Math.floor(frame.top * picture.height)];
  const width = clamp(Math.ceil(frame.width * picture.width), 1, picture.width - left);
  const height = clamp(Math.ceil(frame.height * picture.height), 1, picture.height - top);
  const made = new ImageData(width, height);
  for (let y = 0; y < height; y += 1) {
    const from = ((top + y) * picture.width + left) * 4;
    made.data.set(picture.data.subarray(from, from + width * 4), y * width * 4);
  }
  return made;
}
