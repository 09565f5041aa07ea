#pragma once
/// @file mappings/check.h
/// `varde message check FILE...`: what is right and wrong with a message, as one line of JSON.
#include <string>
#include <string_view>

#include "fhir-model/time/zone.h"

namespace varde::mappings {

/// {"file","type","version","well_formed","schema_valid","signature","acceptable",
///  "apprec":{"version","status","errors":[{code,text,detail}],"sendable"},"failures":[{"fault","diagnostics","expression"}]}.
/// "schema_valid" is null where there is no schema here to hold the message to, "signature" is "not verified" where
/// there is one. "sendable" is false where the answer is clear but nobody can be answered (the sender cannot be read);
/// "apprec" is null where there is none at all. No patient data.
struct Checked {
  std::string line;
  bool acceptable = false;  ///< well-formed, known, valid, and nothing in it that cannot be (msghead/plausible.h)
};
/// As reception judges it that gets the message at `received`, but for what depends on its settings.
Checked check(std::string_view file_name, std::string_view bytes, time::Instant received);

}  // namespace varde::mappings
