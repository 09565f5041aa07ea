#pragma once
/// @file server/operation/codes.h
/// Which of a patient's measures a code in a request means: `code`, `system|code` or `|code`, in any code system that
/// the table of measures knows for it.
#include <string>
#include <string_view>
#include <vector>

namespace varde::operation {

/// True when the token means the measure (or other code) with that key.
bool means(std::string_view token, std::string_view key);
/// Whether any measure that the table knows, or that the patient has, is meant.
bool is_known(std::string_view token, const std::vector<std::string>& measured);
/// Keys of the measures that any of the tokens means, of those that the patient has and of those that the table knows.
/// A panel means its components; no token means everything measured.
std::vector<std::string> keys_meant(const std::vector<std::string>& tokens, const std::vector<std::string>& measured);
/// The LOINC codes among the tokens that name this measure more narrowly than its own code does (core temperature, of
/// body temperature): only readings that carry one of them are meant. Empty: every reading of the measure is.
std::vector<std::string> narrower_codes(const std::vector<std::string>& tokens, std::string_view key);
/// A comma-separated search value, cut.
std::vector<std::string> alternatives(std::string_view text);
/// "http://loinc.org|2708-6" -> the halves.
std::string_view system_of(std::string_view key);
std::string_view code_of(std::string_view key);

}  // namespace varde::operation
