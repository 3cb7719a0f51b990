// A camera that shows a picture: a real PipeWire node on a session bus of its own, so that the app opens it as it would any.
import { existsSync, mkdirSync, mkdtempSync, rmSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { end, printed, start } from "./processes.mjs";

const PROPERTIES = "p,media.class=Video/Source,node.name=fakecam,node.description=FakeCam,media.role=Camera";

/** Starts bus, PipeWire and its session manager; `env` is what a program needs to find them. */
export async function openCameras(env) {
  const home = mkdtempSync(join(tmpdir(), "fulmen-pw-"));
  const own = { ...env, XDG_RUNTIME_DIR: home, XDG_STATE_HOME: join(home, "state") };
  mkdirSync(own.XDG_STATE_HOME);
  const bus = start("dbus", "dbus-daemon", ["--session", "--nofork", "--print-address"], { env: own });
  const [, address] = await printed(bus, /^(unix:\S+)/);
  own.DBUS_SESSION_BUS_ADDRESS = address;
  const pipewire = start("pipewire", "pipewire", [], { env: own });
  await appears(home, "pipewire-0");
  const manager = start("wireplumber", "wireplumber", [], { env: own });
  const started = [manager, pipewire, bus];
  return {
    env: { XDG_RUNTIME_DIR: home, DBUS_SESSION_BUS_ADDRESS: address },
    show: (picture) => showPicture(picture, own),
    close: async () => {
      for (const child of started) await end(child);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function appears(folder, name) {
  return new Promise((resolve) => {
    const look = () => {
      if (!existsSync(join(folder, name))) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(folder, look);
    look();
  });
}

/**
 * Plugs in a camera that shows the picture file, and answers how to unplug it. It shows three pictures a second: when WebKit
 * settles the format of a camera, PipeWire 0.3.65 (Debian 12's) frees the picture that is being read, and the process of the
 * page dies. At 15 a second that was every third start, of 90; the fewer pictures, the rarer.
 */
async function showPicture(picture, env) {
  const pipeline = [
    ...["videotestsrc", "is-live=true", "pattern=white", "!"],
    ...["video/x-raw,format=YUY2,width=640,height=480,framerate=3/1", "!"],
    ...["gdkpixbufoverlay", `location=${picture}`, "offset-x=40", "offset-y=20", "!"],
    ...["pipewiresink", "mode=provide", `stream-properties=${PROPERTIES}`],
  ];
  const camera = start("camera", "gst-launch-1.0", pipeline, { env });
  await printed(camera, /PLAYING/);
  return { unplug: () => end(camera, "SIGINT") };
}
