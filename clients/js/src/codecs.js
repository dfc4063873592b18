import { Bits } from "./bits.js";
import { Gather } from "./gather.js";
import { Ibm32 } from "./ibm32.js";

/** The codecs of packed maps by their ids. */
export const CODECS = { "vspec.gather": Gather, "vspec.bits": Bits, "vspec.ibm32": Ibm32 };

/**
 * Make the codecs known to zarrita, for metadata of Zarr v2 and v3.
 * @param {Map<string, () => unknown>} registry `registry` of zarrita
 */
export function register(registry) {
  for (const [id, codec] of Object.entries(CODECS)) {
    registry.set(id, () => codec);
    registry.set(`numcodecs.${id}`, () => codec);
  }
}
