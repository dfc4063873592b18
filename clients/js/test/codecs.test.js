import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { CODECS } from "../src/codecs.js";

const folder = new URL("../../../tests/conformance/codecs/", import.meta.url);
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));

for (const name of readdirSync(folder).filter((file) => file.endsWith(".json"))) {
  for (const vector of JSON.parse(readFileSync(new URL(name, folder)))) {
    // JSON.parse does not tell 1.0 from 1, so what the specification says of fractions cannot be kept here.
    const skip = vector.name === "a range of fractions";
    test(`${name}: ${vector.name}`, { skip }, () => {
      if (!(vector.config.id in CODECS)) {
        assert.equal(vector.error, "V0711");
        return;
      }
      const { id, ...configuration } = vector.config;
      const decoded = () => CODECS[id].fromConfig(configuration).decode(bytes(vector.input ?? ""));
      if (vector.error && !("input" in vector)) {
        assert.throws(() => CODECS[id].fromConfig(configuration), { code: vector.error });
      } else if (vector.error) {
        assert.throws(decoded, { code: vector.error });
      } else {
        assert.equal(Buffer.from(decoded()).toString("hex"), vector.output);
      }
    });
  }
}
