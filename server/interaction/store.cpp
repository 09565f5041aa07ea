#include "server/interaction/store.h"

#include <unistd.h>

#include <chrono>
#include <mutex>
#include <stdexcept>

#include "fhir-model/element/reference.h"
#include "fhir-model/json/json.h"
#include "fhir-model/time/system_clock.h"
#include "server/interaction/answer.h"
#include "server/interaction/person.h"
#include "server/interaction/text.h"
#include "server/search/index.h"
#include "server/storage/known_patients.h"

namespace varde::interaction {
namespace {

using fhir::Editor;
using fhir::Element;
using fhir::Tree;
using storage::Method;
using storage::Version;

/// Among the Patients stored so far.
class StoredPatients final : public search::PatientByIdentifier {
 public:
  explicit StoredPatients(const storage::Snapshot& snapshot) : snapshot_(snapshot) {}
  std::string find(std::string_view system, std::string_view value) const override {
    // Where writes of named patients go on beside this one, another may be giving a Patient the identifier.
    auto* const known = snapshot_.reaches_everything() ? snapshot_.known_patients() : nullptr;
    if (known && known->is_nobodys(system, value)) return {};
    auto person = person_with(snapshot_, system, value);
    if (known && !person.patient) known->note_nobodys(system, value);
    return person.patient ? std::move(person.patient->id) : std::string();
  }

 private:
  const storage::Snapshot& snapshot_;
};

bool is_live(const std::optional<Version>& version) { return version && version->method != Method::remove; }

std::string type_name(fhir::TypeId type) { return std::string(fhir::row_of(type).name); }

void stamp(Editor resource, const std::string& id, std::int64_t version, Instant now) {
  resource.set("id", id);
  Editor meta = resource.ensure("meta");
  meta.set("versionId", std::to_string(version));
  meta.set("lastUpdated", fhir_instant(now));
}

}  // namespace

NewId uuid_v7() {
  return [] {
    unsigned char bytes[16];
    // The kernel's own, which needs no memory: an id must be had where memory is short.
    if (::getentropy(bytes, sizeof bytes) != 0) throw std::runtime_error("no randomness for a new id");
    auto now = static_cast<std::uint64_t>(
        std::chrono::floor<std::chrono::milliseconds>(time::system_now()).time_since_epoch().count());
    for (int i = 5; i >= 0; --i, now >>= 8) bytes[i] = static_cast<unsigned char>(now & 0xFF);
    bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x70);
    bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
    std::string out;
    out.reserve(36);
    for (int i = 0; i < 16; ++i) {
      if (i == 4 || i == 6 || i == 8 || i == 10) out += '-';
      out += "0123456789abcdef"[bytes[i] >> 4];
      out += "0123456789abcdef"[bytes[i] & 15];
    }
    return out;
  };
}

std::string Store::own_id(std::string_view reference, fhir::TypeId type) const {
  using Form = fhir::LiteralReference::Form;
  const auto parsed = fhir::parse_reference(reference);
  const bool ours =
      parsed.form == Form::relative || (parsed.form == Form::absolute && !base_.empty() && parsed.base == base_);
  return ours && parsed.type == type ? std::string(parsed.id) : std::string();
}

namespace {

/// What stands in the way of a write by somebody who does not see everything.
Failure may_not_write(fhir::TypeId type) {
  return {Fault::forbidden,
          "You may not write this " + type_name(type) + ": it is about nobody whom you may write for."};
}

}  // namespace

Result<Version> Store::create(Act& act, Editor resource, std::optional<std::string> id) {
  std::optional<Version> current;
  if (id) {
    // Whoever sees it or not: one resource has one id.
    current = act.transaction().current(resource.type(), *id);
    if (act.sight().is_restricted() && current && !act.current(resource.type(), *id))
      return tl::unexpected<Failure>(may_not_write(resource.type()));
    if (is_live(current))
      return fail(Fault::duplicate_resource, "A " + type_name(resource.type()) + " with that id exists already.");
  }
  return write(act, resource, id ? std::move(*id) : new_id(), current);
}

Result<Version> Store::update(Act& act, Editor resource, const std::string& id, const Preconditions& preconditions) {
  const auto current = act.current(resource.type(), id);
  // Who does not see everything gives no ids: whether one is taken by what may not be seen, is not told.
  if (!current && act.sight().is_restricted()) return tl::unexpected<Failure>(not_found(resource.type()));
  FHIR_TRY(require(preconditions, current, resource.type()));
  return write(act, resource, id, current);
}

struct Store::Known {
  std::mutex mutex;
  std::shared_ptr<const search::OwnParameters> parameters = std::make_shared<search::OwnParameters>();
};

Store::Store(NewId new_id, std::string base)
    : new_id_(std::move(new_id)), base_(std::move(base)), known_(std::make_shared<Known>()) {}

std::shared_ptr<const search::OwnParameters> Store::own_parameters(const storage::Snapshot& snapshot) const {
  const std::int64_t number = storage::search_parameters::number(snapshot);
  {
    const std::lock_guard lock(known_->mutex);
    if (known_->parameters->number() == number) return known_->parameters;
  }
  auto made = std::make_shared<const search::OwnParameters>(number, storage::search_parameters::all(snapshot));
  const std::lock_guard lock(known_->mutex);
  return known_->parameters = std::move(made);
}

void Store::index(Element resource, const storage::Snapshot& snapshot, storage::IndexRows& rows) const {
  const StoredPatients patients(snapshot);
  const auto own = own_parameters(snapshot);
  search::index(resource, base_, snapshot.zone(), &patients, *own, rows);
}

std::string Store::owner(Element resource, const storage::Snapshot& snapshot) const {
  const StoredPatients patients(snapshot);
  return search::compartment_patient(resource, base_, &patients);
}

Result<Version> Store::write(Act& act, Editor resource, std::string id, const std::optional<Version>& current) {
  std::optional<Tree> before;
  if (is_live(current) && !effects_.empty()) before = act.tree(*current);
  const Element previous = before ? before->root() : Element();

  Version version;
  version.key = current ? current->key : storage::ResourceKey::none;
  version.type = resource.type();
  version.id = std::move(id);
  version.version = current ? current->version + 1 : 1;
  version.updated = act.now();
  version.method = is_live(current) ? Method::update : Method::create;
  stamp(resource, version.id, version.version, version.updated);
  if (const auto patient = owner(resource, act); !patient.empty()) version.patient = act.claim_patient(patient);
  const auto right = version.method == Method::create ? access::Right::create : access::Right::update;
  if (current && !act.sight().admits(*current, access::bit(right)))
    return tl::unexpected<Failure>(may_not_write(version.type));
  if (!act.sight().admits(resource, version.patient, access::bit(right)))
    return tl::unexpected<Failure>(may_not_write(version.type));
  act.note(version.method == Method::create ? 'C' : 'U', version);
  act.sight().forget();
  const Sight::Lifted as_ourselves(act.sight());  // what happens with a write does
  const storage::PatientKey previous_patient = previous ? current->patient : storage::PatientKey::none;
  for (Effect* effect : effects_)
    FHIR_TRY(effect->before(act, resource, {previous, version.patient, previous_patient}));
  fhir::write_json(resource, version.bytes);

  storage::IndexRows rows;
  index(resource, act, rows);
  version.key = act.transaction().put(version, rows);

  for (Effect* effect : effects_) FHIR_TRY(effect->after(act, {version, resource, previous, previous_patient}));
  return version;
}

Result<std::optional<Version>> Store::remove(Act& act, fhir::TypeId type, const std::string& id,
                                             const Preconditions& preconditions) {
  const auto current = act.current(type, id);
  FHIR_TRY(require(preconditions, current, type));
  if (!is_live(current)) return std::nullopt;
  if (!act.sight().admits(*current, access::bit(access::Right::remove)))
    return tl::unexpected<Failure>(may_not_write(type));
  act.note('D', *current);
  act.sight().forget();
  const Sight::Lifted as_ourselves(act.sight());
  std::optional<Tree> before;
  if (!effects_.empty()) before = act.tree(*current);

  Version version = *current;
  version.version += 1;
  version.updated = act.now();
  version.method = Method::remove;
  version.bytes.clear();
  act.transaction().put(version, {});
  for (Effect* effect : effects_) FHIR_TRY(effect->after(act, {version, {}, before->root(), version.patient}));
  return std::optional<Version>(std::move(version));
}

}  // namespace varde::interaction
