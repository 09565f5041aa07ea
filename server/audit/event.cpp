#include "server/audit/event.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/json/members.h"
#include "fhir-model/text/base64.h"
#include "norway/identifiers.h"
#include "server/access/attestation.h"
#include "server/access/role.h"
#include "server/interaction/text.h"

namespace varde::audit {
namespace {

using access::Principal;
using interaction::Notes;
using storage::audit_log::Row;

/// Beyond that many resources of one patient the log tells their number.
constexpr std::size_t kMostThings = 200;

constexpr std::string_view kind_name(Principal::Kind kind) {
  switch (kind) {
    case Principal::Kind::anybody: return "anybody";
    case Principal::Kind::person: return "person";
    case Principal::Kind::citizen: return "citizen";
    case Principal::Kind::system: return "system";
    case Principal::Kind::ourselves: return "ourselves";
  }
  return "";
}

class Object {
 public:
  void add(std::string_view name, std::string_view value) {
    if (!value.empty()) interaction::append_json_member(text_, name, value);
  }
  std::string take() && { return std::move(text_) + "}"; }

 private:
  std::string text_ = "{";
};

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

/// Where it came from is told of what was refused: who tries tokens is found by it.
void add_circumstances(const interaction::AuditableEvent& audited, storage::PatientKey patient, int status,
                       Object& event) {
  if (status != 200) event.add("address", audited.circumstances.address);
  if (!audited.circumstances.grounds.empty() && patient != storage::PatientKey::none)
    event.add(audited.attested == patient ? "grounds" : "groundsOfAnother",
              audited.attested == patient ? std::string_view(audited.circumstances.grounds) : "true");
}

void add_agent(const Principal& who, Object& event) {
  event.add("kind", kind_name(who.kind)), event.add("id", who.id), event.add("name", who.name),
      event.add("hpr", who.hpr);
  event.add("organisation", who.organisation), event.add("roles", joined(who.roles)), event.add("client", who.client);
  event.add("issuer", who.issuer);
}

/// What a row says, by name.
class Event {
 public:
  explicit Event(std::string_view json) {
    if (const auto members = fhir::json::read_members(json))
      for (const auto& member : *members) members_.emplace(member.name, member.text);
  }
  std::string_view operator[](const std::string& name) const {
    const auto found = members_.find(name);
    return found == members_.end() ? std::string_view() : std::string_view(found->second);
  }

 private:
  std::map<std::string, std::string> members_;
};

std::vector<std::string_view> words_in(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    if (!word.empty()) out.push_back(word);
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  return out;
}

void set_coding(fhir::Editor coding, std::string_view system, std::string_view code, std::string_view display) {
  coding.set("system", system), coding.set("code", code), coding.set("display", display);
}

void add_agents(const Event& event, fhir::Editor resource) {
  auto agent = resource.add("agent");
  for (const std::string_view code : words_in(event["roles"])) {
    const access::RoleRow* const role = access::find_role(code);
    agent.add("role").set("text", role ? role->norwegian : code);
  }
  auto who = agent.ensure("who");
  if (!event["hpr"].empty()) {
    auto identifier = who.ensure("identifier");
    identifier.set("system", norway::kHpr), identifier.set("value", event["hpr"]);
  } else if (!event["id"].empty()) {
    who.ensure("identifier").set("value", event["id"]);
  }
  who.set("display", !event["name"].empty() ? event["name"] : !event["id"].empty() ? event["id"] : "unknown");
  agent.set("requestor", "true");
  if (!event["address"].empty()) {
    auto network = agent.ensure("network");
    network.set("address", event["address"]), network.set("type", "2");  // an IP address
  }
  if (!event["organisation"].empty()) {
    auto employer = resource.add("agent");
    auto identifier = employer.ensure("who").ensure("identifier");
    identifier.set("system", norway::kOrgNumber), identifier.set("value", event["organisation"]);
    employer.set("requestor", "false");
  }
  if (!event["client"].empty()) {
    auto program = resource.add("agent");
    program.ensure("who").set("display", event["client"]);
    program.set("requestor", "false");
  }
}

constexpr std::string_view kCareRelation = "https://varde.example/fhir/StructureDefinition/audit-care-relation";

/// As the national profile maps the attributes of an attestation.
void add_grounds(const Event& grounds, fhir::Editor resource) {
  auto purpose = resource.add("purposeOfEvent");
  set_coding(purpose.add("coding"), access::kPurposeOfUse, grounds["purpose"], grounds["purposeText"]);
  if (!grounds["details"].empty() && !grounds["detailsSystem"].empty())
    set_coding(purpose.add("coding"), grounds["detailsSystem"], grounds["details"], grounds["detailsText"]);
  auto relation = resource.add("extension");
  relation.set("url", kCareRelation);
  const auto add = [&](std::string_view url, std::string_view member, std::string_view value) {
    if (value.empty()) return;
    auto part = relation.add("extension");
    part.set("url", url), part.set(member, value);
  };
  add("decision-ref-id", "valueString", grounds["decision"]);
  add("decision-ref-description", "valueString", grounds["decisionText"]);
  add("decision-ref-user-selected", "valueBoolean", grounds["selfSelected"]);
  add("toa", "valueUnsignedInt", grounds["toa"]);
}

/// " Oppgitt grunn: Behandling, Helsetjenester i hjemmet (Sykehjemmet)." Empty where nothing was attested.
std::string reason_of(const Event& event) {
  if (!event["groundsOfAnother"].empty()) return " Den oppgitte grunnen gjaldt en annen pasient.";
  if (event["grounds"].empty()) return {};
  const Event grounds(event["grounds"]);
  std::string out = " Oppgitt grunn: " + std::string(grounds["purposeText"]);
  for (const std::string_view more : {grounds["detailsText"], grounds["service"], grounds["decisionText"]})
    if (!more.empty()) out.append(", ").append(more);
  if (!grounds["pointOfCare"].empty()) out.append(" (").append(grounds["pointOfCare"]).append(")");
  return out + ".";
}

void add_entities(const Event& event, const std::string& patient, fhir::Editor resource) {
  constexpr std::string_view kEntityRole = "http://terminology.hl7.org/CodeSystem/object-role";
  if (!patient.empty()) {
    auto entity = resource.add("entity");
    entity.ensure("what").set("reference", "Patient/" + patient);
    set_coding(entity.ensure("role"), kEntityRole, "1", "Patient");
  }
  for (const std::string_view thing : words_in(event["things"])) {
    auto entity = resource.add("entity");
    entity.ensure("what").set("reference", thing);
    set_coding(entity.ensure("role"), kEntityRole, "4", "Domain Resource");
  }
  auto asked = resource.add("entity");
  set_coding(asked.ensure("role"), kEntityRole, "24", "Query");
  asked.set("description", event["route"]);
  if (!event["query"].empty()) asked.set("query", fhir::text::to_base64(event["query"]));
}

std::string_view word_for(std::string_view action, bool several) {
  if (action == "C") return "registrerte";
  if (action == "U") return "endret";
  if (action == "D") return "slettet";
  return several ? "søkte fram" : "leste";
}

struct ThingWord {
  std::string_view type, one, several;
};
// clang-format off
constexpr std::array kThings{
    ThingWord{"Patient",               "personopplysninger",    "personopplysninger"},
    ThingWord{"Observation",           "en måling",             "målinger"},
    ThingWord{"CarePlan",              "egenbehandlingsplanen", "egenbehandlingsplaner"},
    ThingWord{"ServiceRequest",        "en planlagt måling",    "planlagte målinger"},
    ThingWord{"QuestionnaireResponse", "et utfylt skjema",      "utfylte skjemaer"},
    ThingWord{"Task",                  "en oppgave",            "oppgaver"},
    ThingWord{"Communication",         "en melding",            "meldinger"},
    ThingWord{"EpisodeOfCare",         "oppfølgingen",          "oppfølginger"},
    ThingWord{"Condition",             "en diagnose",           "diagnoser"},
    ThingWord{"MedicationStatement",   "et legemiddel",         "legemidler"},
    ThingWord{"DocumentReference",     "et dokument",           "dokumenter"},
    ThingWord{"Encounter",             "en kontakt",            "kontakter"},
};
// clang-format on

/// What kind of event it is, by how the route begins; what stands in no row is about a patient's record.
struct KindOfDeed {
  std::string_view route, code, display;
};
// clang-format off
constexpr std::array kKindsOfDeed{
    KindOfDeed{"login",                 "110114", "User Authentication"},
    KindOfDeed{"logout",                "110114", "User Authentication"},
    KindOfDeed{"exported by",           "110106", "Export"},
    KindOfDeed{"copied by",             "110106", "Export"},
    KindOfDeed{"settings were changed", "110131", "Software Configuration"},
    KindOfDeed{"",                      "110110", "Patient Record"},
};
// clang-format on

const KindOfDeed& kind_of(std::string_view route) {
  return *std::find_if(kKindsOfDeed.begin(), kKindsOfDeed.end(),
                       [&](const KindOfDeed& kind) { return route.starts_with(kind.route); });
}

std::string words_for(const Event& event) {
  std::map<std::string_view, int> by_type;
  for (const std::string_view thing : words_in(event["things"])) ++by_type[thing.substr(0, thing.find('/'))];
  std::string out;
  for (const auto& [type, count] : by_type) {
    const auto row = std::find_if(kThings.begin(), kThings.end(),
                                  [&, name = type](const ThingWord& one) { return one.type == name; });
    out += out.empty() ? "" : ", ";
    if (row == kThings.end())
      out += fmt::format("{} {}", count, type);
    else
      out += count == 1 ? std::string(row->one) : fmt::format("{} {}", count, row->several);
  }
  return out.empty() ? "opplysninger" : out;
}

}  // namespace

std::string agent_of(const Principal& who) {
  if (!who.hpr.empty()) return "hpr " + who.hpr;
  return (who.issuer.empty() ? std::string(kind_name(who.kind)) : who.issuer) + " " + who.id;
}

std::vector<Row> rows_of(const Principal& who, const interaction::AuditableEvent& audited, const Notes& notes,
                         int status, storage::Instant at) {
  std::map<storage::PatientKey, Notes> by_patient;
  for (const auto& noted : notes) {
    Notes& of = by_patient[noted.patient];
    const auto same = [&](const interaction::Noted& other) {
      return other.type == noted.type && other.id == noted.id && other.version == noted.version &&
             other.action == noted.action;
    };
    if (of.size() > kMostThings || std::none_of(of.begin(), of.end(), same)) of.push_back(noted);
  }
  if (by_patient.empty()) by_patient.emplace(storage::PatientKey::none, Notes());
  std::vector<Row> out;
  for (const auto& [patient, of] : by_patient) {
    // What was written says what was done; what a write looked at before is told as reading only where it wrote
    // nothing.
    const auto written =
        std::find_if(of.begin(), of.end(), [](const interaction::Noted& one) { return one.action != 'R'; });
    const char action = written != of.end() ? written->action : audited.reads ? 'R' : 'E';
    std::string things;
    std::size_t count = 0;
    for (const auto& noted : of) {
      if (action != 'R' && action != 'E' && noted.action == 'R') continue;
      if (++count > kMostThings) continue;
      things += fmt::format("{}{}/{}/_history/{}", things.empty() ? "" : " ", fhir::row_of(noted.type).name, noted.id,
                            noted.version);
    }
    Object event;
    event.add("action", std::string_view(&action, 1)), event.add("status", std::to_string(status));
    add_agent(who, event);
    add_circumstances(audited, patient, status, event);
    event.add("route", audited.interaction), event.add("query", audited.query), event.add("things", things);
    if (count > kMostThings) event.add("count", std::to_string(count));
    out.push_back({0, at, patient, agent_of(who), std::move(event).take(), {}});
  }
  return out;
}

fhir::Tree audit_event_of(const Row& row, const std::string& patient) {
  const Event event(row.event);
  auto tree = fhir::Tree::of("AuditEvent");
  auto resource = tree.edit();
  resource.set("id", std::to_string(row.number));
  const KindOfDeed& kind = kind_of(event["route"]);
  set_coding(resource.ensure("type"), "http://dicom.nema.org/resources/ontology/DCM", kind.code, kind.display);
  resource.set("action", event["action"]);
  resource.set("recorded", interaction::fhir_instant(row.at));
  resource.set("outcome", event["status"] == "200" ? "0" : "4");
  if (!event["grounds"].empty())
    add_grounds(Event(event["grounds"]), resource);
  else if (event["kind"] == "person")
    set_coding(resource.add("purposeOfEvent").add("coding"), "http://terminology.hl7.org/CodeSystem/v3-ActReason",
               "TREAT", "treatment");
  add_agents(event, resource);
  auto source = resource.ensure("source");
  source.ensure("observer").set("display", "Varde");
  set_coding(source.add("type"), "http://terminology.hl7.org/CodeSystem/security-source-type", "4",
             "Application Server");
  add_entities(event, patient, resource);
  return tree;
}

std::string sentence_of(const Row& row, const time::Zone& zone) {
  const Event event(row.event);
  const auto wall = zone.wall(row.at);
  const auto day = std::chrono::floor<std::chrono::days>(wall);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::minutes>(wall - day));
  std::string who(!event["name"].empty()       ? event["name"]
                  : event["kind"] == "citizen" ? event["roles"] == "next-of-kin" ? "En som handler for deg" : "Du selv"
                                               : "En som er innlogget");
  std::string roles;
  for (const std::string_view code : words_in(event["roles"]))
    if (const auto* role = access::find_role(code)) roles.append(roles.empty() ? "" : ", ").append(role->norwegian);
  if (event["kind"] == "system") who = "Et datasystem";
  if (event["kind"] == "citizen") roles.clear();
  std::string at_work;
  if (!event["organisation"].empty()) at_work = fmt::format(", organisasjon {}", event["organisation"]);
  const auto things = words_in(event["things"]);
  const std::string did = event["status"] == "200"
                              ? fmt::format("{} {}", word_for(event["action"], things.size() > 1), words_for(event))
                              : std::string("ble nektet adgang");
  return fmt::format("{:02}.{:02}.{} kl. {:02}.{:02}: {}{}{} {}.{}", static_cast<unsigned>(date.day()),
                     static_cast<unsigned>(date.month()), static_cast<int>(date.year()), clock.hours().count(),
                     clock.minutes().count(), who, roles.empty() ? "" : " (" + roles + ")", at_work, did,
                     reason_of(event));
}

}  // namespace varde::audit
