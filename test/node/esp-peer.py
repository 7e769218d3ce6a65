"""An ESP peer by scapy: prints each frame that it opens, and sends it back in a frame of its own. Both go to a capture file.

Arguments: its UDP port, key and salt in hexadecimal, the capture file. Output: "ready", then "NEXT_HEADER HEX" for each frame.
"""

import socket
import sys

from scapy.all import IP, Ether, Raw, UDP, conf, wrpcap
from scapy.layers.ipsec import ESP, SecurityAssociation

conf.verb = 0
port, key, capture = int(sys.argv[1]), bytes.fromhex(sys.argv[2]), sys.argv[3]
HERE, THERE = "192.0.2.2", "192.0.2.1"
TO_NODE = 6000


def association(spi, tunnel):
    header = IP(src=HERE, dst=THERE) if tunnel else None
    return SecurityAssociation(ESP, spi=spi, crypt_algo="AES-GCM", crypt_key=key, tunnel_header=header)


def opened(data):
    """Returns the next header and the payload of a frame. In tunnel mode the payload is an IP packet."""
    spi = ESP(data).spi
    packet = IP(src=THERE, dst=HERE, proto=50) / ESP(data)
    inner = association(spi, False).decrypt(IP(bytes(packet)))
    return inner.proto, bytes(inner)[20:]


def answer(kind, payload):
    """Returns the frame for a payload. Packets in tunnel mode return to their source."""
    if kind != 4:
        return number.encrypt(IP(src=HERE, dst=THERE, proto=kind) / Raw(payload))
    packet = IP(payload)
    packet.src, packet.dst = packet.dst, packet.src
    del packet.chksum
    number.tunnel_header = IP(src=HERE, dst=THERE)
    frame = number.encrypt(packet)
    number.tunnel_header = None
    return frame


number = association(TO_NODE, False)
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.bind(("127.0.0.1", port))
print("ready", flush=True)
frames = []
while True:
    data, source = sock.recvfrom(65535)
    if data == b"write":
        wrpcap(capture, frames)
        print("written", flush=True)
        continue
    kind, payload = opened(data)
    print(kind, payload.hex(), flush=True)
    back = bytes(answer(kind, payload)[ESP])
    sock.sendto(back, source)
    for src, dst, esp in ((THERE, HERE, data), (HERE, THERE, back)):
        frames.append(Ether() / IP(src=src, dst=dst) / UDP(sport=4500, dport=4500) / Raw(esp))
