#pragma once
/// @file server/followup/journal/entry.h
/// Journal entries: Compositions that the municipal EPJ is to have, written from work that people have done, from plans
/// and from steps of the course. When what an entry tells of is corrected, the entry becomes a new version of itself
/// (status amended), which follows the first in the feed.
/// Source: README.md, "Journal"; https://hl7.org/fhir/R4/composition.html
/// Faults: code_invalid (kind), business_rule (a deletion, a Task of nobody).
#include <string>
#include <string_view>

#include "server/followup/section.h"
#include "server/followup/service.h"
#include "server/followup/work/step.h"
#include "server/interaction/act.h"
#include "server/interaction/store.h"

namespace varde::followup::journal {

/// A Composition that stands in the feed: it has a category of CodeSystem journal-kind.
bool is_entry(fhir::Element composition);

/// A new entry.
struct Entry {
  std::string about;      ///< what it is identified by: "Task/7"
  std::string_view kind;  ///< of kKinds
  std::string title;      ///< "Varsel om måling"
  std::string subject;    ///< "Patient/3"
  fhir::Element author;   ///< a Reference; absent: the service itself
  std::vector<Section> sections;
};
Result<std::string> write(interaction::Act&, const Entry& entry);  ///< the Composition's id

/// What was done with that Task, to the journal; with `text` as a section of its own. Of Tasks of one situation there
/// is one entry: what is copied already only gets the text. `kind` empty: by the Task's code.
Result<std::string> copy_task(const Step&, std::string_view kind, std::string_view text);

/// Of a Composition that somebody writes: its kind is one that the journal knows. Faults: code_invalid.
Result<void> check(fhir::Element composition);
/// After any write: a row of the feed, a correction, and what the service writes to the journal by itself.
Result<void> follow(interaction::Act&, const interaction::Stored&, const Service& service);

}  // namespace varde::followup::journal
