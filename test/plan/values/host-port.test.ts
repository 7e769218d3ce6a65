import fc from "fast-check";
import { expect, test } from "vitest";
import { formatHostPort, parseHostPort } from "../../../runtime/plan/values/host-port.ts";

/** Text of a user, and the result of parsing it. */
const CASES = `
10.0.0.2:10000        → IPv4 10.0.0.2:10000
0.0.0.0:0             → IPv4 0.0.0.0:0
[::1]:10000           → IPv6 [::1]:10000
[2001:DB8:0::1]:65535 → IPv6 [2001:db8::1]:65535
[fe80::1%eth0]:1      → IPv6 [fe80::1%eth0]:1
[FD99:0:0:0:0:0:0:2]:010 → IPv6 [fd99::2]:10
[::ffff:10.0.0.1]:1   → IPv4 10.0.0.1:1
[::FFFF:a00:1]:1      → IPv4 10.0.0.1:1
10.0.0.2:00080        → IPv4 10.0.0.2:80
LOCALHOST:1           → name localhost:1
010.0.0.2:1           → bad address "010.0.0.2:1": "010.0.0.2" is no address and no name
[fe80::1]:1           → bad address "[fe80::1]:1": a link-local address needs the zone of its interface: [fe80::1%eth0]
[fe80::1%2]:1         → bad address "[fe80::1%2]:1": the zone is the name of an interface: [fe80::1%eth0]
[fd99::2%eth0]:1      → bad address "[fd99::2%eth0]:1": only a link-local address has a zone
Relay-1.example.org:1 → name relay-1.example.org:1
localhost:10000       → name localhost:10000
:10000                → bad address ":10000": the host is missing; 0.0.0.0 and [::] stand for every interface
10.0.0.2              → bad address "10.0.0.2": it has the form HOST:PORT, with an IPv6 address in brackets: [::1]:10000
::1:10000             → bad address "::1:10000": it has the form HOST:PORT, with an IPv6 address in brackets: [::1]:10000
[10.0.0.2]:1          → bad address "[10.0.0.2]:1": "10.0.0.2" is not an IPv6 address
10.0.0.2:65536        → bad address "10.0.0.2:65536": the port is a number from 0 to 65535
10.0.0.2:             → bad address "10.0.0.2:": the port is a number from 0 to 65535
10.0.0.2:1e3          → bad address "10.0.0.2:1e3": the port is a number from 0 to 65535
10.0.0.256:1          → bad address "10.0.0.256:1": "10.0.0.256" is no address and no name
10.0.2:1              → bad address "10.0.2:1": "10.0.2" is no address and no name
-host:1               → bad address "-host:1": "-host" is no address and no name
a b:1                 → bad address "a b:1": "a b" is no address and no name
`;

test.each(
  CASES.trim()
    .split("\n")
    .map((line) => line.split(/\s+→ /)),
)("%s", (text = "", expected = "") => {
  expect(understand(text)).toBe(expected);
});

test("any text is parsed or refused, without an exception", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(understand(text)).not.toBe("");
    }),
  );
});

function understand(text: string): string {
  const result = parseHostPort(text);
  if (!result.ok) return result.message;
  const { host, port, family } = result.at;
  return `${family === undefined ? "name" : `IPv${family}`} ${formatHostPort(host, port)}`;
}
