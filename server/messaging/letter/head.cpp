#include "server/messaging/letter/head.h"

#include <fmt/format.h>

#include "norway/moment.h"
#include "server/messaging/operator.h"
#include "server/messaging/party.h"
#include "server/messaging/sending.h"
#include "server/messaging/story.h"
#include "server/storage/messages.h"

namespace varde::messaging::letter {
namespace {

const fhir::TypeId kPatient = fhir::find_resource_type("Patient");
const fhir::TypeId kCommunication = fhir::find_resource_type("Communication");
constexpr std::size_t kLookBack = 200;  ///< letters of one type to one patient

}  // namespace

Result<About> about(const interaction::View& view, storage::PatientKey patient) {
  const auto patient_id = view.patient_id(patient);
  auto tree = view.tree(kPatient, patient_id);
  if (!tree) return fail(Fault::not_found, "there is no such Patient");
  if (is_deceased(tree->root()))
    return fail(Fault::business_rule,
                "Pasienten er død: ingen melding sendes. | The patient has died: nothing is sent.", "Patient.deceased");
  return About{patient_id, std::move(*tree)};
}

mappings::LetterHead head_of(const interaction::View& view, const Settings& settings, fhir::Element patient,
                             std::string_view type, mappings::Party receiver) {
  mappings::LetterHead head;
  head.type = type;
  head.patient = patient;
  head.sender = ourselves(settings);
  head.receiver = std::move(receiver);
  head.msg_id = same_case(view.new_id());
  head.generated = norway::oslo_text(view.now());
  head.contact_phone = settings.our_telephone;
  head.responsible = settings.responsible;
  if (!settings.responsible_hpr.empty()) head.responsible_ids = {{settings.responsible_hpr, "HPR"}};
  return head;
}

Result<Written> written(const interaction::View& view, const Settings& settings, fhir::Element bundle, std::string text,
                        const std::string& reason, const std::vector<std::string>& references) {
  auto draft = draft_message(view, settings, bundle);
  FHIR_TRY(draft);
  auto story = draft->story.edit();
  if (!reason.empty()) story.add("reasonCode").set("text", reason);
  for (const auto& reference : references) story.add("about").set("reference", reference);
  for (const auto& reference : references) {
    const auto slash = reference.find('/');
    const auto version =
        view.current(fhir::find_resource_type(reference.substr(0, slash)), reference.substr(slash + 1));
    if (version) draft->made_of.emplace_back(version->key, version->version);
  }
  return Written{std::move(*draft), std::move(text)};
}

std::vector<std::string> told_in(const interaction::View& view, const std::string& communication_id,
                                 std::string_view type) {
  std::vector<std::string> ids;
  const auto story = view.tree(kCommunication, communication_id);
  if (!story) return ids;
  for (const auto each : story->root().each("about"))
    if (auto id = view.own_id(each["reference"].value(), fhir::find_resource_type(type)); !id.empty())
      ids.push_back(std::move(id));
  return ids;
}

std::string letter_about(const interaction::View& view, storage::PatientKey patient, std::string_view type,
                         std::string_view reference) {
  storage::MessageFilter filter;
  filter.type = std::string(type);
  filter.patient_id = view.patient_id(patient);
  for (const auto& row : storage::outbox::log(view, kLookBack, 0, filter)) {
    if (row.state == storage::OutboxState::failed) continue;
    const auto story = view.tree(kCommunication, row.communication_id);
    if (!story || is_out_of_force(story->root())) continue;
    for (const auto each : story->root().each("about"))
      if (each["reference"].value() == reference) return row.communication_id;
  }
  return {};
}

std::string whom_to_call(const Settings& settings) {
  const auto& unit = settings.our_department.empty() ? settings.our_organisation : settings.our_department;
  return settings.our_telephone.empty() ? fmt::format("Spørsmål: {}.", unit)
                                        : fmt::format("Spørsmål: {}, telefon {}.", unit, settings.our_telephone);
}

}  // namespace varde::messaging::letter
