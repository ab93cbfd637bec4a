"""Writes JT/T 808 frames, the other way round than the reader reads them."""

import struct
from functools import reduce
from operator import xor


def report(
    lon=125.32,
    lat=43.88,
    clock="261120083005",
    status=0b11,
    alarm=0,
    altitude=210,
    speed=356,
    direction=90,
    extra=b"",
) -> bytes:
    """Return the body of a location report; speed in 0.1 km/h, clock in GMT+8."""
    numbers = (alarm, status, round(lat * 1e6), round(lon * 1e6), altitude, speed, direction)
    return struct.pack(">IIIIHHH", *numbers) + bytes.fromhex(clock) + extra


def frame(
    body: bytes, phone="013900000001", message=0x0200, serial=1, properties=0, checksum=None
) -> bytes:
    """Return a whole frame with its flags; a phone of 20 digits makes the form of 2019."""
    properties |= len(body)
    head = struct.pack(">HH", message, properties)
    if len(phone) == 20:
        head = struct.pack(">HHB", message, properties | 1 << 14, 1)
    content = head + bytes.fromhex(phone) + struct.pack(">H", serial) + body
    content += bytes([reduce(xor, content) if checksum is None else checksum])
    return b"\x7e" + content.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"
