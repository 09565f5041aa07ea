#include "server/messaging/link.h"

#include <charconv>
#include <map>

#include "norway/moment.h"
#include "server/followup/work/closing.h"
#include "server/messaging/effect/force.h"
#include "server/messaging/effect/record.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/reception.h"
#include "server/messaging/step.h"

namespace varde::messaging {
namespace {

/// The inbox row whose Communication has that id.
std::optional<storage::InboxRow> received_as(const interaction::View& view, const std::string& communication_id) {
  const auto dash = communication_id.rfind('-');
  std::int64_t number = 0;
  if (dash != communication_id.npos)
    std::from_chars(communication_id.data() + dash + 1, communication_id.data() + communication_id.size(), number);
  if (number <= 0 || communication_id_of(number) != communication_id) return std::nullopt;
  return storage::inbox::get(view, number);
}

/// What was filed when the message came keeps its ids: documents get their patient, their bytes stay.
void keep_ids(BundleWriter& bundle, const std::vector<std::string>& made) {
  std::map<std::string_view, std::vector<std::string_view>> filed;
  for (const auto& reference : made)
    filed[std::string_view(reference).substr(0, reference.find('/'))].push_back(id_in(reference));
  std::map<std::string_view, std::size_t> next;
  for (auto& entry : bundle.entries()) {
    const auto type = entry.resource.root().type_name();
    if (type != "DocumentReference" && type != "Binary") continue;
    const auto& ids = filed[type];
    if (const auto at = next[type]++; at < ids.size()) BundleWriter::replace(entry, std::string(ids[at]));
  }
}

/// What the message's story has beyond what the message says.
void carry_over(fhir::Editor communication, fhir::Element before) {
  communication.set("received", before["received"].value());
  if (const auto apprec = before.extension(names::kAppRec)) communication.add_copy("extension", apprec);
  for (const auto note : before.each("note")) communication.add_copy("note", note);
}

/// The Task that asked for somebody to do this.
Result<void> close_request(Case& c, const std::vector<std::string>& made) {
  const followup::ByItself done(c.act);
  for (const auto& reference : made) {
    auto task =
        reference.starts_with("Task/") ? c.act.tree(fhir::find_resource_type("Task"), id_in(reference)) : std::nullopt;
    if (!task) continue;
    task->edit().set("status", "completed");
    task->edit().ensure("for").set("reference", "Patient/" + c.patient_id);
    FHIR_TRY(c.act.update(task->edit(), std::string(id_in(reference))));
  }
  return {};
}

Result<fhir::Tree> read(const storage::InboxRow& row, const Settings& settings, mappings::Message& message) {
  message = mappings::read_message(row.bytes, {settings.largest_message});
  if (!message.acceptable() || !has_effect(message.type))
    return fail(Fault::business_rule, "The message is not one that can be connected to a patient.");
  return mappings::to_fhir(message, row.bytes);
}

Result<void> take_up(Step& step, fhir::Tree mapped, const fhir::Tree& before, const std::string& patient_id) {
  const EffectRow& effect = *effect_of(step.message);
  const auto made = made_by(step.act, std::string(before.root()["id"].value()));
  BundleWriter bundle(std::move(mapped));
  bundle.number(step.act);
  keep_ids(bundle, made);
  auto* told = bundle.first("Communication");
  auto* patient = bundle.first("Patient");
  if (told == nullptr || patient == nullptr)
    return fail(Fault::internal, "a mapped message without Communication or Patient");
  BundleWriter::replace(*told, std::string(before.root()["id"].value()));
  auto communication = told->resource.edit();
  Case c{step.act, step.message, bundle, {}, {}, sender_key(step.message.sender), communication, told->id};
  carry_over(communication, before.root());
  add_identifier(communication, names::kMessage, c.mark(), step.message.type);
  const auto state = bring_into_force_for(c, effect, *patient, patient_id);
  FHIR_TRY(state);
  set_state(communication, *state);
  add_note(communication, "Meldingen er koblet til pasienten av en person.", step.act.now());
  return bundle.write(step.act).and_then([&] { return record(c); }).and_then([&] { return close_request(c, made); });
}

}  // namespace

Result<void> link(interaction::Act& act, const Settings& settings, const std::string& communication_id,
                  const std::string& patient_id) {
  const auto before = act.tree(fhir::find_resource_type("Communication"), communication_id);
  if (!before) return fail(Fault::not_found, "There is no such message.");
  const auto row = received_as(act, communication_id);
  if (!row || row->state != storage::InboxState::processed)
    return fail(Fault::business_rule, "Only a message that came in and was taken can be connected to a patient.");
  if (before->root()["subject"])
    return fail(Fault::business_rule, "The message is connected to a patient already.", "Communication.subject");
  if (!act.tree(fhir::find_resource_type("Patient"), patient_id))
    return fail(Fault::not_found, "There is no such patient.");
  mappings::Message message;
  auto mapped = read(*row, settings, message);
  FHIR_TRY(mapped);
  // Checked when it came: what did not hold was refused then.
  const std::optional<mappings::signature::Verdict> checked;
  Step step{act, settings, *row, message, checked};
  return take_up(step, std::move(*mapped), *before, patient_id);
}

}  // namespace varde::messaging
