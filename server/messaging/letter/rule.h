#pragma once
/// @file server/messaging/letter/rule.h
/// A letter that leaves the house by itself: what gives occasion to it, and how it is written. A rule is a file of this
/// folder and a row of the table. An occasion is a row of storage/due.h (DueKind::letter, subject "<code>/<what>"),
/// written in the transaction that it happens in; the letter is written beside the writer when its time comes, from
/// what is so by then, and posted in the transaction that removes the occasion. Source: README.md, "Letters".
#include <array>
#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/interaction/store.h"
#include "server/messaging/gp_letter.h"
#include "server/messaging/messaging.h"
#include "server/messaging/renewal.h"

namespace varde::messaging::letter {

struct Written {
  Draft draft;
  std::string text;  ///< what its receiver reads
};

/// What the occasions come to. Nothing at all: what gave the occasion is not so any more.
struct Composed {
  std::vector<std::string> settled;  ///< the occasions that this answers; the others wait for the next
  std::chrono::seconds again{1};     ///< that long
  std::optional<Written> letter;     ///< a new one
  std::string renews;                ///< Communication of the letter of ours that it changes ...
  std::optional<Renewed> renewed;    ///< ... to this; absent: it is taken back
  std::string text;                  ///< of a change: what its receiver reads
};

/// Something was stored that may give an occasion.
struct Occasion {
  interaction::Act& act;
  const interaction::Stored& stored;
  storage::PatientKey patient;  ///< whose follow-up it is
  storage::Instant leaves;      ///< when a letter on it goes, by the settings' wait for the rule
};

inline constexpr std::string_view kGp = "Fastlegen";

struct Rule {
  std::string_view code, type;      ///< "hospital-report", list 8279
  std::string_view name, receiver;  ///< Norwegian: "Innleggelsesrapport til sykehuset", "Sykehuset"
  std::string_view resource;        ///< type that gives occasion
  std::chrono::minutes wait;        ///< what comes meanwhile goes in the same letter
  bool is_usual;                    ///< sent where no setting says otherwise
  void (*notice)(const Occasion&);
  /// A reading that a letter told of says something else now; nullptr: the GP hears by the summary's own correction.
  void (*correct)(interaction::Act&, const Settings&, const followup::Correction&);
  Result<Composed> (*compose)(const interaction::View&, const Settings&, storage::PatientKey,
                              const std::vector<std::string>& occasions);
  /// What it would be an occasion for just now, for who asks to see it; empty: none.
  std::vector<std::string> (*now)(const interaction::View&, storage::PatientKey);
};

std::span<const Rule> rules();
const Rule* find_rule(std::string_view code);

extern const Rule kServiceNotice, kGpHistory, kGpEnd, kHospitalReport, kGreenResults, kJournalPush;

/// The row of storage/due.h that an occasion is.
std::string subject_of(const Rule& rule, std::string_view occasion);
/// Remembers it until `at`; an occasion that waits already keeps its time.
void intend(interaction::Act& act, const Rule& rule, storage::PatientKey patient, std::string_view occasion,
            storage::Instant at);
/// How the settings have it; nullptr: not sent.
const LetterSwitch* switch_of(const Settings& settings, const Rule& rule);
/// The settings send it, and the enrolment (extension `letter`) does not say otherwise.
bool is_wanted(const interaction::View& view, const Settings& settings, const Rule& rule, storage::PatientKey patient);

struct Waiting {
  std::string occasion;
  storage::Instant at;
};
std::vector<Waiting> waiting(const interaction::View& view, const Rule& rule, storage::PatientKey patient);

}  // namespace varde::messaging::letter
