/**
 * Runs a node whose datagrams are sealed with fixed keys, so that the bench can measure sealing without a handshake. Its arguments are a
 * cipher and then those of `mosaic`. Only the bench starts it: anybody could open the datagrams.
 *
 * A hook of the module loader puts sealed-udp.ts in the place of runtime/device/udp.ts.
 */
import { registerHooks } from "node:module";

const REAL = new URL("../../../runtime/device/udp.ts", import.meta.url).href;
const SEALED = new URL("sealed-udp.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    return resolved.url === REAL && context.parentURL !== SEALED ? { ...resolved, url: SEALED } : resolved;
  },
});

const { setCipher } = await import("./sealed-udp.ts");
const [cipher] = process.argv.splice(2, 1);
setCipher(cipher);
await import("../../../src/cli/main.ts");
