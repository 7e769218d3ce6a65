/** Names of the actions of `mosaic ctl`. `client/control-request.ts` describes each. */
export const ACTION_NAMES = ["insert", "delete", "load", "unload", "reload", "rebind"] as const;
export type ActionName = (typeof ACTION_NAMES)[number];
