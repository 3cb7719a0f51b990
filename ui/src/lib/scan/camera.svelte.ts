/** The live camera: which there are, their picture, and the codes in it. Stops when its owner does. */
import type { Found } from "./find";
import { readFrame } from "./reader";

const PAUSE_MS = 90;

/** There while a camera is on. Found by a page that was just loaded: the last one died of it. */
const ON = "camera";

/** Whether a camera ended the process of the page before this one, as some systems' web views do. */
export const cameraBroke = () => sessionStorage.getItem(ON) !== null;

export class Camera {
  state = $state.raw<"starting" | "live" | "none" | "denied" | "broke">("starting");
  devices = $state.raw<MediaDeviceInfo[]>([]);
  deviceId = $state.raw<string>("");
  #stream: MediaStream | null = null;
  #run = 0;

  constructor(private readonly onread: (frame: ImageData, found: Found[]) => void) {}

  /** Starts (again), with this camera or any. */
  async start(video: HTMLVideoElement, deviceId = ""): Promise<void> {
    this.stop();
    const run = ++this.#run;
    this.state = "starting";
    sessionStorage.setItem(ON, "on");
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { width: { ideal: 1280 }, height: { ideal: 720 }, ...(deviceId ? { deviceId: { exact: deviceId } } : {}) },
      });
      if (run !== this.#run) {
        stop(stream);
        return;
      }
      this.#stream = stream;
      video.srcObject = stream;
      await video.play();
      await this.#look();
      this.state = "live";
      void this.#watch(video, run);
    } catch (error) {
      if (run !== this.#run) return;
      sessionStorage.removeItem(ON);
      // A machine without one answers OverconstrainedError on WebKitGTK, NotFoundError elsewhere.
      this.state = error instanceof DOMException && error.name === "NotAllowedError" ? "denied" : "none";
    }
  }

  stop(): void {
    this.#run += 1;
    stop(this.#stream);
    this.#stream = null;
    sessionStorage.removeItem(ON);
  }

  /** It is not tried again by itself. */
  leave(): void {
    this.stop();
    this.state = "broke";
  }

  async #look(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices();
    this.devices = all.filter((device) => device.kind === "videoinput");
    this.deviceId = this.#stream?.getVideoTracks()[0]?.getSettings().deviceId ?? "";
  }

  async #watch(video: HTMLVideoElement, run: number): Promise<void> {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    for (let turn = 0; run === this.#run && context; turn += 1) {
      if (video.videoWidth > 0) {
        canvas.width = video.videoWidth;
        canvas.height = video.videoHeight;
        context.drawImage(video, 0, 0);
        const frame = context.getImageData(0, 0, canvas.width, canvas.height);
        const found = await readFrame(frame, turn);
        if (found.length > 0 && run === this.#run) {
          this.stop();
          this.onread(frame, found);
          return;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

function stop(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
