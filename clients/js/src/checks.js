import { VspecError, malformed } from "./errors.js";

/** Bytes that a decoded chunk may have at most. */
export const LARGEST_CHUNK = 2 ** 28;

/** Tell whether a value is a number as configurations have them. */
export const isNumber = (value) => Number.isSafeInteger(value) && !Object.is(value, -0);

/**
 * Return a number between two bounds, or throw V0711.
 * @param {unknown} value @param {number} least @param {number} most @param {string} what
 * @returns {number}
 */
export function number(value, least, most, what) {
  if (!isNumber(value) || value < least || value > most) {
    throw malformed(`${what} must be a whole number from ${least} to ${most}, and is ${JSON.stringify(value)}`);
  }
  return value;
}

/**
 * Require that an object has all of some keys and no others but optional ones.
 * @param {unknown} value @param {string[]} needed @param {string[]} optional @param {string} what
 */
export function keys(value, needed, optional, what) {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw malformed(`${what} must be an object`);
  }
  const unknown = Object.keys(value).filter((key) => !needed.includes(key) && !optional.includes(key));
  const missing = needed.filter((key) => !(key in value));
  if (unknown.length || missing.length) {
    throw malformed(`${what} must have ${needed.join(", ")}, and has ${Object.keys(value).join(", ") || "nothing"}`);
  }
}

/**
 * Return one of some values, or throw V0711.
 * @template T @param {T} value @param {T[]} allowed @param {string} what @returns {T}
 */
export function oneOf(value, allowed, what) {
  if (!allowed.includes(value)) {
    throw malformed(`${what} must be one of ${allowed.join(", ")}, and is ${JSON.stringify(value)}`);
  }
  return value;
}

/** Require that a decoded chunk is not larger than allowed. @param {number} nbytes */
export function roomFor(nbytes) {
  if (!(nbytes <= LARGEST_CHUNK)) {
    throw new VspecError("V0930", `a chunk would have ${nbytes} bytes; ${LARGEST_CHUNK} are allowed`);
  }
}
