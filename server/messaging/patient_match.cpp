#include "server/messaging/patient_match.h"

#include <algorithm>
#include <array>

#include "server/storage/patients.h"

namespace varde::messaging {
namespace {

struct IdentityRow {
  std::string_view type, system;
};  ///< code of list 8116 -> identifier system

// clang-format off
constexpr std::array kIdentities{
    IdentityRow{"FNR", "urn:oid:2.16.578.1.12.4.1.4.1"},   // fødselsnummer
    IdentityRow{"DNR", "urn:oid:2.16.578.1.12.4.1.4.2"},   // D-nummer
    IdentityRow{"FHN", "urn:oid:2.16.578.1.12.4.1.4.3"},   // felles hjelpenummer
    IdentityRow{"DUF", "urn:oid:2.16.578.1.12.4.1.4.5"},   // utlendingsnummer
};
// clang-format on

}  // namespace

PatientMatch match(const storage::Snapshot& db, const mappings::PatientIdentity& identity) {
  const auto patient_type = fhir::find_resource_type("Patient");
  std::string found;
  bool has_number = false;
  for (const auto& each : identity.ids) {
    const auto row = std::find_if(kIdentities.begin(), kIdentities.end(),
                                  [&](const auto& known) { return known.type == each.type; });
    if (row == kIdentities.end() || each.value.empty()) continue;
    has_number = true;
    for (const auto key : db.by_identifier(patient_type, row->system, each.value)) {
      const auto version = db.current(key);
      if (!version || version->method == storage::Method::remove) continue;
      if (storage::patients::is_replaced(db, version->patient)) continue;
      if (!found.empty() && found != version->id) return {PatientMatch::Kind::ambiguous, {}};
      found = version->id;
    }
  }
  if (!found.empty()) return {PatientMatch::Kind::one, found};
  return {has_number ? PatientMatch::Kind::unknown : PatientMatch::Kind::unnumbered, {}};
}

}  // namespace varde::messaging
