#include "server/interaction/act.h"

#include "fhir-model/json/json.h"
#include "server/interaction/store.h"
#include "server/search/own_parameters.h"

namespace varde::interaction {

fhir::Tree View::tree(const storage::Version& version) {
  auto tree = fhir::parse_json(version.bytes, {.bytes = SIZE_MAX, .depth = 1000, .elements = SIZE_MAX});
  if (!tree) throw storage::EngineError(storage::Trouble::damaged, "a stored resource does not parse");
  return std::move(*tree);
}

namespace {

std::optional<fhir::Tree> tree_of(const std::optional<storage::Version>& version) {
  if (!version || version->method == storage::Method::remove) return std::nullopt;
  return View::tree(*version);
}

}  // namespace

std::optional<fhir::Tree> View::tree(fhir::TypeId type, std::string_view id) const {
  return tree_of(current(type, id));
}

std::optional<fhir::Tree> View::tree(storage::ResourceKey key) const { return tree_of(current(key)); }

const search::OwnParameters& View::own_parameters() const {
  auto held = store_.own_parameters(snapshot_);
  if (own_parameters_.empty() || own_parameters_.back() != held) own_parameters_.push_back(std::move(held));
  return *own_parameters_.back();
}

std::string View::own_id(std::string_view reference, fhir::TypeId type) const { return store_.own_id(reference, type); }

storage::PatientKey View::patient_key(std::string_view id) const {
  static const fhir::TypeId kPatient = fhir::find_type("Patient");
  const storage::PatientKey key = snapshot_.patient_key(id);
  return sight_.is_restricted() && !sight_.admits(kPatient, key) ? storage::PatientKey::none : key;
}

std::vector<storage::Version> View::history(fhir::TypeId type, std::string_view id, std::size_t count,
                                            std::int64_t before, std::size_t most_bytes) const {
  auto versions = snapshot_.history(type, id, count, before, most_bytes);
  if (sight_.is_restricted()) std::erase_if(versions, [&](const storage::Version& one) { return !sight_.admits(one); });
  return versions;
}

std::string View::new_id() const { return store_.new_id(); }

storage::PatientKey Act::claim_patient(std::string_view id) { return transaction_.claim_patient(id); }

Result<storage::Version> Act::create(fhir::Editor resource, std::optional<std::string> id) {
  return writer_.create(*this, resource, std::move(id));
}

Result<storage::Version> Act::update(fhir::Editor resource, const std::string& id, const Preconditions& preconditions) {
  return writer_.update(*this, resource, id, preconditions);
}

Result<std::optional<storage::Version>> Act::remove(fhir::TypeId type, const std::string& id,
                                                    const Preconditions& preconditions) {
  return writer_.remove(*this, type, id, preconditions);
}

}  // namespace varde::interaction
