// Uploads photos from a number of loops at once: node bench/replicas/photos.mjs '{"url": …, "photo": PATH, "loops": 4, "seconds": 8}'
// Prints a line of JSON.

import { readFileSync } from "node:fs";

const { url, photo, loops, seconds } = JSON.parse(process.argv[2]);
const body = readFileSync(photo);
let counting = false;
let stopped = false;
const trips = [];
let failed = 0;

async function upload() {
  while (!stopped) {
    const began = performance.now();
    const answer = await fetch(`${url}/api/v1/analyze`, { method: "POST", body, headers: { "Content-Type": "image/jpeg" } });
    await answer.arrayBuffer();
    if (answer.status !== 200) failed += 1;
    else if (counting) trips.push(performance.now() - began);
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const all = Array.from({ length: loops }, upload);
await sleep(1000);
counting = true;
await sleep(seconds * 1000);
counting = false;
stopped = true;
await Promise.all(all);
console.log(JSON.stringify({ rate: trips.length / seconds, trips, failed }));
