import { mount } from "svelte";
import App from "./App.svelte";
import "./tokens.css";
import "./app.css";

// Only `--mode mock` builds carry the pretend shell; the line is dropped from every other build.
if (import.meta.env.MODE === "mock") (await import("./lib/ipc/mock")).install();

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");
mount(App, { target });
