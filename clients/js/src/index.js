export { CODECS, register } from "./codecs.js";
export { VspecError } from "./errors.js";
export { MapStore, openMap } from "./store.js";
