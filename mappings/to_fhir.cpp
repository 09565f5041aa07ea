#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mappings/message.h"
#include "mappings/msghead/bare_head.h"
#include "mappings/msghead/head.h"
#include "mappings/plo/components.h"
#include "mappings/rows/digest.h"
#include "mappings/rows/mapping.h"
#include "mappings/rows/names.h"
#include "norway/message_time.h"

namespace varde::mappings {
namespace {

using namespace rows;
using namespace msghead;
using namespace plo;

/// Of a message with free text: date, author, category. Before its payload is read.
void begin_composition(Inbound& inbound, std::string_view title) {
  fhir::Editor composition = inbound.add_resource("Composition");
  const fhir::Element communication = inbound.resource("Communication");
  copy(composition, "identifier", communication["identifier"]);
  if (communication["category"]) copy(composition, "type", communication["category"]);
  if (inbound.message.status == "M") composition.set("status", "amended");
  composition.set("date", communication["sent"].value());
  fhir::Editor author = composition.add("author");
  const fhir::Element sender = communication["sender"];
  if (sender["identifier"]) copy(author, "identifier", sender["identifier"]);
  if (sender["display"]) author.add("display", sender["display"].value());
  if (author.children().empty()) author.add("display", "Ikke oppgitt");
  composition.set("title", title);
}

/// Who approved the content and when: the first responsible person also attests the Composition.
void attest(Inbound& inbound) {
  for (const fhir::Element about : inbound.resource("Communication").each("about")) {
    if (about.extension(extension_url("part"))["valueCode"].value() != "AnsvarForRapport") continue;
    fhir::Editor attester = inbound.resource("Composition").add("attester");
    attester.add("mode", "professional");
    if (const auto approved = about.extension(extension_url("approved"))["valueDate"]; approved.has_value())
      attester.add("time", approved.value());
    fhir::Editor party = attester.add("party");
    if (about["identifier"]) copy(party, "identifier", about["identifier"]);
    if (about["display"]) party.add("display", about["display"].value());
  }
}

/// What single resources still need once all rows are read.
void round_off(Inbound& inbound) {
  for (auto observation : inbound.all("Observation")) {
    if (observation["category"]) continue;  // a family that knows better what it is
    fhir::Editor coding = observation.add("category").add("coding");
    coding.add("system", "http://terminology.hl7.org/CodeSystem/observation-category");
    coding.add("code", "survey");
    if (!observation["code"]) observation.ensure("code").set("text", "Funksjonsvurdering");
  }
  for (auto medication : inbound.all("MedicationStatement")) {
    if (!inbound.cancelled() && medication["effectivePeriod"]["end"].has_value()) medication.set("status", "unknown");
    if (!medication["medicationCodeableConcept"])
      medication.ensure("medicationCodeableConcept").set("text", "Ikke oppgitt");
  }
  for (auto condition : inbound.all("Condition")) {
    if (inbound.cancelled() || !condition.extension(extension_url("chronic"))) continue;
    const bool lasting = condition.extension(extension_url("chronic"))["valueBoolean"].value() == "true";
    condition["clinicalStatus"]["coding"].set("code", lasting ? "active" : "inactive");
  }
  struct Concern {
    std::string_view element, category;
  };
  constexpr std::array kConcerns{Concern{"HensynVedForskrivning", "medication"}, Concern{"HensynMatDrikke", "food"},
                                 Concern{"Kontaktallergi", "environment"},
                                 Concern{"PollenInnsektstikk", "environment"}};
  for (auto allergy : inbound.all("AllergyIntolerance")) {
    const auto content = allergy.extension(extension_url("content"));
    std::string_view last;
    for (const auto& concern : kConcerns) {
      if (content.extension(concern.element)["valueBoolean"].value() != "true" || concern.category == last) continue;
      allergy.add("category", last = concern.category);
    }
  }
}

void read_payload(Inbound& inbound, fhir::Editor bundle) {
  const XmlNode* payload = inbound.message.payload();
  if (!payload) return;
  inbound.resource("Communication").add("instantiatesUri", payload->ns);
  const MessageType* type = find_message_type(inbound.message.type);
  const Mapping* mapping = type && type->version_of(*payload) ? type->mapping : nullptr;
  if (!mapping) {
    if (payload->child("InformasjonOmForsendelsen")) {  // another PLO message: its people, and the original in full
      read(inbound, kShipment, *payload, bundle);
      read(inbound, kSentDocumentsApart, *payload, bundle);
    }
    return;
  }
  if (mapping->composition) begin_composition(inbound, type->name);
  read(inbound, mapping->payload, *payload, bundle);
  if (mapping->composition) attest(inbound);
  mapping->derive(inbound);
  round_off(inbound);
}

/// No real message comes near it; what is larger would only keep the mapping busy.
constexpr std::size_t kMostElements = 20'000;

std::size_t count(const XmlNode& node) {
  std::size_t sum = 1;
  for (const XmlNode& child : node.children) sum += count(child);
  return sum;
}

/// The element that says more than a FHIR string may (1 MB, https://hl7.org/fhir/R4/datatypes.html#string); base64 may
/// be longer.
const XmlNode* too_long(const XmlNode& node) {
  constexpr std::size_t kLongest = 1u << 20;
  if (node.name == "Base64Container") return nullptr;
  const auto is_long = [](const std::string& text) { return text.size() > kLongest; };
  if (is_long(node.text) || is_long(node.markup) ||
      std::ranges::any_of(node.attributes, [&](const auto& attribute) { return is_long(attribute.second); }))
    return &node;
  for (const XmlNode& child : node.children)
    if (const XmlNode* found = too_long(child)) return found;
  return nullptr;
}

}  // namespace

Result<fhir::Tree> to_fhir(const Message& message, std::string_view original) {
  const XmlNode* info = message.is_bare() ? &message.document : message.document.child("MsgInfo");
  if (!info) return fail(Fault::not_supported, "This is no message to map.", "/" + message.document.name);
  if (count(message.document) > kMostElements)
    return fail(Fault::too_large, fmt::format("A message may have {} elements.", kMostElements),
                "/" + message.document.name);
  if (const XmlNode* node = too_long(message.document))
    return fail(Fault::too_large, "A text may have 1 MB.", fmt::format("//{} (line {})", node->name, node->line));
  fhir::Tree tree = fhir::Tree::of("Bundle");
  fhir::Editor bundle = tree.edit();
  bundle.add("type", "collection");
  Inbound inbound(message, tree);
  inbound.add_resource("Communication");  // makes the Patient too, which it is about
  read(inbound, message.is_bare() ? kBareInfo : kMsgInfo, *info, bundle);
  if (message.is_bare()) derive_bare(inbound);
  const fhir::Element communication = inbound.resource("Communication");
  if (communication["identifier"]) copy(bundle, "identifier", communication["identifier"]);
  if (const auto sent = communication["sent"].value(); norway::is_instant(sent)) bundle.add("timestamp", sent);
  read_payload(inbound, bundle);
  if (message.is_bare()) derive_bare_patient(inbound);
  message.is_bare() ? read_bare_documents(inbound, original) : read_documents(inbound, original);
  prune(bundle);
  return tree;
}

}  // namespace varde::mappings
