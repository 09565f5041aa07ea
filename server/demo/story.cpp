#include "server/demo/story.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <thread>

#include <fmt/format.h>

#include "fhir-model/json/json.h"
#include "fhir-model/time/system_clock.h"
#include "mappings/message.h"
#include "norway/moment.h"
#include "server/interaction/store.h"

namespace varde::demo {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string new_uuid() { return interaction::uuid_v7()(); }

std::string now_text(std::chrono::hours ago = 0h) { return norway::oslo_text(time::system_now() - ago); }

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

fhir::Tree parse(const std::string& json) {
  auto tree = fhir::parse_json(json);
  if (!tree) throw std::logic_error(tree.error().diagnostics);
  return std::move(*tree);
}

/// The patient and the GP, as another system would register them: one transaction.
fhir::Tree registration(const Person& who) {
  return parse(fmt::format(R"({{"resourceType":"Bundle","type":"transaction","entry":[
    {{"fullUrl":"urn:uuid:11111111-1111-4111-8111-111111111111","request":{{"method":"POST","url":"Organization"}},"resource":
      {{"resourceType":"Organization","name":"Bjørkelia legesenter","identifier":[{{"system":"urn:oid:2.16.578.1.12.4.1.2","value":"920010"}}]}}}},
    {{"fullUrl":"urn:uuid:22222222-2222-4222-8222-222222222222","request":{{"method":"POST","url":"Practitioner"}},"resource":
      {{"resourceType":"Practitioner","name":[{{"family":"Ødegård","given":["Bjørn"]}}],
        "identifier":[{{"system":"urn:oid:2.16.578.1.12.4.1.2","value":"920020"}}]}}}},
    {{"fullUrl":"urn:uuid:33333333-3333-4333-8333-333333333333","request":{{"method":"POST","url":"PractitionerRole"}},"resource":
      {{"resourceType":"PractitionerRole","practitioner":{{"reference":"urn:uuid:22222222-2222-4222-8222-222222222222"}},
        "organization":{{"reference":"urn:uuid:11111111-1111-4111-8111-111111111111"}}}}}},
    {{"fullUrl":"urn:uuid:44444444-4444-4444-8444-444444444444","request":{{"method":"POST","url":"Patient"}},"resource":
      {{"resourceType":"Patient","name":[{{"family":"{}","given":["{}"]}}],"gender":"{}","birthDate":"{}",
        "identifier":[{{"system":"urn:oid:2.16.578.1.12.4.1.4.1","value":"{}"}}],
        "generalPractitioner":[{{"reference":"urn:uuid:33333333-3333-4333-8333-333333333333"}}]}}}}]}})",
                           who.family, who.given, who.sex == "1" ? "male" : "female", who.birth_date, who.number));
}

/// SpO2 with this patient's own limits: red below 85, yellow from 85, green from 90.
fhir::Tree enrolment() {
  const auto limit = [](const char* zone, const char* low, const char* high) {
    const auto side = [](const char* name, const char* value) {
      return *value == 0
                 ? std::string()
                 : fmt::format(
                       R"(,{{"name":"{}","valueQuantity":{{"value":{},"system":"http://unitsofmeasure.org","code":"%"}}}})",
                       name, value);
    };
    return fmt::format(R"({{"name":"limit","part":[{{"name":"zone","valueCode":"{}"}}{}{}]}})", zone, side("low", low),
                       side("high", high));
  };
  return parse(fmt::format(R"({{"resourceType":"Parameters","parameter":[{{"name":"measure","part":[
      {{"name":"code","valueCoding":{{"system":"http://loinc.org","code":"2708-6"}}}},{},{},{}]}}]}})",
                           limit("red", "", "85"), limit("yellow", "85", "90"), limit("green", "90", "")));
}

std::string first_line(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

Story::Story(Client client, fs::path messages, Us us, std::function<void(std::string_view)> tell)
    : client_(std::move(client)), messages_(std::move(messages)), us_(std::move(us)), tell_(std::move(tell)) {}

void Story::play() {
  enrol();
  red_value_becomes_alert_and_message();
  gp_answers();
  admission_pauses();
  repeated_message_changes_nothing();
  discharge_asks_to_resume();
  nurse_resumes();
  referral_arrives();
}

void Story::step(std::string_view title) { tell_(fmt::format("{}. {}", ++step_, title)); }

void Story::require(bool holds, const std::string& what) const {
  if (!holds) throw Broken("did not hold: " + what);
}

template <class Condition>
void Story::eventually(const std::string& what, Condition&& condition) const {
  for (const auto end = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < end;) {
    if (condition()) return;
    std::this_thread::sleep_for(30ms);
  }
  throw Broken("did not happen in time: " + what);
}

std::vector<fhir::Tree> Story::tasks(std::string_view code) const {
  return client_.search(fmt::format("Task?patient=Patient/{}&code={}&status=requested", patient_, code));
}

std::string Story::episode_status() const {
  const auto episodes = client_.search("EpisodeOfCare?patient=Patient/" + patient_);
  return episodes.empty() ? "" : std::string(episodes.front().root()["status"].value());
}

fhir::Tree Story::measure(int spo2) {
  const auto answer = client_.post(
      "Observation",
      parse(fmt::format(
          R"({{"resourceType":"Observation","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"2708-6"}}]}},)"
          R"("subject":{{"reference":"Patient/{}"}},"effectiveDateTime":"{}","valueQuantity":)"
          R"({{"value":{},"unit":"%","system":"http://unitsofmeasure.org","code":"%"}}}})",
          patient_, now_text(), spo2)));
  require(answer.status == 201,
          fmt::format("POST Observation answers 201 (it was {}: {})", answer.status, first_line(answer.body)));
  return answer.resource();
}

void Story::drop_bytes(const std::string& name, const std::string& bytes) {
  const auto unfinished = messages_ / "inbound" / ("." + name + ".part");
  { std::ofstream(unfinished, std::ios::binary) << bytes; }
  fs::rename(unfinished, messages_ / "inbound" / (name + ".xml"));
}

std::string Story::drop(Letter letter) {
  letter.msg_id = new_uuid();
  letter.generated = now_text();
  letter.sender = hospital();
  letter.receiver = {us_.organisation, us_.organisation_her, us_.department, us_.her};
  drop_bytes(letter.msg_id, write(letter));
  if (letter.type == "LOG_INNLAGT") admission_ = letter;
  return letter.msg_id;
}

std::string Story::outbound(const std::string& what, const std::function<bool(const std::string&)>& wanted) {
  std::string found;
  eventually(what, [&] {
    for (const auto& entry : fs::directory_iterator(messages_ / "outbound")) {
      const std::string name = entry.path().filename();
      if (name.starts_with(".") || std::find(seen_.begin(), seen_.end(), name) != seen_.end()) continue;
      const std::string bytes = read(entry.path());
      if (!wanted(bytes)) continue;
      seen_.push_back(name);
      found = bytes;
      return true;
    }
    return false;
  });
  return found;
}

std::string Story::apprec_to(const std::string& msg_id) {
  const auto xml = outbound("an AppRec comes out", [&](const std::string& bytes) {
    const auto apprec = mappings::read_apprec(mappings::read_message(bytes));
    return apprec && apprec->original_id.text == msg_id;
  });
  const auto apprec = mappings::read_apprec(mappings::read_message(xml));
  require(apprec->status == mappings::AppRecStatus::ok, "our AppRec says OK");
  return "AppRec " + apprec->version + ", status OK, lies in outbound";
}

void Story::enrol() {
  const auto who = copd_patient();
  step("A patient is enrolled in digital home follow-up");
  const auto registered = client_.post("", registration(who));
  require(registered.status == 200, "the transaction is taken: " + first_line(registered.body));
  const auto bundle = registered.resource();
  const std::string location(bundle.root().at("entry", 3)["response"]["location"].value());
  const auto start = location.find("Patient/");
  require(start != location.npos, "the transaction tells where the Patient is");
  patient_ = location.substr(start + 8, location.find('/', start + 8) - start - 8);
  tell_(fmt::format("   Patient/{} ({} {}, fictitious) with her GP, in one transaction", patient_, who.given,
                    who.family));
  const auto enrolled = client_.post("Patient/" + patient_ + "/$enrol", enrolment());
  require(enrolled.status == 200 || enrolled.status == 201, "$enrol is taken: " + first_line(enrolled.body));
  require(episode_status() == "active", "the EpisodeOfCare is active");
  tell_("   plan: SpO2, red below 85 %, yellow below 90 %");
}

void Story::red_value_becomes_alert_and_message() {
  step("She measures SpO2 82 %");
  const auto observation = measure(82);
  std::string level;
  for (const auto tag : observation.root()["meta"].each("tag"))
    if (tag["system"].value().ends_with("/alert-level")) level = tag["code"].value();
  require(level == "red", "the Observation comes back red");
  tell_("   the answer is coloured red and carries the limits it was judged by");
  const auto alerts = tasks("alert");
  require(alerts.size() == 1, "one alert Task");
  tell_(fmt::format("   Task for the nurse, priority {}: {}", alerts[0].root()["priority"].value(),
                    alerts[0].root()["description"].value()));
  message_ = outbound("a HELSEOPPLYSNINGER_LEGE comes out", [](const std::string& bytes) {
    return mappings::read_message(bytes).type == "HELSEOPPLYSNINGER_LEGE";
  });
  const auto message = mappings::read_message(message_);
  require(message.acceptable(), "the message is valid by the national schemas");
  tell_(fmt::format("   HELSEOPPLYSNINGER_LEGE (PLO {}) to the GP, HER-id {}, lies in outbound", message.version,
                    message.receiver.her_id().text));
  const auto stories = client_.search("Communication?identifier=urn:uuid:" + message.id.text);
  require(stories.size() == 1, "its Communication is found by MsgId");
  communication_ = stories[0].root()["id"].value();
}

void Story::gp_answers() {
  step("The GP's system answers with an AppRec");
  const auto apprec = mappings::answer(mappings::read_message(message_), new_uuid(), now_text());
  require(apprec.has_value(), "the message can be answered");
  drop_bytes(apprec->id, mappings::write_apprec(*apprec));
  eventually("the message is delivered", [&] {
    return client_.get("Communication/" + communication_).resource().root()["status"].value() == "completed";
  });
  tell_(fmt::format("   Communication/{} is now {}: {}", communication_, "completed",
                    client_.get("Communication/" + communication_).resource().root()["statusReason"]["text"].value()));
}

void Story::admission_pauses() {
  step("The hospital reports her admitted: LOG_INNLAGT dropped into inbound");
  Letter letter;
  letter.type = "LOG_INNLAGT", letter.patient = copd_patient(), letter.event = now_text(2h);
  admission_id_ = drop(letter);
  tell_("   " + apprec_to(admission_id_));
  require(episode_status() == "onhold", "the follow-up is paused");
  const auto stays = client_.search("Encounter?patient=Patient/" + patient_);
  require(stays.size() == 1 && stays[0].root()["status"].value() == "in-progress", "an Encounter in progress");
  tell_(fmt::format("   Encounter/{} in progress, EpisodeOfCare on hold", stays[0].root()["id"].value()));
  const auto before = tasks("alert").size();
  measure(80);
  require(tasks("alert").size() == before, "a red value raises nothing while paused");
  tell_("   a red value (80 %) is stored and coloured, and raises nothing");
}

void Story::repeated_message_changes_nothing() {
  step("The same message comes once more");
  const auto count = [&] {
    return std::distance(fs::directory_iterator(messages_ / "outbound"), fs::directory_iterator{});
  };
  const auto before = count();
  drop_bytes("again-" + admission_.msg_id, write(admission_));
  eventually("the file is taken",
             [&] { return !fs::exists(messages_ / "inbound" / ("again-" + admission_.msg_id + ".xml")); });
  const auto story = [&] { return client_.search("Communication?identifier=urn:uuid:" + admission_.msg_id); };
  eventually("the repetition is noted", [&] { return story().size() == 1 && story()[0].root().count("note") == 1; });
  require(count() == before, "no second AppRec");
  require(client_.search("Encounter?patient=Patient/" + patient_).size() == 1, "no second Encounter");
  tell_("   recognised by sender and MsgId: noted in its story, no second effect, no second AppRec");
}

void Story::discharge_asks_to_resume() {
  step("She comes home: LOG_UTSKREVET dropped into inbound");
  Letter letter;
  letter.type = "LOG_UTSKREVET", letter.patient = copd_patient(), letter.event = now_text(1h);
  letter.parent = admission_id_;
  tell_("   " + apprec_to(drop(letter)));
  const auto stays = client_.search("Encounter?patient=Patient/" + patient_);
  require(stays.size() == 1 && stays[0].root()["status"].value() == "finished", "the Encounter is finished");
  const auto work = tasks("resume");
  require(work.size() == 1, "a Task that asks to resume");
  tell_(fmt::format("   Encounter finished; Task: {}", work[0].root()["description"].value()));
}

void Story::nurse_resumes() {
  step("The nurse completes the Task, and she measures again");
  auto open = tasks("resume");
  require(open.size() == 1, "the Task is still open");
  fhir::Tree& work = open.front();
  work.edit().set("status", "completed");
  const auto answer = client_.put(fmt::format("Task/{}", work.root()["id"].value()), work);
  require(answer.status == 200, "the Task can be completed: " + first_line(answer.body));
  require(episode_status() == "active", "the follow-up is active again");
  const auto before = tasks("alert").size();
  measure(79);
  require(tasks("alert").size() == before + 1, "a red value raises an alert again");
  tell_("   EpisodeOfCare active; a red value (79 %) raises an alert again");
}

void Story::referral_arrives() {
  step("A referral for a new patient: HELSEOPPL_SOKNAD dropped into inbound");
  Letter letter;
  letter.type = "HELSEOPPL_SOKNAD", letter.patient = unknown_patient(), letter.event = now_text();
  letter.text = "KOLS grad 3 med hyppige forverringer. Ønsker digital hjemmeoppfølging med SpO2 og puls.";
  tell_("   " + apprec_to(drop(letter)));
  const auto work = client_.search("Task?code=receive-referral&status=requested");
  require(work.size() == 1, "a Task to receive the referral");
  const std::string request(work[0].root()["focus"]["reference"].value());
  require(request.starts_with("ServiceRequest/") && client_.get(request).status == 200,
          "the referral is a ServiceRequest");
  const std::string patient(work[0].root()["for"]["reference"].value());
  const auto originals = client_.search("DocumentReference?patient=" + patient);
  require(!originals.empty(), "the original is kept as DocumentReference");
  tell_(fmt::format("   {}, original in DocumentReference/{}; Task: {}", request, originals[0].root()["id"].value(),
                    work[0].root()["description"].value()));
}

}  // namespace varde::demo
