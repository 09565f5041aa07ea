#include "fhir-model/validation/document.h"

#include <numeric>
#include <unordered_map>

#include "fhir-model/validation/invariants.h"

namespace varde::fhir {
namespace {

/// Entries that refer to each other, either way, belong together.
class Groups {
 public:
  explicit Groups(std::size_t count) : leader_(count) { std::iota(leader_.begin(), leader_.end(), 0u); }
  std::size_t of(std::size_t i) {
    while (leader_[i] != i) i = leader_[i] = leader_[leader_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { leader_[of(a)] = of(b); }

 private:
  std::vector<std::size_t> leader_;
};

class Document {
 public:
  Document(const Entries& entries, Findings& findings)
      : entries_(entries), findings_(findings), groups_(entries.bundle().count("entry")) {
    for (const Element entry : entries.bundle().each("entry")) number_.emplace(entry.node(), number_.size());
  }

  void check() {
    bool first = true;
    for (const Element entry : entries_.bundle().each("entry")) {
      follow(entry["resource"], entry, first && entry["resource"].type_name() == "Composition");
      first = false;
    }
    const Element composition = entries_.bundle()["entry"];
    for (const Element link : entries_.bundle().each("link"))  // a style sheet
      if (const Element entry = entries_.find(link["url"].value(), composition)) join(composition, entry);
    for (const Element entry : entries_.bundle().each("entry"))
      if (entry["resource"] && !together(entry, composition))
        findings_.add(Fault::invariant, entry,
                      "Every entry of a document is reached from its Composition by references, in either direction.",
                      {.source = "http://hl7.org/fhir/R4/documents.html#content"});
  }

 private:
  std::size_t number(Element entry) const { return number_.at(entry.node()); }
  void join(Element a, Element b) { groups_.join(number(a), number(b)); }
  bool together(Element a, Element b) { return groups_.of(number(a)) == groups_.of(number(b)); }

  void follow(Element at, Element entry, bool in_composition) {
    for (const Element child : at.children()) {
      const std::string_view type = child.type_name();
      const bool reference = type == "Reference";
      if (reference || type == "canonical" || type == "uri" || type == "url") {
        const Element literal = reference ? child["reference"] : child;
        if (literal.has_value() && !literal.value().starts_with('#')) {
          if (const Element target = entries_.find(literal.value(), entry))
            join(entry, target);
          else if (reference && in_composition && child.parent().type_name() != "Extension")
            findings_.add(Fault::reference_unresolved, literal,
                          "A document holds what its Composition refers to: no entry's fullUrl (and meta.versionId, "
                          "where the reference names a version) matches this reference.",
                          {.source = "http://hl7.org/fhir/R4/documents.html#content"});
        }
      }
      follow(child, entry, in_composition && child.name() != "contained");
    }
  }

  const Entries& entries_;
  Findings& findings_;
  Groups groups_;
  std::unordered_map<std::uint32_t, std::size_t> number_;  ///< by the entry's node
};

}  // namespace

void check_document(const Entries& document, Findings& findings) {
  if (document.bundle()["entry"]) Document(document, findings).check();
}

}  // namespace varde::fhir
