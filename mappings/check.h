#pragma once
/// @file mappings/check.h
/// `varde message check FILE...`: what is right and wrong with a message, as one line of JSON.
#include <string>
#include <string_view>

namespace varde::mappings {

/// {"file","type","version","well_formed","schema_valid","acceptable",
///  "apprec":{"version","status","errors":[{code,text,detail}],"sendable"},"failures":[{"fault","diagnostics","expression"}]}.
/// "sendable" is false where the answer is clear but nobody can be answered (the sender cannot be read); "apprec" is
/// null where there is none at all. No patient data.
std::string check_line(std::string_view file_name, std::string_view bytes);

}  // namespace varde::mappings
