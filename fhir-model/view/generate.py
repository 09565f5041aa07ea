#!/usr/bin/env python3
"""Writes the typed views: data_types.h, and one header for each resource type that RESOURCES names.

    fhir-model/view/generate.py            writes them beside this file
    fhir-model/view/generate.py --check    exit 1 when one of them would change

Its input is ../definitions/tables.cpp: a view finds a child by the position of its row there.
"""
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
TABLES = HERE.parent / "definitions" / "tables.cpp"

RESOURCES = """Patient Practitioner PractitionerRole Organization EpisodeOfCare Encounter CarePlan Goal ServiceRequest
Observation Condition Task DetectedIssue Communication Composition DocumentReference Binary QuestionnaireResponse
MedicationStatement AllergyIntolerance DiagnosticReport Device Bundle OperationOutcome AuditEvent Provenance""".split()

PRIMITIVES = {"boolean": "Boolean", "integer": "Integer", "positiveInt": "Integer", "unsignedInt": "Integer",
              "decimal": "Decimal"}  # all others are Text
KEYWORDS = {"class", "for", "operator", "default", "switch", "case", "namespace", "public", "private", "template"}

HELPERS = {"element", "if_of", "child_at", "choice_at", "alternative_at"}  # of View

TYPE_ROW = re.compile(r'^\{S\("([^"]+)"\), TypeKind::(\w+), (?:T\(\d+\)|TypeId::none), (\d+), (\d+)')
LAYOUT = re.compile(r"^const char (kLayout_[0-9a-f]+) = 0;", re.MULTILINE)
ELEMENT_ROW = re.compile(r'^\{S\("([^"]+)"\), S\("([^"]*)"\), T\((\d+)\), \d+, (true|false), ')


class Element:
    def __init__(self, row, name, choice, type_number, many):
        self.row, self.name, self.choice, self.type_number, self.many = row, name, choice, type_number, many


class Type:
    def __init__(self, number, name, kind, first, count):
        self.number, self.name, self.kind = number, name, kind
        self.rows = range(first, first + count)


def read_tables():
    types, elements = [], []
    for line in TABLES.read_text(encoding="utf-8").splitlines():
        if match := TYPE_ROW.match(line):
            types.append(Type(len(types), match[1], match[2], int(match[3]), int(match[4])))
        elif match := ELEMENT_ROW.match(line):
            elements.append(Element(len(elements), match[1], match[2], int(match[3]), match[4] == "true"))
    if not types or types[-1].rows.stop != len(elements):
        sys.exit(f"{TABLES} does not read as this generator expects")
    return types, elements


def snake(name):
    out = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return out + "_" if out in KEYWORDS else out


def camel(name):
    return name[0].upper() + name[1:]


class Writer:
    """The classes of one header. `inside` says whether functions are defined in their class, or after all classes."""

    def __init__(self, types, elements, inside):
        self.types, self.elements, self.inside = types, elements, inside
        self.reached = set()  # data types that some function answers
        self.later = []

    def view_of(self, element):
        """The view of an element's type, named from outside of all classes."""
        named = self.types[element.type_number]
        if named.kind == "primitive":
            return PRIMITIVES.get(named.name, "Text")
        if named.kind in ("resource", "abstract_resource"):
            return "Resource"
        if named.kind == "backbone":
            return "::".join(camel(part) for part in named.name.split("."))
        self.reached.add(named.name)
        return named.name

    def members(self, named):
        """The functions of a class: (name, its element or the alternatives of a choice)."""
        groups = []
        for row in named.rows:
            element = self.elements[row]
            if element.choice and groups and groups[-1][0] == element.choice:
                groups[-1][1].append(element)
            else:
                groups.append((element.choice or element.name, [element]))
        return groups

    def function(self, scope, view, many, name, place, indent, hidden):
        """hidden: names of classes inside `scope` or around it, which stand before those of data types."""
        if name in HELPERS:
            sys.exit(f"{scope}.{name}: every view has a function of that name already")
        listed = "List<{}>" if many else "{}"
        if self.inside:
            near = view.removeprefix(scope + "::")
            near = f"view::{near}" if near in hidden and near == view else near
            returns = listed.format(near)
            return [f"{indent}{returns} {name}() const {{ return {returns}({place}); }}"]
        declared = listed.format(f"view::{view}" if view in hidden else view)
        returns = listed.format(view)
        self.later.append(f"inline {returns} {scope}::{name}() const {{ return {declared}({place}); }}")
        return [f"{indent}{declared} {name}() const;"]

    def choice_class(self, scope, base, alternatives, indent, hidden):
        lines = [f"{indent}class {camel(base)} : public View {{", f"{indent} public:", f"{indent}  using View::View;"]
        for element in alternatives:
            rest = element.name[len(base):]
            lines += self.function(f"{scope}::{camel(base)}", self.view_of(element), False, snake(rest[0].lower() + rest[1:]),
                                   f"alternative_at({element.row})", indent + "  ", hidden)
        return lines + [f"{indent}}};"]

    def type_class(self, named, scope, indent="", hidden=frozenset()):
        short, inner = scope.rpartition("::")[2], indent + "  "
        members = self.members(named)
        nested = {camel(t.name.rpartition(".")[2]): t for t in self.types
                  if t.kind == "backbone" and t.name.rpartition(".")[0] == named.name}
        choices = {camel(name) for name, elements in members if elements[0].choice}
        if len(choices | set(nested) | {short}) < len(choices) + len(nested) + 1:
            sys.exit(f"{named.name}: two of its classes would have one name")
        hidden = hidden | choices | set(nested)
        lines = [f"{indent}class {short} : public View {{", f"{indent} public:", f"{inner}using View::View;"]
        if named.kind != "backbone":
            lines += [f"{inner}static constexpr TypeId kType{{{named.number}}};",
                      f"{inner}/// Nowhere when the element is of another type.",
                      f"{inner}static {short} of(Element element) {{ return {short}(if_of(element, kType)); }}"]
        lines += [f"{inner}class {name};" for name in nested]
        for name, backbone in nested.items():
            lines += ["", *self.type_class(backbone, f"{scope}::{name}", inner, hidden)]
        for name, elements in members:
            if elements[0].choice:
                lines += ["", *self.choice_class(scope, name, elements, inner, hidden)]
        lines += ["", f"{inner}using View::extension;"]
        for name, elements in members:
            first = elements[0]
            view = f"{scope}::{camel(name)}" if first.choice else self.view_of(first)
            place = f"choice_at({first.row}, {len(elements)})" if first.choice else f"child_at({first.row})"
            lines += self.function(scope, view, first.many and not first.choice, snake(name), place, inner, hidden)
        return lines + [f"{indent}}};"]


def header(title, includes, before=()):
    return ["#pragma once", f"/// {title}", "// Generated by fhir-model/view/generate.py; do not edit.", "// clang-format off",
            *(f'#include "{i}"' for i in includes), "", *before, "namespace varde::fhir::view {", ""]


def closing(lines):
    return "\n".join(lines + ["", "}  // namespace varde::fhir::view", ""])


def render():
    types, elements = read_tables()
    by_name = {t.name: t for t in types}
    files, reached = {}, {"Extension"}
    for name in RESOURCES:
        writer = Writer(types, elements, inside=True)
        lines = header(f"https://hl7.org/fhir/R4/{name.lower()}.html", ["fhir-model/view/data_types.h"])
        lines += writer.type_class(by_name[name], name)
        reached |= writer.reached
        files[f"{snake(name)}.h"] = closing(lines)
    done, classes, later = set(), {}, {}
    while reached - done:
        name = min(reached - done)
        writer = Writer(types, elements, inside=False)
        classes[name] = writer.type_class(by_name[name], name)
        later[name] = writer.later
        reached |= writer.reached
        done.add(name)
    layout = LAYOUT.search(TABLES.read_text(encoding="utf-8"))[1]
    lines = header("https://hl7.org/fhir/R4/datatypes.html", ["fhir-model/view/view.h"],
                   ["/// Views read by position: those of other tables do not link. Run generate.py after the one of definitions/.",
                    "namespace varde::fhir::tables {", f"extern const char {layout};", "}"])
    lines += [f"[[gnu::used]] inline const char* const kMadeFor = &tables::{layout};", ""]
    lines += [f"class {name};" for name in sorted(classes)] + [""]
    for name in sorted(classes):
        lines += classes[name] + [""]
    for name in sorted(later):
        lines += later[name]
    lines += ["", "inline Extension View::extension(std::string_view url) const { return Extension(at_.extension(url)); }"]
    files["data_types.h"] = closing(lines)
    return files


def main():
    if sys.argv[1:] not in ([], ["--check"]):
        sys.exit(__doc__)
    changed = []
    for name, wanted in render().items():
        target = HERE / name
        if target.exists() and target.read_text(encoding="utf-8") == wanted:
            continue
        changed.append(name)
        if not sys.argv[1:]:
            target.write_text(wanted, encoding="utf-8")
    if sys.argv[1:] and changed:
        sys.exit(f"{', '.join(changed)}: not what generate.py writes from {TABLES.name}")
    print("the views are up to date" if not changed else f"written: {', '.join(changed)}")


main()
