// Journal entries to the municipal journal system, pushed: each version of an entry becomes a document Bundle as the
// national welfare technology hub (VKP) takes it, and goes through the outbox like any letter: with its receipt, its
// retries and its story. Who reads the feed (GET /followup/journal) needs no push.
// Source: ../../followup/README.md, "Journal"; VKP profiles 0.9.0 (Composition, DetectedIssue).
#include <array>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "norway/identifiers.h"
#include "norway/moment.h"
#include "server/followup/codes.h"
#include "server/followup/journal/entry.h"
#include "server/messaging/delivery.h"
#include "server/messaging/letter/head.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging::letter {
namespace {

const fhir::TypeId kComposition = fhir::find_resource_type("Composition");

constexpr std::string_view kVkp = "http://ehelse.no/fhir/";
constexpr std::string_view kNote = "Notat";  ///< the section that people write

struct KindRow {
  std::string_view kind, alert;  ///< of CodeSystem journal-kind; of vkp-alert-code
};
// clang-format off
constexpr std::array kKinds{
    KindRow{"measurement", "5.2.1"},
    KindRow{"message",     "5.2.3"},
};
// clang-format on
constexpr std::string_view kSummary = "5.1";

std::string_view alert_of(fhir::Element composition) {
  for (const auto category : composition.each("category"))
    for (const auto coding : category.each("coding"))
      for (const auto& row : kKinds)
        if (coding["system"].value() == followup::codes::kJournalKind && coding["code"].value() == row.kind)
          return row.alert;
  return kSummary;
}

void add_vkp_code(fhir::Editor parent, std::string_view name, std::string_view list, std::string_view code) {
  auto coding = parent.add(name).add("coding");
  coding.set("system", fmt::format("{}CodeSystem/{}", kVkp, list));
  coding.set("code", code);
}

void set_profile(fhir::Editor resource, std::string_view name) {
  resource.ensure("meta").add("profile", fmt::format("{}StructureDefinition/{}", kVkp, name));
}

/// By the national identity number alone: the journal system has ids of its own.
Result<void> refer_to_patient(fhir::Editor parent, std::string_view name, fhir::Element patient) {
  for (const auto each : patient.each("identifier")) {
    if (!norway::is_person_number(each["system"].value())) continue;
    auto identifier = parent.add(name).ensure("identifier");
    identifier.set("system", each["system"].value());
    identifier.set("value", each["value"].value());
    return {};
  }
  return fail(Fault::business_rule,
              "Pasienten har ikke noe identitetsnummer. | The patient has no national identity number.",
              "Patient.identifier");
}

fhir::Editor add_entry(fhir::Editor bundle, std::string_view type, const std::string& url) {
  auto entry = bundle.add("entry");
  entry.set("fullUrl", url);
  return entry.add_resource("resource", fhir::find_resource_type(type));
}

Result<void> add_composition(fhir::Editor bundle, fhir::Element entry, fhir::Element patient, const std::string& url,
                             const std::string& issue) {
  auto made = add_entry(bundle, "Composition", url);
  set_profile(made, "vkp-Composition-v090");
  if (entry["identifier"]) made.add_copy("identifier", entry["identifier"]);
  made.set("status", entry["status"].value());
  add_vkp_code(made, "type", "vkp-alert-code-v090", "5");
  add_vkp_code(made, "category", "vkp-composition-category-v090", "2");
  for (const auto category : entry.each("category")) made.add_copy("category", category);
  FHIR_TRY(refer_to_patient(made, "subject", patient));
  made.set("date", entry["date"].value());
  const auto author = entry["author"]["display"].value();
  auto by = made.add("author");
  if (const auto number = entry["author"]["identifier"]) by.add_copy("identifier", number);
  by.set("display", author.empty() ? std::string_view("Digital hjemmeoppfølging") : author);
  made.set("title", entry["title"].value());
  for (const auto section : entry.each("section")) {
    auto part = made.add("section");
    part.set("title", section["title"].value());
    add_vkp_code(part, "code", "vkp-composition-section-v090", section["title"].value() == kNote ? "1" : "2");
    if (section["text"]) part.add_copy("text", section["text"]);
    part.add("entry").set("reference", issue);
  }
  return {};
}

Result<fhir::Tree> document_of(const interaction::View& view, const Settings& settings, const storage::Version& version,
                               fhir::Element patient) {
  const auto entry = interaction::View::tree(version);
  auto tree = fhir::Tree::of("Bundle");
  auto bundle = tree.edit();
  const auto url = [&] { return "urn:uuid:" + same_case(view.new_id()); };
  const auto composition = url(), issue = url(), device = url();
  auto identifier = bundle.add("identifier");  // the same document, however often it is sent
  identifier.set("system", followup::codes::kJournalEntry);
  identifier.set("value", fmt::format("{}/{}", version.id, version.version));
  bundle.set("type", "document");
  bundle.set("timestamp", norway::oslo_text(view.now()));
  FHIR_TRY(add_composition(bundle, entry.root(), patient, composition, issue));
  auto finding = add_entry(bundle, "DetectedIssue", issue);
  set_profile(finding, "vkp-DetectedIssue-v090");
  finding.set("status", entry.root()["status"].value() == "entered-in-error" ? "entered-in-error" : "final");
  add_vkp_code(finding, "code", "vkp-alert-code-v090", alert_of(entry.root()));
  FHIR_TRY(refer_to_patient(finding, "patient", patient));
  finding.set("identifiedDateTime", entry.root()["date"].value());
  finding.ensure("author").set("reference", device);
  auto sender = add_entry(bundle, "Device", device);
  auto name = sender.add("deviceName");
  name.set("name", settings.our_department.empty() ? settings.our_organisation : settings.our_department);
  name.set("type", "user-friendly-name");
  return tree;
}

fhir::Tree story_of(const interaction::View& view, const Settings& settings, const std::string& msg_id,
                    const std::string& patient_id, fhir::Element entry) {
  auto tree = fhir::Tree::of("Communication");
  auto communication = tree.edit();
  add_identifier(communication, names::kUri, "urn:uuid:" + msg_id);
  communication.add("category").set("text", "Journalnotat");
  communication.ensure("subject").set("reference", "Patient/" + patient_id);
  communication.add("about").set("reference", "Composition/" + std::string(entry["id"].value()));
  communication.set("sent", norway::oslo_text(view.now()));
  auto recipient = communication.add("recipient");
  add_identifier(recipient, norway::kHerId, settings.epj_her_id);
  recipient.set("display", settings.epj_name.empty() ? "Kommunens journalsystem" : settings.epj_name);
  communication.add("reasonCode").set("text", entry["title"].value());
  set_state(communication, State::queued);
  return tree;
}

std::string text_of(fhir::Element entry) {
  std::string text(entry["title"].value());
  for (const auto section : entry.each("section")) text.append("\n").append(section["title"].value());
  return text;
}

Result<Written> write(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                      const storage::Version& version) {
  if (settings.epj_her_id.empty())
    return fail(Fault::business_rule,
                "Innstillingen epj sier ikke hvem som tar imot. | The setting epj does not name who takes it.", "epj");
  const auto patient_id = view.patient_id(patient);
  const auto patient_tree = view.tree(fhir::find_resource_type("Patient"), patient_id);
  if (!patient_tree) return fail(Fault::not_found, "there is no such Patient");
  const auto document = document_of(view, settings, version, patient_tree->root());
  FHIR_TRY(document);
  const auto entry = interaction::View::tree(version);
  const auto msg_id = same_case(view.new_id());
  Written written{{{}, story_of(view, settings, msg_id, patient_id, entry.root()), {}, {}}, text_of(entry.root())};
  auto& row = written.draft.row;
  row.patient = patient;
  row.msg_id = msg_id;
  row.type = kJournalDocument;
  row.receiver_her = settings.epj_her_id;
  const auto* own = find_route(settings.routes, kJournalRoute);
  row.route = own ? own->name : route_to(settings.routes, row.receiver_her).name;
  row.bytes = fhir::to_json(document->root());
  written.draft.made_of.emplace_back(version.key, version.version);
  return written;
}

/// An occasion is the id of a Composition: every version of an entry goes.
void notice(const Occasion& occasion) {
  const auto& stored = occasion.stored;
  if (!stored.resource || !followup::journal::is_entry(stored.resource)) return;
  intend(occasion.act, kJournalPush, occasion.patient, stored.version.id, occasion.leaves);
}

Result<Composed> compose(const interaction::View& view, const Settings& settings, storage::PatientKey patient,
                         const std::vector<std::string>& occasions) {
  Composed composed;
  for (const auto& occasion : occasions) {
    const auto version = view.current(kComposition, occasion);
    const bool is_there = version && version->method != storage::Method::remove;
    if (is_there && composed.letter) continue;  // the next document
    composed.settled.push_back(occasion);
    if (!is_there) continue;
    auto letter = write(view, settings, patient, *version);
    FHIR_TRY(letter);
    composed.letter = std::move(*letter);
  }
  return composed;
}

}  // namespace

constinit const Rule kJournalPush{"journal-entry",
                                  kJournalDocument,
                                  "Journalnotat til kommunens journalsystem",
                                  "Kommunens journalsystem",
                                  "Composition",
                                  std::chrono::minutes{0},
                                  false,
                                  notice,
                                  nullptr,
                                  compose,
                                  nullptr};

}  // namespace varde::messaging::letter
