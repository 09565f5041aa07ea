#include "server/messaging/effect/force.h"

#include <algorithm>

#include "server/messaging/effect/record.h"
#include "server/messaging/effect/thread.h"
#include "server/messaging/party.h"

namespace varde::messaging {
namespace {

Result<void> retell(Case& c, const Member& member, State state) {
  auto communication = c.act.tree(fhir::find_resource_type("Communication"), member.communication_id);
  if (!communication) return {};
  set_state(communication->edit(), state);
  return c.act.update(communication->edit(), member.communication_id).map([](const auto&) {});
}

Result<bool> take_back(Case& c, const Member& member, Why why, const std::vector<std::string>& except = {}) {
  const auto begun = take_back(c, member.communication_id, why, except);
  if (!begun) return begun;
  FHIR_TRY(retell(c, member, why == Why::cancelled ? State::cancelled : State::replaced));
  return begun;
}

Result<void> say(Case& c, std::string words) {
  return ask(c, "information", "urgent", std::move(words)).map([](const auto&) {});
}

bool is_later(const std::optional<time::Span>& a, const std::optional<time::Span>& b) {
  return a && b && b->begin < a->begin;
}

/// A new original in the same dialogue: the cancellation was of what came before it.
bool has_new_original(const std::vector<Member>& series, const std::optional<time::Span>& cancelled) {
  return std::any_of(series.begin(), series.end(), [&](const Member& each) {
    return each.status != "C" && each.status != "M" && is_later(each.generated, cancelled);
  });
}

Result<void> cancel(Case& c, const EffectRow& effect, const std::vector<Member>& series) {
  const auto generated = norway::parse_moment(c.message.generated);
  const bool starts_anew = has_new_original(series, generated);
  Undone undone;
  for (const auto& member : series) {
    if (member.is_cancellation() || member.cancelled) continue;
    if (starts_anew && is_later(member.generated, generated)) continue;
    const auto begun = take_back(c, member, Why::cancelled);
    FHIR_TRY(begun);
    undone.begun |= *begun;
    undone.marks.push_back(member.mark);
  }
  if (undone.marks.empty()) {  // it came first and waits for what it cancels
    if (!refers_to_another_patient(c)) return {};
    return say(c, display_of(c.message.sender) +
                      " har kansellert en melding som gjelder en annen pasient. Ingenting er tatt tilbake: avklar med "
                      "avsenderen.");
  }
  return effect.undo(c, undone);
}

/// The message that this one comes after, though it came first.
bool is_overtaken(const Case& c, const std::vector<Member>& series) {
  const auto generated = norway::parse_moment(c.message.generated);
  return std::any_of(series.begin(), series.end(), [&](const Member& each) {
    if (each.is_cancellation()) return false;
    if (is_later(each.generated, generated)) return true;
    // Generated in the same second: the change is the later one.
    return !is_later(generated, each.generated) && each.status == "M" && c.message.status != "M";
  });
}

Result<void> file_cancelled(Case& c, const std::vector<Member>& series) {
  c.bundle.file_only(document_status(Why::cancelled));
  const auto generated = norway::parse_moment(c.message.generated);
  const bool after = std::all_of(series.begin(), series.end(), [&](const Member& each) {
    return !each.is_cancellation() || is_later(generated, each.generated);
  });
  if (!after) return {};
  return say(c, display_of(c.message.sender) +
                    " har endret en melding som er kansellert. Endringen er ikke tatt i bruk: avklar med avsenderen.");
}

Result<void> replace(Case& c, const EffectRow& effect, const std::vector<Member>& series) {
  for (const auto& member : series)
    if (!member.is_cancellation() && !member.cancelled) c.earlier.push_back(member.mark);
  if (const auto happened = effect.happen(c); !happened) return happened;
  auto goes_on = c.bundle.replacing();
  goes_on.insert(goes_on.end(), c.kept.begin(), c.kept.end());
  for (const auto& member : series) {
    if (member.is_cancellation() || member.cancelled) continue;
    FHIR_TRY(take_back(c, member, Why::replaced, goes_on));
  }
  c.made.insert(c.made.end(), c.kept.begin(), c.kept.end());
  return {};
}

}  // namespace

bool is_cancelled(const Case& c, const std::vector<Member>& series) {
  const bool original = c.message.status != "M" && c.message.status != "C";
  const auto generated = norway::parse_moment(c.message.generated);
  return std::any_of(series.begin(), series.end(), [&](const Member& each) {
    return each.is_cancellation() && !(original && is_later(generated, each.generated)) &&
           !has_new_original(series, each.generated);
  });
}

Result<State> bring_into_force(Case& c, const EffectRow& effect, const std::vector<Member>& series) {
  const auto with = [](State state) { return [state] { return state; }; };
  remember_event(c);
  FHIR_TRY(join_thread(c));
  if (c.message.status == "H") return State::processed;  // history: only filed
  if (c.message.status == "C") {
    auto cancelled = cancel(c, effect, series);
    c.bundle.file_only({});
    return cancelled.map(with(State::processed));
  }
  if (is_cancelled(c, series)) return file_cancelled(c, series).map(with(State::cancelled));
  if (is_overtaken(c, series)) {
    c.bundle.file_only(document_status(Why::replaced));
    return State::replaced;
  }
  return replace(c, effect, series).map(with(State::processed));
}

Result<State> bring_into_force_for(Case& c, const EffectRow& effect, BundleWriter::Entry& told,
                                   const std::string& patient_id) {
  BundleWriter::bind(told, patient_id);  // what we know of the patient stays as it is
  c.patient_id = patient_id;
  c.patient = c.act.patient_key(patient_id);
  return series_of(c, effect).and_then([&](const auto& series) { return bring_into_force(c, effect, series); });
}

}  // namespace varde::messaging
