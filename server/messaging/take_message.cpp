// An acceptable message, addressed to us: whose it is, whether it still counts, what it does, what it is answered.
#include <array>
#include <optional>

#include <fmt/format.h>

#include "server/followup/followup.h"
#include "server/messaging/effect/force.h"
#include "server/messaging/effect/record.h"
#include "server/messaging/effect/thread.h"
#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/patient_match.h"
#include "server/messaging/reception.h"
#include "server/messaging/step.h"

namespace varde::messaging {
namespace {

using Kind = PatientMatch::Kind;

/// No number that we know for certain: the message is kept and a person connects it (HIS 80415 §3.3.4 allows that).
Result<State> take_for_a_person(Step& step, Case& c, std::string_view why) {
  c.bundle.file_only({});
  const auto words = fmt::format("Melding {} fra {} må kobles til pasient av en person: {}.", step.message.type,
                                 display_of(step.message.sender), why);
  return followup::raise(c.act, {"", "technical", "urgent", words, c.about()}).map([&](const std::string& task) {
    c.made.push_back("Task/" + task);
    return State::processed;
  });
}

/// In the words of the Task, why a person must look; empty when the match is certain.
std::string_view doubt(Kind kind) {
  struct Words {
    Kind kind;
    std::string_view text;
  };
  // clang-format off
  constexpr std::array kWords{
      Words{Kind::ambiguous,  "identitetsnumrene tilhører flere pasienter hos oss"},
      Words{Kind::doubtful,   "identitetsnummeret er kjent, men navn og fødselsdato stemmer ikke"},
      Words{Kind::contradictory, "den har flere ulike identitetsnumre av samme slag"},
      Words{Kind::invalid,    "identitetsnummeret er ikke gyldig"},
      Words{Kind::unnumbered, "den har ikke noe identitetsnummer"},
      Words{Kind::unknown,    "den viser til en melding om en pasient som ikke kjennes igjen"},
  };
  // clang-format on
  for (const auto& words : kWords)
    if (words.kind == kind) return words.text;
  return {};
}

/// The organisation numbers that the sender gives, none of which its certificate names.
bool is_anothers(const Step& step) {
  std::string digits;
  for (const char c : step.signature->signer)
    if (c >= '0' && c <= '9') digits += c;
  bool numbered = false;
  for (const auto* ids : {&step.message.sender.organisation_ids, &step.message.sender.department_ids})
    for (const auto& id : *ids) {
      if (id.type != "ENH") continue;
      if (digits.find(id.value) != std::string::npos) return false;
      numbered = true;
    }
  return numbered && !digits.empty();
}

std::string words_of_signature(const Step& step) {
  if (!step.signature) return "Meldingen er signert. Signaturen er ikke kontrollert her.";
  auto words = fmt::format("Meldingen er signert av {}. Signaturen er kontrollert og gyldig.", step.signature->signer);
  if (is_anothers(step)) words += " Sertifikatet har et annet organisasjonsnummer enn avsenderen oppgir.";
  if (step.signature->list_is_late) words += " Listen over tilbaketrukne sertifikater er for gammel: den må fornyes.";
  return words;
}

Result<void> create_patient(Case& c, BundleWriter::Entry& patient) {
  if (auto written = c.bundle.write(patient, c.act); !written) return written;
  c.patient_id = patient.id;
  return {};
}

/// The patient that another message of the same document was about.
std::string patient_of(const std::vector<Member>& series) {
  for (const auto& member : series)
    if (!member.patient.empty()) return std::string(id_in(member.patient));
  return {};
}

/// A patient whom we do not know. A referral makes the patient; one that is cancelled, or cancels, makes nobody.
Result<State> take_unknown(Step& step, Case& c, const EffectRow& effect, BundleWriter::Entry& patient, Kind kind) {
  const auto series = series_of(c, effect);
  FHIR_TRY(series);
  if (const auto earlier = patient_of(*series); !earlier.empty()) {
    const auto known = c.act.tree(fhir::find_resource_type("Patient"), earlier);
    if (kind != Kind::unnumbered || !known || !agrees(*c.message.patient, known->root()))
      return take_for_a_person(step, c, doubt(kind));
    BundleWriter::bind(patient, earlier);
    c.patient_id = earlier;
  } else if (c.message.status == "C" || is_cancelled(c, *series)) {
    const bool cancels = c.message.status == "C";
    if (cancels && identifiers(c.communication, names::kAbout).empty())
      return take_for_a_person(step, c, "den kansellerer en melding om en pasient som ikke er kjent");
    c.bundle.file_only(cancels ? std::string_view{} : document_status(Why::cancelled));
    return cancels ? State::processed : State::cancelled;
  } else {
    FHIR_TRY(create_patient(c, patient));
  }
  c.patient = step.act.patient_key(c.patient_id);
  return bring_into_force(c, effect, *series);
}

}  // namespace

Result<void> take_message(Step& step, BundleWriter& bundle) {
  const EffectRow& effect = *effect_of(step.message);
  bundle.number(step.act);
  auto* told = bundle.first("Communication");
  auto* patient = bundle.first("Patient");
  if (told == nullptr || patient == nullptr)
    return fail(Fault::internal, "a mapped message without Communication or Patient");
  told->id = communication_id_of(step.row.id);

  const auto matched =
      step.message.patient ? match(step.act, *step.message.patient) : PatientMatch{Kind::unnumbered, {}};
  const bool creates = effect.unknown_patient == EffectRow::Unknown::create && step.message.patient &&
                       (matched.kind == Kind::unknown || matched.kind == Kind::unnumbered);
  if (matched.kind == Kind::unknown && !creates) {
    step.message.failures.push_back({Fault::patient_unknown, "The patient is not known in this service."});
    return finish_without_content(step, storage::InboxState::refused, State::refused_by_us, "");
  }

  if (is_only_a_test(step))
    return finish_without_content(step, storage::InboxState::test, State::test, "", {}, matched.id);

  auto communication = told->resource.edit();
  Case c{step.act, step.message, bundle, {}, {}, sender_key(step.message.sender), communication, told->id};
  communication.set("received", norway::oslo_text(step.row.received));
  add_identifier(communication, names::kMessage, c.mark(), step.message.type);
  add_identifier(communication, names::kConversation, conversation_of(step.message));

  const auto state = matched.kind == Kind::one ? bring_into_force_for(c, effect, *patient, matched.id)
                     : creates                 ? take_unknown(step, c, effect, *patient, matched.kind)
                                               : take_for_a_person(step, c, doubt(matched.kind));
  FHIR_TRY(state);

  if (step.message.is_signed()) add_note(communication, words_of_signature(step), step.row.received);
  storage::InboxOutcome outcome{storage::InboxState::processed, told->id, {}, {}, std::string(row_of(*state).code)};
  set_state(communication, *state);
  answer(step, outcome, communication);
  storage::inbox::finish(step.act, step.row.id, outcome);
  return bundle.write(step.act).and_then([&] { return record(c); });
}

}  // namespace varde::messaging
