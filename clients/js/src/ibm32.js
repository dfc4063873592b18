import { keys, oneOf, roomFor } from "./checks.js";
import { readOnly, unfit } from "./errors.js";

/** Makes IEEE 754 floats, little-endian, of base-16 ones. */
export class Ibm32 {
  kind = "bytes_to_bytes";

  /** @param {Record<string, unknown>} config without `id` */
  constructor(config) {
    keys(config, ["endian", "dtype"], [], "vspec.ibm32");
    this.little = oneOf(config.endian, ["little", "big"], "endian") === "little";
    this.double = oneOf(config.dtype, ["<f4", "<f8"], "dtype") === "<f8";
  }

  static fromConfig(config) {
    return new Ibm32(config);
  }

  encode() {
    return readOnly("vspec.ibm32");
  }

  /** @param {Uint8Array} data @returns {Uint8Array} */
  decode(data) {
    if (data.length % 4) throw unfit(`${data.length} bytes are not a whole number of words of 4 bytes`);
    const size = this.double ? 8 : 4;
    roomFor((data.length / 4) * size);
    const from = new DataView(data.buffer, data.byteOffset, data.length);
    const out = new DataView(new ArrayBuffer((data.length / 4) * size));
    for (let k = 0; k < data.length / 4; k += 1) {
      const word = from.getUint32(4 * k, this.little);
      // Exact in 64 bits, so that a float of 32 bits is rounded once, by setFloat32.
      const magnitude = (word & 0xffffff) * 2 ** (4 * (((word >>> 24) & 0x7f) - 64) - 24);
      const value = word >>> 31 ? -magnitude : magnitude;
      if (this.double) out.setFloat64(8 * k, value, true);
      else out.setFloat32(4 * k, value, true);
    }
    return new Uint8Array(out.buffer);
  }
}
