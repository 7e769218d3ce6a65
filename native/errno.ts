import { getSystemErrorMessage, getSystemErrorName } from "node:util";

/** What Linux says of a descriptor whose device has been deleted; libuv has no name for it. */
const EBADFD = 77;

/** The name of an errno, such as `EPERM`. */
export function errnoName(errno: number): string {
  return errno === EBADFD ? "EBADFD" : getSystemErrorName(-errno);
}

/** What an errno means, in the words of libuv, such as `operation not permitted`. */
export function errnoMessage(errno: number): string {
  return errno === EBADFD ? "the device is gone" : getSystemErrorMessage(-errno);
}
