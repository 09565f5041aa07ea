#pragma once
/// @file server/messaging/effect/stay.h
/// A patient's stays in hospital as messages tell them: one Encounter each.
#include <string>
#include <string_view>
#include <vector>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/messaging/effect/effect.h"
#include "server/storage/due.h"

namespace varde::messaging {

struct Stay {
  std::string id;
  fhir::Tree encounter;
  bool is_open() const;
  bool is_valid() const;         ///< not entered in error
  bool is_over_or_open() const;  ///< it has begun, and nothing is wrong with it
  std::optional<time::Span> start() const, end() const;
  bool told_by(std::string_view her) const;  ///< one of its messages came from that communication party
  bool has_mark(std::string_view mark) const;
  bool has_any(const std::vector<std::string>& marks) const;
};

/// Every stay of the patient that messages have told of, those entered in error included.
std::vector<Stay> stays_of(const interaction::View& view, std::string_view patient_id);
/// Makes an Encounter a stay of the patient that this message tells of.
void mark_stay(fhir::Editor encounter, const Case& c);
/// True when a discharge after `event` is known: the patient is not in hospital because of `event` any more.
bool is_over(const std::vector<Stay>& stays, const time::Span& event);
/// The event is dated so that something is wrong with the message.
bool is_doubtful(const Case& c, const time::Span& event);
/// The event is dated so that something is wrong with the message: before the patient's birth, more than twenty years
/// back or a year ahead. A person is asked, and nothing else happens; whether that is so.
Result<bool> doubt(Case& c, std::string_view what, const time::Span& event);
/// Pauses the follow-up and remembers on the stay that it was this stay that did.
Result<void> pause_for(Case& c, fhir::Editor encounter);
/// A stay that was told of beforehand begins, unless it has been cancelled or is over already.
Result<void> begin_stay(interaction::Act& act, const storage::DueRow& row);
void set_extension(fhir::Editor resource, std::string_view url, std::string_view value_name, std::string_view value);
void drop_extension(fhir::Editor resource, std::string_view url);
void drop_end(fhir::Editor resource);  ///< of its period, which may not stay behind empty
/// The Task that a message raised about this resource; empty when none.
std::string_view work_item(fhir::Element resource);
void set_work_item(fhir::Editor resource, std::string_view task_id);

}  // namespace varde::messaging
