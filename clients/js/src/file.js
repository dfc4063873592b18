import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";

import { VspecError } from "./errors.js";

/**
 * Read a range of a local file, for `MapStore` in Node.js.
 * @param {string} url of a file (`file://`) @param {number} offset @param {number} length
 * @returns {Promise<Uint8Array>} what there is, which is less where the file ends
 */
export async function readFile(url, offset, length) {
  const file = await open(fileURLToPath(url)).catch((error) => {
    if (error.code === "ENOENT") throw new VspecError("V0741", `${url} is missing`);
    throw new VspecError("V0431", `${url} cannot be read: ${error.message}`);
  });
  try {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, length - filled, offset + filled);
      if (!bytesRead) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}
