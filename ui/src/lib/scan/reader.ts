/** Reads QR codes from pictures, in a worker. Pictures never leave this page and are not kept. */
import type { Found } from "./find";
import type { Answer, Question } from "./worker";

/** Pixels of the largest picture that is read as it is. */
const LARGEST = 40_000_000;

interface Waiting {
  resolve: (found: Found[]) => void;
  reject: (error: Error) => void;
}

const waiting = new Map<number, Waiting>();
let worker: Worker | null = null;
let asked = 0;

/** Every code in the picture; it is looked at harder where there is none beside the `known` texts. */
export const readCodes = (picture: ImageData, known: readonly string[] = []) => ask(picture, { known });

/** One quick look at a camera's frame; the kind of look changes with each `turn`. */
export const readFrame = (frame: ImageData, turn: number) => ask(frame, { turn });

function ask({ width, height, data }: ImageData, how: { known: readonly string[] } | { turn: number }): Promise<Found[]> {
  const id = ++asked;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    const question: Question = { id, picture: { width, height, data: data as Uint8ClampedArray }, ...how };
    (worker ??= start()).postMessage(question);
  });
}

function start(): Worker {
  const made = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  made.onmessage = ({ data }: MessageEvent<Answer>) => {
    const who = waiting.get(data.id);
    waiting.delete(data.id);
    if ("found" in data) who?.resolve(data.found);
    else who?.reject(new Error(data.error));
  };
  // It did not load, or broke: whoever waits hears of it, and the next picture gets a new one.
  made.onerror = () => {
    worker = null;
    made.terminate();
    for (const { reject } of waiting.values()) reject(new Error("the reader of codes ended"));
    waiting.clear();
  };
  return made;
}

/** The pixels of any picture file that the page can show. */
export async function pixels(file: Blob): Promise<ImageData> {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    const shrink = Math.min(1, Math.sqrt(LARGEST / (image.naturalWidth * image.naturalHeight)));
    const [width, height] = [Math.round(image.naturalWidth * shrink), Math.round(image.naturalHeight * shrink)];
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("no canvas");
    context.drawImage(image, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** PNG or JPEG in base64, as the shell sends pictures. */
export function pixelsOfBase64(base64: string): Promise<ImageData> {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  return pixels(new Blob([bytes]));
}
