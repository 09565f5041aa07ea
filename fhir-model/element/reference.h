#pragma once
/// @file fhir-model/element/reference.h
/// What the text of Reference.reference says by its form alone.
/// Source: https://hl7.org/fhir/R4/references.html#literal
/// Pure; safe from any thread; nothing is fetched.
#include <cstdint>
#include <string_view>

#include "fhir-model/element/element.h"

namespace varde::fhir {

struct LiteralReference {
  enum class Form : std::uint8_t {
    relative,  ///< Patient/1, Patient/1/_history/2
    absolute,  ///< https://example.org/fhir/Patient/1, or any other URL (then without type)
    fragment,  ///< #name; # alone is the containing resource
    urn,       ///< urn:uuid:..., urn:oid:...
    malformed,
  };
  Form form = Form::malformed;
  std::string_view base = {};  ///< of an absolute RESTful URL, without the last slash
  TypeId type = TypeId::none;  ///< a resource type, when the text names one
  std::string_view id = {};    ///< logical id, or the fragment's name
  std::string_view version = {};
};

LiteralReference parse_reference(std::string_view text);

/// The resource type that a Reference (or canonical, uri) points to: by its text, by the contained resource or Bundle
/// entry it names, by Reference.type; TypeId::none when only fetching could tell.
TypeId target_type(Element reference);

}  // namespace varde::fhir
