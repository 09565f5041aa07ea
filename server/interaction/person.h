#pragma once
/// @file server/interaction/person.h
/// Whom an identifier means: the one current Patient that has it. Those that another has replaced (Patient.link) do not
/// count; where several are left it means nobody. Said here for everybody who asks: references by identifier, logins,
/// messages' log, tables that are imported.
#include <optional>
#include <string_view>

#include "server/storage/storage.h"

namespace varde::interaction {

struct Person {
  std::optional<storage::Version> patient;
  bool several = false;  ///< more than one has it
};
Person person_with(const storage::Snapshot&, std::string_view system, std::string_view value);
/// A national identity number, of whichever system (norway/identifiers.h).
Person person_with_number(const storage::Snapshot&, std::string_view number);

}  // namespace varde::interaction
