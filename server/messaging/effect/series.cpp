#include "server/messaging/effect/series.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "server/messaging/names.h"
#include "server/messaging/party.h"
#include "server/messaging/story.h"

namespace varde::messaging {
namespace {

struct Told {
  Member member;
  std::vector<std::string> about;  ///< marks, the nearest first
};

bool is_of_type(fhir::Element communication, std::string_view type) {
  for (const auto each : communication.each("identifier"))
    if (each["system"].value() == names::kMessage && each["type"]["coding"]["code"].value() == type) return true;
  return false;
}

std::string status_of(fhir::Element communication) {
  for (const auto coding : communication["statusReason"].each("coding"))
    if (coding["system"].value() == names::kMessageStatus) return std::string(coding["code"].value());
  return "N";
}

Told told_by(fhir::Element communication) {
  return {{std::string(communication["id"].value()), std::string(identifier(communication, names::kMessage)),
           status_of(communication), norway::parse_moment(communication["sent"].value()),
           std::string(communication["subject"]["reference"].value()),
           communication["status"].value() == "entered-in-error"},
          identifiers(communication, names::kAbout)};
}

/// What is stored of messages of that type under an identifier. Patients are not looked at.
std::vector<Told> stored(const Case& c, std::string_view system, std::string_view value) {
  std::vector<Told> found;
  for (const auto key : c.act.by_identifier(fhir::find_resource_type("Communication"), system, value))
    if (const auto tree = c.act.tree(key); tree && tree->root()["id"].value() != c.communication_id)
      if (is_of_type(tree->root(), c.message.type)) found.push_back(told_by(tree->root()));
  return found;
}

bool same_patient(const Case& c, const Member& other) {
  return other.patient.empty() || c.patient_id.empty() || other.patient == "Patient/" + c.patient_id;
}

std::vector<Told> of_patient(const Case& c, std::vector<Told> all) {
  std::erase_if(all, [&](const Told& each) { return !same_patient(c, each.member); });
  return all;
}

/// HISD 1154 §4: all messages with the same document id are one document.
bool has_document(const Case& c) { return !c.message.document_id.empty(); }

/// What the message tells of, for senders that refer to nothing: its document's id; without one sender, type, patient
/// and day of the event.
std::string event_key(const Case& c) {
  if (has_document(c)) return fmt::format("{}/{}/document/{}", c.her, c.message.type, c.message.document_id);
  return fmt::format("{}/{}/{}/{}", c.her, c.message.type, c.patient_id,
                     norway::oslo_text(event_of(c.message).begin).substr(0, 10));
}

/// The latest message of that event which is still in force and was generated no later than this one.
std::optional<std::string> latest_of_event(const Case& c) {
  const auto now = norway::parse_moment(c.message.generated);
  std::optional<Member> latest;
  for (auto& each : stored(c, names::kEvent, event_key(c))) {
    const auto& generated = each.member.generated;
    if (now && generated && before(*now, *generated)) continue;
    const auto story = c.act.tree(fhir::find_resource_type("Communication"), each.member.communication_id);
    if (!story || story->root()["status"].value() == "entered-in-error") continue;
    if (!latest || !latest->generated || (generated && generated->begin >= latest->generated->begin))
      latest = each.member;
  }
  return latest ? std::optional(latest->mark) : std::nullopt;
}

/// Changes and cancellations are about others; so is a new message whose type says that the latest counts.
std::vector<std::string> about_of(const Case& c, const EffectRow& effect) {
  const bool changes = c.message.status == "C" || c.message.status == "M";
  std::vector<std::string> about;
  if (!changes && effect.again == EffectRow::Again::another) return about;
  for (const auto& msg_id : {c.message.parent_id, c.message.conversation_id}) {
    if (!msg_id || msg_id->empty()) continue;
    auto mark = c.mark_of(*msg_id);
    if (mark != c.mark() && std::find(about.begin(), about.end(), mark) == about.end())
      about.push_back(std::move(mark));
  }
  if (!about.empty() || !changes) return about;
  if (has_document(c)) return {event_key(c)};
  if (c.patient_id.empty()) return about;
  return {latest_of_event(c).value_or(event_key(c))};
}

/// A change or cancellation that refers to nothing and came first has waited for this message: from now on it is about
/// it, and about no other of that day.
Result<void> claim_waiting(Case& c) {
  if (c.patient_id.empty() || c.message.status == "C" || has_document(c)) return {};
  const auto key = event_key(c);
  const auto generated = norway::parse_moment(c.message.generated);
  for (const auto& each : of_patient(c, stored(c, names::kAbout, key))) {
    if (each.member.generated && generated && before(*each.member.generated, *generated)) continue;
    auto story = c.act.tree(fhir::find_resource_type("Communication"), each.member.communication_id);
    for (const auto identifier : story->root().each("identifier"))
      if (identifier["system"].value() == names::kAbout && identifier["value"].value() == key)
        story->edit().edit(identifier).set("value", c.mark());
    return c.act.update(story->edit(), each.member.communication_id).map([](const auto&) {});
  }
  return {};
}

/// Walks from message to message, both ways.
class Walk {
 public:
  Walk(const Case& c, const std::vector<std::string>& about) : c_(c) {
    waiting_.push_back(c.mark());
    if (has_document(c)) waiting_.push_back(event_key(c));
    follow(about);
  }

  std::vector<Member> run() {
    std::vector<std::string> seen;
    while (!waiting_.empty()) {
      const std::string mark = std::move(waiting_.front());
      waiting_.pop_front();
      if (std::find(seen.begin(), seen.end(), mark) != seen.end()) continue;
      seen.push_back(mark);
      for (const auto& each : known(mark)) add(each);
      if (has_document(c_) && mark == event_key(c_))
        for (const auto& each : of_patient(c_, stored(c_, names::kEvent, mark))) add(each);
      for (const auto& each : of_patient(c_, stored(c_, names::kAbout, mark))) {
        const auto about = targets(each.about);
        if (std::find(about.begin(), about.end(), mark) != about.end()) add(each);
      }
    }
    return std::move(members_);
  }

 private:
  std::vector<Told> known(const std::string& mark) const { return of_patient(c_, stored(c_, names::kMessage, mark)); }
  /// The nearest message alone where it is known; a dialogue may hold several documents of one type.
  std::vector<std::string> targets(const std::vector<std::string>& about) const {
    if (!about.empty() && (about.front() == c_.mark() || !known(about.front()).empty())) return {about.front()};
    return about;
  }
  void follow(const std::vector<std::string>& about) {
    for (auto& mark : targets(about)) waiting_.push_back(std::move(mark));
  }
  void add(const Told& told) {
    const auto same = [&](const Member& each) { return each.communication_id == told.member.communication_id; };
    if (std::any_of(members_.begin(), members_.end(), same)) return;
    members_.push_back(told.member);
    waiting_.push_back(told.member.mark);
    follow(told.about);
  }

  const Case& c_;
  std::deque<std::string> waiting_;
  std::vector<Member> members_;
};

}  // namespace

Result<std::vector<Member>> series_of(Case& c, const EffectRow& effect) {
  FHIR_TRY(claim_waiting(c));
  const auto about = about_of(c, effect);
  for (const auto& mark : about) add_identifier(c.communication, names::kAbout, mark);
  return Walk(c, about).run();
}

void remember_event(Case& c) {
  if ((has_document(c) || !c.patient_id.empty()) && c.message.status != "C")
    add_identifier(c.communication, names::kEvent, event_key(c));
}

bool refers_to_another_patient(const Case& c) {
  for (const auto& mark : identifiers(c.communication, names::kAbout))
    for (const auto& each : stored(c, names::kMessage, mark))
      if (!same_patient(c, each.member)) return true;
  return false;
}

}  // namespace varde::messaging
