#pragma once
/// @file fhir-model/validation/references.h
/// Rules that look across one resource: references' form and target types, contained resources (dom-2 to dom-5,
/// ref-1), unique ids. Source: https://hl7.org/fhir/R4/references.html
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "fhir-model/validation/bundle.h"
#include "fhir-model/validation/findings.h"

namespace varde::fhir {

/// What one walk over a resource (its contained resources included) gathers; judged at its end.
struct Links {
  struct Named {
    std::string_view id;
    Element element;
  };
  std::vector<Named> contained;  ///< contained resources with their ids
  std::vector<Named> ids;        ///< Element.id of data types
  std::vector<Named> fragments;  ///< "#name" from references, canonicals, URIs and narrative: the name
  /// The Bundle that the resource is an entry of, and which one.
  const Entries* bundle = nullptr;
  Element entry = {};
};

/// A Reference's own text, and the type it names; a fragment is noted in `links`.
void check_reference(Element reference, Links& links, Findings& findings);
/// A canonical, uri or url: absolute where it must be; a fragment is noted in `links`.
void check_uri(Element uri, const ElementRow& row, Links& links, Findings& findings);
/// A narrative may show a contained resource: <img src="#name"/>.
void note_anchors(Element xhtml, Links& links);
/// After the walk.
void check_links(Links& links, Findings& findings);

}  // namespace varde::fhir
