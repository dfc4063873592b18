/** An error of vspec: `code` is explained by `vspec explain CODE`. */
export class VspecError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   */
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.name = "VspecError";
    this.code = code;
  }
}

/** @param {string} message */
export const malformed = (message) => new VspecError("V0711", message);

/** @param {string} message */
export const unfit = (message) => new VspecError("V0712", message);

/** @param {string} id */
export function readOnly(id) {
  throw new VspecError("V0713", `${id} only reads: a recording is never changed`);
}
