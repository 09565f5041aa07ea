#include "server/messaging/story.h"

#include <array>
#include <stdexcept>

#include "fhir-model/json/json.h"
#include "norway/identifiers.h"
#include "norway/moment.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"

namespace varde::messaging {
namespace {

// clang-format off
constexpr std::array kStates{
    //       State                 code             Communication.status  for people
    StateRow{State::processed,     "processed",     "completed",          "Mottatt og behandlet"},
    StateRow{State::refused_by_us, "refused-by-us", "not-done",           "Avvist"},
    StateRow{State::unreadable,    "unreadable",    "not-done",           "Kunne ikke leses"},
    StateRow{State::misaddressed,  "misaddressed",  "not-done",           "Adressert til en annen mottaker"},
    StateRow{State::duplicate,     "duplicate",     "not-done",           "Mottatt før"},
    StateRow{State::cancelled,     "cancelled",     "entered-in-error",   "Kansellert av avsender"},
    StateRow{State::replaced,      "replaced",      "completed",          "Erstattet av en nyere melding"},
    StateRow{State::test,          "test",          "not-done",           "Testmelding: den er besvart og har ingen virkning"},
    StateRow{State::queued,        "queued",        "in-progress",        "I kø for sending"},
    StateRow{State::sent,          "sent",          "in-progress",        "Sendt, venter på applikasjonskvittering"},
    StateRow{State::delivered,     "delivered",     "completed",          "Levert"},
    StateRow{State::refused,       "refused",       "stopped",            "Avvist av mottaker"},
    StateRow{State::overdue,       "overdue",       "on-hold",            "Ingen applikasjonskvittering innen fristen"},
    StateRow{State::failed,        "failed",        "stopped",            "Kan ikke sendes"},
    StateRow{State::stopped,       "stopped",       "stopped",            "Sendes ikke"},
};
// clang-format on

void set_coding(fhir::Editor concept_element, std::string_view system, std::string_view code,
                std::string_view display) {
  auto coding = concept_element.add("coding");
  coding.set("system", system);
  coding.set("code", code);
  if (!display.empty()) coding.set("display", display);
}

/// What a sender writes as a name may be of any length; the message log has it all.
std::string shortened(std::string text) {
  constexpr std::size_t kLongest = 1'000;
  if (text.size() <= kLongest) return text;
  auto end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // between two letters
  return text.substr(0, end) + " …";
}

void set_party(fhir::Editor reference, const mappings::Party& party) {
  if (const auto her = her_id_of(party); !her.empty()) {
    reference.set("type", "Organization");
    add_identifier(reference, norway::kHerId, her);
  }
  if (const auto display = shortened(display_of(party)); !display.empty()) reference.set("display", display);
}

}  // namespace

const StateRow& row_of(State state) {
  for (const auto& row : kStates)
    if (row.state == state) return row;
  throw std::logic_error("message state without a row");
}

void set_state(fhir::Editor communication, State state, std::string_view why) {
  const auto& row = row_of(state);
  communication.set("status", row.status);
  auto reason = communication.ensure("statusReason");
  // What the message says of itself (list 7309: new, change, cancellation) stays beside what became of it.
  std::vector<fhir::Element> earlier;
  for (const auto coding : reason.each("coding"))
    if (coding["system"].value() == names::kMessageState) earlier.push_back(coding);
  for (const auto coding : earlier) reason.remove_child(coding);
  set_coding(reason, names::kMessageState, row.code, row.text);
  reason.set("text", why.empty() ? std::string(row.text) : std::string(row.text) + ": " + std::string(why));
}

void add_identifier(fhir::Editor resource, std::string_view system, std::string_view value, std::string_view type) {
  auto added = resource.add("identifier");
  if (!type.empty()) set_coding(added.ensure("type"), names::kMessageType, type, {});
  added.set("system", system);
  added.set("value", value);
}

std::vector<std::string> identifiers(fhir::Element resource, std::string_view system) {
  std::vector<std::string> values;
  for (const auto each : resource.each("identifier"))
    if (each["system"].value() == system) values.emplace_back(each["value"].value());
  return values;
}

std::string_view identifier(fhir::Element resource, std::string_view system) {
  for (const auto each : resource.each("identifier"))
    if (each["system"].value() == system) return each["value"].value();
  return {};
}

void set_apprec(fhir::Editor communication, mappings::AppRecStatus status,
                const std::vector<mappings::CodedError>& errors) {
  if (const auto earlier = communication.extension(names::kAppRec)) communication.remove_child(earlier);
  auto apprec = communication.add("extension");
  apprec.set("url", names::kAppRec);
  const auto add = [&](std::string_view url, std::string_view system, std::string_view code, std::string_view display) {
    auto part = apprec.add("extension");
    part.set("url", url);
    auto coding = part.ensure("valueCoding");
    coding.set("system", system);
    coding.set("code", code);
    if (!display.empty()) coding.set("display", display);
  };
  constexpr std::array<std::string_view, 4> kWords{"", "OK", "Avvist", "OK, feil i delmelding"};
  const auto number = static_cast<std::size_t>(status);
  add("status", names::kAppRecStatus, std::to_string(number), kWords.at(number));
  for (const auto& error : errors) add("error", names::kAppRecError, error.code, error.text);
}

void add_note(fhir::Editor communication, std::string_view text, storage::Instant when) {
  auto note = communication.add("note");
  note.set("time", norway::oslo_text(when));
  note.set("text", text);
}

namespace {

/// What a sender writes where an identifier or a code should stand may be of any length; the message log has it all.
bool is_shown(std::string_view text) {
  constexpr std::size_t kLongest = 255;
  return !text.empty() && text.size() <= kLongest;
}

}  // namespace

fhir::Tree communication_of(const mappings::Message& message) {
  auto tree = fhir::Tree::of("Communication");
  auto communication = tree.edit();
  if (is_shown(message.id.text)) add_identifier(communication, names::kUri, "urn:uuid:" + same_case(message.id.text));
  if (is_shown(message.type)) set_coding(communication.add("category"), names::kMessageType, message.type, {});
  if (const auto sent = norway::parse_moment(message.generated))
    communication.set("sent", norway::oslo_text(sent->begin));
  if (!her_id_of(message.receiver).empty() || !display_of(message.receiver).empty())
    set_party(communication.add("recipient"), message.receiver);
  if (!her_id_of(message.sender).empty() || !display_of(message.sender).empty())
    set_party(communication.ensure("sender"), message.sender);
  return tree;
}

std::string words_of(const std::vector<mappings::CodedError>& errors) {
  std::string words;
  for (const auto& error : errors)
    words += (words.empty() ? "" : "; ") + error.code + " " + error.text +
             (error.detail.empty() ? "" : " (" + error.detail + ")");
  return words;
}

std::string_view id_in(std::string_view reference) {
  const auto slash = reference.rfind('/');
  return slash == reference.npos ? std::string_view{} : reference.substr(slash + 1);
}

}  // namespace varde::messaging
