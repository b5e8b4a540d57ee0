// Where things lie in this checkout. Plain JavaScript without packages, like all of server/start: it runs on the Node that the machine
// has (20 or later) before anything is installed; what is installed and built afterwards runs under node_modules/.bin/node.
import { fileURLToPath } from 'node:url';

/** @param {string} path relative to the checkout */
export const inCheckout = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const checkout = inCheckout('.');
export const node = inCheckout('node_modules/.bin/node');
export const venv = inCheckout('.venv');
export const python = inCheckout('.venv/bin/python');
export const examples = inCheckout('kernel-bridge/examples');
