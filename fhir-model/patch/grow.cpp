#include "fhir-model/patch/grow.h"

#include <algorithm>
#include <string>

namespace varde::fhir::patch {
namespace {

/// Whether a value of one type may stand where another is wanted: the same type or one derived from it; of primitives
/// also a base type (string for code: the validator judges the text), and what FHIRPath converts by itself
/// (https://hl7.org/fhirpath/N1/#conversion). No value[x] is an xhtml, so it comes as a string.
bool fits(TypeId value, TypeId wanted) {
  struct Pair {
    TypeId value, wanted;
    bool operator==(const Pair&) const = default;
  };
  static const Pair kConversions[] = {{find_type("integer"), find_type("decimal")},
                                      {find_type("date"), find_type("dateTime")},
                                      {find_type("string"), find_type("xhtml")}};
  if (derives_from(value, wanted)) return true;
  if (!is_primitive(value) || !is_primitive(wanted)) return false;
  return derives_from(wanted, value) || std::ranges::find(kConversions, Pair{value, wanted}) != std::end(kConversions);
}

/// The element that `name` means for this value; nullptr when there is none.
const ElementRow* row_for(TypeId owner, std::string_view name, Element value) {
  if (name.ends_with("[x]")) name.remove_suffix(3);
  if (const ElementRow* row = find_element(owner, name)) return row;
  const ElementRow* fitting = nullptr;
  for (const ElementRow& row : elements_of(owner)) {
    if (row.choice != name || name.empty() || !value) continue;
    if (row.type == value.type()) return &row;
    if (!fitting && fits(value.type(), row.type)) fitting = &row;
  }
  return fitting;
}

/// How deep the JSON of an element nests: an array around each element that repeats.
std::size_t levels(const ElementRow* row) { return row && row->many ? 2 : 1; }

std::size_t depth_of(Element element) {
  std::size_t out = 0;
  for (; element; element = element.parent()) out += levels(element.definition());
  return out;
}

std::size_t height_of(Element element) {
  std::size_t out = 0;
  for (const Element child : element.children()) out = std::max(out, height_of(child) + levels(child.definition()));
  return out;
}

tl::unexpected<Failure> refuse(const std::string& what, Element part) {
  return fail(Fault::patch_not_applicable, what, part.path());
}

Result<void> require_fit(const ElementRow& row, Element value, Element resource, Element part) {
  const std::string wanted(row_of(row.type).name);
  if (row_of(row.type).kind == TypeKind::abstract_resource) {
    if (resource) return {};
    return refuse("The element holds a resource, so the part needs a resource.", part);
  }
  if (resource) return refuse("The element holds a value of type " + wanted + ", not a resource.", part);
  if (value && !fits(value.type(), row.type))
    return refuse("The element takes a value of type " + wanted + ", not " + std::string(value.type_name()) + ".",
                  part);
  if (!value && is_primitive(row.type))
    return refuse("The element takes a value of type " + wanted + ", not parts.", part);
  return {};
}

}  // namespace

Result<Editor> put(Editor owner, std::string_view name, Element part, std::size_t depth) {
  const Element value = part.choice("value"), resource = part["resource"];
  const auto parts = part.each("part");
  if (int(bool(value)) + int(bool(resource)) + int(!parts.empty()) != 1)
    return fail(Fault::patch_malformed, "The part brings one value, one resource, or parts.", part.path());
  const ElementRow* row = row_for(owner.type(), name, value);
  if (!row)
    return refuse(std::string(owner.type_name()) + " has no element of that name for what the part brings.", part);
  FHIR_TRY(require_fit(*row, value, resource, part));
  const Element taken = row->choice.empty() ? Element(owner[row->name]) : owner.choice(row->choice);
  if (taken && !row->many) return refuse("The element is there already and does not repeat; replace it instead.", part);
  const Element source = value ? value : resource;
  if (depth_of(owner) + levels(row) + height_of(source) > depth)
    return fail(Fault::too_deep, "The resource would nest deeper than " + std::to_string(depth) + " levels.",
                part.path());
  if (source) return owner.add_copy(row->name, source);
  Editor added = owner.add(row->name);
  for (const Element inner : parts)
    if (auto done = put(added, inner["name"].value(), inner, depth); !done) return done;
  return added;
}

}  // namespace varde::fhir::patch
