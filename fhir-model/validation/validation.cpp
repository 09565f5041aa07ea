#include "fhir-model/validation/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <utility>

#include "fhir-model/validation/bindings.h"
#include "fhir-model/validation/bundle.h"
#include "fhir-model/validation/findings.h"
#include "fhir-model/validation/invariants.h"
#include "fhir-model/validation/primitive.h"
#include "fhir-model/validation/questionnaire.h"
#include "fhir-model/validation/references.h"
#include "fhir-model/validation/shape.h"
#include "fhir-model/validation/xhtml.h"

namespace varde::fhir {
namespace {

/// Types that have rules of their own, found once.
struct KnownTypes {
  TypeId extension = find_type("Extension"), reference = find_type("Reference"), xhtml = find_type("xhtml"),
         canonical = find_type("canonical"), uri = find_type("uri"), url = find_type("url"),
         coding = find_type("Coding"), bundle = find_type("Bundle"), questionnaire = find_type("Questionnaire"),
         response = find_type("QuestionnaireResponse"), element_definition = find_type("ElementDefinition");
};
const KnownTypes& known() {
  static const KnownTypes kKnown;
  return kKnown;
}

/// One pass, in document order. Recursion is as deep as the tree, which the codecs limit.
class Validator {
 public:
  explicit Validator(Findings& findings) : findings_(findings), judging_(judging()) {
    judging_.budget = findings.budget();
  }

  void run() { resource(findings_.resource()); }

 private:
  /// A resource with references and ids of its own: the root, and each resource in a Bundle or Parameters.
  void resource(Element at, const Entries* bundle = nullptr) {
    Links links;
    links.bundle = bundle;
    links.entry = at.parent();
    id_of_resource(at);
    if (at.type() == known().bundle) return whole_bundle(at, links);
    children(at, links);
    rules_of_type(at);
    check_links(links, findings_);
  }

  void rules_of_type(Element at) {
    if (at.type() == known().questionnaire) check_questionnaire(at, findings_);
    if (at.type() == known().response)
      if (const Element asked = contained_questionnaire(at)) check_answers(at, asked, findings_);
  }

  void whole_bundle(Element at, Links& links) {
    const Entries entries(at);
    const Entries* around = std::exchange(entries_, &entries);
    check_entries(entries, findings_);
    children(at, links);
    entries_ = around;
    check_links(links, findings_);
  }

  void id_of_resource(Element at) {
    const Element id = at["id"];
    if (id.has_value() && !is_id(id.value()))
      findings_.add(Fault::value_malformed, id, fmt::format("A resource's id is {}.", form_of(find_type("id"))),
                    {.source = source_of("Resource", "Resource.id")});
  }

  void children(Element at, Links& links) {
    std::bitset<kMostSlots> seen;
    const ElementRow* before = nullptr;
    for (const Element child : at.children()) {
      findings_.spend();
      if (findings_.full()) return;
      const ElementRow& row = *child.definition();
      const std::uint16_t slot = slot_of(row);
      if (seen[slot] && (!row.many || &row != before)) repeated(child, row, before);
      seen.set(slot);
      before = &row;
      element(child, row, links);
      judge(child, invariants_on(row));
    }
    for (const RequiredSlot& required : required_slots(at.type()))
      if (!seen[required.slot])
        findings_.add(Fault::required_missing, at, fmt::format("{} needs {}.", at.type_name(), required.name),
                      {.below = required.name.ends_with("[x]") ? required.name.substr(0, required.name.size() - 3)
                                                               : required.name,
                       .source = source_of(elements_of(at.type())[required.slot])});
    judge(at, invariants_of(at.type()));
  }

  void judge(Element at, std::span<const Invariant* const> invariants) {
    for (const Invariant* invariant : invariants) {
      const Severity severity = invariant->row().severity;
      if (!findings_.wants(severity)) return;
      if (invariant->judge(at, judging_) == Verdict::broken)
        findings_.add(Fault::invariant, at, invariant->sentence(),
                      {.source = invariant->source(), .severity = severity});
    }
  }

  void repeated(Element child, const ElementRow& row, const ElementRow* before) {
    if (!row.choice.empty())
      findings_.add(Fault::cardinality, child, fmt::format("Only one {}[x] may be given.", row.choice),
                    {.source = source_of(row)});
    else if (!row.many)
      findings_.add(Fault::cardinality, child, fmt::format("{} stands at most once.", row.name),
                    {.source = source_of(row)});
    else if (before != &row)
      findings_.add(Fault::cardinality, child, fmt::format("All {} stand together.", row.name),
                    {.source = source_of(row)});
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
    if (row.name != "contained") return resource(at, entries_);
    if (at.type() == known().bundle) check_entries(Entries(at), findings_);
    rules_of_type(at);
    if (at.parent() && at.parent().definition() && at.parent().name() == "contained")
      findings_.add(Fault::invariant, at, "A contained resource holds no contained resources itself (dom-2).",
                    {.source = source_of("DomainResource", "dom-2")});
    id_of_resource(at);
    links.contained.push_back({at["id"].value(), at});
    children(at, links);
  }

  void complex(Element at, const ElementRow& row, Links& links) {
    const TypeId type = at.type();
    if (!says_something(at))
      return findings_.add(Fault::required_missing, at, "An element needs a value or children besides its id (ele-1).",
                           {.source = source_of("Element", "ele-1")});
    note_id(at, links);
    children(at, links);
    if (type == known().reference) check_reference(at, links, findings_);
    if (type == known().extension) extension(at);
    if (type == known().coding) check_coding(at, findings_);
    check_binding(at, row, findings_);
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
        findings_.add(Fault::required_missing, at, "An element needs a value or an extension (ele-1).",
                      {.source = source_of("Element", "ele-1")});
      return;
    }
    const std::string_view value = at.value();
    if (type == known().xhtml) {
      if (const auto problem = narrative_problem(value); !problem.empty())
        findings_.add(Fault::value_malformed, at, std::string(problem),
                      {.source = source_of("Narrative", problem.find("(txt-2)") == problem.npos ? "txt-1" : "txt-2")});
      note_anchors(at, links);
      return;
    }
    if (!is_well_formed(type, value))
      return findings_.add(Fault::value_malformed, at, fmt::format("{} is {}.", row_of(type).name, form_of(type)),
                           {.source = source_of(row)});
    if (type == known().canonical || type == known().uri || type == known().url) check_uri(at, row, links, findings_);
    check_binding(at, row, findings_);
  }

  void extension(Element at) {
    const bool value = bool(at.choice("value")), parts = bool(at["extension"]);
    if (value == parts)
      findings_.add(Fault::invariant, at,
                    "An extension has a value or extensions of its own, exactly one of both (ext-1).",
                    {.source = source_of("Extension", "ext-1")});
  }

  Findings& findings_;
  fhirpath::Environment judging_;
  const Entries* entries_ = nullptr;  ///< of the innermost Bundle around
};

}  // namespace

void check_base(Findings& findings) {
  if (findings.resource()) Validator(findings).run();
}

std::vector<Failure> validate(Element resource, Report report, Budget* budget) {
  Findings findings(resource, report, budget);
  check_base(findings);
  return findings.take();
}

Failure as_one(std::vector<Failure> failures) {
  Failure first = std::move(failures.at(0));
  first.also.assign(std::make_move_iterator(failures.begin() + 1), std::make_move_iterator(failures.end()));
  return first;
}

Result<void> require_valid(Element resource, Budget* budget) {
  std::vector<Failure> failures = validate(resource, Report::errors, budget);
  if (budget != nullptr) FHIR_TRY(budget->within());
  if (failures.empty()) return {};
  return tl::unexpected(as_one(std::move(failures)));
}

}  // namespace varde::fhir
