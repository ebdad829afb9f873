// What every Node runner does: reads a job's faces one by one, times, prints one line of JSON.
//
// Runs with the peers' environment as its working directory: packages are looked for there,
// not among ours.

import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

export const fromPeers = createRequire(`${process.cwd()}/`);

/** The folder of one of the peers' packages. */
export function folderOf(name) {
  return join(process.cwd(), "node_modules", name);
}

/** The folder with the WebAssembly backend's binaries. */
export function wasmFolder() {
  return `${dirname(fromPeers.resolve("@tensorflow/tfjs-backend-wasm"))}/`;
}

/** The job whose path is the first argument. */
export function readJob() {
  return JSON.parse(readFileSync(process.argv[2], "utf8"));
}

/** Each face as {pixels, height, width}; pixels are RGB bytes. */
function* faces(job) {
  const file = openSync(job.pixels, "r");
  for (const { height, width } of job.faces) {
    const pixels = new Uint8Array(height * width * 3);
    readSync(file, pixels);
    yield { pixels, height, width };
  }
  closeSync(file);
}

/** Linux's own count of this process. */
function peakMb() {
  const found = readFileSync("/proc/self/status", "utf8").match(/VmHWM:\s*(\d+)/);
  return found ? Number(found[1]) / 1024 : 0;
}

/** All answers, and what they cost. The first face is answered twice: once to start up. */
export async function measure(job, read) {
  for (const face of faces(job)) {
    await read(face);
    break;
  }
  const said = { first_answer_at: (performance.timeOrigin + performance.now()) / 1000, answers: [], ms: [] };
  for (const face of faces(job)) {
    const began = performance.now();
    said.answers.push(await read(face));
    said.ms.push(performance.now() - began);
  }
  return { ...said, peak_mb: peakMb() };
}

/** The name with the largest value. */
export function likeliest(names, values) {
  return names[values.reduce((best, value, i) => (value > values[best] ? i : best), 0)];
}
