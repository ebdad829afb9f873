// face-api: its age and gender network and its expression network, straight on the picture.

import { join } from "node:path";

import { folderOf, fromPeers, likeliest, measure, readJob, wasmFolder } from "./answering.mjs";

const job = readJob();
fromPeers("@tensorflow/tfjs-backend-wasm").setWasmPaths(wasmFolder());
const { nets, tf } = fromPeers("@vladmandic/face-api/dist/face-api.node-wasm.js");
await tf.setBackend("wasm");
await tf.ready();

const weights = join(folderOf("@vladmandic/face-api"), "model");
const expressions = job.traits.includes("emotion");
const people = job.traits.includes("age") || job.traits.includes("gender");
if (people) await nets.ageGenderNet.loadFromDisk(weights);
if (expressions) await nets.faceExpressionNet.loadFromDisk(weights);

async function read({ pixels, height, width }) {
  const picture = tf.tensor3d(pixels, [height, width, 3], "int32");
  const answer = {};
  if (people) {
    const { age, gender } = await nets.ageGenderNet.predictAgeAndGender(picture);
    Object.assign(answer, { age, gender });
  }
  if (expressions) {
    const found = await nets.faceExpressionNet.predictExpressions(picture);
    answer.emotion = likeliest(Object.keys(found), Object.values(found));
  }
  picture.dispose();
  return answer;
}

console.log(JSON.stringify(await measure(job, read)));
