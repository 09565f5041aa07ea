#pragma once
/// @file server/operation/operation.h
/// A FHIR operation as a row of a table: the router dispatches by it and the CapabilityStatement is printed from it.
/// Source: https://hl7.org/fhir/R4/operations.html
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "fhir-model/fault/fault.h"
#include "server/interaction/context.h"
#include "server/interaction/request.h"

namespace varde::operation {

enum class Level : std::uint8_t {
  system,    ///< /fhir/$name
  type,      ///< /fhir/Observation/$name
  instance,  ///< /fhir/Patient/1/$name; the request's `id` is set
};

enum class Changes : std::uint8_t { nothing, state };  ///< one that changes state answers POST only

/// Parameters of a GET stand in request.query; a POST carries a Parameters resource in request.body.
using Handler = std::function<Result<interaction::Response>(const interaction::Request&, interaction::Context&)>;

struct Operation {
  std::string_view name;  ///< without the dollar sign: "lastn"
  Level level;
  std::string_view type;  ///< "Observation"; empty at system level, or when every type has it
  Changes changes;
  std::string_view definition;  ///< canonical URL of the OperationDefinition
  Handler handler;
};

using Operations = std::span<const Operation>;

}  // namespace varde::operation
