import { VspecError } from "./errors.js";

const DOCUMENTS = [".zgroup", ".zarray", ".zattrs", ".zmetadata", "zarr.json"];

/**
 * A map as a store of zarrita. What cannot be read is an error, never a fill value: a chunk that the map does not
 * have, a source that is missing (404) or that a server does not send in ranges, and one that ends too early.
 */
export class MapStore {
  #refs;
  #read;
  #locate;

  /**
   * @param {{version: number, refs: Record<string, string | [string, number, number]>}} map parsed JSON of a map
   * @param {object} [options]
   * @param {(url: string, offset: number, length: number) => Promise<Uint8Array>} [options.read] reads a range;
   *   by default with `fetch`
   * @param {(url: string) => string} [options.locate] says where a source is now, by the URL in the map
   */
  constructor(map, { read = fetched, locate = (url) => url } = {}) {
    if (map?.version !== 1 || typeof map.refs !== "object" || map.refs === null) {
      throw new VspecError("V0703", "this is no map: it must hold version 1 and refs");
    }
    this.#refs = map.refs;
    this.#read = read;
    this.#locate = locate;
  }

  /**
   * Return the bytes of a key; undefined for metadata that the map does not have.
   * @param {string} key begins with "/" @returns {Promise<Uint8Array | undefined>}
   */
  async get(key) {
    const name = key.replace(/^\//, "");
    const value = Object.hasOwn(this.#refs, name) ? this.#refs[name] : undefined;
    if (typeof value === "string") return inline(value);
    if (Array.isArray(value)) {
      const [url, offset, length] = value;
      return exactly(await this.#read(this.#locate(url), offset, length), url, offset, length);
    }
    if (DOCUMENTS.includes(name.split("/").at(-1))) return undefined;
    throw new VspecError("V0704", `the map has no chunk '${name}'`);
  }
}

/**
 * Return a map that lies behind a URL, as a store.
 * @param {string | URL} url @param {ConstructorParameters<typeof MapStore>[1]} [options]
 */
export async function openMap(url, options) {
  const answer = await fetch(url);
  if (!answer.ok) throw new VspecError("V0701", `the map ${url} cannot be read: ${answer.status}`);
  return new MapStore(await answer.json(), options);
}

function inline(text) {
  if (!text.startsWith("base64:")) return new TextEncoder().encode(text);
  return Uint8Array.from(atob(text.slice(7)), (char) => char.charCodeAt(0));
}

function exactly(bytes, url, offset, length) {
  if (bytes.length === length) return bytes;
  const got = `${bytes.length} bytes from ${offset} on where there must be ${length}`;
  throw new VspecError("V0742", `${url} is not what the map was made from: ${got}`);
}

async function fetched(url, offset, length) {
  const answer = await fetch(url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
  if (answer.status === 404) throw new VspecError("V0741", `${url} is missing`);
  if (answer.status === 416) return new Uint8Array();
  if (answer.status === 206) return new Uint8Array(await answer.arrayBuffer());
  if (!answer.ok) throw new VspecError("V0431", `${url} cannot be read: ${answer.status}`);
  const size = Number(answer.headers.get("Content-Length"));
  if (offset === 0 && size === length) return new Uint8Array(await answer.arrayBuffer());
  await answer.body?.cancel();
  throw new VspecError("V0431", `the server of ${url} sends no ranges of files`);
}
