// node examples/digest.js MAP: prints, for each array of a map, its type, shape and the SHA-256 of its bytes, as JSON.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import * as zarr from "zarrita";

import { MapStore, register } from "../src/index.js";
import { readFile } from "../src/file.js";

register(zarr.registry);
const map = JSON.parse(readFileSync(process.argv[2], "utf8"));
const root = zarr.root(new MapStore(map, { read: readFile }));
const found = {};
for (const key of Object.keys(map.refs).filter((name) => name.endsWith("/.zarray"))) {
  const path = key.slice(0, -"/.zarray".length);
  try {
    const array = await zarr.open.v2(root.resolve(path), { kind: "array" });
    const { data, shape } = await zarr.get(array);
    // Truth values come as an array of zarrita's own, without the bytes of others.
    const values = data.buffer === undefined ? Uint8Array.from(data, Number) : data;
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    found[path] = { dtype: array.dtype, shape, sha256: createHash("sha256").update(bytes).digest("hex") };
  } catch (error) {
    const cause = error.cause ?? error;
    found[path] = { error: cause.code ?? cause.name, message: cause.message };
  }
}
console.log(JSON.stringify(found));
