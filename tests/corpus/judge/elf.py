"""ELF: the symbols that a shared object exports, read with the standard library only."""
# SPDX-License-Identifier: MIT
#
# 64-bit little-endian files; others give None. Source: System V ABI, "Object files".
import struct

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_DYNSYM = 11
_LINKERS_OWN = {"_init", "_fini", "__bss_start", "_edata", "_end", "_start"}


def exported_symbols(data):
    """Names of defined dynamic symbols that others can bind to, or None where this is no such file."""
    if data[:6] != b"\x7fELF\x02\x01":
        return None
    offset, size, count = struct.unpack_from("<Q", data, 40)[0], *struct.unpack_from("<HH", data, 58)
    sections = [_SECTION.unpack_from(data, offset + i * size) for i in range(count)]
    found = set()
    for section in sections:
        if section[1] != _DYNSYM:
            continue
        strings = sections[section[6]]
        for at in range(section[4], section[4] + section[5], _SYMBOL.size):
            name, info, other, index, _, _ = _SYMBOL.unpack_from(data, at)
            if index == 0 or info >> 4 not in (1, 2, 10) or other & 3 not in (0, 3):
                continue
            begin = strings[4] + name
            found.add(data[begin:data.index(b"\0", begin)].decode("utf-8", "replace"))
    return found - _LINKERS_OWN
