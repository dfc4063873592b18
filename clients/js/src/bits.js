import { isNumber, keys, number, oneOf, roomFor } from "./checks.js";
import { malformed, readOnly, unfit } from "./errors.js";

const SIGNS = ["unsigned", "twos-complement", "offset-binary"];
const TYPES = {
  "|b1": [1, false], "|i1": [8, true], "|u1": [8, false], "<i2": [16, true], "<u2": [16, false],
  "<i4": [32, true], "<u4": [32, false], "<i8": [64, true], "<u8": [64, false],
};
const MOST_RANGES = 1024;
const WIDEST = 56;

/** Unpacks samples of 1 to 56 bits into integers of whole bytes, little-endian. */
export class Bits {
  kind = "bytes_to_bytes";

  /** @param {Record<string, unknown>} config without `id` */
  constructor(config) {
    keys(config, ["word", "endian", "values", "sign", "dtype"], [], "vspec.bits");
    this.word = number(config.word, 1, 64, "word");
    this.big = oneOf(config.endian, ["little", "big"], "endian") === "big";
    this.sign = oneOf(config.sign, SIGNS, "sign");
    this.dtype = oneOf(config.dtype, Object.keys(TYPES), "dtype");
    if (!Array.isArray(config.values) || config.values.length < 1 || config.values.length > 512) {
      throw malformed("values must be a list of 1 to 512");
    }
    this.values = config.values.map((value) => valueOf(value, 8 * this.word));
    if (this.values.reduce((n, value) => n + value.ranges.length, 0) > MOST_RANGES) {
      throw malformed(`a word has at most ${MOST_RANGES} bit ranges`);
    }
    for (const { width } of this.values) this.#requireRoom(width);
  }

  static fromConfig(config) {
    return new Bits(config);
  }

  encode() {
    return readOnly("vspec.bits");
  }

  /** @param {Uint8Array} data @returns {Uint8Array} */
  decode(data) {
    if (data.length % this.word) {
      throw unfit(`${data.length} bytes are not a whole number of words of ${this.word} bytes`);
    }
    const words = data.length / this.word;
    const size = Math.max(1, TYPES[this.dtype][0] / 8);
    roomFor(words * this.values.length * size);
    const out = new DataView(new ArrayBuffer(words * this.values.length * size));
    const put = putter(this.dtype, out);
    let to = 0;
    for (let w = 0; w < words; w += 1) {
      const at = w * this.word;
      for (const value of this.values) {
        const narrow = value.width <= 32;
        const bits = narrow ? this.#few(data, at, value) : this.#many(data, at, value);
        put(to, narrow ? this.#signed(bits, 2 ** (value.width - 1)) : this.#signed(bits, 1n << BigInt(value.width - 1)));
        to += size;
      }
    }
    return new Uint8Array(out.buffer);
  }

  #requireRoom(width) {
    const [room, signed] = TYPES[this.dtype];
    const unsigned = this.sign === "unsigned";
    const fits = unsigned ? (signed ? width < room : width <= room) : signed && width <= room;
    if (!fits) throw malformed(`${this.dtype} has no room for ${this.sign} values of ${width} bits`);
  }

  /** Return up to 32 bits: with the rest of their first and last byte they are fewer than the 53 of a number. */
  #few(data, at, { ranges }) {
    let found = 0;
    let weight = 1;
    for (const [first, last] of ranges) {
      let bits = 0;
      for (let k = last >> 3; k >= first >> 3; k -= 1) {
        bits = bits * 256 + data[at + (this.big ? this.word - 1 - k : k)];
      }
      const width = 2 ** (last - first + 1);
      found += (Math.floor(bits / 2 ** (first & 7)) % width) * weight;
      weight *= width;
    }
    return found;
  }

  /** Return up to 56 bits, which a number does not hold exactly. */
  #many(data, at, { ranges }) {
    let found = 0n;
    let shift = 0n;
    for (const [first, last] of ranges) {
      const low = first >> 3;
      const high = last >> 3;
      let bits = 0n;
      for (let k = high; k >= low; k -= 1) {
        bits = (bits << 8n) | BigInt(data[at + (this.big ? this.word - 1 - k : k)]);
      }
      const width = BigInt(last - first + 1);
      found |= ((bits >> BigInt(first & 7)) & ((1n << width) - 1n)) << shift;
      shift += width;
    }
    return found;
  }

  /** @template {number | bigint} T @param {T} bits @param {T} half of what the bits can be */
  #signed(bits, half) {
    if (this.sign === "twos-complement") return bits >= half ? bits - half - half : bits;
    return this.sign === "offset-binary" ? bits - half : bits;
  }
}

function valueOf(value, most) {
  if (!Array.isArray(value) || value.length < 1 || value.length > 32) {
    throw malformed("a value must be a list of 1 to 32 bit ranges");
  }
  const seen = new Set();
  for (const range of value) {
    if (!Array.isArray(range) || range.length !== 2 || !range.every(isNumber)) {
      throw malformed("a bit range must be [first, last]");
    }
    const [first, last] = range;
    if (first < 0 || last < first || last >= most) throw malformed(`no bits ${first} to ${last} in ${most}`);
    for (let bit = first; bit <= last; bit += 1) {
      if (seen.has(bit)) throw malformed(`bit ${bit} stands twice in a value`);
      seen.add(bit);
    }
  }
  if (seen.size > WIDEST) throw malformed(`a value has at most ${WIDEST} bits`);
  return { ranges: value, width: seen.size };
}

function putter(dtype, out) {
  switch (dtype) {
    case "|i1": return (at, value) => out.setInt8(at, Number(value));
    case "<i2": return (at, value) => out.setInt16(at, Number(value), true);
    case "<u2": return (at, value) => out.setUint16(at, Number(value), true);
    case "<i4": return (at, value) => out.setInt32(at, Number(value), true);
    case "<u4": return (at, value) => out.setUint32(at, Number(value), true);
    case "<i8": return (at, value) => out.setBigInt64(at, BigInt(value), true);
    case "<u8": return (at, value) => out.setBigUint64(at, BigInt(value), true);
    default: return (at, value) => out.setUint8(at, Number(value));
  }
}
