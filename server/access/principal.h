#pragma once
/// @file server/access/principal.h
/// Who asks: whoever reads or writes does so as somebody, and what may be seen, done and audited goes by that.
/// Source: https://hl7.org/fhir/R4/security.html#authentication
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace varde::access {

struct Grant;

struct Principal {
  enum class Kind : std::uint8_t {
    anybody,    ///< whoever reaches the rim while no logins are asked for (access = open)
    person,     ///< staff, as a login says
    citizen,    ///< the patient, or who acts for the patient
    system,     ///< another system, without a person behind it
    ourselves,  ///< this server: a message that came, a rule, a timer
  };
  Kind kind = Kind::anybody;
  std::string id;                 ///< of a person or system; of ourselves the room that acts: "messages"
  std::string organisation = {};  ///< its organisation number
  std::vector<std::string> roles = {};
  std::vector<std::string> scopes = {};          ///< SMART scopes v2
  std::string patient = {};                      ///< the one Patient's id that it is about; empty: not bound to one
  std::string name = {};                         ///< of a person, where the login says it
  std::string hpr = {};                          ///< number in the register of health personnel
  std::string client = {};                       ///< the program that it uses
  std::string issuer = {};                       ///< who vouches for it
  std::shared_ptr<const Grant> grant = nullptr;  ///< what a login allows; without one nothing is allowed

  /// Nothing is held back: nobody has to log in, or it is ourselves.
  bool is_unrestricted() const { return kind == Kind::anybody || kind == Kind::ourselves; }
  bool operator==(const Principal&) const = default;
};

inline Principal anybody() { return {Principal::Kind::anybody, "anybody"}; }
inline Principal ourselves(std::string room) { return {Principal::Kind::ourselves, std::move(room)}; }

}  // namespace varde::access
