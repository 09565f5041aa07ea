#pragma once
/// @file server/access/scope.h
/// SMART scopes, version 1 (`patient/Observation.read`) and 2 (`user/Observation.rs`).
/// Source: https://build.fhir.org/ig/HL7/smart-app-launch/scopes-and-launch-context.html
/// A scope with search parameters (`patient/Observation.rs?category=…`) gives what fits them all. They are of one type,
/// and token parameters without a modifier (category, code, status, _security …); one with others gives nothing: what
/// it names is not told apart here, and more than was asked for is never given.
#include <optional>
#include <string_view>

#include "server/access/grant.h"

namespace varde::access {

struct Scope {
  enum class Context : std::uint8_t { patient, user, system };
  Context context;
  fhir::TypeId type;  ///< none: all types
  Rights rights;
  SearchParameters only = {};
};

/// nullopt: no scope over resources (openid, launch …), or one that gives nothing here.
std::optional<Scope> read_scope(std::string_view text);

}  // namespace varde::access
