import { expect, test } from "vitest";
import type { Native } from "../../native/index.ts";
import { openNativeDatagrams } from "../../runtime/device/native-datagrams.ts";
import { MemorySocket } from "../../runtime/warm-up/memory-socket.ts";

const ADDRESS = Uint8Array.from([2, 0, 0, 80, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);

/** Returns the messages of a socket that has the offloads `can`, and is asked for `gso` and `gro`. */
function messagesOf(can: { readonly gso: boolean; readonly gro: boolean }, gso: boolean, gro: boolean) {
  const messages: string[] = [];
  const native = {
    socketAddress: () => ADDRESS,
    hostText: () => "127.0.0.1",
    openUdp: () => Object.assign(new MemorySocket(ADDRESS, () => undefined), can),
  } as unknown as Native;
  const onAdapted = (message: string): void => void messages.push(message.replace(/:.*/, ""));
  const options = { family: 4, maxPayload: 1452, resolve: async () => [], trains: true, gso, gro, onAdapted } as const;
  openNativeDatagrams(native, "127.0.0.1", 80, options);
  return messages;
}

test("a socket reports wanted offloads that it lacks", () => {
  const none = { gso: false, gro: false };
  expect(messagesOf(none, true, true)).toEqual([
    "datagrams are sent one by one, without UDP GSO",
    "datagrams are received one by one, without UDP GRO",
  ]);
  expect(messagesOf(none, false, false)).toEqual([]);
  expect(messagesOf({ gso: true, gro: true }, true, true)).toEqual([]);
});
