import { keys, number, roomFor } from "./checks.js";
import { malformed, readOnly, unfit } from "./errors.js";

const MOST_AXES = 24;
const MOST_ELEMENTS = 2 ** 28;
const MOST_OFFSETS = 65536;
const FARTHEST = Number.MAX_SAFE_INTEGER;

/** Picks elements out of records, and pads a short last chunk with zeros. */
export class Gather {
  kind = "bytes_to_bytes";

  /** @param {Record<string, unknown>} config without `id` */
  constructor(config) {
    keys(config, ["item", "axes"], ["offset"], "vspec.gather");
    this.item = number(config.item, 1, FARTHEST, "item");
    this.offset = "offset" in config ? number(config.offset, 0, FARTHEST, "offset") : 0;
    if (!Array.isArray(config.axes) || config.axes.length < 1 || config.axes.length > MOST_AXES) {
      throw malformed(`axes must be a list of 1 to ${MOST_AXES}`);
    }
    this.axes = config.axes.map(axisOf);
    this.at = this.axes.findIndex((axis) => axis.records);
    if (this.axes.filter((axis) => axis.records).length !== 1) {
      throw malformed("just one axis must be that of records");
    }
    this.records = this.axes[this.at];
    const listed = this.axes.reduce((n, axis) => n * (axis.offsets ? axis.offsets.length : 1), 1);
    if (listed > MOST_OFFSETS) throw malformed(`the lists of offsets make more than ${MOST_OFFSETS} places`);
    const [low, high] = this.axes.reduce(
      ([least, most], axis) => (axis.records ? [least, most] : [least + axis.low, most + axis.high]),
      [this.offset, this.offset],
    );
    this.reach = high + this.item;
    if (low < 0) throw malformed(`an element would lie ${-low} bytes before its record`);
    if (!Number.isSafeInteger(this.reach)) throw malformed("an element would lie too far away");
    this.nbytes = this.axes.reduce((n, axis) => n * axis.size, this.item);
    roomFor(this.nbytes);
  }

  static fromConfig(config) {
    return new Gather(config);
  }

  encode() {
    return readOnly("vspec.gather");
  }

  /** @param {Uint8Array} data @returns {Uint8Array} */
  decode(data) {
    const count = this.#count(data.length);
    const out = new Uint8Array(this.nbytes);
    const { records, at, item } = this;
    const before = this.axes.slice(0, at);
    const behind = this.axes.slice(at + 1);
    const { places, run } = joined(behind, item);
    const step = places.length * run;
    let to = 0;
    for (const base of positions(before)) {
      for (let k = 0; k < count; k += 1) {
        const from = this.offset + base + (records.reverse ? count - 1 - k : k) * records.stride;
        for (let p = 0; p < places.length; p += 1) {
          copy(data, from + places[p], run, out, to + p * run);
        }
        to += step;
      }
      to += (records.size - count) * step;
    }
    return out;
  }

  #count(nbytes) {
    const { size, last, stride } = this.records;
    const count = nbytes < this.reach ? 0 : Math.floor((nbytes - this.reach) / stride) + 1;
    if (count === 0 || (count !== size && count !== last)) {
      const wanted = last ? `${size} or ${last}` : `${size}`;
      throw unfit(`a chunk of ${nbytes} bytes has ${count} records, not ${wanted}`);
    }
    return count;
  }
}

function axisOf(axis) {
  if (axis !== null && typeof axis === "object" && "records" in axis) return recordsOf(axis);
  if (axis !== null && typeof axis === "object" && "offsets" in axis) return offsetsOf(axis);
  keys(axis, ["size", "stride"], [], "an axis");
  const size = number(axis.size, 1, MOST_ELEMENTS, "size");
  const stride = number(axis.stride, -FARTHEST, FARTHEST, "stride");
  const end = (size - 1) * stride;
  return { size, stride, low: Math.min(0, end), high: Math.max(0, end) };
}

function recordsOf(axis) {
  keys(axis, ["records", "stride"], ["last", "reverse"], "the axis of records");
  const size = number(axis.records, 1, MOST_ELEMENTS, "records");
  const stride = number(axis.stride, 1, FARTHEST, "stride");
  const last = "last" in axis ? number(axis.last, 1, size - 1, "last") : 0;
  const reverse = "reverse" in axis ? axis.reverse : false;
  if (typeof reverse !== "boolean") throw malformed("reverse must be true or false");
  return { records: true, size, stride, last, reverse };
}

function offsetsOf(axis) {
  keys(axis, ["offsets"], [], "an axis of offsets");
  const { offsets } = axis;
  if (!Array.isArray(offsets) || offsets.length < 1 || offsets.length > MOST_OFFSETS) {
    throw malformed(`offsets must be a list of 1 to ${MOST_OFFSETS} numbers`);
  }
  for (const offset of offsets) number(offset, -FARTHEST, FARTHEST, "an offset");
  const low = offsets.reduce((a, b) => Math.min(a, b));
  const high = offsets.reduce((a, b) => Math.max(a, b));
  return { size: offsets.length, offsets, low, high };
}

const place = (axis, k) => (axis.offsets ? axis.offsets[k] : k * axis.stride);

/** Return where the elements along some axes lie, in C order. */
function positions(axes) {
  let found = [0];
  for (const axis of axes) {
    const next = new Array(found.length * axis.size);
    let n = 0;
    for (const base of found) for (let k = 0; k < axis.size; k += 1) next[n++] = base + place(axis, k);
    found = next;
  }
  return found;
}

/** Return the same for the innermost axes, and how many bytes lie together at each place. */
function joined(axes, item) {
  const outer = axes.slice();
  let run = item;
  while (outer.length && outer.at(-1).stride === run) run *= outer.pop().size;
  return { places: positions(outer), run };
}

function copy(data, from, run, out, to) {
  if (run > 16) {
    out.set(data.subarray(from, from + run), to);
    return;
  }
  for (let k = 0; k < run; k += 1) out[to + k] = data[from + k];
}
