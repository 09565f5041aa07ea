#pragma once
/// @file server/access/grant.h
/// What a login allows: for every type of resource which interactions, and of whose. Made once of a token's scopes and
/// roles (role.h), asked for every request and for every resource that would be seen.
/// Source: https://build.fhir.org/ig/HL7/smart-app-launch/scopes-and-launch-context.html
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fhir-model/definitions/definitions.h"

namespace varde::access {

/// The letters of a SMART v2 scope.
enum class Right : std::uint8_t { create = 1, read = 2, update = 4, remove = 8, search = 16 };
using Rights = std::uint8_t;  ///< bits of Right
constexpr Rights bit(Right right) { return static_cast<Rights>(right); }
inline constexpr Rights kReading = bit(Right::read) | bit(Right::search);
/// Whoever may change or delete something knows that it is there.
inline constexpr Rights kSeeing = kReading | bit(Right::update) | bit(Right::remove);
/// "cruds" or some of it, in that order.
constexpr Rights rights_of(std::string_view letters) {
  Rights out = 0;
  for (const char letter : letters) {
    constexpr std::string_view kLetters = "cruds";
    out = static_cast<Rights>(out | 1U << kLetters.find(letter));
  }
  return out;
}

/// Rights by TypeId.
using TypeRights = std::vector<Rights>;

/// Whose resources; what belongs to no patient and is about none is open to all who have the type's rights.
struct Whose {
  bool everybody = false;
  std::vector<std::string> patients = {};   ///< Patient ids
  std::string person = {};                  ///< national identity number of the one Patient, where no id is known
  std::vector<std::string> relations = {};  ///< "gp hpr:9144897": see storage/care_relations.h
  bool operator==(const Whose&) const = default;
};

/// Of a scope such as patient/Observation.rs?category=vital-signs: decoded, names of token parameters.
using SearchParameters = std::vector<std::pair<std::string, std::string>>;

struct Grant {
  struct Part {
    TypeRights rights;
    Whose whose;
    std::optional<Whose> within = {};  ///< and of whose besides
    SearchParameters only = {};        ///< of those, what fits them all; empty: all
  };
  std::vector<Part> parts;
  bool sees_messages = false;   ///< the message log and its forms
  bool sends_messages = false;  ///< POST /message

  /// Whether any part has one of those rights over the type, of whomever.
  bool has(fhir::TypeId type, Rights any_of) const {
    for (const Part& part : parts)
      if ((part.rights[static_cast<std::size_t>(type)] & any_of) != 0) return true;
    return false;
  }
  /// Likewise, over the type as a whole: not over what fits search parameters alone.
  bool has_whole(fhir::TypeId type, Rights any_of) const {
    for (const Part& part : parts)
      if (part.only.empty() && (part.rights[static_cast<std::size_t>(type)] & any_of) != 0) return true;
    return false;
  }
};

}  // namespace varde::access
