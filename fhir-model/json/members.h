#pragma once
/// @file fhir-model/json/members.h
/// The members of one JSON object that is no resource, such as a line of a command's input.
/// Source: RFC 8259. Faults: as json.h.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/fault/fault.h"
#include "fhir-model/json/tape.h"

namespace varde::fhir::json {

struct Member {
  std::string name;
  Kind kind;             ///< object, array, string, number, boolean or null
  std::string text;      ///< of a string: unescaped; of a number, true and false: as written
  std::string_view raw;  ///< the value as it stands in the input
};

Result<std::vector<Member>> read_members(std::string_view object);

}  // namespace varde::fhir::json
