import { getSystemErrorMessage, getSystemErrorName } from "node:util";

/** Errno of a descriptor whose device has been deleted. libuv has no name for it. */
const EBADFD = 77;

/** Returns the name of an errno, such as `EPERM`. */
export function errnoName(errno: number): string {
  return errno === EBADFD ? "EBADFD" : getSystemErrorName(-errno);
}

/** Returns the message of libuv for an errno, such as `operation not permitted`. */
export function errnoMessage(errno: number): string {
  return errno === EBADFD ? "the device is gone" : getSystemErrorMessage(-errno);
}
