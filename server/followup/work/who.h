#pragma once
/// @file server/followup/work/who.h
/// Who did it: of every version of an enrolment, a plan, a planned measurement, a loan or a letter that a person makes,
/// a Provenance says who, when and by which operation. Steps of Tasks write their own (step.h).
/// Who it is: the person who is logged in; where logins are not in use, whom the operation's parameter `by` names. What
/// happens by itself has none.
/// Source: https://hl7.org/fhir/R4/provenance.html
#include <optional>
#include <string>
#include <string_view>

#include "fhir-model/element/element.h"
#include "server/interaction/act.h"
#include "server/interaction/store.h"

namespace varde::followup {

/// While it lives, what is written is done by that person, in that operation.
class DoneBy {
 public:
  /// `by`: a Reference; one that names nobody changes nothing.
  DoneBy(interaction::Act& act, fhir::Element by, std::string_view operation);
  ~DoneBy();
  DoneBy(const DoneBy&) = delete;

 private:
  interaction::Act& act_;
};

/// While it lives, whoever writes says himself who did it.
class SaysWho {
 public:
  explicit SaysWho(interaction::Act& act);
  ~SaysWho();
  SaysWho(const SaysWho&) = delete;

 private:
  interaction::Act& act_;
};

Result<void> record_who(interaction::Act&, const interaction::Stored&);

}  // namespace varde::followup
