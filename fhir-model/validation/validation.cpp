#include "fhir-model/validation/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>

#include "fhir-model/validation/findings.h"
#include "fhir-model/validation/invariants.h"
#include "fhir-model/validation/primitive.h"
#include "fhir-model/validation/references.h"
#include "fhir-model/validation/shape.h"
#include "fhir-model/validation/xhtml.h"

namespace varde::fhir {
namespace {

/// Types that have rules of their own, found once.
struct KnownTypes {
  TypeId extension = find_type("Extension"), reference = find_type("Reference"), xhtml = find_type("xhtml"),
         canonical = find_type("canonical"), uri = find_type("uri"), url = find_type("url"),
         codeable_concept = find_type("CodeableConcept"), bundle_entry = find_type("Bundle.entry"),
         element_definition = find_type("ElementDefinition");
};
const KnownTypes& known() {
  static const KnownTypes kKnown;
  return kKnown;
}

std::string listed(std::span<const std::string_view> codes) {
  constexpr std::size_t kMostListed = 12;
  if (codes.size() > kMostListed) return fmt::format("one of the {} codes of its required value set", codes.size());
  return fmt::format("one of {}", fmt::join(codes, ", "));
}

/// One pass, in document order. Recursion is as deep as the tree, which the codecs limit.
class Validator {
 public:
  explicit Validator(Findings& findings) : findings_(findings) {}

  void run() { resource(findings_.resource()); }

 private:
  /// A resource with references and ids of its own: the root, and each resource in a Bundle or Parameters.
  void resource(Element at) {
    Links links;
    id_of_resource(at);
    children(at, links);
    check_links(links, findings_);
  }

  void id_of_resource(Element at) {
    const Element id = at["id"];
    if (id.has_value() && !is_id(id.value()))
      findings_.add(Fault::value_malformed, id, fmt::format("A resource's id is {}.", form_of(find_type("id"))));
  }

  void children(Element at, Links& links) {
    std::bitset<kMostSlots> seen;
    const ElementRow* before = nullptr;
    for (const Element child : at.children()) {
      if (findings_.full()) return;
      const ElementRow& row = *child.definition();
      const std::uint16_t slot = slot_of(row);
      if (seen[slot] && (!row.many || &row != before)) repeated(child, row, before);
      seen.set(slot);
      before = &row;
      element(child, row, links);
    }
    for (const RequiredSlot& required : required_slots(at.type()))
      if (!seen[required.slot])
        findings_.add(Fault::required_missing, at, fmt::format("{} needs {}.", at.type_name(), required.name),
                      {.below = required.name.ends_with("[x]") ? required.name.substr(0, required.name.size() - 3)
                                                               : required.name});
    for (const InvariantRow* invariant : invariants_of(at.type()))
      if (!invariant->holds(at))
        findings_.add(Fault::invariant, at, fmt::format("{} ({}).", invariant->rule, invariant->key));
  }

  void repeated(Element child, const ElementRow& row, const ElementRow* before) {
    if (!row.choice.empty())
      findings_.add(Fault::cardinality, child, fmt::format("Only one {}[x] may be given.", row.choice));
    else if (!row.many)
      findings_.add(Fault::cardinality, child, fmt::format("{} stands at most once.", row.name));
    else if (before != &row)
      findings_.add(Fault::cardinality, child, fmt::format("All {} stand together.", row.name));
  }

  void element(Element at, const ElementRow& row, Links& links) {
    if (is_primitive(at.type())) {
      primitive(at, row, links);
    } else if (is_resource(at.type())) {
      nested_resource(at, row, links);
    } else {
      complex(at, row, links);
    }
  }

  void nested_resource(Element at, const ElementRow& row, Links& links) {
    if (row.name != "contained") return resource(at);
    if (at.parent() && at.parent().definition() && at.parent().name() == "contained")
      findings_.add(Fault::invariant, at, "A contained resource holds no contained resources itself (dom-2).");
    id_of_resource(at);
    links.contained.push_back({at["id"].value(), at});
    children(at, links);
  }

  void complex(Element at, const ElementRow& row, Links& links) {
    const TypeId type = at.type();
    if (!says_something(at))
      return findings_.add(Fault::required_missing, at, "An element needs a value or children besides its id (ele-1).");
    note_id(at, links);
    children(at, links);
    if (type == known().reference) check_reference(at, links, findings_);
    if (type == known().extension) extension(at);
    if (type == known().bundle_entry) check_full_url(at, findings_);
    if (row.binding >= 0 && type == known().codeable_concept) bound_concept(at, row);
  }

  static bool says_something(Element at) {
    for (const Element child : at.children())
      if (child.name() != "id") return true;
    return false;
  }

  void note_id(Element at, Links& links) {
    const Element id = at["id"];
    if (id.has_value() && at.type() != known().element_definition) links.ids.push_back({id.value(), at});
  }

  void primitive(Element at, const ElementRow& row, Links& links) {
    const TypeId type = at.type();
    if (!at.children().empty()) {
      note_id(at, links);
      children(at, links);
    }
    if (!at.has_value()) {
      if (!at["extension"])
        findings_.add(Fault::required_missing, at, "An element needs a value or an extension (ele-1).");
      return;
    }
    const std::string_view value = at.value();
    if (type == known().xhtml) {
      if (const auto problem = narrative_problem(value); !problem.empty())
        findings_.add(Fault::value_malformed, at, std::string(problem));
      return;
    }
    if (!is_well_formed(type, value))
      return findings_.add(Fault::value_malformed, at, fmt::format("{} is {}.", row_of(type).name, form_of(type)));
    const bool link = type == known().canonical || type == known().uri || type == known().url;
    if (link && value.front() == '#') links.fragments.push_back({value.substr(1), at});
    if (row.binding >= 0 && !std::ranges::binary_search(required_codes(row.binding), value))
      findings_.add(Fault::code_invalid, at, fmt::format("{} is {}.", row.name, listed(required_codes(row.binding))));
  }

  void bound_concept(Element at, const ElementRow& row) {
    for (const Element coding : at.each("coding"))
      if (std::ranges::binary_search(required_codes(row.binding), coding["code"].value())) return;
    if (at["extension"]) return;  // data-absent-reason and its like stand in place of the coding
    findings_.add(Fault::code_invalid, at,
                  fmt::format("{} needs a coding that is {}.", row.name, listed(required_codes(row.binding))));
  }

  void extension(Element at) {
    const bool value = bool(at.choice("value")), parts = bool(at["extension"]);
    if (value == parts)
      findings_.add(Fault::invariant, at,
                    "An extension has a value or extensions of its own, exactly one of both (ext-1).");
    const Element url = at["url"];
    if (url.has_value() && at.parent().type() != known().extension && !is_absolute_uri(url.value()))
      findings_.add(Fault::value_malformed, url,
                    "The url of an extension is absolute, except inside another extension.");
  }

  Findings& findings_;
};

}  // namespace

void check_base(Findings& findings) {
  if (findings.resource()) Validator(findings).run();
}

std::vector<Failure> validate(Element resource, Report report) {
  Findings findings(resource, report);
  check_base(findings);
  return findings.take();
}

Result<void> require_valid(Element resource) {
  std::vector<Failure> failures = validate(resource);
  if (failures.empty()) return {};
  Failure first = std::move(failures.front());
  first.also.assign(std::make_move_iterator(failures.begin() + 1), std::make_move_iterator(failures.end()));
  return tl::unexpected(std::move(first));
}

}  // namespace varde::fhir
