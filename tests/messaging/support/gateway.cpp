#include "tests/messaging/support/gateway.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "fhir-model/json/json.h"
#include "fhir-model/validation/validation.h"
#include "mappings/message.h"
#include "norway/moment.h"
#include "server/followup/plan.h"
#include "server/interaction/text.h"
#include "server/messaging/gp_letter.h"
#include "server/storage/beside.h"
#include "server/storage/sql.h"
#include "tests/support/engine.h"

namespace varde::messaging::test {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kStart = 1'795'348'800'000'000;  // 2026-11-22T12:00:00Z, a Sunday

followup::PlannedMeasurement spo2_plan() {
  const auto bound = [](const char* literal, double value) { return followup::Bound{literal, value}; };
  followup::LimitSet limits{"%",
                            {{followup::Zone::red, std::nullopt, bound("85", 85)},
                             {followup::Zone::yellow, bound("85", 85), bound("90", 90)},
                             {followup::Zone::green, bound("90", 90), std::nullopt}}};
  return {"http://loinc.org|2708-6", "2", {{"http://loinc.org|2708-6", limits}}};
}

followup::PlannedMeasurement pulse_plan() {
  followup::LimitSet limits{"/min",
                            {{followup::Zone::green, std::nullopt, followup::Bound{"120", 120}},
                             {followup::Zone::red, followup::Bound{"120", 120}, std::nullopt}}};
  return {"http://loinc.org|8867-4", "2", {{"http://loinc.org|8867-4", limits}}};
}

template <class T>
T must(Result<T> result, const char* what) {
  if (!result) throw std::runtime_error(std::string(what) + ": " + result.error().diagnostics);
  return std::move(*result);
}

}  // namespace

std::string uuid(int n) { return fmt::format("0b5e1d8a-3c4f-4c7e-9a54-{:012}", n); }

Gateway::Gateway() {
  std::string pattern = (fs::temp_directory_path() / "varde-gateway-XXXXXX").string();
  directory = ::mkdtemp(pattern.data());
  folders.root = directory / "messages";
  folders.settle = std::chrono::milliseconds{0};
  settings.our_her_ids = {kUs};
  settings.our_organisation = "Varde kommune";
  settings.our_organisation_her_id = "8142900";
  settings.our_department = "Oppfølgingssenter";
  settings.our_telephone = "75 55 50 00";
  settings.responsible = "Gunn Omsorg";
  settings.responsible_hpr = "9876543";
  settings.random = [] { return 0.5; };
  settings.log = [this](std::string_view line) {
    const std::lock_guard lock(log_mutex);
    log.emplace_back(line);
  };
  open();
}

Gateway::~Gateway() {
  close();
  if (testing::Test::HasFailure())
    for (const auto& line : log) fmt::print(stderr, "log: {}\n", line);
  fs::remove_all(directory);
}

void Gateway::open() {
  storage::Options options;
  options.directory = directory.string();
  options.readers = 2;
  options.clock = [this] { return storage::Instant{std::chrono::microseconds{kStart + offset}}; };
  database = std::make_unique<storage::Database>(varde::test::on_engine(options));
  store = std::make_unique<interaction::Store>(interaction::uuid_v7());
  repository = std::make_unique<interaction::Repository>(*database, *store, access::ourselves("messages"));
  followup = std::make_unique<followup::FollowUp>();
  resume = std::make_unique<ResumeOnTask>();
  store->add_effect(*followup);
  store->add_effect(*resume);
  receiver = std::make_unique<adapters::FolderReceiver>(folders);
  sender = std::make_unique<adapters::FolderSender>(folders);
  settings.routes = {{"folder", sender.get(), {}}};
  settings.routes.insert(settings.routes.end(), more_routes.begin(), more_routes.end());
  clock = std::make_unique<clock::Clock>(*repository, settings.log);
  messaging = std::make_unique<Messaging>(*repository, *clock, *followup, settings);
  store->add_effect(messaging->letters());
}

void Gateway::close() {
  messaging.reset(), clock.reset(), receiver.reset(), sender.reset(), repository.reset(), store.reset(), resume.reset(),
      followup.reset(), database.reset();
}

void Gateway::start_over() {
  close();
  fs::remove_all(directory);
  fs::create_directory(directory);
  varde::test::forget_store(directory.string());
  open();
}

std::string Gateway::patient(const demo::Person& person, bool with_gp) {
  auto tree = fhir::Tree::of("Patient");
  auto patient = tree.edit();
  auto identifier = patient.add("identifier");
  identifier.set("system", "urn:oid:2.16.578.1.12.4.1.4.1");
  identifier.set("value", person.number);
  auto name = patient.add("name");
  name.set("family", person.family);
  name.add("given", person.given);
  patient.set("birthDate", person.birth_date);
  patient.set("gender", person.sex == "1" ? "male" : "female");
  return must(repository->write([&](interaction::Act& act) -> Result<std::string> {
    if (with_gp) {
      auto organisation = fhir::Tree::of("Organization");
      organisation.edit().set("name", "Bjørkelia legesenter");
      auto her = organisation.edit().add("identifier");
      her.set("system", "urn:oid:2.16.578.1.12.4.1.2");
      her.set("value", "920010");
      const auto made = must(act.create(organisation.edit()), "Organization");
      auto practitioner = fhir::Tree::of("Practitioner");
      auto gp_name = practitioner.edit().add("name");
      gp_name.set("family", "Ødegård");
      gp_name.add("given", "Bjørn");
      auto gp_her = practitioner.edit().add("identifier");
      gp_her.set("system", "urn:oid:2.16.578.1.12.4.1.2");
      gp_her.set("value", kGpHer);
      const auto gp = must(act.create(practitioner.edit()), "Practitioner");
      auto role = fhir::Tree::of("PractitionerRole");
      role.edit().ensure("practitioner").set("reference", "Practitioner/" + gp.id);
      role.edit().ensure("organization").set("reference", "Organization/" + made.id);
      const auto of = must(act.create(role.edit()), "PractitionerRole");
      patient.add("generalPractitioner").set("reference", "PractitionerRole/" + of.id);
    }
    return must(act.create(patient), "Patient").id;
  }),
              "patient");
}

void Gateway::enrol(const std::string& patient_id) {
  must(repository->write([&](interaction::Act& act) {
    return followup::enrol(act, {patient_id, act.now() - std::chrono::hours{24}, "", {spo2_plan(), pulse_plan()}});
  }),
       "enrol");
}

std::string Gateway::enrolled_patient(const demo::Person& person) {
  const auto id = patient(person);
  enrol(id);
  return id;
}

std::string Gateway::measure(const std::string& patient_id, int number, std::string_view loinc, std::string_view unit) {
  auto tree = fhir::Tree::of("Observation");
  auto observation = tree.edit();
  observation.set("status", "final");
  auto coding = observation.ensure("code").add("coding");
  coding.set("system", "http://loinc.org");
  coding.set("code", loinc);
  observation.ensure("subject").set("reference", "Patient/" + patient_id);
  observation.set("effectiveDateTime", interaction::fhir_instant(database->now()));
  auto value = observation.ensure("valueQuantity");
  value.set("value", std::to_string(number));
  value.set("unit", unit);
  value.set("system", "http://unitsofmeasure.org");
  value.set("code", unit);
  return must(repository->write([&](interaction::Act& act) { return act.create(observation); }), "Observation").id;
}

demo::Letter Gateway::letter(const std::string& type, int n, const std::string& event) const {
  demo::Letter letter{type, uuid(n), "2026-11-20T10:15:00", demo::copd_patient(), event};
  letter.sender = demo::hospital();
  letter.receiver = {"Varde kommune", "8142900", "Oppfølgingssenter", kUs};
  letter.text = "KOLS grad 3, hyppige forverringer. Ønsker digital hjemmeoppfølging.";
  return letter;
}

Result<std::string> Gateway::send_summary(const std::string& patient_id, const std::string& reason) {
  auto draft = repository->read(
      [&](const interaction::View& view) { return messaging->draft_summary_to_gp(view, patient_id, reason); });
  if (!draft) return tl::unexpected<Failure>(draft.error());
  return repository->write(
      [&](interaction::Act& act) { return messaging->send_summary_to_gp(act, *draft, patient_id, reason); });
}

Receipt Gateway::receive(const std::string& xml) {
  auto receipt = must(messaging->accept({xml, "test"}), "accept");
  messaging->work_through();
  return receipt;
}

fhir::Tree Gateway::get(std::string_view type, std::string_view id) {
  return repository->read([&](const interaction::View& view) {
    const auto version = view.current(fhir::find_resource_type(type), id);
    if (!version) throw std::runtime_error(fmt::format("no {}/{}", type, id));
    return must(fhir::parse_json(version->bytes), "stored");
  });
}

std::vector<fhir::Tree> Gateway::all(std::string_view type) {
  return repository->read([&](const interaction::View& view) {
    std::vector<fhir::Tree> found;
    storage::each_live(view, [&](fhir::TypeId stored, std::string_view bytes) {
      if (stored == fhir::find_resource_type(type)) found.push_back(must(fhir::parse_json(bytes), "stored"));
    });
    return found;
  });
}

std::vector<fhir::Tree> Gateway::tasks(std::string_view code) {
  auto found = all("Task");
  std::erase_if(found, [&](const fhir::Tree& task) { return task.root()["code"]["coding"]["code"].value() != code; });
  return found;
}

storage::InboxRow Gateway::inbox(std::int64_t number) {
  return repository->read([&](const interaction::View& view) { return storage::inbox::get(view, number).value(); });
}

std::vector<storage::OutboxRow> Gateway::outbox(std::string_view type) {
  return repository->read([&](const interaction::View& view) {
    std::vector<storage::OutboxRow> found;
    for (const auto& row : storage::outbox::log(view, 10'000))
      if (row.type == type) found.push_back(storage::outbox::get(view, row.id).value());
    std::reverse(found.begin(), found.end());
    return found;
  });
}

std::vector<std::string> Gateway::files(std::string_view folder) const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory / "messages" / folder))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::string Gateway::file(std::string_view folder, const std::string& name) const {
  std::ifstream in(directory / "messages" / folder / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool Gateway::is_paused(const std::string& patient_id) {
  return repository->read(
      [&](const interaction::View& view) { return followup::is_paused(view, view.patient_key(patient_id)); });
}

std::string Gateway::apprec_to(const std::string& message_xml, bool refuse, int n) {
  auto message = mappings::read_message(message_xml);
  if (refuse) message.failures.push_back({Fault::patient_unknown, "not on our list"});
  const auto apprec = mappings::answer(message, uuid(n), "2026-11-22T10:00:00");
  if (!apprec) throw std::runtime_error("no AppRec can answer the message");
  return mappings::write_apprec(*apprec);
}

void expect_valid(fhir::Element resource) {
  for (const auto& failure : fhir::validate(resource))
    ADD_FAILURE() << failure.expression << ": " << failure.diagnostics << "\n" << fhir::to_pretty_json(resource);
}

}  // namespace varde::messaging::test
