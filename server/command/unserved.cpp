#include "server/command/unserved.h"

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "fhir-model/time/system_clock.h"
#include "server/access/digest.h"
#include "server/audit/event.h"
#include "server/command/room_settings.h"
#include "server/interaction/repository.h"
#include "server/interaction/store.h"
#include "server/messaging/refused.h"
#include "server/storage/audit_log.h"
#include "server/storage/postgresql/spread.h"

namespace varde::command {
namespace {

/// Of one who waits for it and holds nobody up.
storage::Options unbounded(const Config& config) {
  auto options = storage_options(config, [](std::string_view) {});
  if (options.server.empty() && !std::filesystem::exists(std::filesystem::path(options.directory) / "varde.db"))
    throw std::runtime_error("there is no store in " + options.directory);
  for (Allowance* const allowance : {&options.read_allowance, &options.write_allowance})
    allowance->time = std::chrono::hours{24}, allowance->steps = SIZE_MAX, allowance->bytes = SIZE_MAX;
  return options;
}

}  // namespace

audit::Verified verify_audit(const Config& config) {
  storage::Database database(unbounded(config));
  interaction::Store store(interaction::uuid_v7());
  return interaction::Repository(database, store, access::ourselves("audit")).read(audit::verify);
}

Result<ErasedPatient> erase_patient(const Config& config, const std::string& id, const std::string& reason,
                                    bool dry_run) {
  storage::Database database(unbounded(config));
  interaction::Store store(interaction::uuid_v7());
  const interaction::Repository repository(database, store, access::ourselves("erasure"));
  std::vector<std::int64_t> refused;
  const auto found = [&](const interaction::View& view) -> Result<std::pair<storage::PatientKey, ErasedPatient>> {
    const auto patient = view.patient_key(id);
    ErasedPatient out{storage::erasure::belongings(view, patient), view.now(), {}};
    if (patient == storage::PatientKey::none || out.what.resources.empty())
      return fail(Fault::not_found, "Nothing is stored of a patient with that id.");
    refused = messaging::refused_about(view, patient);
    out.what.received += static_cast<std::int64_t>(refused.size());
    out.files = message_files(config, view, patient, refused);
    return std::pair(patient, std::move(out));
  };
  if (dry_run) return repository.read(found).map([](auto&& one) { return std::move(one.second); });
  return repository.write([&](interaction::Act& act) -> Result<ErasedPatient> {
    auto one = found(act);
    FHIR_TRY(one);
    remove_files(one->second.files);  // first: once the rows are gone, nothing tells whose they are
    interaction::AuditableEvent audited{"erased for good by the command varde erase", "reason=" + reason, false};
    auto rows = audit::rows_of(act.principal(), audited, {{'D', fhir::find_type("Patient"), id, 0, one->first}}, 200,
                               act.now());
    storage::audit_log::append(act, rows, access::sha256);
    FHIR_TRY(messaging::erase_refused(act, refused));
    storage::erasure::erase(act, one->first);
    storage::erasure::drop_traces(act);
    return std::move(one->second);
  });
}

std::vector<std::string> spread_store(const Config& config) {
  auto options = storage_options(config, [](std::string_view) {});
  if (options.server.empty())
    throw std::runtime_error("this store is SQLite; only one of storage = postgresql://… is spread");
  options.clock = time::system_now;
  return storage::postgresql::spread(options);
}

Retained apply_retention(const Config& config, bool dry_run) {
  storage::Database database(unbounded(config));
  interaction::Store store(interaction::uuid_v7());
  const interaction::Repository repository(database, store, access::ourselves("retention"));
  return apply_retention(config, repository, repository.now(), dry_run);
}

}  // namespace varde::command
