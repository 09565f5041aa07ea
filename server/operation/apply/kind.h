#pragma once
/// @file server/operation/apply/kind.h
/// The kinds of resource that an ActivityDefinition can become, as a table: where each of them says who, when and what.
/// Source: https://hl7.org/fhir/R4/valueset-request-resource-types.html, https://hl7.org/fhir/R4/workflow.html#request
#include <span>
#include <string_view>

namespace varde::operation::apply {

struct Carried {
  std::string_view from;  ///< of the ActivityDefinition; "timing" of any alternative; "role" of a participant
  std::string_view to;    ///< path of the made resource
};

struct Kind {
  std::string_view type;
  std::string_view status;
  bool intent;
  std::string_view subject, encounter, requester, authored, instantiates;  ///< empty: it has no such element
  std::string_view occurrence;  ///< base of a choice, or an element of type Period
  std::span<const Carried> carried;
};

/// nullptr: such a resource is not made here.
const Kind* find_kind(std::string_view type);
/// "Appointment, CarePlan …", for diagnostics.
std::string_view kind_names();

}  // namespace varde::operation::apply
