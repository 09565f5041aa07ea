// An acceptable message, addressed to us: whose it is, whether it still counts, what it does, what it is answered.
#include <optional>

#include <fmt/format.h>

#include "server/messaging/effect/effect.h"
#include "server/messaging/moment.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/patient_match.h"
#include "server/messaging/reception.h"
#include "server/messaging/step.h"

namespace varde::messaging {
namespace {

using Entry = BundleWriter::Entry;

std::string event_key(const Case& c, const EffectRow& effect) {
  return fmt::format("{}/{}/{}/{}", c.her, effect.type, c.patient_id,
                     oslo_text(event_of(c.message, effect.event).begin).substr(0, 10));
}

std::vector<fhir::Tree> communications(const Case& c, std::string_view system, std::string_view value) {
  std::vector<fhir::Tree> found;
  for (const auto key : c.db.by_identifier(fhir::find_resource_type("Communication"), system, value))
    if (auto tree = load(c.db, key)) found.push_back(std::move(*tree));
  return found;
}

bool is_of_type(fhir::Element communication, std::string_view type) {
  for (const auto each : communication.each("identifier"))
    if (each["system"].value() == names::kMessage && each["type"]["coding"]["code"].value() == type) return true;
  return false;
}

/// The message that this cancellation takes back: by reference where there is one (PLO 1.6), else by what it told of.
std::optional<fhir::Tree> original_of(const Case& c, const EffectRow& effect) {
  for (const auto& msg_id : {c.message.parent_id, c.message.conversation_id}) {
    if (!msg_id) continue;
    for (auto& tree : communications(c, names::kMessage, c.mark_of(*msg_id)))
      if (is_of_type(tree.root(), effect.type)) return std::move(tree);
  }
  if (c.message.parent_id) return std::nullopt;
  for (auto& tree : communications(c, names::kEvent, event_key(c, effect)))
    if (identifier(tree.root(), names::kCancels).empty()) return std::move(tree);
  return std::nullopt;
}

/// A cancellation that came before this, its original, counts: but only one generated no earlier than the original.
bool is_cancelled_already(const Case& c, const EffectRow& effect) {
  if (!communications(c, names::kCancels, c.mark()).empty()) return true;
  const auto generated = parse_moment(c.message.generated);
  for (const auto& tree : communications(c, names::kCancels, event_key(c, effect))) {
    const auto sent = parse_moment(tree.root()["sent"].value());
    if (!sent || !generated || !before(*sent, *generated)) return true;
  }
  return false;
}

void without_effect(Case& c) {
  for (const char* type : {"Encounter", "ServiceRequest"})
    if (auto* entry = c.bundle.first(type)) entry->resource.edit().set("status", "entered-in-error");
}

Result<void> cancel(Case& c, const EffectRow& effect) {
  auto original = original_of(c, effect);
  if (!original) {
    const auto& parent = c.message.parent_id;
    add_identifier(c.communication, names::kCancels, parent ? c.mark_of(*parent) : event_key(c, effect));
    without_effect(c);
    return {};
  }
  const std::string mark(identifier(original->root(), names::kMessage));
  add_identifier(c.communication, names::kCancels, mark);
  if (original->root()["status"].value() == "entered-in-error") return without_effect(c), Result<void>{};
  if (const auto undone = effect.undo(c, mark); !undone) return undone;
  set_state(original->edit(), State::cancelled);
  const std::string id(original->root()["id"].value());
  const auto saved = c.store.update(c.db, original->edit(), id);
  if (!saved) return tl::unexpected<Failure>(saved.error());
  return {};
}

State run_effect(Case& c, const EffectRow& effect, Result<void>& result) {
  if (c.message.status == "C") {
    result = cancel(c, effect);
    return State::processed;
  }
  add_identifier(c.communication, names::kEvent, event_key(c, effect));
  if (is_cancelled_already(c, effect)) {
    without_effect(c);
    return State::cancelled;
  }
  if (c.message.status != "H") result = effect.happen(c);   // H: history, only filed
  return State::processed;
}

/// No number that we know for certain: the message is kept and a person connects it (HIS 80415 §3.3.4 allows that).
Result<void> take_for_a_person(Step& step, BundleWriter& bundle, std::string_view why) {
  for (auto& entry : bundle.entries()) {
    const auto type = entry.resource.root().type_name();
    if (type != "Communication" && type != "DocumentReference" && type != "Binary") entry.fate = Entry::Fate::leave;
    if (type == "Communication" || type == "DocumentReference") entry.resource.edit().remove("subject");
    for (const char* linked : {"about", "context", "encounter", "basedOn"})
      if (type == "Communication" && entry.resource.root()[linked]) entry.resource.edit().remove(linked);
    if (type == "DocumentReference") entry.resource.edit().remove("context");
  }
  return tell(step, fmt::format("Melding {} fra {} må kobles til pasient av en person: {}.", step.message.type,
                                display_of(step.message.sender), why), "urgent");
}

}  // namespace

Result<void> take_message(Step& step, const fhir::Tree& mapped) {
  const EffectRow& effect = *effect_of(step.message.type);
  BundleWriter bundle(mapped);
  bundle.number(step.db, step.store);
  auto* told = bundle.first("Communication");
  auto* patient = bundle.first("Patient");
  if (told == nullptr || patient == nullptr) return fail(Fault::internal, "a mapped message without Communication or Patient");
  told->id = communication_id_of(step.row.id);

  const auto matched = step.message.patient ? match(step.db, *step.message.patient) : PatientMatch{PatientMatch::Kind::unnumbered, {}};
  const bool creates = effect.unknown_patient == EffectRow::Unknown::create &&
                       (matched.kind == PatientMatch::Kind::unknown || matched.kind == PatientMatch::Kind::unnumbered);
  if (matched.kind == PatientMatch::Kind::unknown && !creates) {
    step.message.failures.push_back({Fault::patient_unknown, "the patient is not in this service"});
    return finish_without_content(step, storage::InboxState::refused, State::refused_by_us, "");
  }

  auto communication = told->resource.edit();
  Case c{step.db, step.store, step.message, bundle, matched.id, {}, her_id_of(step.message.sender), communication, told->id};
  communication.set("received", oslo_text(step.row.received));
  add_identifier(communication, names::kMessage, c.mark(), step.message.type);

  State state = State::processed;
  Result<void> result;
  if (matched.kind == PatientMatch::Kind::one || creates) {
    if (creates) {
      if (const auto written = bundle.write(*patient, step.db, step.store); !written) return written;
      c.patient_id = patient->id;
    } else {
      BundleWriter::bind(*patient, matched.id);   // what we know of the patient stays as it is
    }
    c.patient = step.db.patient_key(c.patient_id);
    state = run_effect(c, effect, result);
  } else {
    result = take_for_a_person(step, bundle,
                               matched.kind == PatientMatch::Kind::ambiguous ? "identitetsnumrene tilhører flere pasienter hos oss"
                                                                             : "den har ikke noe identitetsnummer");
  }
  if (!result) return result;

  storage::InboxOutcome outcome{storage::InboxState::processed, told->id, {}, {}, std::string(row_of(state).code)};
  set_state(communication, state);
  answer(step, outcome, communication);
  storage::inbox::finish(step.db, step.row.id, outcome);
  return bundle.write(step.db, step.store);
}

}  // namespace varde::messaging
