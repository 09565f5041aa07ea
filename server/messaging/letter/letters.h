#pragma once
/// @file server/messaging/letter/letters.h
/// The letters that leave by themselves, at work: occasions are noticed in the transaction that stores them; by the
/// clock they become letters. Source: README.md, "Letters".
#include <string>
#include <vector>

#include "server/clock/clock.h"
#include "server/messaging/letter/rule.h"

namespace varde::messaging::letter {

/// An EpisodeOfCare says of letters only what they know: extension `letter` {code, send}. Faults: code_invalid,
/// required_missing.
Result<void> check(fhir::Element episode_of_care);
/// After any write: what gives occasion to a letter is remembered.
Result<void> notice(interaction::Act& act, const Settings& settings, const interaction::Stored& stored);
/// A reading was corrected: who was told of it otherwise than by a summary hears it as well.
void correct(interaction::Act& act, const Settings& settings, const followup::Correction& correction);
/// By the clock (DueKind::letter).
Result<clock::Handler> prepare(const interaction::View& view, const Settings& settings, const storage::DueRow& row);

/// How a letter stands for one patient.
struct LetterState {
  const Rule* rule = nullptr;
  bool is_sent_by_itself = false;          ///< the settings and the enrolment have it so
  std::optional<storage::Instant> leaves;  ///< something waits, and goes then
};
std::vector<LetterState> states_of(const interaction::View& view, const Settings& settings,
                                   storage::PatientKey patient);

/// What would leave: the occasions that wait, else what there is occasion for just now. Faults: business_rule (there is
/// nothing to tell), those of the letter.
Result<Composed> preview(const interaction::View& view, const Settings& settings, const Rule& rule,
                         storage::PatientKey patient);
/// What waits goes now; what only is so now, too. The MsgId, or the Communication of a change.
Result<std::string> send_now(interaction::Act& act, const Settings& settings, const Rule& rule,
                             storage::PatientKey patient);
/// What waits does not go. Faults: business_rule (nothing waits).
Result<void> withhold(interaction::Act& act, const Rule& rule, storage::PatientKey patient);

}  // namespace varde::messaging::letter
